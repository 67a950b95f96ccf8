"""Declaring C structures: classes whose annotations are the fields.

    class Linger(Struct):
        \"""struct linger (l_): whether close waits for unsent data, and how many seconds. Go Linger.\"""

        __slots__ = ()
        onoff: I32
        linger: I32

An alias such as I32 is `int` for mypy and `c_int32` for ctypes. `typing.Annotated` could express both, but takes longer
to import than all of ctypes. Because of `__slots__` a misspelt field is an AttributeError at run time too.

**The docstring** starts with the structure's name in C: `struct NAME`, `union NAME`, a typedef's NAME, or
`OUTER::MEMBER` for a type without a name. C's prefix of the field names follows in brackets: `struct stat (st_)`. The
tests compare the class with that structure in the headers that the module's docstring names.

**Integers** are checked wherever they are set, also in the constructor and in arrays: an OverflowError, where ctypes
would silently truncate. Reading a field takes the same time as in ctypes.

**Arrays** of U8 are bytes of exactly that length, in and out. Arrays of char are names: bytes up to their NUL. Other
arrays are ctypes arrays that share the structure's memory. A tuple of all elements sets each of the three.

**Padding** has a name that begins with an underscore: it is no argument, and left out of `==` and `repr`.
`_align: U32x0`, which takes no room, aligns a structure whose U8x4 is a struct in_addr to C.

**If the order differs** on some ABIs, the fields are declared once, and `_order_` gives their order there:

    _order_ = {"ppc64le": "iflag oflag cflag lflag cc line ispeed ospeed"}

A field that is not named there does not exist on that ABI. Constructors and `repr` keep the declared order everywhere.
"""

import ctypes
from ctypes import sizeof
from struct import Struct as Codec

