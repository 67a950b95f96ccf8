"""<sys/socket.h>, <netinet/in.h>, <linux/icmpv6.h>, <linux/tcp.h>: what the typed socket options carry."""

from .addresses import RawSockaddrInet6
from .base import I32, U8, U32, Struct, U8x4, U8x16, U32x0, U32x8


class Linger(Struct):
    """struct linger: whether close waits for unsent data, and how many seconds. Go Linger."""

    __slots__ = ()
    onoff: I32
    linger: I32


class Ucred(Struct):
    """struct ucred: a peer's process, user and group. Go Ucred."""

    __slots__ = ()
    pid: I32
    uid: U32
    gid: U32


class IPMreq(Struct):
    """struct ip_mreq: a multicast group, and the address of the interface to join it on. Go IPMreq."""

    __slots__ = ()
    multiaddr: U8x4
    interface: U8x4
    _align: U32x0


class IPMreqn(Struct):
    """struct ip_mreqn: a multicast group, and the address or index of the interface to join it on. Go IPMreqn."""

    __slots__ = ()
    multiaddr: U8x4
    address: U8x4
    ifindex: I32


class IPv6Mreq(Struct):
    """struct ipv6_mreq: a multicast group, and the index of the interface to join it on. Go IPv6Mreq."""

    __slots__ = ()
    multiaddr: U8x16
    interface: U32


class Inet4Pktinfo(Struct):
    """struct in_pktinfo: where an IPv4 datagram came in, or is to leave. Go Inet4Pktinfo."""

    __slots__ = ()
    ifindex: I32
    spec_dst: U8x4
    addr: U8x4


class Inet6Pktinfo(Struct):
    """struct in6_pktinfo: where an IPv6 datagram came in, or is to leave. Go Inet6Pktinfo."""

    __slots__ = ()
    addr: U8x16
    ifindex: U32


class IPv6MTUInfo(Struct):
    """struct ip6_mtuinfo: the MTU of the path to an address. Go IPv6MTUInfo."""

    __slots__ = ()
    addr: RawSockaddrInet6
    mtu: U32


class ICMPv6Filter(Struct):
    """struct icmp6_filter: a set bit blocks that message type. Go ICMPv6Filter."""

    __slots__ = ()
    data: U32x8


class TCPInfo(Struct):
    """struct tcp_info, the part that every kernel has: the state of a connection. Go TCPInfo.

    Times are in microseconds, but for the four `last_` ones, in milliseconds.
    """

    __slots__ = ()
    state: U8
    ca_state: U8
    retransmits: U8
    probes: U8
    backoff: U8
    options: U8
    # Bit fields (snd_wscale and rcv_wscale, app_limited and fastopen) that Go leaves as padding.
    scales: U8
    limits: U8
    rto: U32
    ato: U32
    snd_mss: U32
    rcv_mss: U32
    unacked: U32
    sacked: U32
    lost: U32
    retrans: U32
    fackets: U32
    last_data_sent: U32
    last_ack_sent: U32
    last_data_recv: U32
    last_ack_recv: U32
    pmtu: U32
    rcv_ssthresh: U32
    rtt: U32
    rttvar: U32
    snd_ssthresh: U32
    snd_cwnd: U32
    advmss: U32
    reordering: U32
    rcv_rtt: U32
    rcv_space: U32
    total_retrans: U32
