"""What http_server answers: the article's page, and behind the original's own fields those that HTTP/1.1 wants."""

from __future__ import annotations

import time
from typing import NamedTuple

from .http_log import Log
from .http_messages import REASONS, BadMessage, Request

PAGE_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 20\r\n"
PAGE_BODY = b"<h1>hello world</h1>"

MAX_KNOWN = 256  # requests
MAX_KNOWN_BYTES = 2048  # of each


class Answer(NamedTuple):
    """What is sent to a request without a body, and logged of it, and whether the connection ends then."""

    sent: bytes
    logged: bytes
    closing: bool


class Pages:
    """Answers as they are in this second: the next one has another date, in the answers and in the log."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.known: dict[bytes, Answer] = {}  # by the very bytes of requests that have come in this second
        self.second_ends = 0.0  # when it is time for `tick`, by time.monotonic()
        self._date = b""

    def tick(self, now: float) -> None:
        """Begin a second."""
        seconds = time.time()
        self.second_ends = now + 1 - seconds % 1
        self._date = time.strftime("Date: %a, %d %b %Y %H:%M:%S GMT\r\n", time.gmtime(seconds)).encode()
        self.known.clear()

    def page(self, request: Request) -> bytes:
        """The original's answer; RFC 9110 (6.6.1, 7.6.1) also wants the date, and whether the connection ends."""
        if not request.keep_alive:
            stays = b"Connection: close\r\n"
        elif request.proto == "HTTP/1.0":
            stays = b"Connection: keep-alive\r\n"
        else:
            stays = b""
        return PAGE_HEAD + self._date + stays + b"\r\n" + (PAGE_BODY if request.method != "HEAD" else b"")

    def refusal(self, refused: BadMessage, bodiless: bool) -> bytes:
        """An error's answer, after which the connection ends: nobody knows where the next request would begin."""
        status = f"{refused.status} {REASONS[refused.status]}"
        self.log("refused: ", status, ": ", refused)
        body = f"{status}: {refused}\n".encode()
        head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
        return head.encode() + self._date + b"Connection: close\r\n\r\n" + (b"" if bodiless else body)

    def remember(self, head: bytes, request: Request, sent: bytes) -> None:
        """Have a request that has no body answered by its bytes alone, when it comes again."""
        if len(head) <= MAX_KNOWN_BYTES:
            if len(self.known) >= MAX_KNOWN:
                self.known.clear()
            logged = self.log.lines("reading request", f"request: {request}", "writing response")
            self.known[head] = Answer(sent, logged, not request.keep_alive)
