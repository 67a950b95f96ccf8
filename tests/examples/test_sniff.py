"""sniff on a cable: what it shows, counts and writes down, in both its ways, and what it refuses."""

import json
import os
import re
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pysyscall as syscall
from examples import sniff
from examples.shared.frames import summary
from examples.shared.packet_filters import frame_filter
from examples.tour import laboratory

from .. import limits
from ..limits import needs
from ..namespaces import in_namespace
from ..packets.test_options import FAR_ADDR, NEAR_ADDR, cable
from ..programs import ROOT, SECONDS, Program, eventually, tool, watching_imports
from ..wire import (
    add_bare_interface,
    give_up_raw_sockets,
    run,
    says_that_it_needs_the_capability,
    tells_a_user_that_it_needs_the_capability,
)

captures = needs(limits.PACKET_AUXDATA, limits.PACKET_RING)

WAYS = pytest.mark.parametrize("way", ["--ring", "--recvfrom"])
SUMMARY = re.compile(r"^(\d+) frames, (\d+) bytes, (\d+) dropped, \d+\.\d{3} s\n\Z", re.MULTILINE)
LINE = re.compile(r"^(\d\d):(\d\d):(\d\d)\.(\d{6}) (.*), length (\d+)$")


def ethernet(ethertype: int, payload: bytes, tags: Sequence[int] = ()) -> bytes:
    """A frame, with a VLAN tag for each of these numbers."""
    shim = b"".join(struct.pack("!HH", syscall.ETH_P_8021Q, tag) for tag in tags)
    return FAR_ADDR + NEAR_ADDR + shim + ethertype.to_bytes(2, "big") + payload


def arp(**options: Sequence[int]) -> bytes:
    packet = struct.pack("!HHBBH6s4s6s4s", 1, 0x800, 6, 4, 1, NEAR_ADDR, b"\x0a\0\0\1", bytes(6), b"\x0a\0\0\2")
    return ethernet(syscall.ETH_P_ARP, packet, **options)


def ipv4(protocol: int, payload: bytes, options: bytes = b"", fragment: int = 0, tags: Sequence[int] = ()) -> bytes:
    words = 5 + len(options) // 4
    head = struct.pack("!BBHHHBBH", 0x40 | words, 0, 4 * words + len(payload), 7, fragment, 64, protocol, 0)
    return ethernet(syscall.ETH_P_IP, head + b"\x0a\0\0\1\x0a\0\0\2" + options + payload, tags)


def ipv6(protocol: int, payload: bytes, tags: Sequence[int] = ()) -> bytes:
    head = struct.pack("!IHBB", 6 << 28, len(payload), protocol, 64)
    return ethernet(syscall.ETH_P_IPV6, head + bytes(15) + b"\1" + bytes(15) + b"\2" + payload, tags)


def udp(source: int, destination: int) -> bytes:
    return struct.pack("!HHHH", source, destination, 12, 0) + b"data"


