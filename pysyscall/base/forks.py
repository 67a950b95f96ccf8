"""Which process this is.

A forked child has a copy of every object of its parent's, but what the kernel shares with a process (a mapped ring) it
shares with both. What a child did there, its parent would see.
"""

from os import getpid, register_at_fork

count = 0  # of the forks between the first process and this one


def this_process() -> "tuple[int, int]":
    """A value that no child of this process has. A number alone may come again: a PID namespace has its own."""
    return getpid(), count


def _count() -> None:
    global count
    count += 1


register_at_fork(after_in_child=_count)
