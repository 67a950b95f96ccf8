"""One connection of http_server: a state machine for HTTP, independent of the loop that drives it.

It does what the body of the article's loop does (parseRequest and io.WriteString), and returns where that would wait.
"""

from __future__ import annotations

import re
from ctypes import c_char
from typing import NamedTuple

import pysyscall as syscall

from .http_bodies import ChunkedBody, SizedBody
from .http_messages import END_OF_HEAD, BadMessage, Request
from .http_pages import Pages
from .net_socket import NetSocket

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

MAX_HEAD = 32 * 1024
MAX_BODY = 1024 * 1024
MAX_UNSENT = 64 * 1024  # answers to pipelined requests that the client has not read
LOGGED_BODY = 1024
SLOWEST_BODY = 16 * 1024  # bytes a second
LINGER_SECONDS = 2.0

IDLE, HEAD, BODY, SENDING, LINGERING = range(5)

_EMPTY_LINES = re.compile(rb"(?:\r?\n)*")

ROOM = (c_char * (64 * 1024))()  # shared by all connections: data is copied out after each read


class Settings(NamedTuple):
    pages: Pages
    idle_timeout: float  # between requests, and until a client reads its answers
    request_timeout: float  # from a request's first byte to the end of its head, and then until its body starts


class Connection:
    """A client's unanswered requests, the answers not sent yet, and the deadline."""

    __slots__ = (
        "_body",
        "_closing",
        "_known",
        "_received",
        "_refused",
        "_request",
        "_settings",
        "_state",
        "_unsent",
        "deadline",
        "idle",
        "interest",
        "socket",
    )

    def __init__(self, socket: NetSocket, settings: Settings, now: float) -> None:
        self.socket = socket
        self.interest = 0  # the events registered with epoll; 0 if the socket is not registered yet
        self.deadline = now + settings.idle_timeout
        self.idle = True  # it waits for the first byte of a request
        self._settings = settings
        self._known = settings.pages.known
        self._state = IDLE
        self._received = b""
        self._request: Request | None = None  # a request whose body is incomplete
        self._body: SizedBody | ChunkedBody = SizedBody(0)
        self._unsent = b""
        self._closing = False
        self._refused = False

    def proceed(self, now: float) -> int:
        """Read, answer and send until it would block. Return what to wait for: EPOLLIN, EPOLLOUT; 0 to close.

        OSError: the connection is broken. The methods below return and raise the same.
        """
        if self._state == SENDING:
            return self._work(now)
        try:
            n = self.socket.read(ROOM)
        except OSError as error:
            return self.fail(error, now)
        return self.take(ROOM[:n], now)  # type: ignore[arg-type]  # bytes, whatever typeshed says

    def take(self, received: bytes, now: float) -> int:
        """Proceed with data that has been read."""
        if not received:
            return 0
        if self._state == LINGERING:
            return syscall.EPOLLIN
        if self._state == BODY:
            self.deadline += len(received) / SLOWEST_BODY
        self._received += received
        return self._work(now)

    def fail(self, error: OSError, now: float) -> int:
        """Proceed after a failed read."""
        if isinstance(error, BlockingIOError):
            return syscall.EPOLLIN
        raise error

    def send(self, unsent: bytes, closing: bool, now: float) -> int:
        """Proceed with the unsent rest of a remembered answer."""
        self._unsent, self._closing = unsent, closing
        return self._work(now)

    def expire(self, now: float) -> int:
        """Handle the deadline: answer an incomplete request with 408, close otherwise."""
        if self._state not in (HEAD, BODY):
            return 0
        self._unsent = self._refusal(BadMessage("the request took too long", 408))
        return self._work(now)

    def _work(self, now: float) -> int:
        """Answer and send in turn until it would block."""
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
            if not self._received:
                break
            self._unsent = self._answers()
            if not self._unsent:
                break
        if self._request:
            return self._wait(BODY, now, self._settings.request_timeout, answered)
        if self._received not in (b"", b"\r"):
            return self._wait(HEAD, now, self._settings.request_timeout, answered)
        return self._wait(IDLE, now, self._settings.idle_timeout, answered)

    def _wait(self, state: int, now: float, seconds: float, anew: bool = False) -> int:
        """Set the deadline, unless the state is the same: a byte now and then does not extend it."""
        if anew or state != self._state:
            self._state = state
            self.deadline = now + seconds
        self.idle = state == IDLE and not self._received
        return syscall.EPOLLOUT if state == SENDING else syscall.EPOLLIN

    def _end(self, now: float) -> int:
        """Close at once, or linger if the client may still be sending.

        Closing a socket that has unread data, or receives more, resets the connection: the client may lose the answer.
        """
        if not self._received and not self._refused:
            return 0
        self._received = b""
        syscall.shutdown(self.socket.fd, syscall.SHUT_WR)
        return self._wait(LINGERING, now, LINGER_SECONDS)

    def _answers(self) -> bytes:
        """Return the answers to the received requests, up to MAX_UNSENT bytes."""
        answers = b""
        try:
            while self._received and not self._closing and len(answers) < MAX_UNSENT and (answer := self._answer()):
                answers += answer
        except BadMessage as refused:
            answers += self._refusal(refused)
        return answers

    def _answer(self) -> bytes:
        """Return the answer to the next request; b"" if it has not arrived completely."""
        if self._request is None:
            head = self._next_head()
            if not head:
                return b""
            if answer := self._known.get(head):
                self._received = self._received[len(head) :]
                sent, logged, self._closing = answer
                self._settings.pages.log.write(logged)
                return sent
            self._settings.pages.log("reading request")
            request = Request(head)
            if request.length > MAX_BODY:
                raise BadMessage(f"the body is longer than {MAX_BODY} bytes", 413)
            self._received = self._received[len(head) :]
            if not request.length and not request.chunked:
                sent = self._page(request)
                self._settings.pages.remember(head, request, sent)
                return sent
            self._request = request
            self._body = ChunkedBody(MAX_BODY) if request.chunked else SizedBody(request.length)
            if request.expects_continue and not self._received:
                return CONTINUE
        request = self._request
        content, self._received = self._body.take(self._received)
        request.body += content[: LOGGED_BODY - len(request.body)]
        if not self._body.ended:
            return b""
        self._request = None
        return self._page(request)

    def _next_head(self) -> bytes:
        """Return the head of the next request; b"" if it has not arrived completely."""
        if self._received[0] in b"\r\n":  # RFC 9112, 2.2: empty lines may precede a request
            self._received = _EMPTY_LINES.sub(b"", self._received, 1)
            if self._received in (b"", b"\r"):
                return b""
        end = END_OF_HEAD.search(self._received, 0, MAX_HEAD)
        if end:
            return self._received[: end.end()]
        if len(self._received) >= MAX_HEAD:
            line, newline, _ = self._received[:MAX_HEAD].partition(b"\n")
            if b" " in line and not newline:
                raise BadMessage(f"the request line is longer than {MAX_HEAD} bytes", 414)
            raise BadMessage(f"the head is longer than {MAX_HEAD} bytes", 431)
        if self._received[0] < 32:
            raise BadMessage("this is not HTTP; TLS, perhaps")
        return b""

    def _page(self, request: Request) -> bytes:
        pages = self._settings.pages
        pages.log("request: ", request)
        pages.log("writing response")
        self._closing = not request.keep_alive
        return pages.page(request)

    def _refusal(self, refused: BadMessage) -> bytes:
        self._closing = self._refused = True
        method = self._request.method.encode() if self._request else b"".join(self._received[:5].split()[:1])
        return self._settings.pages.refusal(refused, bodiless=method == b"HEAD")
