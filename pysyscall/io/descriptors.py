"""File descriptors of any kind: read, written, duplicated and closed; pipes."""

from ctypes import c_int64, sizeof

from ..base.abi import ABI, ABIS_32_BIT
from ..base.arguments import descriptor, i32, i64
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
from ..base.declaration import keeping_gil
from ..base.errors import fail, kept, retry
from ..base.scratch import Scratch, give, take
from ..constants import F_GETFD, F_GETFL, F_SETFD, F_SETFL, FD_CLOEXEC, O_NONBLOCK
from . import libc

# Looked up once: a global name of this module is found in half the time that an attribute of another takes.
_read, _write, _pread, _close = libc.read, libc.write, libc.pread, libc.close
_fcntl, _pipe2 = keeping_gil(libc.fcntl), keeping_gil(libc.pipe2)
# On 64-bit ABIs an off_t fills one register, so that a small one can be passed as an int.
_IS_64_BIT = ABI not in ABIS_32_BIT


def read(fd: int, p: "WriteableBuffer | None") -> int:
    """read(2): read into p and return the number of bytes, 0 at the end of the file. Go Read.

    A ctypes array is the fastest p. BlockingIOError: fd is non-blocking, and there is no data yet.
    """
    if type(fd) is not int or fd >> 31:
        fd = descriptor("fd", fd)
    before = kept.value
    if type(type(p)) is ArrayType and (size := sizeof(p)) < MAX_RW_COUNT:  # type: ignore[arg-type]
        while (n := _read(fd, p, size)) == -1:  # type: ignore[arg-type]
            retry("read", before)
    elif type(p) is bytearray and len(p) < MAX_RW_COUNT:
        while (n := _read(fd, in_place(p), len(p))) == -1:
            retry("read", before)
    else:
        while (n := _read(fd, *writable(p))) == -1:
            retry("read", before)
    return n


def write(fd: int, p: "ReadableBuffer | None") -> int:
    """write(2): write p and return the number of bytes written, which may be fewer than p holds. Go Write.

    bytes are the fastest p. BlockingIOError: fd is non-blocking, and its buffer is full. BrokenPipeError: the reading
    end is closed (Python ignores SIGPIPE).
    """
    if type(fd) is not int or fd >> 31:
        fd = descriptor("fd", fd)
    before = kept.value
    if type(p) is bytes and (size := len(p)) < MAX_RW_COUNT:
        while (n := _write(fd, p, size)) == -1:
            retry("write", before)
    elif type(p) is bytearray and len(p) <= COPIED:
        copy = bytes(p)
        while (n := _write(fd, copy, len(copy))) == -1:
            retry("write", before)
    elif type(type(p)) is ArrayType and (size := sizeof(p)) < MAX_RW_COUNT:  # type: ignore[arg-type]
        while (n := _write(fd, p, size)) == -1:  # type: ignore[arg-type]
            retry("write", before)
    else:
        while (n := _write(fd, *readable(p))) == -1:
            retry("write", before)
    return n


def pread(fd: int, p: "WriteableBuffer | None", offset: int) -> int:
    """pread(2): as read, at an offset; the file offset of fd does not change. Go Pread."""
    place: int | c_int64 = offset
    if not _IS_64_BIT or type(fd) is not int or type(offset) is not int or (fd | offset) >> 31:
        fd, place = descriptor("fd", fd), c_int64(i64("offset", offset))
    before = kept.value
    if type(type(p)) is ArrayType and (size := sizeof(p)) < MAX_RW_COUNT:  # type: ignore[arg-type]
        while (n := _pread(fd, p, size, place)) == -1:  # type: ignore[arg-type]
            retry("pread", before)
    else:
        while (n := _pread(fd, *writable(p), place)) == -1:
            retry("pread", before)
    return n


def pwrite(fd: int, p: "ReadableBuffer | None", offset: int) -> int:
    """pwrite(2): as write, at an offset; the file offset of fd does not change. Go Pwrite.

    If the file is open with O_APPEND, Linux appends p whatever the offset; musl since 1.2.5 writes at the offset.
    """
    place: int | c_int64 = offset
    if not _IS_64_BIT or type(fd) is not int or type(offset) is not int or (fd | offset) >> 31:
        fd, place = descriptor("fd", fd), c_int64(i64("offset", offset))
    before = kept.value
    while (n := libc.pwrite(fd, *readable(p), place)) == -1:
        retry("pwrite", before)
    return n


