"""Scratch memory: room for the headers, lengths, addresses and values that a call hands to the kernel.

One pool serves all calls. A call takes a piece, and puts it back whatever happens:

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

More calls at the same time (threads, signal handlers) make more, which stay. Nothing in it outlives the call. Values
lie at its end, in front of a page without access: what the kernel writes beyond a value is EFAULT, and no other memory.
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
DATA_SIZE = 3840  # what a message's payload and control data may take together
VALUE_SIZE = 16384  # what a value may take

HEAD_SIZE = 4 + 28  # a length, and an IPv4 or IPv6 address

# Where things lie: a header and what it points to, an address and its length, data, and up to the end values.
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
    """One piece of it, of at least the size that is asked for."""

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
        # A pointer that is made already costs half of what an array costs to pass.
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
        """The place of a value of so many bytes, which ends where the memory does."""
        return byref(self.header, self.size - size)


# list.pop and list.append are atomic, and cheap where the list does not become empty. To call the method of a name
# that is imported, as in `pool.append(slot)`, Python makes a bound method each time; so these are bound once.
_pool = [Scratch(), Scratch()]
take, give = _pool.pop, _pool.append
