"""Setting the access and modification times of files."""

from _collections_abc import Sequence
from ctypes import Array

from ..base.arguments import StrOrBytesPath, c_path, descriptor, instance
from ..base.errors import kept, retry, system_error
from ..constants import AT_FDCWD, EINVAL
from . import libc
from .rare_structs import Utimbuf
from .structs import Timespec, Timeval

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TypeVar

    Time = TypeVar("Time", Timespec, Timeval)


_Times = Timespec * 2


def utime(path: "StrOrBytesPath", buf: "Utimbuf | None" = None) -> None:
    """utime(2): set a file's access and modification times, in seconds; None is now. Go Utime."""
    if buf is not None:
        instance("buf", Utimbuf, buf)
    times = None if buf is None else _Times(Timespec(buf.actime), Timespec(buf.modtime))
    _utimensat("utime", AT_FDCWD, c_path("path", path), times)


def utimes(path: "StrOrBytesPath", tv: "Sequence[Timeval] | Array[Timeval] | None" = None) -> None:
    """utimes(2): set a file's access and modification times, in microseconds; None is now. Go Utimes.

    EINVAL: tv does not hold two times, or microseconds are outside 0 to 999,999. PermissionError: not the file's owner;
    None needs only write permission.
    """
    _utimensat("utimes", AT_FDCWD, c_path("path", path), _from_timevals("utimes", tv))


def utimes_nano(path: "StrOrBytesPath", ts: "Sequence[Timespec] | Array[Timespec] | None" = None) -> None:
    """utimensat(2): as utimes, in nanoseconds; nsec may be UTIME_NOW or UTIME_OMIT. Go UtimesNano."""
    times = None if ts is None else _Times(*_two("utimes_nano", "ts", ts, Timespec))
    _utimensat("utimes_nano", AT_FDCWD, c_path("path", path), times)


def futimes(fd: int, tv: "Sequence[Timeval] | Array[Timeval] | None" = None) -> None:
    """futimens(3): as utimes, of an open file. Go Futimes, which uses the path in /proc/self/fd."""
    fd, times = descriptor("fd", fd), _from_timevals("futimes", tv)
    before = kept.value
    while libc.futimens(fd, times) == -1:
        retry("futimes", before)


def futimesat(dirfd: int, path: "StrOrBytesPath", tv: "Sequence[Timeval] | Array[Timeval] | None" = None) -> None:
    """futimesat(2): as utimes; a relative path starts at the directory dirfd, or at AT_FDCWD. Go Futimesat."""
    _utimensat("futimesat", descriptor("dirfd", dirfd), c_path("path", path), _from_timevals("futimesat", tv))


def _from_timevals(call: str, tv: "Sequence[Timeval] | Array[Timeval] | None") -> "Array[Timespec] | None":
    if tv is None:
        return None
    times = _two(call, "tv", tv, Timeval)
    if not all(0 <= each.usec < 1_000_000 for each in times):
        raise system_error(call, EINVAL)
    return _Times(*[Timespec(each.sec, each.usec * 1000) for each in times])


def _two(call: str, name: str, times: "Iterable[Time]", kind: "type[Time]") -> "list[Time]":
    """The two times that there are, looked at once."""
    found = list(times)
    if len(found) != 2:
        raise system_error(call, EINVAL)
    for each in found:
        if not isinstance(each, kind):
            raise TypeError(f"{name} must hold {kind.__name__}s, not {type(each).__name__}")
    return found


def _utimensat(call: str, dirfd: int, path: bytes, times: "Array[Timespec] | None") -> None:
    before = kept.value
    while libc.utimensat(dirfd, path, times, 0) == -1:
        retry(call, before)