def close(fd: int) -> None:
    """close(2): close a file descriptor. Go Close.

    InterruptedError, EIO: the descriptor is closed all the same. The call is never retried, as another thread may have
    been given the same descriptor meanwhile.
    """
    if type(fd) is not int or fd >> 31:
        fd = descriptor("fd", fd)
    before = kept.value
    if _close(fd) == -1:
        fail("close", before)


def dup(oldfd: int) -> int:
    """dup(2): duplicate a descriptor to the lowest free one, and return that. Go Dup."""
    if type(oldfd) is not int or oldfd >> 31:
        oldfd = descriptor("oldfd", oldfd)
    before = kept.value
    if (fd := libc.dup(oldfd)) == -1:
        fail("dup", before)
    return fd


def dup2(oldfd: int, newfd: int) -> None:
    """dup2(2): duplicate oldfd to newfd, which is closed first if it is open. Go Dup2."""
    if type(oldfd) is not int or type(newfd) is not int or (oldfd | newfd) >> 31:
        oldfd, newfd = descriptor("oldfd", oldfd), descriptor("newfd", newfd)
    before = kept.value
    while libc.dup2(oldfd, newfd) == -1:
        retry("dup2", before)


def dup3(oldfd: int, newfd: int, flags: int) -> None:
    """dup3(2): as dup2, with flags (O_CLOEXEC). EINVAL: oldfd and newfd are equal. Go Dup3."""
    if type(oldfd) is not int or type(newfd) is not int or type(flags) is not int or (oldfd | newfd | flags) >> 31:
        oldfd, newfd, flags = descriptor("oldfd", oldfd), descriptor("newfd", newfd), i32("flags", flags)
    before = kept.value
    while libc.dup3(oldfd, newfd, flags) == -1:
        retry("dup3", before)


def pipe() -> "tuple[int, int]":
    """pipe(2): create a pipe and return its read end and its write end. Go Pipe."""
    return _pipe("pipe", 0)


def pipe2(flags: int = 0) -> "tuple[int, int]":
    """pipe2(2): as pipe, with flags: O_CLOEXEC, O_NONBLOCK, O_DIRECT. Go Pipe2."""
    return _pipe("pipe2", flags)


def _pipe(call: str, flags: int) -> "tuple[int, int]":
    if type(flags) is not int or flags >> 31:
        flags = i32("flags", flags)
    before = kept.value
    try:
        slot = take()
    except IndexError:
        slot = Scratch()
    try:
        if _pipe2(slot.of_pair, flags) == -1:
            fail(call, before)
        r, w = slot.pair
        return r, w
    finally:
        give(slot)


def set_nonblock(fd: int, nonblocking: bool) -> None:
    """fcntl(2) F_SETFL: set or clear O_NONBLOCK, which all duplicates of fd share. Go SetNonblock."""
    if type(fd) is not int or fd >> 31:
        fd = descriptor("fd", fd)
    before = kept.value
    if (flags := _fcntl(fd, F_GETFL, 0)) == -1:
        fail("fcntl", before)
    wanted = flags | O_NONBLOCK if nonblocking else flags & ~O_NONBLOCK
    if wanted != flags and _fcntl(fd, F_SETFL, wanted) == -1:
        fail("fcntl", before)


def close_on_exec(fd: int) -> None:
    """fcntl(2) F_SETFD: set FD_CLOEXEC: programs that this process starts do not inherit fd. Go CloseOnExec.

    Go ignores an error here; this function raises it. SOCK_CLOEXEC and O_CLOEXEC set the flag at creation.
    """
    if type(fd) is not int or fd >> 31:
        fd = descriptor("fd", fd)
    before = kept.value
    if (flags := _fcntl(fd, F_GETFD, 0)) == -1 or _fcntl(fd, F_SETFD, flags | FD_CLOEXEC) == -1:
        fail("fcntl", before)
