"""rtnetlink: tables from the kernel, messages taken apart and put together."""

import array
import ctypes
import errno
import ipaddress
import json
import os
import shutil
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pysyscall as syscall
from examples.tour import laboratory

from .. import limits
from ..limits import needs
from ..namespaces import in_namespace
from ..programs import run_traced
from ..texts import failed

ROOT = Path(__file__).parents[2]
TABLES = [syscall.RTM_GETLINK, syscall.RTM_GETADDR, syscall.RTM_GETROUTE]
NEW = {
    syscall.RTM_GETLINK: syscall.RTM_NEWLINK,
    syscall.RTM_GETADDR: syscall.RTM_NEWADDR,
    syscall.RTM_GETROUTE: syscall.RTM_NEWROUTE,
}


def parses(parse: Callable[[bytes], object], raw: bytes) -> bool:
    """Whether the bytes are a result; if not, they are EINVAL."""
    try:
        parse(raw)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        return False
    return True


# Tables


@pytest.mark.parametrize("proto", TABLES)
@pytest.mark.parametrize("family", [syscall.AF_UNSPEC, syscall.AF_INET, syscall.AF_INET6])
def test_a_table_is_messages_of_its_kind_and_an_end(proto: int, family: int) -> None:
    messages = syscall.parse_netlink_message(syscall.netlink_rib(proto, family))
    assert messages[-1].header.type == syscall.NLMSG_DONE
    assert {message.header.type for message in messages[:-1]} <= {NEW[proto]}
    for message in messages:
        assert message.header.len == ctypes_size(message)
        assert message.header.seq == 1
        if message.header.type != syscall.NLMSG_DONE:
            assert syscall.parse_netlink_route_attr(message)


def ctypes_size(message: syscall.NetlinkMessage) -> int:
    return len(bytes(message.header)) + len(message.data)


@pytest.mark.skipif(shutil.which("ip") is None, reason="tool: ip (Debian: iproute2)")
def test_the_addresses_are_those_that_ip_shows() -> None:
    shown = json.loads(subprocess.check_output(["ip", "-j", "address"], text=True))
    theirs = {
        (link["ifindex"], address["local"], address["prefixlen"]) for link in shown for address in link["addr_info"]
    }
    ours = set()
    for message in syscall.parse_netlink_message(syscall.netlink_rib(syscall.RTM_GETADDR, syscall.AF_UNSPEC)):
        if message.header.type == syscall.RTM_NEWADDR:
            info = syscall.IfAddrmsg.from_buffer_copy(message.data)
            values = {each.attr.type: each.value for each in syscall.parse_netlink_route_attr(message)}
            local = values.get(syscall.IFA_LOCAL) or values[syscall.IFA_ADDRESS]
            ours.add((info.index, str(ipaddress.ip_address(local)), info.prefixlen))
    assert ours == theirs


@in_namespace
def test_a_table_of_many_answers_is_whole() -> None:
    """Two thousand routes do not fit one datagram of the kernel's."""
    lo = syscall.interface_by_name("lo").index
    fd = syscall.socket(syscall.AF_NETLINK, syscall.SOCK_RAW, syscall.NETLINK_ROUTE)
    syscall.bind(fd, syscall.SockaddrNetlink())
    destinations = {struct.pack("!I", 0x0A00_0000 + i) for i in range(2000)}
    for destination in destinations:
        route = syscall.RtMsg(syscall.AF_INET, 32, 0, 0, syscall.RT_TABLE_MAIN, syscall.RTPROT_STATIC, 0, 1)
        attributes = syscall.route_attr(syscall.RTA_DST, destination)
        attributes += syscall.route_attr(syscall.RTA_OIF, struct.pack("i", lo))
        flags = syscall.NLM_F_REQUEST | syscall.NLM_F_CREATE
        syscall.write(fd, syscall.netlink_message(syscall.RTM_NEWROUTE, flags, 1, bytes(route) + attributes))
    found = set()
    for message in syscall.parse_netlink_message(syscall.netlink_rib(syscall.RTM_GETROUTE, syscall.AF_INET)):
        if message.header.type == syscall.RTM_NEWROUTE:
            values = {each.attr.type: each.value for each in syscall.parse_netlink_route_attr(message)}
            if values[syscall.RTA_TABLE] == struct.pack("I", syscall.RT_TABLE_MAIN):
                found.add(values[syscall.RTA_DST])
    assert found == destinations


