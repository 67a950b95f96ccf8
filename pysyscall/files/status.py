"""The status of files and of file systems."""

from ctypes import byref, sizeof

from ..base.abi import ABI, ABIS_32_BIT
from ..base.arguments import StrOrBytesPath, c_path, descriptor, flag_bits, u32
from ..base.errors import kept, retry
from ..constants import AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW, ENOSYS, STATX_BASIC_STATS
from . import kernel
from .structs import Stat_t, Statfs_t, Statx_t, Ustat_t

_HAS_NARROW_TIMES = ABI == "mips64el"
_IS_32_BIT = ABI in ABIS_32_BIT
_new = Stat_t.__new__  # skips __init__, which takes most of the time: there are no fields to set
_newfstatat = kernel.fstatat64 if _IS_32_BIT else kernel.newfstatat
_fstat = kernel.fstat64 if _IS_32_BIT else kernel.fstat


def stat(path: "StrOrBytesPath") -> Stat_t:
    """stat(2): return the status of a file; symbolic links are followed. Go Stat.

    FileNotFoundError. PermissionError: no search permission for a directory of path. ELOOP: too many symbolic links.
    """
    return _stat("stat", path, 0)


def lstat(path: "StrOrBytesPath") -> Stat_t:
    """lstat(2): as stat, of a symbolic link itself. Go Lstat."""
    return _stat("lstat", path, AT_SYMLINK_NOFOLLOW)


def fstat(fd: int) -> Stat_t:
    """fstat(2): as stat, of an open file of any kind. Go Fstat."""
    if type(fd) is not int or fd >> 31:
        fd = descriptor("fd", fd)
    if _HAS_NARROW_TIMES:
        return _by_statx("fstat", fd, b"", AT_EMPTY_PATH)
    st = _new(Stat_t)
    before = kept.value
    while _fstat(fd, byref(st)) == -1:
        if retry("fstat", before, ENOSYS) == ENOSYS:
            return _by_statx("fstat", fd, b"", AT_EMPTY_PATH)
    return st


def _stat(call: str, path: "StrOrBytesPath", flags: int) -> Stat_t:
    # What c_path does, written out.
    name = path.encode() if type(path) is str and path.isascii() and "\0" not in path else c_path("path", path)
    if _HAS_NARROW_TIMES:
        return _by_statx(call, AT_FDCWD, name, flags)
    st = _new(Stat_t)
    before = kept.value
    while _newfstatat(AT_FDCWD, name, byref(st), flags) == -1:
        if retry(call, before, ENOSYS) == ENOSYS:
            return _by_statx(call, AT_FDCWD, name, flags)
    return st


def _by_statx(call: str, dirfd: int, path: bytes, flags: int) -> Stat_t:
    """As stat, by statx: loongarch64 had no other call before Linux 6.11, and stat on mips64el has 32-bit times."""
    stx = _statx(call, dirfd, path, flags, STATX_BASIC_STATS)
    st = Stat_t(
        dev=_device(stx.dev_major, stx.dev_minor),
        rdev=_device(stx.rdev_major, stx.rdev_minor),
        size=stx.size,
        blocks=stx.blocks,
    )
    for name in ("ino", "nlink", "mode", "uid", "gid", "blksize"):
        setattr(st, name, getattr(stx, name))
    for time, timex in ((st.atim, stx.atime), (st.mtim, stx.mtime), (st.ctim, stx.ctime)):
        time.sec, time.nsec = timex.sec, timex.nsec
    return st


def _device(major: int, minor: int) -> int:
    """The kernel's 32-bit device number."""
    return minor & 0xFF | major << 8 | (minor & ~0xFF) << 12


def statx(dirfd: int, path: "StrOrBytesPath", flags: int = 0, mask: int = STATX_BASIC_STATS) -> Statx_t:
    """statx(2): as stat, with the fields that mask selects: STATX_BTIME and so on. Go unix.Statx.

    A relative path starts at the directory dirfd, or at AT_FDCWD. flags: AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH (with an
    empty path: the status of dirfd itself), AT_STATX_DONT_SYNC and so on.
    """
    return _statx(
        "statx", descriptor("dirfd", dirfd), c_path("path", path), flag_bits("flags", flags), u32("mask", mask)
    )


def _statx(call: str, dirfd: int, path: bytes, flags: int, mask: int) -> Statx_t:
    stx = Statx_t()
    before = kept.value
    while kernel.statx(dirfd, path, flags, mask, byref(stx)) == -1:
        retry(call, before)
    return stx


def statfs(path: "StrOrBytesPath") -> Statfs_t:
    """statfs(2): return the status of the file system that a file is on. Go Statfs."""
    name, buf = c_path("path", path), Statfs_t()
    pointer = byref(buf)
    size = sizeof(buf)
    before = kept.value
    while (kernel.statfs64(name, size, pointer) if _IS_32_BIT else kernel.statfs(name, pointer)) == -1:
        retry("statfs", before)
    return buf


def fstatfs(fd: int) -> Statfs_t:
    """fstatfs(2): as statfs, of an open file. Go Fstatfs."""
    fd, buf = descriptor("fd", fd), Statfs_t()
    pointer = byref(buf)
    size = sizeof(buf)
    before = kept.value
    while (kernel.fstatfs64(fd, size, pointer) if _IS_32_BIT else kernel.fstatfs(fd, pointer)) == -1:
        retry("fstatfs", before)
    return buf


def ustat(dev: int) -> Ustat_t:
    """ustat(2): return the free space of the file system mounted from a device. Go Ustat.

    EINVAL: no file system is mounted from dev. ENOSYS: aarch64, riscv64 and loongarch64 do not have this call; use
    statfs.
    """
    dev, buf = u32("dev", dev), Ustat_t()
    before = kept.value
    while kernel.ustat(dev, byref(buf)) == -1:
        retry("ustat", before)
    return buf
