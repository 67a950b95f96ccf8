"""Single calls of sockets, and of what waits for them: see single_calls."""

from __future__ import annotations

import fcntl
import os
import select
import socket
from collections.abc import Iterator
from ctypes import addressof, byref, c_char, c_int, c_uint32

import pysyscall as syscall

from .single_calls import BARE, CPYTHON, LIBC, OURS, PAYLOAD, SIZE, WITH_ARRAY, WITH_BYTEARRAY, Array, Loops, work


def udp_socket() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    return sock


@work("sendto and recvfrom, UDP", "pairs", {WITH_ARRAY: 1.25, WITH_BYTEARRAY: 1.35})
def _datagrams() -> Iterator[Loops]:
    with udp_socket() as sock:
        fd, own, to = sock.fileno(), sock.getsockname(), syscall.getsockname(sock.fileno())
        buffer, array, name, length, raw = bytearray(SIZE), Array(), (c_char * 128)(), c_uint32(128), bytes(to)

        def cpython(n: int) -> None:
            sendto, recvfrom_into = sock.sendto, sock.recvfrom_into
            for _ in range(n):
                sendto(PAYLOAD, own)
                recvfrom_into(buffer)

        def with_array(n: int) -> None:
            sendto, recvfrom = syscall.sendto, syscall.recvfrom
            for _ in range(n):
                sendto(fd, PAYLOAD, 0, to)
                recvfrom(fd, array)

        def with_bytearray(n: int) -> None:
            sendto, recvfrom = syscall.sendto, syscall.recvfrom
            for _ in range(n):
                sendto(fd, PAYLOAD, 0, to)
                recvfrom(fd, buffer)

        def bare(n: int) -> None:
            sendto, recvfrom, pointer = LIBC.sendto, LIBC.recvfrom, byref(length)
            for _ in range(n):
                sendto(fd, PAYLOAD, SIZE, 0, raw, 16)
                recvfrom(fd, array, SIZE, 0, name, pointer)

        yield Loops({CPYTHON: cpython, WITH_ARRAY: with_array, WITH_BYTEARRAY: with_bytearray, BARE: bare})


@work("recvfrom, of 5,000 senders in turn", "datagrams", {WITH_ARRAY: 1.5})
def _many_senders() -> Iterator[Loops]:
    with udp_socket() as sock, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        fd, to, count = sock.fileno(), sock.getsockname(), 0
        buffer, array, name, length = bytearray(SIZE), Array(), (c_char * 128)(), c_uint32(128)

        def send(n: int) -> None:
            """All of 127.0.0.0/8 is this machine, and a datagram may come from any of it."""
            nonlocal count
            for _ in range(n):
                count = (count + 1) % 5000
                source = bytes((127, 1, count >> 8, count & 0xFF))
                info = bytes(4) + source + bytes(4)
                sender.sendmsg([PAYLOAD], [(socket.IPPROTO_IP, syscall.IP_PKTINFO, info)], 0, to)

        def cpython(n: int) -> None:
            recvfrom_into = sock.recvfrom_into
            for _ in range(n):
                recvfrom_into(buffer)

        def ours(n: int) -> None:
            recvfrom = syscall.recvfrom
            for _ in range(n):
                recvfrom(fd, array)

        def bare(n: int) -> None:
            recvfrom, pointer = LIBC.recvfrom, byref(length)
            for _ in range(n):
                recvfrom(fd, array, SIZE, 0, name, pointer)

        yield Loops({CPYTHON: cpython, WITH_ARRAY: ours, BARE: bare}, send, 100)


class BareMessage:
    """A struct msghdr with all that it points to, made once."""

    def __init__(self, name: bytes, control: bytes, room: int) -> None:
        self.name = (c_char * 128).from_buffer_copy(name.ljust(128, b"\0"))
        self.control = (c_char * max(room, 1)).from_buffer_copy(control.ljust(max(room, 1), b"\0"))
        self.payload = Array.from_buffer_copy(PAYLOAD)
        self.iovec = syscall.Iovec(addressof(self.payload), SIZE)
        self.header = syscall.Msghdr(
            name=addressof(self.name),
            namelen=len(name) or 128,
            iov=addressof(self.iovec),
            iovlen=1,
            control=addressof(self.control) if room else None,
            controllen=room,
        )


