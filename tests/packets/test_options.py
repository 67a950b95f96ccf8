"""Packet sockets on a cable of their own: memberships, VLAN tags, losses, and several that share the work."""

import os
import select
import struct
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pysyscall as syscall
from examples.tour import laboratory
from tests.namespaces import in_namespace

from .. import limits
from ..limits import needs

ETHERTYPE = 0x88B5  # for local experiments: nobody else sends it
FAR_ADDR = b"\x02\0\0\0\0\x0f"
NEAR_ADDR = b"\x02\0\0\0\0\x0e"


def cable() -> tuple[int, int]:
    """Two interfaces, near and far, joined and up; their indexes."""
    laboratory.add_pair("near", "far")
    laboratory.set_hardware_addr("near", NEAR_ADDR)
    laboratory.set_hardware_addr("far", FAR_ADDR)
    for name in ("near", "far"):
        laboratory.set_up(name)
    for name in ("near", "far"):
        laboratory.wait_for_carrier(name)
    return syscall.interface_by_name("near").index, syscall.interface_by_name("far").index


def frame(payload: bytes, tag: bytes = b"", ethertype: int = ETHERTYPE) -> bytes:
    return FAR_ADDR + NEAR_ADDR + tag + ethertype.to_bytes(2, "big") + payload


def received(fd: int) -> tuple[bytes, syscall.TpacketAuxdata]:
    p, oob = bytearray(2000), bytearray(200)
    n, oobn, flags, _ = syscall.recvmsg(fd, p, oob)
    assert not flags & (syscall.MSG_TRUNC | syscall.MSG_CTRUNC)
    (m,) = syscall.parse_socket_control_message(oob[:oobn])
    return bytes(p[:n]), syscall.parse_tpacket_auxdata(m)


def count(fd: int) -> int:
    """How many packets wait, taking them."""
    n, p = 0, bytearray(2000)
    while True:
        try:
            syscall.recvfrom(fd, p, syscall.MSG_DONTWAIT)
        except BlockingIOError:
            return n
        n += 1


def shares(fds: list[int], total: int) -> list[int]:
    """How many of so many packets each socket gets, once all have come."""
    taken = [0] * len(fds)
    while sum(taken) < total:
        ready, _, _ = select.select(fds, [], [], 10)
        assert ready, f"only {taken} of {total} packets have come"
        taken = [n + count(fd) for n, fd in zip(taken, fds, strict=True)]
    return taken


def promiscuity(index: int) -> int:
    for message in syscall.parse_netlink_message(syscall.netlink_rib(syscall.RTM_GETLINK, syscall.AF_UNSPEC)):
        if message.header.type != syscall.RTM_NEWLINK:
            continue
        attributes = {a.attr.type: a.value for a in syscall.parse_netlink_route_attr(message)}
        if syscall.IfInfomsg.from_buffer_copy(message.data).index == index:
            return int(struct.unpack("=I", attributes[syscall.IFLA_PROMISCUITY])[0])
    raise LookupError(index)


@needs(limits.PACKET_MEMBERSHIP)
@in_namespace
def test_an_interface_is_promiscuous_as_long_as_a_member_is() -> None:
    index, _ = cable()
    mreq = syscall.PacketMreq(index, syscall.PACKET_MR_PROMISC)
    fds = [syscall.lsf_socket(index, ETHERTYPE) for _ in range(2)]
    for fd in fds:
        syscall.setsockopt_packet_mreq(fd, syscall.SOL_PACKET, syscall.PACKET_ADD_MEMBERSHIP, mreq)
    assert promiscuity(index) == 2
    syscall.setsockopt_packet_mreq(fds[0], syscall.SOL_PACKET, syscall.PACKET_DROP_MEMBERSHIP, mreq)
    assert promiscuity(index) == 1
    syscall.close(fds[1])
    assert promiscuity(index) == 0
    absent = syscall.PacketMreq(2**31 - 1, syscall.PACKET_MR_PROMISC)
    with pytest.raises(OSError, match="setsockopt: No such device"):
        syscall.setsockopt_packet_mreq(fds[0], syscall.SOL_PACKET, syscall.PACKET_ADD_MEMBERSHIP, absent)
    with pytest.raises(TypeError, match="mreq must be a PacketMreq, not bytes"):
        syscall.setsockopt_packet_mreq(fds[0], syscall.SOL_PACKET, 1, b"")  # type: ignore[arg-type]


