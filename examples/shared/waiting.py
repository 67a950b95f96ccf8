"""Waiting for a descriptor, with a deadline or until a signal.

Uses poll(2), which has no limit on descriptors; select(2) supports them up to 1,023 only.
"""

from ctypes import Array
from math import ceil
from time import monotonic

import pysyscall as syscall


def readable_before(deadline: float, fd: int) -> bool:
    """Wait until fd is readable and return True, or return False at the deadline, a value of time.monotonic().

    Read with MSG_DONTWAIT afterwards: the kernel may still drop a datagram after poll has reported it.
    """
    return _ready_before(deadline, fd, syscall.POLLIN)


def writable_before(deadline: float, fd: int) -> bool:
    """Wait until fd is writable and return True, or return False at the deadline."""
    return _ready_before(deadline, fd, syscall.POLLOUT)


def readable_before_stop(fd: int, stop: int) -> bool:
    """Wait until fd is readable and return True, or return False when `stop`, from stop_signals, is readable."""
    fds = (syscall.PollFd * 2)()
    fds[0].fd, fds[0].events = fd, syscall.POLLIN
    fds[1].fd, fds[1].events = stop, syscall.POLLIN
    syscall.poll(fds, -1)
    return not fds[1].revents


def wait_until_writable(fd: int) -> None:
    """Wait until fd is writable, or has an error that a write would report."""
    syscall.poll(_one(fd, syscall.POLLOUT), -1)


def _ready_before(deadline: float, fd: int, events: int) -> bool:
    left = deadline - monotonic()
    if left <= 0:
        return False  # also if datagrams never stop coming, and poll would always return at once
    return syscall.poll(_one(fd, events), ceil(left * 1000)) > 0


def _one(fd: int, events: int) -> "Array[syscall.PollFd]":
    fds = (syscall.PollFd * 1)()
    fds[0].fd, fds[0].events = fd, events
    return fds
