"""Namespaces: what a process sees of the machine."""

from . import libc
from .arguments import flag_bits
from .errors import check


def unshare(flags: int) -> None:
    """unshare(2): give this process namespaces of its own, such as CLONE_NEWNET or CLONE_NEWUSER. Go Unshare.

    PermissionError: all but CLONE_NEWUSER need CAP_SYS_ADMIN, which CLONE_NEWUSER in the same call brings. EINVAL:
    CLONE_NEWUSER in a process with threads.
    """
    check("unshare", libc.unshare(flag_bits("flags", flags)))
