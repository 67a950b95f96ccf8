"""Namespaces: what a process sees of the machine."""

from ..base.arguments import flag_bits
from ..base.errors import check
from . import libc


def unshare(flags: int) -> None:
    """unshare(2): give this process namespaces of its own, such as CLONE_NEWNET or CLONE_NEWUSER. Go Unshare.

    PermissionError: all but CLONE_NEWUSER need CAP_SYS_ADMIN, which CLONE_NEWUSER in the same call brings. EINVAL:
    CLONE_NEWUSER in a process with threads.
    """
    check("unshare", libc.unshare(flag_bits("flags", flags)))
