"""Parsing the heads of HTTP/1.1 requests and responses. RFC 9112.

Takes the place of the article's parseRequest, which panics on a line with too few words, and of Go's
textproto.MIMEHeader. It refuses messages that programs interpret differently (request smuggling), and accepts what the
RFC allows: a line may end with LF only.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TypeAlias

import pysyscall as syscall

# Field names, in the form of Go's CanonicalMIMEHeaderKey, and their values in order.
Header: TypeAlias = "dict[str, list[str]]"

MAX_FIELDS = 100  # of a request; those of an answer are limited by its size

END_OF_HEAD = re.compile(rb"\n\r?\n")
_FORBIDDEN = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)")
_REQUEST_LINE = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([!-~\x80-\xff]+) (HTTP/([0-9])\.[0-9])")
_STATUS_LINE = re.compile(rb"HTTP/1\.[0-9] ([1-9][0-9][0-9])(?: .*)?")
_FOLD = re.compile(rb"\r?\n[ \t]+")
_TARGET = re.compile(r"/|[A-Za-z][A-Za-z0-9+.\-]*://[^/?#]")  # the beginning of a path or of an absolute URL
_TOKEN_CHARACTERS = b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# RFC 3986's host, and a port: a name or an IPv4 address, or an IPv6 address in brackets.
_HOST = re.compile(
    r"(?:(?:[!$&'()*+,\-.;=_~0-9A-Za-z]|%[0-9A-Fa-f]{2})*|\[([0-9A-Fa-f.:]*:[0-9A-Fa-f.:]*)\])(?::[0-9]*)?"
)

METHODS = ("GET", "HEAD", "POST")
REASONS = {
    200: "OK",
    400: "Bad Request",
    408: "Request Timeout",
    413: "Content Too Large",
    414: "URI Too Long",
    417: "Expectation Failed",
    431: "Request Header Fields Too Large",
    501: "Not Implemented",
    505: "HTTP Version Not Supported",
}


class BadMessage(Exception):
    """An invalid message, and the status for the answer."""

    def __init__(self, why: str, status: int = 400) -> None:
        super().__init__(why)
        self.status = status


class Request:
    """The article's request (method, header, body, uri, proto), and what follows from it for the connection.

    body holds only as much as the log shows.
    """

    __slots__ = ("body", "chunked", "expects_continue", "header", "keep_alive", "length", "method", "proto", "uri")

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
        if len(fields) > MAX_FIELDS:
            raise BadMessage(f"more than {MAX_FIELDS} header fields", 431)
        self.header = parse_fields(fields)
        self.body = b""
        old = proto == b"HTTP/1.0"
        _check_host(self.header.get("Host"), optional=old)
        self.length, self.chunked = _framing(self.header, old)
        options = tokens(self.header, "Connection")
        self.keep_alive = "close" not in options and (not old or "keep-alive" in options)
        self.expects_continue = False
        expectations = self.header.get("Expect")
        if expectations and not old:  # HTTP/1.0 has none
            if [value.lower() for value in expectations] != ["100-continue"]:
                raise BadMessage("the only expectation known is 100-continue", 417)
            self.expects_continue = True
        if self.method not in METHODS:
            raise BadMessage("the methods known are GET, HEAD and POST", 501)
        if not _TARGET.match(self.uri):
            raise BadMessage("the target is neither a path nor a whole URL")

    def __str__(self) -> str:
        """As Go prints a pointer to the struct of the original."""
        header = " ".join(f"{name}:[{' '.join(values)}]" for name, values in sorted(self.header.items()))
        body = " ".join(map(str, self.body))
        return f"&{{{self.method} map[{header}] [{body}] {self.uri} {self.proto}}}"


def parse_status(head: bytes) -> tuple[int, Header]:
    """Return the status and the header of a response, in which lines may be folded (RFC 9112, 5.2)."""
    line, *fields = _lines(_FOLD.sub(b" ", head))
    words = _STATUS_LINE.fullmatch(line)
    if words is None:
        raise BadMessage("the answer does not begin with an HTTP/1.1 status line")
    return int(words[1]), parse_fields(fields)


def parse_fields(lines: list[bytes]) -> Header:
    """Parse header lines, without their line ends."""
    header: Header = {}
    for line in lines:
        name, colon, value = line.partition(b":")
        # This also refuses whitespace before the colon, and folded lines.
        if not colon or not name or name.translate(None, _TOKEN_CHARACTERS):
            raise BadMessage("a header line is not NAME: VALUE")
        header.setdefault(_canonical(name), []).append(_text(value.strip(b" \t")))
    return header


def tokens(header: Header, name: str) -> list[str]:
    """Return a field's comma-separated words in lower case, without empty ones.

    Only ASCII words are lowered, and only spaces and tabs are stripped: str.lower turns the Kelvin sign into k, and
    str.strip removes no-break spaces.
    """
    words = [word.strip(" \t") for value in header.get(name, ()) for word in value.split(",")]
    return [word.lower() if word.isascii() else word for word in words if word]


def _lines(head: bytes) -> list[bytes]:
    """Return the lines of a head, without the empty one at its end."""
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
    if values is None or len(values) != 1 or not _is_host(values[0]):
        raise BadMessage("a request has one Host field, which names one host")


def _is_host(value: str) -> bool:
    found = _HOST.fullmatch(value)
    if found and found[1]:
        try:
            syscall.parse_ip(found[1])
        except ValueError:
            return False
    return found is not None


def _framing(header: Header, old: bool) -> tuple[int, bool]:
    """Return the length of a request's body, and whether it is chunked. RFC 9112, 6.3."""
    if "Transfer-Encoding" in header:
        # Programs differ in these cases, so that one could see a second request in the body.
        if "Content-Length" in header:
            raise BadMessage("Transfer-Encoding and Content-Length exclude each other")
        if old:
            raise BadMessage("HTTP/1.0 has no Transfer-Encoding")
        codings = tokens(header, "Transfer-Encoding")
        if codings != ["chunked"]:
            if not codings or "chunked" in codings[:-1]:
                raise BadMessage("the last transfer coding is chunked, and no other is")
            raise BadMessage("the only transfer coding known is chunked", 501)
        return 0, True
    lengths = header.get("Content-Length", ["0"])
    length = content_length(lengths[0])
    if length is None or len(lengths) > 1:
        raise BadMessage("Content-Length is not one number")
    return length, False


def content_length(value: str) -> int | None:
    """Return the number, or None if it is not one, or has more than 18 digits."""
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 18 else None