PING = struct.pack("!BBHHH", 8, 0, 0, 1, 1) + bytes(20)
FRAMES = {
    "arp": arp(),
    "arp in a VLAN": arp(tags=[42]),
    "ping": ipv4(syscall.IPPROTO_ICMP, PING),
    "ping in a VLAN": ipv4(syscall.IPPROTO_ICMP, PING, tags=[5 << 13 | 1]),
    "to 53": ipv4(syscall.IPPROTO_UDP, udp(4000, 53)),
    "to 53 with options": ipv4(syscall.IPPROTO_UDP, udp(4000, 53), options=b"\1" * 8),
    "from 53": ipv4(syscall.IPPROTO_UDP, udp(53, 4000)),
    "to 53 in a VLAN": ipv4(syscall.IPPROTO_UDP, udp(4000, 53), tags=[4094]),
    "to 53 over IPv6": ipv6(syscall.IPPROTO_UDP, udp(4000, 53)),
    "from 53 over IPv6": ipv6(syscall.IPPROTO_UDP, udp(53, 4000)),
    "from 53 over IPv6 in a VLAN": ipv6(syscall.IPPROTO_UDP, udp(53, 4000), tags=[7]),
    "to 54": ipv4(syscall.IPPROTO_UDP, udp(4000, 54)),
    "to 54 over IPv6": ipv6(syscall.IPPROTO_UDP, udp(4000, 54)),
    "a later fragment": ipv4(syscall.IPPROTO_UDP, udp(53, 53), fragment=100),
    "tcp 53": ipv4(syscall.IPPROTO_TCP, udp(53, 53) + bytes(12)),
    "chao": b"CHAOHello, custom chao protocol!",
    "chao in Ethernet": ethernet(0x88B5, b"CHAOHello"),
    "chao in a VLAN": ethernet(0x88B5, b"CHAOHello", tags=[42]),
    "almost chao": b"CHAPHello, custom chao protocol!",
    "nothing": ethernet(0x1234, bytes(46)),
}
CHOSEN = {
    "chao": {"chao", "chao in Ethernet", "chao in a VLAN"},
    "arp": {"arp", "arp in a VLAN"},
    "icmp": {"ping", "ping in a VLAN"},
    "udp port 53": {name for name in FRAMES if " 53" in name and name != "tcp 53"},
    "udp port 54": {"to 54", "to 54 over IPv6"},
}


class Cable:
    """Two interfaces, near and far, and a way to send at each end."""

    def __init__(self) -> None:
        self.near, self.far = cable()
        self._fds = {index: syscall.lsf_socket(index, 0) for index in (self.near, self.far)}

    def send(self, *frames: bytes, index: int | None = None) -> None:
        for frame in frames:
            syscall.write(self._fds[self.near if index is None else index], frame)


@contextmanager
def sniffing(*arguments: str, interface: str = "far") -> Iterator[Program]:
    with Program("sniff", "--interface", interface, *arguments) as program:
        program.wait_for(f"^sniffing on {interface}\\.\\.\\.\n")
        yield program


def shown(program: Program) -> list[str]:
    """The lines that it has shown so far, without the times."""
    found = (LINE.match(line) for line in program.output().decode().splitlines())
    return [f"{each[5]}, length {each[6]}" for each in found if each]


def counted(program: Program) -> tuple[int, int, int]:
    """Frames, bytes and drops, as it says at its end."""
    found = SUMMARY.search(program.output().decode())
    assert found, program.output()
    frames, length, dropped = map(int, found.groups())
    return frames, length, dropped


def line(frame: bytes) -> str:
    return f"{summary(frame)}, length {len(frame)}"


@captures
@in_namespace
@WAYS
def test_a_line_for_each_frame_and_a_summary(way: str) -> None:
    wire = Cable()
    begun = time.time()
    with sniffing(way) as program:
        wire.send(*FRAMES.values())
        eventually(lambda: len(shown(program)) == len(FRAMES))
        ended = time.time()
        assert program.stop() == 0
        assert shown(program) == [line(frame) for frame in FRAMES.values()]
        assert counted(program) == (len(FRAMES), sum(map(len, FRAMES.values())), 0)
        assert program.stderr == "sniffing on far...\n"
        times = [LINE.match(text) for text in program.output().decode().splitlines()[:-1]]
        days = {time.strftime("%Y %m %d ", time.localtime(moment)) for moment in (begun, ended)}
        for each in times:
            assert each
            clock = f"{each[1]}:{each[2]}:{each[3]}"
            moments = [time.mktime(time.strptime(day + clock, "%Y %m %d %H:%M:%S")) for day in days]
            assert any(begun - 0.001 <= moment + int(each[4]) / 1e6 <= ended for moment in moments)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("arp", "ARP who has 10.0.0.2? tell 10.0.0.1"),
        ("arp in a VLAN", "VLAN 42, ARP who has 10.0.0.2? tell 10.0.0.1"),
        ("ping in a VLAN", "VLAN 1, ICMP 10.0.0.1 > 10.0.0.2, echo request"),
        ("to 53", "UDP 10.0.0.1:4000 > 10.0.0.2:53, 4 bytes of data"),
        ("from 53 over IPv6 in a VLAN", "VLAN 7, UDP [::1]:53 > [::2]:4000, 4 bytes of data"),
        ("a later fragment", "IPv4 10.0.0.1 > 10.0.0.2, protocol 17, fragment from byte 800 on"),
        ("chao", "CHAO 'Hello, custom chao protocol!'"),
        ("nothing", "02:00:00:00:00:0e > 02:00:00:00:00:0f, type 0x1234"),
    ],
)
def test_how_a_frame_is_shown(name: str, shown: str) -> None:
    assert summary(FRAMES[name]) == shown


