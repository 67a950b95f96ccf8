"""The system clock: read, set and adjusted; sleeping."""

from ctypes import byref

from ..base.arguments import instance
from ..base.errors import check, kept, system_error, take_errno
from ..constants import EINTR
from . import libc
from .rare_structs import Time_t, Timex
from .structs import Timespec, Timeval


def gettimeofday() -> Timeval:
    """gettimeofday(2): return the time since 1970-01-01 UTC. Go Gettimeofday."""
    tv = Timeval()
    check("gettimeofday", kept.value, libc.gettimeofday(byref(tv), None))
    return tv


def settimeofday(tv: Timeval) -> None:
    """settimeofday(2): set the system clock. Go Settimeofday.

    PermissionError: needs CAP_SYS_TIME. EINVAL: microseconds outside 0 to 999,999.
    """
    instance("tv", Timeval, tv)
    check("settimeofday", kept.value, libc.settimeofday(byref(tv), None))


def time() -> Time_t:
    """time(2): return the seconds since 1970-01-01 UTC. Go Time, which also stores them in its argument."""
    return Time_t(gettimeofday().sec)


def nanosleep(time: Timespec, leftover: "Timespec | None" = None) -> None:
    """nanosleep(2): sleep for a time; after a signal, for the rest of it. Go Nanosleep.

    If a Python signal handler raises an exception, leftover holds the remaining time. EINVAL: seconds are negative, or
    nanoseconds outside 0 to 999,999,999.
    """
    instance("time", Timespec, time)
    if leftover is not None:
        instance("leftover", Timespec, leftover)
    left = Timespec(time.sec, time.nsec) if leftover is None else leftover
    rest = byref(left)
    before = kept.value
    if libc.nanosleep(byref(time), rest) != -1:
        return
    while (errno := take_errno(before)) == EINTR:
        if libc.nanosleep(rest, rest) != -1:
            return
    raise system_error("nanosleep", errno)


def adjtimex(buf: Timex) -> int:
    """adjtimex(2): adjust the system clock as buf.modes says (0: not at all) and return its state. Go Adjtimex.

    buf gets the current values. The state is TIME_OK, TIME_ERROR (not synchronized) and so on. PermissionError: any
    adjustment needs CAP_SYS_TIME.
    """
    instance("buf", Timex, buf)
    return check("adjtimex", kept.value, libc.adjtimex(byref(buf)))
