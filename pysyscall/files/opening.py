"""Files: opening, seeking, resizing and syncing."""

from ctypes import c_int64

from ..base.abi import ABI, ABIS_32_BIT
from ..base.arguments import StrOrBytesPath, c_path, descriptor, flag_bits, i32, i64, u32
from ..base.errors import fail, kept, retry
from ..constants import AT_FDCWD, O_CREAT, O_LARGEFILE, O_TRUNC, O_WRONLY
from . import libc

# Looked up once, see io.descriptors.
_open, _openat, _lseek = libc.open, libc.openat, libc.lseek
_IS_64_BIT = ABI not in ABIS_32_BIT

stdin: int = 0
stdout: int = 1
stderr: int = 2


def open(path: "StrOrBytesPath", mode: int, perm: int = 0) -> int:
    """open(2): open or create a file and return the lowest free file descriptor. Go Open.

    mode is O_RDONLY, O_WRONLY or O_RDWR with O_CREAT, O_EXCL, O_TRUNC, O_APPEND and so on. A new file gets the
    permissions perm & ~umask, such as 0o644. Without O_CLOEXEC the descriptor is inherited by the programs that this
    process starts, as in Go and C. FileNotFoundError, FileExistsError, PermissionError, IsADirectoryError. ELOOP: too
    many symbolic links, or a symbolic link with O_NOFOLLOW.
    """
    if type(mode) is not int or type(perm) is not int or (mode | perm) >> 31:
        mode, perm = i32("mode", mode), u32("perm", perm)
    # What c_path does, written out.
    name = path.encode() if type(path) is str and path.isascii() and "\0" not in path else c_path("path", path)
    before = kept.value
    while (fd := _open(name, mode | O_LARGEFILE, perm)) == -1:
        retry("open", before)
    return fd


def openat(dirfd: int, path: "StrOrBytesPath", flags: int, mode: int = 0) -> int:
    """openat(2): as open; a relative path starts at the directory dirfd, or at AT_FDCWD. Go Openat."""
    return _opened("openat", descriptor("dirfd", dirfd), path, i32("flags", flags), u32("mode", mode))


def creat(path: "StrOrBytesPath", mode: int) -> int:
    """creat(2): open with O_CREAT | O_WRONLY | O_TRUNC. Go Creat."""
    return _opened("creat", AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, u32("mode", mode))


def _opened(call: str, dirfd: int, path: "StrOrBytesPath", flags: int, mode: int) -> int:
    name = c_path("path", path)
    before = kept.value
    while (fd := _openat(dirfd, name, flags | O_LARGEFILE, mode)) == -1:
        retry(call, before)
    return fd


def seek(fd: int, offset: int, whence: int) -> int:
    """lseek(2): set the file offset and return it, in bytes from the start of the file. Go Seek.

    whence is SEEK_SET, SEEK_CUR, SEEK_END, SEEK_DATA or SEEK_HOLE. ESPIPE: fd is a pipe or a socket. EINVAL: the new
    offset would be negative.
    """
    place: int | c_int64 = offset
    if (
        not _IS_64_BIT
        or type(fd) is not int
        or type(offset) is not int
        or type(whence) is not int
        or (fd | offset | whence) >> 31
    ):
        fd, place, whence = descriptor("fd", fd), c_int64(i64("offset", offset)), i32("whence", whence)
    before = kept.value
    if (position := _lseek(fd, place, whence)) == -1:
        fail("seek", before)
    return position


def ftruncate(fd: int, length: int) -> None:
    """ftruncate(2): set a file's length in bytes. Bytes added at the end are zeros. Go Ftruncate."""
    fd, length = descriptor("fd", fd), i64("length", length)
    before = kept.value
    while libc.ftruncate(fd, length) == -1:
        retry("ftruncate", before)


def truncate(path: "StrOrBytesPath", length: int) -> None:
    """truncate(2): as ftruncate, of the file at path. Go Truncate."""
    name, length = c_path("path", path), i64("length", length)
    before = kept.value
    while libc.truncate(name, length) == -1:
        retry("truncate", before)


def fallocate(fd: int, mode: int, off: int, len: int) -> None:
    """fallocate(2): allocate disk space for the len bytes at off, or punch a hole there. Go Fallocate.

    mode is 0 or FALLOC_FL_ flags. EOPNOTSUPP: the file system does not support it. ENOSPC: no space left. EINVAL: off
    is negative, or len is not positive.
    """
    fd, mode, off, len = descriptor("fd", fd), flag_bits("mode", mode), i64("off", off), i64("len", len)
    before = kept.value
    while libc.fallocate(fd, mode, off, len) == -1:
        retry("fallocate", before)


def fsync(fd: int) -> None:
    """fsync(2): write a file's data and metadata to the disk, and wait. EINVAL: fd is a pipe or a socket. Go Fsync."""
    fd = descriptor("fd", fd)
    before = kept.value
    while libc.fsync(fd) == -1:
        retry("fsync", before)


def fdatasync(fd: int) -> None:
    """fdatasync(2): as fsync, without the metadata that is not needed to read the data. Go Fdatasync."""
    fd = descriptor("fd", fd)
    before = kept.value
    while libc.fdatasync(fd) == -1:
        retry("fdatasync", before)


def sync_file_range(fd: int, off: int, n: int, flags: int) -> None:
    """sync_file_range(2): write the n bytes of a file at off to the disk; n 0 is up to the end. Go SyncFileRange.

    flags: SYNC_FILE_RANGE_WAIT_BEFORE, _WRITE, _WAIT_AFTER. No metadata is written, so that this does not replace
    fsync. ESPIPE: fd is a pipe or a socket.
    """
    fd, off, n, flags = descriptor("fd", fd), i64("off", off), i64("n", n), u32("flags", flags)
    before = kept.value
    while libc.sync_file_range(fd, off, n, flags) == -1:
        retry("sync_file_range", before)


def sync() -> None:
    """sync(2): write all cached changes of all file systems to their disks, and wait. Go Sync."""
    libc.sync()
