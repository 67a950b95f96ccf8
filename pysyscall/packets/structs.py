"""<linux/filter.h>, <linux/if_packet.h>: socket filters; options, control messages and memory-mapped rings of packet
sockets.
"""

from _collections_abc import Iterable
from ctypes import sizeof

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
    """struct sock_fprog: the length and address of a program. Go SockFprog.

    `SockFprog.of(instructions)` creates one, which keeps the instructions alive.
    """

    __slots__ = ("_owner",)
    len: U16
    filter: Address
    if TYPE_CHECKING:
        _owner: Export

    @classmethod
    def of(cls, instructions: "Iterable[SockFilter]") -> "SockFprog":
        """Return the program of these instructions: a list, or a ctypes array of SockFilter."""
        code = []
        for instruction in instructions:
            if not isinstance(instruction, SockFilter):
                raise TypeError(f"an instruction must be a SockFilter, not {type(instruction).__name__}")
            code.append(bytes(memoryview(instruction)))  # not what a class of its own says of its bytes
        owner = Export(b"".join(code))
        program = cls(u16("number of instructions", owner.nbytes // sizeof(SockFilter)), owner.address)
        program._owner = owner
        return program


class PacketMreq(Struct):
    """struct packet_mreq (mr_): what an interface receives in addition. Go unix.PacketMreq.

    type is PACKET_MR_PROMISC and so on; alen and address are for PACKET_MR_MULTICAST and PACKET_MR_UNICAST.
    """

    __slots__ = ()
    ifindex: I32
    type: U16
    alen: U16
    address: U8x8


class TpacketAuxdata(Struct):
    """struct tpacket_auxdata (tp_): auxiliary data of a received packet. Go unix.TpacketAuxdata.

    `len` is the packet's length on the wire, `snaplen` the length that was kept. `mac` and `net` are the offsets of the
    link-layer and network headers. The VLAN fields are valid if `status` has TP_STATUS_VLAN_VALID.
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
    """struct tpacket_stats (tp_): the number of packets, and of drops among them. Go unix.TpacketStats."""

    __slots__ = ()
    packets: U32
    drops: U32


class TpacketStatsV3(Struct):
    """struct tpacket_stats_v3 (tp_): the same for a TPACKET_V3 ring; how often it was full. Go unix.TpacketStatsV3."""

    __slots__ = ()
    packets: U32
    drops: U32
    freeze_q_cnt: U32


class TpacketReq(Struct):
    """struct tpacket_req (tp_): the size of a ring, in blocks and frames."""

    __slots__ = ()
    block_size: U32
    block_nr: U32
    frame_size: U32
    frame_nr: U32


class TpacketReq3(Struct):
    """struct tpacket_req3 (tp_): the same for TPACKET_V3.

    retire_blk_tov is the time in milliseconds after which a block is handed over that is not full.
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
    """struct tpacket_block_desc (hdr.bh1.): the header of a TPACKET_V3 block. block_status says who owns the block."""

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
    """struct tpacket3_hdr (tp_): the header of a TPACKET_V3 frame. Offsets are relative to its start."""

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
    """struct tpacket2_hdr (tp_): the header of a TPACKET_V2 frame, here of frames to send."""

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
