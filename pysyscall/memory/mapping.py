"""File-backed and anonymous memory mappings, as memoryviews.

`mmap` returns a view of an object that owns the memory and that nothing else refers to. The memory is unmapped when the
last view is gone. Slices, casts and arrays made by `from_buffer` keep it mapped, so that no view refers to unmapped
memory.
The owner of anonymous memory is CPython's own `mmap.mmap`, which maps and unmaps in half the time. In all other cases
it is a ctypes array: for a file `mmap.mmap` would duplicate the descriptor and refuse what the kernel allows, and up to
CPython 3.11 it keeps the GIL while MAP_POPULATE and MAP_LOCKED fill the memory.
As in C and Go, an access that the protection forbids kills the process with SIGSEGV, and an access beyond the end of a
truncated file kills it with SIGBUS.
"""

import sys
from ctypes import addressof, c_int64, c_size_t, c_ubyte, c_void_p
from mmap import mmap as _PythonMmap
from weakref import ref

from ..base import libc as base_libc
from ..base.abi import ABI, ABIS_32_BIT
from ..base.arguments import descriptor, flag_bits, i32, i64, integer
from ..base.buffers import ArrayType, Export, ReadableBuffer
from ..base.errors import check, fail, kept, system_error
from ..constants import (
    EINVAL,
    MAP_ANON,
    MAP_FIXED,
    MAP_FIXED_NOREPLACE,
    MAP_LOCKED,
    MAP_POPULATE,
    PROT_NONE,
    PROT_WRITE,
)
from . import libc

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class _Anonymous(_PythonMmap):
    """Anonymous memory that `mmap` has mapped."""

    __slots__ = ()


class _Mapping(ref):  # type: ignore[type-arg]
    """A reference to the array of a mapping, which is unmapped when the array is gone."""

    __slots__ = ("address", "length")
    address: int
    length: int


_mappings: "dict[int, _Mapping]" = {}  # by address


def _unmap(
    gone: _Mapping,
    forget: "Callable[..., object]" = _mappings.pop,  # bound here: globals may be gone at interpreter exit
    unmap: "Callable[[int, int], int]" = libc.munmap,
) -> None:
    forget(gone.address, None)  # first: once it is unmapped, another thread may get the same address
    unmap(gone.address, gone.length)


_mmap = libc.mmap  # looked up once, see io.descriptors
_IS_64_BIT = ABI not in ABIS_32_BIT  # an off_t fills one register
_FAILED = c_void_p(-1).value  # MAP_FAILED
_AT_AN_ADDRESS = MAP_FIXED | MAP_FIXED_NOREPLACE  # which is none here: they would map page 0
_ANONYMOUS = MAP_ANON | MAP_POPULATE | MAP_LOCKED


def mmap(fd: int, offset: int, length: int, prot: int, flags: int) -> memoryview:
    """mmap(2): map length bytes of a file at offset, or anonymous memory with MAP_ANON. Go Mmap.

    prot is PROT_READ, PROT_WRITE and PROT_EXEC combined, or PROT_NONE. flags holds MAP_SHARED or MAP_PRIVATE; fd is -1
    with MAP_ANON. The view is read-only without PROT_WRITE, and writable with PROT_NONE, which mprotect may change
    later. The memory is unmapped by munmap, or when the last view is gone. EINVAL: length is not positive, offset is
    not a multiple of the page size, or flags has MAP_FIXED or MAP_FIXED_NOREPLACE, which would need an address.
    PermissionError: the file is not open for this access. ENODEV: the file cannot be mapped.
    """
    size: int | c_size_t = length
    place: int | c_int64 = offset
    if (
        not _IS_64_BIT
        or type(fd) is not int
        or type(offset) is not int
        or type(length) is not int
        or type(prot) is not int
        or type(flags) is not int
        or (offset | length | prot | flags | fd + 1) >> 31
    ):
        length = integer("length", length, -sys.maxsize - 1, sys.maxsize)
        size, place = c_size_t(length), c_int64(i64("offset", offset))
        fd, prot, flags = descriptor("fd", fd), i32("prot", prot), flag_bits("flags", flags)
    if length <= 0 or flags & _AT_AN_ADDRESS:
        raise system_error("mmap", EINVAL)
    if flags & _ANONYMOUS == MAP_ANON and prot and fd == -1 and not offset:
        try:
            return memoryview(_Anonymous(-1, length, flags, prot))
        except OSError as error:
            raise system_error("mmap", error.errno or EINVAL) from None
    before = kept.value
    address = _mmap(None, size, prot, flags, fd, place)
    if address is None or address == _FAILED:
        fail("mmap", before)
    owner = (c_ubyte * length).from_address(address)
    mapping = _Mapping(owner, _unmap)
    mapping.address, mapping.length = address, length
    _mappings[address] = mapping
    view = memoryview(owner).cast("B")
    return view if prot & PROT_WRITE or prot == PROT_NONE else view.toreadonly()


