"""Messages with an address or control data: sendto, recvfrom, sendmsg, recvmsg."""

from _collections_abc import Sequence
from ctypes import addressof, sizeof
from struct import Struct as Codec

from ..base.arguments import descriptor, flag_bits
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
from ..base.errors import kept, retry, system_error
from ..base.scratch import DATA_SIZE, NAME_SIZE, Scratch, give, take
from ..constants import AF_UNIX, EMSGSIZE, MSG_ZEROCOPY, SO_DOMAIN, SO_TYPE, SOCK_STREAM, SOL_SOCKET
from . import libc
from .addresses import Sockaddr, raw_bytes
from .options import getsockopt_int
from .senders import first_sight, met

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


# Looked up once, see io.descriptors.
_sendto, _recvfrom, _sendmsg, _recvmsg = libc.sendto, libc.recvfrom, libc.sendmsg, libc.recvmsg
_IOV_MAX = 1024
# struct msghdr: name, namelen, iov, iovlen, control, controllen, flags; and behind it one struct iovec: base, len.
_header = Codec("@PIPNPNi0P")
_message = Codec("@PIPNPNi0PPN")
_iovec = Codec("@PN")


def sendto(fd: int, p: "ReadableBuffer | None", flags: int, to: "Sockaddr | None") -> int:
    """sendto(2): send p to an address and return the number of bytes, which Go drops. Go Sendto.

    to is None on a connected socket. bytes are the fastest p. With MSG_ZEROCOPY the kernel reads p after the call: keep
    p unchanged until `recv_error` reports completion. EMSGSIZE: p is longer than a datagram can be.
    ConnectionRefusedError: an earlier datagram on this connected socket found no receiver.
    """
    if type(fd) is not int or type(flags) is not int or (fd | flags) >> 31:
        fd, flags = descriptor("fd", fd), flag_bits("flags", flags)
    raw = to._raw if isinstance(to, Sockaddr) else b"" if to is None else raw_bytes("to", to)
    before = kept.value
    if type(p) is bytes and (size := len(p)) < MAX_RW_COUNT:
        while (n := _sendto(fd, p, size, flags, raw or None, len(raw))) == -1:
            retry("sendto", before)
    elif type(p) is bytearray and len(p) <= COPIED and not flags & MSG_ZEROCOPY:
        copy = bytes(p)
        while (n := _sendto(fd, copy, len(copy), flags, raw or None, len(raw))) == -1:
            retry("sendto", before)
    elif type(type(p)) is ArrayType and (size := sizeof(p)) < MAX_RW_COUNT:  # type: ignore[arg-type]
        while (n := _sendto(fd, p, size, flags, raw or None, len(raw))) == -1:  # type: ignore[arg-type]
            retry("sendto", before)
    else:
        while (n := _sendto(fd, *readable(p), flags, raw or None, len(raw))) == -1:
            retry("sendto", before)
    return n


def recvfrom(fd: int, p: "WriteableBuffer | None", flags: int = 0) -> "tuple[int, Sockaddr | None]":
    """recvfrom(2): receive a message into p; return its number of bytes and the sender's address. Go Recvfrom.

    The address is None if there is none, as on a connected stream. 0 bytes from a stream mean its end. A message longer
    than p is truncated; with MSG_TRUNC in flags its full length is returned. A ctypes array is the fastest p.
    """
    if type(fd) is not int or type(flags) is not int or (fd | flags) >> 31:
        fd, flags = descriptor("fd", fd), flag_bits("flags", flags)
    before = kept.value
    try:
        slot = take()
    except IndexError:
        slot = Scratch()
    try:
        slot.length.value = NAME_SIZE
        if type(type(p)) is ArrayType and (size := sizeof(p)) < MAX_RW_COUNT:  # type: ignore[arg-type]
            while (n := _recvfrom(fd, p, size, flags, slot.of_name, slot.of_length)) == -1:  # type: ignore[arg-type]
                retry("recvfrom", before)
        elif type(p) is bytearray and len(p) < MAX_RW_COUNT:
            while (n := _recvfrom(fd, in_place(p), len(p), flags, slot.of_name, slot.of_length)) == -1:
                retry("recvfrom", before)
        else:
            while (n := _recvfrom(fd, *writable(p), flags, slot.of_name, slot.of_length)) == -1:
                retry("recvfrom", before)
        try:
            return n, met[slot.head.raw]
        except KeyError:
            return n, first_sight(slot)
    finally:
        give(slot)