def _messages(control: bool) -> Iterator[Loops]:
    with udp_socket() as sock:
        sock.setsockopt(socket.IPPROTO_IP, syscall.IP_PKTINFO, int(control))
        fd, own, to = sock.fileno(), sock.getsockname(), syscall.getsockname(sock.fileno())
        info = syscall.Inet4Pktinfo(ifindex=1)
        oob = syscall.inet4_pktinfo(info) if control else None
        messages = [(socket.IPPROTO_IP, syscall.IP_PKTINFO, bytes(info))] if control else []
        room = 64 if control else 0
        buffer, array, oob_array = bytearray(SIZE), Array(), (c_char * 64)() if control else None
        sent, received = BareMessage(bytes(to), oob or b"", len(oob or b"")), BareMessage(b"", b"", room)

        def cpython(n: int) -> None:
            sendmsg, recvmsg_into, payloads, buffers = sock.sendmsg, sock.recvmsg_into, [PAYLOAD], [buffer]
            for _ in range(n):
                sendmsg(payloads, messages, 0, own)
                recvmsg_into(buffers, room)

        def ours(n: int) -> None:
            sendmsg, recvmsg = syscall.sendmsg, syscall.recvmsg
            for _ in range(n):
                sendmsg(fd, PAYLOAD, oob, to)
                recvmsg(fd, array, oob_array)

        def bare(n: int) -> None:
            sendmsg, recvmsg, out, back = LIBC.sendmsg, LIBC.recvmsg, byref(sent.header), byref(received.header)
            for _ in range(n):
                sendmsg(fd, out, 0)
                recvmsg(fd, back, 0)

        yield Loops({CPYTHON: cpython, WITH_ARRAY: ours, BARE: bare})


@work("sendmsg and recvmsg, UDP", "pairs", {WITH_ARRAY: 2.0})
def _without_control() -> Iterator[Loops]:
    return _messages(control=False)


@work("sendmsg and recvmsg, UDP with IP_PKTINFO", "pairs", {WITH_ARRAY: 2.0})
def _with_control() -> Iterator[Loops]:
    return _messages(control=True)


@work("setsockopt_int and getsockopt_int", "pairs", {OURS: 2.4})
def _options() -> Iterator[Loops]:
    with udp_socket() as sock:
        fd, value, length, level, opt = sock.fileno(), c_int(1), c_uint32(4), socket.SOL_SOCKET, socket.SO_REUSEADDR

        def cpython(n: int) -> None:
            setsockopt, getsockopt = sock.setsockopt, sock.getsockopt
            for _ in range(n):
                setsockopt(level, opt, 1)
                getsockopt(level, opt)

        def ours(n: int) -> None:
            setsockopt_int, getsockopt_int = syscall.setsockopt_int, syscall.getsockopt_int
            for _ in range(n):
                setsockopt_int(fd, level, opt, 1)
                getsockopt_int(fd, level, opt)

        def bare(n: int) -> None:
            setsockopt, getsockopt, pointer, of_length = LIBC.setsockopt, LIBC.getsockopt, byref(value), byref(length)
            for _ in range(n):
                setsockopt(fd, level, opt, pointer, 4)
                getsockopt(fd, level, opt, pointer, of_length)

        yield Loops({CPYTHON: cpython, OURS: ours, BARE: bare})


@work("getsockname, UDP", "calls", {OURS: 2.2})
def _names() -> Iterator[Loops]:
    with udp_socket() as sock:
        fd, name, length = sock.fileno(), (c_char * 128)(), c_uint32(128)

        def cpython(n: int) -> None:
            getsockname = sock.getsockname
            for _ in range(n):
                getsockname()

        def ours(n: int) -> None:
            getsockname = syscall.getsockname
            for _ in range(n):
                getsockname(fd)

        def bare(n: int) -> None:
            getsockname, pointer = LIBC.getsockname, byref(length)
            for _ in range(n):
                getsockname(fd, name, pointer)

        yield Loops({CPYTHON: cpython, OURS: ours, BARE: bare})


@work("epoll_wait, one event read", "calls", {OURS: 2.05})
def _events() -> Iterator[Loops]:
    with select.epoll() as epoll, udp_socket() as sock:
        epoll.register(sock.fileno(), select.EPOLLOUT)
        epfd, events = epoll.fileno(), (syscall.EpollEvent * 4)()

        def cpython(n: int) -> None:
            poll = epoll.poll
            for _ in range(n):
                for fd, _events in poll(0):
                    assert fd

        def ours(n: int) -> None:
            epoll_wait = syscall.epoll_wait
            for _ in range(n):
                for i in range(epoll_wait(epfd, events, 0)):
                    assert events[i].fd

        def bare(n: int) -> None:
            epoll_wait = LIBC.epoll_wait
            for _ in range(n):
                for i in range(epoll_wait(epfd, events, 4, 0)):
                    assert events[i].fd

        yield Loops({CPYTHON: cpython, OURS: ours, BARE: bare})


