"""How a C structure is declared here: a class whose annotations are its fields.

    class Linger(Struct):
        \"""struct linger (l_): whether close waits for unsent data, and how many seconds. Go Linger.\"""

        __slots__ = ()
        onoff: I32
        linger: I32

mypy reads `int` there, and an attribute that is not annotated is an error to it; ctypes reads `c_int32`: the aliases
have two faces, because `typing.Annotated`, which would say both at once, costs more to import than all of ctypes.
`__slots__` makes a misspelt field an AttributeError at run time too.

**The docstring** opens with the name that C has for the structure: `struct NAME`, `union NAME`, a typedef's NAME, or
`OUTER::MEMBER` for a type without a name. What C has before each field's name follows in brackets: `struct stat (st_)`.
The tests hold the class against that structure in the headers that the module's docstring names.

**Integers** are checked wherever they are set, in the constructor and in arrays too: OverflowError, as ctypes would cut
them to the field's width in silence. To read a field costs what it does in ctypes.

**Arrays** of U8 are bytes of exactly that length, in and out. Arrays of char are names: bytes up to their NUL. Other
arrays are ctypes arrays that share the structure's memory. A tuple of all elements sets each of the three.

**Padding** has a name that begins with an underscore: it is no argument, and left out of `==` and `repr`.
`_align: U32x0`, which takes no room, aligns a structure whose U8x4 is a struct in_addr to C.

**Where the order differs**, the fields are declared once, and `_order_` gives the order of the ABIs that have another:

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
    """The fields of a class that are not padding, in the order of their declaration."""
    if cls not in _names:
        known = kinds(cls)
        declared = (base.__annotations__ for base in reversed(cls.__mro__) if isinstance(base, _Declared))
        _names[cls] = tuple(field for own in declared for field in own if field in known and field[0] != "_")
    return _names[cls]


class _Declared:
    """What the metaclasses of structures and unions have in common: fields from the annotations."""

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
    """The constructor of a class whose fields lie in another order than they are declared in, or among padding."""
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
    if TYPE_CHECKING:  # typeshed lets a Union have any attribute, misspelt ones too
        __getattr__: None  # type: ignore[assignment, misc]
        __setattr__: None  # type: ignore[assignment, misc]


class Struct(_Structure):
    """A C structure: equal where all fields are, and with a repr that shows them."""

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
    """A field's value as Python shows and compares it: unions as bytes, arrays as lists."""
    if isinstance(value, ctypes.Union):
        return bytes(value)
    return list(value) if isinstance(value, ctypes.Array) else value


def aligned(length: int, alignment: int) -> int:
    """The length, and the padding up to the next multiple of a power of two."""
    return (length + alignment - 1) & -alignment


def codec(layout: "type[Struct]") -> Codec:
    """The packer and unpacker of a structure's numbers and bytes, without its padding; faster than ctypes by far."""
    form, end = "=", 0
    for field, kind in kinds(layout).items():
        if not field.startswith("_"):
            offset = getattr(layout, field).offset
            form += f"{offset - end}x" + (f"{sizeof(kind)}s" if is_octets(kind) else code(kind))
            end = offset + sizeof(kind)
    return codecs[form]
