"""Who may use a file: asked for and changed."""

from ..base.arguments import StrOrBytesPath, c_path, descriptor, i32, identity, u32
from ..base.errors import check, kept, retry
from ..constants import AT_FDCWD, AT_SYMLINK_NOFOLLOW, EINTR, ENOSYS, EPERM
from . import kernel, libc


def access(path: "StrOrBytesPath", mode: int) -> None:
    """access(2): return where this process's real user may use a file so, raise where not. Go Access.

    mode is R_OK, W_OK and X_OK together, or F_OK: it exists. PermissionError, FileNotFoundError. What is true now may
    be false at the next call: to open the file and see is safer.
    """
    _faccessat("access", AT_FDCWD, path, u32("mode", mode), 0)


def faccessat(dirfd: int, path: "StrOrBytesPath", mode: int, flags: int = 0) -> None:
    """faccessat(2): as access, starting at the directory dirfd, or at AT_FDCWD. Go Faccessat.

    flags: AT_EACCESS asks for the effective user, AT_SYMLINK_NOFOLLOW for a symbolic link itself. Where the kernel
    (before 5.8) takes no flags, libc compares the file's mode.
    """
    _faccessat("faccessat", descriptor("dirfd", dirfd), path, u32("mode", mode), i32("flags", flags))


def _faccessat(call: str, dirfd: int, path: "StrOrBytesPath", mode: int, flags: int) -> None:
    name = c_path("path", path)
    before = kept.value
    if not flags:
        while kernel.faccessat(dirfd, name, mode) == -1:
            retry(call, before)
        return
    while kernel.faccessat2(dirfd, name, mode, flags) == -1:
        if retry(call, before, ENOSYS, EPERM) != EINTR:  # an old kernel, or a sandbox that knows no such call
            check(call, before, libc.faccessat(dirfd, name, mode, flags))
            return


def chmod(path: "StrOrBytesPath", mode: int) -> None:
    """chmod(2): set a file's permissions, such as 0o644. PermissionError: it is another user's. Go Chmod."""
    _fchmodat("chmod", AT_FDCWD, path, u32("mode", mode), 0)


def fchmod(fd: int, mode: int) -> None:
    """fchmod(2): as chmod, of an open file. Go Fchmod."""
    fd, mode = descriptor("fd", fd), u32("mode", mode)
    before = kept.value
    while libc.fchmod(fd, mode) == -1:
        retry("fchmod", before)


def fchmodat(dirfd: int, path: "StrOrBytesPath", mode: int, flags: int = 0) -> None:
    """fchmodat(2): as chmod, starting at the directory dirfd, or at AT_FDCWD. Go Fchmodat.

    flags: AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH. Where the kernel (before 6.6) takes none, libc does what it can: Go has
    EOPNOTSUPP there. EOPNOTSUPP: a symbolic link has no permissions of its own.
    """
    _fchmodat("fchmodat", descriptor("dirfd", dirfd), path, u32("mode", mode), i32("flags", flags))


def _fchmodat(call: str, dirfd: int, path: "StrOrBytesPath", mode: int, flags: int) -> None:
    name = c_path("path", path)
    before = kept.value
    if flags:
        while kernel.fchmodat2(dirfd, name, mode, flags) == -1:
            if retry(call, before, ENOSYS) == ENOSYS:
                break
        else:
            return
    while libc.fchmodat(dirfd, name, mode, flags) == -1:
        retry(call, before)


def chown(path: "StrOrBytesPath", uid: int, gid: int) -> None:
    """chown(2): give a file to a user and a group; -1 leaves one as it is. Go Chown.

    PermissionError: only CAP_CHOWN may give files away.
    """
    _fchownat("chown", AT_FDCWD, path, uid, gid, 0)


def lchown(path: "StrOrBytesPath", uid: int, gid: int) -> None:
    """lchown(2): as chown, of a symbolic link itself. Go Lchown."""
    _fchownat("lchown", AT_FDCWD, path, uid, gid, AT_SYMLINK_NOFOLLOW)


def fchown(fd: int, uid: int, gid: int) -> None:
    """fchown(2): as chown, of an open file. Go Fchown."""
    fd, uid, gid = descriptor("fd", fd), identity("uid", uid), identity("gid", gid)
    before = kept.value
    while libc.fchown(fd, uid, gid) == -1:
        retry("fchown", before)


def fchownat(dirfd: int, path: "StrOrBytesPath", uid: int, gid: int, flags: int = 0) -> None:
    """fchownat(2): as chown, starting at the directory dirfd, or at AT_FDCWD. Go Fchownat.

    flags: AT_SYMLINK_NOFOLLOW; AT_EMPTY_PATH, with an empty path, means dirfd itself.
    """
    _fchownat("fchownat", descriptor("dirfd", dirfd), path, uid, gid, i32("flags", flags))


def _fchownat(call: str, dirfd: int, path: "StrOrBytesPath", uid: int, gid: int, flags: int) -> None:
    name, uid, gid = c_path("path", path), identity("uid", uid), identity("gid", gid)
    before = kept.value
    while libc.fchownat(dirfd, name, uid, gid, flags) == -1:
        retry(call, before)
