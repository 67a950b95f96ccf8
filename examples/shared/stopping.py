"""Ending a program by SIGINT or SIGTERM: the first one counts, and none cuts the ending short."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pysyscall as syscall

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopped(BaseException):
    """SIGINT or SIGTERM has come."""


def ignore_stop_signals() -> None:
    """Let SIGINT and SIGTERM do nothing from now on, until the program's exit."""
    with _held_back():
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)


def interrupt_once() -> None:
    """Let Ctrl-C raise KeyboardInterrupt, as ever, and a second one do nothing."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else it is ignored, as under nohup
        signal.signal(signal.SIGINT, _interrupt)


@contextmanager
def stop_signals() -> Iterator[int]:
    """A descriptor that can be read once SIGINT or SIGTERM has come, which do nothing else from the block's begin on.

    A handler in Python that raises would be too late for a signal that comes just before a call begins to wait; Python
    writes to this descriptor in the very signal handler.
    """
    reading, writing = syscall.pipe2(syscall.O_NONBLOCK | syscall.O_CLOEXEC)
    previous_fd = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    try:
        with _handled_by(lambda number, frame: ignore_stop_signals()):
            yield reading
    finally:
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
        try:
            with _handled_by(_stop):
                yield
        except Stopped:
            pass
        finally:
            signal.set_wakeup_fd(previous_fd)
    finally:
        syscall.close(waker)


@contextmanager
def _handled_by(handler: Callable[[int, object], None]) -> Iterator[None]:
    """Give the two signals a handler while the block lasts, and their own back if none has come."""
    previous = {number: signal.signal(number, handler) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        with _held_back():
            for number, before in previous.items():
                if signal.getsignal(number) is handler:  # and not ignored: one has come
                    signal.signal(number, before)


@contextmanager
def _held_back() -> Iterator[None]:
    """Keep the two signals for the end of the block: Python complains of one that finds its handler just gone."""
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _stop(number: int, frame: object) -> None:
    ignore_stop_signals()
    raise Stopped


def _interrupt(number: int, frame: object) -> None:
    ignore_stop_signals()
    raise KeyboardInterrupt
