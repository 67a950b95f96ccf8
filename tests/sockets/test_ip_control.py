"""Which way a datagram came, and its hop limit and traffic class: told by the kernel, and chosen for one datagram."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pysyscall as syscall
from examples.tour import laboratory
from tests.namespaces import in_namespace

from .. import limits
from ..limits import needs

LOOPBACK = b"\x7f\0\0\1"
LOOPBACK6 = bytes(15) + b"\1"
ANOTHER6 = bytes.fromhex("fd770000000000000000000000000009")

Parse = Callable[[syscall.SocketControlMessage], object]
# Each parser with its level, its type, and the least data it takes.
PARSERS: dict[Parse, tuple[int, int, int]] = {
    syscall.parse_inet4_pktinfo: (syscall.IPPROTO_IP, syscall.IP_PKTINFO, 12),
    syscall.parse_inet4_ttl: (syscall.IPPROTO_IP, syscall.IP_TTL, 4),
    syscall.parse_inet4_tos: (syscall.IPPROTO_IP, syscall.IP_TOS, 1),
    syscall.parse_inet6_pktinfo: (syscall.IPPROTO_IPV6, syscall.IPV6_PKTINFO, 20),
    syscall.parse_inet6_hoplimit: (syscall.IPPROTO_IPV6, syscall.IPV6_HOPLIMIT, 4),
    syscall.parse_inet6_tclass: (syscall.IPPROTO_IPV6, syscall.IPV6_TCLASS, 4),
    syscall.parse_udp_gro: (syscall.SOL_UDP, syscall.UDP_GRO, 4),
}


def udp_pair(loopback: bytes, *options: int) -> tuple[int, int, syscall.Sockaddr]:
    """A socket to send with, and one that is told what the options ask for, with its address."""
    domain = syscall.AF_INET if len(loopback) == 4 else syscall.AF_INET6
    level = syscall.IPPROTO_IP if len(loopback) == 4 else syscall.IPPROTO_IPV6
    sender, receiver = (syscall.socket(domain, syscall.SOCK_DGRAM | syscall.SOCK_CLOEXEC) for _ in range(2))
    for option in options:
        syscall.setsockopt_int(receiver, level, option, 1)
    any_port = syscall.SockaddrInet4(0, bytes(4)) if len(loopback) == 4 else syscall.SockaddrInet6(0, bytes(16))
    syscall.bind(receiver, any_port)
    bound = syscall.getsockname(receiver)
    if isinstance(bound, syscall.SockaddrInet4):
        return sender, receiver, syscall.SockaddrInet4(bound.port, loopback)
    assert isinstance(bound, syscall.SockaddrInet6)
    return sender, receiver, syscall.SockaddrInet6(bound.port, loopback)


def messages(fd: int) -> tuple[dict[int, syscall.SocketControlMessage], syscall.Sockaddr | None]:
    """The control messages of the next datagram, by type, and its source."""
    oob = bytearray(400)
    _, oobn, flags, source = syscall.recvmsg(fd, bytearray(100), oob)
    assert not flags & syscall.MSG_CTRUNC
    return {m.header.type: m for m in syscall.parse_socket_control_message(oob[:oobn])}, source


@needs(limits.CONTROL_SENT)
@in_namespace
def test_the_way_of_an_ipv4_datagram_is_told_and_chosen() -> None:
    sender, receiver, to = udp_pair(LOOPBACK, syscall.IP_PKTINFO)
    lo = syscall.interface_by_name("lo").index
    syscall.sendto(sender, b"x", 0, to)
    told, source = messages(receiver)
    info = syscall.parse_inet4_pktinfo(told[syscall.IP_PKTINFO])
    assert info == syscall.Inet4Pktinfo(lo, tuple(LOOPBACK), tuple(LOOPBACK))
    assert isinstance(source, syscall.SockaddrInet4)
    assert source.addr == LOOPBACK
    other = b"\x7f\0\0\x05"
    syscall.sendmsg(sender, b"x", syscall.inet4_pktinfo(syscall.Inet4Pktinfo(lo, tuple(other))), to)
    _, source = messages(receiver)
    assert isinstance(source, syscall.SockaddrInet4)
    assert source.addr == other
    nobody_s = syscall.Inet4Pktinfo(0, (192, 0, 2, 1))
    with pytest.raises(OSError, match="sendmsg: "):
        syscall.sendmsg(sender, b"x", syscall.inet4_pktinfo(nobody_s), to)


@needs(limits.CONTROL_SENT)
@in_namespace
def test_the_way_of_an_ipv6_datagram_is_told_and_chosen() -> None:
    laboratory.add_address("lo", "fd77::9/128")
    sender, receiver, to = udp_pair(LOOPBACK6, syscall.IPV6_RECVPKTINFO)
    lo = syscall.interface_by_name("lo").index
    for source in (LOOPBACK6, ANOTHER6):
        info = syscall.Inet6Pktinfo(tuple(source), lo)
        syscall.sendmsg(sender, b"x", syscall.inet6_pktinfo(info), to)
        told, sa = messages(receiver)
        assert isinstance(sa, syscall.SockaddrInet6)
        assert sa.addr == source
        assert syscall.parse_inet6_pktinfo(told[syscall.IPV6_PKTINFO]) == syscall.Inet6Pktinfo(tuple(LOOPBACK6), lo)


@needs(limits.CONTROL_SENT)
@in_namespace
def test_ttl_and_tos_are_told_and_chosen() -> None:
    sender, receiver, to = udp_pair(LOOPBACK, syscall.IP_RECVTTL, syscall.IP_RECVTOS)
    for ttl, tos in ((1, 0), (7, 0xB8), (255, 0xFC)):
        syscall.sendmsg(sender, b"x", syscall.inet4_ttl(ttl) + syscall.inet4_tos(tos), to)
        told, _ = messages(receiver)
        assert syscall.parse_inet4_ttl(told[syscall.IP_TTL]) == ttl
        assert syscall.parse_inet4_tos(told[syscall.IP_TOS]) == tos
    for refused in (syscall.inet4_ttl(0), syscall.inet4_ttl(256), syscall.inet4_tos(256), syscall.inet4_tos(-1)):
        with pytest.raises(OSError, match="sendmsg: Invalid argument"):
            syscall.sendmsg(sender, b"x", refused, to)


@needs(limits.CONTROL_SENT)
@in_namespace
def test_hop_limit_and_traffic_class_are_told_and_chosen() -> None:
    sender, receiver, to = udp_pair(LOOPBACK6, syscall.IPV6_RECVHOPLIMIT, syscall.IPV6_RECVTCLASS)
    for hops, tclass, told_hops, told_tclass in (
        (1, 0, 1, 0),
        (9, 0xB8, 9, 0xB8),
        (255, 255, 255, 255),
        (-1, 0, 64, 0),
    ):
        syscall.sendmsg(sender, b"x", syscall.inet6_hoplimit(hops) + syscall.inet6_tclass(tclass), to)
        told, _ = messages(receiver)
        assert syscall.parse_inet6_hoplimit(told[syscall.IPV6_HOPLIMIT]) == told_hops
        assert syscall.parse_inet6_tclass(told[syscall.IPV6_TCLASS]) == told_tclass
    for refused in (syscall.inet6_hoplimit(256), syscall.inet6_tclass(-2)):
        with pytest.raises(OSError, match="sendmsg: Invalid argument"):
            syscall.sendmsg(sender, b"x", refused, to)


@pytest.mark.parametrize("parse", PARSERS)
def test_a_parser_takes_its_own_message_whole_and_no_other(parse: Parse) -> None:
    def message(level: int, type: int, data: bytes) -> syscall.SocketControlMessage:
        return syscall.parse_socket_control_message(syscall.socket_control_message(level, type, data))[0]

    level, type, size = PARSERS[parse]
    parse(message(level, type, bytes(size)))
    assert parse(message(level, type, bytes(size) + b"more")) == parse(message(level, type, bytes(size)))
    for m in (
        message(level, type, bytes(size - 1)),
        message(level + 1, type, bytes(size)),
        message(level, type + 1000, bytes(size)),
    ):
        with pytest.raises(OSError, match=f"{parse.__name__}: Invalid argument"):
            parse(m)


@given(st.integers(-(2**31), 2**31 - 1))
def test_a_number_is_parsed_as_it_was_built(number: int) -> None:
    for build, parse in (
        (syscall.inet4_ttl, syscall.parse_inet4_ttl),
        (syscall.inet4_tos, syscall.parse_inet4_tos),
        (syscall.inet6_hoplimit, syscall.parse_inet6_hoplimit),
        (syscall.inet6_tclass, syscall.parse_inet6_tclass),
    ):
        assert parse(syscall.parse_socket_control_message(build(number))[0]) == number


def test_no_number_is_cut_and_no_other_type_taken() -> None:
    for build, name in (
        (syscall.inet4_ttl, "ttl"),
        (syscall.inet4_tos, "tos"),
        (syscall.inet6_hoplimit, "hops"),
        (syscall.inet6_tclass, "tclass"),
    ):
        with pytest.raises(OverflowError, match=f"{name} must be in"):
            build(2**31)
    with pytest.raises(TypeError, match="info must be Inet4Pktinfo, not Inet6Pktinfo"):
        syscall.inet4_pktinfo(syscall.Inet6Pktinfo())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="info must be Inet6Pktinfo, not bytes"):
        syscall.inet6_pktinfo(bytes(20))  # type: ignore[arg-type]
