"""rtnetlink: tables from the kernel, messages taken apart and put together."""

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

from ..namespaces import in_namespace

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


def test_the_kernels_refusal_has_its_own_errno() -> None:
    """Types that ask for a table, by their place among four, but that no kernel knows."""
    for proto in (9998, syscall.RTM_GETLINK + 1000):
        with pytest.raises(OSError, match="netlink: ") as raised:
            syscall.netlink_rib(proto, syscall.AF_UNSPEC)
        assert raised.value.errno == errno.EOPNOTSUPP


@pytest.mark.skipif(shutil.which("strace") is None, reason="tool: strace")
@pytest.mark.parametrize("call", ["socket", "bind", "getsockname", "sendto", "recvfrom"])
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
    traced = ["strace", "-f", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:error=ENOBUFS"]
    done = subprocess.run(
        [*traced, sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
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
    for buffer in (raw, bytearray(raw), memoryview(raw)):
        parsed = syscall.parse_netlink_message(buffer)
        assert [(m.header.type, m.header.flags, m.data) for m in parsed] == bodies
        assert all((m.header.seq, m.header.pid, m.header.len) == (7, 0, 16 + len(m.data)) for m in parsed)


@given(st.lists(attributes, max_size=5))
def test_attributes_that_were_put_together_come_apart(given_: list[tuple[int, bytes]]) -> None:
    raw = b"".join(syscall.route_attr(kind, value) for kind, value in given_)
    assert len(raw) % 4 == 0
    parsed = syscall.parse_route_attr(raw)
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
    ],
)
def test_a_message_shorter_than_what_stands_before_its_attributes_is_einval(kind: int, size: int) -> None:
    for length in range(size):
        with pytest.raises(OSError, match="parse_netlink_route_attr: Invalid argument"):
            syscall.parse_netlink_route_attr(syscall.NetlinkMessage(syscall.NlMsghdr(16 + length, kind), bytes(length)))
    assert syscall.parse_netlink_route_attr(syscall.NetlinkMessage(syscall.NlMsghdr(16, kind), bytes(size))) == []


def test_only_links_addresses_and_routes_have_attributes() -> None:
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
