"""File systems, mounted and unmounted, and what a process takes for its root."""

import sys

from ..base.arguments import StrOrBytes, StrOrBytesPath, c_path, c_string, i32, integer
from ..base.errors import check, kept
from ..files import directories  # noqa: F401  # chdir comes next, and would be out of reach by then
from . import kernel, libc


def mount(
    source: "StrOrBytesPath | None",
    target: "StrOrBytesPath",
    fstype: "StrOrBytes | None",
    flags: int,
    data: "StrOrBytes | None" = "",
) -> None:
    """mount(2): attach a file system to a directory, or change what is attached there. Go Mount.

    source is a device, a directory (MS_BIND), or any word for file systems without one; fstype is "tmpfs", "proc" and
    so on; both may be None where flags makes them meaningless. flags: MS_RDONLY, MS_BIND, MS_REC, MS_PRIVATE and so on.
    data is the file system's own options, "size=1m"; empty or None goes as the null pointer. PermissionError: needs
    CAP_SYS_ADMIN in the mount namespace. ENODEV: no such file system. EBUSY, ENOENT, ENOTDIR; EINVAL: a bad superblock,
    option, or flag.
    """
    flags = integer("flags", flags, 0, 2 * sys.maxsize + 1)
    name, place = None if source is None else c_path("source", source), c_path("target", target)
    kind, options = None if fstype is None else c_string("fstype", fstype), c_string("data", data or "")
    check("mount", kept.value, libc.mount(name, place, kind, flags, options or None))


def unmount(target: "StrOrBytesPath", flags: int) -> None:
    """umount2(2): detach what is mounted on a directory: 0, MNT_DETACH, MNT_FORCE, UMOUNT_NOFOLLOW. Go Unmount.

    EBUSY: files there are open; MNT_DETACH takes it out of sight, and waits for them. EINVAL: nothing is mounted there.
    """
    check("unmount", kept.value, libc.umount2(c_path("target", target), i32("flags", flags)))


def pivot_root(newroot: "StrOrBytesPath", putold: "StrOrBytesPath") -> None:
    """pivot_root(2): make a mount the root of this mount namespace, and put the old root below it. Go PivotRoot.

    Both must be directories, and newroot a mount point on another mount than the root's; "." and "." stack the old root
    on the new one, for unmount(".", MNT_DETACH). EINVAL: it is not, or its parent is shared; EBUSY: it is on the root's
    mount.
    """
    check("pivot_root", kept.value, kernel.pivot_root(c_path("newroot", newroot), c_path("putold", putold)))


def chroot(path: "StrOrBytesPath") -> None:
    """chroot(2): make a directory the one that paths from "/" on start at. Go Chroot.

    The working directory stays where it is: chdir("/") comes next. Modules that this program has not imported yet are
    out of reach from then on. PermissionError: needs CAP_SYS_CHROOT.
    """
    check("chroot", kept.value, libc.chroot(c_path("path", path)))
