"""What all socket addresses are: immutable values over the very bytes that the kernel is given or gave.

An address holds those bytes and nothing else, so that one from a datagram costs next to nothing, goes back to the
kernel as it is, and is decoded only when somebody asks for a field.

A family is one class. It names its number and its structure, and declares the fields by the names that they have there;
the rest follows: `_encode`, which takes the fields of `__match_args__`, the decoder, equality, `repr`. Where the length
of a family's addresses varies, its class has an `_encode` and a `_canonical` of its own.
"""

import sys
from ctypes import sizeof
from struct import Struct as Codec
from struct import calcsize
from struct import error as PackError

from ..base.arguments import fixed_bytes, integer
from ..base.fields import code, codecs, is_octets, kinds, limits
from ..loading import load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, ClassVar, TypeAlias

    from ..base.layout import Struct

    # Where a field lies in C; its letters in a packer's format; what makes its bytes of an argument, where the packer
    # does not; its name, and the least and the greatest integer that it takes.
    Place: TypeAlias = tuple[int, str, Callable[[Any], bytes] | None, tuple[str, int, int] | None]

    field = property
    network_field = property
else:

    def field(declaration):
        """A field of bytes, or of an integer in the machine's byte order."""
        return _Field(declaration, sys.byteorder)

    def network_field(declaration):
        """A field of an integer in network order."""
        return _Field(declaration, "big")


class _Field:
    """A field as it is declared, until its class is complete."""

    def __init__(self, declaration: "Callable[..., object]", order: "Any") -> None:
        self.declaration = declaration
        self.order = order

    def define(self, cls: "type[Sockaddr]") -> "Place":
        """Put the property in the place of the declaration."""
        name, order = self.declaration.__name__, self.order
        in_c = cls._names_in_c.get(name, name)
        kind, start = kinds(cls._layout)[in_c], getattr(cls._layout, in_c).offset
        size = sizeof(kind)
        where = slice(start, start + size)
        place: Place
        if is_octets(kind):

            def get(address: Sockaddr) -> "Any":
                return address._raw[where]

            def encode(value: "Any") -> bytes:
                return value if type(value) is bytes and len(value) == size else fixed_bytes(name, value, size)

            place = start, f"{size}s", encode, None
        else:
            lowest, highest = limits(kind)

            def get(address: Sockaddr) -> "Any":
                return int.from_bytes(address._raw[where], order, signed=lowest < 0)

            if order == sys.byteorder:
                place = start, code(kind), None, (name, lowest, highest)
            else:
                place = start, f"{size}s", codecs[f">{code(kind)}"].pack, (name, lowest, highest)

        get.__annotations__ = self.declaration.__annotations__
        setattr(cls, name, property(get, doc=self.declaration.__doc__))
        return place