def test_a_frame_that_is_nothing_but_tags_has_a_short_line() -> None:
    assert len(summary(ethernet(syscall.ETH_P_8021Q, b"\0\1\x81\0" * 16_000))) < 200
    assert summary(arp(tags=[1, 2])) == "VLAN 1, VLAN 2, ARP who has 10.0.0.2? tell 10.0.0.1"
    assert summary(ethernet(syscall.ETH_P_8021Q, b"\0")).endswith("type 0x8100")


# Lengths that cannot be, and those that stand for others


def changed(frame: bytes, at: int, value: bytes) -> bytes:
    """The frame with other bytes at an offset behind Ethernet's header."""
    return frame[: 14 + at] + value + frame[14 + at + len(value) :]


def tcp(words: int = 5, data: bytes = b"", flags: int = 0x18) -> bytes:
    return struct.pack("!HHIIBBHHH", 1234, 80, 1, 1, words << 4, flags, 1000, 0, 0) + data


TCP4, TCP6 = ipv4(syscall.IPPROTO_TCP, tcp(data=b"x" * 10)), ipv6(syscall.IPPROTO_TCP, tcp(data=b"x" * 10))
UDP4 = ipv4(syscall.IPPROTO_UDP, udp(4000, 53))
ARP_LINE = "02:00:00:00:00:0e > 02:00:00:00:00:0f, type 0x0806, no whole ARP for IPv4 on Ethernet"
ENDS4, ENDS6 = "10.0.0.1 > 10.0.0.2", "[::1] > [::2]"
TCP_LINE = "TCP 10.0.0.1:1234 > 10.0.0.2:80, PSH+ACK"
TCP6_LINE = "TCP [::1]:1234 > [::2]:80, PSH+ACK"
JUMBO = b"\x06\0\xc2\x04" + struct.pack("!I", 8 + 30)


