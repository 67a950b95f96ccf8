"""Waiting for a descriptor, but not for ever, and not past a signal.

poll(2), which takes descriptors of every number: select(2) ends at 1,023.
"""

from ctypes import Array
from math import ceil
from time import monotonic

import pysyscall as syscall


def readable_before(deadline: float, fd: int) -> bool:
    """Whether something can be read before time.monotonic() reaches the deadline.

    The reading itself is best done with MSG_DONTWAIT: the kernel may still drop what it has announced.
    """
    return _ready_before(deadline, fd, syscall.POLLIN)


def writable_before(deadline: float, fd: int) -> bool:
    """Whether something can be written before time.monotonic() reaches the deadline."""
    return _ready_before(deadline, fd, syscall.POLLOUT)


def readable_before_stop(fd: int, stop: int) -> bool:
    """Wait until fd can be read, or, which is False, stop_signals' descriptor."""
    fds = (syscall.PollFd * 2)()
    fds[0].fd, fds[0].events = fd, syscall.POLLIN
    fds[1].fd, fds[1].events = stop, syscall.POLLIN
    syscall.poll(fds, -1)
    return not fds[1].revents


def wait_until_writable(fd: int) -> None:
    """Wait until something can be written, or until an attempt would say why not."""
    syscall.poll(_one(fd, syscall.POLLOUT), -1)


def _ready_before(deadline: float, fd: int, events: int) -> bool:
    left = deadline - monotonic()
    if left <= 0:
        return False  # also under a flood, which would make every further poll say yes
    return syscall.poll(_one(fd, events), ceil(left * 1000)) > 0


def _one(fd: int, events: int) -> "Array[syscall.PollFd]":
    fds = (syscall.PollFd * 1)()
    fds[0].fd, fds[0].events = fd, events
    return fds
