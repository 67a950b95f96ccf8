"""Socket filters, judged by the kernel: packets in, packets through."""

import random
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pysyscall as syscall
from examples.tour import laboratory
from tests import limits
from tests.limits import needs
from tests.namespaces import in_namespace

ACCEPT = syscall.lsf_stmt(syscall.BPF_RET | syscall.BPF_K, 0xFFFF_FFFF)
REJECT = syscall.lsf_stmt(syscall.BPF_RET | syscall.BPF_K, 0)
ALWAYS = syscall.BPF_JMP | syscall.BPF_JA
EQUAL = syscall.BPF_JMP | syscall.BPF_JEQ | syscall.BPF_K
LOAD_BYTE = syscall.BPF_LD | syscall.BPF_B | syscall.BPF_ABS
ANYBODY = b"\xff" * 6
SOMEBODY = b"\x02\0\0\0\0\x07"


class Gate:
    """A Unix socket pair with a filter at its far end: the kernel runs it over any bytes whatever."""

    def __init__(self) -> None:
        typ = syscall.SOCK_DGRAM | syscall.SOCK_CLOEXEC | syscall.SOCK_NONBLOCK
        self.near, self.far = syscall.socketpair(syscall.AF_UNIX, typ)

    def passes(self, packet: bytes) -> bool:
        syscall.write(self.near, packet)
        room = bytearray(len(packet) + 1)
        try:
            n = syscall.read(self.far, room)
        except BlockingIOError:
            return False
        assert room[:n] == packet
        return True

    def close(self) -> None:
        syscall.close(self.near)
        syscall.close(self.far)


@contextmanager
def gate(program: list[syscall.SockFilter] | None) -> Iterator[Gate]:
    opened = Gate()
    try:
        if program is not None:
            syscall.attach_lsf(opened.far, program)
        yield opened
    finally:
        opened.close()


def frame(ethertype: int, payload: bytes = b"") -> bytes:
    return ANYBODY + SOMEBODY + ethertype.to_bytes(2, "big") + payload


def ipv4(protocol: int, payload: bytes, options: bytes = b"", fragment: int = 0) -> bytes:
    words = 5 + len(options) // 4
    head = struct.pack("!BBHHHBBH8s", 0x40 | words, 0, 4 * words + len(payload), 7, fragment, 64, protocol, 0, b"")
    return frame(syscall.ETH_P_IP, head + options + payload)


def ipv6(next_header: int, payload: bytes) -> bytes:
    return frame(syscall.ETH_P_IPV6, struct.pack("!IHBB32s", 6 << 28, len(payload), next_header, 64, b"") + payload)


def udp(source: int, destination: int) -> bytes:
    return struct.pack("!HHHH", source, destination, 12, 0) + b"data"


def test_an_instruction_holds_what_it_is_given() -> None:
    assert syscall.lsf_stmt(0x28, 12) == syscall.SockFilter(0x28, 0, 0, 12)
    assert syscall.lsf_jump(0x15, 0x806, 1, 2) == syscall.SockFilter(0x15, 1, 2, 0x806)
    assert syscall.lsf_stmt(0x20, syscall.SKF_AD_OFF).k == 0xFFFF_F000


@pytest.mark.parametrize(
    ("make", "argument"),
    [
        (lambda: syscall.lsf_stmt(2**16, 0), "code"),
        (lambda: syscall.lsf_stmt(0, 2**32), "k"),
        (lambda: syscall.lsf_stmt(0, -(2**31) - 1), "k"),
        (lambda: syscall.lsf_jump(0, 0, 256, 0), "jt"),
        (lambda: syscall.lsf_jump(0, 0, 0, -1), "jf"),
        (lambda: syscall.lsf_ethertype(2**16), "ethertype"),
        (lambda: syscall.lsf_udp_port(-1), "port"),
    ],
)
def test_no_number_is_cut(make: Callable[[], object], argument: str) -> None:
    with pytest.raises(OverflowError, match=f"^{argument} must be in"):
        make()


@needs(limits.DETACH_FILTER)
def test_without_a_filter_everything_passes_and_with_one_what_it_accepts() -> None:
    with gate(None) as g:
        assert g.passes(b"anything")
        syscall.attach_lsf(g.far, [REJECT])
        assert not g.passes(b"anything")
        syscall.attach_lsf(g.far, (syscall.SockFilter * 1)(ACCEPT))
        assert g.passes(b"anything")
        syscall.attach_lsf(g.far, iter([REJECT]))
        assert not g.passes(b"anything")
        syscall.detach_lsf(g.far)
        assert g.passes(b"anything")
        with pytest.raises(FileNotFoundError, match="setsockopt: No such file"):
            syscall.detach_lsf(g.far)


