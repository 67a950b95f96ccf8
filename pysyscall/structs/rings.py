"""<linux/if_packet.h>: what a packet socket and its memory-mapped ring agree on."""

from .base import U16, U32, U64, Struct, U8x4, U8x8


class TpacketReq(Struct):
    """struct tpacket_req: how large a ring is to be, of frames in blocks."""

    __slots__ = ()
    block_size: U32
    block_nr: U32
    frame_size: U32
    frame_nr: U32


class TpacketReq3(Struct):
    """struct tpacket_req3: the same for TPACKET_V3, and after how many milliseconds a block is handed over unfilled."""

    __slots__ = ()
    block_size: U32
    block_nr: U32
    frame_size: U32
    frame_nr: U32
    retire_blk_tov: U32
    sizeof_priv: U32
    feature_req_word: U32


class TpacketBdTs(Struct):
    """struct tpacket_bd_ts: the time of a block's first or last frame."""

    __slots__ = ()
    sec: U32
    nsec: U32


class TpacketBlockDesc(Struct):
    """struct tpacket_block_desc: opens every block of TPACKET_V3. block_status says whose the block is."""

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
    """struct tpacket3_hdr: opens every frame of TPACKET_V3. Offsets count from its own start."""

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
    """struct tpacket2_hdr: opens every frame of TPACKET_V2, here those to be sent."""

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
