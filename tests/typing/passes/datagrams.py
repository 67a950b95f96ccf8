"""Datagrams over IPv4, IPv6 and Unix sockets, whole and in pieces."""

from __future__ import annotations

from ctypes import c_char

import pysyscall as syscall


def describe(address: syscall.Sockaddr | None) -> str:
    match address:
        case None:
            return "nobody"
        case syscall.SockaddrInet4(port, addr):
            return f"{'.'.join(map(str, addr))}:{port}"
        case syscall.SockaddrInet6(port=port, zone_id=zone):
            return f"[...%{zone}]:{port}"
        case syscall.SockaddrUnix(name):
            return name
        case other:
            return bytes(other).hex()


def inet(server: syscall.SockaddrInet4 | syscall.SockaddrInet6) -> None:
    receiver = syscall.socket(server.family, syscall.SOCK_DGRAM)
    sender = syscall.socket(server.family, syscall.SOCK_DGRAM)
    syscall.bind(receiver, server)
    count = syscall.sendto(sender, b"to the point", 0, syscall.getsockname(receiver))
    room = (c_char * 65535)()
    n, peer = syscall.recvfrom(receiver, room)
    assert (n, room.raw[:n]) == (count, b"to the point")
    peers: dict[syscall.Sockaddr, int] = {}
    if peer is not None:
        peers[peer] = n
    assert describe(peer).endswith(str(describe(syscall.getsockname(sender)).rpartition(":")[2]))
    for fd in (receiver, sender):
        syscall.close(fd)


def unix() -> None:
    a, b = syscall.socketpair(syscall.AF_UNIX, syscall.SOCK_DGRAM)
    syscall.bind(a, syscall.SockaddrUnix(""))  # the kernel chooses an abstract name
    syscall.sendmsg(a, [b"two ", bytearray(b"pieces")], None, None)
    head, tail = bytearray(4), bytearray(16)
    n, oobn, flags, peer = syscall.recvmsg(b, [head, tail], bytearray(32), syscall.MSG_DONTWAIT)
    assert (n, oobn, flags & syscall.MSG_TRUNC) == (10, 0, 0)
    assert (bytes(head), bytes(tail[:6])) == (b"two ", b"pieces")
    assert describe(peer).startswith("\0")
    syscall.close(a)
    syscall.close(b)


inet(syscall.SockaddrInet4(0, bytes((127, 0, 0, 1))))
for resolved in syscall.resolve_udp_addr("udp", "127.0.0.1:0"):
    inet(resolved)
unix()