def munmap(b: memoryview) -> None:
    """munmap(2): unmap memory; b is released and can no longer be used. Go Munmap.

    b is the whole view that mmap returned. If other views of it exist, the memory is unmapped when the last one is
    gone. EINVAL: b is not such a view, or only a slice. ValueError: b has been released before.
    """
    if _mapped("munmap", b) != b.nbytes or not b.c_contiguous:
        raise system_error("munmap", EINVAL)
    b.release()


def madvise(b: memoryview, advice: int) -> None:
    """madvise(2): tell the kernel how mapped memory will be used: MADV_SEQUENTIAL, MADV_DONTNEED and so on. Go Madvise.

    b is a view that mmap returned, or a slice of one that begins on a page boundary. EINVAL: it is not, or the advice
    is unknown.
    """
    _on_mapping("madvise", libc.madvise, b, i32("advice", advice))


def mprotect(b: memoryview, prot: int) -> None:
    """mprotect(2): set the protection of mapped memory: PROT_READ, PROT_WRITE, PROT_EXEC, PROT_NONE. Go Mprotect.

    b is a view that mmap returned, or a slice of one that begins on a page boundary. Existing views do not change: a
    forbidden access through them kills the process with SIGSEGV. EINVAL: b is not such a view. PermissionError: the
    file is not open for this access.
    """
    _on_mapping("mprotect", base_libc.mprotect, b, i32("prot", prot))


def mlock(b: "ReadableBuffer") -> None:
    """mlock(2): lock a buffer's pages in memory until munlock. Go Mlock.

    Whole pages are locked, with the other data on them. ENOMEM: over RLIMIT_MEMLOCK. PermissionError: the limit is 0.
    """
    _on_memory("mlock", libc.mlock, b)


def munlock(b: "ReadableBuffer") -> None:
    """munlock(2): unlock a buffer's pages, which may be swapped out again. Go Munlock."""
    _on_memory("munlock", libc.munlock, b)


def mlockall(flags: int) -> None:
    """mlockall(2): lock all memory of this process: MCL_CURRENT, MCL_FUTURE, MCL_ONFAULT. Go Mlockall."""
    check("mlockall", kept.value, libc.mlockall(i32("flags", flags)))


def munlockall() -> None:
    """munlockall(2): unlock all memory of this process, which may be swapped out again. Go Munlockall."""
    check("munlockall", kept.value, libc.munlockall())


def _on_memory(call: str, function: "Callable[..., int]", b: "ReadableBuffer", *numbers: int) -> None:
    """Call a function for a buffer's memory, which stays meanwhile."""
    export = Export(b)
    try:
        check(call, kept.value, function(export, export.nbytes, *numbers))
    finally:
        export.release()


def _on_mapping(call: str, function: "Callable[..., int]", b: memoryview, number: int) -> None:
    """The same for a view that mmap returned, or a slice of one."""
    _mapped(call, b)
    _on_memory(call, function, b, number)


def _mapped(call: str, b: memoryview) -> int:
    """Return the length of the mapping that a view belongs to; otherwise raise EINVAL."""
    if not isinstance(b, memoryview):
        raise TypeError(f"b must be a memoryview that mmap returned, not {type(b).__name__}")
    owner = b.obj  # ValueError where b has been released
    if type(owner) is _Anonymous:
        return len(owner)
    mapping = _mappings.get(addressof(owner)) if type(type(owner)) is ArrayType else None  # type: ignore[arg-type]
    if mapping is None or mapping() is not owner:
        raise system_error(call, EINVAL)
    return mapping.length
