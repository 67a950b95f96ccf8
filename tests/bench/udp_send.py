"""UDP bulk send: datagrams of 1,200 bytes to a receiver that compares each."""

from __future__ import annotations

import os
import re
import socket
import subprocess
from collections.abc import Callable, Iterator
from functools import partial

import pysyscall as syscall

from . import native
from .contest import Contest, Floor, Sample, Wrong
from .processes import LOAD_CPU, Stopwatch, forked, program, started

SIZE = 1200
GROUP = 48  # what segmentation offload sends at once: almost 64 KiB
AHEAD = 2  # groups without credit: more would overrun the receive buffer that every user may have
PAYLOAD = b"x" * SIZE


def contests(quick: bool) -> Iterator[Contest]:
    count = GROUP * (10 if quick else 5_000)
    contest = Contest("UDP bulk send, 1,200 bytes a datagram", "datagrams", ("rate", "cpu"), "CPython: socket.send")
    contest.floors = (
        Floor("pysyscall: GSO", "CPython: socket.send", "rate", 3),
        Floor("pysyscall: GSO", "CPython: socket.send", "cpu", 1 / 3, least=False),
    )
    native.c("udp_sink")
    senders: dict[str, Callable[[int, int], Sample]] = {
        "CPython: socket.send": partial(forked, loop_of_send, count),
        "pysyscall: write": partial(forked, loop_of_write, count),
        "pysyscall: MessageBatch": partial(forked, batches, count),
        "pysyscall: GSO": partial(forked, segments, count),
    }
    with contest.optional():
        senders["Go: Write"] = partial(native_send, [native.go(), "send"], count)
    for way, name in (("loop", "send"), ("mmsg", "sendmmsg"), ("gso", "GSO")):
        senders[f"C: {name}"] = partial(native_send, [native.c("udp_send"), way], count)
    contest.contenders = {name: partial(to_sink, count, send) for name, send in senders.items()}
    yield contest


def to_sink(count: int, send: Callable[[int, int], Sample]) -> Sample:
    """What send(port, credit) takes, once the receiver has seen all of it."""
    reading, writing = os.pipe()
    command = [native.c("udp_sink"), count, SIZE, GROUP]
    with started(command, LOAD_CPU, stdin=subprocess.DEVNULL, stdout=writing, stderr=subprocess.PIPE) as sink:
        os.close(writing)
        assert sink.stderr is not None
        try:
            port = re.search(r"port (\d+)", sink.stderr.readline())
            assert port is not None
            return send(int(port[1]), reading)
        finally:
            os.close(reading)
            if said := sink.stderr.read():
                raise Wrong(said)


def native_send(command: list[str], count: int, port: int, credit: int) -> Sample:
    return program([*command, port, count, SIZE, GROUP], stdin=credit)


def groups(count: int, credit: int) -> Iterator[None]:
    """Begin each group when it may be sent."""
    for group in range(count // GROUP):
        if group >= AHEAD and not os.read(credit, 1):
            raise Wrong("the receiver has given up")
        yield


def connected(port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.connect(("127.0.0.1", port))
    return sock


def loop_of_send(count: int, port: int, credit: int) -> Sample:
    send = connected(port).send
    watch = Stopwatch()
    for _ in groups(count, credit):
        for _ in range(GROUP):
            send(PAYLOAD)
    return watch.sample(count)


def loop_of_write(count: int, port: int, credit: int) -> Sample:
    fd, write = connected(port).detach(), syscall.write
    watch = Stopwatch()
    for _ in groups(count, credit):
        for _ in range(GROUP):
            write(fd, PAYLOAD)
    return watch.sample(count)


def batches(count: int, port: int, credit: int) -> Sample:
    fd = connected(port).detach()
    batch = syscall.MessageBatch(GROUP, SIZE)
    for i in range(GROUP):
        batch.put(i, PAYLOAD)
    watch = Stopwatch()
    for _ in groups(count, credit):
        sent = 0
        while sent < GROUP:
            sent += batch.send(fd, GROUP, start=sent)
    return watch.sample(count)


def segments(count: int, port: int, credit: int) -> Sample:
    fd = connected(port).detach()
    syscall.setsockopt_int(fd, syscall.IPPROTO_UDP, syscall.UDP_SEGMENT, SIZE)
    payload = PAYLOAD * GROUP
    watch = Stopwatch()
    for _ in groups(count, credit):
        syscall.write(fd, payload)
    return watch.sample(count)
