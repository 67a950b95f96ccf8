"""How a Python buffer becomes a C pointer, without a copy.

A pointer's owner must outlive the call, and the export (the lock on a bytearray's size) must end with it, also when the
call raises: a traceback keeps the locals of every frame. So the functions here are called inside the call's own
argument list, `libc.read(fd, *writable(p))`, and no caller keeps what they return.

Cheapest to pass: bytes to send, and a ctypes array (`(c_char * n)()`) to fill: ctypes takes the two as pointers as they
are.
"""

from ctypes import Array, Structure, byref, c_char, c_int, c_ssize_t, c_void_p, py_object, pythonapi, sizeof

TYPE_CHECKING = False
if TYPE_CHECKING:
    from array import array
    from ctypes import _CArgObject
    from mmap import mmap
    from typing import Any, TypeAlias

    WriteableBuffer: TypeAlias = "bytearray | memoryview | array[Any] | mmap | Array[Any] | Structure"
    ReadableBuffer: TypeAlias = "bytes | WriteableBuffer"
    Pointer: TypeAlias = "bytes | Array[Any] | _CArgObject | c_void_p | Export | None"

_NOTHING = (c_char * 1)()
ArrayType = type(Array)  # the type of every array's type: to compare it is five times as fast as isinstance
_PyBUF_SIMPLE = 0
_PyBUF_WRITABLE = 1

# The kernel moves no more than this in one call, whatever it is asked; so no length needs more than a C int.
MAX_RW_COUNT = 0x7FFF_F000


class _PyBuffer(Structure):
    """Py_buffer of Python's stable ABI. https://docs.python.org/3/c-api/buffer.html"""

    _fields_ = (
        ("buf", c_void_p),
        ("obj", c_void_p),
        ("len", c_ssize_t),
        ("itemsize", c_ssize_t),
        ("readonly", c_int),
        ("ndim", c_int),
        ("format", c_void_p),
        ("shape", c_void_p),
        ("strides", c_void_p),
        ("suboffsets", c_void_p),
        ("internal", c_void_p),
    )


_get_buffer = pythonapi["PyObject_GetBuffer"]
_get_buffer.argtypes = [py_object, c_void_p, c_int]
_release_buffer = pythonapi["PyBuffer_Release"]
_release_buffer.argtypes = [c_void_p]
_release_buffer.restype = None


class Export:
    """A buffer held in place: its address and size, until `release` or the end of this object.

    ctypes takes it as a pointer argument as it is.
    """

    __slots__ = ("_as_parameter_", "_view", "address", "nbytes")

    def __init__(self, p: "ReadableBuffer", writable: bool = False) -> None:
        self._view: _PyBuffer | None = None
        view = _PyBuffer()
        try:
            _get_buffer(p, byref(view), _PyBUF_WRITABLE if writable else _PyBUF_SIMPLE)
        except (BufferError, TypeError) as error:
            kind = "writable" if writable else "readable"
            raise TypeError(f"a {kind}, C-contiguous buffer is needed: {error}") from None
        self._view = view
        self.address: int = view.buf or 0
        self.nbytes: int = view.len
        self._as_parameter_ = c_void_p(view.buf)

    def release(self) -> None:
        """Let the owner be resized again. A second call does nothing."""
        view, self._view = self._view, None
        if view is not None:
            _release_buffer(byref(view))

    __del__ = release


def readable(p: "ReadableBuffer") -> "tuple[Pointer, int]":
    """The pointer to, and the length of, anything C-contiguous with the buffer protocol, for the kernel to read."""
    if type(p) is bytes:
        size = len(p)
        return p, size if size < MAX_RW_COUNT else MAX_RW_COUNT
    try:
        return writable(p)  # type: ignore[arg-type]  # whatever is not writable raises TypeError
    except TypeError:
        export = Export(p)
        return export, min(export.nbytes, MAX_RW_COUNT)


def writable(p: "WriteableBuffer") -> "tuple[Pointer, int]":
    """The pointer to, and the length of, a writable C-contiguous buffer, for the kernel to fill."""
    start: Pointer
    if type(type(p)) is ArrayType:
        start = p  # type: ignore[assignment]
        size = sizeof(p)  # type: ignore[arg-type]
    else:
        try:
            # The export comes before the length: from here on no other thread can resize p.
            start = byref(c_char.from_buffer(p))
        except ValueError:  # ctypes refuses an empty buffer, and Python a released or closed one
            if memoryview(p).nbytes:
                raise
            return _NOTHING, 0
        size = len(p) if type(p) is bytearray else memoryview(p).nbytes
    return start, size if size < MAX_RW_COUNT else MAX_RW_COUNT
