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


@contextmanager
def stopping_receiver(fd: int) -> Iterator[None]:
    """Let SIGINT and SIGTERM end the block, in which a UDP socket waits for datagrams, and nothing but them.

    The handler raises. For a signal that comes just before a call begins to wait that is too late; so Python, in the
    very signal handler, also writes to a socket that is connected to this one: a datagram ends the wait.
    """
    own = syscall.getsockname(fd)
    waker = syscall.sys_socket(own.family, syscall.SOCK_DGRAM, syscall.IPPROTO_UDP)
    try:
        syscall.connect(waker, own)
        previous_fd = signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        previous = {number: signal.signal(number, _stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        except Stopped:
            pass
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(previous_fd)
    finally:
        syscall.close(waker)


class Stopped(BaseException):
    """SIGINT or SIGTERM has come."""


def _stop(number: int, frame: object) -> None:
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)  # one is enough, and nothing shall cut the ending short
    raise Stopped


def readable_before_stop(fd: int, stop: int) -> bool:
    """select(2): wait until fd can be read, or, which is False, stop_signals' descriptor."""
    fds = syscall.FdSet()
    fds.set(fd)
    fds.set(stop)
    syscall.select(max(fd, stop) + 1, fds, None, None)
    return not fds.is_set(stop)