from . import abi
from .fields import Octets, Setters, checked_array, code, codecs, is_number, is_octets, kinds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ctypes import Array, c_uint32, c_ulong
    from inspect import Signature
    from typing import TypeAlias

    from .fields import Type

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
    Char16: TypeAlias = bytes
    U8x3: TypeAlias = bytes
    U8x4: TypeAlias = bytes
    U8x8: TypeAlias = bytes
    U8x14: TypeAlias = bytes
    U8x16: TypeAlias = bytes
    U8x96: TypeAlias = bytes
    U8x108: TypeAlias = bytes
    U8x126: TypeAlias = bytes
    U32x0: TypeAlias = Array[c_uint32]
    U32x8: TypeAlias = Array[c_uint32]
    ULongx0: TypeAlias = Array[c_ulong]
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
    Char16 = ctypes.c_char * 16
    U8x3 = U8 * 3
    U8x4 = U8 * 4
    U8x8 = U8 * 8
    U8x14 = U8 * 14
    U8x16 = U8 * 16
    U8x96 = U8 * 96
    U8x108 = U8 * 108
    U8x126 = U8 * 126
    U32x0 = U32 * 0
    U32x8 = U32 * 8
    ULongx0 = ULong * 0
    FdBits = ULong * (1024 // (8 * sizeof(ULong)))


_names: "dict[Type, tuple[str, ...]]" = {}


def names(cls: "Type") -> "tuple[str, ...]":
    """Return the names of a class's fields without padding, in the order of their declaration."""
    if cls not in _names:
        known = kinds(cls)
        declared = (base.__annotations__ for base in reversed(cls.__mro__) if isinstance(base, _Declared))
        _names[cls] = tuple(field for own in declared for field in own if field in known and field[0] != "_")
    return _names[cls]


class _Declared:
    """The common base of the metaclasses of structures and unions, which makes fields of annotations."""

    if not TYPE_CHECKING:

        def __new__(meta, name, bases, namespace):
            setters = Setters()
            namespace["__setattr__"] = setters.setattr()
            setters.owner = super().__new__(meta, name, bases, namespace)
            return setters.owner

        def __init__(cls, name, bases, namespace):
            super().__init__(name, bases, namespace)
            declared = cls.__annotations__
            order = namespace.get("_order_", {}).get(abi.ABI)
            fields = order.split() if order else list(declared)
            cls._fields_ = [(field, checked_array(declared[field])) for field in fields]
            for field in fields:
                if is_octets(declared[field]):
                    setattr(cls, field, Octets(f"{name}.{field}", getattr(cls, field)))
            arguments = [field for field in declared if field in fields and field[0] != "_"]
            if arguments != fields[: len(arguments)] and "__init__" not in namespace:
                cls.__init__ = _init_by_name

        @property
        def __signature__(cls):
            """For inspect.signature and help(). None: a class has a constructor of its own."""
            return _signature(cls) if cls.__init__ in (_init, _init_by_name) else None


_init = ctypes.Structure.__init__


def _init_by_name(self: "ctypes.Structure", *values: object, **named: object) -> None:
    """The constructor of a class whose fields lie in another order than declared, or have padding in between."""
    fields = names(type(self))
    if len(values) > len(fields):
        raise TypeError("too many initializers")
    _init(self, **dict(zip(fields, values, strict=False)), **named)


def _signature(cls: "Type") -> "Signature":
    from inspect import Parameter, Signature

    known = kinds(cls)
    parameters = []
    for field in names(cls):
        kind = int if is_number(known[field]) else bytes if is_octets(known[field]) else known[field]
        default = 0 if kind is int else bytes(sizeof(known[field])) if kind is bytes else ...
        parameters.append(Parameter(field, Parameter.POSITIONAL_OR_KEYWORD, default=default, annotation=kind))
    return Signature(parameters)


if TYPE_CHECKING:
    _Structure = ctypes.Structure
    _Union = ctypes.Union
else:

    class _StructType(_Declared, type(ctypes.Structure)):
        pass

    class _UnionType(_Declared, type(ctypes.Union)):
        pass

    class _Structure(ctypes.Structure, metaclass=_StructType):
        __slots__ = ()

    class _Union(ctypes.Union, metaclass=_UnionType):
        __slots__ = ()


class Union(_Union):
    """A C union."""

    __slots__ = ()
    if TYPE_CHECKING:  # typeshed allows any attribute, also misspelt ones
        __getattr__: None  # type: ignore[assignment, misc]
        __setattr__: None  # type: ignore[assignment, misc]


class Struct(_Structure):
    """A C structure, with `==` and a repr by its fields."""

    __slots__ = ()
    if TYPE_CHECKING:  # as above
        __getattr__: None  # type: ignore[assignment, misc]
        __setattr__: None  # type: ignore[assignment, misc]

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        if bytes(self) == bytes(other):
            return True
        return all(plain(getattr(self, field)) == plain(getattr(other, field)) for field in names(type(self)))

    __hash__ = None  # type: ignore[assignment]  # the fields can change

    def __reduce__(self) -> "tuple[object, tuple[bytes]]":
        # For copy and pickle: ctypes' own wants a __dict__, which __slots__ leaves out.
        if ctypes.c_void_p in kinds(type(self)).values():
            raise TypeError(f"a {type(self).__name__} holds an address, and cannot be copied or pickled")
        return type(self).from_buffer_copy, (bytes(self),)

    def __repr__(self) -> str:
        fields = ", ".join(f"{field}={plain(getattr(self, field))!r}" for field in names(type(self)))
        return f"{type(self).__name__}({fields})"


def plain(value: object) -> object:
    """Return a field's value for repr and comparison: unions as bytes, arrays as lists."""
    if isinstance(value, ctypes.Union):
        return bytes(value)
    return list(value) if isinstance(value, ctypes.Array) else value


def aligned(length: int, alignment: int) -> int:
    """Return the length rounded up to a multiple of alignment, a power of two."""
    return (length + alignment - 1) & -alignment


def codec(layout: "type[Struct]") -> Codec:
    """Return a struct.Struct for a structure's numbers and bytes, without padding; it is much faster than ctypes."""
    form, end = "=", 0
    for field, kind in kinds(layout).items():
        if not field.startswith("_"):
            offset = getattr(layout, field).offset
            form += f"{offset - end}x" + (f"{sizeof(kind)}s" if is_octets(kind) else code(kind))
            end = offset + sizeof(kind)
    return codecs[form]