def sendmsg(
    fd: int,
    p: "ReadableBuffer | Sequence[ReadableBuffer] | None",
    oob: "ReadableBuffer | None",
    to: "Sockaddr | None",
    flags: int = 0,
) -> int:
    """sendmsg(2): send p with the control messages oob, and return the number of bytes. Go Sendmsg.

    p is one buffer or a sequence of buffers. A Unix stream carries control messages only with data: if p is empty and
    oob is not, one NUL byte is sent with them, as in Go, and the result is 0. MSG_ZEROCOPY: see sendto. ENOMEM: musl
    sends no more than 1 KiB of control messages.
    """
    if type(fd) is not int or type(flags) is not int or (fd | flags) >> 31:
        fd, flags = descriptor("fd", fd), flag_bits("flags", flags)
    raw = b"" if to is None else raw_bytes("to", to)
    held: list[object] = []
    try:
        slot = take()
    except IndexError:
        slot = Scratch()
    try:
        slot.name[: len(raw)] = raw  # type: ignore[call-overload]  # as for a slice of a c_char array
        used = slot.data
        control = controllen = 0
        if oob is not None:
            if type(oob) is bytes and len(oob) <= DATA_SIZE:
                control, controllen = slot.address + used, len(oob)
                slot.view[used : used + controllen] = oob
                used += controllen
            else:
                control, controllen = _held(held, oob, False)
        iov, count = slot.address + _header.size, 1
        if type(p) is bytes and len(p) <= slot.data + DATA_SIZE - used and not flags & MSG_ZEROCOPY:
            base, size = slot.address + used, len(p)
            slot.view[used : used + size] = p
        elif type(type(p)) is ArrayType:
            base, size = addressof(p), sizeof(p)  # type: ignore[arg-type]
        else:
            iov, count, base, size = _gather("sendmsg", slot, held, p, False)
        lonely = size == 0 and controllen > 0 and _is_unix_stream(fd)
        if lonely:
            iov, count, base, size = slot.address + _header.size, 1, slot.address + _header.size + _iovec.size, 1
            slot.view[_message.size] = 0
        name = slot.name_address if raw else 0
        _message.pack_into(slot.memory, 0, name, len(raw), iov, count, control, controllen, 0, base, size)
        before = kept.value
        while (n := _sendmsg(fd, slot.of_header, flags)) == -1:
            retry("sendmsg", before)
        return 0 if lonely else n
    finally:
        held.clear()  # so that no traceback keeps a buffer exported
        give(slot)


def sendmsg_n(
    fd: int,
    p: "ReadableBuffer | Sequence[ReadableBuffer] | None",
    oob: "ReadableBuffer | None",
    to: "Sockaddr | None",
    flags: int = 0,
) -> int:
    """sendmsg(2): the same as sendmsg, which here returns the count that Go's Sendmsg drops. Go SendmsgN."""
    return sendmsg(fd, p, oob, to, flags)