class Sockaddr:
    """struct sockaddr: a socket's address. Go Sockaddr.

    The base class; each family has a subclass. `bytes(address)` is exactly what the kernel is given; `str(address)` is
    the usual notation. Addresses are immutable, compare by value and can be dictionary keys.
    """

    __slots__ = ("_raw",)
    _raw: bytes
    if TYPE_CHECKING:
        # What the class of a family names, and what follows from it.
        _family: ClassVar[int]
        _layout: ClassVar[type[Struct]]
        _names_in_c: ClassVar[dict[str, str]]  # of the fields that have another name there
        _places: ClassVar[list[Place]]  # of the fields in __match_args__, in C's order
        _encoders: ClassVar[list[tuple[int, Callable[[Any], bytes]]]]  # of those that need one
        _codec: ClassVar[Codec]  # of the family and these
    else:
        _names_in_c = {}

    def __init__(self) -> None:
        raise TypeError("Sockaddr is the base of one class for each family: make one of those")

    if not TYPE_CHECKING:

        def __init_subclass__(cls):
            declared = {name: value.define(cls) for name, value in list(vars(cls).items()) if isinstance(value, _Field)}
            if "_family" not in vars(cls):
                return
            cls._places = sorted(
                (declared[name] for name in cls.__match_args__ if name in declared), key=lambda place: place[0]
            )
            cls._encoders = [(i, place[2]) for i, place in enumerate(cls._places) if place[2]]
            form, end, gaps = "=H", 2, 0
            for start, letters, *_ in cls._places:
                gaps += start - end
                form += f"{start - end}x{letters}"
                end = start + calcsize(f"={letters}")
            cls._codec = Codec(f"{form}{sizeof(cls._layout) - end}x")
            length = _NO_LENGTH if gaps else cls._codec.size
            _families[cls._family.to_bytes(2, sys.byteorder)] = cls, length, end, bytes(cls._codec.size - end)

    @staticmethod
    def from_bytes(raw: "bytes | bytearray | memoryview") -> "Sockaddr":
        """Return the address that these bytes of the kernel represent, family first.

        An address of a family without a class, or one too short for its family, is a SockaddrBytes. ValueError: more
        than the 128 bytes of a struct sockaddr_storage.
        """
        return decode(SockaddrBytes(raw).raw)

    @property
    def family(self) -> int:
        """The address family, such as AF_INET."""
        return int.from_bytes(self._raw[:2], sys.byteorder)

    @classmethod
    def _encode(cls, *values: "Any") -> bytes:
        """An address's bytes, by its fields in the order that they have in C."""
        made = list(values)
        try:
            for i, encode in cls._encoders:
                made[i] = encode(values[i])
            return cls._codec.pack(cls._family, *made)
        except PackError:
            for (_, _, _, bounds), value in zip(cls._places, values, strict=True):
                if bounds:
                    name, lowest, highest = bounds
                    integer(name, value, lowest, highest)
            raise

    @classmethod
    def _canonical(cls, raw: bytes) -> "bytes | None":
        """The bytes that all addresses equal to this one have; None where these are no address of the family."""
        return cls._codec.pack(*cls._codec.unpack_from(raw)) if len(raw) >= cls._codec.size else None

    def __bytes__(self) -> bytes:
        return self._raw

    def __eq__(self, other: object) -> bool:
        return self._raw == other._raw if isinstance(other, Sockaddr) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._raw)

    def __repr__(self) -> str:
        names: tuple[str, ...] = getattr(self, "__match_args__", ())
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"


# By the two bytes of a family: its class; the length of its addresses, where they have one, and no gap between their
# fields; where the last field ends; and what follows that.
_NO_LENGTH = -1
_families: "dict[bytes, tuple[type[Sockaddr], int, int, bytes]]" = {}


class SockaddrBytes(Sockaddr):
    """An address of any other family, as the kernel's bytes, family first."""

    __slots__ = ()
    __match_args__ = ("raw",)

    def __init__(self, raw: "bytes | bytearray | memoryview") -> None:
        self._raw = bytes(memoryview(raw))
        if len(self._raw) > 128:
            raise ValueError(f"raw must be at most 128 bytes, struct sockaddr_storage, not {len(self._raw)}")

    @property
    def raw(self) -> bytes:
        """The bytes, family first."""
        return self._raw


_OTHER = SockaddrBytes, _NO_LENGTH, 0, b""
_new = object.__new__


def decode(raw: bytes) -> Sockaddr:
    """The one decoder: an address of the class for its family, or SockaddrBytes."""
    try:
        cls, length, end, padding = _families[raw[:2]]  # not get(): see senders.py
    except KeyError:
        cls, length, end, padding = _rare(raw[:2])
    if len(raw) != length or raw[end:] != padding:
        canonical = None if cls is SockaddrBytes else cls._canonical(raw)
        if canonical is None:
            cls = SockaddrBytes
        else:
            raw = canonical
    address: Sockaddr = _new(cls)
    address._raw = raw
    return address


def _rare(family: bytes) -> "tuple[type[Sockaddr], int, int, bytes]":
    """The same of another family: it has a class in `rare_addresses`, or none."""
    load(f"{__package__}.rare_addresses", "SockaddrLinklayer")
    return _families.setdefault(family, _OTHER)


def raw_bytes(name: str, address: Sockaddr) -> bytes:
    """The kernel's bytes of an address that a user passed, or TypeError."""
    if isinstance(address, Sockaddr):
        return address._raw
    raise TypeError(f"{name} must be a Sockaddr, not {type(address).__name__}")
