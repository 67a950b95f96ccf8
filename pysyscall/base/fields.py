"""Setting and reading the fields of structures, with checks whose errors name the field.

ctypes silently truncates an integer to the field's width, accepts arrays that are too short, and returns an array of
bytes as a ctypes array. Here integers are set by the packers of the `struct` module, after a check of their range.
"""

import ctypes
from ctypes import sizeof
from struct import Struct as Codec

from .arguments import integer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    Type: TypeAlias = Any  # a field's ctypes type; typeshed's types do not help here
    Setter: TypeAlias = Callable[[Any, Any, Any], object]  # of an object, a field's name or place, and a value


class _Codecs(dict):  # type: ignore[type-arg]
    """The struct.Struct of each format that is used."""

    def __missing__(self, form: str) -> Codec:
        made = self[form] = Codec(form)
        return made


codecs: "dict[str, Codec]" = _Codecs()

_ArrayType: "Any" = type(ctypes.Array)
_SimpleType: "Any" = type(ctypes.c_int)
_set = object.__setattr__
_set_item: "Any" = ctypes.Array.__setitem__


def is_number(kind: "Type") -> bool:
    """Whether a field of this type is an integer or a pointer."""
    return isinstance(kind, _SimpleType) and kind._type_ != "c"


def is_octets(kind: "Type") -> bool:
    """Whether a field of this type is an array of bytes."""
    return isinstance(kind, _ArrayType) and kind._type_ is ctypes.c_uint8


_kinds: "dict[Type, dict[str, Type]]" = {}


def kinds(owner: "Type") -> "dict[str, Type]":
    """Return the type of each field, including inherited fields and those of anonymous unions."""
    if owner not in _kinds:
        found: dict[str, Type] = {}
        for base in reversed(owner.__mro__):
            for name, kind, *_ in vars(base).get("_fields_", ()):
                found[name] = kind
                if name in getattr(base, "_anonymous_", ()):
                    found.update(kinds(kind))
        _kinds[owner] = found
    return _kinds[owner]


def limits(kind: "Type") -> "tuple[int, int]":
    """Return the least and the greatest value of an integer or a pointer."""
    bits = 8 * sizeof(kind)
    return (0, 2**bits - 1) if kind._type_.isupper() else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def code(kind: "Type") -> str:
    """Return the format character of an integer or a pointer, whose size is the same in every mode."""
    letter = {1: "b", 2: "h", 4: "i", 8: "q"}[sizeof(kind)]
    return letter.upper() if kind._type_.isupper() else letter


class Octets:
    """A descriptor for a field that is an array of bytes: it takes and returns bytes of the array's length."""

    __slots__ = ("_codec", "_label", "offset", "size")

    def __init__(self, label: str, field: "Any") -> None:
        self.offset: int = field.offset
        self.size: int = field.size
        self._codec = codecs[f"{field.size}s"]
        self._label = label

    def __get__(self, target: "Any", owner: object = None) -> "Any":
        return self if target is None else self._codec.unpack_from(target, self.offset)[0]

    def __set__(self, target: "Any", value: "Any") -> None:
        self._codec.pack_into(target, self.offset, octets(self._label, value, self.size))


class Setters(dict):  # type: ignore[type-arg]
    """How each field of a class is set, by its name; an entry is made when the field is first set.

    For a number it is the packer, the offset, and the least and the greatest value; for another field a setter, and
    bounds that no value satisfies.
    """

    __slots__ = ("owner",)
    owner: "Type"

    def __missing__(self, name: str) -> "tuple[Setter, int, int, int]":
        kind = kinds(self.owner).get(name)
        if is_number(kind):
            entry: tuple[Setter, int, int, int] = (
                codecs[code(kind)].pack_into,
                getattr(self.owner, name).offset,
                *limits(kind),
            )
        else:
            entry = _setter(self.owner, name, kind), 0, 1, 0
        if hasattr(self.owner, name):  # a misspelt name gets no entry
            self[name] = entry
        return entry

    def setattr(self) -> "Callable[[Any, str, Any], None]":
        """Return the class's `__setattr__`. As a closure it takes a fifth less time."""

        def __setattr__(target: "Any", name: str, value: "Any") -> None:
            setter, offset, lowest, highest = self[name]
            if type(value) is int and lowest <= value <= highest:
                setter(target, offset, value)
            elif lowest > highest:
                setter(target, name, value)
            elif value is None:  # a null pointer; ctypes refuses it for an integer
                _set(target, name, None)
            else:
                _set(target, name, _number(f"{self.owner.__name__}.{name}", value, kinds(self.owner)[name]))

        return __setattr__


