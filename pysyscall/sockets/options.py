"""Socket options: getsockopt and setsockopt of bytes, and the typed functions that Go has."""

from ctypes import byref, c_uint32, sizeof
from os import fsdecode
from struct import Struct as Codec
from struct import error as StructError

from ..base.arguments import c_string, descriptor, fixed_bytes, i32, instance, integer, u8
from ..base.buffers import ReadableBuffer, readable
from ..base.declaration import keeping_gil
from ..base.errors import fail, kept
from ..base.scratch import VALUE_SIZE, Scratch, give, take
from ..clocks.structs import Timeval
from ..constants import IPPROTO_IPV6, SO_BINDTODEVICE, SO_GET_FILTER, SOL_SOCKET
from . import libc
from .addresses import Sockaddr, decode
from .structs import (
    IPMreq,
    IPMreqn,
    IPv6Mreq,
    Linger,
    RawSockaddrInet4,
    RawSockaddrInet6,
    Ucred,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    from ..base.layout import Struct

    Function = TypeVar("Function", bound=Callable[..., Any])


# Looked up once, see io.descriptors.
_getsockopt, _setsockopt = keeping_gil(libc.getsockopt), keeping_gil(libc.setsockopt)
_int = Codec("@i")
_FILTER_SIZE = 8  # struct sock_filter
_LONGEST_TEXT = 4096  # SO_PEERSEC; all others are much shorter
_LONGEST = 1 << 20  # no option is longer, and a mistyped size must not take the machine's memory


def getsockopt(fd: int, level: int, opt: int, size: int) -> bytes:
    """getsockopt(2): return an option's value, at most size bytes, with the length that the kernel returned.

    The typed getsockopt functions are built on this one. ENOPROTOOPT: the protocol has no such option.
    """
    if type(fd) is not int or type(level) is not int or type(opt) is not int or (fd | level | opt) >> 31:
        fd, level, opt = descriptor("fd", fd), i32("level", level), i32("opt", opt)
    # The kernel counts a filter's length in instructions, and would write that many of them for as many bytes.
    unit = _FILTER_SIZE if (level, opt) == (SOL_SOCKET, SO_GET_FILTER) else 1
    size = integer("size", size, 0, _LONGEST)
    before = kept.value
    try:
        slot = take() if size <= VALUE_SIZE else Scratch(size)
    except IndexError:
        slot = Scratch()
    try:
        view, length = slot.view[slot.size - size :], c_uint32(size // unit)
        view[:] = bytes(size)
        if _getsockopt(fd, level, opt, slot.value(size), byref(length)) == -1:
            fail("getsockopt", before)
        return view[: length.value * unit].tobytes()
    finally:
        if size <= VALUE_SIZE:
            give(slot)


def setsockopt(fd: int, level: int, opt: int, value: "ReadableBuffer") -> None:
    """setsockopt(2): set an option to the bytes of value.

    The typed setsockopt functions are built on this one. ENOPROTOOPT: the protocol has no such option.
    """
    if type(fd) is not int or type(level) is not int or type(opt) is not int or (fd | level | opt) >> 31:
        fd, level, opt = descriptor("fd", fd), i32("level", level), i32("opt", opt)
    if value is None:  # which is the null pointer elsewhere
        raise TypeError("a readable, C-contiguous buffer is needed, not None")
    before = kept.value
    if _setsockopt(fd, level, opt, *readable(value)) == -1:
        fail("setsockopt", before)


def getsockopt_int(fd: int, level: int, opt: int) -> int:
    """getsockopt(2) of an int. Go GetsockoptInt."""
    if type(fd) is not int or type(level) is not int or type(opt) is not int or (fd | level | opt) >> 31:
        fd, level, opt = descriptor("fd", fd), i32("level", level), i32("opt", opt)
    before = kept.value
    try:
        slot = take()
    except IndexError:
        slot = Scratch()
    try:
        # Some options are one byte long, and leave the others as they are. SO_GET_FILTER counts in instructions: to 0.
        slot.int.value = 0
        slot.length.value = 0 if opt == SO_GET_FILTER and level == SOL_SOCKET else 4
        if _getsockopt(fd, level, opt, slot.of_int, slot.of_length) == -1:
            fail("getsockopt", before)
        return slot.int.value
    finally:
        give(slot)


def setsockopt_int(fd: int, level: int, opt: int, value: int) -> None:
    """setsockopt(2) of an int. Go SetsockoptInt."""
    if type(fd) is not int or type(level) is not int or type(opt) is not int or (fd | level | opt) >> 31:
        fd, level, opt = descriptor("fd", fd), i32("level", level), i32("opt", opt)
    try:
        raw = _int.pack(value)
    except StructError:
        raw = _int.pack(i32("value", value))
    before = kept.value
    if _setsockopt(fd, level, opt, raw, 4) == -1:
        fail("setsockopt", before)


def setsockopt_byte(fd: int, level: int, opt: int, value: int) -> None:
    """setsockopt(2) of one byte, as some IPv4 options (IP_MULTICAST_TTL) may be. Go SetsockoptByte."""
    setsockopt(fd, level, opt, bytes((u8("value", value),)))


def setsockopt_string(fd: int, level: int, opt: int, s: "str | bytes") -> None:
    """setsockopt(2) of a text such as a congestion control's name, with no NUL at its end. Go SetsockoptString."""
    setsockopt(fd, level, opt, c_string("s", s))


def getsockopt_string(fd: int, level: int, opt: int) -> str:
    """getsockopt(2) of a text up to its NUL, such as a congestion control's name. Go unix.GetsockoptString."""
    return fsdecode(getsockopt(fd, level, opt, _LONGEST_TEXT).partition(b"\0")[0])


def getsockopt_inet4_addr(fd: int, level: int, opt: int) -> bytes:
    """getsockopt(2) of an IPv4 address: 4 bytes, such as IP_MULTICAST_IF. Go GetsockoptInet4Addr."""
    return getsockopt(fd, level, opt, 4).ljust(4, b"\0")


def setsockopt_inet4_addr(fd: int, level: int, opt: int, value: "bytes | bytearray | memoryview") -> None:
    """setsockopt(2) of an IPv4 address: 4 bytes. Go SetsockoptInet4Addr."""
    setsockopt(fd, level, opt, fixed_bytes("value", value, 4))


def getsockopt_sockaddr(fd: int, level: int, opt: int) -> Sockaddr:
    """getsockopt(2) of a socket address, such as the original destination of a redirected connection.

    level is IPPROTO_IP and opt SO_ORIGINAL_DST, or IPPROTO_IPV6 and IP6T_SO_ORIGINAL_DST. ENOENT: the connection was
    not redirected. ENOPROTOOPT: the kernel has no connection tracking. iptables-extensions(8), REDIRECT.
    """
    layout = RawSockaddrInet6 if level == IPPROTO_IPV6 else RawSockaddrInet4
    return decode(getsockopt(fd, level, opt, sizeof(layout)))


def struct_option(declaration: "Function") -> "Function":
    """Make an option of its declaration: the getter of the structure that it returns, or the setter of its last one.

    The parameters keep their names, so that they can be given by them.
    """
    *_, (name, taken), (_, returned) = declaration.__annotations__.items()
    made: Any = _setter(name, taken) if returned is None else _getter(returned)
    for attribute in ("__name__", "__qualname__", "__module__", "__doc__", "__annotations__"):
        setattr(made, attribute, getattr(declaration, attribute))
    return made  # type: ignore[no-any-return]


def _getter(kind: "type[Struct]") -> "Callable[[int, int, int], Struct]":
    size = sizeof(kind)

    def get(fd: int, level: int, opt: int) -> "Struct":
        # What an older kernel does not fill stays 0.
        return kind.from_buffer_copy(getsockopt(fd, level, opt, size).ljust(size, b"\0"))

    return get


def _setter(name: str, kind: "type[Struct]") -> "Callable[[int, int, int, Struct], None]":
    def set(fd: int, level: int, opt: int, value: "Struct") -> None:
        instance(name, kind, value)
        setsockopt(fd, level, opt, value)

    set.__code__ = set.__code__.replace(co_varnames=("fd", "level", "opt", name))
    return set


@struct_option
def getsockopt_ip_mreq(fd: int, level: int, opt: int) -> IPMreq:
    """getsockopt(2) of a struct ip_mreq. Go GetsockoptIPMreq."""


@struct_option
def setsockopt_ip_mreq(fd: int, level: int, opt: int, mreq: IPMreq) -> None:
    """setsockopt(2) of a struct ip_mreq: IP_ADD_MEMBERSHIP, IP_DROP_MEMBERSHIP. Go SetsockoptIPMreq."""


@struct_option
def getsockopt_ip_mreqn(fd: int, level: int, opt: int) -> IPMreqn:
    """getsockopt(2) of a struct ip_mreqn. Go GetsockoptIPMreqn."""


@struct_option
def setsockopt_ip_mreqn(fd: int, level: int, opt: int, mreq: IPMreqn) -> None:
    """setsockopt(2) of a struct ip_mreqn: as ip_mreq, or IP_MULTICAST_IF by index. Go SetsockoptIPMreqn."""


@struct_option
def getsockopt_ipv6_mreq(fd: int, level: int, opt: int) -> IPv6Mreq:
    """getsockopt(2) of a struct ipv6_mreq. Go GetsockoptIPv6Mreq."""


@struct_option
def setsockopt_ipv6_mreq(fd: int, level: int, opt: int, mreq: IPv6Mreq) -> None:
    """setsockopt(2) of a struct ipv6_mreq: IPV6_JOIN_GROUP, IPV6_LEAVE_GROUP. Go SetsockoptIPv6Mreq."""


@struct_option
def getsockopt_ucred(fd: int, level: int, opt: int) -> Ucred:
    """getsockopt(2) of a struct ucred: SO_PEERCRED. Go GetsockoptUcred."""


@struct_option
def setsockopt_linger(fd: int, level: int, opt: int, l: Linger) -> None:  # noqa: E741  # Go's name for it
    """setsockopt(2) of a struct linger: SO_LINGER. Go SetsockoptLinger."""


@struct_option
def setsockopt_timeval(fd: int, level: int, opt: int, tv: Timeval) -> None:
    """setsockopt(2) of a struct timeval: SO_RCVTIMEO, SO_SNDTIMEO. Go SetsockoptTimeval.

    A call that takes longer raises BlockingIOError. A signal that Python handles restarts the timeout. EDOM: usec is
    outside 0 to 999,999.
    """


def bind_to_device(fd: int, device: "str | bytes") -> None:
    """setsockopt(2) SO_BINDTODEVICE: bind a socket to an interface; an empty name removes this. Go BindToDevice."""
    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, c_string("device", device) + b"\0")
