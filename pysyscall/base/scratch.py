"""Scratch memory for the headers, lengths, addresses and values that calls pass to the kernel.

One pool serves all calls. A call takes a slot and always puts it back:

    try:
        slot = take()
    except IndexError:
        slot = Scratch()
    try:
        slot.length.value = NAME_SIZE
        if libc.getsockname(fd, slot.of_name, slot.of_length) == -1:
            fail("getsockname", before)
        return first_sight(slot)
    finally:
        give(slot)

Concurrent calls (threads, signal handlers) create more slots, which stay in the pool. A slot's content is valid during
the call only. Values lie at its end, before a page without access: if the kernel writes beyond a value, the call fails
with EFAULT and no other memory changes.
"""

from ctypes import addressof, byref, c_char, c_int, c_uint32
from mmap import MAP_ANONYMOUS, MAP_PRIVATE, PAGESIZE, mmap

from . import libc
from .errors import fail, kept

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ctypes import Array

    from .buffers import Pointer

NAME_SIZE = 128  # struct sockaddr_storage
DATA_SIZE = 3840  # the most bytes of a message's payload and control data together
VALUE_SIZE = 16384  # the most bytes of a value

HEAD_SIZE = 4 + 28  # a length, and an IPv4 or IPv6 address

# The layout: a header and what it points to, the length of an address and the address, data, and values at the end.
_HEADER = 0
_LENGTH = 124
_NAME = 128
_DATA = _NAME + NAME_SIZE
_LEAST = _DATA + DATA_SIZE + VALUE_SIZE

_Name = c_char * NAME_SIZE
_Head = c_char * HEAD_SIZE
_Header = c_char * _LENGTH
_Pair = c_int * 2


class Scratch:
    """A piece of scratch memory, of at least this size."""

    __slots__ = (
        "address",
        "data",
        "head",
        "header",
        "int",
        "length",
        "memory",
        "name",
        "name_address",
        "of_header",
        "of_int",
        "of_length",
        "of_name",
        "of_pair",
        "pair",
        "size",
        "view",
    )

    def __init__(self, size: int = _LEAST) -> None:
        self.size = size = -(-size // PAGESIZE) * PAGESIZE
        self.memory = mmap(-1, size + PAGESIZE, flags=MAP_PRIVATE | MAP_ANONYMOUS)
        start = c_char.from_buffer(self.memory)
        before = kept.value
        if libc.mprotect(byref(start, size), PAGESIZE, 0) == -1:
            fail("mprotect", before)
        self.view = memoryview(self.memory)[:size]
        self.address = addressof(start)
        self.header: Array[c_char] = _Header.from_buffer(self.memory, _HEADER)
        self.length = c_uint32.from_buffer(self.memory, _LENGTH)
        # A ready pointer takes half the time of an array to pass.
        self.of_header: Pointer = byref(self.header)
        self.of_length: Pointer = byref(self.length)
        self.head: Array[c_char] = _Head.from_buffer(self.memory, _LENGTH)
        self.name: Array[c_char] = _Name.from_buffer(self.memory, _NAME)
        self.of_name: Pointer = byref(self.name)
        self.name_address = self.address + _NAME
        self.data = _DATA
        self.pair = _Pair.from_buffer(self.memory, size - 8)
        self.of_pair: Pointer = byref(self.pair)
        self.int = c_int.from_buffer(self.memory, size - 4)
        self.of_int: Pointer = byref(self.int)

    def value(self, size: int) -> "Pointer":
        """Return a pointer to a value of this size, which ends where the memory ends."""
        return byref(self.header, self.size - size)


# list.pop and list.append are atomic, and fast if the list does not become empty. They are bound once, because for
# `pool.append(slot)` with an imported name Python creates a bound method each time.
_pool = [Scratch(), Scratch()]
take, give = _pool.pop, _pool.append
