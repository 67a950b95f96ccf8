"""Waiting for a descriptor, but not for ever."""

from time import monotonic

import pysyscall as syscall


def readable_before(deadline: float, fd: int) -> bool:
    """select(2): whether something can be read before time.monotonic() reaches the deadline.

    The reading itself is best done with MSG_DONTWAIT: the kernel may still drop what it has announced.
    """
    microseconds = round((deadline - monotonic()) * 1_000_000)
    if microseconds <= 0:
        return False  # also under a flood, which would make every further select say yes
    fds = syscall.FdSet()
    fds.set(fd)
    return syscall.select(fd + 1, fds, None, None, syscall.Timeval(*divmod(microseconds, 1_000_000))) > 0
