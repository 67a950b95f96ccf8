"""Sockets: created, bound, connected, and shut down."""

import sys
from _weakref import ref

from ..base.arguments import descriptor, i32
from ..base.declaration import keeping_gil
from ..base.errors import fail, kept, retry, system_error
from ..base.scratch import NAME_SIZE, Scratch, give, take
from ..constants import AF_INET6, EAFNOSUPPORT, SOCK_CLOEXEC, SOCK_NONBLOCK, SOMAXCONN
from . import libc
from .addresses import Sockaddr, decode, raw_bytes
from .senders import first_sight, met

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ..base.buffers import Pointer


# Looked up once, see io.descriptors.
_getsockname, _getpeername = keeping_gil(libc.getsockname), keeping_gil(libc.getpeername)

# With `pysyscall.socket_disable_ipv6 = True`, socket refuses AF_INET6. Go SocketDisableIPv6.
socket_disable_ipv6: bool = False
_face = ref(sys.modules[__name__.partition(".")[0]])  # weak: it must not live to the very end


def socket(domain: int, typ: int, proto: int = 0) -> int:
    """socket(2): create a socket and return its descriptor. Go Socket.

    domain is AF_INET and so on, typ SOCK_STREAM and so on, to which SOCK_CLOEXEC and SOCK_NONBLOCK may be added.
    Without SOCK_CLOEXEC the descriptor is inherited by the programs that this process starts, as in Go and C.

    For packet sockets proto is in network order: htons(ETH_P_ALL). PermissionError: the socket type needs a
    capability (CAP_NET_RAW for raw and packet sockets). EAFNOSUPPORT, EPROTONOSUPPORT: the kernel does not support it,
    or `socket_disable_ipv6` is set.
    """
    if type(domain) is not int or type(typ) is not int or type(proto) is not int or (domain | typ | proto) >> 31:
        domain, typ, proto = i32("domain", domain), i32("typ", typ), i32("proto", proto)
    if domain == AF_INET6 and getattr(_face(), "socket_disable_ipv6", False):
        raise system_error("socket", EAFNOSUPPORT)
    before = kept.value
    if (fd := libc.socket(domain, typ, proto)) == -1:
        fail("socket", before)
    return fd


def sys_socket(family: int, sotype: int, proto: int = 0) -> int:
    """socket(2) with SOCK_NONBLOCK | SOCK_CLOEXEC: create a non-blocking, close-on-exec socket. Go net's sysSocket.

    The flags are set at creation, so that fork_lock is not needed.
    """
    family, sotype = i32("family", family), i32("sotype", sotype)
    return socket(family, sotype | SOCK_NONBLOCK | SOCK_CLOEXEC, proto)


def socketpair(domain: int, typ: int, proto: int = 0) -> "tuple[int, int]":
    """socketpair(2): create two sockets connected to each other, and return their descriptors. Go Socketpair."""
    if type(domain) is not int or type(typ) is not int or type(proto) is not int or (domain | typ | proto) >> 31:
        domain, typ, proto = i32("domain", domain), i32("typ", typ), i32("proto", proto)
    before = kept.value
    try:
        slot = take()
    except IndexError:
        slot = Scratch()
    try:
        if libc.socketpair(domain, typ, proto, slot.of_pair) == -1:
            fail("socketpair", before)
        one, other = slot.pair
        return one, other
    finally:
        give(slot)


def bind(fd: int, sa: Sockaddr) -> None:
    """bind(2): set the local address of a socket. Go Bind.

    EADDRINUSE: another socket uses it. EADDRNOTAVAIL: no interface has it. PermissionError: by default, ports below
    1024 need CAP_NET_BIND_SERVICE.
    """
    if type(fd) is not int or fd >> 31:
        fd = descriptor("fd", fd)
    raw = raw_bytes("sa", sa)
    before = kept.value
    if libc.bind(fd, raw, len(raw)) == -1:
        fail("bind", before)


def listen(fd: int, backlog: int = SOMAXCONN) -> None:
    """listen(2): let a socket accept connections; backlog limits the queue of pending ones. Go Listen."""
    if type(fd) is not int or type(backlog) is not int or (fd | backlog) >> 31:
        fd, backlog = descriptor("fd", fd), i32("backlog", backlog)
    before = kept.value
    if libc.listen(fd, backlog) == -1:
        fail("listen", before)


def connect(fd: int, sa: Sockaddr) -> None:
    """connect(2): connect a socket to an address. Go Connect.

    BlockingIOError (EINPROGRESS): the socket is non-blocking; it becomes writable when the attempt has ended, and
    SO_ERROR holds the result. InterruptedError: after a signal the attempt goes on, so that the call is not retried.
    """
    if type(fd) is not int or fd >> 31:
        fd = descriptor("fd", fd)
    raw = raw_bytes("sa", sa)
    before = kept.value
    if libc.connect(fd, raw, len(raw)) == -1:
        fail("connect", before)


def shutdown(fd: int, how: int) -> None:
    """shutdown(2): shut down one or both directions of a connection: SHUT_RD, SHUT_WR, SHUT_RDWR. Go Shutdown."""
    if type(fd) is not int or type(how) is not int or (fd | how) >> 31:
        fd, how = descriptor("fd", fd), i32("how", how)
    before = kept.value
    if libc.shutdown(fd, how) == -1:
        fail("shutdown", before)


def getsockname(fd: int) -> Sockaddr:
    """getsockname(2): return a socket's local address. Go Getsockname."""
    return _name("getsockname", _getsockname, fd)


def getpeername(fd: int) -> Sockaddr:
    """getpeername(2): return the address of the connected peer. ENOTCONN: not connected. Go Getpeername."""
    return _name("getpeername", _getpeername, fd)


def _name(call: str, function: "Callable[[int, Pointer, Pointer], int]", fd: int) -> Sockaddr:
    if type(fd) is not int or fd >> 31:
        fd = descriptor("fd", fd)
    before = kept.value
    try:
        slot = take()
    except IndexError:
        slot = Scratch()
    try:
        slot.length.value = NAME_SIZE
        if function(fd, slot.of_name, slot.of_length) == -1:
            fail(call, before)
        return _address(slot)
    finally:
        give(slot)


def _address(slot: Scratch) -> Sockaddr:
    try:
        address = met[slot.head.raw]
    except KeyError:
        address = first_sight(slot)
    return address or decode(b"")


def accept(fd: int) -> "tuple[int, Sockaddr]":
    """accept(2): wait for a connection; return its descriptor and the peer's address. Go Accept.

    The descriptor is neither non-blocking nor close-on-exec: accept4 can set both. ECONNABORTED: the peer has closed
    the connection. EMFILE: this process has no free descriptor. After either error the socket still listens.
    """
    return _accept("accept", fd, 0)


def accept4(fd: int, flags: int = 0) -> "tuple[int, Sockaddr]":
    """accept4(2): as accept, with flags for the new descriptor: SOCK_CLOEXEC, SOCK_NONBLOCK. Go Accept4."""
    return _accept("accept4", fd, flags)


def _accept(call: str, fd: int, flags: int) -> "tuple[int, Sockaddr]":
    if type(fd) is not int or type(flags) is not int or (fd | flags) >> 31:
        fd, flags = descriptor("fd", fd), i32("flags", flags)
    before = kept.value
    try:
        slot = take()
    except IndexError:
        slot = Scratch()
    try:
        slot.length.value = NAME_SIZE
        while (connection := libc.accept4(fd, slot.of_name, slot.of_length, flags)) == -1:
            retry(call, before)
        return connection, _address(slot)
    finally:
        give(slot)
