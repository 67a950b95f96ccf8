"""Multicast groups of either family, and of chosen sources: the kernel delivers on the loopback what was asked for."""

import errno
import sys
from collections.abc import Callable

import pytest

import pysyscall as syscall
from examples.tour import laboratory
from pysyscall import GroupReq, GroupSourceReq, IPMreqSource, RawSockaddrStorage, SockaddrInet4, SockaddrInet6

from .. import limits
from ..conftest import LOOPBACK, LOOPBACK6
from ..limits import needs
from ..namespaces import in_namespace

GROUP, GROUP6 = bytes((232, 1, 2, 3)), b"\xff\x31" + bytes(13) + b"\x05"  # of the ranges for chosen sources
HEARD, UNHEARD = bytes((127, 0, 0, 2)), bytes((127, 0, 0, 3))


def receiver() -> tuple[int, SockaddrInet4]:
    """A UDP socket on all addresses, and the group's address at its port."""
    fd = syscall.socket(syscall.AF_INET, syscall.SOCK_DGRAM | syscall.SOCK_NONBLOCK)
    syscall.bind(fd, SockaddrInet4())
    own = syscall.getsockname(fd)
    assert isinstance(own, SockaddrInet4)
    return fd, SockaddrInet4(own.port, GROUP)


def send(source: bytes, to: SockaddrInet4, data: bytes) -> None:
    fd = syscall.socket(syscall.AF_INET, syscall.SOCK_DGRAM)
    syscall.bind(fd, SockaddrInet4(0, source))
    syscall.setsockopt_inet4_addr(fd, syscall.IPPROTO_IP, syscall.IP_MULTICAST_IF, LOOPBACK)
    syscall.sendto(fd, data, 0, to)
    syscall.close(fd)


def received(fd: int) -> list[bytes]:
    """What has come: the loopback delivers before sendto returns."""
    found: list[bytes] = []
    while True:
        p = bytearray(100)
        try:
            n, _ = syscall.recvfrom(fd, p)
        except BlockingIOError:
            return found
        found.append(bytes(p[:n]))


def by_ip_mreq_source(join: bool) -> Callable[[int, bytes], None]:
    option = syscall.IP_ADD_SOURCE_MEMBERSHIP if join else syscall.IP_DROP_SOURCE_MEMBERSHIP

    def change(fd: int, source: bytes) -> None:
        syscall.setsockopt_ip_mreq_source(fd, syscall.IPPROTO_IP, option, IPMreqSource(GROUP, LOOPBACK, source))

    return change


def by_group_source_req(join: bool) -> Callable[[int, bytes], None]:
    option = syscall.MCAST_JOIN_SOURCE_GROUP if join else syscall.MCAST_LEAVE_SOURCE_GROUP

    def change(fd: int, source: bytes) -> None:
        lo = syscall.interface_by_name("lo").index
        req = GroupSourceReq(lo, SockaddrInet4(addr=GROUP), SockaddrInet4(addr=source))
        syscall.setsockopt_group_source_req(fd, syscall.IPPROTO_IP, option, req)

    return change


@pytest.mark.parametrize("by", [by_ip_mreq_source, pytest.param(by_group_source_req, marks=needs(limits.GROUP_REQ))])
@in_namespace
def test_only_the_chosen_sources_of_a_group_are_heard(by: Callable[[bool], Callable[[int, bytes], None]]) -> None:
    join, leave = by(True), by(False)
    fd, group = receiver()
    join(fd, HEARD)
    send(UNHEARD, group, b"unheard")
    send(HEARD, group, b"heard")
    assert received(fd) == [b"heard"]
    with pytest.raises(OSError, match="setsockopt: ") as raised:
        leave(fd, UNHEARD)
    assert raised.value.errno == errno.EADDRNOTAVAIL
    join(fd, UNHEARD)
    send(UNHEARD, group, b"heard as well")
    assert received(fd) == [b"heard as well"]
    leave(fd, HEARD)
    leave(fd, UNHEARD)
    send(HEARD, group, b"no longer")
    assert received(fd) == []


@needs(limits.GROUP_REQ)
@in_namespace
def test_a_source_of_a_group_is_blocked_and_heard_again() -> None:
    fd, group = receiver()
    lo = syscall.interface_by_name("lo").index
    request = GroupReq(lo, SockaddrInet4(addr=GROUP))
    syscall.setsockopt_group_req(fd, syscall.IPPROTO_IP, syscall.MCAST_JOIN_GROUP, request)
    send(HEARD, group, b"1")
    source = GroupSourceReq(lo, SockaddrInet4(addr=GROUP), SockaddrInet4(addr=HEARD))
    syscall.setsockopt_group_source_req(fd, syscall.IPPROTO_IP, syscall.MCAST_BLOCK_SOURCE, source)
    send(HEARD, group, b"blocked")
    mreq = IPMreqSource(GROUP, LOOPBACK, HEARD)
    syscall.setsockopt_ip_mreq_source(fd, syscall.IPPROTO_IP, syscall.IP_UNBLOCK_SOURCE, mreq)
    send(HEARD, group, b"2")
    assert received(fd) == [b"1", b"2"]
    syscall.setsockopt_group_req(fd, syscall.IPPROTO_IP, syscall.MCAST_LEAVE_GROUP, request)
    send(HEARD, group, b"left")
    assert received(fd) == []


