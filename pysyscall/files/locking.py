"""File locks: on whole files, and on ranges of bytes."""

from ctypes import byref

from ..base.abi import ABI, ABIS_32_BIT
from ..base.arguments import descriptor, i32, instance
from ..base.errors import kept, retry
from ..constants import F_GETLK, F_GETLK64, F_SETLK, F_SETLK64, F_SETLKW, F_SETLKW64
from . import kernel, libc
from .structs import Flock_t

# On 32-bit ABIs F_GETLK and so on take 32-bit offsets. Go gives these names the values of the 64-bit commands.
_IS_32_BIT = ABI in ABIS_32_BIT
_WIDE = {F_GETLK: F_GETLK64, F_SETLK: F_SETLK64, F_SETLKW: F_SETLKW64} if _IS_32_BIT else {}
_fcntl = kernel.fcntl64 if _IS_32_BIT else kernel.fcntl


def flock(fd: int, how: int) -> None:
    """flock(2): lock an open file (LOCK_SH or LOCK_EX), or unlock it (LOCK_UN). Go Flock.

    The call waits for the lock. With LOCK_NB it raises BlockingIOError if the lock is held elsewhere. The lock belongs
    to the open file description: duplicated and inherited descriptors share it, and the last close releases it.
    """
    fd, how = descriptor("fd", fd), i32("how", how)
    before = kept.value
    while libc.flock(fd, how) == -1:
        retry("flock", before)


def fcntl_flock(fd: int, cmd: int, lk: Flock_t) -> None:
    """fcntl(2) with a struct flock: lock a range of a file, or find out who has locked it. Go FcntlFlock.

    cmd is F_SETLK, F_SETLKW (which waits) or F_GETLK, or their F_OFD_ forms. lk.type is F_RDLCK, F_WRLCK or F_UNLCK;
    lk.whence, lk.start and lk.len are the range. F_GETLK stores the conflicting lock in lk, or sets lk.type to F_UNLCK.
    The lock belongs to the process, and is released when the process closes any descriptor of the file. A lock of the
    OFD commands belongs to the open file description. BlockingIOError or PermissionError: a conflicting lock is held.
    """
    fd, cmd = descriptor("fd", fd), i32("cmd", cmd)
    instance("lk", Flock_t, lk)
    cmd = _WIDE.get(cmd, cmd)
    before = kept.value
    while _fcntl(fd, cmd, byref(lk)) == -1:
        retry("fcntl", before)
