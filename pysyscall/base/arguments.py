"""Checks of the numbers and names that a caller passes.

ctypes silently truncates an integer to the parameter's width (`close(2**32 + 3)` closes 3), and in C a string ends at
its first NUL. The functions here raise an error that names the argument.
"""

from os import PathLike, fsencode, fspath

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import SupportsIndex, TypeAlias

StrOrBytes: "TypeAlias" = str | bytes
StrOrBytesPath: "TypeAlias" = str | bytes | PathLike[str] | PathLike[bytes]


def integer(name: str, value: "SupportsIndex", lowest: int, highest: int) -> int:
    """Return the value as an int in lowest..highest; otherwise raise TypeError or OverflowError."""
    number = value if type(value) is int else index(name, value)
    if not lowest <= number <= highest:
        raise OverflowError(f"{name} must be in {lowest}..{highest}, not {number}")
    return number


def index(name: str, value: "SupportsIndex") -> int:
    """As operator.index, whose module takes longer to import than this one; the TypeError names the argument."""
    try:
        number = type(value).__index__(value)
    except (AttributeError, TypeError):
        number = None
    if not isinstance(number, int):
        raise TypeError(f"{name} must be an integer, not {type(value).__name__}")
    return int.__index__(number)  # a plain int: a subclass may override comparisons


def i32(name: str, value: "SupportsIndex") -> int:
    """A C int: a flag, an option. The kernel decides which values are valid."""
    return integer(name, value, -(2**31), 2**31 - 1)


def descriptor(name: str, value: "SupportsIndex") -> int:
    """A descriptor: a C int, but not a bool, which can only be a mistake (`close(True)` would close 1)."""
    if isinstance(value, bool):
        raise TypeError(f"{name} must be an integer, not bool")
    return i32(name, value)


def flag_bits(name: str, value: "SupportsIndex") -> int:
    """32 flag bits, given as a C int or unsigned int, as a C int."""
    number = integer(name, value, -(2**31), 2**32 - 1)
    return number - 2**32 if number >> 31 == 1 else number


def u8(name: str, value: "SupportsIndex") -> int:
    return integer(name, value, 0, 0xFF)


def u16(name: str, value: "SupportsIndex") -> int:
    return integer(name, value, 0, 0xFFFF)


def u32(name: str, value: "SupportsIndex") -> int:
    return integer(name, value, 0, 0xFFFF_FFFF)


def i64(name: str, value: "SupportsIndex") -> int:
    """A 64-bit integer: a file offset (off_t), a length. The kernel decides which values are valid."""
    return integer(name, value, -(2**63), 2**63 - 1)


def identity(name: str, value: "SupportsIndex") -> int:
    """A user or group id as a C unsigned int; -1 means no change."""
    return integer(name, value, -1, 0xFFFF_FFFF) & 0xFFFF_FFFF


def size(name: str, value: "SupportsIndex") -> int:
    """A length in bytes, limited to what Linux transfers in one call: 2**31 - 4096, which fits a C int."""
    return min(integer(name, value, 0, 2**63 - 1), 0x7FFF_F000)


def fixed_bytes(name: str, value: "bytes | bytearray | memoryview", length: int) -> bytes:
    """Return the value as bytes of exactly this length; otherwise raise ValueError."""
    if not isinstance(value, (bytes, bytearray, memoryview)):
        raise TypeError(f"{name} must be {length} bytes, not {type(value).__name__}")
    raw = memoryview(value).tobytes()
    if len(raw) != length:
        raise ValueError(f"{name} must be {length} bytes, not {len(raw)}")
    return raw


def c_path(name: str, value: "StrOrBytesPath") -> bytes:
    """Return a path as a C string: as c_string, and os.PathLike objects too."""
    if type(value) is str and value.isascii() and "\0" not in value:
        return value.encode()  # the same bytes in every file system encoding, and much faster than fsencode
    return c_string(name, fspath(value))


def c_string(name: str, value: "StrOrBytes") -> bytes:
    """Return a name as a C string: text in the file system encoding, without NULs."""
    if not isinstance(value, (str, bytes)):
        raise TypeError(f"{name} must be str or bytes, not {type(value).__name__}")
    raw = fsencode(value)
    if bytes.__contains__(raw, 0):  # a subclass may override `in`
        raise ValueError(f"{name} must not hold a NUL: {value!r}")
    return raw


def text(name: str, value: str) -> str:
    """Return the value if it is a str; otherwise raise TypeError."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be str, not {type(value).__name__}")
    return value


def instance(name: str, kind: type, value: object) -> None:
    """Raise TypeError if the value is not an instance of kind."""
    if not isinstance(value, kind):
        raise TypeError(f"{name} must be a {kind.__name__}, not {type(value).__name__}")