def recvmsg(
    fd: int,
    p: "WriteableBuffer | Sequence[WriteableBuffer] | None",
    oob: "WriteableBuffer | None",
    flags: int = 0,
) -> "tuple[int, int, int, Sockaddr | None]":
    """recvmsg(2): receive into p, one buffer or a sequence of buffers, and control messages into oob. Go Recvmsg.

    Returns the number of bytes, the number of bytes of oob, the message's flags, and the sender's address or None.
    MSG_TRUNC in the message's flags: p was too short; MSG_CTRUNC: oob was too short, and control messages are lost. The
    argument flag MSG_CMSG_CLOEXEC makes received descriptors close-on-exec.

    A Unix stream carries control messages only with data: if p is empty and oob is not, one byte is received with them
    and dropped, as in Go, and the result is 1; 0 means the end of the stream.
    """
    if type(fd) is not int or type(flags) is not int or (fd | flags) >> 31:
        fd, flags = descriptor("fd", fd), flag_bits("flags", flags)
    held: list[object] = []
    try:
        slot = take()
    except IndexError:
        slot = Scratch()
    try:
        control = controllen = 0
        if type(type(oob)) is ArrayType:
            control, controllen = addressof(oob), sizeof(oob)  # type: ignore[arg-type]
        elif oob is not None:
            control, controllen = _held(held, oob, True)
        iov, count = slot.address + _header.size, 1
        if type(type(p)) is ArrayType:
            base, size = addressof(p), sizeof(p)  # type: ignore[arg-type]
        else:
            iov, count, base, size = _gather("recvmsg", slot, held, p, True)
        if size == 0 and controllen > 0 and _is_unix_stream(fd):
            iov, count, base, size = slot.address + _header.size, 1, slot.address + slot.data, 1
        _message.pack_into(slot.memory, 0, slot.name_address, NAME_SIZE, iov, count, control, controllen, 0, base, size)
        before = kept.value
        while (n := _recvmsg(fd, slot.of_header, flags)) == -1:  # which leaves the header as it is
            retry("recvmsg", before)
        _, namelen, _, _, _, controllen, got = _header.unpack_from(slot.memory)
        slot.length.value = namelen
        try:
            return n, controllen, got, met[slot.head.raw]
        except KeyError:
            return n, controllen, got, first_sight(slot)
    finally:
        held.clear()
        give(slot)


def _held(held: "list[object]", p: "Any", is_writable: bool) -> "tuple[int, int]":
    """The address and length of a buffer, which stays in place as long as it is in the list."""
    if type(p) is bytearray:
        start = in_place(p)
        held.append(start)
        return addressof(start), len(p)
    export = Export(p, is_writable)
    held.append(export)
    return export.address, export.nbytes


def _gather(
    call: str, slot: "Scratch", held: "list[object]", p: "Any", is_writable: bool
) -> "tuple[int, int, int, int]":
    """Where a message's iovecs are, and how many; the address of its only buffer; the length of all."""
    own = slot.address + _header.size
    if p is None:
        return own, 0, 0, 0
    if not isinstance(p, (list, tuple)):
        try:
            return own, 1, *_held(held, p, is_writable)
        except TypeError:
            if not _is_sequence(p):
                raise
    buffers = [_held(held, buffer, is_writable) for buffer in p]
    if len(buffers) > _IOV_MAX:
        raise system_error(call, EMSGSIZE)
    iovecs = bytearray(_iovec.size * len(buffers))
    for i, buffer in enumerate(buffers):
        _iovec.pack_into(iovecs, i * _iovec.size, *buffer)
    return _held(held, iovecs, True)[0], len(buffers), 0, sum(size for _, size in buffers)


def _is_sequence(p: object) -> bool:
    """Whether what is no fitting buffer is a sequence, and no buffer either, which may be a sequence too."""
    try:
        memoryview(p)  # type: ignore[arg-type]
    except TypeError:
        return isinstance(p, Sequence) and not isinstance(p, str)
    return False


def _is_unix_stream(fd: int) -> bool:
    try:
        domain, typ = getsockopt_int(fd, SOL_SOCKET, SO_DOMAIN), getsockopt_int(fd, SOL_SOCKET, SO_TYPE)
    except OSError:
        return False  # the call itself will say what is wrong with it
    return (domain, typ) == (AF_UNIX, SOCK_STREAM)
