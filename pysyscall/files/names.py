"""Names in directories: made, linked, renamed and removed."""

from ..base.arguments import StrOrBytesPath, c_path, descriptor, i32, u32
from ..base.buffers import WriteableBuffer, writable
from ..base.errors import kept, retry
from ..constants import AT_FDCWD, AT_REMOVEDIR, S_IFIFO
from . import kernel, libc


def link(oldpath: "StrOrBytesPath", newpath: "StrOrBytesPath") -> None:
    """link(2): give a file one more name. EXDEV: on another file system. Go Link."""
    old, new = c_path("oldpath", oldpath), c_path("newpath", newpath)
    before = kept.value
    while libc.link(old, new) == -1:
        retry("link", before)


def symlink(oldpath: "StrOrBytesPath", newpath: "StrOrBytesPath") -> None:
    """symlink(2): make newpath a symbolic link that holds the text oldpath. Go Symlink."""
    old, new = c_path("oldpath", oldpath), c_path("newpath", newpath)
    before = kept.value
    while libc.symlink(old, new) == -1:
        retry("symlink", before)


def readlink(path: "StrOrBytesPath", buf: "WriteableBuffer") -> int:
    """readlink(2): fill buf with what a symbolic link holds; the number of bytes, no NUL. Go Readlink.

    A longer text is cut without a word: a buffer of PATH_MAX (4096) has room for any. EINVAL: no symbolic link, or an
    empty buffer.
    """
    name = c_path("path", path)
    before = kept.value
    while (n := libc.readlink(name, *writable(buf))) == -1:
        retry("readlink", before)
    return n


def rename(oldpath: "StrOrBytesPath", newpath: "StrOrBytesPath") -> None:
    """rename(2): give a file another name, in place of a file that had it. EXDEV: on another file system. Go Rename."""
    _renameat("rename", AT_FDCWD, oldpath, AT_FDCWD, newpath)


def renameat(olddirfd: int, oldpath: "StrOrBytesPath", newdirfd: int, newpath: "StrOrBytesPath") -> None:
    """renameat(2): as rename, with relative paths starting at these directories, or at AT_FDCWD. Go Renameat."""
    _renameat("renameat", descriptor("olddirfd", olddirfd), oldpath, descriptor("newdirfd", newdirfd), newpath)


def _renameat(call: str, olddirfd: int, oldpath: "StrOrBytesPath", newdirfd: int, newpath: "StrOrBytesPath") -> None:
    old, new = c_path("oldpath", oldpath), c_path("newpath", newpath)
    before = kept.value
    while libc.renameat(olddirfd, old, newdirfd, new) == -1:
        retry(call, before)


def unlink(path: "StrOrBytesPath") -> None:
    """unlink(2): remove a name; the file goes with its last name and descriptor. Go Unlink."""
    _unlinkat("unlink", AT_FDCWD, path, 0)


def unlinkat(dirfd: int, path: "StrOrBytesPath", flags: int = 0) -> None:
    """unlinkat(2): as unlink, or as rmdir with AT_REMOVEDIR, starting at a directory. Go Unlinkat, without flags."""
    _unlinkat("unlinkat", descriptor("dirfd", dirfd), path, i32("flags", flags))


def rmdir(path: "StrOrBytesPath") -> None:
    """rmdir(2): remove an empty directory. ENOTEMPTY: it is not empty. Go Rmdir."""
    _unlinkat("rmdir", AT_FDCWD, path, AT_REMOVEDIR)


def _unlinkat(call: str, dirfd: int, path: "StrOrBytesPath", flags: int) -> None:
    name = c_path("path", path)
    before = kept.value
    while libc.unlinkat(dirfd, name, flags) == -1:
        retry(call, before)


def mkdir(path: "StrOrBytesPath", mode: int) -> None:
    """mkdir(2): make a directory with these permissions, of which umask takes some away. Go Mkdir."""
    _mkdirat("mkdir", AT_FDCWD, path, u32("mode", mode))


def mkdirat(dirfd: int, path: "StrOrBytesPath", mode: int) -> None:
    """mkdirat(2): as mkdir, with a relative path starting at the directory dirfd, or at AT_FDCWD. Go Mkdirat."""
    _mkdirat("mkdirat", descriptor("dirfd", dirfd), path, u32("mode", mode))


def _mkdirat(call: str, dirfd: int, path: "StrOrBytesPath", mode: int) -> None:
    name = c_path("path", path)
    before = kept.value
    while libc.mkdirat(dirfd, name, mode) == -1:
        retry(call, before)


def mkfifo(path: "StrOrBytesPath", mode: int) -> None:
    """mknod(2) with S_IFIFO: make a named pipe. mkfifo(3). Go Mkfifo."""
    _mknodat("mkfifo", AT_FDCWD, path, u32("mode", mode) | S_IFIFO, 0)


def mknod(path: "StrOrBytesPath", mode: int, dev: int) -> None:
    """mknod(2): make a file of the type in mode: S_IFREG, S_IFIFO, S_IFSOCK, S_IFCHR or S_IFBLK. Go Mknod.

    dev is a device's number in the kernel's 32 bits, which os.makedev makes for majors below 4096. PermissionError: a
    device needs CAP_MKNOD.
    """
    _mknodat("mknod", AT_FDCWD, path, u32("mode", mode), u32("dev", dev))


def mknodat(dirfd: int, path: "StrOrBytesPath", mode: int, dev: int) -> None:
    """mknodat(2): as mknod, with a relative path starting at the directory dirfd, or at AT_FDCWD. Go Mknodat."""
    _mknodat("mknodat", descriptor("dirfd", dirfd), path, u32("mode", mode), u32("dev", dev))


def _mknodat(call: str, dirfd: int, path: "StrOrBytesPath", mode: int, dev: int) -> None:
    name = c_path("path", path)
    before = kept.value
    while kernel.mknodat(dirfd, name, mode, dev) == -1:
        retry(call, before)
