"""The addresses: what they hold, the bytes that the kernel is given and gives, and how they behave as values."""

import copy
import errno
import os
import pickle
import socket
import struct
import typing
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pysyscall as syscall
from pysyscall import (
    Sockaddr,
    SockaddrBytes,
    SockaddrInet4,
    SockaddrInet6,
    SockaddrLinklayer,
    SockaddrNetlink,
    SockaddrUnix,
    SockaddrVM,
    SockaddrXDP,
)

from ..conftest import LOOPBACK, LOOPBACK6, Keep
from ..namespaces import in_namespace

u8, u16, u32 = (st.integers(0, 2**bits - 1) for bits in (8, 16, 32))
unix_paths = st.binary(max_size=108).filter(lambda path: b"\0" not in path)
abstract_names = st.binary(max_size=107).map(lambda name: b"\0" + name)

inet4 = st.builds(SockaddrInet4, port=u16, addr=st.binary(min_size=4, max_size=4))
inet6 = st.builds(SockaddrInet6, port=u16, addr=st.binary(min_size=16, max_size=16), zone_id=u32, flowinfo=u32)
unix = st.builds(SockaddrUnix, unix_paths | abstract_names)
linklayer = st.builds(
    SockaddrLinklayer,
    protocol=u16,
    ifindex=st.integers(-(2**31), 2**31 - 1),
    hatype=u16,
    pkttype=u8,
    addr=st.binary(max_size=32),
)
netlink = st.builds(SockaddrNetlink, pid=u32, groups=u32)
vm = st.builds(SockaddrVM, port=u32, cid=u32, flags=u8)
xdp = st.builds(SockaddrXDP, flags=u16, ifindex=u32, queue_id=u32, shared_umem_fd=u32)
others = st.builds(SockaddrBytes, st.binary(max_size=128))
addresses = inet4 | inet6 | unix | linklayer | netlink | vm | xdp | others
raw_addresses = st.binary(max_size=128) | st.builds(
    lambda family, rest: struct.pack("=H", family) + rest,
    st.sampled_from(
        [
            syscall.AF_UNIX,
            syscall.AF_INET,
            syscall.AF_INET6,
            syscall.AF_NETLINK,
            syscall.AF_PACKET,
            syscall.AF_VSOCK,
            syscall.AF_XDP,
        ]
    ),
    st.binary(max_size=126),
)

ONE_OF_EACH: list[Sockaddr] = [
    SockaddrInet4(80, LOOPBACK),
    SockaddrInet6(443, LOOPBACK6, 2, 0x12345),
    SockaddrUnix("/run/a socket"),
    SockaddrUnix("\0abstract\0name"),
    SockaddrUnix(""),
    SockaddrLinklayer(8, 1, 1, 4, None, b"\x02\0\0\0\0\x01"),
    SockaddrLinklayer(addr=bytes(range(20))),
    SockaddrNetlink(1, 2),
    SockaddrVM(1234, 2, 1),
    SockaddrXDP(syscall.XDP_COPY, 2, 1, 3),
    SockaddrBytes(struct.pack("=HBBHH", syscall.AF_CAN, 0, 0, 0, 1)),
    SockaddrBytes(b""),
]


# What they hold


def test_an_inet4_address_has_a_port_in_host_order_and_four_bytes() -> None:
    address = SockaddrInet4(8080, bytes((10, 1, 2, 3)))
    assert (address.family, address.port, address.addr) == (socket.AF_INET, 8080, bytes((10, 1, 2, 3)))
    assert bytes(address) == struct.pack("=H", socket.AF_INET) + b"\x1f\x90" + bytes((10, 1, 2, 3)) + bytes(8)