@in_namespace
def test_what_other_processes_send_is_no_part_of_a_table() -> None:
    """Whoever knows the port of a netlink socket may send to it: here, to all that the first of a process gets."""
    forger = syscall.socket(syscall.AF_NETLINK, syscall.SOCK_RAW, syscall.NETLINK_ROUTE)
    syscall.bind(forger, syscall.SockaddrNetlink(pid=0x7FFF_0000))
    forged = syscall.netlink_message(syscall.NLMSG_ERROR, 0, 1, struct.pack("i", -errno.EIO) + bytes(16))
    done = threading.Event()
    sent = 0

    def forge() -> None:
        nonlocal sent
        while not done.is_set():
            try:
                syscall.sendto(forger, forged, syscall.MSG_DONTWAIT, syscall.SockaddrNetlink(pid=os.getpid()))
                sent += 1
            except (ConnectionRefusedError, BlockingIOError):
                pass
            time.sleep(0.001)  # a flood would leave no room for the kernel's own answer: ENOBUFS

    thread = threading.Thread(target=forge)
    thread.start()
    try:
        while sent < 20:
            assert [each.name for each in syscall.interfaces()] == ["lo"]
    finally:
        done.set()
        thread.join()


@needs(limits.NETLINK_TYPES)
def test_the_kernels_refusal_has_its_own_errno() -> None:
    """Types that ask for a table, by their place among four, but that no kernel knows."""
    for proto in (9998, syscall.RTM_GETLINK + 1000):
        with pytest.raises(OSError, match="netlink: ") as raised:
            syscall.netlink_rib(proto, syscall.AF_UNSPEC)
        assert raised.value.errno == errno.EOPNOTSUPP


@needs(limits.NETLINK_TYPES)
def test_a_refusal_at_the_end_of_a_table_is_raised() -> None:
    """Of these the kernel says in the NLMSG_DONE that it has no table, and not before."""
    for proto, family, number in (
        (syscall.RTM_GETRULE, 255, errno.EAFNOSUPPORT),
        (syscall.RTM_GETSTATS, syscall.AF_UNSPEC, errno.EINVAL),
    ):
        with pytest.raises(OSError, match="netlink: ") as raised:
            syscall.netlink_rib(proto, family)
        assert raised.value.errno == number


@needs(limits.NETLINK_TYPES)
def test_a_table_says_in_the_kernels_own_words_what_is_wrong() -> None:
    with pytest.raises(OSError, match=r"netlink: Invalid argument: [A-Za-z0-9 -]+") as raised:
        syscall.netlink_rib(syscall.RTM_GETNEXTHOP, 200)
    assert raised.value.errno == errno.EINVAL


@in_namespace
def test_a_table_that_changes_while_it_is_read_is_read_again() -> None:
    """Names that are there all the time are in every table once, whatever comes and goes beside them."""
    steady = {f"steady{i}" for i in range(40)}
    for name in sorted(steady):
        laboratory.add_pair(name, f"peer-{name}")
    done = threading.Event()
    changes = 0

    def change() -> None:
        nonlocal changes
        while not done.is_set():
            laboratory.add_pair("coming", "going")
            laboratory.add_address("coming", "10.9.9.9/24")
            laboratory.delete("coming")
            changes += 1

    thread = threading.Thread(target=change)
    thread.start()
    try:
        tables = 0
        while tables < 200 or changes < 20:
            for proto in (syscall.RTM_GETLINK, syscall.RTM_GETADDR):
                try:
                    messages = syscall.parse_netlink_message(syscall.netlink_rib(proto, syscall.AF_UNSPEC))
                except InterruptedError as error:
                    assert "netlink_rib: the table has changed" in str(error)  # noqa: PT017
                    continue
                tables += 1
                assert not any(message.header.flags & syscall.NLM_F_DUMP_INTR for message in messages)
                if proto == syscall.RTM_GETLINK:
                    names = [
                        attribute.value
                        for message in messages[:-1]
                        for attribute in syscall.parse_netlink_route_attr(message)
                        if attribute.attr.type == syscall.IFLA_IFNAME
                    ]
                    assert len(names) == len(set(names))
                    assert {name.rstrip(b"\0").decode() for name in names} >= steady
    finally:
        done.set()
        thread.join()


