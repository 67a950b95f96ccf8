"""Netlink messages: put together and taken apart."""

from ctypes import sizeof

from ..base.arguments import u16, u32
from ..base.errors import system_error
from ..constants._errnos import EINVAL
from ..constants._netlink import NLMSG_ALIGNTO, NLMSG_ERROR
from .structs import NlMsgerr, NlMsghdr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..base.buffers import ReadableBuffer


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


def parse_netlink_message(b: "bytes | bytearray | memoryview") -> "list[NetlinkMessage]":
    """Take apart what a netlink socket received. OSError(EINVAL) where a message is cut. Go ParseNetlinkMessage."""
    raw = memoryview(b).tobytes()
    messages = []
    start = 0
    while len(raw) - start >= sizeof(NlMsghdr):
        header = NlMsghdr.from_buffer_copy(raw, start)
        end = start + _aligned(header.len, NLMSG_ALIGNTO)
        if header.len < sizeof(NlMsghdr) or end > len(raw):
            raise system_error("parse_netlink_message", EINVAL)
        messages.append(NetlinkMessage(header, raw[start + sizeof(NlMsghdr) : start + header.len]))
        start = end
    return messages


def netlink_message(type: int, flags: int, seq: int, body: "ReadableBuffer") -> bytes:
    """A message for a netlink socket: a header and a body, padded. The kernel fills in the sender's port."""
    raw = memoryview(body).tobytes()
    header = NlMsghdr(sizeof(NlMsghdr) + len(raw), u16("type", type), u16("flags", flags), u32("seq", seq), 0)
    return bytes(header) + _padded(raw, NLMSG_ALIGNTO)


def netlink_ack(message: NetlinkMessage) -> None:
    """Raise the OSError that an NLMSG_ERROR message carries; return where it is an acknowledgement."""
    if message.header.type == NLMSG_ERROR and (refusal := _refusal(message)).errno:
        raise refusal


def _refusal(message: NetlinkMessage) -> OSError:
    errno = -NlMsgerr.from_buffer_copy(message.data.ljust(sizeof(NlMsgerr), b"\0")).error
    return system_error("netlink", errno)


def _aligned(length: int, alignment: int) -> int:
    return (length + alignment - 1) & -alignment


def _padded(value: bytes, alignment: int) -> bytes:
    return value.ljust(_aligned(len(value), alignment), b"\0")
