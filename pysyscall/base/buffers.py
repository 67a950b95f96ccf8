"""From a Python buffer to a C pointer, without a copy.

The owner of the memory must outlive the call, and the export (which locks a bytearray's size) must end with the call,
also if it raises: a traceback keeps the locals of every frame alive. So callers write `libc.read(fd, *writable(p))`:
they call these functions inside the argument list and keep no reference to the results.

The fastest buffers are bytes to send and a ctypes array (`(c_char * n)()`) to fill, because ctypes passes both as
pointers directly. The calls that transfer data handle these and bytearrays inline, with the code of `readable` and
`writable` written out. They send a copy of a short bytearray, which is cheaper than an export.
"""

from ctypes import (
    Array,
    Structure,
    byref,
    c_char,
    c_ssize_t,
    c_void_p,
    get_errno,
    py_object,
    pythonapi,
    set_errno,
    sizeof,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from array import array
    from ctypes import _CArgObject
    from mmap import mmap
    from typing import Any, TypeAlias

    WriteableBuffer: TypeAlias = "bytearray | memoryview | array[Any] | mmap | Array[Any] | Structure"
    ReadableBuffer: TypeAlias = "bytes | WriteableBuffer"
    Pointer: TypeAlias = "bytes | Array[Any] | _CArgObject | c_void_p | Export | None"
else:
    # For programs that evaluate annotations at run time. array and mmap are left out, to avoid importing them.
    WriteableBuffer = bytearray | memoryview | Array | Structure
    ReadableBuffer = bytes | WriteableBuffer

ArrayType = type(Array)  # the metaclass of all array types; comparing it takes a fifth of the time of isinstance

# in_place(p) is a pointer to the start of a writable buffer: an array of length 0. While it exists, the buffer cannot
# be resized, so that the buffer's length must be read after this call.
in_place = (c_char * 0).from_buffer

# The kernel transfers at most this many bytes in one call, so that a length always fits a C int.
MAX_RW_COUNT = 0x7FFF_F000

# Up to this many bytes, a copy takes less time than an export.
COPIED = 4096

_as_read_buffer = pythonapi["PyObject_AsReadBuffer"]  # of the stable ABI: returns the address and keeps no export
_as_read_buffer.argtypes = [py_object, c_void_p, c_void_p]


class _Lent:
    """A view of a buffer with a `__release_buffer__` in Python, which runs before the caller reads errno.

    It saves and restores errno around that code, whose calls may fail, in every thread.
    """

    __slots__ = ("_given",)

    def __init__(self, view: memoryview) -> None:
        self._given: memoryview | None = view

    def __buffer__(self, flags: int) -> "memoryview | None":
        return self._given

    def __del__(self) -> None:
        errno = get_errno()
        self._given = None
        set_errno(errno)


_Function = type(_Lent.__del__)
_ARE_CLASSES = hasattr(bytes, "__buffer__")  # whether Python classes can be buffers: from 3.12 on


def _view(p: "ReadableBuffer") -> memoryview:
    view = memoryview(p)
    if _ARE_CLASSES and type(getattr(type(p), "__release_buffer__", None)) is _Function:
        return memoryview(_Lent(view))  # type: ignore[arg-type]  # a buffer from 3.12 on
    return view


class Export:
    """An exported buffer: its address and size, valid until `release` or the end of this object.

    The export ends without running Python code, in which a signal handler could raise. ctypes accepts this object as a
    pointer.
    """

    __slots__ = ("_as_parameter_", "_view", "address", "nbytes")

    def __init__(self, p: "ReadableBuffer", writable: bool = False) -> None:
        address, size = c_void_p(), c_ssize_t()
        try:
            self._view = _view(p)
            if writable and self._view.readonly:
                raise TypeError("this one is read-only")
            _as_read_buffer(self._view, byref(address), byref(size))
        except (BufferError, TypeError) as error:
            kind = "writable" if writable else "readable"
            raise TypeError(f"a {kind}, C-contiguous buffer is needed: {error}") from None
        self.address: int = address.value or 0
        self.nbytes: int = size.value
        self._as_parameter_ = address

    def release(self) -> None:
        """End the export, so that the owner can be resized again. A second call does nothing."""
        self._view.release()


def readable(p: "ReadableBuffer | None") -> "tuple[Pointer, int]":
    """Return a pointer and a length for the kernel to read from: of any C-contiguous object with the buffer protocol.

    None is the null pointer, as nil in Go.
    """
    if type(p) is bytes:
        size = len(p)
        return p, size if size < MAX_RW_COUNT else MAX_RW_COUNT
    try:
        return writable(p)  # type: ignore[arg-type]  # whatever is not writable raises TypeError
    except TypeError:
        export = Export(p)  # type: ignore[arg-type]  # None is writable
        return export, min(export.nbytes, MAX_RW_COUNT)


def writable(p: "WriteableBuffer | None") -> "tuple[Pointer, int]":
    """Return a pointer and a length for the kernel to write to: of a writable C-contiguous buffer. None is Go's nil."""
    start: Pointer
    if p is None:
        return None, 0
    if type(type(p)) is ArrayType:
        start = p  # type: ignore[assignment]
        size = sizeof(p)  # type: ignore[arg-type]
    else:
        # The export comes first, and the length is that of the same view: no other thread can resize p in between.
        owner = p if type(p) is bytearray or type(p) is memoryview else _view(p)
        start = in_place(owner)
        size = len(owner) if type(owner) is bytearray else owner.nbytes  # type: ignore[union-attr]
    return start, size if size < MAX_RW_COUNT else MAX_RW_COUNT


def is_repeated(view: memoryview, length: int = 1) -> bool:
    """Whether the view is a repetition of its first items."""
    return view.tobytes() == view[:length].tobytes() * (len(view) // length)
