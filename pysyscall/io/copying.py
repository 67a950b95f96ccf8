"""Copying between file descriptors inside the kernel: sendfile, splice, tee."""

from ctypes import byref, c_int64

from ..base.arguments import descriptor, flag_bits, i64, size
from ..base.errors import kept, retry
from . import libc

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..base.buffers import Pointer


def sendfile(outfd: int, infd: int, offset: "int | None", count: int) -> int:
    """sendfile(2): copy up to count bytes of a file to a descriptor. Go Sendfile.

    Returns the number of bytes copied, 0 at the end of the file. With offset None, infd is read at its file offset,
    which advances. Otherwise its file offset does not change, and the next offset is offset plus the result (Go stores
    it in its argument).
    """
    outfd, infd, count = descriptor("outfd", outfd), descriptor("infd", infd), size("count", count)
    place = _place("offset", offset)
    before = kept.value
    while (n := libc.sendfile(outfd, infd, place, count)) == -1:
        retry("sendfile", before)
    return n


def splice(rfd: int, roff: "int | None", wfd: int, woff: "int | None", len: int, flags: int = 0) -> int:
    """splice(2): move up to len bytes between two descriptors and return the number moved. Go Splice.

    At least one of them is a pipe, whose offset must be None. An offset of a file works as in sendfile. flags:
    SPLICE_F_MOVE, SPLICE_F_NONBLOCK, SPLICE_F_MORE.
    """
    rfd, wfd, len, flags = descriptor("rfd", rfd), descriptor("wfd", wfd), size("len", len), flag_bits("flags", flags)
    rplace, wplace = _place("roff", roff), _place("woff", woff)
    before = kept.value
    while (n := libc.splice(rfd, rplace, wfd, wplace, len, flags)) == -1:
        retry("splice", before)
    return n


def tee(rfd: int, wfd: int, len: int, flags: int = 0) -> int:
    """tee(2): copy up to len bytes from one pipe to another without consuming them; return the number. Go Tee."""
    rfd, wfd, len, flags = descriptor("rfd", rfd), descriptor("wfd", wfd), size("len", len), flag_bits("flags", flags)
    before = kept.value
    while (n := libc.tee(rfd, wfd, len, flags)) == -1:
        retry("tee", before)
    return n


def _place(name: str, value: "int | None") -> "Pointer":
    return None if value is None else byref(c_int64(i64(name, value)))
