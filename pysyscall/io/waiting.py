"""Waiting for descriptors: epoll, select and poll.

A signal does not cut a wait short, nor lengthen it: it goes on with the time that remains (PEP 475).
"""

from _collections_abc import Iterable
from ctypes import Array, byref, c_ulong, sizeof
from time import monotonic

from ..base.arguments import descriptor, i32, instance, integer
from ..base.buffers import ArrayType
from ..base.errors import fail, kept, retry
from ..clocks.structs import Timespec, Timeval
from . import libc
from .structs import FD_SETSIZE, EpollEvent, FdSet, PollFd

TYPE_CHECKING = False
# Looked up once: a name of this module is found in half the time that one of another module takes.
_epoll_ctl, _epoll_wait = libc.epoll_ctl, libc.epoll_wait
_EVENT_SIZE = sizeof(EpollEvent)
_POLLFD_SIZE = sizeof(PollFd)


def epoll_create(size: int) -> int:
    """epoll_create(2): make an epoll instance. size says nothing any more, but must be positive. Go EpollCreate.

    The descriptor is inherited by the programs that this process starts; epoll_create1 can prevent that.
    """
    size = i32("size", size)
    if size <= 0:
        raise ValueError(f"size must be positive, not {size}")
    return _create("epoll_create", 0)


def epoll_create1(flag: int = 0) -> int:
    """epoll_create1(2): make an epoll instance, with EPOLL_CLOEXEC or nothing. Go EpollCreate1."""
    return _create("epoll_create1", i32("flag", flag))


def _create(call: str, flag: int) -> int:
    before = kept.value
    if (epfd := libc.epoll_create1(flag)) == -1:
        fail(call, before)
    return epfd


def epoll_ctl(epfd: int, op: int, fd: int, event: "EpollEvent | None" = None) -> None:
    """epoll_ctl(2): EPOLL_CTL_ADD, _MOD or _DEL a descriptor, with what to wait for. Go EpollCtl.

    event is copied by the kernel, so one may serve for many calls. FileExistsError, FileNotFoundError: it was there
    already, was not there. PermissionError: a regular file, which is always ready.
    """
    if type(epfd) is not int or type(op) is not int or type(fd) is not int or (epfd | op | fd) >> 31:
        epfd, op, fd = descriptor("epfd", epfd), i32("op", op), descriptor("fd", fd)
    if type(event) is not EpollEvent and event is not None and not isinstance(event, EpollEvent):
        raise TypeError(f"event must be an EpollEvent, not {type(event).__name__}")
    before = kept.value
    if _epoll_ctl(epfd, op, fd, None if event is None else byref(event)) == -1:
        fail("epoll_ctl", before)


def epoll_wait(epfd: int, events: "Array[EpollEvent]", msec: int) -> int:
    """epoll_wait(2): fill `events = (EpollEvent * n)()` with what is ready; how many are filled. Go EpollWait.

    msec: 0 does not wait, -1 waits for ever. 0 is returned when the time is over.
    """
    if type(epfd) is not int or type(msec) is not int or (epfd | msec) >> 31:
        epfd, msec = descriptor("epfd", epfd), i32("msec", msec)
    if type(type(events)) is not ArrayType or events._type_ is not EpollEvent:
        raise TypeError(f"events must be an array (EpollEvent * n)(), not {type(events).__name__}")
    deadline = monotonic() + msec / 1000 if msec > 0 else 0.0
    before = kept.value
    while (n := _epoll_wait(epfd, events, sizeof(events) // _EVENT_SIZE, msec)) == -1:
        retry("epoll_wait", before)
        if msec > 0:
            msec = _left(deadline, 1000)
    return n


def select(nfd: int, r: "FdSet | None", w: "FdSet | None", e: "FdSet | None", timeout: "Timeval | None" = None) -> int:
    """select(2): wait until one of the descriptors below nfd is ready; how many are, and the sets keep just those. Go
    Select.

    timeout None waits for ever. As in C and Go, the kernel leaves in it the time that remained; with musl it stays as
    it was.
    """
    nfd = integer("nfd", nfd, 0, FD_SETSIZE)
    for name, fds in (("r", r), ("w", w), ("e", e)):
        if fds is not None and not isinstance(fds, FdSet):
            raise TypeError(f"{name} must be an FdSet, not {type(fds).__name__}")
    if timeout is not None:
        instance("timeout", Timeval, timeout)
    pointers = [None if argument is None else byref(argument) for argument in (r, w, e, timeout)]
    deadline = monotonic() + timeout.nano() / 1e9 if timeout is not None else 0.0
    before = kept.value
    while (n := libc.select(nfd, *pointers)) == -1:
        retry("select", before)
        if timeout is not None:
            timeout.sec, timeout.usec = divmod(_left(deadline, 1_000_000), 1_000_000)
    return n


def poll(fds: "Array[PollFd]", timeout: int) -> int:
    """poll(2): wait until one of `fds = (PollFd * n)()` is ready; how many are, and `revents` says for what. Go
    unix.Poll.

    timeout is in milliseconds: 0 does not wait, -1 waits for ever. 0 is returned when the time is over. Descriptors may
    have any number; one that is negative is passed over. POLLNVAL among revents: it is not open.
    """
    if type(timeout) is not int or timeout >> 31:
        timeout = i32("timeout", timeout)
    count = _count(fds)
    deadline = monotonic() + timeout / 1000 if timeout > 0 else 0.0
    before = kept.value
    while (n := libc.poll(fds, count, timeout)) == -1:
        retry("poll", before)
        if timeout > 0:
            timeout = _left(deadline, 1000)
    return n


def ppoll(fds: "Array[PollFd]", timeout: "Timespec | None", sigmask: "Iterable[int] | None" = None) -> int:
    """ppoll(2): as poll, with a timeout in nanoseconds, None for ever, and other signals blocked. Go unix.Ppoll.

    sigmask holds the signals that are blocked during the wait, in place of those that are now; None leaves these. Where
    a handler of a signal that comes by that returns, the wait goes on with the time that remains. EINVAL: timeout is
    negative, or its nanoseconds are out of 0..999,999,999.
    """
    count = _count(fds)
    if timeout is not None:
        instance("timeout", Timespec, timeout)
    left = None if timeout is None else Timespec(timeout.sec, timeout.nsec)
    mask = None if sigmask is None else _signal_set(sigmask)
    deadline = monotonic() + left.nano() / 1e9 if left is not None else 0.0
    before = kept.value
    while (n := libc.ppoll(fds, count, None if left is None else byref(left), mask)) == -1:
        retry("ppoll", before)
        if left is not None:
            left.sec, left.nsec = divmod(max(0, int((deadline - monotonic()) * 1e9)), 1_000_000_000)
    return n


def _left(deadline: float, units: int) -> int:
    """The time that remains, rounded up, in units of which a second has so many."""
    return max(0, -int((monotonic() - deadline) * units // 1))


def _count(fds: "Array[PollFd]") -> int:
    """How many there are; not what the class of an array says of its length."""
    if type(type(fds)) is not ArrayType or fds._type_ is not PollFd:
        raise TypeError(f"fds must be an array (PollFd * n)(), not {type(fds).__name__}")
    return sizeof(fds) // _POLLFD_SIZE


def _signal_set(signals: "Iterable[int]") -> "Array[c_ulong]":
    """libc's sigset_t."""
    bits = 8 * sizeof(c_ulong)
    made = (c_ulong * (1024 // bits))()
    for each in signals:
        word, bit = divmod(integer("signal", each, 1, 1024) - 1, bits)
        made[word] |= 1 << bit
    return made
