"""python3 -m tests.hostile_calls SEED: every public function and class of the other half with arguments of all kinds.

It runs in namespaces of its own, in an empty folder. What raises anything but TypeError, ValueError, OverflowError or
OSError is printed; a crash is this process's end.
"""

from __future__ import annotations

import inspect
import os
import random
import sys
import tempfile
from collections.abc import Callable
from ctypes import c_char, c_int
from types import FunctionType

import pysyscall as syscall

from .namespaces import enter_user_namespace

AREAS = ("clocks", "environment", "files", "memory", "mounts", "processes", "strings", "system", "terminals")
# What ends this process, or waits, or is asked of other processes and of the whole machine.
LEFT_OUT = {"exec", "exit", "kill", "pause", "reboot", "sync", "tgkill"}
TIMES = 150


class Unwilling:
    """A number, a path and a sequence that raises wherever it is asked."""

    def __index__(self) -> int:
        raise ValueError("no number")

    def __fspath__(self) -> str:
        raise ValueError("no path")

    def __len__(self) -> int:
        return 2

    def __getitem__(self, i: object) -> int:
        raise ValueError("no item")


def released() -> memoryview:
    view = memoryview(bytearray(8))
    view.release()
    return view


def unmapped() -> memoryview:
    view = syscall.mmap(-1, 0, 4096, syscall.PROT_READ, syscall.MAP_PRIVATE | syscall.MAP_ANON)
    syscall.munmap(view)
    return view


def mapped() -> memoryview:
    return syscall.mmap(-1, 0, 8192, syscall.PROT_READ, syscall.MAP_PRIVATE | syscall.MAP_ANON)


NUMBERS = [-(2**200), -(2**63) - 1, -(2**63), -(2**31) - 1, -(2**31), -1, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**63]
VALUES: list[Callable[[], object]] = [
    *(lambda number=number: number for number in [*NUMBERS, 2**64, 2**200]),
    *(lambda text=text: text for text in ("", "no/such", "a\0b", "\ud800", "\udcff", "x" * 5000, "=", "%s%n")),
    *(lambda raw=raw: raw for raw in (b"", b"no/such", b"a\0b", b"\xff" * 300)),
    *(lambda value=value: value for value in (None, 1.5, float("nan"), 1j, object(), int, len, Unwilling())),
    *(lambda: [], lambda: (), lambda: {}, lambda: [None], lambda: [1.5, ""], lambda: [-1] * 3, lambda: {1: 2}),
    *(lambda: ["a", b"b\0"], lambda: [2**64], lambda: range(100), lambda: iter([1])),
    *(lambda: bytearray(), lambda: bytearray(16), lambda: bytearray(b"\xff" * 300), lambda: memoryview(b"fixed")),
    *(lambda: memoryview(bytearray(64))[::-2], lambda: memoryview(bytearray(16)).cast("H", [2, 4]), released, unmapped),
    *(mapped, lambda: mapped()[::-1], lambda: mapped()[1:], lambda: mapped()[:0], lambda: mapped().cast("Q")),
    *((c_char * 0), (c_char * 64), (c_int * 3), c_int, lambda: c_int * 3),
    *(getattr(syscall, name) for name in ("Timespec", "Timeval", "Timex", "Utimbuf", "Rlimit", "Flock_t", "Termios")),
    *(getattr(syscall, name) for name in ("Stat_t", "PtraceRegs", "ProcAttr", "SysProcAttr", "Credential", "Rusage")),
    *(
        lambda: (syscall.Timespec(), syscall.Timespec(sys.maxsize // 2, sys.maxsize // 2)),
        lambda: syscall.WaitStatus(0x7F),
    ),
]


def names() -> list[str]:
    wanted = (names for module, names in syscall._NAMES.items() if module.startswith(AREAS))  # type: ignore[attr-defined]
    return [name for each in wanted for name in each.split() if name not in LEFT_OUT]


def call(name: str) -> str:
    """What is wrong with the answer to a call with such arguments; "" where nothing is."""
    function = getattr(syscall, name)
    parameters = list(inspect.signature(function).parameters.values()) if isinstance(function, FunctionType) else []
    count = len(parameters) if parameters else random.randrange(4)
    arguments = [random.choice(VALUES)() for _ in range(count)]
    try:
        function(*arguments)
    except (TypeError, ValueError, OverflowError, OSError):
        pass
    except BaseException as error:
        if str(error).startswith("multi-dimensional sub-views"):  # what list() says of such a view
            return ""
        return f"{name}{tuple(str(argument)[:60] for argument in arguments)}: {type(error).__name__}: {error}"
    return ""


def main() -> None:
    random.seed(int(sys.argv[1]))
    callables = [name for name in names() if callable(getattr(syscall, name))]  # loaded where all can be
    flags = syscall.CLONE_NEWNS | syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC | syscall.CLONE_NEWNET
    enter_user_namespace(flags)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name in callables:
            for _ in range(TIMES):
                if wrong := call(name):
                    print(wrong, flush=True)
        os.chdir("/")
    print("done")


if __name__ == "__main__":
    main()
