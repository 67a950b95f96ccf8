"""Frames of 64 bytes sent on an interface, at the other end of whose cable they are counted."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Iterator
from functools import partial

import pysyscall as syscall

from . import native
from .capture import FAR, NEAR, PROTOCOL, SIZE, cable
from .contest import Contest, Floor, Sample, Wrong
from .processes import Stopwatch, forked, program

FRAME = b"\2\0\0\0\0\1" + b"\2\0\0\0\0\2" + PROTOCOL.to_bytes(2, "big") + bytes(SIZE - 14)
BATCH = 256  # also the slots of a TransmitRing


def contests(quick: bool) -> Iterator[Contest]:
    count = BATCH * (10 if quick else 1_000)
    cable()
    contest = Contest("64-byte frames sent on a veth pair", "frames", ("cpu", "rate"), "CPython: socket.send")
    contest.floors = (
        Floor("pysyscall: TransmitRing, put", "CPython: socket.send", "cpu", 0.85, least=False),
        Floor("pysyscall: TransmitRing, put_all", "CPython: socket.send", "cpu", 0.75, least=False),
    )

    def add(name: str, send: Callable[[int], Sample]) -> None:
        contest.contenders[name] = partial(counted, send, count)

    add("CPython: socket.send", partial(forked, loop_of_send))
    add("pysyscall: TransmitRing, put", partial(forked, ring_put))
    add("pysyscall: TransmitRing, put_all", partial(forked, ring_put_all))
    add("pysyscall: MessageBatch", partial(forked, batches))
    add("C: sendmmsg", native_send)
    yield contest


def counted(send: Callable[[int], Sample], count: int) -> Sample:
    """What a sender takes, when every frame has come to the other end."""
    before = arrived()
    sample = send(count)
    if arrived() - before != count:
        raise Wrong(f"{count} frames were sent, {arrived() - before} have arrived")
    return sample


def arrived() -> int:
    """How many frames have come to the far end: the first number of its statistics."""
    far = syscall.interface_by_name(FAR).index
    for message in syscall.parse_netlink_message(syscall.netlink_rib(syscall.RTM_GETLINK, syscall.AF_UNSPEC)):
        if message.header.type == syscall.RTM_NEWLINK and syscall.IfInfomsg.from_buffer_copy(message.data).index == far:
            values = {each.attr.type: each.value for each in syscall.parse_netlink_route_attr(message)}
            return int.from_bytes(values[syscall.IFLA_STATS64][:8], sys.byteorder)
    raise Wrong(f"{FAR} has gone")


def loop_of_send(count: int) -> Sample:
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sock:
        sock.bind((NEAR, 0))
        send = sock.send
        watch = Stopwatch()
        for _ in range(count):
            send(FRAME)
        return watch.sample(count)


def ring() -> syscall.TransmitRing:
    return syscall.TransmitRing(syscall.interface_by_name(NEAR).index, BATCH)


def ring_put(count: int) -> Sample:
    with ring() as ours:
        put = ours.put
        watch = Stopwatch()
        for _ in range(count // BATCH):
            for _ in range(BATCH):
                put(FRAME)
            ours.flush()
        return watch.sample(count)


def ring_put_all(count: int) -> Sample:
    frames = [FRAME] * BATCH
    with ring() as ours:
        watch = Stopwatch()
        for _ in range(count // BATCH):
            ours.put_all(frames)
            ours.flush()
        return watch.sample(count)


def batches(count: int) -> Sample:
    """The same frames again and again: none is laid out twice."""
    fd = syscall.lsf_socket(syscall.interface_by_name(NEAR).index, 0)
    batch = syscall.MessageBatch(BATCH, SIZE)
    for i in range(BATCH):
        batch.put(i, FRAME)
    watch = Stopwatch()
    for _ in range(count // BATCH):
        sent = 0
        while sent < BATCH:
            sent += batch.send(fd, BATCH, start=sent)
    return watch.sample(count)


def native_send(count: int) -> Sample:
    """Past the queue of the interface."""
    return program([native.c("frames"), NEAR, count, SIZE, 0])
