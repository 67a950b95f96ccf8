"""Namespaces: what a process sees of the machine."""

from ..base.arguments import descriptor, flag_bits
from ..base.errors import check, kept
from . import libc


def unshare(flags: int) -> None:
    """unshare(2): give this process namespaces of its own, such as CLONE_NEWNET or CLONE_NEWUSER. Go Unshare.

    PermissionError: all but CLONE_NEWUSER need CAP_SYS_ADMIN, which CLONE_NEWUSER in the same call brings. EINVAL:
    CLONE_NEWUSER in a process with threads.
    """
    flags = flag_bits("flags", flags)
    check("unshare", kept.value, libc.unshare(flags))


def setns(fd: int, nstype: int = 0) -> None:
    """setns(2): move this thread into another namespace. Go unix.Setns.

    fd is an open file such as /proc/PID/ns/net, and nstype 0 or the kind that it must be of, such as CLONE_NEWNET; or
    fd is a pidfd, and nstype which of that process's namespaces. For CLONE_NEWPID it is the children made from then on
    that move. EINVAL: another kind, or CLONE_NEWUSER in a process with threads. PermissionError: most kinds need
    CAP_SYS_ADMIN.
    """
    fd, nstype = descriptor("fd", fd), flag_bits("nstype", nstype)
    check("setns", kept.value, libc.setns(fd, nstype))
