"""<sys/socket.h>, <netinet/in.h>, <linux/errqueue.h>, <linux/time_types.h>, <linux/icmpv6.h>, <linux/tcp.h>: structures
that few programs need, loaded on first use.
"""

from ctypes import sizeof

from ..base.layout import I64, U8, U16, U32, U64, Struct, U8x4, U8x14, U8x96, U8x126, U32x0, U32x8, ULongx0
from .address_structs import RawSockaddrInet6
from .sockaddr import Sockaddr, decode, raw_bytes
from .structs import Msghdr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ctypes import Array
    from typing import TypeAlias


class RawSockaddr(Struct):
    """struct sockaddr (sa_). Go RawSockaddr."""

    __slots__ = ()
    family: U16
    data: U8x14


class RawSockaddrAny(Struct):
    """A struct sockaddr with room for the address of any family. Go RawSockaddrAny."""

    __slots__ = ()
    addr: RawSockaddr
    pad: U8x96


class RawSockaddrStorage(Struct):
    """struct sockaddr_storage (ss_): room for the address of any family; it may lie within other structures.

    `RawSockaddrStorage.of(address)` holds an address; `address` is the one that it holds.
    """

    __slots__ = ()
    family: U16
    data: U8x126
    _align: ULongx0

    @classmethod
    def of(cls, address: Sockaddr) -> "RawSockaddrStorage":
        """Return a structure that holds this address."""
        return cls.from_buffer_copy(raw_bytes("address", address).ljust(sizeof(cls), b"\0"))

    @property
    def address(self) -> Sockaddr:
        """The address, of the class for its family."""
        return decode(bytes(self))


class Mmsghdr(Struct):
    """struct mmsghdr (msg_): one message of several, and the number of bytes sent or received."""

    __slots__ = ()
    hdr: Msghdr
    len: U32


class KernelTimespec(Struct):
    """struct __kernel_timespec (tv_): seconds and nanoseconds, of 64 bits each on every ABI."""

    __slots__ = ()
    sec: I64
    nsec: I64

    def nano(self) -> int:
        """Return the time in nanoseconds."""
        return self.sec * 1_000_000_000 + self.nsec


if TYPE_CHECKING:
    KernelTimespecx3: TypeAlias = Array[KernelTimespec]
else:
    KernelTimespecx3 = KernelTimespec * 3


class ScmTimestamping(Struct):
    """struct scm_timestamping64: when a packet was received or sent, by up to two clocks; an unknown time is 0.

    `ts[0]` is the kernel's software timestamp, `ts[2]` the interface's hardware timestamp; `ts[1]` is no longer used.
    """

    __slots__ = ()
    ts: KernelTimespecx3

    @property
    def software(self) -> int:
        """The kernel's time in nanoseconds since 1970, or 0."""
        return KernelTimespec.nano(self.ts[0])

    @property
    def hardware(self) -> int:
        """The interface's time in nanoseconds, by its own clock, or 0."""
        return KernelTimespec.nano(self.ts[2])


class SockExtendedErr(Struct):
    """struct sock_extended_err (ee_): an error or a time that the kernel queued for a socket.

    `origin`, SO_EE_ORIGIN_ICMP and so on, determines the other fields. For an ICMP error `type` and `code` are those of
    ICMP, and `info` is the MTU if the errno is EMSGSIZE. For a timestamp `info` is SCM_TSTAMP_SND and so on, and `data`
    is the packet's number.
    """

    __slots__ = ()
    errno: U32
    origin: U8
    type: U8
    code: U8
    pad: U8
    info: U32
    data: U32


class IPMreqSource(Struct):
    """struct ip_mreq_source (imr_): a multicast group, an interface's address, and a source. ip(7)."""

    __slots__ = ()
    multiaddr: U8x4
    interface: U8x4
    sourceaddr: U8x4
    _align: U32x0


class GroupReq(Struct):
    """struct group_req (gr_): a multicast group of either family, and the index of the interface to join it on."""

    __slots__ = ()
    interface: U32
    group: RawSockaddrStorage

    def __init__(self, interface: int = 0, group: "Sockaddr | None" = None) -> None:
        self.interface = interface
        if group is not None:
            self.group = RawSockaddrStorage.of(group)


class GroupSourceReq(Struct):
    """struct group_source_req (gsr_): a multicast group of either family, an interface's index, and a source."""

    __slots__ = ()
    interface: U32
    group: RawSockaddrStorage
    source: RawSockaddrStorage

    def __init__(self, interface: int = 0, group: "Sockaddr | None" = None, source: "Sockaddr | None" = None) -> None:
        self.interface = interface
        if group is not None:
            self.group = RawSockaddrStorage.of(group)
        if source is not None:
            self.source = RawSockaddrStorage.of(source)


class IPv6MTUInfo(Struct):
    """struct ip6_mtuinfo (ip6m_): the MTU of the path to an address. Go IPv6MTUInfo."""

    __slots__ = ()
    addr: RawSockaddrInet6
    mtu: U32


class ICMPv6Filter(Struct):
    """struct icmp6_filter: a set bit blocks that message type. Go ICMPv6Filter."""

    __slots__ = ()
    data: U32x8


class TCPInfo(Struct):
    """struct tcp_info (tcpi_), the part that every kernel has: the state of a connection. Go TCPInfo.

    Times are in microseconds, except the four `last_` fields, which are in milliseconds.
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


class TCPInfoFull(TCPInfo):
    """struct tcp_info (tcpi_), with all fields of later kernels. Rates are in bytes per second, times in microseconds.

    An older kernel fills only the first fields: getsockopt_tcp_info returns how many bytes.
    """

    __slots__ = ()
    pacing_rate: U64
    max_pacing_rate: U64
    bytes_acked: U64
    bytes_received: U64
    segs_out: U32
    segs_in: U32
    notsent_bytes: U32
    min_rtt: U32
    data_segs_in: U32
    data_segs_out: U32
    delivery_rate: U64
    busy_time: U64
    rwnd_limited: U64
    sndbuf_limited: U64
    delivered: U32
    delivered_ce: U32
    bytes_sent: U64
    bytes_retrans: U64
    dsack_dups: U32
    reord_seen: U32
    rcv_ooopack: U32
    snd_wnd: U32
    rcv_wnd: U32
    rehash: U32
    total_rto: U16
    total_rto_recoveries: U16
    total_rto_time: U32  # milliseconds
    received_ce: U32
    delivered_e1_bytes: U32
    delivered_e0_bytes: U32
    delivered_ce_bytes: U32
    received_e1_bytes: U32
    received_e0_bytes: U32
    received_ce_bytes: U32
    # Bit fields: ecn_mode, accecn_opt_seen, accecn_fail_mode, options2.
    ecn: U32
