"""The helpers from Go's package net: byte order, addresses as text, names, interfaces."""

import errno
import ipaddress
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pysyscall as syscall
from examples.tour import laboratory
from pysyscall import SockaddrInet4, SockaddrInet6

from .. import limits
from ..conftest import LOOPBACK, LOOPBACK6
from ..limits import needs
from ..namespaces import in_namespace
from ..netlink.test_messages_and_routes import asked

# Byte order


@given(st.integers(0, 2**16 - 1), st.integers(0, 2**32 - 1))
def test_byte_order_is_pythons_socket_modules(short: int, long: int) -> None:
    assert syscall.htons(short) == socket.htons(short)
    assert syscall.ntohs(short) == socket.ntohs(short)
    assert syscall.htonl(long) == socket.htonl(long)
    assert syscall.ntohl(long) == socket.ntohl(long)
    assert syscall.htons(short).to_bytes(2, sys.byteorder) == short.to_bytes(2, "big")
    assert syscall.ntohs(syscall.htons(short)) == short
    assert syscall.ntohl(syscall.htonl(long)) == long


# Addresses as text


@pytest.mark.parametrize(
    ("text", "packed"),
    [
        ("127.0.0.1", LOOPBACK),
        ("255.255.255.255", b"\xff" * 4),
        ("0.0.0.0", bytes(4)),
        ("::1", LOOPBACK6),
        ("::", bytes(16)),
        ("2001:DB8::1", bytes.fromhex("20010db8000000000000000000000001")),
        ("::ffff:1.2.3.4", bytes(10) + b"\xff\xff\x01\x02\x03\x04"),
    ],
)
def test_parse_ip_gives_4_or_16_bytes(text: str, packed: bytes) -> None:
    assert syscall.parse_ip(text) == packed


