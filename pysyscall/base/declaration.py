"""The C library's functions as their man pages declare them, and nothing else.

One declaration says all: mypy checks callers against the signature, and the tests hold it against the headers of every
ABI. No checks, no retries, no exceptions here. How a public function calls one:

    def listen(fd: int, backlog: int = SOMAXCONN) -> None:
        if type(fd) is not int or type(backlog) is not int or (fd | backlog) >> 31:  # quick: int and in 0..2**31-1
            fd, backlog = descriptor("fd", fd), i32("backlog", backlog)  # the named checks, for all else
        before = kept.value
        if libc.listen(fd, backlog) == -1:
            fail("listen", before)  # or, where a signal may not end it, `while ... == -1: retry("listen", before)`

`@unconverted` passes an int as a C int, and a ctypes object as what it is. It is for parameters that are pointers, and
integers that the caller has brought into the range of a C int: every ABI widens those to a register. The result is
converted as declared. `@prototype` converts every argument to its declared type, some 80 ns each: for 64-bit numbers,
names and unsigned values. Room for a header, length, address or small value comes from `base.scratch`.
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
        """An off_t of 64 bits of an unconverted function, given as a ctypes object where it does not fit an int."""

    class GivenSize(ctypes.c_size_t):
        """The same of a size_t."""

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
    """The libc function of this name as ctypes finds it, whose arguments the caller makes fit."""
    function = _function(declaration)
    result = declaration.__annotations__["return"]
    if result is not Int:
        function.restype = result
    return function  # type: ignore[no-any-return]


def keeping_gil(function: "Function") -> "Function":
    """The same function, called without releasing the GIL: for calls in which the kernel does not wait.

    To release the GIL and take it again costs some 100 ns, and up to sys.getswitchinterval() where another thread of
    Python computes. Not for calls that wait for a disk, a peer, a user-space file system or another thread.
    """
    try:
        found: Any = _libc_with_gil[function.__name__]
    except AttributeError:
        return function  # a missing symbol, which says so when called
    found.restype = function.restype  # type: ignore[attr-defined]
    return found  # type: ignore[no-any-return]


def by_number(declaration: "Function") -> "Function":
    """The kernel's call SYS_NAME through libc's syscall(2): -1 and errno where it fails, as a function of libc.

    For what no libc has, or not in the kernel's layout. ENOSYS where this ABI's kernel has no such call. Integers are
    declared Long, as wide as the register that the kernel reads.
    """
    from .. import constants

    function: Any = _libc["syscall"]
    types = list(declaration.__annotations__.values())
    function.restype = types.pop()
    function.argtypes = [Long, *types]
    # The kernel has no call -1, and says so.
    number = getattr(constants, f"SYS_{declaration.__name__.upper()}", -1)
    return partial(function, number)  # type: ignore[no-any-return]


def by_number_unconverted(declaration: "Function") -> "Function":
    """The same, whose arguments the caller makes fit. It takes four at most, which all ABIs pass in registers.

    Of 64-bit ABIs a fifth may lie on the stack, where nobody widens an int.
    """
    function: Any = by_number(declaration)
    function.func.argtypes = None
    return function  # type: ignore[no-any-return]


def _function(declaration: "Any") -> "Any":
    """A foreign function, with the declaration beside it for the tests; a missing symbol says so when called."""
    name = declaration.__name__
    types = declaration.__annotations__.values()
    # A 32-bit glibc gives the plain name an off_t of 32 bits; musl has the plain name alone, with 64.
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
