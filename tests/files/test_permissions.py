"""Who may use a file: asked for and changed."""

import errno
import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

import pysyscall as syscall

from ..conftest import Keep
from ..namespaces import enter_user_namespace, may, run_as_nobody


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.touch(mode=0o600)
    return path


@pytest.fixture
def directory(tmp_path: Path, keep: Keep) -> int:
    return keep(os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY))


def test_access_returns_or_raises(file: Path) -> None:
    syscall.access(file, syscall.R_OK | syscall.W_OK)
    syscall.access(file, syscall.F_OK)
    with pytest.raises(PermissionError, match="access"):
        syscall.access(file, syscall.X_OK)  # not even root may execute what nobody may
    with pytest.raises(FileNotFoundError, match="access"):
        syscall.access(file / "none" if file.is_dir() else file.parent / "none", syscall.F_OK)
    with pytest.raises(OSError, match="access: Invalid argument"):
        syscall.access(file, 8)


def test_faccessat_with_each_flag(file: Path, tmp_path: Path, directory: int) -> None:
    (tmp_path / "link").symlink_to("none")
    syscall.faccessat(directory, "file", syscall.R_OK)
    for flags in (syscall.AT_EACCESS, syscall.AT_SYMLINK_NOFOLLOW, syscall.AT_EACCESS | syscall.AT_SYMLINK_NOFOLLOW):
        syscall.faccessat(directory, "file", syscall.R_OK, flags)
        with pytest.raises(PermissionError, match="faccessat"):
            syscall.faccessat(directory, "file", syscall.X_OK, flags)
    syscall.faccessat(directory, "link", syscall.F_OK, syscall.AT_SYMLINK_NOFOLLOW)
    with pytest.raises(FileNotFoundError, match="faccessat"):
        syscall.faccessat(directory, "link", syscall.F_OK)
    with pytest.raises(OSError, match="faccessat: Invalid argument"):
        syscall.faccessat(directory, "file", syscall.F_OK, 1)


def test_access_asks_for_the_real_user_and_faccessat_for_the_effective_one_where_it_is_told_to() -> None:
    run_as_nobody(with_capabilities_and_without)


def with_capabilities_and_without() -> None:
    """The kernel lets no capabilities count for a real user who is not root."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "for nobody")
        path.touch(mode=0)
        enter_user_namespace(as_root=False)
        syscall.faccessat(syscall.AT_FDCWD, path, syscall.R_OK | syscall.W_OK, syscall.AT_EACCESS)
        syscall.close(syscall.open(path, syscall.O_RDWR))
        with pytest.raises(PermissionError, match="faccessat"):
            syscall.faccessat(syscall.AT_FDCWD, path, syscall.R_OK)
        with pytest.raises(PermissionError, match="access"):
            syscall.access(path, syscall.R_OK)


def test_a_user_may_not_use_what_is_roots() -> None:
    run_as_nobody(nobody_may_not, Path("/proc/kmsg"))  # which every machine has


def nobody_may_not(path: Path) -> None:
    calls: list[Callable[[], object]] = [
        lambda: syscall.access(path, syscall.R_OK),
        lambda: syscall.faccessat(syscall.AT_FDCWD, path, syscall.R_OK, syscall.AT_EACCESS),
        lambda: syscall.chmod(path, 0o666),
        lambda: syscall.chown(path, os.getuid(), -1),
        lambda: syscall.truncate(path, 0),
        lambda: syscall.open(path, syscall.O_RDONLY),
    ]
    for call in calls:
        with pytest.raises(PermissionError):
            call()


def test_chmod_in_all_its_forms(file: Path, directory: int, keep: Keep) -> None:
    fd = keep(os.open(file, os.O_RDONLY))
    calls: list[tuple[int, Callable[[], None]]] = [
        (0o640, lambda: syscall.chmod(file, 0o640)),
        (0o4711, lambda: syscall.fchmod(fd, 0o4711)),
        (0o600, lambda: syscall.fchmodat(directory, "file", 0o600)),
        (0o604, lambda: syscall.fchmodat(directory, "file", 0o604, syscall.AT_SYMLINK_NOFOLLOW)),
    ]
    for mode, call in calls:
        call()
        assert stat.S_IMODE(os.stat(file).st_mode) == mode


def test_fchmodat_of_a_symbolic_link_itself(tmp_path: Path, directory: int) -> None:
    (tmp_path / "link").symlink_to("file")
    with pytest.raises(OSError, match="fchmodat") as raised:
        syscall.fchmodat(directory, "link", 0o600, syscall.AT_SYMLINK_NOFOLLOW)
    assert raised.value.errno == errno.EOPNOTSUPP
    with pytest.raises(OSError, match="fchmodat: Invalid argument"):
        syscall.fchmodat(directory, "link", 0o600, 1)


def test_chown_to_oneself_and_not_at_all(file: Path, directory: int, keep: Keep) -> None:
    fd = keep(os.open(file, os.O_RDONLY))
    uid, gid = os.getuid(), os.getgid()
    syscall.chown(file, uid, gid)
    syscall.chown(file, -1, -1)
    syscall.lchown(file, uid, -1)
    syscall.fchown(fd, -1, gid)
    syscall.fchownat(directory, "file", uid, gid)
    syscall.fchownat(fd, "", uid, gid, syscall.AT_EMPTY_PATH)
    assert (os.stat(file).st_uid, os.stat(file).st_gid) == (uid, gid)
    with pytest.raises(FileNotFoundError, match="chown"):
        syscall.chown(file.parent / "none", uid, gid)


def test_ids_of_32_bits_arrive_whole(file: Path) -> None:
    link = file.parent / "link"
    link.symlink_to("file")
    if not may(syscall.CAP_CHOWN):
        with pytest.raises(PermissionError, match="chown"):
            syscall.chown(file, 2**32 - 2, 70_000)
        with pytest.raises(PermissionError, match="lchown"):
            syscall.lchown(link, 5, 2**31)
    else:
        syscall.chown(file, 2**32 - 2, 70_000)
        syscall.lchown(link, 5, 2**31)
        assert (os.stat(file).st_uid, os.stat(file).st_gid) == (2**32 - 2, 70_000)
        assert (os.lstat(link).st_uid, os.lstat(link).st_gid) == (5, 2**31)


@pytest.mark.parametrize(("uid", "gid"), [(2**32, 0), (-2, 0), (0, 2**32), (0, -2)])
def test_ids_out_of_range_are_refused(file: Path, uid: int, gid: int) -> None:
    before = os.stat(file)
    calls: list[Callable[[], None]] = [
        lambda: syscall.chown(file, uid, gid),
        lambda: syscall.lchown(file, uid, gid),
        lambda: syscall.fchown(0, uid, gid),
        lambda: syscall.fchownat(syscall.AT_FDCWD, file, uid, gid),
    ]
    for call in calls:
        with pytest.raises(OverflowError, match=r"[ug]id must be in -1..4294967295"):
            call()
    assert os.stat(file) == before
