"""<linux/filter.h>, <linux/if_packet.h>: socket filters, what a packet socket's options and control messages carry, and
its memory-mapped rings.
"""

from _collections_abc import Iterable

from ..base.arguments import u16
from ..base.buffers import Export
from ..base.layout import I32, U8, U16, U32, U64, Address, Struct, U8x4, U8x8

TYPE_CHECKING = False


class SockFilter(Struct):
    """struct sock_filter: one instruction. Go SockFilter."""

    __slots__ = ()
    code: U16
    jt: U8
    jf: U8
    k: U32


class SockFprog(Struct):
    """struct sock_fprog: a program, by its length and address. Go SockFprog.

    `SockFprog.of(instructions)` makes one, and keeps the instructions in place as long as it lives.
    """

    __slots__ = ("_owner",)
    len: U16
    filter: Address
    if TYPE_CHECKING:
        _owner: Export

    @classmethod
    def of(cls, instructions: "Iterable[SockFilter]") -> "SockFprog":
        """The program of these instructions: a list, or a ctypes array of SockFilter."""
        code = []
        for instruction in instructions:
            if not isinstance(instruction, SockFilter):
                raise TypeError(f"an instruction must be a SockFilter, not {type(instruction).__name__}")
            code.append(bytes(instruction))
        owner = Export(b"".join(code))
        program = cls(u16("number of instructions", len(code)), owner.address)
        program._owner = owner
        return program


class PacketMreq(Struct):
    """struct packet_mreq (mr_): what else an interface is to receive. Go unix.PacketMreq.

    type is PACKET_MR_PROMISC and so on; alen and address are for PACKET_MR_MULTICAST and PACKET_MR_UNICAST.
    """

    __slots__ = ()
    ifindex: I32
    type: U16
    alen: U16
    address: U8x8


class TpacketAuxdata(Struct):
    """struct tpacket_auxdata (tp_): what a packet socket tells of each packet. Go unix.TpacketAuxdata.

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
    """struct tpacket_stats (tp_): how many packets came, and how many of these were dropped. Go unix.TpacketStats."""

    __slots__ = ()
    packets: U32
    drops: U32


class TpacketStatsV3(Struct):
    """struct tpacket_stats_v3 (tp_): the same of a TPACKET_V3 ring; how often it was full. Go unix.TpacketStatsV3."""

    __slots__ = ()
    packets: U32
    drops: U32
    freeze_q_cnt: U32


class TpacketReq(Struct):
    """struct tpacket_req (tp_): how large a ring is to be, of frames in blocks."""

    __slots__ = ()
    block_size: U32
    block_nr: U32
    frame_size: U32
    frame_nr: U32


class TpacketReq3(Struct):
    """struct tpacket_req3 (tp_): the same for TPACKET_V3.

    retire_blk_tov is after how many milliseconds a block is handed over that is not full.
    """

    __slots__ = ()
    block_size: U32
    block_nr: U32
    frame_size: U32
    frame_nr: U32
    retire_blk_tov: U32
    sizeof_priv: U32
    feature_req_word: U32


class TpacketBdTs(Struct):
    """struct tpacket_bd_ts (ts_): the time of a block's first or last frame."""

    __slots__ = ()
    sec: U32
    nsec: U32


class TpacketBlockDesc(Struct):
    """struct tpacket_block_desc (hdr.bh1.): opens every block of TPACKET_V3. block_status says whose the block is."""

    __slots__ = ()
    version: U32
    offset_to_priv: U32
    block_status: U32
    num_pkts: U32
    offset_to_first_pkt: U32
    blk_len: U32
    seq_num: U64
    ts_first_pkt: TpacketBdTs
    ts_last_pkt: TpacketBdTs


class Tpacket3Hdr(Struct):
    """struct tpacket3_hdr (tp_): opens every frame of TPACKET_V3. Offsets count from its own start."""

    __slots__ = ()
    next_offset: U32
    sec: U32
    nsec: U32
    snaplen: U32
    len: U32
    status: U32
    mac: U16
    net: U16
    rxhash: U32
    vlan_tci: U32
    vlan_tpid: U16
    padding: U16
    reserved: U8x8


class Tpacket2Hdr(Struct):
    """struct tpacket2_hdr (tp_): opens every frame of TPACKET_V2, here those to be sent."""

    __slots__ = ()
    status: U32
    len: U32
    snaplen: U32
    mac: U16
    net: U16
    sec: U32
    nsec: U32
    vlan_tci: U16
    vlan_tpid: U16
    padding: U8x4