@pytest.mark.parametrize(
    ("frame", "shown"),
    [
        # The kernel and a card leave a length of 0 where more is sent than it has room for.
        (changed(TCP4, 2, b"\0\0"), f"{TCP_LINE}, 10 bytes of data"),
        (changed(TCP6, 4, b"\0\0"), f"{TCP6_LINE}, 10 bytes of data"),
        (changed(ipv6(0, JUMBO + tcp(data=b"x" * 10)), 4, b"\0\0"), f"{TCP6_LINE}, 10 bytes of data"),
        (changed(UDP4, 24, b"\0\0"), "UDP 10.0.0.1:4000 > 10.0.0.2:53, 4 bytes of data"),
        # IPv4
        (changed(TCP4, 0, b"\x40"), f"IPv4 {ENDS4}, impossible header length 0"),
        (changed(TCP4, 0, b"\x44"), f"IPv4 {ENDS4}, impossible header length 16"),
        (changed(TCP4, 0, b"\x4f"), f"IPv4 {ENDS4}, impossible header length 60"),
        (changed(TCP4, 2, b"\0\x13"), f"IPv4 {ENDS4}, impossible length 19"),
        (changed(TCP4, 0, b"\x46\0\0\x15"), f"IPv4 {ENDS4}, impossible length 21"),
        (changed(TCP4, 0, b"\x65"), "02:00:00:00:00:0e > 02:00:00:00:00:0f, type 0x0800, no whole IPv4 header"),
        (TCP4[:33], "02:00:00:00:00:0e > 02:00:00:00:00:0f, type 0x0800, no whole IPv4 header"),
        (changed(TCP4, 0, b"\x4b"), f"IPv4 {ENDS4}, protocol 6, impossible length 6"),
        # TCP
        (ipv4(6, tcp(0)), f"{TCP_LINE}, impossible header length 0"),
        (ipv4(6, tcp(4, b"data")), f"{TCP_LINE}, impossible header length 16"),
        (ipv4(6, tcp(15)), f"{TCP_LINE}, impossible header length 60"),
        (ipv4(6, tcp(6, b"opts")), TCP_LINE),
        (ipv4(6, tcp(flags=0)), "TCP 10.0.0.1:1234 > 10.0.0.2:80, no flags"),
        (ipv4(6, tcp()[:19]), f"IPv4 {ENDS4}, protocol 6, impossible length 19"),
        (ipv6(6, tcp(15)), f"{TCP6_LINE}, impossible header length 60"),
        (ipv4(6, tcp(15), fragment=0x2000), TCP_LINE),  # the rest comes in another
        (changed(ipv4(6, tcp(15)), 2, b"\0\x60"), TCP_LINE),  # cut
        # UDP
        (changed(UDP4, 24, b"\0\x07"), "UDP 10.0.0.1:4000 > 10.0.0.2:53, impossible length 7"),
        (changed(UDP4, 24, b"\0\x0d"), "UDP 10.0.0.1:4000 > 10.0.0.2:53, impossible length 13"),
        (changed(UDP4, 24, b"\0\x0b"), "UDP 10.0.0.1:4000 > 10.0.0.2:53, 3 bytes of data"),
        (
            changed(ipv4(17, udp(4000, 53), fragment=0x2000), 24, b"\x10\0"),
            "UDP 10.0.0.1:4000 > 10.0.0.2:53, 4088 bytes of data",
        ),
        (ipv4(17, udp(4000, 53)[:7]), f"IPv4 {ENDS4}, protocol 17, impossible length 7"),
        # ICMP
        (ipv4(1, PING[:7]), f"IPv4 {ENDS4}, protocol 1, impossible length 7"),
        (ipv4(1, b""), f"IPv4 {ENDS4}, protocol 1, impossible length 0"),
        (ipv6(58, b"\x80\0\0"), f"IPv6 {ENDS6}, protocol 58, impossible length 3"),
        # IPv6
        (changed(TCP6, 0, b"\x40"), "02:00:00:00:00:0e > 02:00:00:00:00:0f, type 0x86dd, no whole IPv6 header"),
        (TCP6[:53], "02:00:00:00:00:0e > 02:00:00:00:00:0f, type 0x86dd, no whole IPv6 header"),
        (ipv6(60, b"\x06\x01" + bytes(6) + tcp()[:4]), f"IPv6 {ENDS6}, protocol 60, impossible header length 16"),
        (ipv6(43, b"\x3c\0" + bytes(6) + b"\x06\0" + bytes(6) + tcp()), TCP6_LINE),
        (ipv6(44, b"\x06\0\0\x01" + bytes(4) + tcp(15)), TCP6_LINE),
        (ipv6(44, b"\x06\0\x01\0" + bytes(4) + tcp()), f"IPv6 {ENDS6}, protocol 6, fragment from byte 256 on"),
        (ipv6(59, b""), f"IPv6 {ENDS6}, protocol 59"),
        # ARP, Ethernet
        (arp()[:41], ARP_LINE),
        (changed(arp(), 4, b"\x08"), ARP_LINE),
        (changed(arp(), 5, b"\x10"), ARP_LINE),
        (changed(arp(), 6, b"\0\x02"), "ARP 10.0.0.1 is at 02:00:00:00:00:0e"),
        (changed(arp(), 6, b"\0\x08"), "ARP 10.0.0.1 > 10.0.0.2, operation 8"),
        (b"", "no Ethernet header, but 0 bytes"),
        (arp()[:13], "no Ethernet header, but 13 bytes"),
        (ethernet(38, bytes(46)), "02:00:00:00:00:0e > 02:00:00:00:00:0f, IEEE 802.3, length 38 in it"),
        (ethernet(47, bytes(46)), "02:00:00:00:00:0e > 02:00:00:00:00:0f, IEEE 802.3, impossible length 47 in it"),
        (b"CHAO", "CHAO ''"),
    ],
)
def test_lengths_that_cannot_be_are_said(frame: bytes, shown: str) -> None:
    assert summary(frame) == shown


