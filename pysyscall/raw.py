"""Any system call by its number, for calls that this package does not wrap.

Go has four functions: with three or six arguments, and with or without notice to Go's scheduler. Here all four release
the GIL.

Only these functions pass numbers to the kernel unchecked. The kernel refuses an address that is not mapped, but writes
to any that is: an integer that is used as an address can corrupt the process, as in C.
"""

import sys
from operator import index

from .base.arguments import i32, integer
from .base.buffers import Export, ReadableBuffer
from .base.errors import fail, kept
from .system import libc

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias


SyscallArgument: "TypeAlias" = int | ReadableBuffer | None

_UINTPTR_MAX = 2 * sys.maxsize + 1


def syscall(
    trap: int, a1: "SyscallArgument" = 0, a2: "SyscallArgument" = 0, a3: "SyscallArgument" = 0
) -> "tuple[int, int]":
    """syscall(2): make the system call of this number, such as SYS_GETPID; return its result and 0. Go Syscall.

    An argument is a signed or unsigned number of a register's width, or an object with `__index__`; or a buffer, whose
    address is passed and which stays in place during the call; or None, the null pointer. bytes have a NUL at the end,
    as C strings do. Pass bytes only where the kernel reads; where it writes, pass a bytearray or a ctypes object. The
    kernel does not know the size of the buffer, and may write beyond its end. The result is unsigned. Go's second
    result is a register that libc does not return; here it is always 0. InterruptedError: the call is not restarted.
    """
    return _call(trap, a1, a2, a3, 0, 0, 0)


def syscall6(
    trap: int,
    a1: "SyscallArgument" = 0,
    a2: "SyscallArgument" = 0,
    a3: "SyscallArgument" = 0,
    a4: "SyscallArgument" = 0,
    a5: "SyscallArgument" = 0,
    a6: "SyscallArgument" = 0,
) -> "tuple[int, int]":
    """syscall(2): as syscall, with up to six arguments. Go Syscall6.

    On a 32-bit ABI a 64-bit number takes two arguments. Their order and alignment depend on the ABI: see the man page.
    """
    return _call(trap, a1, a2, a3, a4, a5, a6)


def raw_syscall(
    trap: int, a1: "SyscallArgument" = 0, a2: "SyscallArgument" = 0, a3: "SyscallArgument" = 0
) -> "tuple[int, int]":
    """syscall(2): the same as syscall, as Python has no scheduler like Go's. Go RawSyscall."""
    return _call(trap, a1, a2, a3, 0, 0, 0)


def raw_syscall6(
    trap: int,
    a1: "SyscallArgument" = 0,
    a2: "SyscallArgument" = 0,
    a3: "SyscallArgument" = 0,
    a4: "SyscallArgument" = 0,
    a5: "SyscallArgument" = 0,
    a6: "SyscallArgument" = 0,
) -> "tuple[int, int]":
    """syscall(2): the same as syscall6. Go RawSyscall6."""
    return _call(trap, a1, a2, a3, a4, a5, a6)


def _call(trap: int, *arguments: "SyscallArgument") -> "tuple[int, int]":
    exports: list[Export] = []
    try:
        a1, a2, a3, a4, a5, a6 = (_word(f"a{i}", value, exports) for i, value in enumerate(arguments, 1))
        trap = i32("trap", trap)
        before = kept.value
        result = libc.syscall(trap, a1, a2, a3, a4, a5, a6)
        if result == -1:
            fail(f"syscall {trap}", before)
    finally:
        for export in exports:
            export.release()
    return result & _UINTPTR_MAX, 0


def _word(name: str, value: "SyscallArgument", exports: "list[Export]") -> int:
    """Return the value of the register, and add a buffer's export to the list."""
    if value is None:
        return 0
    try:
        number = index(value)  # type: ignore[arg-type]  # first: a NumPy number is a buffer too
    except TypeError:
        export = Export(value)  # type: ignore[arg-type]
        exports.append(export)
        return export.address
    return integer(name, number, -sys.maxsize - 1, _UINTPTR_MAX)
