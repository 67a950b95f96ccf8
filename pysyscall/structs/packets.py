"""<linux/if_packet.h>: what a packet socket's options and control messages carry."""

from .base import I32, U16, U32, Struct, U8x8


class PacketMreq(Struct):
    """struct packet_mreq: what else an interface is to receive. Go unix.PacketMreq.

    type is PACKET_MR_PROMISC and so on; alen and address are for PACKET_MR_MULTICAST and PACKET_MR_UNICAST.
    """

    __slots__ = ()
    ifindex: I32
    type: U16
    alen: U16
    address: U8x8


class TpacketAuxdata(Struct):
    """struct tpacket_auxdata: what a packet socket tells of each packet. Go unix.TpacketAuxdata.

    `len` is the packet's length on the wire, `snaplen` how much of it was kept; `mac` and `net` are where the two
    headers stand. The VLAN tag is there if `status` has TP_STATUS_VLAN_VALID.
    """

    __slots__ = ()
    status: U32
    len: U32
    snaplen: U32
    mac: U16
    net: U16
    vlan_tci: U16
    vlan_tpid: U16


class TpacketStats(Struct):
    """struct tpacket_stats: how many packets came, and how many of these were dropped. Go unix.TpacketStats."""

    __slots__ = ()
    packets: U32
    drops: U32


class TpacketStatsV3(Struct):
    """struct tpacket_stats_v3: the same of a TPACKET_V3 ring, and how often it was full. Go unix.TpacketStatsV3."""

    __slots__ = ()
    packets: U32
    drops: U32
    freeze_q_cnt: U32
