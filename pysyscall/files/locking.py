"""Locks on files: of a whole file, and of ranges of its bytes."""

from ctypes import byref

from ..base.abi import ABI, ABIS_32_BIT
from ..base.arguments import descriptor, i32, instance
from ..base.errors import kept, retry
from ..constants import F_GETLK, F_GETLK64, F_SETLK, F_SETLK64, F_SETLKW, F_SETLKW64
from . import kernel, libc
from .structs import Flock_t

# The kernel's plain commands take 32-bit offsets on 32-bit ABIs. Go gives its plain names the values of the others.
_IS_32_BIT = ABI in ABIS_32_BIT
_WIDE = {F_GETLK: F_GETLK64, F_SETLK: F_SETLK64, F_SETLKW: F_SETLKW64} if _IS_32_BIT else {}
_fcntl = kernel.fcntl64 if _IS_32_BIT else kernel.fcntl


def flock(fd: int, how: int) -> None:
    """flock(2): lock an open file, LOCK_SH or LOCK_EX, or unlock it, LOCK_UN. Go Flock.

    It waits for the lock; with LOCK_NB, BlockingIOError where another has it. The lock is the open file's: a duplicated
    or inherited descriptor shares it, and the last close frees it.
    """
    fd, how = descriptor("fd", fd), i32("how", how)
    before = kept.value
    while libc.flock(fd, how) == -1:
        retry("flock", before)


def fcntl_flock(fd: int, cmd: int, lk: Flock_t) -> None:
    """fcntl(2) with a struct flock: lock a range of a file, or ask who has locked it. Go FcntlFlock.

    cmd is F_SETLK, F_SETLKW (which waits), F_GETLK, or F_OFD_SETLK and so on. lk.type is F_RDLCK, F_WRLCK or F_UNLCK,
    and whence, start and len are the range; F_GETLK changes lk to the lock in the way, or to F_UNLCK. BlockingIOError
    or PermissionError: another process has it. The lock is this process's, but for the OFD commands: the first close of
    any descriptor of the file frees it.
    """
    fd, cmd = descriptor("fd", fd), i32("cmd", cmd)
    instance("lk", Flock_t, lk)
    cmd = _WIDE.get(cmd, cmd)
    before = kept.value
    while _fcntl(fd, cmd, byref(lk)) == -1:
        retry("fcntl", before)
