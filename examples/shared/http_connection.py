"""One client of http_server: a small state machine that knows HTTP, and nothing of the loop that drives it.

The body of the article's loop, parseRequest and io.WriteString, cut where it would wait.
"""

from __future__ import annotations

from collections.abc import Callable
from ctypes import c_char
from typing import NamedTuple

import pysyscall as syscall

from .http_messages import END_OF_HEAD, REASONS, BadMessage, Request, bodiless
from .net_socket import NetSocket

PAGE_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 20\r\n"
PAGE_BODY = b"<h1>hello world</h1>"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

MAX_HEAD = 32 * 1024
MAX_REMEMBERED = 2048
MAX_BODY = 1024 * 1024
MAX_UNSENT = 64 * 1024  # answers to pipelined requests: a client that takes none gets no more of them
LOGGED_BODY = 1024
SLOWEST_BODY = 16 * 1024  # bytes a second
LINGER_SECONDS = 2.0

IDLE, HEAD, BODY, SENDING, LINGERING = range(5)

_room = (c_char * (64 * 1024))()  # one for all connections: what is read is taken out at once
_read = memoryview(_room)


class Settings(NamedTuple):
    log: Callable[..., None]
    idle_timeout: float  # between requests, and for a client to take its answers
    request_timeout: float  # from a request's first byte to the end of its head


class Connection:
    """What a client has sent and is not answered, what it has not taken yet, and until when we wait for it."""

    __slots__ = (
        "_body_left",
        "_closing",
        "_received",
        "_refused",
        "_request",
        "_settings",
        "_state",
        "_unsent",
        "deadline",
        "interest",
        "socket",
    )

    def __init__(self, socket: NetSocket, settings: Settings, now: float) -> None:
        self.socket = socket
        self.interest = 0  # what epoll is told to wait for, if it is told anything yet
        self.deadline = now + settings.idle_timeout
        self._settings = settings
        self._state = IDLE
        self._received = b""
        self._request: Request | None = None  # the one whose body is awaited
        self._body_left = 0
        self._unsent = b""
        self._closing = False
        self._refused = False

    def proceed(self, now: float) -> int:
        """Do all that needs no waiting; what to wait for then: EPOLLIN, EPOLLOUT, or 0 at the connection's end.

        OSError: the connection is broken.
        """
        if self._state != SENDING:
            try:
                n = self.socket.read(_room)
            except BlockingIOError:
                return syscall.EPOLLIN
            if n == 0:
                return 0
            if self._state == LINGERING:
                return syscall.EPOLLIN
            self._received += _read[:n].tobytes()
        return self._work(now)

    def expire(self, now: float) -> int:
        """Do what the deadline asks for, and return as `proceed` does."""
        if self._state not in (HEAD, BODY):
            return 0
        self._unsent = self._refusal(BadMessage("the request took too long", 408))
        return self._work(now)

    def _work(self, now: float) -> int:
        """Send and answer by turns, until there is something to wait for."""
        answered = False
        while True:
            if self._unsent:
                try:
                    self._unsent = self._unsent[self.socket.write(self._unsent) :]
                except BlockingIOError:
                    return self._wait(SENDING, now, self._settings.idle_timeout)
                if self._unsent:
                    return self._wait(SENDING, now, self._settings.idle_timeout)
                answered = True
            if self._closing:
                return self._end(now)
            self._unsent = self._answers()
            if not self._unsent:
                break
        if self._request:
            seconds = self._settings.request_timeout + self._request.length / SLOWEST_BODY
            return self._wait(BODY, now, seconds, answered)
        if self._received:
            return self._wait(HEAD, now, self._settings.request_timeout, answered)
        return self._wait(IDLE, now, self._settings.idle_timeout, answered)

    def _wait(self, state: int, now: float, seconds: float, anew: bool = False) -> int:
        """Set the deadline, unless it is the same that is still awaited: a byte now and then does not put it off."""
        if anew or state != self._state:
            self._state = state
            self.deadline = now + seconds
        return syscall.EPOLLOUT if state == SENDING else syscall.EPOLLIN

    def _end(self, now: float) -> int:
        """Close at once, or let a client that may still be sending read the last answer first.

        To close a socket while something arrives resets the connection, and the answer may be lost with it.
        """
        if not self._received and not self._refused:
            return 0
        self._received = b""
        syscall.shutdown(self.socket.fd, syscall.SHUT_WR)
        return self._wait(LINGERING, now, LINGER_SECONDS)

    def _answers(self) -> bytes:
        """The answers to all requests received, or to as many as may wait to be sent."""
        answers = b""
        try:
            while self._received and not self._closing and len(answers) < MAX_UNSENT and (answer := self._answer()):
                answers += answer
        except BadMessage as refused:
            answers += self._refusal(refused)
        return answers

    def _answer(self) -> bytes:
        """The answer to the next request; nothing, where it has not arrived in full."""
        if self._request is None:
            self._request = self._next_request()
            if self._request is None:
                return b""
            if self._request.expects_continue and self._body_left and not self._received:
                return CONTINUE
        if self._body_left:
            part = self._received[: self._body_left]
            self._received = self._received[len(part) :]
            self._body_left -= len(part)
            self._request.body += part[: LOGGED_BODY - len(self._request.body)]
            if self._body_left:
                return b""
        request, self._request = self._request, None
        return self._page(request)

    def _next_request(self) -> Request | None:
        """The next request, if its head has arrived in full."""
        if self._received[:1] in b"\r\n":  # RFC 9112, 2.2: empty lines may precede a request
            self._received = self._received.lstrip(b"\r\n")
            if not self._received:
                return None
        end = END_OF_HEAD.search(self._received, 0, MAX_HEAD)
        if end is None:
            if len(self._received) >= MAX_HEAD:
                raise BadMessage(f"the head is longer than {MAX_HEAD} bytes", 431)
            if self._received[0] < 32:
                raise BadMessage("this is not HTTP; TLS, perhaps")
            return None
        self._settings.log("reading request")
        head = self._received[: end.end()]
        request = (bodiless(head) if len(head) <= MAX_REMEMBERED else None) or Request(head)
        if request.method not in ("GET", "HEAD", "POST"):
            raise BadMessage("the methods known are GET, HEAD and POST", 501)
        if request.length > MAX_BODY:
            raise BadMessage(f"the body is longer than {MAX_BODY} bytes", 413)
        self._received = self._received[end.end() :]
        self._body_left = request.length
        return request

    def _page(self, request: Request) -> bytes:
        """The original's answer; one more field tells an HTTP/1.0 client that the connection stays, as it asked."""
        self._settings.log("request: ", request)
        self._settings.log("writing response")
        self._closing = not request.keep_alive
        kept = b"Connection: keep-alive\r\n" if request.keep_alive and request.proto == "HTTP/1.0" else b""
        return PAGE_HEAD + kept + b"\r\n" + (PAGE_BODY if request.method != "HEAD" else b"")

    def _refusal(self, refused: BadMessage) -> bytes:
        """An error's answer, after which the connection ends: nobody knows where the next request would begin."""
        status = f"{refused.status} {REASONS[refused.status]}"
        self._settings.log("refused: ", status, ": ", refused)
        self._closing = self._refused = True
        body = f"{status}: {refused}\n".encode()
        head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
        shown = b"" if self._received[:5] == b"HEAD " else body
        return head.encode() + b"Connection: close\r\n\r\n" + shown
