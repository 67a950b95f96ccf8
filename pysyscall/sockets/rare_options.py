"""Socket options with structures that few programs need, loaded on first use."""

from ctypes import sizeof

from .options import getsockopt
from .rare_structs import GroupReq, GroupSourceReq, ICMPv6Filter, IPMreqSource, IPv6MTUInfo, TCPInfoFull
from .struct_options import struct_option


@struct_option
def setsockopt_ip_mreq_source(fd: int, level: int, opt: int, mreq: IPMreqSource) -> None:
    """setsockopt(2) of a struct ip_mreq_source: IP_ADD_SOURCE_MEMBERSHIP, IP_BLOCK_SOURCE and their opposites."""


@struct_option
def setsockopt_group_req(fd: int, level: int, opt: int, req: GroupReq) -> None:
    """setsockopt(2) of a struct group_req: MCAST_JOIN_GROUP, MCAST_LEAVE_GROUP, of IPPROTO_IP or IPPROTO_IPV6."""


@struct_option
def setsockopt_group_source_req(fd: int, level: int, opt: int, req: GroupSourceReq) -> None:
    """setsockopt(2) of a struct group_source_req: MCAST_JOIN_SOURCE_GROUP, MCAST_BLOCK_SOURCE and their opposites.

    level is IPPROTO_IP or IPPROTO_IPV6. EADDRNOTAVAIL: the group was joined with a source that is not this one.
    """


@struct_option
def getsockopt_ipv6_mtu_info(fd: int, level: int, opt: int) -> IPv6MTUInfo:
    """getsockopt(2) of a struct ip6_mtuinfo: IPV6_PATHMTU. Go GetsockoptIPv6MTUInfo."""


@struct_option
def getsockopt_icmpv6_filter(fd: int, level: int, opt: int) -> ICMPv6Filter:
    """getsockopt(2) of a struct icmp6_filter: ICMPV6_FILTER. Go GetsockoptICMPv6Filter."""


@struct_option
def setsockopt_icmpv6_filter(fd: int, level: int, opt: int, filter: ICMPv6Filter) -> None:
    """setsockopt(2) of a struct icmp6_filter: ICMPV6_FILTER. Go SetsockoptICMPv6Filter."""


def getsockopt_tcp_info(fd: int, level: int, opt: int) -> "tuple[TCPInfoFull, int]":
    """getsockopt(2) of a struct tcp_info, and how many bytes of it the kernel knows. Go unix.GetsockoptTCPInfo.

    level is IPPROTO_TCP and opt TCP_INFO. Fields beyond that length are 0 and have no meaning:
    TCPInfoFull.rcv_wnd.offset is the offset of one. tcp(7).
    """
    raw = getsockopt(fd, level, opt, sizeof(TCPInfoFull))
    return TCPInfoFull.from_buffer_copy(raw.ljust(sizeof(TCPInfoFull), b"\0")), len(raw)
