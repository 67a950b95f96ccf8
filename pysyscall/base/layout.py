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
from struct import error as PackError

from . import abi
from .fields import Octets, Setters, checked_array, code, codecs, is_number, is_octets, kinds, octets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from ctypes import Array, c_uint32, c_ulong
    from inspect import Signature
    from typing import Any, TypeAlias

    from .fields import Type

    Plan: TypeAlias = tuple[
        tuple[str, ...], tuple[Any, ...], tuple[tuple[int, str, int], ...], Callable[..., None] | None
    ]

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
    Name16: TypeAlias = bytes
    Char0: TypeAlias = bytes
    Char6: TypeAlias = bytes
    Char65: TypeAlias = bytes
    Char256: TypeAlias = bytes
    I32x2: TypeAlias = Array[c_int32]
    I32x11: TypeAlias = Array[c_int32]
    ULongx3: TypeAlias = Array[c_ulong]
    U8x3: TypeAlias = bytes
    U8x4: TypeAlias = bytes
    U8x8: TypeAlias = bytes
    U8x14: TypeAlias = bytes
    U8x16: TypeAlias = bytes
    U8x96: TypeAlias = bytes
    U8x32: TypeAlias = bytes
    U8x108: TypeAlias = bytes
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
    Char16 = ctypes.c_char * 16
    Name16 = Char16
    Char0 = ctypes.c_char * 0
    Char6 = ctypes.c_char * 6
    Char65 = ctypes.c_char * 65
    Char256 = ctypes.c_char * 256
    I32x2 = ctypes.c_int32 * 2
    I32x11 = ctypes.c_int32 * 11
    ULongx3 = ctypes.c_ulong * 3
    U8x3 = U8 * 3
    U8x4 = U8 * 4
    U8x8 = U8 * 8
    U8x14 = U8 * 14
    U8x16 = U8 * 16
    U8x96 = U8 * 96
    U8x32 = U8 * 32
    U8x108 = U8 * 108
    U32x0 = U32 * 0
    U32x8 = U32 * 8
    FdBits = ULong * (1024 // (8 * sizeof(ULong)))


_ABSENT = object()  # a field that the constructor leaves as it is


class _Plans(dict):  # type: ignore[type-arg]
    """For each class what its constructor needs, made when it is first used: most classes that are loaded never are.

    The fields; what each is where it is not given; which of them are arrays of bytes; and the packer of all together,
    which only a class of nothing but numbers and bytes has.
    """

    def __missing__(self, owner: "Type") -> "Plan":
        known = kinds(owner)
        in_memory = tuple(field for field in known if not field.startswith("_"))
        declared = [base.__annotations__ for base in reversed(owner.__mro__) if isinstance(base, _Declared)]
        fields = tuple(field for own in declared for field in own if field in in_memory)
        is_flat = fields == in_memory
        absent: list[object] = []
        arrays = []
        for i, field in enumerate(fields):
            kind = known[field]
            if is_number(kind):
                absent.append(0)
            elif is_octets(kind):
                absent.append(bytes(sizeof(kind)))
                arrays.append((i, f"{owner.__name__}.{field}", sizeof(kind)))
            else:
                absent.append(_ABSENT)
                is_flat = False
        made = self[owner] = fields, tuple(absent), tuple(arrays), codec(owner).pack_into if is_flat else None
        return made


_plans: "dict[Type, Plan]" = _Plans()


def _fields(cls: "Type") -> "list[tuple[str, Type]]":
    """A class's own fields, in the order of this ABI."""
    declared = cls.__annotations__
    order = vars(cls).get("_order_", {}).get(abi.ABI)
    return [(field, declared[field]) for field in order.split()] if order else list(declared.items())


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
            fields = _fields(cls)
            cls._fields_ = [(field, checked_array(kind)) for field, kind in fields]
            for field, kind in fields:
                if is_octets(kind):
                    setattr(cls, field, Octets(f"{name}.{field}", getattr(cls, field)))

        @property
        def __signature__(cls):
            """For inspect.signature and help()."""
            return None if "__init__" in vars(cls) else _signature(cls)


def _signature(cls: "Type") -> "Signature":
    from inspect import Parameter, Signature

    known = kinds(cls)
    fields, defaults = _plans[cls][:2]
    return Signature(
        [
            Parameter(
                field,
                Parameter.POSITIONAL_OR_KEYWORD,
                default=... if default is _ABSENT else default,
                annotation=known[field] if default is _ABSENT else type(default),
            )
            for field, default in zip(fields, defaults, strict=True)
        ]
    )


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
    else:

        def __init__(self, *values, **named):
            if not values and not named:
                return
            fields, absent, arrays, pack = _plans[self.__class__]
            if len(values) > len(fields):
                raise TypeError(f"{type(self).__name__} has {len(fields)} fields, not {len(values)}")
            if named:
                n = len(values)
                values += tuple([named.pop(field, absent[i]) for i, field in enumerate(fields[n:], n)])
                if named:
                    raise TypeError(f"{type(self).__name__} has no such field, or twice: {', '.join(named)}")
            elif len(values) < len(fields):
                values += absent[len(values) :]
            if pack is not None:
                if arrays:
                    values = list(values)
                    for i, label, size in arrays:
                        values[i] = octets(label, values[i], size)
                try:
                    pack(self, 0, *values)
                    return
                except (PackError, OverflowError):
                    pass  # one by one, and the one that does not fit is named
            for field, value in zip(fields, values, strict=True):
                if value is not _ABSENT:
                    setattr(self, field, value)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(plain(getattr(self, field)) == plain(getattr(other, field)) for field in _plans[type(self)][0])

    __hash__ = None  # type: ignore[assignment]  # the fields can change

    def __reduce__(self) -> "tuple[object, tuple[bytes]]":
        # For copy and pickle: ctypes' own wants a __dict__, which __slots__ leaves out.
        if any(kind is ctypes.c_void_p for _, kind, *_ in self._fields_):
            raise TypeError(f"a {type(self).__name__} holds an address, and cannot be copied or pickled")
        return type(self).from_buffer_copy, (bytes(self),)

    def __repr__(self) -> str:
        fields = ", ".join(f"{field}={plain(getattr(self, field))!r}" for field in _plans[type(self)][0])
        return f"{type(self).__name__}({fields})"


def plain(value: object) -> object:
    """A field's value as Python shows and compares it: unions as bytes, arrays as lists."""
    if isinstance(value, ctypes.Union):
        return bytes(value)
    return list(value) if isinstance(value, ctypes.Array) else value


def codec(layout: "type[Struct]") -> Codec:
    """The packer and unpacker of a structure's numbers and bytes, without its padding; faster than ctypes by far."""
    form, end = "=", 0
    for field, kind in kinds(layout).items():
        if not field.startswith("_"):
            offset = getattr(layout, field).offset
            form += f"{offset - end}x" + (f"{sizeof(kind)}s" if is_octets(kind) else code(kind))
            end = offset + sizeof(kind)
    return codecs[form]