@pytest.mark.parametrize(
    "text",
    ["", "localhost", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4 ", "::1%lo", "[::1]", "1:2", "g::", "1"],
)
def test_parse_ip_refuses_what_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no IP address$|names a zone: "):
        syscall.parse_ip(text)


@pytest.mark.parametrize("wrong", [None, 1, 2**31, b"\x7f\0\0\1", b"127.0.0.1:80", ["127.0.0.1"]])
def test_what_is_no_text_is_a_type_error(wrong: object) -> None:
    """ipaddress would take 1 for 0.0.0.1, and four bytes for an address."""
    calls: list[tuple[str, Callable[[object], object]]] = [
        ("s", lambda wrong: syscall.parse_ip(wrong)),  # type: ignore[arg-type]
        ("address", lambda wrong: syscall.split_host_port(wrong)),  # type: ignore[arg-type]
        ("address", lambda wrong: syscall.resolve_tcp_addr("tcp", wrong)),  # type: ignore[arg-type]
        ("network", lambda wrong: syscall.resolve_udp_addr(wrong, "127.0.0.1:80")),  # type: ignore[arg-type]
        ("name", lambda wrong: syscall.interface_by_name(wrong)),  # type: ignore[arg-type]
    ]
    for name, call in calls:
        with pytest.raises(TypeError, match=rf"^{name} must be str, not {type(wrong).__name__}$"):
            call(wrong)


@given(st.ip_addresses().map(str))
def test_parse_ip_agrees_with_the_c_library(text: str) -> None:
    family = socket.AF_INET6 if ":" in text else socket.AF_INET
    assert syscall.parse_ip(text) == socket.inet_pton(family, text)


@given(st.text("0123456789abcdefABCDEF:.%x ", max_size=24))
def test_parse_ip_takes_what_ipaddress_takes_and_no_more(text: str) -> None:
    try:
        wanted: bytes | None = ipaddress.ip_address(text).packed if "%" not in text else None
    except ValueError:
        wanted = None
    if wanted is None:
        with pytest.raises(ValueError, match=r"is no IP address$|names a zone: "):
            syscall.parse_ip(text)
    else:
        assert syscall.parse_ip(text) == wanted


ip_addresses = st.ip_addresses().map(lambda address: address.packed)
# Groups that are often zero, as real ones are.
sparse = st.lists(st.sampled_from([b"\0\0", b"\0\1", b"\xff\xff", b"\x0a\xb0"]), min_size=8, max_size=8).map(b"".join)


@given(ip_addresses | sparse)
def test_format_ip_is_the_inverse_of_parse_ip_and_shortens_as_ipaddress_does(ip: bytes) -> None:
    text = syscall.format_ip(ip)
    assert syscall.parse_ip(text) == ip
    if ip[:12] == bytes(10) + b"\xff\xff":
        assert text == f"::ffff:{ipaddress.ip_address(ip[12:])}"
    else:
        assert text == str(ipaddress.ip_address(ip))


@pytest.mark.parametrize(
    ("ip", "text"),
    [
        (LOOPBACK, "127.0.0.1"),
        (bytearray(LOOPBACK6), "::1"),
        (memoryview(bytes(16)), "::"),
        # RFC 5952, 4.2: two zeros at least, the longest run, the first of equal ones.
        (bytes.fromhex("20010db8000000010001000100010001"), "2001:db8:0:1:1:1:1:1"),
        (bytes.fromhex("20010000000000010000000000000001"), "2001:0:0:1::1"),
        (bytes.fromhex("20010db8000000000001000000000001"), "2001:db8::1:0:0:1"),
        (bytes.fromhex("00010002000300040005000600000000"), "1:2:3:4:5:6::"),
        (bytes.fromhex("00000000000300040005000600070008"), "::3:4:5:6:7:8"),
        (bytes(10) + b"\xff\xff\x01\x02\x03\x04", "::ffff:1.2.3.4"),
    ],
)
def test_format_ip_writes_as_the_standard_says(ip: bytes, text: str) -> None:
    assert syscall.format_ip(ip) == text


def test_format_ip_refuses_what_is_no_address() -> None:
    for length in (0, 3, 5, 15, 17):
        with pytest.raises(ValueError, match=f"^ip must be 4 or 16 bytes, not {length}$"):
            syscall.format_ip(bytes(length))
    for wrong in ("127.0.0.1", 4, None):
        with pytest.raises(TypeError, match=r"^ip must be 4 or 16 bytes, not "):
            syscall.format_ip(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("address", "host", "port"),
    [
        # What Go's net.SplitHostPort answers.
        ("host:80", "host", "80"),
        ("[::1]:80", "::1", "80"),
        ("[fe80::1%lo]:80", "fe80::1%lo", "80"),
        ("[host]:http", "host", "http"),
        (":80", "", "80"),
        ("[]:80", "", "80"),
        ("host:", "host", ""),
        (":", "", ""),
        ("[]:", "", ""),
        ("[:]:", ":", ""),
    ],
)
def test_split_host_port_splits_as_go(address: str, host: str, port: str) -> None:
    assert syscall.split_host_port(address) == (host, port)


@pytest.mark.parametrize(
    "address",
    [
        # What Go's net.SplitHostPort refuses.
        "",
        "host",
        "::1:80",
        "[::1]",
        "[::1]80",
        "[::1]:80:90",
        "a:b:c",
        "[a]b:80",
        "[a:80",
        "a]:80",
        "[[::1]]:80",
        "[::1]]:80",
        "[]]:80",
        "a:[80",
        "a:]80",
        "[a]:[80",
        "[a]:]80",
        "[",
        "]",
        "[]",
        "[]::",
        "[a]::",
    ],
)
def test_split_host_port_refuses_what_go_refuses(address: str) -> None:
    with pytest.raises(ValueError, match=" in address "):
        syscall.split_host_port(address)


# Names


@pytest.mark.parametrize("resolve", [syscall.resolve_tcp_addr, syscall.resolve_udp_addr])
def test_a_numeric_address_resolves_to_itself(resolve: object) -> None:
    assert callable(resolve)
    network = "tcp" if resolve is syscall.resolve_tcp_addr else "udp"
    four, six = SockaddrInet4(80, LOOPBACK), SockaddrInet6(443, LOOPBACK6)
    for suffix, address, expected in (
        ("", "127.0.0.1:80", four),
        ("4", "127.0.0.1:80", four),
        ("", "[::1]:443", six),
        ("6", "[::1]:443", six),
        ("", "[127.0.0.1]:80", four),
        ("6", "[2001:db8::1]:0", SockaddrInet6(0, syscall.parse_ip("2001:db8::1"))),
        ("4", "127.0.0.1:65535", SockaddrInet4(65535, LOOPBACK)),
        ("4", "127.0.0.1:", SockaddrInet4(0, LOOPBACK)),
    ):
        assert resolve(network + suffix, address) == [expected]


def test_a_name_resolves_to_all_its_addresses_as_pythons_socket_module_has_them() -> None:
    for kind, resolve, network in (
        (socket.SOCK_STREAM, syscall.resolve_tcp_addr, "tcp"),
        (socket.SOCK_DGRAM, syscall.resolve_udp_addr, "udp"),
    ):
        theirs = [
            (family, socket.inet_pton(family, str(address[0])), address[1])
            for family, _, _, _, address in socket.getaddrinfo("localhost", 80, type=kind)
        ]
        ours = [(each.family, each.addr, each.port) for each in resolve(network, "localhost:80")]
        assert ours == theirs
        assert ours


def test_no_host_has_an_address_of_each_family() -> None:
    theirs = [
        (family, socket.inet_pton(family, str(address[0])), address[1])
        for family, _, _, _, address in socket.getaddrinfo(None, 80, type=socket.SOCK_STREAM)
    ]
    assert [(each.family, each.addr, each.port) for each in syscall.resolve_tcp_addr("tcp", ":80")] == theirs
    assert len(theirs) == 2


def test_the_network_says_which_family_is_wanted() -> None:
    assert {type(each) for each in syscall.resolve_tcp_addr("tcp4", "localhost:1")} == {SockaddrInet4}
    with pytest.raises(syscall.AddrinfoError):
        syscall.resolve_tcp_addr("tcp6", "127.0.0.1:1")
    with pytest.raises(syscall.AddrinfoError):
        syscall.resolve_tcp_addr("tcp4", "[::1]:1")


@pytest.mark.parametrize("network", ["", "udp", "tcp5", "TCP", "tcp46", "tc", "ip"])
def test_another_network_is_a_value_error(network: str) -> None:
    with pytest.raises(ValueError, match=r"^network must be tcp, tcp4 or tcp6, not "):
        syscall.resolve_tcp_addr(network, "127.0.0.1:1")


def test_no_host_is_this_machine() -> None:
    assert syscall.resolve_tcp_addr("tcp4", ":80") == [SockaddrInet4(80, LOOPBACK)]
    assert syscall.resolve_tcp_addr("tcp6", "[]:80") == [SockaddrInet6(80, LOOPBACK6)]


def test_a_zone_may_be_a_name_or_a_number() -> None:
    lo = syscall.interface_by_name("lo").index
    expected = [SockaddrInet6(80, syscall.parse_ip("fe80::1"), zone_id=lo)]
    assert syscall.resolve_tcp_addr("tcp", "[fe80::1%lo]:80") == expected
    assert syscall.resolve_udp_addr("udp", f"[fe80::1%{lo}]:80") == expected
    with pytest.raises(syscall.AddrinfoError, match=r"lookup fe80::1%nosuch: "):
        syscall.resolve_tcp_addr("tcp", "[fe80::1%nosuch]:80")


def test_a_port_may_be_a_services_name() -> None:
    for service, port in (("http", 80), ("https", 443)):
        try:
            assert socket.getservbyname(service, "tcp") == port
        except OSError:
            pytest.skip(f"file: /etc/services does not know {service} (Debian: netbase)")
        assert syscall.resolve_tcp_addr("tcp4", f"127.0.0.1:{service}") == [SockaddrInet4(port, LOOPBACK)]


@pytest.mark.parametrize("port", ["65536", "70000", "99999999999999999999", "-1", "+70000", " 70000", "-65456", "\t-1"])
def test_a_port_out_of_range_is_an_overflow_error(port: str) -> None:
    """libc reads signs and white space, and cuts the number to 16 bits: 65616 would be 80."""
    with pytest.raises(OverflowError, match=r"^port must be in 0\.\.65535"):
        syscall.resolve_tcp_addr("tcp4", f"127.0.0.1:{port}")


@pytest.mark.parametrize("port", ["no such service", "0x50", "80x", "8_0", "--5", "\u0663"])
def test_a_port_that_nobody_knows_is_an_addrinfo_error(port: str) -> None:
    with pytest.raises(syscall.AddrinfoError, match=r"lookup 127\.0\.0\.1: "):
        syscall.resolve_tcp_addr("tcp4", f"127.0.0.1:{port}")


def test_a_name_that_nobody_knows_is_an_addrinfo_error_with_a_clear_text() -> None:
    with pytest.raises(syscall.AddrinfoError, match=r"lookup no-such-host\.invalid: [A-Z][a-z ]+") as raised:
        syscall.resolve_tcp_addr("tcp", "no-such-host.invalid:80")
    assert isinstance(raised.value, OSError)
    assert raised.value.errno in (syscall.EAI_NONAME, syscall.EAI_AGAIN, syscall.EAI_NODATA, syscall.EAI_FAIL)


@pytest.mark.parametrize("address", ["local\0host:80", "localhost:8\x000"])
def test_a_nul_in_a_name_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match=r"^(host|port) must not hold a NUL"):
        syscall.resolve_tcp_addr("tcp", address)


