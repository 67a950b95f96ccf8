"""The checksums and headers that the programs make by hand: against the RFC's example, and as tshark reads them."""

import struct
import subprocess
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

import pysyscall as syscall
from examples.arping import ArpPacket
from examples.shared import dhcp
from examples.shared.checksums import internet_checksum
from examples.shared.icmp import Echo
from examples.shared.ipv4 import Datagram, Packet, parse_datagram, parse_packet

from ..programs import tool

ADDRESSES = st.binary(min_size=4, max_size=4)
PORTS = st.integers(0, 0xFFFF)
DATAGRAMS = st.builds(Datagram, PORTS, PORTS, st.binary(max_size=100))


def test_the_example_of_rfc_1071() -> None:
    assert internet_checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0xFFFF - 0xDDF2
    assert internet_checksum(b"") == 0xFFFF
    assert internet_checksum(b"\xff\xff\xff\xff\x00\x01") == 0xFFFE  # the carry's sum carries too
    assert internet_checksum(b"\x01") == internet_checksum(b"\x01\x00") == 0xFEFF


def test_a_known_ipv4_header() -> None:
    header = bytes.fromhex("450000730000400040110000c0a80001c0a800c7")
    assert internet_checksum(header) == 0xB861


@given(st.binary(max_size=200))
def test_data_with_its_checksum_sums_up_to_nothing(data: bytes) -> None:
    whole = data + bytes(len(data) % 2) + internet_checksum(data).to_bytes(2, "big")
    assert internet_checksum(whole) == 0


@given(DATAGRAMS, ADDRESSES, ADDRESSES, st.integers(0, 46))
def test_a_datagram_comes_back_from_its_packet(datagram: Datagram, source: bytes, to: bytes, padding: int) -> None:
    packet = datagram.packet(source, to)
    assert packet.payload[6:8] != b"\0\0"
    assert parse_packet(bytes(packet) + bytes(padding)) == packet
    assert parse_datagram(packet) == datagram


@given(DATAGRAMS, ADDRESSES, ADDRESSES, st.data())
def test_a_flipped_bit_is_noticed(datagram: Datagram, source: bytes, to: bytes, data: st.DataObject) -> None:
    raw = bytearray(bytes(datagram.packet(source, to)))
    bit = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[bit // 8] ^= 1 << bit % 8
    packet = parse_packet(bytes(raw))
    assert packet is None or parse_datagram(packet) is None


@given(st.one_of(st.binary(max_size=80), st.binary(max_size=60).map(lambda tail: b"\x45\0\0" + tail)), st.booleans())
def test_parsers_take_any_bytes(raw: bytes, ready: bool) -> None:
    parse_packet(raw)
    parse_datagram(Packet(syscall.IPPROTO_UDP, bytes(4), bytes(4), raw), ready)


def test_a_checksum_of_0_is_sent_as_the_other_0() -> None:
    checksum = Datagram(68, 67, b"\0\0").packet(bytes(4), b"\xff" * 4).payload[6:8]
    packet = Datagram(68, 67, checksum).packet(bytes(4), b"\xff" * 4)
    assert packet.payload[6:8] == b"\xff\xff"
    assert parse_datagram(packet) == Datagram(68, 67, checksum)


def test_a_checksum_that_is_absent_or_not_ready_is_not_looked_at() -> None:
    packet = Datagram(67, 68, b"payload").packet(bytes(4), b"\xff" * 4)
    absent = packet._replace(payload=packet.payload[:6] + b"\0\0" + packet.payload[8:])
    assert parse_datagram(absent) == Datagram(67, 68, b"payload")
    partial = packet._replace(payload=packet.payload[:6] + b"\x12\x34" + packet.payload[8:])
    assert parse_datagram(partial) is None
    assert parse_datagram(partial, checksum_is_ready=False) == Datagram(67, 68, b"payload")


def dissect(frames: list[bytes], folder: Path, *fields: str) -> list[list[str]]:
    """What tshark finds in Ethernet frames: for each frame the fields' values."""
    capture = folder / "capture.pcap"
    capture.write_bytes(
        struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
        + b"".join(struct.pack("=IIII", 0, 0, len(frame), len(frame)) + frame for frame in frames)
    )
    checks = ["-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE"]
    wanted = [option for field in fields for option in ("-e", field)]
    command = [tool("tshark"), "-n", "-r", str(capture), *checks, "-T", "fields", *wanted]
    output = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    return [line.split("\t") for line in output.splitlines()]


GOOD = "1"


def test_tshark_reads_what_we_write(tmp_path: Path) -> None:
    mac = bytes.fromhex("02000000000a")
    to_all = b"\xff" * 6 + mac
    near, far = bytes((10, 77, 0, 1)), bytes((10, 77, 0, 2))
    discover = dhcp.Message(dhcp.DISCOVER, b"xid!", mac, {dhcp.PARAMETERS: b"\x01\x03\x06"}, seconds=7).request()
    echo = Echo(0x1234, 5, bytes(range(57))).request(syscall.AF_INET)
    frames = [
        to_all + b"\x08\x00" + bytes(Datagram(68, 67, discover).packet(bytes(4), b"\xff" * 4)),
        to_all + b"\x08\x00" + bytes(Packet(syscall.IPPROTO_ICMP, near, far, echo)),
        to_all + b"\x08\x06" + bytes(ArpPacket(syscall.ARPOP_REQUEST, mac, near, bytes(6), far)),
    ]
    sums = dissect(frames, tmp_path, "ip.checksum.status", "udp.checksum.status", "icmp.checksum.status")
    assert sums == [[GOOD, GOOD, ""], [GOOD, "", GOOD], ["", "", ""]]
    of_dhcp = "dhcp.option.dhcp", "dhcp.id", "dhcp.secs", "dhcp.hw.mac_addr", "dhcp.option.request_list_item"
    assert dissect(frames, tmp_path, *of_dhcp)[0] == ["1", "0x78696421", "7", "02:00:00:00:00:0a", "1,3,6"]
    assert dissect(frames, tmp_path, "icmp.type", "icmp.ident", "icmp.seq")[1] == ["8", "4660", "5"]
    of_arp = "arp.opcode", "arp.src.hw_mac", "arp.src.proto_ipv4", "arp.dst.proto_ipv4"
    assert dissect(frames, tmp_path, *of_arp)[2] == ["1", "02:00:00:00:00:0a", "10.77.0.1", "10.77.0.2"]
    assert all(error == "" for (error,) in dissect(frames, tmp_path, "_ws.malformed"))
