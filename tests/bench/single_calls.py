"""Single calls beside CPython's own module and bare ctypes: what a row is. The rows are in socket_calls and file_calls.

Bare ctypes looks at no argument, no result and no errno: it is what a call into C costs in any case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from ctypes import CDLL, c_char
from typing import NamedTuple, TypeAlias

Loop: TypeAlias = Callable[[int], None]

LIBC = CDLL(None, use_errno=True)
SIZE = 64
PAYLOAD = bytes(range(SIZE))
Array = c_char * SIZE
CPYTHON, OURS, BARE = "CPython: its own module", "pysyscall", "bare ctypes: the same calls"
WITH_ARRAY, WITH_BYTEARRAY = "pysyscall: a ctypes array to fill", "pysyscall: a bytearray to fill"


class Loops(NamedTuple):
    """Who does it, by name; and what is done before, uncounted, for at most so many at a time."""

    contenders: dict[str, Loop]
    before: Callable[[int], None] | None = None
    at_once: int = 1 << 30


class Work(NamedTuple):
    """What is done, what an operation is, and how much of another's CPU time each of our contenders may take."""

    title: str
    unit: str
    limits: dict[str, float]
    other: str
    loops: Callable[[], AbstractContextManager[Loops]]


def work(
    title: str, unit: str, limits: dict[str, float], other: str = CPYTHON
) -> Callable[[Callable[[], Iterator[Loops]]], Work]:
    """The loops of a row, in which nothing but the calls is done, as the row."""

    def row(loops: Callable[[], Iterator[Loops]]) -> Work:
        return Work(title, unit, limits, other, contextmanager(loops))

    return row
