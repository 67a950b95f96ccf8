"""The answers of http_server: the article's page, with the header fields that HTTP/1.1 requires after its own."""

from __future__ import annotations

import time
from typing import TypeAlias

from .http_log import Log
from .http_messages import REASONS, BadMessage, Request

PAGE_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 20\r\n"
PAGE_BODY = b"<h1>hello world</h1>"

MAX_KNOWN = 256  # requests
MAX_KNOWN_BYTES = 2048  # of each


# The answer to a request without a body: its bytes, its log lines, and whether the connection ends. A plain tuple is
# unpacked in a fraction of the time that a named one takes.
Answer: TypeAlias = tuple[bytes, bytes, bool]


class Pages:
    """The answers of the current second, which have its date, and their log lines."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.known: dict[bytes, Answer] = {}  # by the exact bytes of a request received in this second
        self.second_ends = 0.0  # the time.monotonic() at which `tick` is due
        self._date = b""

    def tick(self, now: float) -> None:
        """Start a new second."""
        seconds = time.time()
        self.second_ends = now + 1 - seconds % 1
        self._date = time.strftime("Date: %a, %d %b %Y %H:%M:%S GMT\r\n", time.gmtime(seconds)).encode()
        self.known.clear()

    def page(self, request: Request) -> bytes:
        """Return the original's answer, with the Date and Connection fields that RFC 9110 requires (6.6.1, 7.6.1)."""
        if not request.keep_alive:
            stays = b"Connection: close\r\n"
        elif request.proto == "HTTP/1.0":
            stays = b"Connection: keep-alive\r\n"
        else:
            stays = b""
        return PAGE_HEAD + self._date + stays + b"\r\n" + (PAGE_BODY if request.method != "HEAD" else b"")

    def refusal(self, refused: BadMessage, bodiless: bool) -> bytes:
        """Return an error answer. The connection ends after it, as the start of the next request is unknown."""
        status = f"{refused.status} {REASONS[refused.status]}"
        self.log("refused: ", status, ": ", refused)
        body = f"{status}: {refused}\n".encode()
        head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
        return head.encode() + self._date + b"Connection: close\r\n\r\n" + (b"" if bodiless else body)

    def remember(self, head: bytes, request: Request, sent: bytes) -> None:
        """Remember the answer to a request without a body, for when its exact bytes come again."""
        if len(head) <= MAX_KNOWN_BYTES:
            if len(self.known) >= MAX_KNOWN:
                self.known.clear()
            logged = self.log.lines("reading request", f"request: {request}", "writing response")
            self.known[head] = sent, logged, not request.keep_alive
