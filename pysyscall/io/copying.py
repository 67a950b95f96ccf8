"""From one descriptor to another inside the kernel: sendfile, splice, tee."""

from ctypes import byref, c_int64

from ..base.arguments import flag_bits, i32, offset, size
from ..base.errors import retry
from . import libc


def sendfile(outfd: int, infd: int, offset: "int | None", count: int) -> int:
    """sendfile(2): copy count bytes of a file to a descriptor; the number of bytes copied, 0 at the end. Go Sendfile.

    With an offset the file's position stays as it is, and the next offset is this one plus what is returned (Go writes
    it back); with None the file is read at, and moves, its position.
    """
    outfd, infd, count = i32("outfd", outfd), i32("infd", infd), size("count", count)
    place = _place("offset", offset)
    while (n := libc.sendfile(outfd, infd, None if place is None else byref(place), count)) == -1:
        retry("sendfile")
    return n


def splice(rfd: int, roff: "int | None", wfd: int, woff: "int | None", len: int, flags: int = 0) -> int:
    """splice(2): move up to len bytes between two descriptors, one of them a pipe; the number moved. Go Splice.

    An offset is for a file that is no pipe; the next one is this one plus what is returned (Go writes it back). flags:
    SPLICE_F_MOVE, SPLICE_F_NONBLOCK, SPLICE_F_MORE.
    """
    rfd, wfd, len, flags = i32("rfd", rfd), i32("wfd", wfd), size("len", len), flag_bits("flags", flags)
    rplace, wplace = _place("roff", roff), _place("woff", woff)
    rpointer = None if rplace is None else byref(rplace)
    wpointer = None if wplace is None else byref(wplace)
    while (n := libc.splice(rfd, rpointer, wfd, wpointer, len, flags)) == -1:
        retry("splice")
    return n


def tee(rfd: int, wfd: int, len: int, flags: int = 0) -> int:
    """tee(2): copy up to len bytes from one pipe to another, which keeps them readable in both. Go Tee."""
    rfd, wfd, len, flags = i32("rfd", rfd), i32("wfd", wfd), size("len", len), flag_bits("flags", flags)
    while (n := libc.tee(rfd, wfd, len, flags)) == -1:
        retry("tee")
    return n


def _place(name: str, value: "int | None") -> "c_int64 | None":
    return None if value is None else c_int64(offset(name, value))