@given(
    st.sampled_from([TCP4, TCP6, UDP4, *FRAMES.values()]),
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 255)), max_size=4),
    st.integers(0, 120),
)
def test_no_length_is_negative_or_beyond_the_frame(frame: bytes, changes: list[tuple[int, int]], length: int) -> None:
    raw = bytearray(frame)
    for at, value in changes:
        if at < len(raw):
            raw[at] = value
    line = summary(bytes(raw[:length]))
    assert line.isprintable()
    assert not re.search(r"-\d", line)
    if line.startswith("TCP") and (data := re.search(r"(\d+) bytes of data", line)):
        assert int(data[1]) <= length - 34


@captures
@in_namespace
@WAYS
def test_a_frame_of_the_least_length_is_shown(way: str) -> None:
    wire = Cable()
    with sniffing(way, "--count", "2") as program:
        wire.send(ethernet(0x88B5, b""), changed(TCP4, 2, b"\0\0"))
        assert program.wait() == 0
        assert shown(program) == [
            "02:00:00:00:00:0e > 02:00:00:00:00:0f, type 0x88b5, length 14",
            f"{TCP_LINE}, 10 bytes of data, length 64",
        ]


# Filters


@captures
@in_namespace
@WAYS
@pytest.mark.parametrize("wanted", CHOSEN)
@pytest.mark.parametrize("interface", ["near", "far"])
def test_a_filter_chooses_what_comes_in_and_what_goes_out(way: str, wanted: str, interface: str) -> None:
    """At the near end the kernel has not taken the VLAN tags out, at the far end it has."""
    wire = Cable()
    frames = [FRAMES[name] for name in FRAMES if name in CHOSEN[wanted]]
    with sniffing(way, "--filter", *wanted.split(), interface=interface) as program:
        wire.send(*FRAMES.values())
        eventually(lambda: len(shown(program)) >= len(frames))
        assert program.stop() == 0
        assert shown(program) == [line(frame) for frame in frames]
        # The kernel has kept the others away: what has been filtered out is no frame.
        assert counted(program) == (len(frames), sum(map(len, frames)), 0)


@pytest.mark.parametrize(
    "words",
    ["", "tcp", "udp", "udp port", "udp port 65536", "udp port -1", "udp port ٣", "arp icmp", "udp 53", "CHAO"],
)
def test_a_filter_that_there_is_not_is_refused(words: str) -> None:
    with pytest.raises(ValueError, match=r"there is no filter .*: chao, arp, icmp, udp port N"):
        frame_filter(words.split())
    ended = run("sniff", "--filter", words)
    assert ended.status == 2
    assert f"there is no filter {words!r}" in ended.stderr


# Counting


@captures
@in_namespace
@WAYS
@pytest.mark.parametrize("options", [[], ["--quiet"]], ids=["shown", "quiet"])
@pytest.mark.parametrize("count", [1, 7, len(FRAMES)])
def test_count_is_exact(way: str, options: list[str], count: int) -> None:
    wire = Cable()
    frames = list(FRAMES.values())
    with sniffing(way, *options, "--count", str(count)) as program:
        os.kill(program.pid, signal.SIGSTOP)  # so that all come at once
        wire.send(*frames, *frames)
        os.kill(program.pid, signal.SIGCONT)
        assert program.wait() == 0
        assert shown(program) == ([] if options else [line(frame) for frame in frames[:count]])
        assert counted(program) == (count, sum(map(len, frames[:count])), 0)


