"""File systems, mounted and unmounted, and the root directory of a process."""

import sys

from ..base.arguments import StrOrBytes, StrOrBytesPath, c_path, c_string, i32, integer
from ..base.errors import check, kept
from ..files import directories  # noqa: F401  # chdir usually follows chroot, which may make it unimportable
from . import kernel, libc


def mount(
    source: "StrOrBytesPath | None",
    target: "StrOrBytesPath",
    fstype: "StrOrBytes | None",
    flags: int,
    data: "StrOrBytes | None" = "",
) -> None:
    """mount(2): mount a file system on a directory, or change an existing mount. Go Mount.

    source is a device, a directory (MS_BIND), or any word for a file system without a device. fstype is "tmpfs", "proc"
    and so on. Both may be None where flags makes the kernel ignore them. flags: MS_RDONLY, MS_BIND, MS_REC, MS_PRIVATE
    and so on. data holds options of the file system, such as "size=1m"; empty or None is passed as a null pointer.
    PermissionError: needs CAP_SYS_ADMIN in the mount namespace. ENODEV: unknown file system. EINVAL: invalid
    superblock, option or flag. EBUSY, ENOENT, ENOTDIR.
    """
    flags = integer("flags", flags, 0, 2 * sys.maxsize + 1)
    name, place = None if source is None else c_path("source", source), c_path("target", target)
    kind, options = None if fstype is None else c_string("fstype", fstype), c_string("data", data or "")
    check("mount", kept.value, libc.mount(name, place, kind, flags, options or None))


def unmount(target: "StrOrBytesPath", flags: int) -> None:
    """umount2(2): unmount the file system mounted on a directory. Go Unmount.

    flags: 0, MNT_DETACH, MNT_FORCE, UMOUNT_NOFOLLOW. EBUSY: the file system is in use. MNT_DETACH returns at once: the
    mount disappears from the tree, and is released when it is no longer in use. EINVAL: target is not a mount point.
    """
    check("unmount", kept.value, libc.umount2(c_path("target", target), i32("flags", flags)))


def pivot_root(newroot: "StrOrBytesPath", putold: "StrOrBytesPath") -> None:
    """pivot_root(2): make newroot the root mount of this mount namespace, and move the old one to putold. Go PivotRoot.

    newroot is a mount point other than the root; putold is a directory at or below newroot. With "." for both the old
    root is stacked on the new one, for unmount(".", MNT_DETACH). EINVAL: newroot is not a mount point, putold is not
    below it, or a mount's propagation is shared. EBUSY: newroot or putold is on the current root mount.
    """
    check("pivot_root", kept.value, kernel.pivot_root(c_path("newroot", newroot), c_path("putold", putold)))


def chroot(path: "StrOrBytesPath") -> None:
    """chroot(2): change the root directory of this process. Go Chroot.

    The working directory does not change: call chdir("/") next. Modules that have not been imported yet can then be
    imported only from below the new root. PermissionError: needs CAP_SYS_CHROOT.
    """
    check("chroot", kept.value, libc.chroot(c_path("path", path)))