def test_an_inet6_address_has_a_zone_and_a_flow_in_host_order() -> None:
    address = SockaddrInet6(8080, bytes(range(16)), 0x01020304, 0x000ABCDE)
    assert (address.family, address.port, address.addr) == (socket.AF_INET6, 8080, bytes(range(16)))
    assert (address.zone_id, address.flowinfo) == (0x01020304, 0x000ABCDE)
    head = struct.pack("=H", socket.AF_INET6) + b"\x1f\x90" + b"\x00\x0a\xbc\xde"
    assert bytes(address) == head + bytes(range(16)) + struct.pack("=I", 0x01020304)
    assert (SockaddrInet6(0, bytes(16)).zone_id, SockaddrInet6(0, bytes(16)).flowinfo) == (0, 0)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("/run/x", b"/run/x\0"),
        (b"/run/\xff", b"/run/\xff\0"),
        (Path("relative"), b"relative\0"),
        ("a" * 107, b"a" * 107 + b"\0"),
        ("a" * 108, b"a" * 108),
        ("\0abstract", b"\0abstract"),
        ("\0with\0NULs\0", b"\0with\0NULs\0"),
        ("\0" + "a" * 107, b"\0" + b"a" * 107),
        ("\0", b"\0"),
        ("", b""),
        ("/ünïcode", "/ünïcode".encode() + b"\0"),
    ],
)
def test_a_unix_address_has_the_name_and_the_kernels_bytes(name: str | bytes | Path, path: bytes) -> None:
    address = SockaddrUnix(name)
    assert bytes(address) == struct.pack("=H", socket.AF_UNIX) + path
    assert address.family == socket.AF_UNIX
    assert address.name == os.fsdecode(name)


def test_a_linklayer_address_has_its_fields_in_the_kernels_order() -> None:
    address = SockaddrLinklayer(syscall.htons(0x88B5), -3, 0x0102, 4, None, b"\x02abcde")
    assert bytes(address) == struct.pack(
        "=HHiHBB8s", socket.AF_PACKET, socket.htons(0x88B5), -3, 0x0102, 4, 6, b"\x02abcde"
    )
    assert (address.protocol, address.ifindex, address.hatype) == (socket.htons(0x88B5), -3, 0x0102)
    assert (address.pkttype, address.halen, address.addr) == (4, 6, b"\x02abcde")


@pytest.mark.parametrize("length", [0, 1, 6, 7, 8, 9, 20, 32])
def test_a_hardware_address_may_be_of_any_length_that_linux_has(length: int) -> None:
    address = SockaddrLinklayer(addr=bytes(range(1, length + 1)))
    assert address.addr == bytes(range(1, length + 1))
    assert address.halen == length
    assert len(bytes(address)) == max(20, 12 + length)
    assert Sockaddr.from_bytes(bytes(address)) == address


def test_halen_may_exceed_the_address_and_may_not_fall_short_of_it() -> None:
    assert SockaddrLinklayer(halen=6, addr=b"\x01\x02").addr == b"\x01\x02\0\0\0\0"
    with pytest.raises(ValueError, match=r"^halen must be at least addr's length, 6, not 5"):
        SockaddrLinklayer(halen=5, addr=bytes(6))


def test_a_netlink_address_has_a_port_and_groups() -> None:
    address = SockaddrNetlink(1234, 0x8000_0001)
    assert (address.family, address.pid, address.groups, address.pad) == (socket.AF_NETLINK, 1234, 0x8000_0001, 0)
    assert bytes(address) == struct.pack("=HHII", socket.AF_NETLINK, 0, 1234, 0x8000_0001)


def test_an_address_of_any_other_family_is_its_bytes() -> None:
    raw = struct.pack("=HBBHH", socket.AF_CAN, 0, 0, 0, 1)
    for address in (SockaddrBytes(raw), Sockaddr.from_bytes(raw)):
        assert type(address) is SockaddrBytes
        assert address.family == socket.AF_CAN
        assert bytes(address) == address.raw == raw