@pytest.mark.skipif(shutil.which("strace") is None, reason="tool: strace")
@pytest.mark.parametrize("call", ["socket", "bind", "getsockname", "setsockopt", "sendto", "recvfrom"])
def test_no_descriptor_stays_open_where_a_call_in_the_middle_fails(call: str) -> None:
    program = """if True:
        import os, pysyscall as syscall
        before = os.listdir("/proc/self/fd")
        for i in range(3):
            try:
                syscall.interfaces()
            except OSError as error:
                print(error)
        assert os.listdir("/proc/self/fd") == before, os.listdir("/proc/self/fd")
    """
    traced = ["-f", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:error=ENOBUFS"]
    done = run_traced(*traced, sys.executable, "-c", program)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"[Errno 105] {call}: No buffer space available"] * 3


def test_a_request_is_the_bytes_that_are_sent() -> None:
    header = syscall.NlMsghdr(17, syscall.RTM_GETLINK, syscall.NLM_F_DUMP, 1, 0)
    request = syscall.NetlinkRouteRequest(header, syscall.RtGenmsg(syscall.AF_INET))
    assert bytes(request) == bytes(header) + bytes([syscall.AF_INET])


# Taken apart


@pytest.mark.parametrize("proto", TABLES)
def test_a_table_cut_anywhere_is_its_first_messages_or_einval(proto: int) -> None:
    table = syscall.netlink_rib(proto, syscall.AF_UNSPEC)[:2000]
    first = struct.unpack_from("=I", table)[0]
    for length in range(len(table)):
        whole = parses(syscall.parse_netlink_message, table[:length])
        if 16 <= length < first:
            assert not whole
    with pytest.raises(OSError, match="parse_netlink_message: Invalid argument"):
        syscall.parse_netlink_message(table[: first - 1])


@pytest.mark.parametrize("proto", TABLES)
def test_attributes_cut_anywhere_are_the_first_ones_or_einval(proto: int) -> None:
    message = syscall.parse_netlink_message(syscall.netlink_rib(proto, syscall.AF_UNSPEC))[0]
    whole = syscall.parse_netlink_route_attr(message)
    results = set()
    for length in range(len(message.data)):
        cut = syscall.NetlinkMessage(message.header, message.data[:length])
        if parses(lambda _, cut=cut: syscall.parse_netlink_route_attr(cut), b""):  # type: ignore[misc]
            attributes = syscall.parse_netlink_route_attr(cut)
            assert attributes == whole[: len(attributes)]
            results.add(len(attributes))
    assert results >= set(range(len(whole)))


messages = st.builds(
    syscall.netlink_message,
    st.integers(0, 65535),
    st.integers(0, 65535),
    st.integers(0, 2**32 - 1),
    st.binary(max_size=40),
)
attributes = st.tuples(st.integers(0, 65535), st.binary(max_size=40))


@given(st.binary(max_size=100))
def test_any_bytes_are_messages_or_einval(raw: bytes) -> None:
    parses(syscall.parse_netlink_message, raw)
    parses(syscall.parse_route_attr, raw)
    for kind in NEW.values():
        message = syscall.NetlinkMessage(syscall.NlMsghdr(16 + len(raw), kind), raw)
        parses(lambda _, m=message: syscall.parse_netlink_route_attr(m), raw)  # type: ignore[misc]


@given(st.lists(st.tuples(st.integers(0, 65535), st.binary(max_size=40))), st.data())
def test_messages_with_any_length_in_their_headers_are_messages_or_einval(
    bodies: list[tuple[int, bytes]], data: st.DataObject
) -> None:
    raw = bytearray(b"".join(syscall.netlink_message(kind, 0, 1, body) for kind, body in bodies))
    if raw:
        struct.pack_into("=I", raw, 0, data.draw(st.integers(0, 2**32 - 1)))
    parses(syscall.parse_netlink_message, bytes(raw))


