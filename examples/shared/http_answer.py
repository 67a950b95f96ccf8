"""Reading a whole HTTP/1.1 answer: by Content-Length, in chunks, or until the server closes.

The original reads once, at most 1024 bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from .http_messages import END_OF_HEAD, BadMessage, content_length, parse_status, tokens
from .printable import printable

MAX_HEAD = 64 * 1024  # also the limit of the trailers
MAX_CHUNK_LINE = 4096

_END_OF_LINE = re.compile(rb"\n")
_CHUNK_LINE = re.compile(rb"0*([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r?\n")
# C1 control characters, in UTF-8 or as single bytes, which terminals interpret. parse_status refuses ASCII's.
_C1 = re.compile("[\x80-\x9f\udc80-\udc9f]")


def read_answer(receive: Callable[[], bytes]) -> Iterator[bytes]:
    """Yield the answer to a GET: its head, then its body in pieces, without chunk headers.

    receive returns the next bytes, or b"" at the end of the connection. BadMessage: the answer is not HTTP, or ends too
    early.
    """
    stream = _Stream(receive)
    while True:
        head = stream.until(END_OF_HEAD, MAX_HEAD)
        status, header = parse_status(head)
        if status >= 200 or status == 101:  # other 1xx answers precede the final one
            break
    yield _shown(head)
    if status == 101:
        raise BadMessage("the server switches to another protocol (101), which nobody has asked for")
    if status in (204, 304):
        return
    codings = tokens(header, "Transfer-Encoding")
    if codings == ["chunked"]:
        yield from stream.chunks()
    elif codings:
        named = printable(", ".join(codings))
        raise BadMessage(
            f"the body is coded as {named}, which nobody has asked for; the only transfer coding known is chunked"
        )
    elif "Content-Length" in header:
        values = ",".join(header["Content-Length"]).split(",")
        lengths = {content_length(value.strip(" \t")) for value in values}
        length = lengths.pop()
        if length is None or lengths:
            raise BadMessage("Content-Length is not one number")
        yield from stream.exactly(length)
    else:
        yield from stream.rest()


def _shown(head: bytes) -> bytes:
    """Return the head with its control characters escaped."""
    text = head.decode("utf-8", "surrogateescape")
    return _C1.sub(lambda found: printable(found[0]), text).encode("utf-8", "surrogateescape")


class _Stream:
    """A stream of bytes that arrive in pieces of any size."""

    def __init__(self, receive: Callable[[], bytes]) -> None:
        self._receive = receive
        self._held = b""

    def until(self, end: re.Pattern[bytes], limit: int) -> bytes:
        """Return the bytes up to the end of the first match."""
        while not (found := end.search(self._held)):
            if len(self._held) >= limit:
                raise BadMessage(f"a head or a line is longer than {limit} bytes")
            piece = self._receive()
            if not piece:
                raise BadMessage("the connection ended before a whole answer" if self._held else "no answer came")
            self._held += piece
        taken, self._held = self._held[: found.end()], self._held[found.end() :]
        return taken

    def exactly(self, length: int) -> Iterator[bytes]:
        left = length
        while left:
            piece = self._held or self._receive()
            if not piece:
                raise BadMessage(f"the connection ended {left} bytes before the end of {length}")
            self._held = piece[left:]
            left -= len(piece[:left])
            yield piece[: len(piece) - len(self._held)]

    def rest(self) -> Iterator[bytes]:
        yield self._held
        while piece := self._receive():
            yield piece

    def chunks(self) -> Iterator[bytes]:
        """Yield the content of a chunked body; drop the trailers."""
        while size := self._chunk_size():
            yield from self.exactly(size)
            if self.until(_END_OF_LINE, 2) not in (b"\r\n", b"\n"):
                raise BadMessage("a chunk is longer than it says")
        limit = MAX_HEAD
        while (line := self.until(_END_OF_LINE, limit)) not in (b"\r\n", b"\n"):
            limit -= len(line)

    def _chunk_size(self) -> int:
        line = _CHUNK_LINE.fullmatch(self.until(_END_OF_LINE, MAX_CHUNK_LINE))
        if line is None:
            raise BadMessage("a chunk does not begin with its size")
        return int(line[1], 16)
