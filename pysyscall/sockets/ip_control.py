"""Control messages of IP and UDP: interface and address, hop limit and traffic class of a datagram, and segmentation.

A socket option enables each on reception. The same message passed to sendmsg sets the value for one datagram.
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
    """Return interface, local address (spec_dst) and destination (addr) of a datagram. IP_PKTINFO enables it. ip(7).

    EINVAL: another type of message, or a truncated one.
    """
    raw = payload("parse_inet4_pktinfo", m, IPPROTO_IP, IP_PKTINFO, sizeof(Inet4Pktinfo))
    return Inet4Pktinfo.from_buffer_copy(raw)


def inet6_pktinfo(info: Inet6Pktinfo) -> bytes:
    """An IPV6_PKTINFO message: the interface and source address to send with. Go unix.PktInfo6. ipv6(7)."""
    return _message(IPPROTO_IPV6, IPV6_PKTINFO, Inet6Pktinfo, info)


def parse_inet6_pktinfo(m: SocketControlMessage) -> Inet6Pktinfo:
    """Return the interface and destination of a datagram. IPV6_RECVPKTINFO enables it. ipv6(7).

    EINVAL: another type of message, or a truncated one.
    """
    raw = payload("parse_inet6_pktinfo", m, IPPROTO_IPV6, IPV6_PKTINFO, sizeof(Inet6Pktinfo))
    return Inet6Pktinfo.from_buffer_copy(raw)


def inet4_ttl(ttl: int) -> bytes:
    """An IP_TTL message: the time to live (hop limit) of a datagram, 1 to 255. ip(7)."""
    return socket_control_message(IPPROTO_IP, IP_TTL, _INT.pack(i32("ttl", ttl)))


def parse_inet4_ttl(m: SocketControlMessage) -> int:
    """Return the time to live that a datagram arrived with. IP_RECVTTL enables it. ip(7).

    EINVAL: another type of message, or a truncated one.
    """
    return _int("parse_inet4_ttl", m, IPPROTO_IP, IP_TTL)


def inet4_tos(tos: int) -> bytes:
    """An IP_TOS message: the differentiated services and ECN bits of a datagram, 0 to 255. ip(7)."""
    return socket_control_message(IPPROTO_IP, IP_TOS, _INT.pack(i32("tos", tos)))


def parse_inet4_tos(m: SocketControlMessage) -> int:
    """Return the differentiated services and ECN bits of a datagram. IP_RECVTOS enables it. ip(7).

    EINVAL: another type of message, or a truncated one.
    """
    # The kernel accepts an int or a byte, and returns a byte.
    raw = payload("parse_inet4_tos", m, IPPROTO_IP, IP_TOS, 1)
    return _int("parse_inet4_tos", m, IPPROTO_IP, IP_TOS) if len(raw) == _INT.size else raw[0]


def inet6_hoplimit(hops: int) -> bytes:
    """An IPV6_HOPLIMIT message: the hop limit of a datagram, 0 to 255, or -1 for the default. ipv6(7)."""
    return socket_control_message(IPPROTO_IPV6, IPV6_HOPLIMIT, _INT.pack(i32("hops", hops)))


def parse_inet6_hoplimit(m: SocketControlMessage) -> int:
    """Return the hop limit that a datagram arrived with. IPV6_RECVHOPLIMIT enables it. ipv6(7).

    EINVAL: another type of message, or a truncated one.
    """
    return _int("parse_inet6_hoplimit", m, IPPROTO_IPV6, IPV6_HOPLIMIT)


def inet6_tclass(tclass: int) -> bytes:
    """An IPV6_TCLASS message: the traffic class of a datagram, 0 to 255. RFC 3542."""
    return socket_control_message(IPPROTO_IPV6, IPV6_TCLASS, _INT.pack(i32("tclass", tclass)))


def parse_inet6_tclass(m: SocketControlMessage) -> int:
    """Return the traffic class of a datagram. IPV6_RECVTCLASS enables it. RFC 3542.

    EINVAL: another type of message, or a truncated one.
    """
    return _int("parse_inet6_tclass", m, IPPROTO_IPV6, IPV6_TCLASS)


def udp_segment(size: int) -> bytes:
    """A UDP_SEGMENT message: split the data of sendmsg into datagrams of size bytes; the last may be shorter. udp(7).

    Segmentation offload (GSO) sends up to 64 datagrams (128 since Linux 6.9) in one call and one pass through the
    kernel. The option UDP_SEGMENT does so for all data that a socket sends. EMSGSIZE, EINVAL: a datagram of that size
    does not fit into one packet, there would be too many, or together they exceed 65,507 bytes.
    """
    return socket_control_message(SOL_UDP, UDP_SEGMENT, _U16.pack(u16("size", size)))


def parse_udp_gro(m: SocketControlMessage) -> int:
    """Return the size of the datagrams that were received as one; the last may be shorter. udp(7).

    With the option UDP_GRO the kernel joins datagrams of one size from one sender, up to 65,535 bytes, and adds this
    message; a single datagram has none. EINVAL: another type of message, or a truncated one.
    """
    return _int("parse_udp_gro", m, SOL_UDP, UDP_GRO)


def _message(level: int, type: int, kind: "type[Struct]", info: "Struct") -> bytes:
    if not isinstance(info, kind):
        raise TypeError(f"info must be {kind.__name__}, not {info.__class__.__name__}")
    return socket_control_message(level, type, bytes(info))


def _int(call: str, m: SocketControlMessage, level: int, type: int) -> int:
    number: int = _INT.unpack_from(payload(call, m, level, type, _INT.size))[0]
    return number
