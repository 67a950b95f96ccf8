"""Control messages of IP and UDP: which interface and address a datagram came by, its hop limit and traffic class, and
how several datagrams go as one.

An option asks for each on what is received; the same messages, given to sendmsg, choose it for one datagram.
"""

from ctypes import sizeof
from struct import Struct as Codec

from ..base.arguments import i32, u16
from ..constants import (
    IP_PKTINFO,
    IP_TOS,
    IP_TTL,
    IPPROTO_IP,
    IPPROTO_IPV6,
    IPV6_HOPLIMIT,
    IPV6_PKTINFO,
    IPV6_TCLASS,
    SOL_UDP,
    UDP_GRO,
    UDP_SEGMENT,
)
from .control import SocketControlMessage, payload, socket_control_message
from .structs import Inet4Pktinfo, Inet6Pktinfo

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..base.layout import Struct

_INT = Codec("=i")
_U16 = Codec("=H")


def inet4_pktinfo(info: Inet4Pktinfo) -> bytes:
    """An IP_PKTINFO message: the interface and source address (spec_dst) to send with. Go unix.PktInfo4. ip(7)."""
    return _message(IPPROTO_IP, IP_PKTINFO, Inet4Pktinfo, info)


def parse_inet4_pktinfo(m: SocketControlMessage) -> Inet4Pktinfo:
    """The interface, local address (spec_dst) and destination (addr) of a datagram. IP_PKTINFO asks for it. ip(7).

    OSError(EINVAL): another type of message, or one that is cut.
    """
    raw = payload("parse_inet4_pktinfo", m, IPPROTO_IP, IP_PKTINFO, sizeof(Inet4Pktinfo))
    return Inet4Pktinfo.from_buffer_copy(raw)


def inet6_pktinfo(info: Inet6Pktinfo) -> bytes:
    """An IPV6_PKTINFO message: the interface and source address to send with. Go unix.PktInfo6. ipv6(7)."""
    return _message(IPPROTO_IPV6, IPV6_PKTINFO, Inet6Pktinfo, info)


def parse_inet6_pktinfo(m: SocketControlMessage) -> Inet6Pktinfo:
    """The interface and destination of a datagram. IPV6_RECVPKTINFO asks for it. ipv6(7).

    OSError(EINVAL): another type of message, or one that is cut.
    """
    raw = payload("parse_inet6_pktinfo", m, IPPROTO_IPV6, IPV6_PKTINFO, sizeof(Inet6Pktinfo))
    return Inet6Pktinfo.from_buffer_copy(raw)


def inet4_ttl(ttl: int) -> bytes:
    """An IP_TTL message: over how many hops a datagram may go, 1..255. ip(7)."""
    return socket_control_message(IPPROTO_IP, IP_TTL, _INT.pack(i32("ttl", ttl)))


def parse_inet4_ttl(m: SocketControlMessage) -> int:
    """Over how many more hops a datagram could have gone. IP_RECVTTL asks for it. ip(7).

    OSError(EINVAL): another type of message, or one that is cut.
    """
    return _int("parse_inet4_ttl", m, IPPROTO_IP, IP_TTL)


def inet4_tos(tos: int) -> bytes:
    """An IP_TOS message: a datagram's differentiated services and ECN bits, 0..255. ip(7)."""
    return socket_control_message(IPPROTO_IP, IP_TOS, _INT.pack(i32("tos", tos)))


def parse_inet4_tos(m: SocketControlMessage) -> int:
    """A datagram's differentiated services and ECN bits. IP_RECVTOS asks for it. ip(7).

    OSError(EINVAL): another type of message, or one that is cut.
    """
    # The kernel takes an int, or a byte, and gives a byte.
    raw = payload("parse_inet4_tos", m, IPPROTO_IP, IP_TOS, 1)
    return _int("parse_inet4_tos", m, IPPROTO_IP, IP_TOS) if len(raw) == _INT.size else raw[0]


def inet6_hoplimit(hops: int) -> bytes:
    """An IPV6_HOPLIMIT message: over how many hops a datagram may go, 0..255, or -1 for the default. ipv6(7)."""
    return socket_control_message(IPPROTO_IPV6, IPV6_HOPLIMIT, _INT.pack(i32("hops", hops)))


def parse_inet6_hoplimit(m: SocketControlMessage) -> int:
    """Over how many more hops a datagram could have gone. IPV6_RECVHOPLIMIT asks for it. ipv6(7).

    OSError(EINVAL): another type of message, or one that is cut.
    """
    return _int("parse_inet6_hoplimit", m, IPPROTO_IPV6, IPV6_HOPLIMIT)


def inet6_tclass(tclass: int) -> bytes:
    """An IPV6_TCLASS message: a datagram's traffic class, 0..255. RFC 3542."""
    return socket_control_message(IPPROTO_IPV6, IPV6_TCLASS, _INT.pack(i32("tclass", tclass)))


def parse_inet6_tclass(m: SocketControlMessage) -> int:
    """A datagram's traffic class. IPV6_RECVTCLASS asks for it. RFC 3542.

    OSError(EINVAL): another type of message, or one that is cut.
    """
    return _int("parse_inet6_tclass", m, IPPROTO_IPV6, IPV6_TCLASS)


def udp_segment(size: int) -> bytes:
    """A UDP_SEGMENT message: send what sendmsg is given as datagrams of so many bytes, the last as long as the rest.

    Segmentation offload (GSO): one call, and one way through the kernel, for up to 64 datagrams (128 since Linux 6.9).
    The option UDP_SEGMENT does it for all that a socket sends. EMSGSIZE, or EINVAL: a datagram of that size does not
    fit into one packet, there would be too many, or all are longer than 65,507 bytes together. udp(7).
    """
    return socket_control_message(SOL_UDP, UDP_SEGMENT, _U16.pack(u16("size", size)))


def parse_udp_gro(m: SocketControlMessage) -> int:
    """How many bytes each datagram has of those that were received as one; the last may have fewer. udp(7).

    The option UDP_GRO asks for it: datagrams of one length from one sender come joined, up to 65,535 bytes, and this
    message with them; a datagram that came alone has none. OSError(EINVAL): another type of message, or one that is
    cut.
    """
    return _int("parse_udp_gro", m, SOL_UDP, UDP_GRO)


def _message(level: int, type: int, kind: "type[Struct]", info: "Struct") -> bytes:
    if not isinstance(info, kind):
        raise TypeError(f"info must be {kind.__name__}, not {info.__class__.__name__}")
    return socket_control_message(level, type, bytes(info))


def _int(call: str, m: SocketControlMessage, level: int, type: int) -> int:
    number: int = _INT.unpack_from(payload(call, m, level, type, _INT.size))[0]
    return number
