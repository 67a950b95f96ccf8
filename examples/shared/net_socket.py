"""The article's netSocket: a socket's descriptor, with read, write, accept and close.

Shared by http_server and http_client. The names and their order are those of the Go original.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pysyscall as syscall

if TYPE_CHECKING:
    from pysyscall.base.buffers import ReadableBuffer, WriteableBuffer


class NetSocket:
    """A socket that is closed at the end of a `with` block. It is non-blocking and close-on-exec."""

    __slots__ = ("fd",)

    def __init__(self, fd: int) -> None:
        self.fd = fd

    def read(self, p: WriteableBuffer) -> int:
        return syscall.read(self.fd, p)

    def write(self, p: ReadableBuffer) -> int:
        return syscall.write(self.fd, p)

    def accept(self) -> NetSocket:
        nfd, _ = syscall.accept4(self.fd, syscall.SOCK_NONBLOCK | syscall.SOCK_CLOEXEC)
        return NetSocket(nfd)

    def close(self) -> None:
        # A second close could close a new descriptor of the same number.
        fd, self.fd = self.fd, -1
        if fd != -1:
            syscall.close(fd)

    def __enter__(self) -> NetSocket:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def new_net_socket(ip: bytes, port: int, shared: bool = False) -> NetSocket:
    """Return a socket that listens on ip (4 or 16 bytes, as parse_ip returns them) and port; port 0 is any free one.

    shared: several such sockets may have the port (SO_REUSEPORT); the kernel distributes the connections.
    """
    socket = bound_net_socket(ip, port, shared)
    try:
        syscall.listen(socket.fd, syscall.SOMAXCONN)
    except BaseException:
        socket.close()
        raise
    return socket


def bound_net_socket(ip: bytes, port: int, shared: bool) -> NetSocket:
    """Return a socket that is bound to an address and does not listen yet."""
    family = syscall.AF_INET if len(ip) == 4 else syscall.AF_INET6
    # No ForkLock is needed: sys_socket creates the descriptor close-on-exec.
    socket = NetSocket(syscall.sys_socket(family, syscall.SOCK_STREAM))
    try:
        syscall.setsockopt_int(socket.fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
        if shared:
            syscall.setsockopt_int(socket.fd, syscall.SOL_SOCKET, syscall.SO_REUSEPORT, 1)
        sa = syscall.SockaddrInet4(port, ip) if len(ip) == 4 else syscall.SockaddrInet6(port, ip)
        syscall.bind(socket.fd, sa)
    except BaseException:
        socket.close()
        raise
    return socket


def host_port(sa: syscall.Sockaddr) -> str:
    """Return an address as in a URL: 127.0.0.1:8080, [::1]:8080."""
    from ipaddress import ip_address

    assert isinstance(sa, (syscall.SockaddrInet4, syscall.SockaddrInet6))
    ip = ip_address(sa.addr)
    return f"{ip}:{sa.port}" if ip.version == 4 else f"[{ip}]:{sa.port}"
