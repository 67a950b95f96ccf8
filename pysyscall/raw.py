"""Any system call by its number, for what this package has no function for.

Go has four: two and two for three and six arguments, and of each two one that tells Go's scheduler and one that does
not. ctypes lets other threads run during all of them.

Here, and only here, numbers go to the kernel as they are. The kernel itself refuses an address that is not this
process's, but writes to one that is: an integer that stands for an address can destroy the process, as in C.
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
    """syscall(2): the system call of this number, such as SYS_GETPID; its result, and 0. Go Syscall.

    An argument is a number of a register's width, signed or not, or whatever has `__index__`; or a buffer, which goes
    as its address and stays in place during the call; or None, the null pointer. bytes end with a NUL, as C's names do,
    and are for what the kernel only reads: what it writes needs a bytearray or a ctypes object. The kernel writes as
    much as the call says, also beyond a buffer that is shorter. The result is unsigned. Go's second result is a
    register that libc does not show, so that it is always 0. InterruptedError: nothing is called anew.
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

    On a 32-bit ABI a number of 64 bits takes two of them, in an order, and from a place, that differ from one ABI to
    the next: see the man page.
    """
    return _call(trap, a1, a2, a3, a4, a5, a6)


def raw_syscall(
    trap: int, a1: "SyscallArgument" = 0, a2: "SyscallArgument" = 0, a3: "SyscallArgument" = 0
) -> "tuple[int, int]":
    """syscall(2): the same as syscall, as there is no scheduler to keep from it. Go RawSyscall."""
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
    """What goes into the register; a buffer's export is added to the list."""
    if value is None:
        return 0
    try:
        number = index(value)  # type: ignore[arg-type]  # first: a number of NumPy's is a buffer too
    except TypeError:
        export = Export(value)  # type: ignore[arg-type]
        exports.append(export)
        return export.address
    return integer(name, number, -sys.maxsize - 1, _UINTPTR_MAX)
