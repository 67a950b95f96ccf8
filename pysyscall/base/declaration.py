"""The C library's functions as their man pages declare them.

There is one declaration for each function: mypy checks callers against it, ctypes converts by it, and the tests compare
it with the headers of every ABI. Checks, retries and exceptions are the public functions' task. How one calls it:

    def listen(fd: int, backlog: int = SOMAXCONN) -> None:
        if type(fd) is not int or type(backlog) is not int or (fd | backlog) >> 31:  # fast check: in 0..2**31-1
            fd, backlog = descriptor("fd", fd), i32("backlog", backlog)  # full check, with the argument's name
        before = kept.value
        if libc.listen(fd, backlog) == -1:
            fail("listen", before)  # if EINTR is possible: `while ... == -1: retry("listen", before)`

`@unconverted` passes an int as a C int, and a ctypes object as it is. It is for pointers, and for integers that the
caller has checked to be in the range of a C int: every ABI extends those to a whole register. The result is converted
as declared. `@prototype` converts every argument to its declared type, which takes some 80 ns each: for 64-bit
integers, names and unsigned values. Headers, lengths, addresses and small values lie in memory from `base.scratch`.
"""

import ctypes
from _functools import partial  # type: ignore[import-not-found]  # functools takes longer to import than all of this
from ctypes import CDLL, PyDLL, c_void_p

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias, TypeVar

    from . import buffers

    Function = TypeVar("Function", bound=Callable[..., Any])

    Short: TypeAlias = int
    Int: TypeAlias = int
    UInt: TypeAlias = int
    Long: TypeAlias = int
    ULong: TypeAlias = int
    Size: TypeAlias = int
    SSize: TypeAlias = int
    Off64: TypeAlias = int
    Loff: TypeAlias = int
    GivenOff64: TypeAlias = int | ctypes.c_int64
    GivenSize: TypeAlias = int | ctypes.c_size_t
    Socklen: TypeAlias = int
    String: TypeAlias = bytes | None
    Pointer: TypeAlias = buffers.Pointer
    Off64Pointer: TypeAlias = buffers.Pointer
    Address: TypeAlias = int | None
else:
    Short = ctypes.c_short
    Int = ctypes.c_int
    UInt = ctypes.c_uint
    Long = ctypes.c_long
    ULong = ctypes.c_ulong
    Size = ctypes.c_size_t
    SSize = ctypes.c_ssize_t
    Off64 = ctypes.c_int64

    class Loff(ctypes.c_int64):
        """loff_t: of 64 bits in every libc, under the plain name."""

    class GivenOff64(ctypes.c_int64):
        """A 64-bit off_t of an unconverted function: the caller passes a c_int64 if it may not fit a C int."""

    class GivenSize(ctypes.c_size_t):
        """The same for a size_t, with c_size_t."""

    Socklen = ctypes.c_uint32
    String = ctypes.c_char_p
    Pointer = c_void_p
    Off64Pointer = ctypes.POINTER(ctypes.c_int64)
    Address = c_void_p

_libc = CDLL(None, use_errno=True)
_libc_with_gil = PyDLL(None, use_errno=True)


def prototype(declaration: "Function") -> "Function":
    """The libc function of this name, its arguments and result converted as declared."""
    function = _function(declaration)
    types = list(declaration.__annotations__.values())
    function.restype = types.pop()
    function.argtypes = types
    return function  # type: ignore[no-any-return]


def unconverted(declaration: "Function") -> "Function":
    """The libc function of this name; its arguments are not converted, the caller checks them."""
    function = _function(declaration)
    result = declaration.__annotations__["return"]
    if result is not Int:
        function.restype = result
    return function  # type: ignore[no-any-return]


def keeping_gil(function: "Function") -> "Function":
    """The same function, called without releasing the GIL. For calls in which the kernel does not wait.

    Releasing and retaking the GIL costs some 100 ns, and up to sys.getswitchinterval() if another Python thread is
    computing. Not for calls that may wait for a disk, a peer, a user-space file system or another thread.
    """
    try:
        found: Any = _libc_with_gil[function.__name__]
    except AttributeError:
        return function  # a missing symbol, which says so when called
    found.restype = function.restype  # type: ignore[attr-defined]
    return found  # type: ignore[no-any-return]


def by_number(declaration: "Function") -> "Function":
    """The system call SYS_NAME through libc's syscall(2), which returns -1 and sets errno as other functions do.

    For system calls that libc does not wrap, or wraps with another structure layout. ENOSYS: this ABI has no such call.
    Integers are declared Long, which is as wide as the register that the kernel reads.
    """
    return _numbered(declaration, is_converted=True)


def by_number_unconverted(declaration: "Function") -> "Function":
    """As by_number, with arguments that the caller checks: at most four, which all ABIs pass in registers.

    On 64-bit ABIs a fifth may be passed on the stack, where an int is not extended.
    """
    return _numbered(declaration, is_converted=False)


def _numbered(declaration: "Function", is_converted: bool) -> "Function":
    from .. import constants

    number = getattr(constants, f"SYS_{declaration.__name__.upper()}", None)
    if number is None:
        return _unknown_to_kernel  # type: ignore[return-value]
    function: Any = _libc["syscall"]
    *types, function.restype = declaration.__annotations__.values()
    if is_converted:
        function.argtypes = [Long, *types]
    return partial(function, number)  # type: ignore[no-any-return]


def _unknown_to_kernel(*arguments: object) -> int:
    """As the kernel answers an unknown number. It is not asked: for -1, arm's sends a SIGILL."""
    from ..constants import ENOSYS

    ctypes.set_errno(ENOSYS)
    return -1


def _function(declaration: "Any") -> "Any":
    """The foreign function, with its declaration for the tests. If the symbol is missing, calling it raises."""
    name = declaration.__name__
    types = declaration.__annotations__.values()
    # In 32-bit glibc the plain name has a 32-bit off_t; musl has the plain name only, with a 64-bit off_t.
    has_off_t = Off64 is not Long and not {Off64, GivenOff64, Off64Pointer}.isdisjoint(types)
    symbols = (name + "64", name) if has_off_t else (name,)
    for symbol in symbols:
        try:
            function: Any = _libc[symbol]
        except AttributeError:
            continue
        function.declaration = declaration
        return function

    def absent(*arguments: object) -> int:
        raise NotImplementedError(f"this C library has no {name}")

    return absent