@pytest.mark.parametrize(
    ("make", "arguments", "exception", "message"),
    [
        (SockaddrInet4, {"port": 65536, "addr": LOOPBACK}, OverflowError, "port"),
        (SockaddrInet4, {"port": -1, "addr": LOOPBACK}, OverflowError, "port"),
        (SockaddrInet4, {"port": "80", "addr": LOOPBACK}, TypeError, "port"),
        (SockaddrInet4, {"port": 80.0, "addr": LOOPBACK}, TypeError, "port"),
        (SockaddrInet4, {"port": 80, "addr": LOOPBACK6}, ValueError, "addr must be 4 bytes, not 16"),
        (SockaddrInet4, {"port": 80, "addr": b""}, ValueError, "addr"),
        (SockaddrInet4, {"port": 80, "addr": "127.0.0.1"}, TypeError, "addr must be 4 bytes, not str"),
        (SockaddrInet4, {"port": 80, "addr": [127, 0, 0, 1]}, TypeError, "addr"),
        (SockaddrInet4, {"port": 80, "addr": 4}, TypeError, "addr"),
        (SockaddrInet6, {"port": 65536, "addr": LOOPBACK6}, OverflowError, "port"),
        (SockaddrInet6, {"port": 80, "addr": LOOPBACK}, ValueError, "addr must be 16 bytes, not 4"),
        (SockaddrInet6, {"port": 80, "addr": LOOPBACK6, "zone_id": 2**32}, OverflowError, "zone_id"),
        (SockaddrInet6, {"port": 80, "addr": LOOPBACK6, "zone_id": -1}, OverflowError, "zone_id"),
        (SockaddrInet6, {"port": 80, "addr": LOOPBACK6, "zone_id": 0, "flowinfo": 2**32}, OverflowError, "flowinfo"),
        (SockaddrUnix, {"name": "a" * 109}, ValueError, "name must be at most 108 bytes, not 109"),
        (SockaddrUnix, {"name": "\0" + "a" * 108}, ValueError, "name must be at most 108 bytes"),
        (SockaddrUnix, {"name": "ü" * 55}, ValueError, "name must be at most 108 bytes, not 110"),
        (SockaddrUnix, {"name": "a\0b"}, ValueError, "name must not hold a NUL"),
        (SockaddrUnix, {"name": "a\0"}, ValueError, "name must not hold a NUL"),
        (SockaddrUnix, {"name": bytearray(b"a")}, TypeError, ""),
        (SockaddrUnix, {"name": None}, TypeError, ""),
        (SockaddrLinklayer, {"protocol": 65536}, OverflowError, "protocol"),
        (SockaddrLinklayer, {"ifindex": 2**31}, OverflowError, "ifindex"),
        (SockaddrLinklayer, {"hatype": 65536}, OverflowError, "hatype"),
        (SockaddrLinklayer, {"pkttype": 256}, OverflowError, "pkttype"),
        (SockaddrLinklayer, {"halen": 33}, OverflowError, "halen"),
        (SockaddrLinklayer, {"addr": bytes(33)}, ValueError, "addr must be at most 32 bytes"),
        (SockaddrLinklayer, {"addr": "02:00:00:00:00:01"}, TypeError, ""),
        (SockaddrLinklayer, {"addr": 6}, TypeError, ""),
        (SockaddrNetlink, {"pid": 2**32}, OverflowError, "pid"),
        (SockaddrNetlink, {"groups": -1}, OverflowError, "groups"),
        (SockaddrBytes, {"raw": bytes(129)}, ValueError, "raw must be at most 128 bytes"),
        (SockaddrBytes, {"raw": "text"}, TypeError, ""),
        (SockaddrBytes, {"raw": 4}, TypeError, ""),
        (Sockaddr.from_bytes, {"raw": 4}, TypeError, ""),
        (Sockaddr.from_bytes, {"raw": "text"}, TypeError, ""),
        (Sockaddr, {}, TypeError, ""),
    ],
)
def test_what_an_address_cannot_hold_is_refused_by_name(
    make: Callable[..., object], arguments: dict[str, object], exception: type[Exception], message: str
) -> None:
    with pytest.raises(exception, match=f"^{message}"):
        make(**arguments)


def test_an_address_may_be_as_long_as_the_kernel_has_room_for() -> None:
    assert SockaddrBytes(bytes(128)).raw == bytes(128)
    assert Sockaddr.from_bytes(bytes(128)) == SockaddrBytes(bytes(128))


def test_bytes_of_any_kind_make_an_address() -> None:
    for addr in (bytearray(LOOPBACK), memoryview(LOOPBACK), memoryview(b"127.0.0.1" + LOOPBACK)[-4:]):
        assert SockaddrInet4(1, addr) == SockaddrInet4(1, LOOPBACK)
        assert SockaddrLinklayer(addr=addr) == SockaddrLinklayer(addr=LOOPBACK)
    for raw in (bytes, bytearray, memoryview):
        for address in ONE_OF_EACH:
            assert Sockaddr.from_bytes(raw(bytes(address))) == address


