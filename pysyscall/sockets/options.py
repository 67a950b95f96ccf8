"""Socket options: getsockopt and setsockopt of bytes, numbers and texts."""

from ctypes import byref, c_uint32, sizeof
from os import fsdecode
from struct import Struct as Codec
from struct import error as StructError

from ..base.arguments import c_string, descriptor, fixed_bytes, i32, integer, u8
from ..base.buffers import ReadableBuffer, readable
from ..base.declaration import keeping_gil
from ..base.errors import fail, kept
from ..base.scratch import VALUE_SIZE, Scratch, give, take
from ..constants import IPPROTO_IPV6, SO_BINDTODEVICE, SO_GET_FILTER, SOL_SOCKET
from . import libc
from .address_structs import RawSockaddrInet4, RawSockaddrInet6
from .addresses import Sockaddr, decode

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


def bind_to_device(fd: int, device: "str | bytes") -> None:
    """setsockopt(2) SO_BINDTODEVICE: bind a socket to an interface; an empty name removes this. Go BindToDevice."""
    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, c_string("device", device) + b"\0")