def test_resolved_addresses_can_be_connected_to(listener: tuple[int, SockaddrInet4]) -> None:
    (address,) = syscall.resolve_tcp_addr("tcp", f"127.0.0.1:{listener[1].port}")
    assert address == listener[1]
    fd = syscall.socket(address.family, syscall.SOCK_STREAM)
    syscall.connect(fd, address)
    syscall.close(fd)


# Interfaces


def test_interfaces_are_those_of_sys_class_net() -> None:
    def read(name: str, file: str) -> str:
        return Path(f"/sys/class/net/{name}/{file}").read_text().strip()

    ours = syscall.interfaces()
    assert {each.name for each in ours} == {p.name for p in Path("/sys/class/net").iterdir() if p.is_dir()}
    assert [each.index for each in ours] == sorted(each.index for each in ours)
    for each in ours:
        assert each.index == int(read(each.name, "ifindex")) == socket.if_nametoindex(each.name)
        assert each.mtu == int(read(each.name, "mtu"))
        address = bytes.fromhex(read(each.name, "address").replace(":", ""))
        assert each.hardware_addr == (address if any(address) else b"")
        # The file lacks what the kernel works out: whether there is a carrier.
        assert each.flags & 0x1 == int(read(each.name, "flags"), 16) & 0x1


@pytest.mark.skipif(shutil.which("ip") is None, reason="tool: ip (Debian: iproute2)")
def test_interfaces_are_those_that_ip_shows() -> None:
    flags = {"UP": syscall.IFF_UP, "LOOPBACK": syscall.IFF_LOOPBACK, "BROADCAST": syscall.IFF_BROADCAST}
    shown = json.loads(subprocess.check_output(["ip", "-j", "link"], text=True))
    ours = {each.name: each for each in syscall.interfaces()}
    assert len(ours) == len(shown)
    for link in shown:
        mine = ours[link["ifname"]]
        assert (mine.index, mine.mtu) == (link["ifindex"], link["mtu"])
        for name, flag in flags.items():
            assert bool(mine.flags & flag) == (name in link["flags"])


