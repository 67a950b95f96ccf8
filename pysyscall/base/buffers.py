"""How a Python buffer becomes a C pointer, without a copy.

A pointer's owner must outlive the call, and the export (the lock on a bytearray's size) must end with it, also when the
call raises: a traceback keeps the locals of every frame. So the functions here are called inside the call's own
argument list, `libc.read(fd, *writable(p))`, and no caller keeps what they return.

Cheapest to pass: bytes to send, and a ctypes array (`(c_char * n)()`) to fill: ctypes takes the two as pointers as they
are. The calls that move data take these and a bytearray without a detour: what they do themselves is `readable` and
`writable` written out. A short bytearray they copy to send it, which is cheaper than to keep it in place.
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
    # For who evaluates annotations at run time. array and mmap are left out: they would have to be imported for it.
    WriteableBuffer = bytearray | memoryview | Array | Structure
    ReadableBuffer = bytes | WriteableBuffer

ArrayType = type(Array)  # the type of every array's type: to compare it is five times as fast as isinstance

# The start of a writable buffer, which stays in place as long as this pointer lives: an array of no length, for which
# every buffer has room. The buffer's own length is to be asked for afterwards.
in_place = (c_char * 0).from_buffer

# The kernel moves no more than this in one call, whatever it is asked; so no length needs more than a C int.
MAX_RW_COUNT = 0x7FFF_F000

# Up to so many bytes a copy takes less time than an export.
COPIED = 4096

_as_read_buffer = pythonapi["PyObject_AsReadBuffer"]  # of the stable ABI: an address, with no export left behind
_as_read_buffer.argtypes = [py_object, c_void_p, c_void_p]


class _Lent:
    """A view whose owner has Python code that runs when the view ends: before the caller looks at errno.

    Calls that fail there do not change it. What each call itself keeps is the errno of the main thread alone.
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
_ARE_CLASSES = hasattr(bytes, "__buffer__")  # whether a class of Python's can be a buffer: from 3.12 on


def _view(p: "ReadableBuffer") -> memoryview:
    view = memoryview(p)
    if _ARE_CLASSES and type(getattr(type(p), "__release_buffer__", None)) is _Function:
        return memoryview(_Lent(view))  # type: ignore[arg-type]  # a buffer from 3.12 on
    return view


class Export:
    """A buffer held in place by a memoryview: its address and size, until `release` or the end of this object.

    It ends without a line of Python, in which a signal handler could raise. ctypes takes it as a pointer as it is.
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
        """Let the owner be resized again. A second call does nothing."""
        self._view.release()


def readable(p: "ReadableBuffer | None") -> "tuple[Pointer, int]":
    """The pointer to, and the length of, anything C-contiguous with the buffer protocol, for the kernel to read.

    None is the null pointer, Go's nil.
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
    """The pointer to, and the length of, a writable C-contiguous buffer, for the kernel to fill; None is Go's nil."""
    start: Pointer
    if p is None:
        return None, 0
    if type(type(p)) is ArrayType:
        start = p  # type: ignore[assignment]
        size = sizeof(p)  # type: ignore[arg-type]
    else:
        # The export comes before the length, and both of the same view: no other thread can resize p between.
        owner = p if type(p) is bytearray or type(p) is memoryview else _view(p)
        start = in_place(owner)
        size = len(owner) if type(owner) is bytearray else owner.nbytes  # type: ignore[union-attr]
    return start, size if size < MAX_RW_COUNT else MAX_RW_COUNT


def is_repeated(view: memoryview, length: int = 1) -> bool:
    """Whether its first items are all there is in it, again and again."""
    return view.tobytes() == view[:length].tobytes() * (len(view) // length)
