"""Capture of 64-byte frames that cross a cable, at a rate at which a loop of recv_into loses about a tenth."""

from __future__ import annotations

import importlib
import importlib.util
import socket
import struct
import subprocess
from collections.abc import Callable, Iterator, Sized
from contextlib import contextmanager
from functools import partial

import pysyscall as syscall
from examples import laboratory

from . import native
from .contest import Contest, Floor, Missing, Sample, Wrong
from .processes import LOAD_CPU, WORK_CPU, Stopwatch, forked, sample_of, started

NEAR, FAR = "bench0", "bench1"
PROTOCOL = 0x88B5
SIZE = 64  # the frame that comes after the last one is longer
ROOM = 2048
LOSS = 0.1


def contests(quick: bool) -> Iterator[Contest]:
    count = 2_000 if quick else 300_000
    laboratory.add_pair(NEAR, FAR)
    for interface in (NEAR, FAR):
        laboratory.set_up(interface)
    for interface in (NEAR, FAR):
        laboratory.wait_for_carrier(interface)
    rate = 20_000 if quick else overrunning_rate(count)

    contest = Contest(
        f"capture of 64-byte frames across a veth pair, {rate:,} frames/s",
        "frames",
        ("per_cpu", "cpu", "dropped"),
        "CPython: recv_into",
    )
    contest.floors = (
        Floor("pysyscall: PacketRing, frames counted", "CPython: recv_into", "per_cpu", 3),
        Floor("pysyscall: PacketRing, each frame looked at", "CPython: recv_into", "per_cpu", 3),
        Floor("pysyscall: PacketRing, frames counted", "Go: Recvfrom", "per_cpu", 1.5),
        Floor("pysyscall: PacketRing, each frame looked at", "Go: Recvfrom", "per_cpu", 1.5),
        Floor("pysyscall: PacketRing, frames counted", None, "dropped", 0, least=False),
        Floor("pysyscall: PacketRing, each frame looked at", None, "dropped", 0, least=False),
    )

    def add(name: str, capture: Callable[[int, int], Sample]) -> None:
        contest.contenders[name] = partial(counted, capture, count, rate)

    add("CPython: recv_into", partial(forked, loop_of_recv_into))
    add("pysyscall: recvfrom", partial(forked, loop_of_recvfrom))
    add("pysyscall: PacketRing, frames counted", partial(forked, ring_counted))
    add("pysyscall: PacketRing, each frame looked at", partial(forked, ring_looked_at))
    with contest.optional():
        if importlib.util.find_spec("scapy") is None:
            raise Missing("scapy: pip install scapy")
        add("scapy: sniff", partial(forked, scapy_sniff))
    with contest.optional():
        add("Go: Recvfrom", partial(native_capture, [native.go(), "capture", FAR, SIZE]))
    add("C: recv", partial(native_capture, [native.c("capture"), FAR, SIZE, "recv"]))
    add("C: ring", partial(native_capture, [native.c("capture"), FAR, SIZE, "ring"]))
    yield contest


def overrunning_rate(count: int) -> int:
    """Frames a second at which a loop of recv_into loses about a tenth; the fastest there is, where that is slower."""
    rate = 0
    for _ in range(4):
        sample = counted(partial(forked, loop_of_recv_into), count, rate)
        rate = int(sample.operations / sample.wall / (1 - LOSS))
    return rate


def counted(capture: Callable[[int, int], Sample], count: int, rate: int) -> Sample:
    """What a capture takes, when every frame that it missed was counted as dropped."""
    sample = capture(count, rate)
    if sample.operations + sample.dropped != count:
        raise Wrong(f"{count} frames were sent: {sample.operations} came, {sample.dropped} were dropped")
    return sample


@contextmanager
def frames(count: int, rate: int) -> Iterator[None]:
    """Frames sent at a rate while the block lasts, the longer one last."""
    command = [native.c("frames"), NEAR, count, SIZE, rate]
    with started(command, LOAD_CPU, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        yield
        process.communicate()


def native_capture(command: list[object], count: int, rate: int) -> Sample:
    with started(command, WORK_CPU, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
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
    fd, recvfrom, buffer, seen = sock.fileno(), syscall.recvfrom, bytearray(ROOM), 0
    with frames(count, rate):
        watch = Stopwatch()
        while recvfrom(fd, buffer)[0] == SIZE:
            seen += 1
        return watch.sample(seen, drops(sock))


def ring() -> syscall.PacketRing:
    return syscall.PacketRing(syscall.interface_by_name(FAR).index, syscall.htons(PROTOCOL))


def ring_counted(count: int, rate: int) -> Sample:
    """As `sniff --quiet`: frames and bytes."""
    seen, length = 0, 0
    with ring() as ours, frames(count, rate):
        watch = Stopwatch()
        while length == seen * SIZE:
            with ours.frames() as block:
                seen += len(block)
                length += block.wire_bytes()
        return watch.sample(seen - (length - seen * SIZE) // (SIZE // 2), ours.statistics().drops)


def ring_looked_at(count: int, rate: int) -> Sample:
    """Each frame as an object, with its length and its first bytes."""
    seen = 0
    with ring() as ours, frames(count, rate):
        watch = Stopwatch()
        while True:
            with ours.frames() as block:
                for frame in block:
                    if frame.length != SIZE:
                        return watch.sample(seen, ours.statistics().drops)
                    if frame.data[12] == PROTOCOL >> 8:
                        seen += 1


def scapy_sniff(count: int, rate: int) -> Sample:
    # Looked up by name, as type checkers need not have it.
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
