"""Descriptors of any kind: read, written, duplicated, piped, closed."""

from ctypes import c_int, sizeof

from ..base.arguments import i32
from ..base.arguments import offset as offset_argument
from ..base.buffers import (
    COPIED,
    MAX_RW_COUNT,
    ArrayType,
    ReadableBuffer,
    WriteableBuffer,
    in_place,
    readable,
    writable,
)
from ..base.errors import check, retry
from ..constants import F_GETFD, F_GETFL, F_SETFD, F_SETFL, FD_CLOEXEC, O_NONBLOCK
from . import libc

_IntPair = c_int * 2


def read(fd: int, p: "WriteableBuffer") -> int:
    """read(2): fill p from a descriptor; the number of bytes, 0 at the end. Go Read.

    A ctypes array is the cheapest p. BlockingIOError: non-blocking, and nothing there yet.
    """
    if type(fd) is not int or fd >> 31:
        fd = i32("fd", fd)
    if type(p) is bytearray and len(p) < MAX_RW_COUNT:
        while (n := libc.read(fd, in_place(p), len(p))) == -1:
            retry("read")
    elif type(type(p)) is ArrayType and (size := sizeof(p)) < MAX_RW_COUNT:  # type: ignore[arg-type]
        while (n := libc.read(fd, p, size)) == -1:  # type: ignore[arg-type]
            retry("read")
    else:
        while (n := libc.read(fd, *writable(p))) == -1:
            retry("read")
    return n


def write(fd: int, p: "ReadableBuffer") -> int:
    """write(2): write p to a descriptor; the number of bytes taken, which may be fewer than p holds. Go Write.

    bytes are the cheapest p. BlockingIOError: non-blocking, and no room. BrokenPipeError: nobody reads (Python ignores
    SIGPIPE).
    """
    if type(fd) is not int or fd >> 31:
        fd = i32("fd", fd)
    if type(p) is bytes and (size := len(p)) < MAX_RW_COUNT:
        while (n := libc.write(fd, p, size)) == -1:
            retry("write")
    elif type(p) is bytearray and len(p) <= COPIED:
        copy = bytes(p)
        while (n := libc.write(fd, copy, len(copy))) == -1:
            retry("write")
    elif type(type(p)) is ArrayType and (size := sizeof(p)) < MAX_RW_COUNT:  # type: ignore[arg-type]
        while (n := libc.write(fd, p, size)) == -1:  # type: ignore[arg-type]
            retry("write")
    else:
        while (n := libc.write(fd, *readable(p))) == -1:
            retry("write")
    return n


def pread(fd: int, p: "WriteableBuffer", offset: int) -> int:
    """pread(2): fill p from a place in a file, and leave the file's position; the number of bytes. Go Pread."""
    fd, offset = i32("fd", fd), offset_argument("offset", offset)
    while (n := libc.pread(fd, *writable(p), offset)) == -1:
        retry("pread")
    return n


def pwrite(fd: int, p: "ReadableBuffer", offset: int) -> int:
    """pwrite(2): write p to a place in a file, and leave the file's position; the number of bytes. Go Pwrite."""
    fd, offset = i32("fd", fd), offset_argument("offset", offset)
    while (n := libc.pwrite(fd, *readable(p), offset)) == -1:
        retry("pwrite")
    return n


def close(fd: int) -> None:
    """close(2): give a descriptor back. Go Close.

    InterruptedError, or EIO: the descriptor is closed all the same. Never retried, as another thread may have it by
    then.
    """
    check("close", libc.close(i32("fd", fd)))


def dup(oldfd: int) -> int:
    """dup(2): another descriptor, the lowest free one, for the same open file. Go Dup."""
    return check("dup", libc.dup(i32("oldfd", oldfd)))


def dup2(oldfd: int, newfd: int) -> None:
    """dup2(2): make newfd a descriptor for the same open file, closing what it was. Go Dup2."""
    oldfd, newfd = i32("oldfd", oldfd), i32("newfd", newfd)
    while libc.dup2(oldfd, newfd) == -1:
        retry("dup2")


def dup3(oldfd: int, newfd: int, flags: int) -> None:
    """dup3(2): as dup2, with flags (O_CLOEXEC); equal descriptors are EINVAL. Go Dup3."""
    oldfd, newfd = i32("oldfd", oldfd), i32("newfd", newfd)
    flags = i32("flags", flags)
    while libc.dup3(oldfd, newfd, flags) == -1:
        retry("dup3")


def pipe() -> "tuple[int, int]":
    """pipe(2): a pipe's reading and writing descriptors. Go Pipe."""
    return _pipe("pipe", 0)


def pipe2(flags: int = 0) -> "tuple[int, int]":
    """pipe2(2): a pipe's reading and writing descriptors, with flags: O_CLOEXEC, O_NONBLOCK, O_DIRECT. Go Pipe2."""
    return _pipe("pipe2", i32("flags", flags))


def _pipe(call: str, flags: int) -> "tuple[int, int]":
    pair = _IntPair()
    check(call, libc.pipe2(pair, flags))
    return pair[0], pair[1]


def set_nonblock(fd: int, nonblocking: bool) -> None:
    """fcntl(2) F_SETFL: switch O_NONBLOCK of an open file on or off. Go SetNonblock."""
    fd = i32("fd", fd)
    flags = check("fcntl", libc.fcntl(fd, F_GETFL, 0))
    wanted = flags | O_NONBLOCK if nonblocking else flags & ~O_NONBLOCK
    if wanted != flags:
        check("fcntl", libc.fcntl(fd, F_SETFL, wanted))


def close_on_exec(fd: int) -> None:
    """fcntl(2) F_SETFD: keep a descriptor from the programs that this process starts. Go CloseOnExec.

    Go drops an error here; this raises it. SOCK_CLOEXEC, O_CLOEXEC and accept4 do the same from birth.
    """
    fd = i32("fd", fd)
    flags = check("fcntl", libc.fcntl(fd, F_GETFD, 0))
    check("fcntl", libc.fcntl(fd, F_SETFD, flags | FD_CLOEXEC))
