"""Which process this is, its process group and its session."""

from ..base.arguments import i32
from ..base.errors import check, kept
from ..constants import SYS_GETTID
from ..system.libc import syscall
from . import libc

_getpid = libc.getpid  # looked up once, see io.descriptors


def getpid() -> int:
    """getpid(2): this process's number. Go Getpid."""
    return _getpid()


def getppid() -> int:
    """getppid(2): the parent's number; 0 where it is in another PID namespace. Go Getppid."""
    return libc.getppid()


def gettid() -> int:
    """gettid(2): the calling thread's number, which is the process's in its first thread. Go Gettid."""
    return syscall(SYS_GETTID, 0, 0, 0, 0, 0, 0)


def getpgrp() -> int:
    """getpgrp(2): this process's process group. Go Getpgrp."""
    return libc.getpgrp()


def getpgid(pid: int) -> int:
    """getpgid(2): the process group of a process; 0 is this one. Go Getpgid."""
    return check("getpgid", kept.value, libc.getpgid(i32("pid", pid)))


def setpgid(pid: int, pgid: int) -> None:
    """setpgid(2): put a process, 0 for this one, into a process group, 0 for one of its own. Go Setpgid.

    PermissionError: EACCES, where a child has already started another program; EPERM, where it leads a session.
    """
    check("setpgid", kept.value, libc.setpgid(i32("pid", pid), i32("pgid", pgid)))


def setsid() -> int:
    """setsid(2): lead a new session, without a terminal; its number. Go Setsid.

    PermissionError: this process leads a process group.
    """
    return check("setsid", kept.value, libc.setsid())
