"""Ending a program by SIGINT or SIGTERM: the first one counts, and none cuts the ending short."""

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pysyscall as syscall

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopped(BaseException):
    """SIGINT or SIGTERM has come."""


class Terminated(KeyboardInterrupt):
    """SIGTERM has come, which ends a program as Ctrl-C does, but for its exit status."""


def ignore_stop_signals() -> None:
    """Let SIGINT and SIGTERM do nothing from now on, until the program's exit."""
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)


def stop_once() -> None:
    """Let SIGINT raise KeyboardInterrupt, as ever, and SIGTERM Terminated; a second one of them does nothing."""
    first = _First({signal.SIGINT: KeyboardInterrupt, signal.SIGTERM: Terminated})
    # One that is ignored, as under nohup, stays so.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, first)
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, first)


@contextmanager
def stop_signals() -> Iterator[int]:
    """A descriptor that can be read once SIGINT or SIGTERM has come, which do nothing else from the block's begin on.

    A handler in Python that raises would be too late for a signal that comes just before a call begins to wait; Python
    writes to this descriptor in the very signal handler.
    """
    reading, writing = syscall.pipe2(syscall.O_NONBLOCK | syscall.O_CLOEXEC)
    previous_fd = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    try:
        with _handled_by(_First({})):
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
            with _handled_by(_First(dict.fromkeys(STOP_SIGNALS, Stopped))):
                yield
        except Stopped:
            pass
        finally:
            signal.set_wakeup_fd(previous_fd)
    finally:
        syscall.close(waker)


class _First:
    """A handler that raises what it should for the first signal, and keeps all further ones from this process.

    It cannot ignore them: Python complains of a signal that has come, and has another handler when its turn comes.
    """

    def __init__(self, kinds: Mapping[int, type[BaseException]]) -> None:
        self._kinds = kinds
        self.has_come = False

    def __call__(self, number: int, frame: object) -> None:
        is_first, self.has_come = not self.has_come, True
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        if is_first and number in self._kinds:
            raise self._kinds[number]


@contextmanager
def _handled_by(handler: _First) -> Iterator[None]:
    """Give the two signals a handler while the block lasts, and their own back if none has come."""
    previous = {number: signal.signal(number, handler) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        if handler.has_come:
            ignore_stop_signals()
        else:
            for number, before in previous.items():
                signal.signal(number, before)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
