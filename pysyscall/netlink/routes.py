"""rtnetlink: requesting tables, parsing and building attributes."""

from ctypes import c_char, sizeof

from ..base.arguments import u8, u16
from ..base.buffers import ReadableBuffer
from ..base.errors import system_error
from ..constants import (
    AF_NETLINK,
    EINTR,
    EINVAL,
    EMSGSIZE,
    ENOPROTOOPT,
    MSG_TRUNC,
    NETLINK_EXT_ACK,
    NETLINK_ROUTE,
    NLM_F_DUMP,
    NLM_F_DUMP_INTR,
    NLM_F_REQUEST,
    NLMSG_DONE,
    NLMSG_ERROR,
    RTA_ALIGNTO,
    RTM_BASE,
    RTM_DELADDR,
    RTM_DELLINK,
    RTM_DELNEIGH,
    RTM_DELROUTE,
    RTM_GETLINK,
    RTM_NEWADDR,
    RTM_NEWLINK,
    RTM_NEWNDUSEROPT,
    RTM_NEWNEIGH,
    RTM_NEWROUTE,
    SOCK_CLOEXEC,
    SOCK_RAW,
    SOL_NETLINK,
)
from ..io.descriptors import close
from ..sockets.messages import recvfrom, sendto
from ..sockets.options import setsockopt_int
from ..sockets.rare_addresses import SockaddrNetlink
from ..sockets.sockets import bind, getsockname, socket
from .messages import NetlinkMessage, _padded, attributes, netlink_ack, netlink_message, parse_netlink_message
from .structs import IfAddrmsg, IfInfomsg, NdMsg, NdUseroptmsg, NlMsghdr, RtAttr, RtGenmsg, RtMsg

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..base.layout import Struct


# The kernel fits its answers to the buffer, up to 32 KiB.
_Answer = c_char * 65536
_MOST_DUMPS = 100
# The header before the attributes of each kind of message.
_BODIES: "dict[int, type[Struct]]" = {
    RTM_NEWLINK: IfInfomsg,
    RTM_DELLINK: IfInfomsg,
    RTM_NEWADDR: IfAddrmsg,
    RTM_DELADDR: IfAddrmsg,
    RTM_NEWROUTE: RtMsg,
    RTM_DELROUTE: RtMsg,
    RTM_NEWNEIGH: NdMsg,
    RTM_DELNEIGH: NdMsg,
    RTM_NEWNDUSEROPT: NdUseroptmsg,
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
    """A request for a table; `bytes(request)` is the message to send. Go NetlinkRouteRequest."""

    __slots__ = ("data", "header")

    def __init__(self, header: NlMsghdr, data: RtGenmsg) -> None:
        self.header = header
        self.data = data

    def __bytes__(self) -> bytes:
        return bytes(self.header) + bytes(self.data)


def netlink_rib(proto: int, family: int) -> bytes:
    """rtnetlink(7) dump request: return a table of the kernel as netlink messages. Go NetlinkRIB.

    proto is RTM_GETLINK, RTM_GETADDR, RTM_GETROUTE or RTM_GETNEIGH; family is AF_UNSPEC, AF_INET or AF_INET6.
    parse_netlink_message parses the result. An error from the kernel is raised with its errno (Go: EINVAL) and message.
    EINVAL: proto is not an RTM_GET type. A table that changed while it was read (NLM_F_DUMP_INTR) is requested again;
    InterruptedError: it changed each time.
    """
    proto, family = u16("proto", proto), u8("family", family)
    if proto < RTM_BASE or proto % 4 != RTM_GETLINK % 4:  # of each four types, NEW, DEL, GET and SET, the third
        raise system_error("netlink_rib", EINVAL)
    fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)
    try:
        bind(fd, SockaddrNetlink())
        own = getsockname(fd)
        assert isinstance(own, SockaddrNetlink)
        _ask_for_words(fd)
        request = netlink_message(proto, NLM_F_DUMP | NLM_F_REQUEST, 1, bytes(RtGenmsg(family)))
        for _ in range(_MOST_DUMPS):
            sendto(fd, request, 0, SockaddrNetlink())
            table = _dump(fd, own.pid)
            if table is not None:
                return table
        raise OSError(EINTR, f"netlink_rib: the table has changed during each of {_MOST_DUMPS} attempts to read it")
    finally:
        close(fd)


def _ask_for_words(fd: int) -> None:
    """Ask the kernel to add error messages to its answers, if it can."""
    try:
        setsockopt_int(fd, SOL_NETLINK, NETLINK_EXT_ACK, 1)
    except OSError as error:
        if error.errno != ENOPROTOOPT:  # Linux before 4.12
            raise


def _dump(fd: int, pid: int) -> "bytes | None":
    """Receive a table, up to its NLMSG_DONE. None: it changed meanwhile."""
    table = bytearray()
    answer = _Answer()
    changed = False
    while True:
        n, sender = recvfrom(fd, answer, MSG_TRUNC)
        if not isinstance(sender, SockaddrNetlink) or sender.pid != 0:
            continue  # any process may send to this socket
        if n > sizeof(answer):
            raise system_error("netlink_rib", EMSGSIZE)
        table += memoryview(answer)[:n]
        for message in parse_netlink_message(memoryview(answer)[:n]):
            header = message.header
            if header.seq != 1 or header.pid != pid:
                raise system_error("netlink_rib", EINVAL)
            changed |= bool(header.flags & NLM_F_DUMP_INTR)
            if header.type in (NLMSG_ERROR, NLMSG_DONE):
                netlink_ack(message)
            if header.type == NLMSG_DONE:
                return None if changed else bytes(table)


def parse_netlink_route_attr(m: NetlinkMessage) -> "list[NetlinkRouteAttr]":
    """Parse the attributes of an rtnetlink(7) message about a link, address, route or neighbour.

    The message is of type RTM_NEWLINK, RTM_DELLINK and so on, or RTM_NEWNDUSEROPT, whose attributes follow the options.
    The type of an attribute that contains others may have the bit NLA_F_NESTED. EINVAL: another type of message, or a
    truncated one. Go ParseNetlinkRouteAttr.
    """
    body = _BODIES.get(m.header.type)
    if body is None or len(m.data) < sizeof(body):
        raise system_error("parse_netlink_route_attr", EINVAL)
    start = sizeof(body)
    if body is NdUseroptmsg:
        start += NdUseroptmsg.from_buffer_copy(m.data).opts_len
        if start > len(m.data):
            raise system_error("parse_netlink_route_attr", EINVAL)
    return parse_route_attr(m.data[start:])


def parse_route_attr(b: "ReadableBuffer") -> "list[NetlinkRouteAttr]":
    """Parse a sequence of attributes, such as the value of a nested one. EINVAL: one is truncated."""
    return [NetlinkRouteAttr(attr, value) for attr, value in attributes(memoryview(b).tobytes())]


def route_attr(type: int, value: "ReadableBuffer") -> bytes:
    """Build a padded rtnetlink(7) attribute. Nested attributes are the value of another."""
    raw = memoryview(value).tobytes()
    length = u16("value's length", sizeof(RtAttr) + len(raw))
    return bytes(RtAttr(length, u16("type", type))) + _padded(raw, RTA_ALIGNTO)
