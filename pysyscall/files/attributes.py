"""Extended attributes: pairs of a name and a value that belong to a file. xattr(7)."""

from ..base.arguments import StrOrBytes, StrOrBytesPath, c_path, c_string, i32
from ..base.buffers import ReadableBuffer, WriteableBuffer, readable, writable
from ..base.errors import kept, retry
from . import libc


def getxattr(path: "StrOrBytesPath", attr: "StrOrBytes", dest: "WriteableBuffer | None") -> int:
    """getxattr(2): fill dest with an attribute's value and return its length in bytes. Go Getxattr.

    attr is a name such as "user.comment". With an empty dest, or None, only the length is returned. ENODATA: no such
    attribute. ERANGE: dest is too short. EOPNOTSUPP: the file system does not support extended attributes.
    """
    name, attribute = c_path("path", path), c_string("attr", attr)
    before = kept.value
    while (n := libc.getxattr(name, attribute, *writable(dest))) == -1:
        retry("getxattr", before)
    return n


def listxattr(path: "StrOrBytesPath", dest: "WriteableBuffer | None") -> int:
    """listxattr(2): fill dest with the NUL-terminated names of all attributes and return their length. Go Listxattr.

    The length is in bytes. With an empty dest, or None, only the length is returned. ERANGE: dest is too short.
    """
    name = c_path("path", path)
    before = kept.value
    while (n := libc.listxattr(name, *writable(dest))) == -1:
        retry("listxattr", before)
    return n


def setxattr(path: "StrOrBytesPath", attr: "StrOrBytes", data: "ReadableBuffer | None", flags: int = 0) -> None:
    """setxattr(2): set an attribute to a value of at most 64 KiB. Go Setxattr.

    flags: XATTR_CREATE fails if the attribute exists (FileExistsError), XATTR_REPLACE if it does not (ENODATA).
    """
    name, attribute, flags = c_path("path", path), c_string("attr", attr), i32("flags", flags)
    before = kept.value
    while libc.setxattr(name, attribute, *readable(data), flags) == -1:
        retry("setxattr", before)


def removexattr(path: "StrOrBytesPath", attr: "StrOrBytes") -> None:
    """removexattr(2): remove an attribute. ENODATA: no such attribute. Go Removexattr."""
    name, attribute = c_path("path", path), c_string("attr", attr)
    before = kept.value
    while libc.removexattr(name, attribute) == -1:
        retry("removexattr", before)
