"""Clean exit on SIGINT or SIGTERM: the first signal ends the program, later ones do not interrupt its cleanup."""

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pysyscall as syscall

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopped(BaseException):
    """SIGINT or SIGTERM was received."""


class Terminated(KeyboardInterrupt):
    """SIGTERM was received. It ends a program as Ctrl-C does, with another exit status."""


def ignore_stop_signals() -> None:
    """Ignore SIGINT and SIGTERM until the program's exit."""
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)


def stop_once() -> None:
    """Let SIGINT raise KeyboardInterrupt, as usual, and SIGTERM Terminated; ignore all further ones."""
    first = _First({signal.SIGINT: KeyboardInterrupt, signal.SIGTERM: Terminated})
    # A signal that is ignored, as under nohup, stays ignored.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, first)
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, first)


@contextmanager
def stop_signals() -> Iterator[int]:
    """Return a descriptor that becomes readable on SIGINT or SIGTERM, which have no other effect in the block.

    Python runs its signal handlers between bytecodes, so that an exception raised by one is too late for a signal that
    arrives just before a call starts to wait. Python writes to this descriptor in the C signal handler itself.
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
    """Let SIGINT and SIGTERM end the block, in which a UDP socket receives datagrams.

    The Python signal handler raises an exception, which is too late for a signal that arrives just before a call starts
    to wait. So Python's C signal handler also writes to a socket that is connected to this one, and the datagram ends
    the wait.
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
    """A signal handler that raises the given exception for the first signal, and blocks all further ones.

    It does not set SIG_IGN: if a signal is already pending in Python when its handler becomes SIG_IGN, Python reports
    an error.
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
    """Set the handler of both signals in the block; restore the previous ones if no signal was received."""
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
