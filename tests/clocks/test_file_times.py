"""When files were last used and changed."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import pysyscall as syscall
from pysyscall import Timespec, Timeval, Utimbuf

from ..conftest import Keep


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.touch()
    return path


def times(path: Path) -> tuple[int, int]:
    status = os.stat(path)
    return status.st_atime_ns, status.st_mtime_ns


def test_each_call_sets_both_times(file: Path, keep: Keep) -> None:
    fd, directory = keep(os.open(file, os.O_RDONLY)), keep(os.open(file.parent, os.O_RDONLY))
    syscall.utime(file, Utimbuf(1, 2))
    assert times(file) == (1 * 10**9, 2 * 10**9)
    syscall.utimes(file, [Timeval(3, 4), Timeval(5, 6)])
    assert times(file) == (3 * 10**9 + 4000, 5 * 10**9 + 6000)
    syscall.utimes_nano(file, (Timespec(7, 8), Timespec(9, 10)))
    assert times(file) == (7 * 10**9 + 8, 9 * 10**9 + 10)
    syscall.futimes(fd, (Timeval(11, 12), Timeval(13, 14)))
    assert times(file) == (11 * 10**9 + 12_000, 13 * 10**9 + 14_000)
    syscall.futimesat(directory, "file", (Timeval * 2)(Timeval(15, 16), Timeval(17, 18)))
    assert times(file) == (15 * 10**9 + 16_000, 17 * 10**9 + 18_000)


def test_none_is_now(file: Path, keep: Keep) -> None:
    fd, directory = keep(os.open(file, os.O_RDONLY)), keep(os.open(file.parent, os.O_RDONLY))
    calls: list[Callable[[], None]] = [
        lambda: syscall.utime(file),
        lambda: syscall.utimes(file),
        lambda: syscall.utimes_nano(file),
        lambda: syscall.futimes(fd),
        lambda: syscall.futimesat(directory, "file"),
    ]
    for call in calls:
        os.utime(file, (0, 0))
        call()
        assert all(abs(each - time.time_ns()) < 60 * 10**9 for each in times(file))


def test_one_of_them_can_be_left_out_or_be_now(file: Path) -> None:
    os.utime(file, ns=(1, 2))
    syscall.utimes_nano(file, [Timespec(0, syscall.UTIME_OMIT), Timespec(0, syscall.UTIME_NOW)])
    atime, mtime = times(file)
    assert atime == 1
    assert abs(mtime - time.time_ns()) < 60 * 10**9


@pytest.mark.parametrize("count", [0, 1, 3])
def test_times_that_are_not_two_are_refused(file: Path, count: int) -> None:
    os.utime(file, (0, 0))
    calls: list[Callable[[], None]] = [
        lambda: syscall.utimes(file, [Timeval()] * count),
        lambda: syscall.utimes_nano(file, [Timespec()] * count),
        lambda: syscall.futimes(0, [Timeval()] * count),
        lambda: syscall.futimesat(syscall.AT_FDCWD, file, [Timeval()] * count),
    ]
    for call in calls:
        with pytest.raises(OSError, match="Invalid argument"):
            call()
    assert times(file) == (0, 0)


def test_wrong_times_and_types(file: Path) -> None:
    for usec in (-1, 1_000_000):
        with pytest.raises(OSError, match="utimes: Invalid argument"):
            syscall.utimes(file, [Timeval(0, 0), Timeval(0, usec)])
    with pytest.raises(OSError, match="utimes_nano: Invalid argument"):
        syscall.utimes_nano(file, [Timespec(0, 0), Timespec(0, 10**9)])
    with pytest.raises(TypeError, match="tv must hold Timevals, not Timespec"):
        syscall.utimes(file, [Timespec(), Timespec()])  # type: ignore[list-item]
    with pytest.raises(TypeError, match="buf must be a Utimbuf"):
        syscall.utime(file, (1, 2))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="path must not hold a NUL"):
        syscall.utime("\0")
    with pytest.raises(FileNotFoundError, match="utimes"):
        syscall.utimes(file.parent / "none")