@needs(limits.GROUP_REQ)
@in_namespace
def test_an_ipv6_group_is_joined_with_a_source() -> None:
    lo = syscall.interface_by_name("lo").index
    to_group = syscall.RtMsg(
        family=syscall.AF_INET6,
        dst_len=128,
        table=syscall.RT_TABLE_LOCAL,
        protocol=syscall.RTPROT_BOOT,
        type=syscall.RTN_MULTICAST,
    )
    body = bytes(to_group) + syscall.route_attr(syscall.RTA_DST, GROUP6)
    body += syscall.route_attr(syscall.RTA_OIF, lo.to_bytes(4, sys.byteorder))
    laboratory.request(syscall.RTM_NEWROUTE, syscall.NLM_F_CREATE, body)
    fd = syscall.socket(syscall.AF_INET6, syscall.SOCK_DGRAM | syscall.SOCK_NONBLOCK)
    syscall.bind(fd, SockaddrInet6())
    own = syscall.getsockname(fd)
    assert isinstance(own, SockaddrInet6)
    group, source = SockaddrInet6(own.port, GROUP6, lo), SockaddrInet6(addr=LOOPBACK6)

    def change(option: int, source: SockaddrInet6) -> None:
        req = GroupSourceReq(lo, SockaddrInet6(addr=GROUP6), source)
        syscall.setsockopt_group_source_req(fd, syscall.IPPROTO_IPV6, option, req)

    def say(data: bytes) -> None:
        sender = syscall.socket(syscall.AF_INET6, syscall.SOCK_DGRAM)
        syscall.bind(sender, source)
        syscall.sendto(sender, data, 0, group)
        syscall.close(sender)

    change(syscall.MCAST_JOIN_SOURCE_GROUP, SockaddrInet6(addr=bytes(15) + b"\x09"))
    say(b"unheard")
    change(syscall.MCAST_JOIN_SOURCE_GROUP, source)
    say(b"heard")
    change(syscall.MCAST_LEAVE_SOURCE_GROUP, source)
    say(b"no longer")
    assert received(fd) == [b"heard"]


@needs(limits.GROUP_REQ)
@in_namespace
def test_an_ipv6_group_is_joined_and_left_by_group_req() -> None:
    lo = syscall.interface_by_name("lo").index
    fd = syscall.socket(syscall.AF_INET6, syscall.SOCK_DGRAM)
    request = GroupReq(lo, SockaddrInet6(addr=GROUP6))
    syscall.setsockopt_group_req(fd, syscall.IPPROTO_IPV6, syscall.MCAST_JOIN_GROUP, request)
    with pytest.raises(OSError, match="setsockopt: ") as raised:
        syscall.setsockopt_group_req(fd, syscall.IPPROTO_IPV6, syscall.MCAST_JOIN_GROUP, request)
    assert raised.value.errno == errno.EADDRINUSE
    syscall.setsockopt_group_req(fd, syscall.IPPROTO_IPV6, syscall.MCAST_LEAVE_GROUP, request)


@pytest.mark.parametrize(
    "address",
    [
        SockaddrInet4(80, LOOPBACK),
        SockaddrInet6(443, LOOPBACK6, 2),
        syscall.SockaddrUnix("/run/x"),
        syscall.SockaddrLinklayer(8, 1, addr=bytes(range(32))),
    ],
)
def test_a_structure_with_room_for_any_address_holds_it(address: syscall.Sockaddr) -> None:
    storage = RawSockaddrStorage.of(address)
    assert len(bytes(storage)) == 128
    assert bytes(storage).startswith(bytes(address))
    assert (storage.family, storage.address) == (address.family, address)
    request = GroupSourceReq(3, address, address)
    assert (request.interface, request.group.address, request.source.address) == (3, address, address)


def test_what_is_no_address_is_refused() -> None:
    for wrong in (b"abc", LOOPBACK, "127.0.0.1", 4):
        with pytest.raises(TypeError, match="must be a Sockaddr, not "):
            GroupReq(1, wrong)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="must be a Sockaddr, not "):
            RawSockaddrStorage.of(wrong)  # type: ignore[arg-type]
