"""http_server: serve one page to all clients. The article's "rudimentary HTTP Server using syscall.Socket".

Uses socket, bind, listen, accept4, read, write and epoll. The original serves one client at a time and never closes a
connection; this server has many connections at once in one epoll loop.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from ctypes import Array, sizeof

import pysyscall as syscall

from .shared.arguments import integer, program_parser, seconds
from .shared.failures import failure
from .shared.http_connection import Connection, Settings
from .shared.http_log import Log
from .shared.http_pages import Pages
from .shared.http_repeats import Step, answer_repeats
from .shared.net_socket import NetSocket, bound_net_socket, host_port, new_net_socket
from .shared.program import run
from .shared.stopping import stop_signals
from .shared.workers import run_workers

IDLE_SECONDS = 60.0
REQUEST_SECONDS = 10.0
ACCEPTED_AT_ONCE = 128  # before the connected clients are served again
EVENTS_AT_ONCE = 256


log = Log()  # for messages that --quiet does not suppress


def event_columns(count: int) -> tuple[Array[syscall.EpollEvent], memoryview]:
    """Return an array of events, and a view of their descriptors, which is much faster than events[i].fd."""
    size = sizeof(syscall.EpollEvent)
    room = bytearray(count * size)
    events = (syscall.EpollEvent * count).from_buffer(room)
    return events, memoryview(room).cast("i")[(size - 8) // 4 :: size // 4]  # fd is 8 bytes before the end


class Server:
    """An epoll instance, the listening socket, and a Connection for each client."""

    def __init__(self, listener: NetSocket, stop: int, settings: Settings) -> None:
        self.listener = listener
        self.stop = stop
        self.settings = settings
        self.pages = settings.pages
        self.connections: dict[int, Connection] = {}
        self.listening = False
        # All deadlines are checked once a tick, which is cheaper than sorting them at each request.
        self.tick = max(0.01, min(1.0, settings.idle_timeout / 4, settings.request_timeout / 4))
        self.epoll = NetSocket(syscall.epoll_create1(syscall.EPOLL_CLOEXEC))
        self.event = syscall.EpollEvent()

    def serve(self) -> None:
        """Serve until `stop` is readable."""
        events, descriptors = event_columns(EVENTS_AT_ONCE)
        self.watch(syscall.EPOLL_CTL_ADD, self.stop, syscall.EPOLLIN)
        self.listen()
        next_tick = time.monotonic() + self.tick
        while True:
            waiting = self.connections or not self.listening
            try:
                n = syscall.epoll_wait(self.epoll.fd, events, int(self.tick * 1000) if waiting else -1)
            except OSError as error:
                log(failure(error))
                time.sleep(0.01)
                continue
            now = time.monotonic()
            if now >= self.pages.second_ends:
                self.pages.tick(now)
            if not self.handle(descriptors[:n], now):
                return
            if now >= next_tick:
                next_tick = now + self.tick
                self.expire(now)
                self.listen()

    def handle(self, ready: Iterable[int], now: float) -> bool:
        """Serve the ready descriptors; return False if `stop` is one of them."""
        for fd, step in answer_repeats(ready, self.connections, self.pages, now + self.settings.idle_timeout):
            if step:
                self.proceed(fd, step, now)
            elif fd == self.listener.fd:
                self.accept(now)
            else:
                return False
        return True

    def watch(self, op: int, fd: int, interest: int) -> None:
        self.event.events, self.event.fd = interest, fd
        syscall.epoll_ctl(self.epoll.fd, op, fd, self.event)

    def listen(self) -> None:
        """Start or resume accepting connections."""
        if not self.listening:
            with suppress(OSError):
                self.watch(syscall.EPOLL_CTL_ADD, self.listener.fd, syscall.EPOLLIN)
                self.listening = True

    def accept(self, now: float) -> None:
        """Accept the pending connections, then serve each: in most cases its request has arrived by then."""
        accepted = []
        for _ in range(ACCEPTED_AT_ONCE):
            try:
                socket = self.listener.accept()
            except BlockingIOError:
                break
            except ConnectionAbortedError:
                continue
            except OSError as error:
                # Out of descriptors or memory. epoll would report the listener again and again, so it is removed until
                # a connection is closed or the next tick.
                log(failure(error))
                with suppress(OSError):
                    self.watch(syscall.EPOLL_CTL_DEL, self.listener.fd, 0)
                    self.listening = False
                break
            self.pages.log("incoming connection")
            self.connections[socket.fd] = Connection(socket, self.settings, now)
            accepted.append(socket.fd)
        for fd in accepted:
            self.handle((fd,), now)

    def proceed(self, fd: int, step: Step, now: float) -> None:
        """Let a connection take a step, and register what it waits for; close it at its end."""
        connection = self.connections[fd]
        try:
            interest = step(now)
            if interest:
                if interest != connection.interest:
                    self.watch(syscall.EPOLL_CTL_MOD if connection.interest else syscall.EPOLL_CTL_ADD, fd, interest)
                    connection.interest = interest
                return
        except OSError as error:
            self.pages.log(failure(error))
        del self.connections[fd]
        try:
            connection.socket.close()  # which takes it out of epoll too
        except OSError as error:
            self.pages.log(failure(error))
        self.listen()

    def expire(self, now: float) -> None:
        for fd, connection in [each for each in self.connections.items() if each[1].deadline <= now]:
            self.proceed(fd, connection.expire, now)

    def close(self) -> None:
        for connection in self.connections.values():
            with suppress(OSError):
                connection.socket.close()
        self.connections.clear()
        self.epoll.close()


def main(argv: list[str] | None = None) -> int:
    parser = program_parser("http_server", "Serve the article's page to everybody.")
    parser.add_argument("--ip-addr", default="127.0.0.1", metavar="IP", help="listen on this address (%(default)s)")
    parser.add_argument(
        "--port", type=integer(0, 65535), default=8080, help="listen on this port, 0 for a free one (%(default)s)"
    )
    parser.add_argument(
        "--workers", type=integer(1, 256), default=1, metavar="N", help="serve in so many processes (%(default)s)"
    )
    parser.add_argument("--quiet", action="store_true", help="log the address, and then only what goes wrong here")
    parser.add_argument(
        "--idle-timeout",
        type=seconds,
        default=IDLE_SECONDS,
        metavar="SECONDS",
        help="how long a connection may have no request, or leave its answer unread (%(default)g)",
    )
    parser.add_argument(
        "--request-timeout",
        type=seconds,
        default=REQUEST_SECONDS,
        metavar="SECONDS",
        help="how long a request may take from its first byte to the end of its head (%(default)g)",
    )
    arguments = parser.parse_args(argv)
    settings = Settings(Pages(Log(arguments.quiet)), arguments.idle_timeout, arguments.request_timeout)
    try:
        ip = syscall.parse_ip(arguments.ip_addr)
    except ValueError as error:
        parser.error(str(error))
    try:
        if arguments.workers > 1:
            return 0 if serve_together(arguments.workers, ip, arguments.port, settings) else 1
        listener = new_net_socket(ip, arguments.port)
        serve(listener, settings, lambda: log_address(listener))
    except OSError as error:
        sys.exit(failure(error))
    return 0


def serve(listener: NetSocket, settings: Settings, begun: Callable[[], None]) -> None:
    """Serve until SIGINT or SIGTERM."""
    with listener, stop_signals() as stop, closing(Server(listener, stop, settings)) as server:
        # Accepted sockets inherit TCP_NODELAY: an answer need not wait for the acknowledgement of the previous one.
        syscall.setsockopt_int(listener.fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1)
        begun()
        server.serve()


def serve_together(count: int, ip: bytes, port: int, settings: Settings) -> bool:
    """Serve in count processes, each with its own listening socket on one port; return whether all succeeded."""
    # This process reserves the port. Its socket does not listen, and so gets no connections.
    with bound_net_socket(ip, port, shared=True) as keeper:
        sa = syscall.getsockname(keeper.fd)
        assert isinstance(sa, (syscall.SockaddrInet4, syscall.SockaddrInet6))

        def work(begun: Callable[[], None]) -> None:
            keeper.close()
            try:
                serve(new_net_socket(ip, sa.port, shared=True), settings, begun)
            except OSError as error:
                sys.exit(failure(error))

        return run_workers(count, work, lambda: log_address(keeper), log)


def log_address(socket: NetSocket) -> None:
    log("http addr: http://", host_port(syscall.getsockname(socket.fd)))


if __name__ == "__main__":
    run(main, needs_output=False)
