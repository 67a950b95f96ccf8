"""Waiting for descriptors: epoll, select and poll.

After a signal the wait continues with the remaining timeout (PEP 475).
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
# Looked up once, see io.descriptors.
_epoll_ctl, _epoll_wait = libc.epoll_ctl, libc.epoll_wait
_EVENT_SIZE = sizeof(EpollEvent)
_POLLFD_SIZE = sizeof(PollFd)


def epoll_create(size: int) -> int:
    """epoll_create(2): create an epoll instance and return its descriptor. Go EpollCreate.

    size is ignored, but must be positive. The descriptor is not close-on-exec: epoll_create1 takes EPOLL_CLOEXEC.
    """
    size = i32("size", size)
    if size <= 0:
        raise ValueError(f"size must be positive, not {size}")
    return _create("epoll_create", 0)


def epoll_create1(flag: int = 0) -> int:
    """epoll_create1(2): create an epoll instance and return its descriptor. Go EpollCreate1.

    flag is 0 or EPOLL_CLOEXEC.
    """
    return _create("epoll_create1", i32("flag", flag))


def _create(call: str, flag: int) -> int:
    before = kept.value
    if (epfd := libc.epoll_create1(flag)) == -1:
        fail(call, before)
    return epfd


def epoll_ctl(epfd: int, op: int, fd: int, event: "EpollEvent | None" = None) -> None:
    """epoll_ctl(2): add, modify or remove a descriptor. Go EpollCtl.

    op is EPOLL_CTL_ADD, EPOLL_CTL_MOD or EPOLL_CTL_DEL. The kernel copies event, so that it can be reused.
    FileExistsError: fd is already registered. FileNotFoundError: fd is not registered. PermissionError: fd does not
    support epoll, such as a regular file.
    """
    if type(epfd) is not int or type(op) is not int or type(fd) is not int or (epfd | op | fd) >> 31:
        epfd, op, fd = descriptor("epfd", epfd), i32("op", op), descriptor("fd", fd)
    if type(event) is not EpollEvent and event is not None and not isinstance(event, EpollEvent):
        raise TypeError(f"event must be an EpollEvent, not {type(event).__name__}")
    before = kept.value
    if _epoll_ctl(epfd, op, fd, None if event is None else byref(event)) == -1:
        fail("epoll_ctl", before)


def epoll_wait(epfd: int, events: "Array[EpollEvent]", msec: int) -> int:
    """epoll_wait(2): wait for events, store them in `events = (EpollEvent * n)()`, return their number. Go EpollWait.

    msec is the timeout in milliseconds: 0 does not wait, -1 waits forever. The result is 0 on timeout.
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
    """select(2): wait until descriptors below nfd are ready, and return their number. Go Select.

    Only the ready descriptors remain in the sets. timeout None waits forever; otherwise the kernel stores the remaining
    time in it, as in C and Go; with musl it does not change. The result is 0 on timeout.
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
    """poll(2): wait until descriptors in `fds = (PollFd * n)()` are ready, and return their number. Go unix.Poll.

    The kernel stores the events that occurred in `revents`; POLLNVAL means that fd is not open. timeout is in
    milliseconds: 0 does not wait, -1 waits forever. The result is 0 on timeout. Negative descriptors are ignored.
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
    """ppoll(2): as poll, with a timeout in nanoseconds (None: forever) and a signal mask. Go unix.Ppoll.

    sigmask holds the signals to block during the wait, in place of the thread's signal mask; None keeps that. After a
    signal handler returns, the wait continues with the remaining time. EINVAL: timeout is negative, or its nanoseconds
    are outside 0 to 999,999,999.
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
    """Return the remaining time, rounded up, in units of 1/units seconds."""
    return max(0, -int((monotonic() - deadline) * units // 1))


def _count(fds: "Array[PollFd]") -> int:
    """Return the number of elements, from the array's size: a subclass may change `_length_`."""
    if type(type(fds)) is not ArrayType or fds._type_ is not PollFd:
        raise TypeError(f"fds must be an array (PollFd * n)(), not {type(fds).__name__}")
    return sizeof(fds) // _POLLFD_SIZE


def _signal_set(signals: "Iterable[int]") -> "Array[c_ulong]":
    """Return libc's sigset_t of these signals."""
    bits = 8 * sizeof(c_ulong)
    made = (c_ulong * (1024 // bits))()
    for each in signals:
        word, bit = divmod(integer("signal", each, 1, 1024) - 1, bits)
        made[word] |= 1 << bit
    return made
