"""Requests to interfaces, in a network of their own."""

import os
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pysyscall as syscall
from examples.tour import laboratory
from pysyscall import Ifreq
from tests.namespaces import in_namespace, in_user_namespace

from .. import limits
from ..limits import needs

ADDRESS = b"\x02\0\0\0\0\x42"


def datagram_socket() -> int:
    return syscall.socket(syscall.AF_INET, syscall.SOCK_DGRAM | syscall.SOCK_CLOEXEC)


@in_namespace
def test_what_is_told_is_what_rtnetlink_tells() -> None:
    laboratory.add_pair("near", "far")
    laboratory.set_hardware_addr("near", ADDRESS)
    fd = datagram_socket()
    ifr = Ifreq("near")
    interface = syscall.interface_by_name("near")
    syscall.ioctl(fd, syscall.SIOCGIFMTU, ifr)
    assert ifr.mtu == interface.mtu == 1500
    syscall.ioctl(fd, syscall.SIOCGIFINDEX, ifr)
    assert ifr.ifindex == interface.index
    syscall.ioctl(fd, syscall.SIOCGIFFLAGS, ifr)
    assert ifr.flags == interface.flags & 0xFFFF
    syscall.ioctl(fd, syscall.SIOCGIFHWADDR, ifr)
    assert (ifr.hatype, ifr.hwaddr) == (syscall.ARPHRD_ETHER, ADDRESS)
    syscall.ioctl(fd, syscall.SIOCGIFTXQLEN, ifr)
    assert ifr.qlen == 1000
    assert ifr.name == "near"
    by_index = Ifreq()
    by_index.ifindex = interface.index
    syscall.ioctl(fd, syscall.SIOCGIFNAME, by_index)
    assert by_index.name == "near"


@needs(limits.RENAME)
@in_namespace
def test_what_is_set_is_what_is_told() -> None:
    laboratory.add_pair("near", "far")
    fd = datagram_socket()
    ifr = Ifreq("near")
    ifr.mtu = 1400
    syscall.ioctl(fd, syscall.SIOCSIFMTU, ifr)
    ifr.qlen = 77
    if in_user_namespace():  # this ioctl asks for a capability outside of it, rtnetlink for the network's own
        with pytest.raises(PermissionError, match="ioctl: Operation not permitted"):
            syscall.ioctl(fd, syscall.SIOCSIFTXQLEN, ifr)
        header = syscall.IfInfomsg(index=syscall.interface_by_name("near").index)
        attribute = syscall.route_attr(syscall.IFLA_TXQLEN, ifr.qlen.to_bytes(4, sys.byteorder))
        laboratory.request(syscall.RTM_NEWLINK, 0, bytes(header) + attribute)
    else:
        syscall.ioctl(fd, syscall.SIOCSIFTXQLEN, ifr)
    ifr.set_hwaddr(ADDRESS)
    syscall.ioctl(fd, syscall.SIOCSIFHWADDR, ifr)
    ifr.newname = "fifteen-bytes-x"
    syscall.ioctl(fd, syscall.SIOCSIFNAME, ifr)
    ifr = Ifreq("fifteen-bytes-x")
    for get, put, value in (
        (syscall.SIOCGIFADDR, syscall.SIOCSIFADDR, (10, 1, 2, 3)),
        (syscall.SIOCGIFNETMASK, syscall.SIOCSIFNETMASK, (255, 255, 0, 0)),
        (syscall.SIOCGIFBRDADDR, syscall.SIOCSIFBRDADDR, (10, 1, 255, 255)),
    ):
        ifr.inet4_addr = bytes(value)
        syscall.ioctl(fd, put, ifr)
        told = Ifreq(b"fifteen-bytes-x")
        syscall.ioctl(fd, get, told)
        assert told.inet4_addr == bytes(value)
    syscall.ioctl(fd, syscall.SIOCGIFFLAGS, ifr)
    ifr.flags |= syscall.IFF_UP
    syscall.ioctl(fd, syscall.SIOCSIFFLAGS, ifr)
    interface = syscall.interface_by_name("fifteen-bytes-x")
    assert (interface.mtu, interface.hardware_addr) == (1400, ADDRESS)
    assert interface.flags & syscall.IFF_UP
    syscall.ioctl(fd, syscall.SIOCGIFTXQLEN, ifr)
    assert ifr.qlen == 77


@in_namespace
def test_loopback_has_a_hardware_address_of_six_zeros() -> None:
    ifr = Ifreq("lo")
    syscall.ioctl(datagram_socket(), syscall.SIOCGIFHWADDR, ifr)
    assert (ifr.hatype, ifr.hwaddr) == (syscall.ARPHRD_LOOPBACK, bytes(6))


@in_namespace
def test_no_interface_of_that_name_is_enodev() -> None:
    for name in ("absent", "fifteen-bytes-x", ""):
        with pytest.raises(OSError, match="ioctl: No such device"):
            syscall.ioctl(datagram_socket(), syscall.SIOCGIFMTU, Ifreq(name))


@given(st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), max_size=20))
def test_a_name_is_kept_or_refused_whole(name: str) -> None:
    if len(os.fsencode(name)) <= 15:
        ifr = Ifreq(name)
        assert ifr.name == name
        ifr.newname = name
        assert ifr.newname == name
        ifr.name = "x"
        assert bytes(ifr)[:16] == b"x".ljust(16, b"\0")
    else:
        with pytest.raises(ValueError, match="name must be at most 15 bytes"):
            Ifreq(name)
        with pytest.raises(ValueError, match="newname must be at most 15 bytes"):
            Ifreq().newname = name


def test_a_nul_or_another_type_is_no_name() -> None:
    with pytest.raises(ValueError, match="name must not hold a NUL"):
        Ifreq("lo\0th")
    with pytest.raises(TypeError, match="name must be str or bytes, not int"):
        Ifreq(5)  # type: ignore[arg-type]


def test_no_value_is_cut_and_none_leaves_a_rest_behind() -> None:
    ifr = Ifreq("lo")
    with pytest.raises(OverflowError, match="flags must be in"):
        ifr.flags = 2**16
    with pytest.raises(OverflowError, match="mtu must be in"):
        ifr.mtu = 2**31
    with pytest.raises(OverflowError, match="ifindex must be in"):
        ifr.ifindex = -(2**31) - 1
    with pytest.raises(OverflowError, match="qlen must be in"):
        ifr.qlen = 2**31
    with pytest.raises(ValueError, match="inet4_addr must be 4 bytes, not 16"):
        ifr.inet4_addr = bytes(16)
    with pytest.raises(ValueError, match="value must be at most 14 bytes, not 20"):
        ifr.set_hwaddr(bytes(20), syscall.ARPHRD_INFINIBAND)
    with pytest.raises(OSError, match="inet4_addr: Invalid argument"):
        ifr.inet4_addr  # noqa: B018  # the getter raises
    ifr.newname = "\xff" * 7
    ifr.flags = 0xFFFF
    assert ifr.flags == 0xFFFF
    assert bytes(ifr)[18:] == bytes(len(bytes(ifr)) - 18)
    ifr.set_hwaddr(bytes(range(1, 9)), syscall.ARPHRD_IEEE802154)
    assert ifr.hwaddr == bytes(range(1, 9)) + bytes(6)
    ifr.inet4_addr = b"\1\2\3\4"
    assert ifr.hatype == syscall.AF_INET
    assert bytes(ifr)[16:32] == bytes(syscall.SockaddrInet4(0, b"\1\2\3\4"))
    with pytest.raises(AttributeError):
        ifr.metrik = 1  # type: ignore[attr-defined]