@captures
@in_namespace
@WAYS
def test_quiet_shows_the_summary_alone(way: str) -> None:
    wire = Cable()
    with sniffing("--quiet", way, "--count", str(3 * len(FRAMES))) as program:
        for _ in range(3):
            wire.send(*FRAMES.values())
        assert program.wait() == 0
        assert program.output().count(b"\n") == 1
        assert counted(program) == (3 * len(FRAMES), 3 * sum(map(len, FRAMES.values())), 0)


@captures
@in_namespace
@WAYS
def test_what_finds_no_room_is_counted(way: str) -> None:
    """The process is held up for more frames than its ring, or its socket, has room for."""
    wire = Cable()
    count = 100_000
    batch = syscall.MessageBatch(1000, 1514)
    for i in range(len(batch)):
        batch.put(i, ethernet(0x88B5, bytes(1500)))
    fd = syscall.lsf_socket(wire.near, 0)
    with sniffing(way) as program:
        os.kill(program.pid, signal.SIGSTOP)
        for _ in range(count // len(batch)):
            sent = 0
            while sent < len(batch):
                sent += batch.send(fd, len(batch), start=sent)
        os.kill(program.pid, signal.SIGCONT)
        last = 0
        while not shows_arp(program, 1.0):
            wire.send(arp())
            last += 1
        assert program.stop() == 0
        frames, length, dropped = counted(program)
        assert frames + dropped == count + last
        assert dropped > 10_000
        lines = shown(program)
        assert len(lines) == frames
        came = sum(line.startswith("ARP ") for line in lines)  # on a slow machine more than the one that it waited for
        assert 1 <= came <= last
        assert length == (frames - came) * 1514 + came * len(arp())


def shows_arp(program: Program, seconds: float) -> bool:
    """Whether it shows an ARP frame before so much time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if b" ARP " in program.output()[-1000:]:
            return True
        time.sleep(0.01)
    return False


# Files


def read_by_tshark(file: Path) -> list[tuple[float, bytes, int, str]]:
    """Each frame in a file: its time, its bytes, its length on the wire, and what tshark takes it for."""
    done = subprocess.run(
        [tool("tshark"), "-r", str(file), "-T", "json", "-x"], capture_output=True, text=True, check=True, timeout=60
    )
    frames = []
    for each in json.loads(done.stdout):
        layers = each["_source"]["layers"]
        frame = layers["frame"]
        data = bytes.fromhex(layers["frame_raw"][0])
        frames.append((float(frame["frame.time_epoch"]), data, int(frame["frame.len"]), frame["frame.protocols"]))
    return frames


@captures
@in_namespace
@WAYS
@pytest.mark.parametrize("options", [[], ["--quiet"]], ids=["shown", "quiet"])
def test_tshark_reads_what_it_writes(way: str, options: list[str], tmp_path: Path) -> None:
    wire = Cable()
    file = tmp_path / "frames.pcapng"
    begun = time.time()
    with sniffing(way, *options, "--write", str(file), "--count", str(len(FRAMES))) as program:
        wire.send(*FRAMES.values())
        assert program.wait() == 0
        ended = time.time()
        assert len(shown(program)) == (0 if options else len(FRAMES))
        assert counted(program)[0] == len(FRAMES)
    read = read_by_tshark(file)
    assert [data for _, data, _, _ in read] == list(FRAMES.values())
    assert [length for _, _, length, _ in read] == [len(frame) for frame in FRAMES.values()]
    times = [moment for moment, *_ in read]
    assert times == sorted(times)
    assert all(begun - 0.001 <= moment <= ended for moment in times)
    protocols = dict(zip(FRAMES, (each[3] for each in read), strict=True))
    assert protocols["arp in a VLAN"] == "eth:ethertype:vlan:ethertype:arp"
    assert protocols["ping"].startswith("eth:ethertype:ip:icmp")
    assert protocols["from 53 over IPv6"].startswith("eth:ethertype:ipv6:udp")


@captures
@in_namespace
def test_a_file_tells_its_interface_and_the_times_in_nanoseconds(tmp_path: Path) -> None:
    wire = Cable()
    file = tmp_path / "frames.pcapng"
    with sniffing("--write", str(file), "--quiet") as program:
        wire.send(*[arp()] * 50)
        eventually(lambda: file.stat().st_size > 50 * 60)  # while it goes on, others can read what there is
        assert len(read_by_tshark(file)) == 50
        assert program.stop() == 0
    done = subprocess.run([tool("capinfos"), "-M", str(file)], capture_output=True, text=True, check=True)
    assert "pcapng" in done.stdout
    for said in ("Name = far\n", "Time precision = nanoseconds (9)\n", "Encapsulation = Ethernet "):
        assert said in done.stdout


@captures
@in_namespace
def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    wire = Cable()
    ended = run("sniff", "--interface", "far", "--write", str(tmp_path / "no" / "file"))
    assert ended == (1, "", f"sniff: {tmp_path}/no/file: No such file or directory\n")
    with sniffing("--write", "/dev/full", "--quiet") as program:
        wire.send(arp())
        assert program.wait() == 1
        assert program.stderr == "sniffing on far...\nsniff: No space left on device\n"
        assert counted(program)[0] == 1


# The end


@captures
@in_namespace
@WAYS
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_the_summary(way: str, number: signal.Signals) -> None:
    Cable()
    with sniffing(way) as program:
        assert program.stop(number) == 0
        assert counted(program) == (0, 0, 0)
        assert program.stderr == "sniffing on far...\n"


@captures
@in_namespace
@WAYS
@pytest.mark.parametrize("options", [[], ["--quiet"]], ids=["shown", "quiet"])
def test_what_came_before_the_signal_is_not_lost(way: str, options: list[str]) -> None:
    wire = Cable()
    with sniffing(way, *options) as program:
        wire.send(*FRAMES.values())
        assert program.stop() == 0
        assert counted(program) == (len(FRAMES), sum(map(len, FRAMES.values())), 0)


@captures
@in_namespace
@WAYS
@pytest.mark.parametrize("options", [[], ["--quiet"]], ids=["shown", "quiet"])
def test_a_signal_ends_it_under_a_flood_too(way: str, options: list[str]) -> None:
    wire = Cable()
    with sniffing(way, *options) as program:
        done = threading.Event()

        def flood() -> None:
            while not done.is_set():
                wire.send(*[arp()] * 100)

        thread = threading.Thread(target=flood)
        thread.start()
        try:
            time.sleep(0.2)
            assert program.stop() == 0
        finally:
            done.set()
            thread.join()
        frames, length, _ = counted(program)
        assert frames > 0
        assert length == frames * len(arp())
        assert len(shown(program)) == (0 if options else frames)


DOWN = "the interface is down; it is listened to again when it is up\n"


@captures
@in_namespace
@WAYS
def test_an_interface_that_goes_ends_it(way: str) -> None:
    wire = Cable()
    with sniffing(way) as program:
        wire.send(arp())
        eventually(lambda: shown(program))
        laboratory.delete("far")
        assert program.wait() == 1
        call = {"--ring": "packet ring", "--recvfrom": "recvmsg"}[way]
        # It is down for a moment before it is gone.
        assert program.stderr.replace(DOWN, "", 1) == f"sniffing on far...\n{call} failed: network is down\n"
        assert counted(program) == (1, len(arp()), 0)


@captures
@in_namespace
@WAYS
@pytest.mark.parametrize("options", [[], ["--quiet"]], ids=["shown", "quiet"])
def test_an_interface_that_is_up_again_is_sniffed_again(way: str, options: list[str]) -> None:
    wire = Cable()
    with sniffing(way, *options) as program:
        wire.send(arp())
        laboratory.set_down("far")
        program.wait_for("the interface is down; ")
        laboratory.set_up("far")
        for name in ("near", "far"):
            laboratory.wait_for_carrier(name)
        wire.send(arp())
        assert program.stop() == 0
        assert program.stderr == f"sniffing on far...\n{DOWN}"
        assert counted(program) == (2, 2 * len(arp()), 0)
        assert len(shown(program)) == (0 if options else 2)


@captures
@in_namespace
def test_it_ends_when_nobody_reads_any_more() -> None:
    wire = Cable()
    command = [sys.executable, "-m", "examples.sniff", "--interface", "far"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            assert process.stderr
            assert process.stderr.readline() == "sniffing on far...\n"
            wire.send(arp())
            assert "ARP" in process.stdout.readline()
            process.stdout.close()
            deadline = time.monotonic() + SECONDS
            while process.poll() is None:
                wire.send(arp())
                assert time.monotonic() < deadline
                time.sleep(0.01)
            assert process.returncode == 1
            assert process.stderr.read() == ""
        finally:
            process.kill()


# Interfaces


@captures
@in_namespace
@WAYS
@pytest.mark.parametrize("wanted", [[], ["--filter", "udp", "port", "4000"]], ids=["all", "filtered"])
def test_on_a_loopback_interface_each_frame_is_shown_once(way: str, wanted: list[str]) -> None:
    with sniffing(way, *wanted, interface="lo") as program:
        fd = syscall.socket(syscall.AF_INET, syscall.SOCK_DGRAM)
        for i in range(5):
            syscall.sendto(fd, bytes(i), 0, syscall.SockaddrInet4(4000, b"\x7f\0\0\1"))
        udp_lines = 5
        eventually(lambda: sum(" > 127.0.0.1:4000, " in text for text in shown(program)) >= udp_lines)
        assert program.stop() == 0
        lines = [text for text in shown(program) if text.startswith("UDP")]
        assert len(lines) == udp_lines
        assert counted(program)[0] == (udp_lines if wanted else len(shown(program)))


@captures
@in_namespace
@WAYS
def test_an_interface_that_cannot_be_sniffed_is_said(way: str) -> None:
    cable()
    assert run("sniff", way) == (1, "", "sniff: there is no interface eth0, but lo, far, near\n")
    laboratory.set_down("far")
    ended = run("sniff", way, "--interface", "far")
    assert ended == (1, "", "sniff: the interface far is down: ip link set far up\n")
    bare = add_bare_interface()
    ended = run("sniff", way, "--interface", bare)
    assert ended == (1, "", f"sniff: the interface {bare} does not speak Ethernet\n")


@in_namespace
@WAYS
def test_without_the_capability_it_says_which_and_how_to_get_it(way: str) -> None:
    give_up_raw_sockets()
    says_that_it_needs_the_capability("sniff", run("sniff", way, "--interface", "lo"))


def test_a_user_who_is_not_root_is_told_the_same() -> None:
    tells_a_user_that_it_needs_the_capability("sniff", sniff.main)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--count", "0"], "'0' is not between 1 and"),
        (["--count", "many"], "invalid integer value"),
        (["--ring", "--recvfrom"], "not allowed with argument"),
        (["--filter"], "expected at least one argument"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(arguments: list[str], complaint: str) -> None:
    ended = run("sniff", *arguments)
    assert ended.status == 2
    assert complaint in ended.stderr


@captures
@in_namespace
def test_it_does_not_load_the_socket_module() -> None:
    for way in ("--ring", "--recvfrom"):
        with watching_imports("sniff", "--interface", "lo", way) as program:
            program.wait_for("sniffing on lo")
            assert program.stop() == 0
            assert program.stderr == "sniffing on lo...\nloaded: []\n"
