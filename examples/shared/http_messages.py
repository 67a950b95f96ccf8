"""HTTP/1.1 messages as RFC 9112 has them: the heads of requests and responses, read strictly.

The article's parseRequest, which panics on a line with too few words, and Go's textproto.MIMEHeader. Strict where a
message that two programs read differently does harm; lenient where the RFC is: a line may end with LF alone.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TypeAlias

# Field names as Go's CanonicalMIMEHeaderKey writes them, each with its values in order.
Header: TypeAlias = "dict[str, list[str]]"

MAX_FIELDS = 100

END_OF_HEAD = re.compile(rb"\n\r?\n")
_FORBIDDEN = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)")
_REQUEST_LINE = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([!-~\x80-\xff]+) (HTTP/([0-9])\.[0-9])")
_STATUS_LINE = re.compile(rb"HTTP/1\.[0-9] ([1-9][0-9][0-9])(?: .*)?")
_TOKEN_CHARACTERS = b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_HOST = re.compile(r"[!$%&'()*+,\-.:;=\[\]_~0-9A-Za-z]*")

REASONS = {
    200: "OK",
    400: "Bad Request",
    408: "Request Timeout",
    413: "Content Too Large",
    417: "Expectation Failed",
    431: "Request Header Fields Too Large",
    501: "Not Implemented",
    505: "HTTP Version Not Supported",
}


class BadMessage(Exception):
    """A message that cannot be taken, with the status that answers a request."""

    def __init__(self, why: str, status: int = 400) -> None:
        super().__init__(why)
        self.status = status


class Request:
    """The article's request: method, header, body, uri, proto; and what they say of the connection.

    body is only as much of it as the log shows.
    """

    __slots__ = ("body", "expects_continue", "header", "keep_alive", "length", "method", "proto", "uri")

    def __init__(self, head: bytes) -> None:
        line, *fields = _lines(head)
        words = _REQUEST_LINE.fullmatch(line)
        if words is None:
            raise BadMessage("the request line is not METHOD TARGET VERSION")
        method, uri, proto, major = words.groups()
        if major != b"1":
            raise BadMessage("this is a server for HTTP/1.1", 505)
        self.method = method.decode()
        self.uri = _text(uri)
        self.proto = proto.decode()
        self.header = parse_fields(fields)
        self.body = b""
        old = proto == b"HTTP/1.0"
        _check_host(self.header.get("Host"), optional=old)
        self.length = _request_length(self.header)
        options = tokens(self.header, "Connection")
        self.keep_alive = "close" not in options and (not old or "keep-alive" in options)
        self.expects_continue = False
        expectations = self.header.get("Expect")
        if expectations and not old:  # HTTP/1.0 does not know them
            if [value.lower() for value in expectations] != ["100-continue"]:
                raise BadMessage("the only expectation known is 100-continue", 417)
            self.expects_continue = True

    def __str__(self) -> str:
        """As Go prints a pointer to the original's struct."""
        header = " ".join(f"{name}:[{' '.join(values)}]" for name, values in sorted(self.header.items()))
        body = " ".join(map(str, self.body))
        return f"&{{{self.method} map[{header}] [{body}] {self.uri} {self.proto}}}"


@lru_cache(maxsize=256)
def bodiless(head: bytes) -> Request | None:
    """The request that this head makes, or None where a body follows it.

    Clients send the same head again and again: the last ones are remembered, those of a reasonable length.
    """
    request = Request(head)
    return None if request.length else request


def parse_status(head: bytes) -> tuple[int, Header]:
    """The status and the header of a response."""
    line, *fields = _lines(head)
    words = _STATUS_LINE.fullmatch(line)
    if words is None:
        raise BadMessage("the answer does not begin with an HTTP/1.1 status line")
    return int(words[1]), parse_fields(fields)


def parse_fields(lines: list[bytes]) -> Header:
    """The header that these lines make, which have no line ends any more."""
    if len(lines) > MAX_FIELDS:
        raise BadMessage(f"more than {MAX_FIELDS} header fields", 431)
    header: Header = {}
    for line in lines:
        name, colon, value = line.partition(b":")
        # Whitespace before the colon, and a line that begins with it to go on with the one before, end here too.
        if not colon or not name or name.translate(None, _TOKEN_CHARACTERS):
            raise BadMessage("a header line is not NAME: VALUE")
        header.setdefault(_canonical(name), []).append(_text(value.strip(b" \t")))
    return header


def tokens(header: Header, name: str) -> list[str]:
    """A field's comma-separated words, in lower case."""
    values = header.get(name)
    return [word.strip().lower() for word in ",".join(values).split(",")] if values else []


def _lines(head: bytes) -> list[bytes]:
    """A head's lines, without the empty one that ends it."""
    if _FORBIDDEN.search(head):
        raise BadMessage("a control character, or a CR without LF")
    return head.translate(None, b"\r").rstrip(b"\n").split(b"\n")


@lru_cache(maxsize=256)
def _canonical(name: bytes) -> str:
    return "-".join(part.capitalize() for part in name.decode().split("-"))


def _text(value: bytes) -> str:
    return value.decode("utf-8", "backslashreplace")


def _check_host(values: list[str] | None, optional: bool) -> None:
    if values is None and optional:
        return
    if values is None or len(values) != 1 or not _HOST.fullmatch(values[0]):
        raise BadMessage("a request has one Host field, which names one host")


def _request_length(header: Header) -> int:
    """The length of a request's body."""
    lengths = header.get("Content-Length", ["0"])
    if "Transfer-Encoding" in header:
        if "Content-Length" in header:
            raise BadMessage("Transfer-Encoding and Content-Length exclude each other")
        raise BadMessage("no transfer coding is known here: send Content-Length", 501)
    length = content_length(lengths[0])
    if length is None or len(lengths) > 1:
        raise BadMessage("Content-Length is not one number")
    return length


def content_length(value: str) -> int | None:
    """The number, or None where this is none, or one beyond 64 bits."""
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 18 else None
