"""Capture of 64-byte frames that cross a cable, at a rate at which a loop of recv_into loses a tenth and more.

If frames can be sent so fast: where a loop keeps up with all that one CPU sends, they come as fast as they can.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import os
import re
import socket
import struct
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sized
from contextlib import contextmanager
from ctypes import c_char
from functools import partial
from statistics import median
from subprocess import PIPE, Popen
from tempfile import NamedTemporaryFile
from time import sleep

import pysyscall as syscall
from examples.tour import laboratory

from . import native
from .contest import Contest, Floor, Missing, Sample, Wrong
from .processes import LOAD_CPU, WORK_CPU, Stopwatch, cpu_seconds, forked, sample_of, started

NEAR, FAR = "bench0", "bench1"
PROTOCOL = 0x88B5
SIZE = 64
END = 96  # the length of the frame that comes after the last one
ROOM = 2048
HELD = -1  # in place of a rate
LOSS = 0.2  # aimed at, so that it is a tenth also where the machine is faster by then


def contests(quick: bool) -> Iterator[Contest]:
    count = 2_000 if quick else 300_000
    cable()
    rate = 20_000 if quick else overrunning_rate(count)

    contest = Contest(
        f"capture of 64-byte frames across a veth pair, {rate:,} frames/s",
        "frames",
        ("per_cpu", "cpu", "dropped"),
        "CPython: recv_into",
    )
    contest.floors = (
        Floor("pysyscall: sniff --quiet", "CPython: recv_into", "per_cpu", 3),
        Floor("pysyscall: sniff --quiet", "Go: Recvfrom", "per_cpu", 1.5),
        Floor("pysyscall: sniff --quiet", None, "dropped", 0, least=False),
        Floor("pysyscall: sniff --quiet --write", "CPython: recv_into", "per_cpu", 1),
        Floor("pysyscall: sniff --quiet --write", None, "cpu", 0.9, least=False),
        Floor("pysyscall: sniff --quiet --write", None, "dropped", 0, least=False),
    )

    def add(name: str, capture: Callable[[int, int], Sample]) -> None:
        contest.contenders[name] = partial(counted, capture, count, rate)

    add("CPython: recv_into", partial(forked, loop_of_recv_into))
    add("pysyscall: recvfrom", partial(forked, loop_of_recvfrom))
    for name, look in WAYS.items():
        add(name, partial(forked, look))
    add("pysyscall: sniff --quiet", sniff_quiet)
    add("pysyscall: sniff --quiet --write", sniff_write)
    with contest.optional():
        if importlib.util.find_spec("scapy") is None:
            raise Missing("scapy: pip install scapy")
        add("scapy: sniff", partial(forked, scapy_sniff))
    with contest.optional():
        add("Go: Recvfrom", partial(native_capture, [native.go(), "capture", FAR, SIZE]))
    add("C: recv", partial(native_capture, [native.c("capture"), FAR, SIZE, "recv"]))
    add("C: ring", partial(native_capture, [native.c("capture"), FAR, SIZE, "ring"]))
    yield contest


def held(quick: bool) -> Iterator[Contest]:
    """Each way to look at frames, without what it takes to receive them."""
    count = 2_000 if quick else 300_000
    cable()
    contest = Contest("64-byte frames that a ring holds, looked at", "frames", ("cpu",), EACH)
    for name, look in (*WAYS.items(), (BY_HAND, ring_by_hand)):
        contest.contenders[name] = partial(counted, partial(forked, look), count, HELD)
    contest.floors = (
        Floor(PACKETS, None, "cpu", 0.35, least=False),
        Floor(ETHERTYPES, None, "cpu", 0.16, least=False),
        Floor(WIRE_BYTES, None, "cpu", 0.04, least=False),
    )
    yield contest


def cable() -> None:
    """Two interfaces with a cable between them, in this private network."""
    laboratory.add_pair(NEAR, FAR)
    for interface in (NEAR, FAR):
        laboratory.set_up(interface)
    for interface in (NEAR, FAR):
        laboratory.wait_for_carrier(interface)


def overrunning_rate(count: int) -> int:
    """Frames a second at which a loop of recv_into loses so many, or as many as can be sent."""
    fastest = count / sniff_quiet(count, 0).wall
    rates = [fastest]
    for _ in range(8):
        sample = counted(partial(forked, loop_of_recv_into), count, int(rates[-1]))
        rates.append(min(fastest, rates[-1] * (1 - sample.value("dropped")) / (1 - LOSS)))
    return int(median(rates[-5:]))


def counted(capture: Callable[[int, int], Sample], count: int, rate: int) -> Sample:
    """What a capture takes, when every frame that it missed was counted as dropped."""
    sample = capture(count, rate)
    if sample.operations + sample.dropped != count:
        raise Wrong(f"{count} frames were sent: {sample.operations} came, {sample.dropped} were dropped")
    return sample


@contextmanager
def frames(count: int, rate: int) -> Iterator[Popen[str]]:
    """Frames sent at a rate while the block lasts, the longer one last."""
    command = [native.c("frames"), NEAR, count, SIZE, rate]
    with started(command, LOAD_CPU, stdin=PIPE, stdout=PIPE) as process:
        yield process
        process.communicate()


def sniff_quiet(count: int, rate: int) -> Sample:
    return sniffed(count, rate, "--quiet")


def sniff_write(count: int, rate: int) -> Sample:
    """Into a file of which none is left; that it is written is in the time."""
    with NamedTemporaryFile(suffix=".pcapng") as file:
        sample = sniffed(count, rate, "--quiet", "--write", file.name)
        if os.stat(file.name).st_size < sample.operations * SIZE:
            raise Wrong("sniff has not written all frames")
        return sample


def sniffed(count: int, rate: int, *options: str) -> Sample:
    command = [sys.executable, "-m", "examples.sniff", "--interface", FAR, *options]
    with started(command, WORK_CPU, stdout=PIPE, stderr=PIPE) as sniff:
        assert sniff.stdout is not None
        assert sniff.stderr is not None
        if not sniff.stderr.readline().startswith("sniffing"):
            raise Wrong(f"sniff has failed: {sniff.stderr.read()}")
        before = cpu_seconds(sniff.pid)
        with frames(count, rate) as sender:
            sent = sample_of(sender)
            sleep(0.05)  # the ring's last block is handed over after 8 ms
            cpu = cpu_seconds(sniff.pid) - before
        sniff.terminate()
        summary = re.fullmatch(r"(\d+) frames, (\d+) bytes, (\d+) dropped, .*\n", sniff.stdout.read())
        assert summary is not None
        seen, length, dropped = map(int, summary.groups())
        longer = (length - seen * SIZE) // (END - SIZE)
        return Sample(seen - longer, sent.wall, cpu, dropped)


def native_capture(command: list[object], count: int, rate: int) -> Sample:
    with started(command, WORK_CPU, stdout=PIPE, stderr=PIPE) as process:
        assert process.stderr is not None
        if process.stderr.readline() != "ready\n":
            raise Wrong(f"{command} has failed: {process.stderr.read()}")
        with frames(count, rate):
            return sample_of(process)


def packet_socket() -> socket.socket:
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    sock.bind((FAR, PROTOCOL))
    return sock


def drops(sock: socket.socket) -> int:
    statistics = sock.getsockopt(syscall.SOL_PACKET, syscall.PACKET_STATISTICS, 8)
    dropped: int = struct.unpack("II", statistics)[1]
    return dropped


def loop_of_recv_into(count: int, rate: int) -> Sample:
    sock = packet_socket()
    recv_into, buffer, seen = sock.recv_into, bytearray(ROOM), 0
    with frames(count, rate):
        watch = Stopwatch()
        while recv_into(buffer) == SIZE:
            seen += 1
        return watch.sample(seen, drops(sock))


def loop_of_recvfrom(count: int, rate: int) -> Sample:
    sock = packet_socket()
    fd, recvfrom, buffer, seen = sock.fileno(), syscall.recvfrom, (c_char * ROOM)(), 0
    with frames(count, rate):
        watch = Stopwatch()
        while recvfrom(fd, buffer)[0] == SIZE:
            seen += 1
        return watch.sample(seen, drops(sock))


def ring(retire: int) -> syscall.PacketRing:
    return syscall.PacketRing(syscall.interface_by_name(FAR).index, syscall.htons(PROTOCOL), retire=retire)


@contextmanager
def filled_ring(count: int, rate: int) -> Iterator[tuple[syscall.PacketRing, Stopwatch]]:
    """A ring into which frames come at a rate; with HELD, they are all there when the watch starts."""
    # Where a slow sender's blocks were handed over before they are full, there would not be enough of them to hold all.
    with ring(1000 if rate == HELD else 8) as ours, frames(count, max(rate, 0)) as sender:
        if rate == HELD:
            sample_of(sender)  # the frame that ends it comes a little later: the wait takes no CPU time
        yield ours, Stopwatch()


def ring_looked_at(count: int, rate: int) -> Sample:
    """Each frame as an object, with its length and its first bytes."""
    seen = 0
    with filled_ring(count, rate) as (ours, watch):
        while True:
            with ours.frames() as block:
                for frame in block:
                    if frame.length != SIZE:
                        return watch.sample(seen, ours.statistics().drops)
                    if frame.data[12] == PROTOCOL >> 8:
                        seen += 1


def ring_packets(count: int, rate: int) -> Sample:
    """Each frame's time, length and bytes."""
    seen = 0
    with filled_ring(count, rate) as (ours, watch):
        while True:
            with ours.frames() as block:
                for _, length, data in block.packets():
                    if length != SIZE:
                        return watch.sample(seen, ours.statistics().drops)
                    if data:
                        seen += 1


