"""Options of packet sockets: memberships, statistics, fanout, and the VLAN tag in the auxiliary data."""

from ctypes import sizeof
from struct import Struct as Codec

from ..base.arguments import flag_bits, u16
from ..constants import (
    ETH_P_8021Q,
    PACKET_AUXDATA,
    PACKET_FANOUT,
    SOL_PACKET,
    TP_STATUS_VLAN_TPID_VALID,
    TP_STATUS_VLAN_VALID,
)
from ..sockets.control import SocketControlMessage, payload
from ..sockets.options import setsockopt_int
from ..sockets.struct_options import struct_option
from .structs import PacketMreq, TpacketAuxdata, TpacketStats, TpacketStatsV3

_ADDRESSES = 12  # Ethernet's two, before the type
_TAG = Codec("!HH")


@struct_option
def setsockopt_packet_mreq(fd: int, level: int, opt: int, mreq: PacketMreq) -> None:
    """setsockopt(2) of a struct packet_mreq. Go unix.SetsockoptPacketMreq.

    level is SOL_PACKET, opt PACKET_ADD_MEMBERSHIP or PACKET_DROP_MEMBERSHIP. PACKET_MR_PROMISC makes an interface
    promiscuous until the socket is closed. packet(7).
    """


@struct_option
def getsockopt_tpacket_stats(fd: int, level: int, opt: int) -> TpacketStats:
    """getsockopt(2) of a struct tpacket_stats: packets and drops since the last call. Go unix.GetsockoptTpacketStats.

    level is SOL_PACKET, opt PACKET_STATISTICS. packet(7).
    """


@struct_option
def getsockopt_tpacket_stats_v3(fd: int, level: int, opt: int) -> TpacketStatsV3:
    """getsockopt(2) of a struct tpacket_stats_v3: the same of a TPACKET_V3 ring. Go unix.GetsockoptTpacketStatsV3."""


def packet_fanout(fd: int, group: int, mode: int, flags: int = 0) -> None:
    """setsockopt(2) PACKET_FANOUT: distribute packets among the bound packet sockets of a group.

    mode is PACKET_FANOUT_HASH, PACKET_FANOUT_LB and so on, the same for all; flags PACKET_FANOUT_FLAG_DEFRAG and so on.
    The 16-bit group id is local to the network namespace. EINVAL: fd is not bound, or the group has another mode.
    packet(7).
    """
    kind = u16("mode", mode) | u16("flags", flags)
    setsockopt_int(fd, SOL_PACKET, PACKET_FANOUT, flag_bits("fanout", u16("group", group) | kind << 16))


def parse_tpacket_auxdata(m: SocketControlMessage) -> TpacketAuxdata:
    """Parse the auxiliary data of a packet. The option PACKET_AUXDATA enables it. packet(7).

    EINVAL: another type of message, or a truncated one.
    """
    raw = payload("parse_tpacket_auxdata", m, SOL_PACKET, PACKET_AUXDATA, sizeof(TpacketAuxdata))
    return TpacketAuxdata.from_buffer_copy(raw)


def restore_vlan_tag(frame: "bytes | bytearray | memoryview", auxdata: TpacketAuxdata) -> bytes:
    """Return a frame as it was on the wire, with the VLAN tag that the kernel removed, if there was one.

    frame is from a socket of type SOCK_RAW, Ethernet header first. The tag adds 4 bytes.
    """
    return tagged(frame, vlan_tag(auxdata.status, auxdata.vlan_tci, auxdata.vlan_tpid))


def vlan_tag(status: int, tci: int, tpid: int) -> "tuple[int, int] | None":
    """The TPID and the TCI that the kernel took out of a frame, or None."""
    if not status & TP_STATUS_VLAN_VALID:
        return None
    return (tpid if status & TP_STATUS_VLAN_TPID_VALID else ETH_P_8021Q), tci


def tagged(frame: "bytes | bytearray | memoryview", tag: "tuple[int, int] | None") -> bytes:
    """A frame with this tag put back."""
    raw = memoryview(frame).tobytes()
    return raw if tag is None else raw[:_ADDRESSES] + _TAG.pack(*tag) + raw[_ADDRESSES:]
