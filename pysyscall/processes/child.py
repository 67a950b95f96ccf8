"""What a forked process does until it is the program that it was forked for.

It is the copy of a Python process in which other threads may have held any lock of C's. So it takes the steps that its
parent has prepared, one after another, and uses as little of Python for that as it can: nothing is imported, the GIL is
never given up (PyDLL), and whatever happens ends in _exit.
"""

from ctypes import PyDLL, c_long, c_ulong, c_void_p, get_errno
from os import O_CLOEXEC, O_RDONLY, _exit, read
from os import open as open_file

from ..base.abi import ABI, ABIS_MIPS
from ..constants import (
    ENOMEM,
    NSIG,
    SIG_SETMASK,
    SIGPIPE,
    SIGXFSZ,
    SYS_GETPID,
    SYS_GETPPID,
    SYS_KILL,
    SYS_READ,
    SYS_RT_SIGACTION,
    SYS_RT_SIGPROCMASK,
    SYS_WRITE,
)
from .reaping import close_all, keep

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from ctypes import Array, c_int
    from typing import Any, NoReturn, TypeAlias

    from .structs import CapUserData

    # What an error calls it; the function and its arguments; where its result goes; whether it may fail.
    Step: TypeAlias = tuple[str, Callable[..., int], tuple[Any, ...], Any, bool]

_IGNORED_BY_PYTHON = 1 << SIGPIPE - 1 | 1 << SIGXFSZ - 1
_FAILED = 253  # Go's number for a child that did not come to be the program

# Without a pause: PyDLL keeps the GIL, so that no handler and no other thread runs during a call. Each argument is a
# number, or a pointer to what is given, which lives as long as the argument does.
_function = PyDLL(None, use_errno=True)["syscall"]
_function.restype = c_long
_function.argtypes = (c_long, *(c_void_p,) * 6)
syscall: "Callable[..., int]" = _function


def take(steps: "Sequence[Step]", pipe: int, report: "Array[c_int]") -> "NoReturn":
    """Take all steps, of which the last one is execve. Where one fails, its errno and its place go into the pipe."""
    errno, place = ENOMEM, 0
    try:
        for _, function, arguments, result, may_fail in steps:
            value = function(*arguments)
            if value == -1 and not may_fail:
                errno = get_errno()
                break
            if result is not None:
                result.value = value
            place += 1
    finally:
        try:
            report[0], report[1] = errno, place
            syscall(SYS_WRITE, pipe, report, 8, 0, 0, 0)
        finally:
            _exit(_FAILED)


def clone(arguments: "tuple[Any, ...]", pipe: int, pid: "Array[c_int]") -> int:
    """Make the process that goes on, the parent's child as this one is, tell the parent its number, and end."""
    pid[0] = result = syscall(*arguments)
    if result > 0:
        syscall(SYS_WRITE, pipe, pid, 4, 0, 0, 0)
        _exit(0)
    return result


def wait_for_maps(pipe: int, buffer: "Array[c_int]") -> int:
    """Wait until the parent has written the id maps; end where it has died."""
    result = syscall(SYS_READ, pipe, buffer, 1, 0, 0, 0)
    if result == 0:
        _exit(_FAILED)
    return result


SIG_DFL, SIG_IGN = 0, 1
_SIGSET_SIZE = NSIG // 8  # of the kernel's sigset_t
_DEFAULT = bytes(64)  # the kernel's struct sigaction


class Signals:
    """The signals of the parent: which are blocked, and which its child has to take the handlers from."""

    __slots__ = ("handled", "mask")

    def __init__(self) -> None:
        self.mask = (c_ulong * 32)()  # libc's sigset_t has room for 1024
        self.handled: list[int] = []

    def look(self) -> None:
        """Find out what has a handler, or is one of the two signals that Python ignores by itself."""
        caught, ignored = _handlers()
        number, bits = 1, caught | ignored & _IGNORED_BY_PYTHON
        while bits:
            if bits & 1:
                self.handled.append(number)
            number, bits = number + 1, bits >> 1


def _handlers() -> "tuple[int, int]":
    """The signals that have a handler, and those that are ignored, a bit for each."""
    opened: list[int] = []
    try:
        keep(opened, open_file, "/proc/self/status", O_RDONLY | O_CLOEXEC)
        status = read(opened[0], 8192)
    except OSError:
        return _handlers_without_proc()
    finally:
        close_all(opened)
    _, _, rest = status.partition(b"\nSigIgn:\t")
    return int(rest[rest.index(b"\nSigCgt:\t") + 9 :].split(None, 1)[0], 16), int(rest.split(None, 1)[0], 16)


def _handlers_without_proc() -> "tuple[int, int]":
    """The same from the kernel's struct sigaction, whose first word is the handler; on mips it is the second."""
    action, caught, ignored = (c_ulong * 16)(), 0, 0
    for number in range(1, NSIG):
        syscall(SYS_RT_SIGACTION, number, 0, action, _SIGSET_SIZE, 0, 0)
        handler = action[int(ABI in ABIS_MIPS)]
        caught |= (handler > SIG_IGN) << number - 1
        ignored |= (handler == SIG_IGN) << number - 1
    return caught, ignored


def restore_signals(signals: Signals) -> int:
    """Let no handler of the parent's run here, and then let signals in as they came to the parent."""
    for number in signals.handled:
        syscall(SYS_RT_SIGACTION, number, _DEFAULT, 0, _SIGSET_SIZE, 0, 0)
    return syscall(SYS_RT_SIGPROCMASK, SIG_SETMASK, signals.mask, 0, _SIGSET_SIZE, 0, 0)


def add_capabilities(data: "Array[CapUserData]", bits: "tuple[int, int]") -> int:
    """Make capabilities permitted and inheritable, as ambient ones have to be."""
    for each, more in zip(data, bits):  # noqa: B905  # two and two
        each.permitted |= more
        each.inheritable |= more
    return 0


def signal_if_orphaned(parent: int, sig: int) -> int:
    """Do what the kernel would have done if the parent died before it was asked to.

    A parent in another PID namespace is number 0.
    """
    if syscall(SYS_GETPPID, 0, 0, 0, 0, 0, 0) in (parent, 0):
        return 0
    return syscall(SYS_KILL, syscall(SYS_GETPID, 0, 0, 0, 0, 0, 0), sig, 0, 0, 0, 0)
