"""Request bodies, parsed from data that arrives in pieces of any size. RFC 9112, 6 and 7.1."""

from __future__ import annotations

import re

from .http_messages import BadMessage, parse_fields

MAX_CHUNK_LINE = 4096
MAX_TRAILERS = 8 * 1024
MAX_EXTENSIONS = 16 * 1024  # of all chunks together

_SIZE_LINE = re.compile(rb"0*([0-9A-Fa-f]+)(?:[ \t]*;.*)?")
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_DATA, _END_OF_DATA, _SIZE, _TRAILERS, _ENDED = range(5)


class SizedBody:
    """A body with a Content-Length."""

    def __init__(self, length: int) -> None:
        self._left = length

    @property
    def ended(self) -> bool:
        return not self._left

    def take(self, data: bytes) -> tuple[bytes, bytes]:
        """Return the content in data, and the rest: what follows the body."""
        part = data[: self._left]
        self._left -= len(part)
        return part, data[len(part) :]


class ChunkedBody:
    """A chunked body; extensions and trailers are dropped.

    Lines must end with CRLF. If one program also accepts LF and another does not, they see different bodies (request
    smuggling).
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._room = limit  # for content that has not arrived yet
        self._extensions = MAX_EXTENSIONS
        self._trailers = MAX_TRAILERS
        self._left = 0  # of the current chunk
        self._state = _SIZE

    @property
    def ended(self) -> bool:
        return self._state == _ENDED

    def take(self, data: bytes) -> tuple[bytes, bytes]:
        """Return the content in data, and the rest: what follows the body, or is incomplete. BadMessage."""
        content, at = [], 0
        while self._state != _ENDED:
            if self._state == _DATA:
                part = data[at : at + self._left]
                content.append(part)
                self._left -= len(part)
                end = at + len(part)
                if not self._left:
                    self._state = _END_OF_DATA
                elif not part:
                    break
            elif self._state == _END_OF_DATA:
                end = _end_of_line(data, at, 2, "a chunk is longer than it says")
                if not end:
                    break
                self._state = _SIZE
            elif self._state == _SIZE:
                end = _end_of_line(data, at, MAX_CHUNK_LINE, "a chunk does not begin with its size on a line")
                if not end:
                    break
                self._begin(data[at : end - 2])
            else:
                end = _end_of_line(data, at, self._trailers, "the trailers are not lines, or too long")
                if not end:
                    break
                self._end(data[at : end - 2])
            at = end
        return b"".join(content), data[at:]

    def _begin(self, line: bytes) -> None:
        """Parse the first line of a chunk."""
        found = _SIZE_LINE.fullmatch(line)
        if found is None:
            raise BadMessage("a chunk does not begin with its size on a line")
        digits = found[1]
        self._left = int(digits, 16) if len(digits) <= 15 else self._limit + 1
        self._room -= self._left
        if self._room < 0:
            raise BadMessage(f"the body is longer than {self._limit} bytes", 413)
        self._extensions -= max(0, len(line) - 16)
        if self._extensions < 0:
            raise BadMessage(f"the extensions of the chunks are longer than {MAX_EXTENSIONS} bytes")
        self._state = _DATA if self._left else _TRAILERS

    def _end(self, line: bytes) -> None:
        """Parse a line after the last chunk."""
        if not line:
            self._state = _ENDED
            return
        parse_fields([line])
        self._trailers -= len(line) + 2


def _end_of_line(data: bytes, at: int, limit: int, why: str) -> int:
    """Return the end of the line at an offset, after its CRLF; 0 if it has not arrived. BadMessage(why): no line."""
    newline = data.find(b"\n", at, at + limit)
    if newline == -1:
        if len(data) - at >= limit:
            raise BadMessage(why)
        return 0
    if newline == at or data[newline - 1] != ord("\r") or _CONTROL.search(data, at, newline - 1):
        raise BadMessage(why)
    return newline + 1
