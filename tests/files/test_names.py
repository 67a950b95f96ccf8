"""Names in directories: made, linked, renamed and removed."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

import pysyscall as syscall

from ..conftest import Keep
from ..namespaces import may


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(b"text")
    return path


@pytest.fixture
def directory(tmp_path: Path, keep: Keep) -> int:
    return keep(os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY))


def test_link_gives_a_second_name(file: Path, tmp_path: Path) -> None:
    syscall.link(file, tmp_path / "other")
    assert os.path.samefile(file, tmp_path / "other")
    with pytest.raises(FileExistsError, match="link"):
        syscall.link(file, tmp_path / "other")


def test_symlink_holds_any_text_and_readlink_reads_it(tmp_path: Path) -> None:
    syscall.symlink(b"\xffno such file", tmp_path / "link")
    buf = bytearray(100)
    n = syscall.readlink(tmp_path / "link", buf)
    assert buf[:n] == b"\xffno such file"
    assert syscall.readlink(tmp_path / "link", memoryview(buf)[:3]) == 3
    with pytest.raises(OSError, match="readlink: Invalid argument"):
        syscall.readlink(tmp_path, buf)
    with pytest.raises(OSError, match="readlink: Invalid argument"):
        syscall.readlink(tmp_path / "link", bytearray())


def test_rename_replaces(file: Path, tmp_path: Path, directory: int) -> None:
    (tmp_path / "other").write_bytes(b"other")
    syscall.rename(file, tmp_path / "other")
    assert os.listdir(tmp_path) == ["other"]
    syscall.renameat(directory, "other", directory, "third")
    assert (tmp_path / "third").read_bytes() == b"text"
    with pytest.raises(FileNotFoundError, match="renameat"):
        syscall.renameat(directory, "other", syscall.AT_FDCWD, tmp_path / "x")


def test_unlink_and_rmdir(file: Path, tmp_path: Path, directory: int) -> None:
    syscall.mkdir(tmp_path / "d", 0o700)
    with pytest.raises(IsADirectoryError, match="unlink"):
        syscall.unlink(tmp_path / "d")
    with pytest.raises(NotADirectoryError, match="rmdir"):
        syscall.rmdir(file)
    with pytest.raises(OSError, match="rmdir: Directory not empty"):
        syscall.rmdir(tmp_path)
    syscall.rmdir(tmp_path / "d")
    syscall.mkdirat(directory, "e", 0o750)
    assert stat.S_IMODE(os.stat(tmp_path / "e").st_mode) == 0o750
    syscall.unlinkat(directory, "e", syscall.AT_REMOVEDIR)
    syscall.unlinkat(directory, "file")
    assert os.listdir(tmp_path) == []


def test_mkfifo_and_mknod(tmp_path: Path, directory: int) -> None:
    syscall.mkfifo(tmp_path / "fifo", 0o600)
    syscall.mknod(tmp_path / "socket", syscall.S_IFSOCK | 0o600, 0)
    syscall.mknodat(directory, "plain", syscall.S_IFREG | 0o640, 0)
    modes = {name: os.stat(tmp_path / name).st_mode for name in os.listdir(tmp_path)}
    assert modes == {
        "fifo": stat.S_IFIFO | 0o600,
        "socket": stat.S_IFSOCK | 0o600,
        "plain": stat.S_IFREG | 0o640,
    }


def test_mknod_makes_a_device(tmp_path: Path) -> None:
    device, path = os.makedev(1, 3), tmp_path / "null"
    if not may(syscall.CAP_MKNOD):
        with pytest.raises(PermissionError, match="mknod"):
            syscall.mknod(path, syscall.S_IFCHR | 0o600, device)
        device = os.makedev(0, 0)  # the one that every user may make: a whiteout of overlayfs
    syscall.mknod(path, syscall.S_IFCHR | 0o600, device)
    made = os.stat(path)
    assert (made.st_mode, made.st_rdev) == (stat.S_IFCHR | 0o600, device)


@pytest.mark.parametrize("call", [syscall.unlink, syscall.rmdir])
def test_what_is_not_there(tmp_path: Path, call: Callable[[Path], None]) -> None:
    with pytest.raises(FileNotFoundError, match=rf"{call.__name__}: No such file"):
        call(tmp_path / "none")


@pytest.mark.parametrize(
    "call",
    [
        lambda: syscall.link("a\0", "b"),
        lambda: syscall.symlink("a", "b\0"),
        lambda: syscall.rename("a\0", "b"),
        lambda: syscall.renameat(-100, "a", -100, "\0"),
        lambda: syscall.unlink(b"\0"),
        lambda: syscall.unlinkat(-100, "\0"),
        lambda: syscall.rmdir("\0"),
        lambda: syscall.mkdir("\0", 0),
        lambda: syscall.mkdirat(-100, "\0", 0),
        lambda: syscall.mkfifo("\0", 0),
        lambda: syscall.mknod("\0", 0, 0),
        lambda: syscall.mknodat(-100, "\0", 0, 0),
        lambda: syscall.readlink("\0", bytearray(9)),
    ],
)
def test_a_nul_in_a_name_is_refused(call: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match="must not hold a NUL"):
        call()


def test_a_device_number_beyond_32_bits_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OverflowError, match=r"dev must be in 0\.\.4294967295"):
        syscall.mknod(tmp_path / "x", syscall.S_IFIFO | 0o600, 2**32)
    assert os.listdir(tmp_path) == []
