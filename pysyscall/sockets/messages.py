"""Messages with an address or control data: sendto, recvfrom, sendmsg, recvmsg."""

from _collections_abc import Iterable, Sequence
from ctypes import Array, addressof, byref, c_char, c_uint32, sizeof

from ..base.arguments import flag_bits, i32
from ..base.buffers import (
    COPIED,
    MAX_RW_COUNT,
    ArrayType,
    Export,
    ReadableBuffer,
    WriteableBuffer,
    in_place,
    readable,
    writable,
)
from ..base.errors import retry, system_error
from ..constants import AF_UNIX, EMSGSIZE, SO_DOMAIN, SO_TYPE, SOCK_STREAM, SOL_SOCKET
from . import libc
from .addresses import Sockaddr, decode, known, raw_bytes, remember
from .options import getsockopt_int
from .structs import Iovec, Msghdr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


_Storage = c_char * 128  # struct sockaddr_storage
_IOV_MAX = 1024
# A type is made once, never for each call: one buffer is what most messages have, and no message has more than IOV_MAX.
_OneIovec = Iovec * 1
_ManyIovecs = Iovec * _IOV_MAX


# Senders met of late, by the length and the first bytes of their addresses, which is all of an IPv4 or IPv6 address.
_HEAD = 4 + 28


def _new_name() -> "tuple[Array[c_char], Array[c_char], c_uint32, Any, Any]":
    """Room for an address behind its length: all of it, its first 32 bytes, the length, and pointers for recvfrom."""
    room = (c_char * (4 + sizeof(_Storage)))()
    length, name = c_uint32.from_buffer(room), _Storage.from_buffer(room, 4)
    return room, (c_char * _HEAD).from_buffer(room), length, byref(name), byref(length)


# A call takes one and puts it back; more calls at the same time (threads, signal handlers) make their own. list.pop and
# list.append are atomic, and cheap where the list does not become empty.
_names = [_new_name() for _ in range(4)]

_senders: "dict[bytes, Sockaddr | None]" = {}


def _sender(head: bytes, raw: bytes) -> "Sockaddr | None":
    return remember(_senders, head, raw) if 4 + len(raw) <= _HEAD else known(raw)


def sendto(fd: int, p: "ReadableBuffer", flags: int, to: "Sockaddr | None") -> int:
    """sendto(2): send p to an address; the number of bytes, which Go drops. Go Sendto.

    to is None on a connected socket. bytes are the cheapest p. EMSGSIZE: longer than a datagram can be.
    ConnectionRefusedError: an earlier datagram on a connected socket found nobody.
    """
    if type(fd) is not int or type(flags) is not int or (fd | flags) >> 31:
        fd, flags = i32("fd", fd), flag_bits("flags", flags)
    raw = to._raw if isinstance(to, Sockaddr) else b"" if to is None else raw_bytes("to", to)
    if type(p) is bytes and (size := len(p)) < MAX_RW_COUNT:
        while (n := libc.sendto(fd, p, size, flags, raw or None, len(raw))) == -1:
            retry("sendto")
    elif type(p) is bytearray and len(p) <= COPIED:
        copy = bytes(p)
        while (n := libc.sendto(fd, copy, len(copy), flags, raw or None, len(raw))) == -1:
            retry("sendto")
    elif type(type(p)) is ArrayType and (size := sizeof(p)) < MAX_RW_COUNT:  # type: ignore[arg-type]
        while (n := libc.sendto(fd, p, size, flags, raw or None, len(raw))) == -1:  # type: ignore[arg-type]
            retry("sendto")
    else:
        while (n := libc.sendto(fd, *readable(p), flags, raw or None, len(raw))) == -1:
            retry("sendto")
    return n


def recvfrom(fd: int, p: "WriteableBuffer", flags: int = 0) -> "tuple[int, Sockaddr | None]":
    """recvfrom(2): fill p with a message; its number of bytes and the sender's address. Go Recvfrom.

    The address is None where there is none, as on a connected stream, where 0 bytes mean the end. What is longer than p
    is cut; MSG_TRUNC among the flags returns the length it had. A ctypes array is the cheapest p.
    """
    if type(fd) is not int or type(flags) is not int or (fd | flags) >> 31:
        fd, flags = i32("fd", fd), flag_bits("flags", flags)
    try:
        slot = _names.pop()
    except IndexError:
        slot = _new_name()
    room, head, length, start, of_length = slot
    length.value = 128
    if type(p) is bytearray and len(p) < MAX_RW_COUNT:
        while (n := libc.recvfrom(fd, in_place(p), len(p), flags, start, of_length)) == -1:
            retry("recvfrom")
    elif type(type(p)) is ArrayType and (size := sizeof(p)) < MAX_RW_COUNT:  # type: ignore[arg-type]
        while (n := libc.recvfrom(fd, p, size, flags, start, of_length)) == -1:  # type: ignore[arg-type]
            retry("recvfrom")
    else:
        while (n := libc.recvfrom(fd, *writable(p), flags, start, of_length)) == -1:
            retry("recvfrom")
    try:
        address = _senders[head.raw]
    except KeyError:
        address = _sender(head.raw, room.raw[4 : 4 + length.value])
    _names.append(slot)
    return n, address