@given(st.lists(st.tuples(st.integers(0, 65535), st.integers(0, 65535), st.binary(max_size=40)), max_size=5))
def test_messages_that_were_put_together_come_apart(bodies: list[tuple[int, int, bytes]]) -> None:
    raw = b"".join(syscall.netlink_message(kind, flags, 7, body) for kind, flags, body in bodies)
    assert len(raw) % 4 == 0
    room = (ctypes.c_char * len(raw)).from_buffer_copy(raw)
    for buffer in (raw, bytearray(raw), memoryview(raw), array.array("B", raw), room, memoryview(room)):
        parsed = syscall.parse_netlink_message(buffer)
        assert [(m.header.type, m.header.flags, m.data) for m in parsed] == bodies
        assert all((m.header.seq, m.header.pid, m.header.len) == (7, 0, 16 + len(m.data)) for m in parsed)


@given(st.lists(attributes, max_size=5))
def test_attributes_that_were_put_together_come_apart(given_: list[tuple[int, bytes]]) -> None:
    raw = b"".join(syscall.route_attr(kind, value) for kind, value in given_)
    assert len(raw) % 4 == 0
    parsed = syscall.parse_route_attr(raw)
    assert parsed == syscall.parse_route_attr((ctypes.c_char * len(raw)).from_buffer_copy(raw))
    assert [(each.attr.type, each.value) for each in parsed] == given_
    nested = syscall.parse_route_attr(syscall.route_attr(1, raw))
    assert [each.value for each in nested] == [raw]


@pytest.mark.parametrize("make", [bytes, bytearray, memoryview])
def test_a_body_and_a_value_may_be_any_buffer(make: Callable[[bytes], bytes]) -> None:
    assert syscall.netlink_message(1, 0, 0, make(b"abc")) == syscall.netlink_message(1, 0, 0, b"abc")
    assert syscall.route_attr(1, make(b"abc")) == struct.pack("=HH", 7, 1) + b"abc\0"
    with pytest.raises(TypeError):
        syscall.route_attr(1, "text")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        syscall.netlink_message(1, 0, 0, 3)  # type: ignore[arg-type]


def test_an_attribute_too_long_for_its_header_is_refused() -> None:
    assert len(syscall.route_attr(1, bytes(65531))) == 65536
    with pytest.raises(OverflowError, match=r"^value's length must be in 0\.\.65535"):
        syscall.route_attr(1, bytes(65532))


@pytest.mark.parametrize("length", range(4))
def test_an_attribute_shorter_than_its_header_is_einval(length: int) -> None:
    for raw in (struct.pack("=HH", length, 1), syscall.route_attr(1, b"fine") + struct.pack("=HHI", length, 1, 0)):
        with pytest.raises(OSError, match="parse_route_attr: Invalid argument"):
            syscall.parse_route_attr(raw)


@pytest.mark.parametrize("length", range(16))
def test_a_message_shorter_than_its_header_is_einval(length: int) -> None:
    for raw in (struct.pack("=IHHII", length, 1, 0, 0, 0), syscall.netlink_message(1, 0, 0, b"") + bytes(16)):
        with pytest.raises(OSError, match="parse_netlink_message: Invalid argument"):
            syscall.parse_netlink_message(raw)


@pytest.mark.parametrize(
    ("kind", "size"),
    [
        (syscall.RTM_NEWLINK, 16),
        (syscall.RTM_DELLINK, 16),
        (syscall.RTM_NEWADDR, 8),
        (syscall.RTM_DELADDR, 8),
        (syscall.RTM_NEWROUTE, 12),
        (syscall.RTM_DELROUTE, 12),
        (syscall.RTM_NEWNEIGH, 12),
        (syscall.RTM_DELNEIGH, 12),
        (syscall.RTM_NEWNDUSEROPT, 16),
    ],
)
def test_a_message_shorter_than_what_stands_before_its_attributes_is_einval(kind: int, size: int) -> None:
    for length in range(size):
        with pytest.raises(OSError, match="parse_netlink_route_attr: Invalid argument"):
            syscall.parse_netlink_route_attr(syscall.NetlinkMessage(syscall.NlMsghdr(16 + length, kind), bytes(length)))
    assert syscall.parse_netlink_route_attr(syscall.NetlinkMessage(syscall.NlMsghdr(16, kind), bytes(size))) == []


