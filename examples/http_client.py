"""http_client: get a page and print the answer. The article's "Using syscall.Socket to request a web page".

Uses getaddrinfo, socket, connect, poll, write and read.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import c_char
from string import printable
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import pysyscall as syscall

from .shared.arguments import program_parser, seconds
from .shared.failures import failure
from .shared.http_answer import read_answer
from .shared.http_messages import BadMessage
from .shared.net_socket import NetSocket
from .shared.program import run, write_some
from .shared.waiting import readable_before, writable_before

if TYPE_CHECKING:
    from pysyscall.net.resolving import SockaddrInet


_SCHEME = re.compile("[A-Za-z][A-Za-z0-9+.-]*://")


class Failed(Exception):
    """An error message that begins like the original's."""


@contextmanager
def saying(words: str) -> Iterator[None]:
    """Raise errors with the original's message: these words, then the reason in Go's text."""
    try:
        yield
    except BadMessage as error:
        raise Failed(f"{words}: {error}") from error
    except OSError as error:
        looked_up = isinstance(error, syscall.AddrinfoError)
        raise Failed(f"{words}: {error.strerror if looked_up else syscall.Errno(error.errno or 0).error()}") from error


class URL:
    """http://HOST[:PORT][/PATH][?QUERY]: the address to connect to, and the request to send there. ValueError."""

    def __init__(self, text: str) -> None:
        if any(character <= " " or character == "\x7f" for character in text):
            raise ValueError("a URL holds no spaces or control characters")
        parts = urlsplit(text if _SCHEME.match(text) else f"http://{text}")
        if parts.scheme == "https":
            raise ValueError("https needs TLS, which this program does not speak; it speaks http")
        if parts.scheme != "http" or not parts.hostname or "@" in parts.netloc:
            raise ValueError("a URL is http://HOST[:PORT][/PATH][?QUERY] here")
        host = parts.hostname.replace("%25", "%")  # RFC 6874: %25 introduces a zone
        if ":" in host:
            host, shown = f"[{host}]", f"[{host.partition('%')[0]}]"
        else:
            host = shown = host if host.isascii() else host.encode("idna").decode()
        self.address = f"{host}:{80 if parts.port is None else parts.port}"
        target = quote((parts.path or "/") + (f"?{parts.query}" if parts.query else ""), safe=printable)
        port = "" if parts.port in (None, 80) else f":{parts.port}"
        # The original's bytes: no Connection: close is needed by who reads the length.
        self.request = f"GET {target} HTTP/1.1\r\nHost: {shown}{port}\r\n\r\n".encode()


def resolve(address: str, deadline: float) -> list[SockaddrInet]:
    """Return all addresses of HOST:PORT. A thread is the only way to limit the wait for a silent name server."""
    found: list[SockaddrInet] = []
    errors: list[OSError] = []

    def look_up() -> None:
        try:
            found.extend(syscall.resolve_tcp_addr("tcp", address))
        except OSError as error:
            errors.append(error)

    thread = Thread(target=look_up, daemon=True)
    thread.start()
    thread.join(max(0.0, deadline - monotonic()))
    if errors:
        raise errors[0]
    if not found:
        raise OSError(syscall.ETIMEDOUT, "lookup")
    return found


def wait(socket: NetSocket, deadline: float, writable: bool = False) -> None:
    """poll(2): wait until the socket is readable or writable. ETIMEDOUT: the deadline has passed."""
    ready = writable_before if writable else readable_before
    if not ready(deadline, socket.fd):
        raise OSError(syscall.ETIMEDOUT, "poll")


def connect(sa: SockaddrInet, deadline: float) -> NetSocket:
    with saying("socket creation failed"):
        socket = NetSocket(syscall.sys_socket(sa.family, syscall.SOCK_STREAM))
    try:
        with saying("connection failed"):
            try:
                syscall.connect(socket.fd, sa)
            except BlockingIOError:
                wait(socket, deadline, writable=True)
                errno = syscall.getsockopt_int(socket.fd, syscall.SOL_SOCKET, syscall.SO_ERROR)
                if errno:
                    raise OSError(errno, "connect") from None
    except BaseException:
        socket.close()
        raise
    return socket


def connect_to_any(addresses: list[SockaddrInet], deadline: float) -> NetSocket:
    """Connect to the first address that accepts; each gets an equal share of the remaining time."""
    for left in range(len(addresses), 1, -1):
        now = monotonic()
        try:
            return connect(addresses[-left], now + (deadline - now) / left)
        except Failed:
            continue
    return connect(addresses[-1], deadline)


def write(socket: NetSocket, request: bytes, deadline: float) -> None:
    while request:
        wait(socket, deadline, writable=True)
        request = request[socket.write(request) :]


def get(url: URL, timeout: float) -> Iterator[bytes]:
    """Yield the answer in pieces, its head first."""
    deadline = monotonic() + timeout
    with saying("address resolution failed"):
        addresses = resolve(url.address, deadline)
    room = (c_char * 65536)()
    read = memoryview(room)
    with connect_to_any(addresses, deadline) as socket:
        with saying("write failed"):
            write(socket, url.request, deadline)

        def receive() -> bytes:
            while True:
                wait(socket, deadline)
                try:
                    return read[: socket.read(room)].tobytes()
                except BlockingIOError:
                    continue

        with saying("read failed"):
            yield from read_answer(receive)


def write_out(piece: bytes) -> None:
    while piece:
        piece = piece[write_some(1, piece) :]


def main(argv: list[str] | None = None) -> int:
    parser = program_parser("http_client", "Get a page and print the answer, head and body.")
    parser.add_argument("url", nargs="?", default="http://bing.com/", metavar="URL", help="what to get (%(default)s)")
    parser.add_argument(
        "--timeout", type=seconds, default=10.0, metavar="SECONDS", help="total time limit (%(default)g)"
    )
    arguments = parser.parse_args(argv)
    try:
        url = URL(arguments.url)
    except ValueError as error:
        sys.exit(f"address resolution failed: {error}")
    try:
        for piece in get(url, arguments.timeout):
            write_out(piece)
        write_out(b"\n")  # the original's Println
    except Failed as error:
        sys.exit(str(error))
    except BrokenPipeError:
        return 1  # the reader of the output has closed the pipe
    except OSError as error:
        sys.exit(failure(error))
    return 0


if __name__ == "__main__":
    run(main)