def ring_by_hand(count: int, rate: int) -> Sample:
    """The same, by the shortest loop over a copy of the block that knows nothing but its frames' headers."""
    seen, unpack = 0, struct.Struct("=IIIIIIH").unpack_from
    with filled_ring(count, rate) as (ours, watch):
        while True:
            with ours.frames() as block:
                raw = block.block.tobytes()
                (at,) = struct.unpack_from("=I", raw, 16)  # offset_to_first_pkt
                for _ in range(len(block)):
                    following, seconds, nanoseconds, kept, length, _, mac = unpack(raw, at)
                    if length != SIZE:
                        return watch.sample(seen, ours.statistics().drops)
                    _, data = seconds * 1_000_000_000 + nanoseconds, raw[at + mac : at + mac + kept]
                    if data:
                        seen += 1
                    at += following


def ring_ethertypes(count: int, rate: int) -> Sample:
    """How many frames there are of each Ethernet protocol."""
    ethertypes: Counter[int] = Counter()
    with filled_ring(count, rate) as (ours, watch):
        while True:
            with ours.frames() as block:
                ethertypes.update(block.counts(12))
                if longer := (block.wire_bytes() - len(block) * SIZE) // (END - SIZE):
                    return watch.sample(ethertypes[PROTOCOL] - longer, ours.statistics().drops)


