"""System calls that all threads of this process make."""

from os import listdir

from ..base.arguments import i32
from ..base.errors import system_error
from ..constants import ENOTSUP
from ..raw import SyscallArgument, syscall6


def all_threads_syscall(
    trap: int, a1: "SyscallArgument", a2: "SyscallArgument", a3: "SyscallArgument"
) -> "tuple[int, int]":
    """syscall(2): as syscall, made by all threads of this process. Go AllThreadsSyscall.

    ENOTSUP: the process has more than one thread, and Python cannot safely stop the others. Go fails likewise in
    programs that use cgo. setuid and the like need no such call: they affect all threads.
    """
    return _call("all_threads_syscall", trap, a1, a2, a3, 0, 0, 0)


def all_threads_syscall6(
    trap: int,
    a1: "SyscallArgument",
    a2: "SyscallArgument",
    a3: "SyscallArgument",
    a4: "SyscallArgument",
    a5: "SyscallArgument",
    a6: "SyscallArgument",
) -> "tuple[int, int]":
    """syscall(2): as all_threads_syscall, with six arguments. Go AllThreadsSyscall6."""
    return _call("all_threads_syscall6", trap, a1, a2, a3, a4, a5, a6)


def _call(name: str, trap: int, *arguments: "SyscallArgument") -> "tuple[int, int]":
    trap = i32("trap", trap)
    if len(listdir("/proc/self/task")) != 1:
        raise system_error(name, ENOTSUP)
    return syscall6(trap, *arguments)
