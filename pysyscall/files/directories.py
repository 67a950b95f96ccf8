"""Directories: read, and the one that relative paths start at."""

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
    """getdents64(2): fill buf with a directory's next records; the number of bytes, 0 at the end. Go Getdents.

    fd is a directory opened with O_RDONLY | O_DIRECTORY. Each record is a Dirent, for parse_dirent. EINVAL: the next
    name does not fit into buf: 32 KiB hold some hundred.
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
    """The names in what getdents filled, `buf[:n]`: at most max, or all with -1. Go ParseDirent.

    Returns how many bytes were looked at, how many names were found, and names with these behind them. "." and ".." are
    left out. Bytes that are not UTF-8 come as os.fsdecode shows them, and go back as they were to every call that takes
    a path. A record that is longer than buf ends the search, and counts as looked at. OSError(EINVAL): a record is
    shorter than its own head (there Go panics, or stops without a word).
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
    """chdir(2): make a directory the one that relative paths start at, for the whole process. Go Chdir."""
    name = c_path("path", path)
    before = kept.value
    while libc.chdir(name) == -1:
        retry("chdir", before)


def fchdir(fd: int) -> None:
    """fchdir(2): as chdir, by a descriptor. Go Fchdir."""
    fd = descriptor("fd", fd)
    before = kept.value
    while libc.fchdir(fd) == -1:
        retry("fchdir", before)


def getcwd(buf: "WriteableBuffer") -> int:
    """getcwd(2): fill buf with the working directory's path; the number of bytes, its NUL counted. Go Getcwd.

    ERANGE: buf is too short. FileNotFoundError: the directory has been removed. A path that begins with
    "(unreachable)" is outside of this process's root. getwd returns it as a str.
    """
    before = kept.value
    n = kernel.getcwd(*writable(buf))
    if n == -1:
        fail("getcwd", before)
    return n


def getwd() -> str:
    """getcwd(2): the working directory. FileNotFoundError: removed, or outside of this process's root. Go Getwd."""
    buf = create_string_buffer(PATH_MAX)
    before = kept.value
    n = kernel.getcwd(buf, sizeof(buf))
    if n == -1:
        fail("getwd", before)
    if buf.raw[:1] != b"/":
        raise system_error("getwd", ENOENT)
    return fsdecode(buf.raw[: n - 1])
