"""What a forked child does between fork and execve.

The child is a copy of a Python process in which other threads may have held any lock of the C library. So it takes the
steps that its parent has prepared and uses as little of Python as possible: it imports nothing, never releases the GIL
(PyDLL), and always ends in execve or _exit.
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

    # The label in an error message; the function and its arguments; where the result is stored; whether it may fail.
    Step: TypeAlias = tuple[str, Callable[..., int], tuple[Any, ...], Any, bool]

_IGNORED_BY_PYTHON = 1 << SIGPIPE - 1 | 1 << SIGXFSZ - 1
_FAILED = 253  # Go's exit status of a child that could not execute the program

# PyDLL keeps the GIL, so that no signal handler and no other thread runs during a call. Each argument is a number, or
# an object that is passed as a pointer and lives as long as the argument.
_function = PyDLL(None, use_errno=True)["syscall"]
_function.restype = c_long
_function.argtypes = (c_long, *(c_void_p,) * 6)
syscall: "Callable[..., int]" = _function


def take(steps: "Sequence[Step]", pipe: int, report: "Array[c_int]") -> "NoReturn":
    """Take all steps, the last of which is execve. If one fails, write its errno and its index into the pipe."""
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
    """Create the process that takes the next steps, a sibling of this one; tell the parent its pid, and exit."""
    pid[0] = result = syscall(*arguments)
    if result > 0:
        syscall(SYS_WRITE, pipe, pid, 4, 0, 0, 0)
        _exit(0)
    return result


def wait_for_maps(pipe: int, buffer: "Array[c_int]") -> int:
    """Wait until the parent has written the id maps; exit if the parent has died."""
    result = syscall(SYS_READ, pipe, buffer, 1, 0, 0, 0)
    if result == 0:
        _exit(_FAILED)
    return result


SIG_DFL, SIG_IGN = 0, 1
_SIGSET_SIZE = NSIG // 8  # of the kernel's sigset_t
_DEFAULT = bytes(64)  # the kernel's struct sigaction


class Signals:
    """The parent's signal mask, and the signals that the child resets to their default action."""

    __slots__ = ("handled", "mask")

    def __init__(self) -> None:
        self.mask = (c_ulong * 32)()  # libc's sigset_t has room for 1024
        self.handled: list[int] = []

    def look(self, opened: "list[int]") -> None:
        """Find the signals that have a handler, and those of SIGPIPE and SIGXFSZ that Python ignores by itself.

        opened gets the descriptor that is open meanwhile.
        """
        caught, ignored = _handlers(opened)
        number, bits = 1, caught | ignored & _IGNORED_BY_PYTHON
        while bits:
            if bits & 1:
                self.handled.append(number)
            number, bits = number + 1, bits >> 1


def _handlers(opened: "list[int]") -> "tuple[int, int]":
    """Return the signals that have a handler, and those that are ignored, as bit masks."""
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
    """As _handlers, from the kernel's struct sigaction, whose first word is the handler; on mips its second."""
    action, caught, ignored = (c_ulong * 16)(), 0, 0
    for number in range(1, NSIG):
        syscall(SYS_RT_SIGACTION, number, 0, action, _SIGSET_SIZE, 0, 0)
        handler = action[int(ABI in ABIS_MIPS)]
        caught |= (handler > SIG_IGN) << number - 1
        ignored |= (handler == SIG_IGN) << number - 1
    return caught, ignored


def restore_signals(signals: Signals) -> int:
    """Reset the parent's signal handlers, and then restore the parent's signal mask."""
    for number in signals.handled:
        syscall(SYS_RT_SIGACTION, number, _DEFAULT, 0, _SIGSET_SIZE, 0, 0)
    return syscall(SYS_RT_SIGPROCMASK, SIG_SETMASK, signals.mask, 0, _SIGSET_SIZE, 0, 0)


def add_capabilities(data: "Array[CapUserData]", bits: "tuple[int, int]") -> int:
    """Add capabilities to the permitted and inheritable sets, as ambient ones require."""
    for each, more in zip(data, bits):  # noqa: B905  # both have two items
        each.permitted |= more
        each.inheritable |= more
    return 0


def signal_if_orphaned(parent: int, sig: int) -> int:
    """Send the parent-death signal if the parent died before prctl asked the kernel to send it.

    A parent in another PID namespace has pid 0 here.
    """
    if syscall(SYS_GETPPID, 0, 0, 0, 0, 0, 0) in (parent, 0):
        return 0
    return syscall(SYS_KILL, syscall(SYS_GETPID, 0, 0, 0, 0, 0, 0), sig, 0, 0, 0, 0)