def _number(label: str, value: "Any", kind: "Type") -> "Any":
    """Return a ctypes object of the field's type as it is, and anything else as an integer that fits (`__index__`)."""
    return value if isinstance(value, kind) else integer(label, value, *limits(kind))


def _setter(owner: "Type", name: str, kind: "Type") -> "Setter":
    """Return the setter of a field that is not a number; one without a type is a property or a slot."""
    label = f"{owner.__name__}.{name}"
    if kind is None or is_octets(kind):
        return _set
    if isinstance(kind, _ArrayType) and kind._type_ is ctypes.c_char:
        pack, offset = codecs[f"{sizeof(kind)}s"].pack_into, getattr(owner, name).offset
        return lambda target, name, value: pack(target, offset, _name(label, value, sizeof(kind)))
    if isinstance(kind, _ArrayType):
        return lambda target, name, value: _set(target, name, _array(label, value, kind))
    return lambda target, name, value: _set(target, name, kind(*value) if isinstance(value, tuple) else value)


def octets(label: str, value: "Any", length: int) -> bytes:
    """Return bytes of exactly this length, from an object with the buffer protocol or a tuple of integers."""
    if type(value) is bytes:
        raw = value
    elif isinstance(value, tuple):
        raw = bytes([integer(f"{label}[{i}]", element, 0, 255) for i, element in enumerate(value)])
    else:
        raw = _bytes(label, value, length)
    if len(raw) != length:
        raise ValueError(f"{label} must be {length} bytes, not {len(raw)}")
    return raw


def _name(label: str, value: "Any", room: int) -> bytes:
    """Return a name for an array of char. The packer pads it with NULs; ctypes would leave the old bytes."""
    raw = _bytes(label, value, room)
    if len(raw) > room:
        raise ValueError(f"{label} must be at most {room} bytes, not {len(raw)}")
    return raw


def _bytes(label: str, value: "Any", length: int) -> bytes:
    try:
        return memoryview(value).tobytes()
    except TypeError:
        raise TypeError(f"{label} must be {length} bytes, not {type(value).__name__}") from None


def _array(label: str, value: "Any", kind: "Type") -> "Any":
    """Return a ctypes array of exactly these elements, from another array or a tuple."""
    if isinstance(value, kind):
        return value
    if not isinstance(value, (tuple, ctypes.Array)):
        raise TypeError(f"{label} must be a tuple or an array of {kind._length_} elements, not {type(value).__name__}")
    value = tuple(value)
    if len(value) != kind._length_:
        raise ValueError(f"{label} must have {kind._length_} elements, not {len(value)}")
    element = kind._type_
    if is_number(element):
        return kind(*(integer(f"{label}[{i}]", each, *limits(element)) for i, each in enumerate(value)))
    return kind(*(element(*each) if isinstance(each, tuple) else each for each in value))


def _checked(lowest: int, highest: int) -> "Callable[[Any, Any, Any], None]":
    """Return a `__setitem__` for an array whose elements have these bounds."""

    def __setitem__(target: "Any", index: "Any", value: "Any") -> None:
        if not (type(value) is int and lowest <= value <= highest):
            value = [checked(each) for each in value] if isinstance(index, slice) else checked(value)
        _set_item(target, index, value)

    def checked(element: "Any") -> "Any":
        return integer("an element", element, lowest, highest) if isinstance(element, int) else element

    return __setitem__


_arrays: "dict[Type, Type]" = {}


def checked_array(kind: "Type") -> "Type":
    """Return an array type that checks its elements, for integers other than U8; other types as they are."""
    if not isinstance(kind, _ArrayType) or not is_number(kind._type_) or is_octets(kind) or not kind._length_:
        return kind
    if kind not in _arrays:
        members = {"__slots__": (), "__setitem__": _checked(*limits(kind._type_))}
        members |= {"_type_": kind._type_, "_length_": kind._length_}
        _arrays[kind] = _ArrayType(kind.__name__, (ctypes.Array,), members)
    return _arrays[kind]