@in_namespace
def test_the_table_of_neighbours() -> None:
    """As `ip neighbour add 10.0.0.9 lladdr 02:00:00:00:00:09 dev near` would have it."""
    laboratory.add_pair("near", "far")
    laboratory.set_up("near")
    near = syscall.interface_by_name("near").index
    entry = syscall.NdMsg(syscall.AF_INET, 0, 0, near, syscall.NUD_PERMANENT, 0, 0)
    attributes = syscall.route_attr(syscall.NDA_DST, bytes((10, 0, 0, 9)))
    attributes += syscall.route_attr(syscall.NDA_LLADDR, b"\2\0\0\0\0\x09")
    syscall.netlink_ack(asked(syscall.RTM_NEWNEIGH, bytes(entry) + attributes))
    (found,) = [
        message
        for message in syscall.parse_netlink_message(syscall.netlink_rib(syscall.RTM_GETNEIGH, syscall.AF_INET))
        if message.header.type == syscall.RTM_NEWNEIGH
    ]
    told = syscall.NdMsg.from_buffer_copy(found.data)
    assert (told.family, told.ifindex, told.state) == (syscall.AF_INET, near, syscall.NUD_PERMANENT)
    values = {each.attr.type: each.value for each in syscall.parse_netlink_route_attr(found)}
    assert values[syscall.NDA_DST] == bytes((10, 0, 0, 9))
    assert values[syscall.NDA_LLADDR] == b"\2\0\0\0\0\x09"


def asked(kind: int, body: bytes, flags: int = syscall.NLM_F_CREATE) -> syscall.NetlinkMessage:
    """The kernel's answer to a request, with its words."""
    fd = syscall.socket(syscall.AF_NETLINK, syscall.SOCK_RAW | syscall.SOCK_CLOEXEC, syscall.NETLINK_ROUTE)
    try:
        syscall.setsockopt_int(fd, syscall.SOL_NETLINK, syscall.NETLINK_EXT_ACK, 1)
        flags |= syscall.NLM_F_REQUEST | syscall.NLM_F_ACK
        syscall.sendto(fd, syscall.netlink_message(kind, flags, 1, body), 0, syscall.SockaddrNetlink())
        answer = bytearray(65536)
        n, _ = syscall.recvfrom(fd, answer)
        (message,) = syscall.parse_netlink_message(memoryview(answer)[:n])
        return message
    finally:
        syscall.close(fd)


def test_the_options_of_a_router_stand_before_the_attributes() -> None:
    option = bytes((25, 3)) + bytes(22)
    body = bytes(syscall.NdUseroptmsg(syscall.AF_INET6, 0, len(option), 1, syscall.ND_ROUTER_ADVERT, 0, 0, 0)) + option
    whole = body + syscall.route_attr(1, b"source")
    message = syscall.NetlinkMessage(syscall.NlMsghdr(16 + len(whole), syscall.RTM_NEWNDUSEROPT), whole)
    assert [(each.attr.type, each.value) for each in syscall.parse_netlink_route_attr(message)] == [(1, b"source")]
    message.data = body[:-1]
    with pytest.raises(OSError, match="parse_netlink_route_attr: Invalid argument"):
        syscall.parse_netlink_route_attr(message)


def test_only_links_addresses_routes_and_neighbours_have_attributes() -> None:
    for kind in (syscall.NLMSG_DONE, syscall.NLMSG_ERROR, syscall.RTM_GETLINK, 0, 65535):
        with pytest.raises(OSError, match="parse_netlink_route_attr: Invalid argument"):
            syscall.parse_netlink_route_attr(syscall.NetlinkMessage(syscall.NlMsghdr(116, kind), bytes(100)))


@pytest.mark.parametrize("call", [syscall.parse_netlink_message, syscall.parse_route_attr])
@pytest.mark.parametrize("raw", [16, "text", None, [0] * 16])
def test_what_is_no_bytes_is_a_type_error(call: Callable[[object], object], raw: object) -> None:
    with pytest.raises(TypeError):
        call(raw)