@needs(limits.PACKET_MEMBERSHIP)
@in_namespace
def test_a_multicast_address_is_joined() -> None:
    index, _ = cable()
    group = bytes.fromhex("01005e001234")
    mreq = syscall.PacketMreq(index, syscall.PACKET_MR_MULTICAST, len(group), group.ljust(8, b"\0"))
    fd = syscall.lsf_socket(index, ETHERTYPE)
    syscall.setsockopt_packet_mreq(fd, syscall.SOL_PACKET, syscall.PACKET_ADD_MEMBERSHIP, mreq)
    with open("/proc/self/net/dev_mcast") as f:
        assert any(line.split()[1] == "near" and line.split()[4] == group.hex() for line in f)


@needs(limits.PACKET_AUXDATA)
@pytest.mark.parametrize("tpid", [syscall.ETH_P_8021Q, syscall.ETH_P_8021AD])
@in_namespace
def test_a_vlan_tag_is_put_back(tpid: int) -> None:
    near, far = cable()
    sender, receiver = syscall.lsf_socket(near, 0), syscall.lsf_socket(far, syscall.ETH_P_ALL)
    syscall.setsockopt_int(receiver, syscall.SOL_PACKET, syscall.PACKET_AUXDATA, 1)
    tag = struct.pack("!HH", tpid, 5 << 13 | 42)
    tagged, plain = frame(b"tagged" * 10, tag), frame(b"plain" * 10)
    syscall.write(sender, tagged)
    syscall.write(sender, plain)
    raw, auxdata = received(receiver)
    assert raw == frame(b"tagged" * 10)  # the kernel has taken it out
    assert (auxdata.vlan_tci, auxdata.vlan_tpid) == (5 << 13 | 42, tpid)
    assert auxdata.status & syscall.TP_STATUS_VLAN_VALID
    assert (auxdata.len, auxdata.snaplen, auxdata.net) == (len(raw), len(raw), 14)
    assert syscall.restore_vlan_tag(raw, auxdata) == tagged
    assert syscall.restore_vlan_tag(memoryview(bytearray(raw)), auxdata) == tagged
    raw, auxdata = received(receiver)
    assert not auxdata.status & syscall.TP_STATUS_VLAN_VALID
    assert raw == syscall.restore_vlan_tag(raw, auxdata) == plain


@given(st.binary(min_size=12, max_size=100), st.integers(0, 0xFFFF))
def test_a_kernel_that_does_not_tell_the_tpid_means_802_1q(raw: bytes, tci: int) -> None:
    auxdata = syscall.TpacketAuxdata(syscall.TP_STATUS_VLAN_VALID, vlan_tci=tci)
    whole = raw[:12] + b"\x81\0" + tci.to_bytes(2, "big") + raw[12:]
    assert syscall.restore_vlan_tag(raw, auxdata) == whole


def test_auxdata_is_its_own_message_whole() -> None:
    def message(level: int, type: int, data: bytes) -> syscall.SocketControlMessage:
        return syscall.parse_socket_control_message(syscall.socket_control_message(level, type, data))[0]

    auxdata = syscall.TpacketAuxdata(1, 2, 3, 4, 5, 6, 7)
    raw = bytes(auxdata)
    assert len(raw) == 20
    assert syscall.parse_tpacket_auxdata(message(syscall.SOL_PACKET, syscall.PACKET_AUXDATA, raw)) == auxdata
    for m in (
        message(syscall.SOL_PACKET, syscall.PACKET_AUXDATA, raw[:-1]),
        message(syscall.SOL_PACKET, syscall.PACKET_STATISTICS, raw),
        message(syscall.SOL_SOCKET, syscall.PACKET_AUXDATA, raw),
    ):
        with pytest.raises(OSError, match="parse_tpacket_auxdata: Invalid argument"):
            syscall.parse_tpacket_auxdata(m)


