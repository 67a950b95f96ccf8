"""Conversions between nanoseconds and the structures for times."""

from ..base.arguments import i64, instance
from .structs import Timespec, Timeval


def nsec_to_timespec(nsec: int) -> Timespec:
    """Convert nanoseconds to a struct timespec, whose nsec is never negative. Go NsecToTimespec.

    OverflowError: nsec exceeds 64 bits, or the seconds exceed 32 bits on a 32-bit ABI.
    """
    return Timespec(*divmod(i64("nsec", nsec), 1_000_000_000))


def nsec_to_timeval(nsec: int) -> Timeval:
    """Convert nanoseconds to a struct timeval, whose usec is never negative. Go NsecToTimeval.

    The time is rounded up to a microsecond, so that a short timeout does not become 0. Go's result is a microsecond
    later for most negative times. OverflowError: as nsec_to_timespec.
    """
    return Timeval(*divmod(-(-i64("nsec", nsec) // 1000), 1_000_000))


def timespec_to_nsec(ts: Timespec) -> int:
    """Convert a struct timespec to nanoseconds: ts.nano(). Go TimespecToNsec."""
    instance("ts", Timespec, ts)
    return ts.nano()


def timeval_to_nsec(tv: Timeval) -> int:
    """Convert a struct timeval to nanoseconds: tv.nano(). Go TimevalToNsec."""
    instance("tv", Timeval, tv)
    return tv.nano()
