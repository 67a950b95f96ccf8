"""<linux/tcp.h>: the whole of struct tcp_info."""

from .base import U16, U32, U64
from .options import TCPInfo


class TCPInfoFull(TCPInfo):
    """struct tcp_info, with all that later kernels tell. Rates are in bytes a second, times in microseconds.

    An older kernel fills only its beginning: getsockopt_tcp_info tells how much.
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
