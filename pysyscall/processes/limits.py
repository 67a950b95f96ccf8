"""What a process may use, and how much it has used: limits, priorities, the file mode mask, times."""

from ctypes import addressof, byref
from sys import maxsize

from ..base.arguments import flag_bits, i32, u32
from ..base.errors import check, kept
from ..constants import SYS_GETPRIORITY, SYS_PRLIMIT64
from ..system.libc import syscall
from . import libc
from .structs import Rlimit, Rusage, Tms


def getrlimit(resource: int) -> Rlimit:
    """prlimit64(2): the limits of this process for a resource, such as RLIMIT_NOFILE. Go Getrlimit.

    `cur` is what holds, `max` how far this process may raise it; RLIM_INFINITY is no limit.
    """
    rlim = Rlimit()
    check("getrlimit", kept.value, syscall(SYS_PRLIMIT64, 0, i32("resource", resource), 0, addressof(rlim), 0, 0))
    return rlim


def setrlimit(resource: int, rlim: Rlimit) -> None:
    """prlimit64(2): set the limits of this process for a resource. Go Setrlimit.

    PermissionError: raising `max` needs CAP_SYS_RESOURCE. EINVAL: `cur` over `max`. Go has a special case for
    RLIMIT_NOFILE, which Go raises when it starts; Python does not raise it.
    """
    if not isinstance(rlim, Rlimit):
        raise TypeError(f"rlim must be an Rlimit, not {type(rlim).__name__}")
    check("setrlimit", kept.value, syscall(SYS_PRLIMIT64, 0, i32("resource", resource), addressof(rlim), 0, 0, 0))


def getpriority(which: int, who: int) -> int:
    """getpriority(2): the highest priority of a process, a group's or a user's processes. Go Getpriority.

    which: PRIO_PROCESS, PRIO_PGRP or PRIO_USER; who: 0 is the calling one. The result is the kernel's, as Go's: from 40
    for the highest to 1, that is 20 less the nice value, which is what setpriority takes.
    """
    which, who = i32("which", which), flag_bits("who", who)
    return check("getpriority", kept.value, syscall(SYS_GETPRIORITY, which, who, 0, 0, 0, 0))


def setpriority(which: int, who: int, prio: int) -> None:
    """setpriority(2): set the nice value, from -20 for the highest priority to 19. Go Setpriority.

    Values beyond become the nearest. PermissionError: another user's; EACCES: a lower value needs CAP_SYS_NICE.
    """
    which, who = i32("which", which), flag_bits("who", who) & 0xFFFF_FFFF
    check("setpriority", kept.value, libc.setpriority(which, who, i32("prio", prio)))


def getrusage(who: int) -> Rusage:
    """getrusage(2): what has been used by RUSAGE_SELF, RUSAGE_CHILDREN or RUSAGE_THREAD. Go Getrusage."""
    usage = Rusage()
    check("getrusage", kept.value, libc.getrusage(i32("who", who), byref(usage)))
    return usage


def times() -> "tuple[int, Tms]":
    """times(2): clock ticks since some moment, and those that this process and its children have computed. Go Times.

    `os.sysconf("SC_CLK_TCK")` ticks are a second. The first number wraps around at a register's width.
    """
    tms = Tms()
    return libc.times(byref(tms)) & (2 * maxsize + 1), tms


def umask(mask: int) -> int:
    """umask(2): set the file mode bits that new files do not get; the previous ones. Go Umask."""
    return libc.umask(u32("mask", mask))
