"""Namespaces: created and joined. namespaces(7)."""

from ..base.arguments import descriptor, flag_bits
from ..base.errors import check, kept
from . import libc


def unshare(flags: int) -> None:
    """unshare(2): move the calling thread into new namespaces, such as CLONE_NEWNET or CLONE_NEWUSER. Go Unshare.

    CLONE_NEWPID applies only to children created afterwards. PermissionError: all namespaces except CLONE_NEWUSER need
    CAP_SYS_ADMIN, which CLONE_NEWUSER in the same call provides. EINVAL: CLONE_NEWUSER in a process with several
    threads.
    """
    flags = flag_bits("flags", flags)
    check("unshare", kept.value, libc.unshare(flags))


def setns(fd: int, nstype: int = 0) -> None:
    """setns(2): move the calling thread into an existing namespace. Go unix.Setns.

    fd is an open file such as /proc/PID/ns/net, and nstype 0 or the type that it must have, such as CLONE_NEWNET. Or fd
    is a pidfd, and nstype selects namespaces of that process. CLONE_NEWPID applies only to children created afterwards.
    EINVAL: another type, or CLONE_NEWUSER or CLONE_NEWNS in a process with several threads. PermissionError: needs
    CAP_SYS_ADMIN.
    """
    fd, nstype = descriptor("fd", fd), flag_bits("nstype", nstype)
    check("setns", kept.value, libc.setns(fd, nstype))
