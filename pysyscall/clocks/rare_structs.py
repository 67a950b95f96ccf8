"""<linux/timex.h>, <linux/utime.h>: structures that few programs need, loaded on first use."""

from ..base.layout import I32, U32, Long, Struct
from .structs import Timeval

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ctypes import Array, c_int32
    from typing import TypeAlias

    I32x11: TypeAlias = Array[c_int32]
else:
    I32x11 = I32 * 11


class Time_t(int):
    """time_t: seconds since 1970-01-01 UTC. Go Time_t."""

    __slots__ = ()

    def __new__(cls, seconds: int = 0) -> "Time_t":
        return int.__new__(cls, seconds)


class Timex(Struct):
    """the kernel's struct timex: how the system clock is adjusted. Go Timex.

    `modes` selects what adjtimex sets, ADJ_OFFSET and so on. offset, jitter and time.usec are in microseconds, or in
    nanoseconds if `status` has STA_NANO; maxerror and esterror always in microseconds. freq, ppsfreq, stabil and
    tolerance are in units of 2**-16 parts per million.
    """

    __slots__ = ()
    modes: U32
    offset: Long
    freq: Long
    maxerror: Long
    esterror: Long
    status: I32
    constant: Long
    precision: Long
    tolerance: Long
    time: Timeval
    tick: Long
    ppsfreq: Long
    jitter: Long
    shift: I32
    stabil: Long
    jitcnt: Long
    calcnt: Long
    errcnt: Long
    stbcnt: Long
    tai: I32
    _pad: I32x11


class Utimbuf(Struct):
    """the kernel's struct utimbuf: access and modification times, in seconds. Go Utimbuf."""

    __slots__ = ()
    actime: Long
    modtime: Long
