"""Names in directories: created, linked, renamed and removed."""

from ..base.arguments import StrOrBytesPath, c_path, descriptor, i32, u32
from ..base.buffers import WriteableBuffer, writable
from ..base.errors import kept, retry, system_error
from ..constants import AT_FDCWD, AT_REMOVEDIR, EINVAL, S_IFIFO
from . import kernel, libc


def link(oldpath: "StrOrBytesPath", newpath: "StrOrBytesPath") -> None:
    """link(2): give a file one more name. EXDEV: newpath is on another file system. Go Link."""
    old, new = c_path("oldpath", oldpath), c_path("newpath", newpath)
    before = kept.value
    while libc.link(old, new) == -1:
        retry("link", before)


def symlink(oldpath: "StrOrBytesPath", newpath: "StrOrBytesPath") -> None:
    """symlink(2): create the symbolic link newpath, whose target is the text oldpath. Go Symlink."""
    old, new = c_path("oldpath", oldpath), c_path("newpath", newpath)
    before = kept.value
    while libc.symlink(old, new) == -1:
        retry("symlink", before)


def readlink(path: "StrOrBytesPath", buf: "WriteableBuffer") -> int:
    """readlink(2): fill buf with the target of a symbolic link and return its length. Go Readlink.

    The length is in bytes; no NUL is added. A target longer than buf is truncated silently; PATH_MAX (4096) bytes hold
    any. EINVAL: path is not a symbolic link, or buf is empty.
    """
    name = c_path("path", path)
    before = kept.value
    while (n := libc.readlink(name, *writable(buf))) == -1:
        retry("readlink", before)
    if n == 0:  # musl's, with an empty buf
        raise system_error("readlink", EINVAL)
    return n


def rename(oldpath: "StrOrBytesPath", newpath: "StrOrBytesPath") -> None:
    """rename(2): rename a file, and replace newpath if it exists. EXDEV: another file system. Go Rename."""
    _renameat("rename", AT_FDCWD, oldpath, AT_FDCWD, newpath)


def renameat(olddirfd: int, oldpath: "StrOrBytesPath", newdirfd: int, newpath: "StrOrBytesPath") -> None:
    """renameat(2): as rename; relative paths start at these directories, or at AT_FDCWD. Go Renameat."""
    _renameat("renameat", descriptor("olddirfd", olddirfd), oldpath, descriptor("newdirfd", newdirfd), newpath)


def _renameat(call: str, olddirfd: int, oldpath: "StrOrBytesPath", newdirfd: int, newpath: "StrOrBytesPath") -> None:
    old, new = c_path("oldpath", oldpath), c_path("newpath", newpath)
    before = kept.value
    while libc.renameat(olddirfd, old, newdirfd, new) == -1:
        retry(call, before)


def unlink(path: "StrOrBytesPath") -> None:
    """unlink(2): remove a name. The file is deleted when its last name and last open descriptor are gone. Go Unlink."""
    _unlinkat("unlink", AT_FDCWD, path, 0)


def unlinkat(dirfd: int, path: "StrOrBytesPath", flags: int = 0) -> None:
    """unlinkat(2): as unlink, or with AT_REMOVEDIR as rmdir. Go Unlinkat, which has no flags.

    A relative path starts at the directory dirfd, or at the working directory (AT_FDCWD).
    """
    _unlinkat("unlinkat", descriptor("dirfd", dirfd), path, i32("flags", flags))


def rmdir(path: "StrOrBytesPath") -> None:
    """rmdir(2): remove an empty directory. ENOTEMPTY: the directory is not empty. Go Rmdir."""
    _unlinkat("rmdir", AT_FDCWD, path, AT_REMOVEDIR)


def _unlinkat(call: str, dirfd: int, path: "StrOrBytesPath", flags: int) -> None:
    name = c_path("path", path)
    before = kept.value
    while libc.unlinkat(dirfd, name, flags) == -1:
        retry(call, before)


def mkdir(path: "StrOrBytesPath", mode: int) -> None:
    """mkdir(2): create a directory with the permissions mode & ~umask. Go Mkdir."""
    _mkdirat("mkdir", AT_FDCWD, path, u32("mode", mode))


def mkdirat(dirfd: int, path: "StrOrBytesPath", mode: int) -> None:
    """mkdirat(2): as mkdir; a relative path starts at the directory dirfd, or at AT_FDCWD. Go Mkdirat."""
    _mkdirat("mkdirat", descriptor("dirfd", dirfd), path, u32("mode", mode))


def _mkdirat(call: str, dirfd: int, path: "StrOrBytesPath", mode: int) -> None:
    name = c_path("path", path)
    before = kept.value
    while libc.mkdirat(dirfd, name, mode) == -1:
        retry(call, before)


def mkfifo(path: "StrOrBytesPath", mode: int) -> None:
    """mknod(2) with S_IFIFO: create a named pipe with the permissions mode & ~umask. mkfifo(3). Go Mkfifo."""
    _mknodat("mkfifo", AT_FDCWD, path, u32("mode", mode) | S_IFIFO, 0)


def mknod(path: "StrOrBytesPath", mode: int, dev: int) -> None:
    """mknod(2): create a file of the type in mode: S_IFREG, S_IFIFO, S_IFSOCK, S_IFCHR or S_IFBLK. Go Mknod.

    dev is the kernel's 32-bit device number; os.makedev returns it for major numbers below 4096. PermissionError: a
    device file needs CAP_MKNOD.
    """
    _mknodat("mknod", AT_FDCWD, path, u32("mode", mode), u32("dev", dev))


def mknodat(dirfd: int, path: "StrOrBytesPath", mode: int, dev: int) -> None:
    """mknodat(2): as mknod; a relative path starts at the directory dirfd, or at AT_FDCWD. Go Mknodat."""
    _mknodat("mknodat", descriptor("dirfd", dirfd), path, u32("mode", mode), u32("dev", dev))


def _mknodat(call: str, dirfd: int, path: "StrOrBytesPath", mode: int, dev: int) -> None:
    name = c_path("path", path)
    before = kept.value
    while kernel.mknodat(dirfd, name, mode, dev) == -1:
        retry(call, before)