def test_messages_and_attributes_are_compared_and_shown_by_value() -> None:
    raw = syscall.netlink_message(syscall.RTM_NEWLINK, 0, 1, bytes(16) + syscall.route_attr(3, b"lo\0"))
    (one,), (other,) = syscall.parse_netlink_message(raw), syscall.parse_netlink_message(raw)
    assert one == other
    assert one != raw
    assert repr(one).startswith("NetlinkMessage(header=NlMsghdr(len=40, type=16, ")
    other.data += b"x"
    assert one != other
    (attribute,) = syscall.parse_netlink_route_attr(one)
    assert attribute == syscall.NetlinkRouteAttr(syscall.RtAttr(7, 3), b"lo\0")
    assert attribute != syscall.NetlinkRouteAttr(syscall.RtAttr(7, 4), b"lo\0")
    assert repr(attribute) == "NetlinkRouteAttr(attr=RtAttr(len=7, type=3), value=b'lo\\x00')"


@pytest.mark.parametrize("length", [0, 3, 4, 20])
def test_an_acknowledgement_is_none_or_the_kernels_error(length: int) -> None:
    def answer(kind: int, number: int) -> syscall.NetlinkMessage:
        data = (struct.pack("i", -number) + bytes(16))[:length]
        return syscall.NetlinkMessage(syscall.NlMsghdr(16 + length, kind), data)

    syscall.netlink_ack(answer(syscall.NLMSG_ERROR, 0))
    syscall.netlink_ack(answer(syscall.RTM_NEWLINK, errno.EPERM))
    if length >= 4:
        with pytest.raises(PermissionError, match="netlink: Operation not permitted"):
            syscall.netlink_ack(answer(syscall.NLMSG_ERROR, errno.EPERM))


def test_the_end_of_a_table_is_none_or_the_kernels_error() -> None:
    def end(number: int) -> syscall.NetlinkMessage:
        return syscall.NetlinkMessage(syscall.NlMsghdr(20, syscall.NLMSG_DONE), struct.pack("i", -number))

    syscall.netlink_ack(end(0))
    syscall.netlink_ack(syscall.NetlinkMessage(syscall.NlMsghdr(16, syscall.NLMSG_DONE), b""))
    with pytest.raises(OSError, match=r"netlink: Invalid argument$") as raised:
        syscall.netlink_ack(end(errno.EINVAL))
    assert raised.value.errno == errno.EINVAL


@in_namespace
def test_the_kernels_own_words_are_in_the_error() -> None:
    laboratory.add_pair("near", "far")
    for body in (
        bytes(syscall.IfInfomsg()) + syscall.route_attr(syscall.IFLA_IFNAME, b"x/y\0"),  # an attribute's fault
        bytes(syscall.RtMsg(syscall.AF_INET, 99)),
    ):
        kind = syscall.RTM_NEWLINK if len(body) > 12 else syscall.RTM_NEWROUTE
        answer = asked(kind, body)
        with pytest.raises(OSError, match=r"^\[Errno [0-9]+\] netlink: [A-Z][a-z -]+: [A-Za-z]") as raised:
            syscall.netlink_ack(answer)
        assert str(raised.value).isprintable()


@pytest.mark.parametrize("kind", [syscall.NLMSG_ERROR, syscall.NLMSG_DONE])
@pytest.mark.parametrize("capped", [False, True])
def test_words_are_found_wherever_they_stand_and_cut_ones_do_not_hide_the_error(kind: int, capped: bool) -> None:
    request = b"the request" * 3 + b"\0\0\0"
    words = syscall.route_attr(syscall.NLMSGERR_ATTR_OFFS, bytes(4))
    words += syscall.route_attr(syscall.NLMSGERR_ATTR_MSG, b"too \xff late\0")
    data = struct.pack("i", -errno.EBUSY)
    flags = syscall.NLM_F_ACK_TLVS | (syscall.NLM_F_CAPPED if capped else 0)
    if kind == syscall.NLMSG_ERROR:
        data += bytes(syscall.NlMsghdr(16 + len(request) - 3)) + (b"" if capped else request)
    for length in range(4, len(data + words) + 1):
        header = syscall.NlMsghdr(16 + length, kind, flags)
        with pytest.raises(OSError, match=failed("netlink", syscall.EBUSY)) as raised:
            syscall.netlink_ack(syscall.NetlinkMessage(header, (data + words)[:length]))
        assert raised.value.errno == errno.EBUSY
    assert str(raised.value).endswith(r"busy: too \xff late")
    with pytest.raises(OSError, match=r"busy$"):
        syscall.netlink_ack(syscall.NetlinkMessage(syscall.NlMsghdr(0, kind), data + words))
