"""What every test is held to (no descriptor leaks, none hangs), and the descriptors that most tests need."""

import ctypes
import gc
import os
import signal
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TypeAlias

import pytest

import pysyscall as syscall

from .limits import skip_where_lacking

LOOPBACK = bytes((127, 0, 0, 1))
LOOPBACK6 = bytes(15) + b"\x01"

Keep: TypeAlias = Callable[[int], int]


# A shell that starts the tests in the background has them ignore SIGINT and SIGQUIT, and so every program they start.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)


def open_descriptors() -> dict[int, str]:
    """This process's descriptors, and what each is."""
    found = {}
    for name in os.listdir("/proc/self/fd"):
        with suppress(FileNotFoundError):  # the listing's own
            found[int(name)] = os.readlink(f"/proc/self/fd/{name}")
    return found


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what is marked with `needs` where an emulator lacks it."""
    for mark in item.iter_markers("needs"):
        skip_where_lacking(mark.args)


class _Watchdog:
    """A timer of the kernel's. When it ends, faulthandler shows where each thread is, and SIGABRT ends the run.

    It is no thread, beside which os.fork warns, and no child's: a process that is forked has none.
    """

    def __init__(self) -> None:
        # struct sigevent: a value as wide as a pointer, the signal, SIGEV_SIGNAL, which is 0, and room for other kinds.
        event = struct.pack("Pii", 0, signal.SIGABRT, 0).ljust(64, b"\0")
        number = (ctypes.c_int * 1)()
        syscall.syscall(syscall.SYS_TIMER_CREATE, time.CLOCK_MONOTONIC, event, number)
        self._number = number[0]

    def set(self, seconds: int) -> None:
        """Start it anew; 0 stops it."""
        # struct itimerspec: an interval and a time, each in seconds and nanoseconds.
        times = struct.pack("4l", 0, 0, seconds, 0)
        syscall.syscall6(syscall.SYS_TIMER_SETTIME, self._number, 0, times)


@pytest.fixture(scope="session")
def _watchdog() -> _Watchdog:
    return _Watchdog()


@pytest.fixture(autouse=True)
def _no_hang(_watchdog: _Watchdog) -> Iterator[None]:
    """End the whole run, with a traceback of every thread, where one test never ends."""
    _watchdog.set(300)
    yield
    _watchdog.set(0)


@pytest.fixture(autouse=True)
def _no_descriptor_leaks(_no_hang: None) -> Iterator[None]:
    before = open_descriptors()
    yield
    leaked = open_descriptors().keys() - before.keys()
    if leaked:
        gc.collect()  # a descriptor that its owner would close is no leak
        now = open_descriptors()
        leaks = {fd: now[fd] for fd in leaked if fd in now}
        assert not leaks, f"left open: {leaks}"


@pytest.fixture
def keep() -> Iterator[Keep]:
    """keep(fd) is fd, and closes it when the test has ended, unless the test did."""
    kept: list[int] = []

    def keep(fd: int) -> int:
        kept.append(fd)
        return fd

    yield keep
    for fd in kept:
        with suppress(OSError):  # the test has closed it
            os.close(fd)


@pytest.fixture
def stream(keep: Keep) -> tuple[int, int]:
    """Two connected Unix stream sockets."""
    a, b = map(keep, syscall.socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM | syscall.SOCK_CLOEXEC))
    return a, b


@pytest.fixture
def dgram(keep: Keep) -> tuple[int, int]:
    """Two connected Unix datagram sockets."""
    a, b = map(keep, syscall.socketpair(syscall.AF_UNIX, syscall.SOCK_DGRAM | syscall.SOCK_CLOEXEC))
    return a, b


@pytest.fixture
def pipe(keep: Keep) -> tuple[int, int]:
    """A pipe: its reading and its writing end."""
    r, w = map(keep, syscall.pipe2(syscall.O_CLOEXEC))
    return r, w


@pytest.fixture
def listener(keep: Keep) -> tuple[int, syscall.SockaddrInet4]:
    """A TCP socket that listens on a free port of the loopback, and its address."""
    fd = keep(syscall.socket(syscall.AF_INET, syscall.SOCK_STREAM | syscall.SOCK_CLOEXEC))
    syscall.bind(fd, syscall.SockaddrInet4(0, LOOPBACK))
    syscall.listen(fd)
    address = syscall.getsockname(fd)
    assert isinstance(address, syscall.SockaddrInet4)
    return fd, address


@pytest.fixture
def tcp(keep: Keep, listener: tuple[int, syscall.SockaddrInet4]) -> tuple[int, int]:
    """Two connected TCP sockets: the client's and the server's."""
    client = keep(syscall.socket(syscall.AF_INET, syscall.SOCK_STREAM | syscall.SOCK_CLOEXEC))
    syscall.connect(client, listener[1])
    server, _ = syscall.accept4(listener[0], syscall.SOCK_CLOEXEC)
    return client, keep(server)


@pytest.fixture
def udp(keep: Keep) -> tuple[int, syscall.SockaddrInet4]:
    """A UDP socket on a free port of the loopback, and its address."""
    fd = keep(syscall.socket(syscall.AF_INET, syscall.SOCK_DGRAM | syscall.SOCK_CLOEXEC))
    syscall.bind(fd, syscall.SockaddrInet4(0, LOOPBACK))
    address = syscall.getsockname(fd)
    assert isinstance(address, syscall.SockaddrInet4)
    return fd, address
