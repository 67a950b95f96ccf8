"""File permissions and ownership: checked and changed."""

from ..base.arguments import StrOrBytesPath, c_path, descriptor, i32, identity, u32
from ..base.errors import check, kept, retry
from ..constants import AT_FDCWD, AT_SYMLINK_NOFOLLOW, EINTR, ENOSYS, EPERM
from . import kernel, libc


def access(path: "StrOrBytesPath", mode: int) -> None:
    """access(2): check whether the real user id may access a file; raise an error if not. Go Access.

    mode is R_OK, W_OK and X_OK combined, or F_OK: the file exists. PermissionError, FileNotFoundError. The answer may
    be out of date by the next call: it is safer to open the file and handle the error.
    """
    _faccessat("access", AT_FDCWD, path, u32("mode", mode), 0)


def faccessat(dirfd: int, path: "StrOrBytesPath", mode: int, flags: int = 0) -> None:
    """faccessat(2): as access; a relative path starts at the directory dirfd, or at AT_FDCWD. Go Faccessat.

    flags: AT_EACCESS checks for the effective ids, AT_SYMLINK_NOFOLLOW checks a symbolic link itself. Kernels before
    5.8 take no flags; there libc emulates them.
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
        if retry(call, before, ENOSYS, EPERM) != EINTR:  # an old kernel, or a sandbox that does not know the call
            check(call, before, libc.faccessat(dirfd, name, mode, flags))
            return


def chmod(path: "StrOrBytesPath", mode: int) -> None:
    """chmod(2): set a file's permissions, such as 0o644. PermissionError: not the file's owner. Go Chmod."""
    _fchmodat("chmod", AT_FDCWD, path, u32("mode", mode), 0)


def fchmod(fd: int, mode: int) -> None:
    """fchmod(2): as chmod, of an open file. Go Fchmod."""
    fd, mode = descriptor("fd", fd), u32("mode", mode)
    before = kept.value
    while libc.fchmod(fd, mode) == -1:
        retry("fchmod", before)


def fchmodat(dirfd: int, path: "StrOrBytesPath", mode: int, flags: int = 0) -> None:
    """fchmodat(2): as chmod; a relative path starts at the directory dirfd, or at AT_FDCWD. Go Fchmodat.

    flags: AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH. Kernels before 6.6 take no flags; there libc emulates what it can, where
    Go fails with EOPNOTSUPP. EOPNOTSUPP: path is a symbolic link, which has no permissions of its own.
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
    """chown(2): set a file's owner and group; -1 leaves one unchanged. Go Chown.

    PermissionError: to change the owner needs CAP_CHOWN.
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
    """fchownat(2): as chown; a relative path starts at the directory dirfd, or at AT_FDCWD. Go Fchownat.

    flags: AT_SYMLINK_NOFOLLOW; AT_EMPTY_PATH with an empty path changes dirfd itself.
    """
    _fchownat("fchownat", descriptor("dirfd", dirfd), path, uid, gid, i32("flags", flags))


def _fchownat(call: str, dirfd: int, path: "StrOrBytesPath", uid: int, gid: int, flags: int) -> None:
    name, uid, gid = c_path("path", path), identity("uid", uid), identity("gid", gid)
    before = kept.value
    while libc.fchownat(dirfd, name, uid, gid, flags) == -1:
        retry(call, before)
