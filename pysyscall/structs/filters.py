"""<linux/filter.h>: classic BPF, an instruction and a program."""

from ..arguments import u16
from ..buffers import Export
from .base import U8, U16, U32, Address, Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


class SockFilter(Struct):
    """struct sock_filter: one instruction. Go SockFilter."""

    __slots__ = ()
    code: U16
    jt: U8
    jf: U8
    k: U32


class SockFprog(Struct):
    """struct sock_fprog: a program, by its length and address. Go SockFprog.

    `SockFprog.of(instructions)` makes one, and keeps the instructions in place as long as it lives.
    """

    __slots__ = ("_owner",)
    len: U16
    filter: Address
    if TYPE_CHECKING:
        _owner: Export

    @classmethod
    def of(cls, instructions: "Iterable[SockFilter]") -> "SockFprog":
        """The program of these instructions: a list, or a ctypes array of SockFilter."""
        code = []
        for instruction in instructions:
            if not isinstance(instruction, SockFilter):
                raise TypeError(f"an instruction must be a SockFilter, not {type(instruction).__name__}")
            code.append(bytes(instruction))
        owner = Export(b"".join(code))
        program = cls(u16("number of instructions", len(code)), owner.address)
        program._owner = owner
        return program