def test_the_loopback_has_no_hardware_address() -> None:
    lo = syscall.interface_by_name("lo")
    assert lo.hardware_addr == b""
    assert lo.flags & syscall.IFF_LOOPBACK
    assert repr(lo).startswith(f"Interface({lo.index}: lo, mtu {lo.mtu}, address ")


def test_an_interface_is_found_by_name_and_by_index() -> None:
    for each in syscall.interfaces():
        for found in (syscall.interface_by_name(each.name), syscall.interface_by_index(each.index)):
            assert (found.index, found.name, found.mtu) == (each.index, each.name, each.mtu)


def test_an_interface_that_is_not_there_is_enodev() -> None:
    for name in ("", "nosuch", "lo "):
        with pytest.raises(OSError, match=f"interface_by_name {name}: No such device") as raised:
            syscall.interface_by_name(name)
        assert raised.value.errno == errno.ENODEV
    for index in (0, -1, 2**31 - 1):
        with pytest.raises(OSError, match=f"interface_by_index {index}: No such device") as raised:
            syscall.interface_by_index(index)
        assert raised.value.errno == errno.ENODEV


@pytest.mark.parametrize("name", ["\0", "lo\0", "a\0b", "\0lo"])
def test_a_nul_in_an_interfaces_name_is_refused(name: str) -> None:
    for call in (
        lambda: syscall.interface_by_name(name),
        lambda: syscall.set_lsf_promisc(name, True),
        lambda: syscall.Ifreq(name),
        lambda: syscall.bind_to_device(-1, name),
        lambda: syscall.parse_ip(f"fe80::1%{name}"),
        lambda: syscall.resolve_tcp_addr("tcp", f"[fe80::1%{name}]:80"),
        lambda: syscall.resolve_udp_addr("udp", f"localhost:{name}"),
    ):
        with pytest.raises(ValueError):
            call()


@needs(limits.NETLINK_TYPES)
@in_namespace
def test_an_interface_is_found_by_a_name_that_is_not_utf8_and_by_its_further_names() -> None:
    strange, further = os.fsdecode(b"v\xff\xfe0"), (os.fsdecode(b"another-\xe9"), "the-third-and-longest-name-" * 4)
    laboratory.add_pair(strange, "other")
    index = socket.if_nametoindex(strange)
    found = syscall.interface_by_name(strange)
    assert (found.index, found.name, found.altnames) == (index, strange, ())
    names = b"".join(syscall.route_attr(syscall.IFLA_ALT_IFNAME, os.fsencode(name) + b"\0") for name in further)
    body = bytes(syscall.IfInfomsg(index=index)) + syscall.route_attr(
        syscall.IFLA_PROP_LIST | syscall.NLA_F_NESTED, names
    )
    flags = syscall.NLM_F_CREATE | syscall.NLM_F_EXCL | syscall.NLM_F_APPEND
    syscall.netlink_ack(asked(syscall.RTM_NEWLINKPROP, body, flags))
    for name in (strange, *further):
        found = syscall.interface_by_name(name)
        assert (found.index, found.name, sorted(found.altnames)) == (index, strange, sorted(further))
    assert syscall.interface_by_name("other").altnames == ()
    with pytest.raises(OSError, match="No such device"):
        syscall.interface_by_name("another")


