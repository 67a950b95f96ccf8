"""Reading directories, and the working directory."""

from _collections_abc import Sequence
from ctypes import create_string_buffer, sizeof
from os import fsdecode
from struct import Struct as Codec

from ..base.arguments import StrOrBytesPath, c_path, descriptor, i32
from ..base.buffers import ReadableBuffer, WriteableBuffer, writable
from ..base.errors import fail, kept, retry, system_error
from ..constants import EINVAL, ENOENT, PATH_MAX
from . import kernel, libc
from .structs import Dirent

_record_length = Codec("=16xH").unpack_from
_NAME = Dirent.name.offset  # type: ignore[attr-defined]  # a field's descriptor


def getdents(fd: int, buf: "WriteableBuffer") -> int:
    """getdents64(2): fill buf with a directory's next records and return their length. Go Getdents.

    fd is a directory opened with O_RDONLY | O_DIRECTORY. The length is in bytes, 0 at the end of the directory. Each
    record is a Dirent; parse_dirent reads them. EINVAL: buf is too short for the next record; 32 KiB is a usual size.
    """
    return _getdents("getdents", fd, buf)


def read_dirent(fd: int, buf: "WriteableBuffer") -> int:
    """getdents64(2): the same as getdents. Go ReadDirent."""
    return _getdents("read_dirent", fd, buf)


def _getdents(call: str, fd: int, buf: "WriteableBuffer") -> int:
    fd = descriptor("fd", fd)
    before = kept.value
    while (n := kernel.getdents64(fd, *writable(buf))) == -1:
        retry(call, before)
    return n


def parse_dirent(buf: "ReadableBuffer", max: int, names: "Sequence[str]" = ()) -> "tuple[int, int, list[str]]":
    """Parse at most max names (-1: all) from the records that getdents stored, `buf[:n]`. Go ParseDirent.

    Returns the number of bytes consumed, the number of names found, and a new list of names followed by those found.
    "." and ".." are left out. Names are decoded by os.fsdecode, so that every call that takes a path gets the original
    bytes back. A record that extends beyond buf ends the search, and all of buf counts as consumed. OSError(EINVAL): a
    record is shorter than its own header (Go panics, or stops silently).
    """
    raw = memoryview(buf).tobytes()
    end, start, found = len(raw), 0, list(names)
    before = len(found)
    left = i32("max", max)
    while left and start < end:
        if end - start < _NAME - 1:  # not even the length is there
            return end, len(found) - before, found
        (length,) = _record_length(raw, start)
        if length > end - start:
            return end, len(found) - before, found
        if length < _NAME:
            raise system_error("parse_dirent", EINVAL)
        name = raw[start + _NAME : start + length].split(b"\0", 1)[0]
        start += length
        if name not in (b".", b".."):
            found.append(fsdecode(name))
            left -= 1
    return start, len(found) - before, found


def chdir(path: "StrOrBytesPath") -> None:
    """chdir(2): change the working directory of the whole process. Go Chdir."""
    name = c_path("path", path)
    before = kept.value
    while libc.chdir(name) == -1:
        retry("chdir", before)


def fchdir(fd: int) -> None:
    """fchdir(2): as chdir, to the directory open as fd. Go Fchdir."""
    fd = descriptor("fd", fd)
    before = kept.value
    while libc.fchdir(fd) == -1:
        retry("fchdir", before)


def getcwd(buf: "WriteableBuffer") -> int:
    """getcwd(2): fill buf with the path of the working directory and return its length. Go Getcwd.

    The length is in bytes and includes the NUL. A path that begins with "(unreachable)" is outside this process's root
    directory. getwd returns the path as a str. ERANGE: buf is too short. FileNotFoundError: the directory has been
    removed.
    """
    before = kept.value
    n = kernel.getcwd(*writable(buf))
    if n == -1:
        fail("getcwd", before)
    return n


def getwd() -> str:
    """getcwd(2): return the path of the working directory. Go Getwd.

    FileNotFoundError: the directory has been removed, or is outside this process's root directory.
    """
    buf = create_string_buffer(PATH_MAX)
    before = kept.value
    n = kernel.getcwd(buf, sizeof(buf))
    if n == -1:
        fail("getwd", before)
    if buf.raw[:1] != b"/":
        raise system_error("getwd", ENOENT)
    return fsdecode(buf.raw[: n - 1])
