"""A system call made by every thread of this process."""

from os import listdir

from ..base.arguments import i32
from ..base.errors import system_error
from ..constants import ENOTSUP
from ..raw import SyscallArgument, syscall6


def all_threads_syscall(
    trap: int, a1: "SyscallArgument", a2: "SyscallArgument", a3: "SyscallArgument"
) -> "tuple[int, int]":
    """syscall(2): as syscall, in all threads of this process. Go AllThreadsSyscall.

    ENOTSUP where there is more than one thread, as Go answers in a program with C's threads: Python cannot stop the
    others safely. setuid and its kind change all threads by themselves.
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
