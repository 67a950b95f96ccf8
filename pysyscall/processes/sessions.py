"""Process ids, process groups and sessions."""

from ..base.arguments import i32
from ..base.declaration import keeping_gil
from ..base.errors import check, kept
from ..constants import SYS_GETTID
from ..system.libc import syscall
from . import libc

_getpid = keeping_gil(libc.getpid)  # looked up once, see io.descriptors


def getpid() -> int:
    """getpid(2): return the process id. Go Getpid."""
    return _getpid()


def getppid() -> int:
    """getppid(2): return the parent's process id; 0 if the parent is in another PID namespace. Go Getppid."""
    return libc.getppid()


def gettid() -> int:
    """gettid(2): return the calling thread's id; in the main thread it equals the process id. Go Gettid."""
    return syscall(SYS_GETTID, 0, 0, 0, 0, 0, 0)


def getpgrp() -> int:
    """getpgrp(2): return this process's process group id. Go Getpgrp."""
    return libc.getpgrp()


def getpgid(pid: int) -> int:
    """getpgid(2): return the process group id of a process; pid 0 is this process. Go Getpgid."""
    return check("getpgid", kept.value, libc.getpgid(i32("pid", pid)))


def setpgid(pid: int, pgid: int) -> None:
    """setpgid(2): move a process (0: this one) into a process group (0: a new one). Go Setpgid.

    PermissionError: the child has already called execve (EACCES); the process leads a session, or the group is in
    another session (EPERM).
    """
    check("setpgid", kept.value, libc.setpgid(i32("pid", pid), i32("pgid", pgid)))


def setsid() -> int:
    """setsid(2): create a session without a controlling terminal and return its id. Go Setsid.

    PermissionError: this process already leads a process group.
    """
    return check("setsid", kept.value, libc.setsid())