def test_a_filter_keeps_as_many_bytes_as_it_returns() -> None:
    with gate([syscall.lsf_stmt(syscall.BPF_RET | syscall.BPF_K, 3)]) as g:
        syscall.write(g.near, b"12345")
        assert syscall.read(g.far, bytearray(10)) == 3


@pytest.mark.parametrize("length", [0, 4097, 65536, 65537, 70000])
def test_a_program_of_no_length_that_the_kernel_takes_is_einval(length: int) -> None:
    with gate(None) as g:
        with pytest.raises((OSError, OverflowError)) as caught:
            syscall.attach_lsf(g.far, [ACCEPT] * length)
        assert isinstance(caught.value, OSError)
        assert caught.value.errno == syscall.EINVAL
        assert g.passes(b"still")


def test_the_longest_program_runs() -> None:
    load = syscall.lsf_stmt(syscall.BPF_LD | syscall.BPF_IMM, 0)
    with gate([load] * (syscall.BPF_MAXINSNS - 1) + [ACCEPT]) as g:
        assert g.passes(b"x")


def test_a_program_that_the_kernel_refuses_is_einval() -> None:
    for program in (
        [syscall.lsf_stmt(0xFFFF, 0)],
        [syscall.lsf_stmt(LOAD_BYTE, 0)],
        [syscall.lsf_jump(EQUAL, 0, 9, 9)],
    ):
        with gate(None) as g, pytest.raises(OSError, match="setsockopt: Invalid argument"):
            syscall.attach_lsf(g.far, program)


def test_a_program_is_of_instructions() -> None:
    with gate(None) as g, pytest.raises(TypeError, match="an instruction must be a SockFilter, not int"):
        syscall.attach_lsf(g.far, [6, 0])  # type: ignore[list-item]


def test_a_program_owns_its_instructions() -> None:
    program = syscall.SockFprog.of([ACCEPT] * 3)
    assert program.len == 3
    assert program.filter
    with gate([REJECT]) as g:
        for _ in range(100):
            bytearray(b"\xff" * 24)  # memory that was given back would be written over
        syscall.setsockopt(g.far, syscall.SOL_SOCKET, syscall.SO_ATTACH_FILTER, program)
        assert g.passes(b"x")