def test_an_address_does_not_change_with_the_buffer_that_it_was_made_of() -> None:
    addr, raw = bytearray(LOOPBACK), bytearray(bytes(SockaddrInet4(1, LOOPBACK)))
    made = [SockaddrInet4(1, addr), Sockaddr.from_bytes(raw), SockaddrBytes(raw)]
    addr[:] = raw[:] = bytes(4)
    assert made == [SockaddrInet4(1, LOOPBACK)] * 3


@pytest.mark.parametrize(
    ("kind", "zero"),
    [
        (SockaddrInet4, SockaddrInet4(0, bytes(4))),
        (SockaddrInet6, SockaddrInet6(0, bytes(16), 0, 0)),
        (SockaddrUnix, SockaddrUnix("")),
        (SockaddrLinklayer, SockaddrLinklayer(0, 0, 0, 0, 0, b"")),
        (SockaddrNetlink, SockaddrNetlink(0, 0)),
        (SockaddrVM, SockaddrVM(0, 0, 0)),
        (SockaddrXDP, SockaddrXDP(0, 0, 0, 0)),
    ],
)
def test_what_is_left_out_is_zero(kind: type[Sockaddr], zero: Sockaddr) -> None:
    assert kind() == zero
    assert bytes(kind())[2:] == bytes(len(bytes(zero)) - 2)


def test_an_address_may_be_given_in_part() -> None:
    assert SockaddrInet4(port=5000) == SockaddrInet4(5000, bytes(4))
    assert SockaddrInet4(addr=LOOPBACK) == SockaddrInet4(0, LOOPBACK)
    assert SockaddrInet6(5000, zone_id=2) == SockaddrInet6(5000, bytes(16), 2)
    assert SockaddrVM(cid=2) == SockaddrVM(0, 2)


class Number:
    """What an integer may come as."""

    def __index__(self) -> int:
        return 8080


def test_a_field_takes_whatever_stands_for_an_integer() -> None:
    port: int = Number()  # type: ignore[assignment]
    assert SockaddrInet4(port, LOOPBACK) == SockaddrInet4(8080, LOOPBACK)
    assert SockaddrNetlink(port) == SockaddrNetlink(8080)
    assert SockaddrInet6(zone_id=True) == SockaddrInet6(zone_id=1)


@pytest.mark.parametrize("address", ONE_OF_EACH)
def test_a_field_says_what_it_is_and_of_what_type(address: Sockaddr) -> None:
    for name in (*getattr(type(address), "__match_args__", ()), "family"):
        field = getattr(type(address), name)
        assert isinstance(field, property)
        assert field.__doc__
        kind = typing.get_type_hints(field.fget)["return"]
        assert isinstance(getattr(address, name), kind)


# As text


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (SockaddrInet4(8080, LOOPBACK), "127.0.0.1:8080"),
        (SockaddrInet4(), "0.0.0.0:0"),
        (SockaddrInet6(53, b"\xfe\x80" + bytes(13) + b"\x01", 2), "[fe80::1%2]:53"),
        (SockaddrInet6(443, LOOPBACK6), "[::1]:443"),
        (SockaddrInet6(), "[::]:0"),
        (SockaddrUnix("/run/a socket"), "/run/a socket"),
        (SockaddrUnix("/ünïcode"), "/ünïcode"),
        (SockaddrUnix("a" * 108), "a" * 108),
        (SockaddrUnix("\0name"), "@name"),
        (SockaddrUnix("\0a\0b"), r"@a\x00b"),
        (SockaddrUnix(b"/new\nline\x1b[0m\xff"), r"/new\nline\x1b[0m\xff"),
        (SockaddrUnix(b"/\xc2\x9b\xe2\x80\xae"), r"/\x9b\u202e"),
        (SockaddrUnix(), ""),
        (SockaddrLinklayer(addr=bytes.fromhex("020000000001")), "02:00:00:00:00:01"),
        (SockaddrLinklayer(syscall.htons(0x88B5), 2, addr=bytes.fromhex("020000000001")), "02:00:00:00:00:01%2/0x88b5"),
        (SockaddrLinklayer(syscall.htons(syscall.ETH_P_ALL), 3), "*%3/0x0003"),
        (SockaddrNetlink(), "0"),
        (SockaddrNetlink(1234, 0x11), "1234/0x11"),
        (SockaddrVM(1234, 2), "2:1234"),
        (SockaddrXDP(ifindex=2, queue_id=1), "2:1"),
        (SockaddrBytes(b"\1"), r"SockaddrBytes(raw=b'\x01')"),
    ],
)
def test_an_address_prints_as_people_write_it(address: Sockaddr, text: str) -> None:
    assert str(address) == f"{address}" == text


