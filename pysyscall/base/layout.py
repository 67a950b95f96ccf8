"""How a C structure is declared here: a class whose annotations are its fields.

    class Linger(Struct):
        __slots__ = ()
        onoff: I32
        linger: I32

`_align: U32x0`, which takes no room, aligns a structure whose U8x4 is a struct in_addr to C.

mypy reads `int` there, and an attribute that is not annotated is an error to it; ctypes reads `c_int32`: the aliases
have two faces, because `typing.Annotated`, which would say both at once, costs more to import than all of ctypes.
`__slots__` makes a misspelt field an AttributeError at run time too.
"""

import ctypes
from ctypes import sizeof
from struct import Struct as Codec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ctypes import Array, c_int32, c_uint8, c_uint32, c_ulong
    from typing import TypeAlias

    I8: TypeAlias = int
    U8: TypeAlias = int
    I16: TypeAlias = int
    U16: TypeAlias = int
    I32: TypeAlias = int
    U32: TypeAlias = int
    I64: TypeAlias = int
    U64: TypeAlias = int
    Long: TypeAlias = int
    ULong: TypeAlias = int
    SizeT: TypeAlias = int
    Address: TypeAlias = int | None
    Char6: TypeAlias = bytes
    Char0: TypeAlias = bytes
    Char65: TypeAlias = bytes
    Char256: TypeAlias = bytes
    I32x2: TypeAlias = Array[c_int32]
    I32x11: TypeAlias = Array[c_int32]
    ULongx3: TypeAlias = Array[c_ulong]
    Name16: TypeAlias = bytes
    U8x3: TypeAlias = Array[c_uint8]
    U8x4: TypeAlias = Array[c_uint8]
    U8x8: TypeAlias = Array[c_uint8]
    U8x14: TypeAlias = Array[c_uint8]
    U8x16: TypeAlias = Array[c_uint8]
    U8x96: TypeAlias = Array[c_uint8]
    U8x108: TypeAlias = Array[c_uint8]
    U32x0: TypeAlias = Array[c_uint32]
    U32x8: TypeAlias = Array[c_uint32]
    FdBits: TypeAlias = Array[c_ulong]
else:
    I8 = ctypes.c_int8
    U8 = ctypes.c_uint8
    I16 = ctypes.c_int16
    U16 = ctypes.c_uint16
    I32 = ctypes.c_int32
    U32 = ctypes.c_uint32
    I64 = ctypes.c_int64
    U64 = ctypes.c_uint64
    Long = ctypes.c_long
    ULong = ctypes.c_ulong
    SizeT = ctypes.c_size_t
    Address = ctypes.c_void_p
    Name16 = ctypes.c_char * 16
    Char0 = ctypes.c_char * 0
    Char6 = ctypes.c_char * 6
    Char65 = ctypes.c_char * 65
    Char256 = ctypes.c_char * 256
    I32x2 = ctypes.c_int32 * 2
    I32x11 = ctypes.c_int32 * 11
    ULongx3 = ctypes.c_ulong * 3
    U8x3 = ctypes.c_uint8 * 3
    U8x4 = ctypes.c_uint8 * 4
    U8x8 = ctypes.c_uint8 * 8
    U8x14 = ctypes.c_uint8 * 14
    U8x16 = ctypes.c_uint8 * 16
    U8x96 = ctypes.c_uint8 * 96
    U8x108 = ctypes.c_uint8 * 108
    U32x0 = ctypes.c_uint32 * 0
    U32x8 = ctypes.c_uint32 * 8
    FdBits = ctypes.c_ulong * (1024 // (8 * sizeof(ctypes.c_ulong)))


_INTEGERS = {I8, U8, I16, U16, I32, U32, I64, U64, Long, ULong, SizeT}


def _limits(kind: "type[ctypes._SimpleCData[int]]") -> "tuple[int, int]":
    bits = 8 * sizeof(kind)
    return (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if kind(-1).value < 0 else (0, 2**bits - 1)


if TYPE_CHECKING:
    _Structure = ctypes.Structure
else:

    class _StructType(type(ctypes.Structure)):
        """Derives `_fields_` from the annotations, once ctypes has made the class ready to take it."""

        def __init__(cls, name, bases, namespace):
            super().__init__(name, bases, namespace)
            own = cls.__annotations__
            cls._fields_ = list(own.items())
            cls._names = (*cls._names, *(field for field in own if field != "_align"))
            cls._limits = {**cls._limits, **{field: _limits(kind) for field, kind in own.items() if kind in _INTEGERS}}

    class _Structure(ctypes.Structure, metaclass=_StructType):
        __slots__ = ()
        _names = ()
        _limits = {}  # noqa: RUF012  # never changed: each class has its own


class Struct(_Structure):
    """A C structure: equal where all fields are, and with a repr that shows them."""

    __slots__ = ()
    if TYPE_CHECKING:  # typeshed lets a Structure have any attribute, misspelt ones too
        __getattr__: None  # type: ignore[assignment, misc]
        __setattr__: None  # type: ignore[assignment, misc]
        _names: tuple[str, ...]  # of all fields, inherited ones first
        _limits: dict[str, tuple[int, int]]  # of the integers among them
    else:

        def __setattr__(self, name, value):
            # ctypes cuts an integer to the field's width in silence. The constructor comes here too.
            limits = self._limits.get(name)
            if limits is not None and isinstance(value, int) and not limits[0] <= value <= limits[1]:
                field = f"{type(self).__name__}.{name}"
                raise OverflowError(f"{field} must be in {limits[0]}..{limits[1]}, not {value}")
            super().__setattr__(name, value)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(plain(getattr(self, name)) == plain(getattr(other, name)) for name in self._names)

    __hash__ = None  # type: ignore[assignment]  # the fields can change

    def __reduce__(self) -> "tuple[object, tuple[bytes]]":
        # For copy and pickle: ctypes' own wants a __dict__, which __slots__ leaves out.
        if any(kind is ctypes.c_void_p for _, kind, *_ in self._fields_):
            raise TypeError(f"a {type(self).__name__} holds an address, and cannot be copied or pickled")
        return type(self).from_buffer_copy, (bytes(self),)

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={plain(getattr(self, name))!r}" for name in self._names)
        return f"{type(self).__name__}({fields})"


def plain(value: object) -> object:
    """A field's value as Python shows and compares it: unions and arrays of bytes as bytes, other arrays as lists."""
    if isinstance(value, ctypes.Union):
        return bytes(value)
    if not isinstance(value, ctypes.Array):
        return value
    return bytes(value) if sizeof(value._type_) == 1 else list(value)


def codec(layout: "type[Struct]") -> Codec:
    """The `struct` module's packer and unpacker of a declared layout: many times faster than ctypes' own fields.

    Integers are taken as unsigned, arrays as bytes; the fields must leave no gaps.
    """
    formats = {1: "B", 2: "H", 4: "I", 8: "Q"}
    kinds = [field[1] for field in layout._fields_ if field[0] != "_align"]
    return Codec("=" + "".join(f"{sizeof(k)}s" if hasattr(k, "_length_") else formats[sizeof(k)] for k in kinds))