def test_labels_become_distances() -> None:
    program = syscall.lsf_assemble(
        "start",
        syscall.lsf_stmt(LOAD_BYTE, 0),
        syscall.LsfBranch(EQUAL, 1, jt="yes", jf="no"),
        syscall.LsfBranch(ALWAYS, 0, "no"),
        syscall.LsfBranch(EQUAL, 2),
        "yes",
        ACCEPT,
        "no",
        REJECT,
    )
    assert [(i.jt, i.jf, i.k) for i in program[1:4]] == [(2, 3, 1), (0, 0, 2), (0, 0, 2)]


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([syscall.LsfBranch(EQUAL, 0, jf="nowhere"), ACCEPT], "has no label to go to"),
        (["twice", ACCEPT, "twice"], "is there twice"),
        (["before", ACCEPT, syscall.LsfBranch(EQUAL, 0, jt="before")], "is -2 instructions from"),
        ([syscall.LsfBranch(EQUAL, 0, jt="far"), *[ACCEPT] * 256, "far", REJECT], "is 256 instructions from"),
        ([syscall.LsfBranch(EQUAL, 0, jf="far"), *[ACCEPT] * 256, "far", REJECT], "is 256 instructions from"),
    ],
)
def test_a_branch_that_cannot_be_is_refused(parts: list[syscall.SockFilter | str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        syscall.lsf_assemble(*parts)


def test_a_comparison_reaches_255_instructions_and_a_jump_all() -> None:
    load = syscall.lsf_stmt(LOAD_BYTE, 0)
    for branch, between in (
        (syscall.LsfBranch(EQUAL, 7, jt="far", jf="far"), 255),
        (syscall.LsfBranch(ALWAYS, 0, "far"), 4000),
    ):
        with gate(syscall.lsf_assemble(load, branch, *[REJECT] * between, "far", ACCEPT)) as g:
            assert g.passes(b"\x07")
            assert g.passes(b"\x08")


@given(st.binary(min_size=1, max_size=12), st.integers(0, 20), st.data())
def test_a_prefix_passes_where_it_stands_and_nowhere_else(prefix: bytes, offset: int, data: st.DataObject) -> None:
    before = data.draw(st.binary(min_size=offset, max_size=offset))
    with gate(syscall.lsf_prefix(prefix, offset)) as g:
        assert g.passes(before + prefix)
        assert g.passes(before + prefix + b"more")
        assert not g.passes(before + prefix[:-1])
        place = data.draw(st.integers(0, len(prefix) - 1))
        other = bytes([prefix[place] ^ data.draw(st.integers(1, 255))])
        assert not g.passes(before + prefix[:place] + other + prefix[place + 1 :])


def test_no_prefix_passes_everything() -> None:
    with gate(syscall.lsf_prefix(b"")) as g:
        assert g.passes(b"x")


def test_each_ready_made_filter_knows_its_own() -> None:
    packets = {
        "arp": frame(syscall.ETH_P_ARP, b"\0" * 28),
        "icmp": ipv4(syscall.IPPROTO_ICMP, b"\x08\0\0\0"),
        "icmp with options": ipv4(syscall.IPPROTO_ICMP, b"\x08\0\0\0", options=b"\x01" * 8),
        "udp to 68": ipv4(syscall.IPPROTO_UDP, udp(67, 68)),
        "udp to 68 with options": ipv4(syscall.IPPROTO_UDP, udp(1, 68), options=b"\x01" * 40),
        "udp to 68, first fragment": ipv4(syscall.IPPROTO_UDP, udp(1, 68), fragment=0x2000),
        "udp to 68, unfragmentable": ipv4(syscall.IPPROTO_UDP, udp(1, 68), fragment=0x4000),
        "udp to 68 over IPv6": ipv6(syscall.IPPROTO_UDP, udp(1, 68)),
        "udp from 68": ipv4(syscall.IPPROTO_UDP, udp(68, 67)),
        "udp from 68 over IPv6": ipv6(syscall.IPPROTO_UDP, udp(68, 67)),
        "second fragment": ipv4(syscall.IPPROTO_UDP, udp(1, 68), fragment=1),
        "last fragment": ipv4(syscall.IPPROTO_UDP, udp(1, 68), fragment=0x1000),
        "tcp": ipv4(syscall.IPPROTO_TCP, udp(1, 68)),
        "tcp over IPv6": ipv6(syscall.IPPROTO_TCP, udp(1, 68)),
        "udp in name only": frame(0x88B5, ipv4(syscall.IPPROTO_UDP, udp(1, 68))[14:]),
        "chao": b"CHAO" + b"\0" * 20,
        "chaos": b"CHAS" + b"\0" * 20,
        "empty": b"",
    }
    to_68 = {name for name in packets if name.startswith("udp to 68")}
    for program, own in (
        (syscall.lsf_arp(), {"arp"}),
        (syscall.lsf_ethertype(0x88B5), {"udp in name only"}),
        (syscall.lsf_icmp(), {"icmp", "icmp with options"}),
        (syscall.lsf_udp_port(68), to_68),
        (syscall.lsf_prefix(b"CHAO"), {"chao"}),
    ):
        with gate(program) as g:
            assert {name for name, packet in packets.items() if g.passes(packet)} == own


def test_a_packet_cut_anywhere_passes_only_if_the_port_is_there() -> None:
    for packet in (ipv4(syscall.IPPROTO_UDP, udp(9, 53), options=b"\x01" * 4), ipv6(syscall.IPPROTO_UDP, udp(9, 53))):
        port_ends = len(packet) - 8
        with gate(syscall.lsf_udp_port(53)) as g:
            assert [g.passes(packet[:n]) for n in range(len(packet))] == [n >= port_ends for n in range(len(packet))]


def test_thousands_of_packets_pass_or_not_as_computed() -> None:
    numbers = random.Random(7)
    ethertypes = (syscall.ETH_P_IP, syscall.ETH_P_IP, syscall.ETH_P_IPV6, syscall.ETH_P_ARP, 0x88B5)
    passed = 0
    with gate(syscall.lsf_udp_port(4)) as g:
        for _ in range(5000):
            packet = bytearray(frame(numbers.choice(ethertypes), numbers.randbytes(numbers.randrange(80))))
            for place, values in (
                (14, [0x45, 0x46, 0x4F]),
                (20, [17, 0, 0x40, 0x20]),
                (21, [0, 0, 1]),
                (23, [17, 17, 6]),
                *((place, [0, 4]) for place in (36, 37, 40, 41, 56, 57, 76, 77)),
            ):
                if place < len(packet):
                    packet[place] = numbers.choice(values)
            assert g.passes(bytes(packet)) == is_udp_to(bytes(packet), 4)
            passed += is_udp_to(bytes(packet), 4)
    assert passed > 50


def is_udp_to(packet: bytes, port: int) -> bool:
    ethertype, ip = int.from_bytes(packet[12:14], "big"), packet[14:]
    if ethertype == syscall.ETH_P_IPV6:
        return len(ip) >= 44 and ip[6] == syscall.IPPROTO_UDP and ip[42:44] == port.to_bytes(2, "big")
    if ethertype != syscall.ETH_P_IP or len(ip) < 10 or ip[9] != syscall.IPPROTO_UDP:
        return False
    start = 4 * (ip[0] & 15) + 2
    return not int.from_bytes(ip[6:8], "big") & 0x1FFF and ip[start : start + 2] == port.to_bytes(2, "big")


@needs(limits.PACKET_IGNORE_OUTGOING)
@in_namespace
def test_a_packet_socket_wakes_for_its_own_frames_only() -> None:
    laboratory.add_pair("near", "far")
    for name in ("near", "far"):
        laboratory.set_up(name)
    for name in ("near", "far"):
        laboratory.wait_for_carrier(name)
    index = syscall.interface_by_name("near").index
    sender = syscall.lsf_socket(index, syscall.ETH_P_ALL)
    receiver = syscall.lsf_socket(syscall.interface_by_name("far").index, syscall.ETH_P_ALL)
    syscall.setsockopt_int(receiver, syscall.SOL_PACKET, syscall.PACKET_IGNORE_OUTGOING, 1)
    syscall.attach_lsf(receiver, syscall.lsf_prefix(b"CHAO"))
    with suppress(BlockingIOError):
        while True:  # what came before the filter
            syscall.recvfrom(receiver, bytearray(2000), syscall.MSG_DONTWAIT)
    wanted = [b"CHAO" + bytes([n]) * 60 for n in range(20)]
    for packet in wanted:
        syscall.write(sender, frame(0x88B5, packet))
        syscall.write(sender, packet)
    p = bytearray(2000)
    received = []
    for _ in wanted:
        n, sa = syscall.recvfrom(receiver, p)
        assert isinstance(sa, syscall.SockaddrLinklayer)
        received.append(bytes(p[:n]))
    assert received == wanted
    with pytest.raises(BlockingIOError):
        syscall.recvfrom(receiver, p, syscall.MSG_DONTWAIT)


@in_namespace
def test_lsf_socket_is_bound_close_on_exec_and_leaves_nothing_behind_when_it_fails() -> None:
    fd = syscall.lsf_socket(1, syscall.ETH_P_ARP)
    assert syscall.getsockname(fd) == syscall.SockaddrLinklayer(
        protocol=syscall.htons(syscall.ETH_P_ARP), ifindex=1, hatype=syscall.ARPHRD_LOOPBACK, addr=b"\0" * 6
    )
    with open(f"/proc/self/fdinfo/{fd}") as f:
        assert int(next(line for line in f if line.startswith("flags:")).split()[1], 8) & syscall.O_CLOEXEC
    with pytest.raises(OSError, match="bind: No such device"):
        syscall.lsf_socket(2**31 - 1, syscall.ETH_P_ARP)
    assert syscall.dup(fd) == fd + 1  # the lowest free one
    with pytest.raises(OverflowError, match="hostshort"):
        syscall.lsf_socket(1, 2**16)


@in_namespace
def test_promiscuous_mode_goes_on_and_off() -> None:
    def promiscuous() -> bool:
        return bool(syscall.interface_by_name("near").flags & syscall.IFF_PROMISC)

    laboratory.add_pair("near", "far")
    flags = syscall.interface_by_name("near").flags
    syscall.set_lsf_promisc("near", True)
    assert syscall.interface_by_name("near").flags == flags | syscall.IFF_PROMISC
    syscall.set_lsf_promisc("near", False)
    assert syscall.interface_by_name("near").flags == flags
    for name in ("absent", b"fifteen-bytes-x"):
        with pytest.raises(OSError, match="ioctl: No such device"):
            syscall.set_lsf_promisc(name, True)
    with pytest.raises(ValueError, match="name must be at most 15 bytes, not 16"):
        syscall.set_lsf_promisc("sixteen-bytes-xx", True)