@given(addresses)
def test_what_an_address_prints_can_be_printed_on_one_line(address: Sockaddr) -> None:
    assert str(address).encode().decode().isprintable()


@given(inet4 | inet6)
def test_an_internet_address_is_resolved_from_what_it_prints(address: SockaddrInet4 | SockaddrInet6) -> None:
    host, port = syscall.split_host_port(str(address))
    text, _, zone = host.partition("%")
    assert (syscall.parse_ip(text), int(port)) == (address.addr, address.port)
    assert int(zone or 0) == getattr(address, "zone_id", 0)


# As values


@given(addresses)
def test_an_address_decodes_from_its_bytes(address: Sockaddr) -> None:
    decoded = Sockaddr.from_bytes(bytes(address))
    assert bytes(decoded) == bytes(address) or type(address) is SockaddrBytes
    if type(address) is not SockaddrBytes:
        assert decoded == address
        assert type(decoded) is type(address)


@given(addresses)
def test_the_repr_of_an_address_makes_it_again(address: Sockaddr) -> None:
    assert eval(repr(address), vars(syscall)) == address
    assert type(eval(repr(address), vars(syscall))) is type(address)


@given(raw_addresses)
def test_no_bytes_of_the_kernels_are_an_error(raw: bytes) -> None:
    address = Sockaddr.from_bytes(raw)
    assert Sockaddr.from_bytes(bytes(address)) == address
    assert eval(repr(address), vars(syscall)) == address
    assert len(bytes(address)) <= 128
    hash(address)
    assert address.family == int.from_bytes(raw[:2], "little" if struct.pack("=H", 1)[0] else "big")


@pytest.mark.parametrize(
    ("family", "least"),
    [
        (socket.AF_INET, 16),
        (socket.AF_INET6, 28),
        (socket.AF_UNIX, 2),
        (socket.AF_PACKET, 12),
        (socket.AF_NETLINK, 12),
    ],
)
def test_an_address_too_short_for_its_family_is_its_bytes(family: int, least: int) -> None:
    whole = struct.pack("=H", family) + bytes(126)
    for length in range(129):
        address = Sockaddr.from_bytes(whole[:length])
        assert (type(address) is SockaddrBytes) == (length < least)
        if length < least:
            assert bytes(address) == whole[:length]


def test_a_hardware_address_that_was_cut_is_too_short_for_its_family() -> None:
    raw = bytes(SockaddrLinklayer(addr=b"\x02abcde"))
    assert type(Sockaddr.from_bytes(raw[:18])) is SockaddrLinklayer
    for length in range(12, 18):
        assert Sockaddr.from_bytes(raw[:length]) == SockaddrBytes(raw[:length])


def test_what_stands_behind_an_address_does_not_matter() -> None:
    for address in ONE_OF_EACH:
        if isinstance(address, (SockaddrInet6, SockaddrNetlink, SockaddrLinklayer)):
            assert Sockaddr.from_bytes(bytes(address).ljust(20, b"\0") + b"rubbish") == address
    assert Sockaddr.from_bytes(bytes(SockaddrInet4(1, LOOPBACK))[:8] + b"rubbish!!") == SockaddrInet4(1, LOOPBACK)
    assert Sockaddr.from_bytes(bytes(SockaddrUnix("/x")) + b"rubbish") == SockaddrUnix("/x")


@pytest.mark.parametrize(
    ("address", "gaps"),
    [
        (SockaddrInet4(80, LOOPBACK), range(8, 16)),
        (SockaddrNetlink(1, 2), range(2, 4)),
        (SockaddrVM(1234, 2, 1), (2, 3, 13, 14, 15)),
    ],
)
def test_what_stands_between_the_fields_does_not_matter(address: Sockaddr, gaps: Iterable[int]) -> None:
    raw = bytearray(bytes(address))
    for at in gaps:
        raw[at] = 0xFF
        decoded = Sockaddr.from_bytes(raw)
        assert decoded == address
        assert bytes(decoded) == bytes(address)


