"""What the kernel knows of files and of file systems."""

import os
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import pysyscall as syscall

from ..conftest import Keep
from ..programs import ROOT, run_traced

NAMES = ("mode", "ino", "dev", "nlink", "uid", "gid", "size", "rdev", "blksize", "blocks")


def is_python_s(ours: syscall.Stat_t, theirs: os.stat_result) -> None:
    for name in NAMES:
        assert getattr(ours, name) == getattr(theirs, f"st_{name}"), name
    assert [each.nano() for each in (ours.atim, ours.mtim, ours.ctim)] == [
        theirs.st_atime_ns,
        theirs.st_mtime_ns,
        theirs.st_ctime_ns,
    ]


@pytest.fixture
def tree(tmp_path: Path, keep: Keep) -> Path:
    """A file of every type that a user can make."""
    (tmp_path / "file").write_bytes(b"x" * 10_000)
    (tmp_path / "directory").mkdir()
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "dangling").symlink_to("none")
    os.mkfifo(tmp_path / "fifo")
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind(str(tmp_path / "socket"))
    os.truncate(tmp_path / "file", 5 * 2**30)
    os.utime(tmp_path / "file", ns=(123_456_789_012_345_678, 1))
    return tmp_path


@pytest.mark.parametrize("name", ["file", "directory", "link", "fifo", "socket", "/dev/null"])
def test_stat_and_lstat_are_pythons(tree: Path, name: str) -> None:
    is_python_s(syscall.stat(tree / name), os.stat(tree / name))
    is_python_s(syscall.lstat(tree / name), os.lstat(tree / name))


def test_lstat_is_of_the_link_itself(tree: Path) -> None:
    assert stat.S_ISLNK(syscall.lstat(tree / "dangling").mode)
    with pytest.raises(FileNotFoundError, match="stat: No such file"):
        syscall.stat(tree / "dangling")


def test_fstat_is_of_any_descriptor(tree: Path, keep: Keep, pipe: tuple[int, int], stream: tuple[int, int]) -> None:
    for fd in (keep(os.open(tree / "file", os.O_RDONLY)), pipe[0], stream[0], keep(os.open("/dev/null", os.O_RDONLY))):
        is_python_s(syscall.fstat(fd), os.fstat(fd))
    with pytest.raises(OSError, match="fstat: Bad file descriptor"):
        syscall.fstat(-1)


def test_statx_says_more(tree: Path, keep: Keep) -> None:
    stx, status = syscall.statx(syscall.AT_FDCWD, tree / "file", 0, syscall.STATX_ALL), os.stat(tree / "file")
    assert stx.mask & syscall.STATX_BASIC_STATS == syscall.STATX_BASIC_STATS
    for name in ("mode", "ino", "nlink", "uid", "gid", "size", "blksize", "blocks"):
        assert getattr(stx, name) == getattr(status, f"st_{name}")
    assert os.makedev(stx.dev_major, stx.dev_minor) == status.st_dev
    assert (stx.atime.nano(), stx.mtime.nano()) == (status.st_atime_ns, status.st_mtime_ns)
    fd = keep(os.open(tree / "file", os.O_RDONLY))
    assert syscall.statx(fd, "", syscall.AT_EMPTY_PATH).ino == stx.ino
    with pytest.raises(OSError, match="statx: Invalid argument"):
        syscall.statx(fd, "", syscall.AT_EMPTY_PATH, 2**31)  # STATX__RESERVED


def test_where_the_kernel_has_nothing_else_statx_says_the_same(tree: Path) -> None:
    path = str(tree / "file")
    code = f"import pysyscall as s; fd = s.open({path!r}, 0); print(s.stat({path!r}), s.lstat({path!r}), s.fstat(fd))"
    python = [sys.executable, "-c", code]
    injected = "inject=?newfstatat,?fstatat64,?fstat,?fstat64:error=ENOSYS"
    plain = subprocess.run(python, cwd=ROOT, capture_output=True, text=True)
    by_statx = run_traced("-f", "-o", str(tree / "log"), "-P", path, "-e", injected, *python)
    assert (plain.returncode, by_statx.returncode) == (0, 0), by_statx.stderr
    assert by_statx.stdout == plain.stdout
    assert (tree / "log").read_text().count("INJECTED") == 3


def test_statfs_is_pythons(tree: Path, keep: Keep) -> None:
    for path in (tree, Path("/proc"), Path("/dev/null")):
        theirs = os.statvfs(path)
        fd = keep(os.open(path, os.O_RDONLY))
        for ours in (syscall.statfs(path), syscall.fstatfs(fd)):
            assert (ours.frsize, ours.blocks, ours.files, ours.namelen) == (
                theirs.f_frsize,
                theirs.f_blocks,
                theirs.f_files,
                theirs.f_namemax,
            )
    assert syscall.statfs("/proc").type == 0x9FA0  # PROC_SUPER_MAGIC
    assert syscall.statfs("/sys").type == 0x62656572  # SYSFS_MAGIC
    with pytest.raises(FileNotFoundError, match="statfs"):
        syscall.statfs(tree / "none")
    with pytest.raises(OSError, match="fstatfs: Bad file descriptor"):
        syscall.fstatfs(-1)


def test_ustat_of_a_device_or_of_none(tree: Path) -> None:
    with pytest.raises(OSError, match=r"ustat: (Invalid argument|Function not implemented)"):
        syscall.ustat(0)
    with pytest.raises(OverflowError, match=r"dev must be in 0\.\.4294967295"):
        syscall.ustat(2**32)


@pytest.mark.parametrize("call", [syscall.stat, syscall.lstat, syscall.statfs])
def test_a_nul_in_a_path_is_refused(call: Callable[[str], object]) -> None:
    with pytest.raises(ValueError, match="path must not hold a NUL"):
        call("a\0b")
