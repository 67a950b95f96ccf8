"""The system's clock: read, set, adjusted, and slept by."""

from ctypes import byref

from ..base.arguments import instance
from ..base.errors import check, kept, system_error, take_errno
from ..constants import EINTR
from . import libc
from .rare_structs import Time_t, Timex
from .structs import Timespec, Timeval


def gettimeofday() -> Timeval:
    """gettimeofday(2): the time since 1970. Go Gettimeofday."""
    tv = Timeval()
    check("gettimeofday", kept.value, libc.gettimeofday(byref(tv), None))
    return tv


def settimeofday(tv: Timeval) -> None:
    """settimeofday(2): set the system's clock. Go Settimeofday.

    PermissionError: needs CAP_SYS_TIME. EINVAL: microseconds out of 0..999999.
    """
    instance("tv", Timeval, tv)
    check("settimeofday", kept.value, libc.settimeofday(byref(tv), None))


def time() -> Time_t:
    """time(2): the seconds since 1970. Go Time, which can store them too."""
    return Time_t(gettimeofday().sec)


def nanosleep(time: Timespec, leftover: "Timespec | None" = None) -> None:
    """nanosleep(2): sleep for a time, to its end, over signals. Go Nanosleep.

    Where a signal's Python handler raises, leftover holds what remained. EINVAL: seconds are negative, or nanoseconds
    out of 0..999,999,999.
    """
    instance("time", Timespec, time)
    if leftover is not None:
        instance("leftover", Timespec, leftover)
    left = Timespec(time.sec, time.nsec) if leftover is None else leftover
    rest = byref(left)
    if libc.nanosleep(byref(time), rest) != -1:
        return
    before = kept.value
    while (errno := take_errno(before)) == EINTR:
        if libc.nanosleep(rest, rest) != -1:
            return
    raise system_error("nanosleep", errno)


def adjtimex(buf: Timex) -> int:
    """adjtimex(2): read the clock's discipline, and set what buf.modes names (0: nothing); the clock's state. Go
    Adjtimex.

    buf is filled in. The state is TIME_OK, TIME_ERROR (not synchronized) and so on. PermissionError: to set needs
    CAP_SYS_TIME.
    """
    instance("buf", Timex, buf)
    return check("adjtimex", kept.value, libc.adjtimex(byref(buf)))