@work("epoll_ctl, EPOLL_CTL_MOD", "calls", {OURS: 2.2})
def _epoll_ctl() -> Iterator[Loops]:
    with select.epoll() as epoll, udp_socket() as sock:
        epoll.register(sock.fileno(), select.EPOLLOUT)
        epfd, fd, modify = epoll.fileno(), sock.fileno(), syscall.EPOLL_CTL_MOD
        event = syscall.EpollEvent(syscall.EPOLLOUT, fd=fd)

        def cpython(n: int) -> None:
            modify, mask = epoll.modify, select.EPOLLOUT
            for _ in range(n):
                modify(fd, mask)

        def ours(n: int) -> None:
            epoll_ctl = syscall.epoll_ctl
            for _ in range(n):
                epoll_ctl(epfd, modify, fd, event)

        def bare(n: int) -> None:
            epoll_ctl, pointer = LIBC.epoll_ctl, byref(event)
            for _ in range(n):
                epoll_ctl(epfd, modify, fd, pointer)

        yield Loops({CPYTHON: cpython, OURS: ours, BARE: bare})


@work("set_nonblock, of what is so already", "calls", {OURS: 2.3})
def _set_nonblock() -> Iterator[Loops]:
    """CPython sets it all the same, in one ioctl; Go and we look with fcntl, and set it in another where need be."""
    with udp_socket() as sock:
        sock.setblocking(False)
        fd = sock.fileno()

        def cpython(n: int) -> None:
            set_blocking = os.set_blocking
            for _ in range(n):
                set_blocking(fd, False)

        def ours(n: int) -> None:
            set_nonblock = syscall.set_nonblock
            for _ in range(n):
                set_nonblock(fd, True)

        def bare(n: int) -> None:
            control, command = LIBC.fcntl, fcntl.F_GETFL
            for _ in range(n):
                control(fd, command, 0)

        yield Loops({CPYTHON: cpython, OURS: ours, BARE: bare})


@work("socket, connect, accept4 and two closes, Unix stream", "connections", {OURS: 1.1})
def _connections() -> Iterator[Loops]:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("")
        listener.listen()
        own, fd, to = listener.getsockname(), listener.fileno(), syscall.getsockname(listener.fileno())
        raw, name, length = bytes(to), (c_char * 128)(), c_uint32(128)
        kind = socket.SOCK_STREAM | socket.SOCK_CLOEXEC

        def cpython(n: int) -> None:
            make, accept = socket.socket, listener.accept
            for _ in range(n):
                client = make(socket.AF_UNIX)
                client.connect(own)
                server, _ = accept()
                client.close()
                server.close()

        def ours(n: int) -> None:
            make, connect, accept4, close = syscall.socket, syscall.connect, syscall.accept4, syscall.close
            for _ in range(n):
                client = make(socket.AF_UNIX, kind)
                connect(client, to)
                server, _ = accept4(fd, socket.SOCK_CLOEXEC)
                close(client)
                close(server)

        def bare(n: int) -> None:
            make, connect, accept4, close, pointer = LIBC.socket, LIBC.connect, LIBC.accept4, LIBC.close, byref(length)
            for _ in range(n):
                client = make(socket.AF_UNIX, kind, 0)
                connect(client, raw, len(raw))
                server = accept4(fd, name, pointer, socket.SOCK_CLOEXEC)
                close(client)
                close(server)

        yield Loops({CPYTHON: cpython, OURS: ours, BARE: bare})


@work("ioctl with a structure, SIOCGIFINDEX", "calls", {OURS: 4.5})
def _ioctl() -> Iterator[Loops]:
    with udp_socket() as sock:
        fd, request, ifreq = sock.fileno(), syscall.SIOCGIFINDEX, syscall.Ifreq(name=b"lo")
        buffer = bytearray(bytes(ifreq))

        def cpython(n: int) -> None:
            ioctl = fcntl.ioctl
            for _ in range(n):
                ioctl(fd, request, buffer)

        def ours(n: int) -> None:
            ioctl = syscall.ioctl
            for _ in range(n):
                ioctl(fd, request, ifreq)

        def bare(n: int) -> None:
            ioctl, pointer = LIBC.ioctl, byref(ifreq)
            for _ in range(n):
                ioctl(fd, request, pointer)

        yield Loops({CPYTHON: cpython, OURS: ours, BARE: bare})


ROWS = (
    _datagrams,
    _many_senders,
    _without_control,
    _with_control,
    _options,
    _names,
    _events,
    _epoll_ctl,
    _set_nonblock,
    _connections,
    _ioctl,
)
