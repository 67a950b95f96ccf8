"""Ending a server by SIGINT or SIGTERM."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pysyscall as syscall


@contextmanager
def stop_signals() -> Iterator[int]:
    """A descriptor that can be read once SIGINT or SIGTERM has come, which do nothing else while the block lasts.

    A handler in Python that raises would be too late for a signal that comes just before a call begins to wait; Python
    writes to this descriptor in the very signal handler.
    """
    reading, writing = syscall.pipe2(syscall.O_NONBLOCK | syscall.O_CLOEXEC)
    previous_fd = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    previous = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield reading
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(previous_fd)
        syscall.close(writing)
        syscall.close(reading)


def readable_before_stop(fd: int, stop: int) -> bool:
    """select(2): wait until fd can be read, or, which is False, stop_signals' descriptor."""
    fds = syscall.FdSet()
    fds.set(fd)
    fds.set(stop)
    syscall.select(max(fd, stop) + 1, fds, None, None)
    return not fds.is_set(stop)
