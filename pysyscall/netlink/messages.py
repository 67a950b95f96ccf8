"""Netlink messages: built and parsed."""

import sys
from _collections_abc import Iterator
from ctypes import sizeof

from ..base.arguments import u16, u32
from ..base.buffers import ReadableBuffer
from ..base.errors import system_error
from ..base.layout import aligned
from ..constants import (
    EINVAL,
    NLM_F_ACK_TLVS,
    NLM_F_CAPPED,
    NLMSG_ALIGNTO,
    NLMSG_DONE,
    NLMSG_ERROR,
    NLMSGERR_ATTR_MSG,
    RTA_ALIGNTO,
)
from .structs import NlMsgerr, NlMsghdr, RtAttr

TYPE_MASK = 0x3FFF  # NLA_TYPE_MASK: without NLA_F_NESTED and NLA_F_NET_BYTEORDER
_ERROR = 4  # bytes of the error that opens an NLMSG_ERROR and an NLMSG_DONE


class NetlinkMessage:
    """A netlink message: its header, and the bytes after it. Go NetlinkMessage."""

    __slots__ = ("data", "header")

    def __init__(self, header: NlMsghdr, data: bytes) -> None:
        self.header = header
        self.data = data

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, NetlinkMessage):
            return NotImplemented
        return (self.header, self.data) == (other.header, other.data)

    __hash__ = None  # type: ignore[assignment]  # the fields can change

    def __repr__(self) -> str:
        return f"NetlinkMessage(header={self.header!r}, data={self.data!r})"


def parse_netlink_message(b: "ReadableBuffer") -> "list[NetlinkMessage]":
    """Parse the messages that a netlink(7) socket received. EINVAL: one is truncated. Go ParseNetlinkMessage."""
    raw = memoryview(b).tobytes()
    messages = []
    start = 0
    while len(raw) - start >= sizeof(NlMsghdr):
        header = NlMsghdr.from_buffer_copy(raw, start)
        end = start + aligned(header.len, NLMSG_ALIGNTO)
        if header.len < sizeof(NlMsghdr) or end > len(raw):
            raise system_error("parse_netlink_message", EINVAL)
        messages.append(NetlinkMessage(header, raw[start + sizeof(NlMsghdr) : start + header.len]))
        start = end
    return messages


def netlink_message(type: int, flags: int, seq: int, body: "ReadableBuffer") -> bytes:
    """Build a padded netlink(7) message from a header and a body. The kernel fills in the sender's port."""
    raw = memoryview(body).tobytes()
    header = NlMsghdr(sizeof(NlMsghdr) + len(raw), u16("type", type), u16("flags", flags), u32("seq", seq), 0)
    return bytes(header) + _padded(raw, NLMSG_ALIGNTO)


def netlink_ack(message: NetlinkMessage) -> None:
    """Raise the OSError that an NLMSG_ERROR or NLMSG_DONE message carries; return if it carries no error.

    NLMSG_ERROR is the answer to a request, NLMSG_DONE the end of a table. If the option NETLINK_EXT_ACK of level
    SOL_NETLINK is 1, the kernel may add a message of its own, which the exception's text contains. netlink(7).
    """
    if message.header.type not in (NLMSG_ERROR, NLMSG_DONE):
        return
    number = int.from_bytes(message.data[:_ERROR].ljust(_ERROR, b"\0"), sys.byteorder, signed=True)
    # Some protocols end a table with a positive number, which is not an error.
    if number < 0 or (number and message.header.type == NLMSG_ERROR):
        error = system_error("netlink", -number)
        if words := _words(message):
            error = OSError(error.errno, f"{error.strerror}: {words}")
        raise error


def _words(message: NetlinkMessage) -> str:
    """Return the kernel's error message, from the extended acknowledgement after the error."""
    if not message.header.flags & NLM_F_ACK_TLVS:
        return ""
    start = _ERROR
    if message.header.type == NLMSG_ERROR:
        start = sizeof(NlMsgerr)
        if not message.header.flags & NLM_F_CAPPED and len(message.data) >= start:  # the request's body comes first
            request = NlMsgerr.from_buffer_copy(message.data).msg
            start += aligned(max(request.len - sizeof(NlMsghdr), 0), NLMSG_ALIGNTO)
    try:
        for attr, value in attributes(message.data[start:]):
            if attr.type & TYPE_MASK == NLMSGERR_ATTR_MSG:
                return value.split(b"\0")[0].decode("utf-8", "backslashreplace")
    except OSError:
        pass  # a truncated message must not hide the error
    return ""


def attributes(raw: bytes) -> "Iterator[tuple[RtAttr, bytes]]":
    """Parse a sequence of attributes. EINVAL: one is truncated."""
    start = 0
    while len(raw) - start >= sizeof(RtAttr):
        attr = RtAttr.from_buffer_copy(raw, start)
        end = start + aligned(attr.len, RTA_ALIGNTO)
        if attr.len < sizeof(RtAttr) or end > len(raw):
            raise system_error("parse_route_attr", EINVAL)
        yield attr, raw[start + sizeof(RtAttr) : start + attr.len]
        start = end


def _padded(value: bytes, alignment: int) -> bytes:
    return value.ljust(aligned(len(value), alignment), b"\0")
