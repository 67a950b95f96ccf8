"""Mounts, in a user and mount namespace of each test's own."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

import pysyscall as syscall

from ..namespaces import run_in_child, run_in_user_namespace
from ..texts import failed

PRIVATE = syscall.MS_REC | syscall.MS_PRIVATE


def mounts() -> dict[str, str]:
    """The type of what is mounted at each place."""
    lines = Path("/proc/self/mounts").read_text().splitlines()
    return {line.split()[1]: line.split()[2] for line in lines}


def test_a_file_system_is_mounted_changed_and_unmounted(tmp_path: Path) -> None:
    run_in_user_namespace(syscall.CLONE_NEWNS, mount_and_unmount, tmp_path)


def mount_and_unmount(path: Path) -> None:
    syscall.mount(None, "/", None, PRIVATE, None)
    syscall.mount("any word", path, "tmpfs", syscall.MS_NOSUID | syscall.MS_NODEV, "size=64k,mode=700")
    assert mounts()[str(path)] == "tmpfs"
    vfs = os.statvfs(path)
    assert vfs.f_blocks * vfs.f_frsize == 65536
    (path / "file").write_bytes(b"text")
    syscall.mount(None, path, None, syscall.MS_REMOUNT | syscall.MS_RDONLY | syscall.MS_NOSUID | syscall.MS_NODEV)
    with pytest.raises(OSError, match="Read-only file system"):
        (path / "file").write_bytes(b"")
    other = path.with_name("other")
    other.mkdir()
    syscall.mount(path, other, "", syscall.MS_BIND, "")
    assert (other / "file").read_bytes() == b"text"
    with open(other / "file"):
        with pytest.raises(OSError, match=failed("unmount", syscall.EBUSY)):
            syscall.unmount(other, 0)
        syscall.unmount(other, syscall.MNT_DETACH)
    syscall.unmount(path, syscall.UMOUNT_NOFOLLOW)
    assert str(path) not in mounts()
    with pytest.raises(OSError, match="unmount: Invalid argument"):
        syscall.unmount(path, 0)


def test_what_cannot_be_mounted(tmp_path: Path) -> None:
    run_in_user_namespace(syscall.CLONE_NEWNS, refused, tmp_path)


def refused(path: Path) -> None:
    with pytest.raises(OSError, match="mount: No such device"):
        syscall.mount("x", path, "no such file system", 0, "")
    with pytest.raises(FileNotFoundError, match="mount"):
        syscall.mount("x", path / "none", "tmpfs", 0, "")
    with pytest.raises(OSError, match="mount: Invalid argument"):
        syscall.mount("x", path, "tmpfs", 0, b"no_such_option=1")
    for nul in (
        ("\0", path, "tmpfs", 0, ""),
        ("x", b"\0", "tmpfs", 0, ""),
        ("x", path, "\0", 0, ""),
        ("x", path, "x", 0, "\0"),
    ):
        with pytest.raises(ValueError, match="must not hold a NUL"):
            syscall.mount(*nul)
    with pytest.raises(OverflowError, match="flags must be in"):
        syscall.mount("x", path, "tmpfs", -1, "")


def test_the_root_is_exchanged(tmp_path: Path) -> None:
    run_in_user_namespace(syscall.CLONE_NEWNS, pivot, tmp_path)


def pivot(path: Path) -> None:
    syscall.mount(None, "/", None, PRIVATE)
    syscall.mount("x", path, "tmpfs", 0)
    (path / "old").mkdir()
    (path / "new").touch()
    with pytest.raises(OSError, match="pivot_root: "):
        syscall.pivot_root("/", "/")
    syscall.pivot_root(path, path / "old")
    syscall.chdir("/")
    assert sorted(os.listdir("/")) == ["new", "old"]
    assert str(path)[1:].split("/")[0] in os.listdir("/old")
    syscall.unmount("/old", syscall.MNT_DETACH)
    assert os.listdir("/old") == []


def test_chroot(tmp_path: Path) -> None:
    run_in_user_namespace(0, change_root, tmp_path)


def change_root(path: Path) -> None:
    (path / "inside").touch()
    above = os.open("/", os.O_RDONLY)
    syscall.chroot(path)
    with pytest.raises(FileNotFoundError, match="getwd"):
        syscall.getwd()  # outside of the root
    syscall.chdir("/")
    assert (syscall.getwd(), os.listdir("/")) == ("/", ["inside"])
    os.close(above)


def test_who_may_not() -> None:
    run_in_child(forbidden)


def forbidden() -> None:
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(65534, 65534, 65534)
        os.setresuid(65534, 65534, 65534)
    calls: list[tuple[str, Callable[[], None]]] = [
        ("mount", lambda: syscall.mount("x", "/tmp", "tmpfs", 0, "")),
        ("unmount", lambda: syscall.unmount("/proc", 0)),
        ("pivot_root", lambda: syscall.pivot_root("/", "/")),
        ("chroot", lambda: syscall.chroot("/")),
    ]
    for name, call in calls:
        with pytest.raises(PermissionError, match=rf"{name}: Operation not permitted"):
            call()
