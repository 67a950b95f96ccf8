"""Worker processes that do the same work, for machines with several processors."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import TypeAlias

import pysyscall as syscall

from .forked import become
from .stopping import STOP_SIGNALS, ignore_stop_signals

# The work of a process: it calls its argument when it is ready, and returns after SIGINT or SIGTERM.
Work: TypeAlias = Callable[[Callable[[], None]], object]


def run_workers(count: int, work: Work, begun: Callable[[], None], report: Callable[[str], None]) -> bool:
    """Run count worker processes until SIGINT or SIGTERM, which end them too; return whether all succeeded.

    begun is called when all workers are ready. A worker that ends by itself is reported and not restarted; the others
    continue. The workers die with this process.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # if ignored, there would be no exit statuses
    # sigwait takes blocked signals, whenever they arrive.
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
        ignore_stop_signals()  # also a second one that is still blocked
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
    """Run the work in a worker process."""

    def begun() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)  # from now on the work handles signals itself
        os.write(writing, b"\0")
        os.close(writing)

    if os.getppid() != parent:
        sys.exit(1)  # the parent died before PR_SET_PDEATHSIG was set
    work(begun)


def _begun(reading: int) -> int:
    """Wait until each worker is ready or has ended, and return the number of ready ones."""
    count = 0
    while os.read(reading, 1):
        count += 1
    os.close(reading)
    return count


def _terminate(pids: set[int]) -> None:
    for pid in pids:
        os.kill(pid, signal.SIGTERM)


def _ended(pids: set[int]) -> Iterator[tuple[int, int]]:
    """Yield the pid and exit status of each worker that has ended; -N if signal N killed it."""
    for pid in list(pids):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            yield pid, os.waitstatus_to_exitcode(status)
