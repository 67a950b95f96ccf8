"""What the HTTP programs are tested against: raw clients of the server, and a server that says what it is told to."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable

from .programs import SECONDS, Program

# The original's own bytes, up to the date.
ORIGINAL_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 20\r\n"
DATE = b"Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"  # what every date is made by `undated`
PAGE = ORIGINAL_HEAD + DATE + b"\r\n<h1>hello world</h1>"
LAST_PAGE = ORIGINAL_HEAD + DATE + b"Connection: close\r\n\r\n<h1>hello world</h1>"
GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
LAST_GET = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


class HTTPServer(Program):
    """http_server on a free port."""

    def __init__(self, *arguments: str, preexec: Callable[[], None] | None = None) -> None:
        super().__init__("http_server", "--port", "0", *arguments, preexec=preexec)
        try:
            self.url = self.wait_for("http addr: (http://.*)\n")[1]
        except BaseException:
            self.__exit__()
            raise
        found = re.fullmatch(r"http://\[?(.*?)\]?:(\d+)", self.url)
        assert found
        self.address = found[1], int(found[2])

    def __enter__(self) -> HTTPServer:
        return self

    def connect(self) -> socket.socket:
        return socket.create_connection(self.address, SECONDS)

    def exchange(self, request: bytes) -> bytes:
        """All that the server answers on a connection of its own, to the end that it makes of it, undated."""
        with self.connect() as client:
            client.sendall(request)
            return receive_all(client)

    def connections(self) -> int:
        return sum(target.startswith("socket:") for target in self.descriptors().values()) - 1


_DATE = re.compile(
    rb"^Date: (?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT\r\n", re.MULTILINE
)


def undated(answers: bytes) -> bytes:
    """Answers with one date for all, of the same length, so that they can be compared."""
    return _DATE.sub(DATE, answers)


def receive_all(client: socket.socket) -> bytes:
    """All that comes, undated."""
    received = b""
    while piece := client.recv(65536):
        received += piece
    return undated(received)


def receive(client: socket.socket, length: int) -> bytes:
    """So many bytes, undated, or fewer where the server ends the connection."""
    received = b""
    while len(received) < length and (piece := client.recv(length - len(received))):
        received += piece
    return undated(received)


class ScriptedServer:
    """One connection at a time on a free port of the loopback: read a request's head, then do what the script says."""

    def __init__(self, script: Callable[[socket.socket], None], host: str = "127.0.0.1") -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, 0), family=family)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{self.port}/"
        self.requests: list[bytes] = []
        self._script = script
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> ScriptedServer:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread, unlike close
        self._thread.join(SECONDS)
        self._listener.close()
        assert not self._thread.is_alive()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(SECONDS)
                request = b""
                try:
                    while b"\r\n\r\n" not in request and (piece := connection.recv(65536)):
                        request += piece
                    self.requests.append(request)
                    self._script(connection)
                except OSError:
                    pass  # the client has gone


def saying(answer: bytes) -> Callable[[socket.socket], None]:
    """A script: send this, and close."""
    return lambda connection: connection.sendall(answer)