def sendmsg(
    fd: int,
    p: "ReadableBuffer | Sequence[ReadableBuffer]",
    oob: "ReadableBuffer | None",
    to: "Sockaddr | None",
    flags: int = 0,
) -> int:
    """sendmsg(2): send p, one buffer or a sequence of them, with the control messages oob; the number of bytes. Go
    Sendmsg.

    A Unix stream carries control messages only together with data: where p is empty and oob is not, one NUL byte is
    sent for them to travel with, as in Go, and 0 is returned.
    """
    fd, flags = i32("fd", fd), flag_bits("flags", flags)
    buffers: Iterable[ReadableBuffer] = p if isinstance(p, (list, tuple)) else (p,)
    raw = None if to is None else raw_bytes("to", to)
    with _Message(buffers, oob, writable=False) as message:
        lonely = message.header.controllen > 0 and message.nbytes == 0 and _is_unix_stream(fd)
        if lonely:
            message.take(b"\0")
        if raw is not None:
            message.name(raw)
        while (n := libc.sendmsg(fd, message.pointer, flags)) == -1:
            retry("sendmsg")
    return 0 if lonely else n


def sendmsg_n(
    fd: int,
    p: "ReadableBuffer | Sequence[ReadableBuffer]",
    oob: "ReadableBuffer | None",
    to: "Sockaddr | None",
    flags: int = 0,
) -> int:
    """sendmsg(2): the same as sendmsg, which returns the count that Go's drops. Go SendmsgN."""
    return sendmsg(fd, p, oob, to, flags)


def recvmsg(
    fd: int,
    p: "WriteableBuffer | Sequence[WriteableBuffer]",
    oob: "WriteableBuffer | None",
    flags: int = 0,
) -> "tuple[int, int, int, Sockaddr | None]":
    """recvmsg(2): fill p, one buffer or a sequence of them, and the control messages oob. Go Recvmsg.

    Returns the number of bytes, the number of bytes of oob, the message's flags, and the sender's address or None.
    Among the flags, MSG_TRUNC: p was too short; MSG_CTRUNC: oob was, and what did not fit is lost. MSG_CMSG_CLOEXEC
    among the flags asked for makes descriptors that arrive close-on-exec. No byte is read that p has no room for: Go
    reads, and drops, one where p is empty.
    """
    fd, flags = i32("fd", fd), flag_bits("flags", flags)
    buffers: Iterable[WriteableBuffer] = p if isinstance(p, (list, tuple)) else (p,)
    with _Message(buffers, oob, writable=True) as message:
        storage = _Storage()
        header = message.header
        header.name, header.namelen = addressof(storage), sizeof(storage)
        controllen = header.controllen
        while (n := libc.recvmsg(fd, message.pointer, flags)) == -1:
            retry("recvmsg")
            header.namelen, header.controllen = sizeof(storage), controllen
        address = decode(storage.raw[: header.namelen]) if header.namelen else None
        return n, header.controllen, header.flags, address


class _Message:
    """A struct msghdr over buffers, each held in place until the `with` block ends."""

    __slots__ = ("_exports", "_iov", "_name", "header", "nbytes", "pointer")

    def __init__(self, buffers: "Iterable[Any]", oob: "Any", *, writable: bool) -> None:
        self._exports: list[Export] = []
        self.header = Msghdr()
        self.pointer = byref(self.header)
        try:
            self._exports.extend(Export(buffer, writable) for buffer in buffers)
            if len(self._exports) > _IOV_MAX:
                raise system_error("recvmsg" if writable else "sendmsg", EMSGSIZE)
            self._describe()
            if oob is not None:
                control = Export(oob, writable)
                self._exports.append(control)
                self.header.control, self.header.controllen = control.address, control.nbytes
        except BaseException:
            self.release()
            raise

    def _describe(self) -> None:
        """Point the header at the exports."""
        self._iov = iov = _OneIovec() if len(self._exports) <= 1 else _ManyIovecs()
        for i, export in enumerate(self._exports):
            iov[i].base, iov[i].len = export.address, export.nbytes
        self.header.iov, self.header.iovlen = addressof(iov), len(self._exports)
        self.nbytes = sum(export.nbytes for export in self._exports)

    def take(self, payload: bytes) -> None:
        """Carry this instead of the buffers."""
        export = Export(payload)
        self._exports.append(export)
        self._iov[0].base, self._iov[0].len = export.address, export.nbytes
        self.header.iovlen = 1

    def name(self, raw: bytes) -> None:
        """Address it."""
        export = Export(raw)
        self._exports.append(export)
        self.header.name, self.header.namelen = export.address, export.nbytes

    def release(self) -> None:
        for export in self._exports:
            export.release()
        self._exports.clear()

    def __enter__(self) -> "_Message":
        return self

    def __exit__(self, *exception: object) -> None:
        self.release()


def _is_unix_stream(fd: int) -> bool:
    try:
        domain, typ = getsockopt_int(fd, SOL_SOCKET, SO_DOMAIN), getsockopt_int(fd, SOL_SOCKET, SO_TYPE)
    except OSError:
        return False  # sendmsg will say what is wrong with it
    return (domain, typ) == (AF_UNIX, SOCK_STREAM)
