"""Namespaces: what a process sees of the machine."""

from ..base.arguments import flag_bits, i32
from ..base.errors import check
from . import libc


def unshare(flags: int) -> None:
    """unshare(2): give this process namespaces of its own, such as CLONE_NEWNET or CLONE_NEWUSER. Go Unshare.

    PermissionError: all but CLONE_NEWUSER need CAP_SYS_ADMIN, which CLONE_NEWUSER in the same call brings. EINVAL:
    CLONE_NEWUSER in a process with threads.
    """
    check("unshare", libc.unshare(flag_bits("flags", flags)))


def setns(fd: int, nstype: int = 0) -> None:
    """setns(2): move this thread into another namespace. Go unix.Setns.

    fd is an open file such as /proc/PID/ns/net, and nstype 0 or the kind that it must be of, such as CLONE_NEWNET; or
    fd is a pidfd, and nstype which of that process's namespaces. For CLONE_NEWPID it is the children made from then on
    that move. EINVAL: another kind, or CLONE_NEWUSER in a process with threads. PermissionError: most kinds need
    CAP_SYS_ADMIN.
    """
    check("setns", libc.setns(i32("fd", fd), flag_bits("nstype", nstype)))
