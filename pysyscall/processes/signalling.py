"""Signals sent and awaited."""

from ..base.arguments import i32
from ..base.errors import check, kept, retry
from ..constants import SYS_TGKILL
from ..system.libc import syscall
from . import libc


def kill(pid: int, sig: int) -> None:
    """kill(2): send a signal to a process. Go Kill.

    pid 0 is this process group, -1 every process that may be signalled, and another negative number a process group.
    Signal 0 only looks whether it could be sent. A Python handler runs in the main thread. ProcessLookupError: no such
    process.
    """
    check("kill", kept.value, libc.kill(i32("pid", pid), i32("sig", sig)))


def tgkill(tgid: int, tid: int, sig: int) -> None:
    """tgkill(2): send a signal to one thread, tid, of a process, tgid. Go Tgkill.

    A Python handler runs in the main thread all the same.
    """
    tgid, tid, sig = i32("tgid", tgid), i32("tid", tid), i32("sig", sig)
    check("tgkill", kept.value, syscall(SYS_TGKILL, tgid, tid, sig, 0, 0, 0))


def pause() -> None:
    """pause(2): wait for a signal that has a handler, and return when the handler has run. Go Pause.

    Go returns EINTR, which is what the kernel always says. A signal that arrives before the call is not waited for.
    """
    before = kept.value
    if libc.pause() == -1:
        retry("pause", before)
