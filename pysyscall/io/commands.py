"""fcntl(2) with the commands that take a number."""

from ..base.arguments import descriptor, i32
from ..base.errors import kept, retry
from ..constants import (
    F_GET_FILE_RW_HINT,
    F_GET_RW_HINT,
    F_GETLK,
    F_GETLK64,
    F_GETOWN_EX,
    F_GETOWNER_UIDS,
    F_OFD_GETLK,
    F_OFD_SETLK,
    F_OFD_SETLKW,
    F_SET_FILE_RW_HINT,
    F_SET_RW_HINT,
    F_SETLK,
    F_SETLK64,
    F_SETLKW,
    F_SETLKW64,
    F_SETOWN_EX,
)
from . import libc

# The commands whose argument is an address, to which the kernel may write.
_WITH_STRUCTURES = {
    F_GETLK,
    F_GETLK64,
    F_SETLK,
    F_SETLK64,
    F_SETLKW,
    F_SETLKW64,
    F_OFD_GETLK,
    F_OFD_SETLK,
    F_OFD_SETLKW,
    F_SETOWN_EX,
    F_GETOWN_EX,
    F_GETOWNER_UIDS,
    F_GET_RW_HINT,
    F_SET_RW_HINT,
    F_GET_FILE_RW_HINT,
    F_SET_FILE_RW_HINT,
}


def fcntl_int(fd: int, cmd: int, arg: int) -> int:
    """fcntl(2): run a command that takes a number (F_DUPFD_CLOEXEC, ...) and return its result. Go unix.FcntlInt.

    ValueError: the command takes a structure (F_SETLK, F_OFD_SETLK), so that arg would be used as an address.
    """
    if type(fd) is not int or type(cmd) is not int or type(arg) is not int or (fd | cmd | arg) >> 31:
        fd, cmd, arg = descriptor("fd", fd), i32("cmd", cmd), i32("arg", arg)
    if cmd in _WITH_STRUCTURES:
        raise ValueError(f"cmd {cmd} takes a structure, and no number")
    before = kept.value
    while (result := libc.fcntl(fd, cmd, arg)) == -1:
        retry("fcntl", before)
    return result
