"""Ending a program by SIGINT or SIGTERM: the first one counts, and none cuts the ending short."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pysyscall as syscall

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopped(BaseException):
    """SIGINT or SIGTERM has come."""


class Terminated(KeyboardInterrupt):
    """SIGTERM has come, which ends a program as Ctrl-C does, but for its exit status."""


def hold_back() -> bool:
    """Keep the two signals from this process from now on; whether they were not kept from it already.

    For handlers: Python complains of a signal that has come, and whose handler is another when its turn comes.
    """
    return signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)


def ignore_stop_signals() -> None:
    """Let SIGINT and SIGTERM do nothing from now on, until the program's exit."""
    hold_back()
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)


def stop_once() -> None:
    """Let SIGINT raise KeyboardInterrupt, as ever, and SIGTERM Terminated; a second one of them does nothing."""
    # One that is ignored, as under nohup, stays so.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _raising(KeyboardInterrupt))
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _raising(Terminated))


@contextmanager
def stop_signals() -> Iterator[int]:
    """A descriptor that can be read once SIGINT or SIGTERM has come, which do nothing else from the block's begin on.

    A handler in Python that raises would be too late for a signal that comes just before a call begins to wait; Python
    writes to this descriptor in the very signal handler.
    """
    reading, writing = syscall.pipe2(syscall.O_NONBLOCK | syscall.O_CLOEXEC)
    previous_fd = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    try:
        with _handled_by(lambda number, frame: hold_back()):
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
            with _handled_by(_raising(Stopped)):
                yield
        except Stopped:
            pass
        finally:
            signal.set_wakeup_fd(previous_fd)
    finally:
        syscall.close(waker)


@contextmanager
def _handled_by(handler: Callable[[int, object], object]) -> Iterator[None]:
    """Give the two signals a handler while the block lasts, and their own back if none has come.

    The handler holds them back.
    """
    previous = {number: signal.signal(number, handler) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        if hold_back():
            for number, before in previous.items():
                signal.signal(number, before)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
        else:
            ignore_stop_signals()


def _raising(kind: type[BaseException]) -> Callable[[int, object], None]:
    def handler(number: int, frame: object) -> None:
        if hold_back():
            raise kind

    return handler
