"""<sys/epoll.h>, <poll.h>, <sys/select.h>: struct epoll_event, struct pollfd, fd_set."""

import ctypes
from ctypes import sizeof

from ..base.abi import ABI
from ..base.arguments import integer
from ..base.layout import I16, I32, U32, U64, FdBits, Struct, Union

TYPE_CHECKING = False


class _Halves(Struct):
    """epoll_data_t: Go's two halves of it."""

    __slots__ = ()
    fd: I32
    pad: I32


class _EpollData(Union):
    """epoll_data_t: 64 bits of user data."""

    __slots__ = ()
    _anonymous_ = ("halves",)
    halves: _Halves
    u64: U64


class EpollEvent(Struct):
    """struct epoll_event: the events to wait for or that occurred, and 64 bits of user data. Go EpollEvent.

    `u64` is the user data; `fd` and `pad` are its halves, as in Go. The size is 12 bytes on x86 and 16 elsewhere.
    """

    __slots__ = ()
    _anonymous_ = ("data",)
    if ABI == "x86_64":  # the kernel packs it there, so that 32-bit programs see the same
        _pack_ = 1
        _layout_ = "ms"  # what _pack_ implies; Python 3.14 wants it explicit
    events: U32
    data: _EpollData
    if TYPE_CHECKING:
        fd: int
        pad: int
        u64: int

    def __init__(self, events: int = 0, *, fd: int = 0, pad: int = 0, u64: int = 0) -> None:
        if events:
            self.events = events
        if fd:
            self.fd = fd
        if pad:
            self.pad = pad
        if u64:
            self.u64 = u64

    def __repr__(self) -> str:
        return f"EpollEvent(events={self.events:#x}, fd={self.fd}, pad={self.pad})"


class PollFd(Struct):
    """struct pollfd: a descriptor, the events to wait for, and those that occurred. Go unix.PollFd."""

    __slots__ = ()
    fd: I32
    events: I16
    revents: I16


FD_SETSIZE = 8 * sizeof(FdBits)


class FdSet(Struct):
    """fd_set (fds_): a set of descriptors below FD_SETSIZE (1024), for `select`. Go FdSet.

    The methods are C's FD_ macros.
    """

    __slots__ = ()
    bits: FdBits

    def set(self, fd: int) -> None:
        """FD_SET: add fd."""
        word, mask = self._place(fd)
        self.bits[word] |= mask

    def clear(self, fd: int) -> None:
        """FD_CLR: remove fd."""
        word, mask = self._place(fd)
        self.bits[word] &= ~mask

    def is_set(self, fd: int) -> bool:
        """FD_ISSET: whether fd is in the set."""
        word, mask = self._place(fd)
        return bool(self.bits[word] & mask)

    def zero(self) -> None:
        """FD_ZERO: remove all descriptors."""
        ctypes.memset(ctypes.byref(self), 0, sizeof(self))

    @staticmethod
    def _place(fd: int) -> "tuple[int, int]":
        width = 8 * sizeof(ctypes.c_ulong)
        word, bit = divmod(integer("fd", fd, 0, FD_SETSIZE - 1), width)
        return word, 1 << bit