@in_namespace
def test_the_addresses_of_an_interface() -> None:
    laboratory.add_pair("left", "right")
    left = syscall.interface_by_name("left")
    assert left.addrs() == []
    laboratory.set_up("left")
    laboratory.add_address("left", "192.0.2.7/24")
    laboratory.add_address("left", "2001:db8::7/64")
    laboratory.add_address("right", "198.51.100.1/32")
    # A link to one peer: 203.0.113.1 here, 203.0.113.2 there.
    own, peer = (syscall.parse_ip(f"203.0.113.{i}") for i in (1, 2))
    attributes = syscall.route_attr(syscall.IFA_LOCAL, own) + syscall.route_attr(syscall.IFA_ADDRESS, peer)
    body = bytes(syscall.IfAddrmsg(syscall.AF_INET, 32, 0, 0, left.index)) + attributes
    syscall.netlink_ack(asked(syscall.RTM_NEWADDR, body))
    addrs = left.addrs()
    assert sorted(map(str, addrs)) == ["192.0.2.7/24", "2001:db8::7/64", "203.0.113.1/32"]
    assert syscall.IPNet(syscall.parse_ip("2001:db8::7"), 64) in addrs
    assert str(syscall.interface_by_name("lo").addrs()[0]) == "127.0.0.1/8"
    laboratory.delete("left")
    assert left.addrs() == []


@pytest.mark.skipif(shutil.which("ip") is None, reason="tool: ip (Debian: iproute2)")
def test_addresses_are_those_that_ip_shows() -> None:
    shown = json.loads(subprocess.check_output(["ip", "-j", "address"], text=True))
    theirs = {link["ifindex"]: [f"{each['local']}/{each['prefixlen']}" for each in link["addr_info"]] for link in shown}
    assert {each.index: [str(addr) for addr in each.addrs()] for each in syscall.interfaces()} == theirs


def test_an_ip_net_is_a_value() -> None:
    net = syscall.IPNet(bytes((192, 0, 2, 1)), 20)
    assert (net.ip, net.prefixlen, net.mask) == (bytes((192, 0, 2, 1)), 20, bytes((255, 255, 240, 0)))
    assert syscall.IPNet(bytes(16), 0).mask == bytes(16)
    assert syscall.IPNet(bytes(16), 128).mask == b"\xff" * 16
    assert (str(net), repr(net)) == ("192.0.2.1/20", "IPNet(192.0.2.1/20)")
    assert {net: 1}[syscall.IPNet(net.ip, 20)] == 1
    assert net not in (syscall.IPNet(net.ip, 21), syscall.IPNet(bytes(4), 20), "192.0.2.1/20")
    with pytest.raises(AttributeError):
        net.ip = bytes(4)  # type: ignore[misc]
    with pytest.raises(ValueError, match="ip must be 4 or 16 bytes, not 5"):
        syscall.IPNet(bytes(5), 0)
    with pytest.raises(TypeError, match="ip must be 4 or 16 bytes, not str"):
        syscall.IPNet("10.0.0.1", 8)  # type: ignore[arg-type]
    for prefixlen in (-1, 33):
        with pytest.raises(OverflowError, match=r"prefixlen must be in 0\.\.32"):
            syscall.IPNet(bytes(4), prefixlen)


@in_namespace
def test_an_interface_is_as_it_was_set_up() -> None:
    laboratory.add_pair("left", "right")
    left, right = syscall.interface_by_name("left"), syscall.interface_by_name("right")
    assert len(left.hardware_addr) == len(right.hardware_addr) == 6
    assert left.hardware_addr != right.hardware_addr
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sock:
        sock.bind(("left", 0))
        assert sock.getsockname()[4] == left.hardware_addr
    laboratory.set_mtu("left", 1280)
    assert syscall.interface_by_name("left").mtu == 1280
    assert not left.flags & syscall.IFF_UP
    laboratory.set_up("left")
    assert syscall.interface_by_name("left").flags & syscall.IFF_UP
