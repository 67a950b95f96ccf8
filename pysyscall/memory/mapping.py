"""Memory mapped from files or from nowhere, as memoryviews.

What `mmap` returns is a view of a ctypes array that nothing else refers to. The array's memory is unmapped when the
last view of it is gone: slices, casts and arrays made by `from_buffer` keep it mapped, so that no view ever shows
memory that is not there. What remains possible, as in C and Go: an access that a protection forbids ends the process by
SIGSEGV, and an access to a part of a file that has been cut off by SIGBUS.
"""

import sys
from ctypes import addressof, c_ubyte, c_void_p
from weakref import ref

from ..base import libc as base_libc
from ..base.arguments import descriptor, flag_bits, i32, i64, integer
from ..base.buffers import ArrayType, Export, ReadableBuffer
from ..base.errors import check, fail, kept, system_error
from ..constants import EINVAL, MAP_FIXED, PROT_NONE, PROT_WRITE
from . import libc

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ..base.buffers import Pointer


class _Mapping(ref):  # type: ignore[type-arg]
    """A mapping's owner, which it unmaps when the owner is gone."""

    __slots__ = ("address", "length")
    address: int
    length: int


_mappings: "dict[int, _Mapping]" = {}  # by address


def _unmap(
    gone: _Mapping,
    forget: "Callable[..., object]" = _mappings.pop,  # bound here: at the end of the process names go
    unmap: "Callable[[int, int], int]" = libc.munmap,
) -> None:
    forget(gone.address, None)  # first: when it is unmapped, another thread may get the same address
    unmap(gone.address, gone.length)


_FAILED = c_void_p(-1).value  # MAP_FAILED


def mmap(fd: int, offset: int, length: int, prot: int, flags: int) -> memoryview:
    """mmap(2): map length bytes of a file from offset on, a multiple of the page; or memory with MAP_ANON. Go Mmap.

    prot is PROT_READ, PROT_WRITE, PROT_EXEC or PROT_NONE; flags MAP_SHARED or MAP_PRIVATE, and more. fd is -1 with
    MAP_ANON. Without PROT_WRITE the view is read-only, but for PROT_NONE, which a program may let mprotect change.
    `munmap`, or the end of the last view, unmaps. OSError(EINVAL): length is not positive, offset no multiple of the
    page, or MAP_FIXED is asked for, as there is no address to give. PermissionError: the file is not open for that.
    ENODEV: it cannot be mapped.
    """
    if (
        type(fd) is not int
        or type(offset) is not int
        or type(length) is not int
        or type(prot) is not int
        or type(flags) is not int
        or (offset | length | prot | flags | fd + 1) >> 31
    ):
        length, offset = integer("length", length, -sys.maxsize - 1, sys.maxsize), i64("offset", offset)
        fd, prot, flags = descriptor("fd", fd), i32("prot", prot), flag_bits("flags", flags)
    if length <= 0 or flags & MAP_FIXED:  # without an address it would replace what lies at the lowest
        raise system_error("mmap", EINVAL)
    before = kept.value
    address = libc.mmap(None, length, prot, flags, fd, offset)
    if address is None or address == _FAILED:
        fail("mmap", before)
    owner = (c_ubyte * length).from_address(address)
    mapping = _Mapping(owner, _unmap)
    mapping.address, mapping.length = address, length
    _mappings[address] = mapping
    view = memoryview(owner).cast("B")
    return view if prot & PROT_WRITE or prot == PROT_NONE else view.toreadonly()


def munmap(b: memoryview) -> None:
    """munmap(2): give mapped memory back; b can be used no more. Go Munmap.

    b is what mmap returned, whole. Where another view of it lives, the memory goes with the last of them.
    OSError(EINVAL): b is something else, or a part. ValueError: it has been given back.
    """
    if _owner("munmap", b).length != b.nbytes or not b.c_contiguous:
        raise system_error("munmap", EINVAL)
    b.release()


def madvise(b: memoryview, advice: int) -> None:
    """madvise(2): tell the kernel how mapped memory will be used: MADV_SEQUENTIAL, MADV_DONTNEED and so on. Go Madvise.

    b is what mmap returned, or a slice of it that begins on a page. OSError(EINVAL): it is not, or no such advice.
    """
    address, length = _place("madvise", b)
    check("madvise", kept.value, libc.madvise(address, length, i32("advice", advice)))


def mprotect(b: memoryview, prot: int) -> None:
    """mprotect(2): change what mapped memory may be used for: PROT_READ, PROT_WRITE, PROT_EXEC, PROT_NONE. Go Mprotect.

    b is what mmap returned, or a slice of it that begins on a page. A view does not notice: an access that is forbidden
    now ends the process. OSError(EINVAL): b is no such memory. PermissionError: the file is not open for that.
    """
    address, length = _place("mprotect", b)
    check("mprotect", kept.value, base_libc.mprotect(c_void_p(address), length, i32("prot", prot)))


def mlock(b: "ReadableBuffer") -> None:
    """mlock(2): keep a buffer's pages in memory until munlock. Go Mlock.

    Whole pages are locked, with whatever else lies on them. ENOMEM: RLIMIT_MEMLOCK.
    """
    _lock("mlock", libc.mlock, b)


def munlock(b: "ReadableBuffer") -> None:
    """munlock(2): let a buffer's pages be swapped out again. Go Munlock."""
    _lock("munlock", libc.munlock, b)


def mlockall(flags: int) -> None:
    """mlockall(2): keep all of this process in memory: MCL_CURRENT, MCL_FUTURE, MCL_ONFAULT. Go Mlockall."""
    check("mlockall", kept.value, libc.mlockall(i32("flags", flags)))


def munlockall() -> None:
    """munlockall(2): let all of this process be swapped out again. Go Munlockall."""
    check("munlockall", kept.value, libc.munlockall())


def _lock(call: str, function: "Callable[[Pointer, int], int]", b: "ReadableBuffer") -> None:
    export = Export(b)
    try:
        check(call, kept.value, function(export, export.nbytes))
    finally:
        export.release()


def _place(call: str, b: memoryview) -> "tuple[int, int]":
    """The address and length of a view that mmap returned, or of a slice of one; OSError(EINVAL) otherwise."""
    _owner(call, b)
    export = Export(b)
    export.release()
    return export.address, export.nbytes


def _owner(call: str, b: memoryview) -> _Mapping:
    """The mapping that a view is of; OSError(EINVAL) otherwise."""
    if not isinstance(b, memoryview):
        raise TypeError(f"b must be a memoryview that mmap returned, not {type(b).__name__}")
    owner = b.obj  # ValueError where b has been released
    mapping = _mappings.get(addressof(owner)) if type(type(owner)) is ArrayType else None  # type: ignore[arg-type]
    if mapping is None or mapping() is not owner:
        raise system_error(call, EINVAL)
    return mapping