@given(addresses, addresses)
def test_addresses_are_equal_where_their_bytes_are(one: Sockaddr, other: Sockaddr) -> None:
    assert (one == other) == (bytes(one) == bytes(other))
    if one == other:
        assert hash(one) == hash(other)


def test_addresses_are_dictionary_keys() -> None:
    table = {address: str(address) for address in ONE_OF_EACH}
    assert len(table) == len(ONE_OF_EACH)
    for address in ONE_OF_EACH:
        assert table[Sockaddr.from_bytes(bytes(address))] == str(address)
    assert SockaddrInet4(1, LOOPBACK) != SockaddrInet4(2, LOOPBACK)
    assert SockaddrInet4(1, LOOPBACK) != bytes(SockaddrInet4(1, LOOPBACK))
    assert SockaddrInet4(1, LOOPBACK) != ("127.0.0.1", 1)


@pytest.mark.parametrize("address", ONE_OF_EACH)
def test_an_address_can_be_copied_and_pickled(address: Sockaddr) -> None:
    for clone in (
        copy.copy(address),
        copy.deepcopy(address),
        *(pickle.loads(pickle.dumps(address, protocol)) for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)),
    ):
        assert clone == address
        assert type(clone) is type(address)


@pytest.mark.parametrize("address", ONE_OF_EACH)
def test_an_address_cannot_be_changed(address: Sockaddr) -> None:
    fields = [name for name in dir(address) if not name.startswith("_")]
    assert "family" in fields
    for name in (*fields, "misspelt"):
        with pytest.raises(AttributeError):
            setattr(address, name, 1)
        with pytest.raises(AttributeError):
            delattr(address, name)


def test_an_address_can_be_matched() -> None:
    match Sockaddr.from_bytes(bytes(SockaddrInet6(443, LOOPBACK6, 3))):
        case SockaddrInet6(443, addr, zone_id):
            assert (addr, zone_id) == (LOOPBACK6, 3)
        case _:
            pytest.fail("not matched")


# Both ways through the kernel


@given(st.integers(1, 2**31 - 1))
def test_the_decoder_agrees_with_pythons_socket_module(seed: int) -> None:
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
        sock.bind(("::1", 0, seed & 0xFFFFF, 0))
        theirs = sock.getsockname()
        ours = syscall.getsockname(sock.fileno())
    assert isinstance(ours, SockaddrInet6)
    assert (socket.inet_ntop(socket.AF_INET6, ours.addr), ours.port, ours.flowinfo, ours.zone_id) == theirs


@pytest.mark.parametrize(
    "name", ["{}/" + "a" * 20, "\0" + "a" * 107, "\0short {}", "\0N\0U\0L\0 {}", "\0\0\0 {}", b"\0\xff\xfe {}"]
)
def test_python_sees_the_unix_name_that_was_bound(keep: Keep, tmp_path: Path, name: str | bytes) -> None:
    wanted = name if isinstance(name, bytes) else name.format(tmp_path).encode()
    fd = keep(syscall.socket(syscall.AF_UNIX, syscall.SOCK_DGRAM))
    syscall.bind(fd, SockaddrUnix(wanted))
    bound = syscall.getsockname(fd)
    assert bound == SockaddrUnix(wanted)
    with socket.socket(fileno=os.dup(fd)) as sock:
        theirs = sock.getsockname()
    assert os.fsencode(theirs) == wanted
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.sendto(b"found", wanted)
    assert os.read(fd, 10) == b"found"


