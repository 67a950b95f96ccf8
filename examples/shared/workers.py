"""Several processes at the same work, for a machine with several processors."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import TypeAlias

import pysyscall as syscall

from .forked import become
from .stopping import STOP_SIGNALS, ignore_stop_signals

# What a worker does: it calls its argument once it has begun, and returns after SIGINT or SIGTERM.
Work: TypeAlias = Callable[[Callable[[], None]], object]


def run_workers(count: int, work: Work, begun: Callable[[], None], report: Callable[[str], None]) -> bool:
    """Run so many processes until SIGINT or SIGTERM, which are passed on; whether all went well.

    begun is called when all have begun. One that ends by itself is reported and not started anew, the others go on. If
    this process dies, so do they.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # were it ignored, as it may be inherited, no status would be left
    # Blocked, a signal is there for sigwait whenever it comes.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, (*STOP_SIGNALS, signal.SIGCHLD))
    reading, writing = syscall.pipe2(syscall.O_CLOEXEC)
    pids = {_fork(work, mask, reading, writing) for _ in range(count)}
    syscall.close(writing)
    good = _begun(reading) == count
    if good:
        begun()
    else:
        _terminate(pids)
    stopping = not good
    while pids:
        if signal.sigwait((*STOP_SIGNALS, signal.SIGCHLD)) in STOP_SIGNALS:
            stopping = True
            _terminate(pids)
        for pid, code in _ended(pids):
            pids.remove(pid)
            if code or not stopping:
                good = False
                report(f"worker {pid} has ended with status {code}")
    if stopping:
        ignore_stop_signals()  # and a second one, which is still blocked
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    return good


def _fork(work: Work, mask: set[int | signal.Signals], reading: int, writing: int) -> int:
    parent = os.getpid()
    sys.stdout.flush()
    try:
        pid = os.fork()
    except OSError as error:
        raise OSError(error.errno, f"fork: {error.strerror}") from None
    if pid == 0:
        os.close(reading)
        become(_live, work, mask, writing, parent, when_parent_dies=signal.SIGTERM)
    return pid


def _live(work: Work, mask: set[int | signal.Signals], writing: int, parent: int) -> None:
    """What a worker's process does."""

    def begun() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)  # from here on the work takes signals itself
        os.write(writing, b"\0")
        os.close(writing)

    if os.getppid() != parent:
        sys.exit(1)  # the one to serve for has died, before its death could be a signal
    work(begun)


def _begun(reading: int) -> int:
    """How many workers have begun, once each has, or has ended."""
    count = 0
    while os.read(reading, 1):
        count += 1
    os.close(reading)
    return count


def _terminate(pids: set[int]) -> None:
    for pid in pids:
        os.kill(pid, signal.SIGTERM)


def _ended(pids: set[int]) -> Iterator[tuple[int, int]]:
    """The workers that have ended, and their exit statuses; minus the signal's number where one ended it."""
    for pid in list(pids):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            yield pid, os.waitstatus_to_exitcode(status)
