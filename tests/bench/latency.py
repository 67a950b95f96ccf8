"""One at a time: how long each way to receive lets a single message wait, where the others are about many."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from ctypes import c_char
from functools import partial

import pysyscall as syscall

from .capture import FAR, NEAR, PROTOCOL, SIZE, cable, packet_socket
from .contest import Contest, Sample, Wrong
from .processes import Stopwatch, forked
from .udp_echo import servers


def contests(quick: bool) -> Iterator[Contest]:
    count = 50 if quick else 5_000
    contest = Contest("UDP echo server, one datagram of 64 bytes in flight", "echoes", ("latency",), "CPython: socket")
    with servers(contest, count, 1):
        yield contest


def across_a_cable(quick: bool) -> Iterator[Contest]:
    cable()
    count = 20 if quick else 500
    contest = Contest(
        "a frame of 64 bytes across a veth pair, until captured",
        "frames",
        ("latency",),
        "CPython: recv_into",
    )
    receivers: dict[str, Callable[[int], Sample]] = {
        "CPython: recv_into": by_recv_into,
        "pysyscall: recvfrom": by_recvfrom,
        "pysyscall: PacketRing(retire=1)": partial(by_ring, 1),
        "pysyscall: PacketRing()": partial(by_ring, 8),
    }
    contest.contenders = {name: partial(forked, receive, count) for name, receive in receivers.items()}
    yield contest


def sent_and_received(count: int, receive: Callable[[], int]) -> Sample:
    """Send a frame when the one before it has come."""
    frame = bytes(12) + PROTOCOL.to_bytes(2, "big") + bytes(SIZE - 14)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sender:
        sender.bind((NEAR, 0))
        watch = Stopwatch()
        for _ in range(count):
            sender.send(frame)
            if (received := receive()) != SIZE:
                raise Wrong(f"{received} bytes came instead of one frame of {SIZE}")
        return watch.sample(count)


def by_recv_into(count: int) -> Sample:
    with packet_socket() as sock:
        return sent_and_received(count, partial(sock.recv_into, bytearray(2048)))


def by_recvfrom(count: int) -> Sample:
    with packet_socket() as sock:
        buffer = (c_char * 2048)()
        return sent_and_received(count, lambda: syscall.recvfrom(sock.fileno(), buffer)[0])


def by_ring(retire: int, count: int) -> Sample:
    index = syscall.interface_by_name(FAR).index
    with syscall.PacketRing(index, syscall.htons(PROTOCOL), retire=retire) as ring:

        def receive() -> int:
            with ring.frames() as frames:
                return sum(frame.length for frame in frames)

        return sent_and_received(count, receive)