def test_a_path_of_108_bytes_can_be_bound_and_comes_back(
    keep: Keep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    fd = keep(syscall.socket(syscall.AF_UNIX, syscall.SOCK_DGRAM))
    syscall.bind(fd, SockaddrUnix("a" * 108))
    assert os.listdir() == ["a" * 108]
    assert syscall.getsockname(fd) == SockaddrUnix("a" * 108)
    assert syscall.sendto(fd, b"x", 0, SockaddrUnix("a" * 108)) == 1
    assert syscall.recvfrom(fd, bytearray(1)) == (1, SockaddrUnix("a" * 108))


def test_an_abstract_name_is_no_file(keep: Keep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    syscall.bind(keep(syscall.socket(syscall.AF_UNIX, syscall.SOCK_DGRAM)), SockaddrUnix(f"\0{tmp_path}"))
    assert os.listdir() == []
    syscall.bind(keep(syscall.socket(syscall.AF_UNIX, syscall.SOCK_DGRAM)), SockaddrUnix("@plain"))
    assert os.listdir() == ["@plain"]


def test_a_netlink_address_goes_both_ways(keep: Keep) -> None:
    fd = keep(syscall.socket(syscall.AF_NETLINK, syscall.SOCK_RAW, syscall.NETLINK_ROUTE))
    syscall.bind(fd, SockaddrNetlink(groups=1))
    own = syscall.getsockname(fd)
    assert isinstance(own, SockaddrNetlink)
    with socket.socket(fileno=os.dup(fd)) as sock:
        assert sock.getsockname() == (own.pid, own.groups)
    assert own.groups == 1
    assert own.pid != 0


def test_an_address_of_another_family_goes_both_ways(keep: Keep) -> None:
    try:
        fd = keep(syscall.socket(syscall.AF_VSOCK, syscall.SOCK_STREAM))
    except OSError as error:
        pytest.skip(f"kernel: {error.strerror}")
    any_cid, port = 0xFFFF_FFFF, 0x1234
    sent = SockaddrBytes(struct.pack("=HHIIBBBB", syscall.AF_VSOCK, 0, port, any_cid, 0, 0, 0, 0))
    syscall.bind(fd, sent)
    assert struct.unpack("=HHII", bytes(syscall.getsockname(fd))[:12]) == (syscall.AF_VSOCK, 0, port, any_cid)
    with socket.socket(fileno=os.dup(fd)) as sock:
        assert sock.getsockname() == (any_cid, port)


def test_an_address_is_given_to_the_kernel_with_exactly_its_length(keep: Keep) -> None:
    fd = keep(syscall.socket(syscall.AF_INET, syscall.SOCK_DGRAM))
    whole = bytes(SockaddrInet4(0, LOOPBACK))
    with pytest.raises(OSError, match="bind: ") as raised:
        syscall.bind(fd, SockaddrBytes(whole[:15]))
    assert raised.value.errno == errno.EINVAL
    syscall.bind(fd, SockaddrBytes(whole))


@in_namespace
def test_a_linklayer_address_goes_both_ways() -> None:
    fd = syscall.socket(syscall.AF_PACKET, syscall.SOCK_DGRAM, syscall.htons(syscall.ETH_P_ALL))
    lo = syscall.interface_by_name("lo").index
    syscall.bind(fd, SockaddrLinklayer(protocol=syscall.htons(0x88B5), ifindex=lo))
    bound = syscall.getsockname(fd)
    assert isinstance(bound, SockaddrLinklayer)
    with socket.socket(fileno=os.dup(fd)) as sock:
        name, protocol, pkttype, hatype, addr = sock.getsockname()
    assert (name, protocol, pkttype, hatype, addr) == (
        "lo",
        syscall.ntohs(bound.protocol),
        bound.pkttype,
        bound.hatype,
        bound.addr,
    )
    assert (bound.ifindex, bound.halen, bound.addr, bound.hatype) == (lo, 6, bytes(6), syscall.ARPHRD_LOOPBACK)
    to = SockaddrLinklayer(protocol=syscall.htons(0x88B5), ifindex=lo, addr=b"\x02\0\0\0\0\x01")
    assert syscall.sendto(fd, b"a frame", 0, to) == 7
    p = bytearray(100)
    n, sender = syscall.recvfrom(fd, p)
    assert p[:n] == b"a frame"
    assert isinstance(sender, SockaddrLinklayer)
    assert (sender.ifindex, sender.protocol, sender.halen) == (lo, syscall.htons(0x88B5), 6)
    assert sender.pkttype in (syscall.PACKET_HOST, syscall.PACKET_OTHERHOST)


@in_namespace
def test_a_zone_says_which_interface_a_link_local_address_is_on() -> None:
    link_local = b"\xfe\x80" + bytes(13) + b"\x01"
    fd = syscall.socket(syscall.AF_INET6, syscall.SOCK_DGRAM)
    with pytest.raises(OSError, match="bind: ") as raised:
        syscall.bind(fd, SockaddrInet6(0, link_local))
    assert raised.value.errno == errno.EINVAL
    with pytest.raises(OSError, match="bind: ") as raised:
        syscall.bind(fd, SockaddrInet6(0, link_local, zone_id=12345))
    assert raised.value.errno == errno.ENODEV