def ring_wire_bytes(count: int, rate: int) -> Sample:
    """How many frames and bytes there are."""
    seen = 0
    with filled_ring(count, rate) as (ours, watch):
        while True:
            with ours.frames() as block:
                seen += len(block)
                if longer := (block.wire_bytes() - len(block) * SIZE) // (END - SIZE):
                    return watch.sample(seen - longer, ours.statistics().drops)


EACH = "pysyscall: PacketRing, each frame looked at"
PACKETS, WIRE_BYTES = "pysyscall: PacketRing, packets()", "pysyscall: PacketRing, wire_bytes()"
ETHERTYPES = "pysyscall: PacketRing, counts(), EtherTypes"
BY_HAND = "CPython: a loop of struct.unpack_from, time, length and bytes"
WAYS = {EACH: ring_looked_at, PACKETS: ring_packets, ETHERTYPES: ring_ethertypes, WIRE_BYTES: ring_wire_bytes}


def scapy_sniff(count: int, rate: int) -> Sample:
    # Looked up by name, as type checkers need not have it.
    logging.getLogger("scapy.runtime").setLevel(logging.ERROR)  # it does not know our Ethernet protocol
    conf = importlib.import_module("scapy.config").conf
    sniff = importlib.import_module("scapy.sendrecv").sniff

    listener = conf.L2listen(iface=FAR, type=PROTOCOL)
    seen = 0

    def is_last(packet: Sized) -> bool:
        nonlocal seen
        last = len(packet) != SIZE
        seen += not last
        return last

    with frames(count, rate):
        watch = Stopwatch()
        sniff(opened_socket=listener, store=False, stop_filter=is_last)
        return watch.sample(seen, drops(listener.ins))
