"""<linux/timex.h>, <linux/utime.h>: what few programs need, which is loaded when somebody asks for it."""

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
    """time_t: seconds since 1970. Go Time_t."""

    __slots__ = ()

    def __new__(cls, seconds: int = 0) -> "Time_t":
        return int.__new__(cls, seconds)


class Timex(Struct):
    """the kernel's struct timex: how the system's clock is adjusted. Go Timex.

    `modes` says what adjtimex sets, ADJ_OFFSET and so on. offset, maxerror, esterror and jitter are in microseconds, or
    nanoseconds where `status` has STA_NANO; freq and ppsfreq in 2**-16 parts in a million.
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
    """the kernel's struct utimbuf: times of access and modification, in seconds. Go Utimbuf."""

    __slots__ = ()
    actime: Long
    modtime: Long
