"""Resource limits and usage, priorities, CPU times, and the file mode creation mask."""

from ctypes import addressof, byref
from sys import maxsize

from ..base.arguments import flag_bits, i32, u32
from ..base.errors import check, kept
from ..constants import SYS_GETPRIORITY, SYS_PRLIMIT64
from ..system.libc import syscall
from . import libc
from .structs import Rlimit, Rusage, Tms


def getrlimit(resource: int) -> Rlimit:
    """prlimit64(2): return this process's limits on a resource, such as RLIMIT_NOFILE. Go Getrlimit.

    `cur` is the soft limit, which the kernel enforces; `max` is the hard limit, up to which the process may raise it.
    RLIM_INFINITY means no limit.
    """
    rlim = Rlimit()
    check("getrlimit", kept.value, syscall(SYS_PRLIMIT64, 0, i32("resource", resource), 0, addressof(rlim), 0, 0))
    return rlim


def setrlimit(resource: int, rlim: Rlimit) -> None:
    """prlimit64(2): set this process's limits on a resource. Go Setrlimit.

    PermissionError: raising `max` needs CAP_SYS_RESOURCE. EINVAL: `cur` exceeds `max`. Go raises RLIMIT_NOFILE when it
    starts and treats it specially here; Python does neither.
    """
    if not isinstance(rlim, Rlimit):
        raise TypeError(f"rlim must be an Rlimit, not {type(rlim).__name__}")
    check("setrlimit", kept.value, syscall(SYS_PRLIMIT64, 0, i32("resource", resource), addressof(rlim), 0, 0, 0))


def getpriority(which: int, who: int) -> int:
    """getpriority(2): return the highest priority of a process, a process group or a user's processes. Go Getpriority.

    which is PRIO_PROCESS, PRIO_PGRP or PRIO_USER; who 0 is the caller. As in Go, the result is the kernel's 20 - nice:
    from 40, the highest priority, to 1. setpriority takes the nice value.
    """
    which, who = i32("which", which), flag_bits("who", who)
    return check("getpriority", kept.value, syscall(SYS_GETPRIORITY, which, who, 0, 0, 0, 0))


def setpriority(which: int, who: int, prio: int) -> None:
    """setpriority(2): set the nice value, from -20 (highest priority) to 19. Go Setpriority.

    Values outside this range are clamped. PermissionError: another user's process (EPERM), or a lower nice value
    without CAP_SYS_NICE (EACCES).
    """
    which, who = i32("which", which), flag_bits("who", who) & 0xFFFF_FFFF
    check("setpriority", kept.value, libc.setpriority(which, who, i32("prio", prio)))


def getrusage(who: int) -> Rusage:
    """getrusage(2): return the resource usage of RUSAGE_SELF, RUSAGE_CHILDREN or RUSAGE_THREAD. Go Getrusage."""
    usage = Rusage()
    check("getrusage", kept.value, libc.getrusage(i32("who", who), byref(usage)))
    return usage


def times() -> "tuple[int, Tms]":
    """times(2): return the clock ticks since a fixed moment, and the CPU times of process and children. Go Times.

    A second has `os.sysconf("SC_CLK_TCK")` ticks. The first number wraps around at the width of a C long.
    """
    tms = Tms()
    return libc.times(byref(tms)) & (2 * maxsize + 1), tms


def umask(mask: int) -> int:
    """umask(2): set the file mode creation mask, whose bits new files do not get, and return the old one. Go Umask."""
    return libc.umask(u32("mask", mask))
