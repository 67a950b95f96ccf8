"""Sending signals and waiting for them."""

from ..base.arguments import i32
from ..base.errors import check, kept, retry
from ..constants import SYS_TGKILL
from ..system.libc import syscall
from . import libc


def kill(pid: int, sig: int) -> None:
    """kill(2): send a signal to a process. Go Kill.

    pid 0 is every process of this process group, -1 every process that this one may signal, and any other negative
    number every process of the process group -pid. Signal 0 only checks whether a signal could be sent. A Python
    handler runs in the main thread. ProcessLookupError: no such process.
    """
    check("kill", kept.value, libc.kill(i32("pid", pid), i32("sig", sig)))


def tgkill(tgid: int, tid: int, sig: int) -> None:
    """tgkill(2): send a signal to the thread tid of the process tgid. Go Tgkill.

    A Python handler still runs in the main thread.
    """
    tgid, tid, sig = i32("tgid", tgid), i32("tid", tid), i32("sig", sig)
    check("tgkill", kept.value, syscall(SYS_TGKILL, tgid, tid, sig, 0, 0, 0))


def pause() -> None:
    """pause(2): wait for a signal that has a handler, and return after the handler has run. Go Pause.

    Go returns EINTR, the only result of the kernel. A signal that arrives before the call does not end the wait.
    """
    before = kept.value
    if libc.pause() == -1:
        retry("pause", before)
