"""What a user passes as a number or a name, made fit for C.

ctypes cuts an integer to the parameter's width in silence (`close(2**32 + 3)` closes 3), and C ends a name at its first
NUL. Each is refused here, by the name of the argument.
"""

from os import PathLike, fsencode, fspath

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import SupportsIndex, TypeAlias

StrOrBytes: "TypeAlias" = str | bytes
StrOrBytesPath: "TypeAlias" = str | bytes | PathLike[str] | PathLike[bytes]


def integer(name: str, value: "SupportsIndex", lowest: int, highest: int) -> int:
    """The value as an int in lowest..highest, or TypeError, or OverflowError."""
    number = value if type(value) is int else index(name, value)
    if not lowest <= number <= highest:
        raise OverflowError(f"{name} must be in {lowest}..{highest}, not {number}")
    return number


def index(name: str, value: "SupportsIndex") -> int:
    """operator.index, whose module takes longer to import than this one, with the argument's name in the TypeError."""
    try:
        number = type(value).__index__(value)
    except (AttributeError, TypeError):
        number = None
    if not isinstance(number, int):
        raise TypeError(f"{name} must be an integer, not {type(value).__name__}")
    return int.__index__(number)  # an int itself: a class of its own may compare as it likes


def i32(name: str, value: "SupportsIndex") -> int:
    """A C int: a flag, an option. Which of them make sense is for the kernel to say."""
    return integer(name, value, -(2**31), 2**31 - 1)


def descriptor(name: str, value: "SupportsIndex") -> int:
    """A descriptor: a C int, and no bool, which is somebody's mistake (`close(True)` would close 1)."""
    if isinstance(value, bool):
        raise TypeError(f"{name} must be an integer, not bool")
    return i32(name, value)


def flag_bits(name: str, value: "SupportsIndex") -> int:
    """A C int or unsigned int of flags: the 32 bits, signed or not, as a C int."""
    number = integer(name, value, -(2**31), 2**32 - 1)
    return number - 2**32 if number >> 31 == 1 else number


def u8(name: str, value: "SupportsIndex") -> int:
    return integer(name, value, 0, 0xFF)


def u16(name: str, value: "SupportsIndex") -> int:
    return integer(name, value, 0, 0xFFFF)


def u32(name: str, value: "SupportsIndex") -> int:
    return integer(name, value, 0, 0xFFFF_FFFF)


def i64(name: str, value: "SupportsIndex") -> int:
    """A number of 64 bits: a place in a file (off_t), a length. Which of them make sense is for the kernel to say."""
    return integer(name, value, -(2**63), 2**63 - 1)


def identity(name: str, value: "SupportsIndex") -> int:
    """A user's or group's number as C's unsigned int; -1 is the one that leaves it as it is."""
    return integer(name, value, -1, 0xFFFF_FFFF) & 0xFFFF_FFFF


def size(name: str, value: "SupportsIndex") -> int:
    """A length in bytes. Linux moves at most 2**31 - 4096 bytes a call, so that no more than a C int is needed."""
    return min(integer(name, value, 0, 2**63 - 1), 0x7FFF_F000)


def fixed_bytes(name: str, value: "bytes | bytearray | memoryview", length: int) -> bytes:
    """Exactly so many bytes, or ValueError."""
    if not isinstance(value, (bytes, bytearray, memoryview)):
        raise TypeError(f"{name} must be {length} bytes, not {type(value).__name__}")
    raw = memoryview(value).tobytes()
    if len(raw) != length:
        raise ValueError(f"{name} must be {length} bytes, not {len(raw)}")
    return raw


def c_path(name: str, value: "StrOrBytesPath") -> bytes:
    """A path for C: as c_string, or an os.PathLike."""
    if type(value) is str and value.isascii() and "\0" not in value:
        return value.encode()  # the same in every file system's encoding, in a fraction of the time
    return c_string(name, fspath(value))


def c_string(name: str, value: "StrOrBytes") -> bytes:
    """A name for C: text in the file system's encoding, with no NUL inside."""
    if not isinstance(value, (str, bytes)):
        raise TypeError(f"{name} must be str or bytes, not {type(value).__name__}")
    raw = fsencode(value)
    if bytes.__contains__(raw, 0):  # whatever a class of its own says of it
        raise ValueError(f"{name} must not hold a NUL: {value!r}")
    return raw


def text(name: str, value: str) -> str:
    """A str and nothing else, for what is taken apart as text."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be str, not {type(value).__name__}")
    return value


def instance(name: str, kind: type, value: object) -> None:
    """TypeError where the value is of another kind."""
    if not isinstance(value, kind):
        raise TypeError(f"{name} must be a {kind.__name__}, not {type(value).__name__}")
