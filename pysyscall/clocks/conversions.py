"""Between nanoseconds and the structures that hold times."""

from ..base.arguments import i64, instance
from .structs import Timespec, Timeval


def nsec_to_timespec(nsec: int) -> Timespec:
    """Nanoseconds as a struct timespec; its nanoseconds are never negative. Go NsecToTimespec.

    OverflowError: more than 64 bits, or seconds that do not fit a 32-bit machine's structure.
    """
    return Timespec(*divmod(i64("nsec", nsec), 1_000_000_000))


def nsec_to_timeval(nsec: int) -> Timeval:
    """Nanoseconds as a struct timeval, rounded up to a microsecond; its microseconds are never negative.

    So a short timeout does not become none. Go NsecToTimeval, which makes most negative times a microsecond later.
    OverflowError: as nsec_to_timespec.
    """
    return Timeval(*divmod(-(-i64("nsec", nsec) // 1000), 1_000_000))


def timespec_to_nsec(ts: Timespec) -> int:
    """A struct timespec in nanoseconds: ts.nano(). Go TimespecToNsec."""
    instance("ts", Timespec, ts)
    return ts.nano()


def timeval_to_nsec(tv: Timeval) -> int:
    """A struct timeval in nanoseconds: tv.nano(). Go TimevalToNsec."""
    instance("tv", Timeval, tv)
    return tv.nano()
