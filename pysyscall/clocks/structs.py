"""<sys/time.h>, <time.h>, <linux/time.h>: times."""

from ..base.layout import Long, Struct


class Timeval(Struct):
    """struct timeval (tv_): seconds and microseconds. Go Timeval.

    The fields are longs, as the functions that this package calls take them on every ABI.
    """

    __slots__ = ()
    sec: Long
    usec: Long

    def nano(self) -> int:
        """Return the time in nanoseconds. Go Timeval.Nano."""
        return self.sec * 1_000_000_000 + self.usec * 1000

    def unix(self) -> "tuple[int, int]":
        """Return seconds and nanoseconds. Go Timeval.Unix."""
        return self.sec, self.usec * 1000


class Timespec(Struct):
    """struct timespec (tv_): seconds and nanoseconds. Go Timespec."""

    __slots__ = ()
    sec: Long
    nsec: Long

    def nano(self) -> int:
        """Return the time in nanoseconds. Go Timespec.Nano."""
        return self.sec * 1_000_000_000 + self.nsec

    def unix(self) -> "tuple[int, int]":
        """Return seconds and nanoseconds. Go Timespec.Unix."""
        return self.sec, self.nsec
