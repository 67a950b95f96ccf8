"""An echo server and its client on one epoll loop."""

from collections.abc import Callable
from typing import Literal

import pysyscall as syscall

family: Literal[2] = syscall.AF_INET  # a constant that is the same on every ABI has its value for a type
LOOPBACK = syscall.parse_ip("127.0.0.1")


class Loop:
    def __init__(self) -> None:
        self.epfd = syscall.epoll_create1(syscall.EPOLL_CLOEXEC)
        self.events = (syscall.EpollEvent * 8)()
        self.ready: dict[int, Callable[[], None]] = {}

    def watch(self, fd: int, ready: Callable[[], None]) -> None:
        syscall.epoll_ctl(self.epfd, syscall.EPOLL_CTL_ADD, fd, syscall.EpollEvent(events=syscall.EPOLLIN, fd=fd))
        self.ready[fd] = ready

    def forget(self, fd: int) -> None:
        syscall.epoll_ctl(self.epfd, syscall.EPOLL_CTL_DEL, fd)
        del self.ready[fd]
        syscall.close(fd)

    def run_once(self) -> None:
        for i in range(syscall.epoll_wait(self.epfd, self.events, 10_000)):
            event = self.events[i]
            if event.events & (syscall.EPOLLIN | syscall.EPOLLHUP):
                self.ready[event.fd]()


class Echo:
    def __init__(self, loop: Loop, address: syscall.SockaddrInet4) -> None:
        self.loop = loop
        self.fd = syscall.socket(family, syscall.SOCK_STREAM | syscall.SOCK_NONBLOCK | syscall.SOCK_CLOEXEC)
        syscall.setsockopt_int(self.fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
        syscall.bind(self.fd, address)
        syscall.listen(self.fd)
        loop.watch(self.fd, self.accept)

    @property
    def port(self) -> int:
        address = syscall.getsockname(self.fd)
        assert isinstance(address, syscall.SockaddrInet4)
        return address.port

    def accept(self) -> None:
        fd, peer = syscall.accept4(self.fd, syscall.SOCK_NONBLOCK | syscall.SOCK_CLOEXEC)
        assert peer.family == family
        self.loop.watch(fd, lambda: self.echo(fd))

    def echo(self, fd: int) -> None:
        buffer = bytearray(4096)
        n = syscall.read(fd, buffer)
        if n == 0:
            self.loop.forget(fd)
        else:
            syscall.write(fd, memoryview(buffer)[:n])


def main() -> None:
    loop = Loop()
    server = Echo(loop, syscall.SockaddrInet4(0, LOOPBACK))
    client = syscall.socket(syscall.AF_INET, syscall.SOCK_STREAM)
    syscall.connect(client, syscall.SockaddrInet4(port=server.port, addr=LOOPBACK))
    syscall.write(client, b"hello")
    syscall.shutdown(client, syscall.SHUT_WR)
    answer = bytearray(16)
    loop.run_once()
    while len(loop.ready) > 1:
        loop.run_once()
    n = syscall.read(client, answer)
    assert answer[:n] == b"hello", answer
    syscall.close(client)
    loop.forget(server.fd)
    syscall.close(loop.epfd)


main()
