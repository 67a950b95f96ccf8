"""Extended attributes: names with values that belong to a file. xattr(7)."""

from ..base.arguments import StrOrBytes, StrOrBytesPath, c_path, c_string, i32
from ..base.buffers import ReadableBuffer, WriteableBuffer, readable, writable
from ..base.errors import kept, retry
from . import libc

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..base.buffers import Pointer


def getxattr(path: "StrOrBytesPath", attr: "StrOrBytes", dest: "WriteableBuffer | None") -> int:
    """getxattr(2): fill dest with an attribute's value; its number of bytes. Go Getxattr.

    attr is a name such as "user.comment". An empty dest, or None, asks for the length alone. ENODATA: there is no such
    attribute. ERANGE: dest is too short. EOPNOTSUPP: the file system has none.
    """
    name, attribute = c_path("path", path), c_string("attr", attr)
    before = kept.value
    while (n := libc.getxattr(name, attribute, *_room(dest))) == -1:
        retry("getxattr", before)
    return n


def listxattr(path: "StrOrBytesPath", dest: "WriteableBuffer | None") -> int:
    """listxattr(2): fill dest with the names of all attributes, each with its NUL; the number of bytes. Go Listxattr.

    An empty dest, or None, asks for the length alone. ERANGE: dest is too short.
    """
    name = c_path("path", path)
    before = kept.value
    while (n := libc.listxattr(name, *_room(dest))) == -1:
        retry("listxattr", before)
    return n


def setxattr(path: "StrOrBytesPath", attr: "StrOrBytes", data: "ReadableBuffer | None", flags: int = 0) -> None:
    """setxattr(2): set an attribute to a value, at most 64 KiB. Go Setxattr.

    flags: XATTR_CREATE fails where it is there already (FileExistsError), XATTR_REPLACE where it is not (ENODATA).
    """
    name, attribute, flags = c_path("path", path), c_string("attr", attr), i32("flags", flags)
    before = kept.value
    while libc.setxattr(name, attribute, *readable(b"" if data is None else data), flags) == -1:
        retry("setxattr", before)


def removexattr(path: "StrOrBytesPath", attr: "StrOrBytes") -> None:
    """removexattr(2): remove an attribute. ENODATA: there is none of this name. Go Removexattr."""
    name, attribute = c_path("path", path), c_string("attr", attr)
    before = kept.value
    while libc.removexattr(name, attribute) == -1:
        retry("removexattr", before)


def _room(dest: "WriteableBuffer | None") -> "tuple[Pointer, int]":
    return (None, 0) if dest is None else writable(dest)