@needs(limits.PACKET_STATISTICS)
@in_namespace
def test_losses_are_counted_since_last_asked() -> None:
    near, far = cable()
    sender, receiver = syscall.lsf_socket(near, 0), syscall.lsf_socket(far, ETHERTYPE)
    ask = (syscall.SOL_PACKET, syscall.PACKET_STATISTICS)
    syscall.setsockopt_int(receiver, syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4096)
    for _ in range(100):
        syscall.write(sender, frame(bytes(1000)))
    packets = drops = 0
    deadline = time.monotonic() + 10
    while packets < 100 and time.monotonic() < deadline:
        stats = syscall.getsockopt_tpacket_stats(receiver, *ask)
        packets, drops = packets + stats.packets, drops + stats.drops
    taken = count(receiver)
    assert 0 < taken < 100
    assert (packets, drops) == (100, 100 - taken)
    assert syscall.getsockopt_tpacket_stats(receiver, *ask) == syscall.TpacketStats()
    syscall.setsockopt_int(receiver, syscall.SOL_PACKET, syscall.PACKET_VERSION, syscall.TPACKET_V3)
    syscall.write(sender, frame(b"one more"))
    assert shares([receiver], 1) == [1]
    assert syscall.getsockopt_tpacket_stats_v3(receiver, *ask) == syscall.TpacketStatsV3(packets=1)


@needs(limits.PACKET_FANOUT)
@in_namespace
def test_a_fanout_group_shares_what_comes() -> None:
    near, far = cable()
    sender = syscall.lsf_socket(near, 0)
    group = os.getpid() & 0xFFFF
    members = [syscall.lsf_socket(far, ETHERTYPE) for _ in range(2)]
    for fd in members:
        syscall.packet_fanout(fd, group, syscall.PACKET_FANOUT_LB, syscall.PACKET_FANOUT_FLAG_DEFRAG)
        mode = syscall.PACKET_FANOUT_LB | syscall.PACKET_FANOUT_FLAG_DEFRAG
        told = syscall.getsockopt_int(fd, syscall.SOL_PACKET, syscall.PACKET_FANOUT) & 0xFFFF_FFFF
        assert told == group | mode << 16
    for i in range(40):
        syscall.write(sender, frame(bytes([i]) * 50))
    assert shares(members, 40) == [20, 20]
    other = syscall.lsf_socket(far, ETHERTYPE)
    with pytest.raises(OSError, match="setsockopt: Invalid argument"):
        syscall.packet_fanout(other, group, syscall.PACKET_FANOUT_HASH)
    for arguments, name in (((2**16, 0), "group"), ((0, -1), "mode"), ((0, 0, 2**16), "flags")):
        with pytest.raises(OverflowError, match=f"{name} must be in"):
            syscall.packet_fanout(other, *arguments)


@needs(limits.PACKET_FANOUT)
@in_namespace
def test_a_program_steers_a_fanout_group() -> None:
    near, far = cable()
    sender = syscall.lsf_socket(near, 0)
    members = [syscall.lsf_socket(far, ETHERTYPE) for _ in range(3)]
    for fd in members:
        syscall.packet_fanout(fd, 7, syscall.PACKET_FANOUT_CBPF)
    # Whose a packet is: the payload's first byte, modulo the number of members.
    program = [
        syscall.lsf_stmt(syscall.BPF_LD | syscall.BPF_B | syscall.BPF_ABS, 14),
        syscall.lsf_stmt(syscall.BPF_RET | syscall.BPF_A, 0),
    ]
    steering = syscall.SockFprog.of(program)
    syscall.setsockopt(members[0], syscall.SOL_PACKET, syscall.PACKET_FANOUT_DATA, steering)
    for member in (0, 1, 4, 2, 5, 8):
        syscall.write(sender, frame(bytes([member]) * 50))
    assert shares(members, 6) == [1, 2, 3]
