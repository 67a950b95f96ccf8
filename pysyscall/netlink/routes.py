"""rtnetlink: tables asked for, and attributes taken apart and put together."""

from ctypes import c_char, sizeof

from ..base.arguments import u8, u16
from ..base.errors import system_error
from ..constants._errnos import EINVAL
from ..constants._netlink import (
    NETLINK_ROUTE,
    NLM_F_DUMP,
    NLM_F_REQUEST,
    NLMSG_DONE,
    NLMSG_ERROR,
    RTA_ALIGNTO,
    RTM_BASE,
    RTM_DELADDR,
    RTM_DELLINK,
    RTM_DELROUTE,
    RTM_GETLINK,
    RTM_NEWADDR,
    RTM_NEWLINK,
    RTM_NEWROUTE,
)
from ..constants._sockets import AF_NETLINK, SOCK_CLOEXEC, SOCK_RAW
from ..io.descriptors import close
from ..sockets.addresses import SockaddrNetlink
from ..sockets.messages import recvfrom, sendto
from ..sockets.sockets import bind, getsockname, socket
from .messages import NetlinkMessage, _aligned, _padded, _refusal, netlink_message, parse_netlink_message
from .structs import IfAddrmsg, IfInfomsg, NlMsghdr, RtAttr, RtGenmsg, RtMsg

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..base.buffers import ReadableBuffer
    from ..base.layout import Struct


# The kernel fits its answers to the buffer, up to 32 KiB.
_Answer = c_char * 65536
# What stands before the attributes of each kind of message.
_BODIES: "dict[int, type[Struct]]" = {
    RTM_NEWLINK: IfInfomsg,
    RTM_DELLINK: IfInfomsg,
    RTM_NEWADDR: IfAddrmsg,
    RTM_DELADDR: IfAddrmsg,
    RTM_NEWROUTE: RtMsg,
    RTM_DELROUTE: RtMsg,
}


class NetlinkRouteAttr:
    """An rtnetlink attribute: its header, and its value's bytes. Go NetlinkRouteAttr."""

    __slots__ = ("attr", "value")

    def __init__(self, attr: RtAttr, value: bytes) -> None:
        self.attr = attr
        self.value = value

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, NetlinkRouteAttr):
            return NotImplemented
        return (self.attr, self.value) == (other.attr, other.value)

    __hash__ = None  # type: ignore[assignment]  # the fields can change

    def __repr__(self) -> str:
        return f"NetlinkRouteAttr(attr={self.attr!r}, value={self.value!r})"


class NetlinkRouteRequest:
    """A request for a table of the kernel's; `bytes(request)` is what is sent. Go NetlinkRouteRequest."""

    __slots__ = ("data", "header")

    def __init__(self, header: NlMsghdr, data: RtGenmsg) -> None:
        self.header = header
        self.data = data

    def __bytes__(self) -> bytes:
        return bytes(self.header) + bytes(self.data)


def netlink_rib(proto: int, family: int) -> bytes:
    """RTM_GETLINK, RTM_GETADDR or RTM_GETROUTE: a whole table of the kernel's, as its messages. Go NetlinkRIB.

    proto is one of those types, family AF_UNSPEC, AF_INET or AF_INET6. parse_netlink_message takes the result. The
    kernel's refusal is raised with its own errno (Go: EINVAL), and EINVAL where proto asks for nothing, as the kernel
    would not answer. See rtnetlink(7).
    """
    proto, family = u16("proto", proto), u8("family", family)
    if proto < RTM_BASE or proto % 4 != RTM_GETLINK % 4:  # of each four types, NEW, DEL, GET and SET, the third
        raise system_error("netlink_rib", EINVAL)
    fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)
    try:
        bind(fd, SockaddrNetlink())
        own = getsockname(fd)
        assert isinstance(own, SockaddrNetlink)
        request = netlink_message(proto, NLM_F_DUMP | NLM_F_REQUEST, 1, bytes(RtGenmsg(family)))
        sendto(fd, request, 0, SockaddrNetlink())
        table = bytearray()
        answer = _Answer()
        while True:
            n, sender = recvfrom(fd, answer)
            if not isinstance(sender, SockaddrNetlink) or sender.pid != 0:
                continue  # any process may send to this socket
            part = answer.raw[:n]
            for message in parse_netlink_message(part):
                if message.header.seq != 1 or message.header.pid != own.pid:
                    raise system_error("netlink_rib", EINVAL)
                if message.header.type == NLMSG_ERROR:
                    raise _refusal(message)
                if message.header.type == NLMSG_DONE:
                    return bytes(table + part)
            table += part
    finally:
        close(fd)


def parse_netlink_route_attr(m: NetlinkMessage) -> "list[NetlinkRouteAttr]":
    """The attributes of an RTM_NEW or RTM_DEL message of a link, address or route. Go ParseNetlinkRouteAttr.

    OSError(EINVAL): another type of message, or one that is cut.
    """
    body = _BODIES.get(m.header.type)
    if body is None or len(m.data) < sizeof(body):
        raise system_error("parse_netlink_route_attr", EINVAL)
    return parse_route_attr(m.data[sizeof(body) :])


def parse_route_attr(b: "bytes | bytearray | memoryview") -> "list[NetlinkRouteAttr]":
    """Take apart a run of attributes, such as the value of a nested one. OSError(EINVAL) where one is cut."""
    raw = memoryview(b).tobytes()
    attributes = []
    start = 0
    while len(raw) - start >= sizeof(RtAttr):
        attr = RtAttr.from_buffer_copy(raw, start)
        end = start + _aligned(attr.len, RTA_ALIGNTO)
        if attr.len < sizeof(RtAttr) or end > len(raw):
            raise system_error("parse_route_attr", EINVAL)
        attributes.append(NetlinkRouteAttr(attr, raw[start + sizeof(RtAttr) : start + attr.len]))
        start = end
    return attributes


def route_attr(type: int, value: "ReadableBuffer") -> bytes:
    """An rtnetlink attribute, padded. Nested attributes are the value of another."""
    raw = memoryview(value).tobytes()
    length = u16("value's length", sizeof(RtAttr) + len(raw))
    return bytes(RtAttr(length, u16("type", type))) + _padded(raw, RTA_ALIGNTO)
