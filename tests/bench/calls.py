"""One call at a time: what a call costs beyond what the kernel does."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from ctypes import CDLL, byref, c_char, c_uint32
from functools import partial
from typing import Any

import pysyscall as syscall

from . import file_calls, native, single_calls, socket_calls
from .contest import Contest, Floor, Sample, Wrong
from .processes import Stopwatch, forked, program

SIZE = 64
PAYLOAD = bytes(range(SIZE))
ARRAY = (c_char * SIZE).from_buffer_copy


def contests(quick: bool) -> Iterator[Contest]:
    count, turns = (200, 1) if quick else (20_000, 5)

    echo = Contest(
        "a datagram received and sent again, 64 bytes, loopback", "pairs", ("cpu", "rate"), "CPython: socket"
    )
    echo.turns = turns
    echo.contenders = {
        "CPython: socket": partial(forked, echo_socket, count),
        "pysyscall: a bytearray to fill": partial(forked, echo_pysyscall, count, bytearray),
        "pysyscall: a ctypes array to fill": partial(forked, echo_pysyscall, count, ARRAY),
        "bare ctypes: the same calls": partial(forked, echo_ctypes, count),
    }
    echo.floors = (
        Floor("pysyscall: a bytearray to fill", "CPython: socket", "cpu", 1.25, least=False),
        Floor("pysyscall: a ctypes array to fill", "CPython: socket", "cpu", 1.1, least=False),
    )
    add_native(echo, "echo", count)
    yield echo

    pair = Contest(
        "a message written and read, 64 bytes, socketpair", "pairs", ("cpu", "rate"), "CPython: os.write, os.readv"
    )
    pair.turns = turns
    pair.contenders = {
        "CPython: os.write, os.readv": partial(forked, pair_os, count),
        "pysyscall: a bytearray to fill": partial(forked, pair_pysyscall, count, bytearray),
        "pysyscall: a ctypes array to fill": partial(forked, pair_pysyscall, count, ARRAY),
    }
    pair.floors = (
        Floor("pysyscall: a bytearray to fill", "CPython: os.write, os.readv", "cpu", 1.3, least=False),
        Floor("pysyscall: a ctypes array to fill", "CPython: os.write, os.readv", "cpu", 1.3, least=False),
    )
    add_native(pair, "pair", count)
    yield pair
    for each in (*socket_calls.ROWS, *file_calls.ROWS):
        with each.loops() as loops:
            yield single(each, loops, *((200, 1) if quick else (2000, 15)))


def single(work: single_calls.Work, loops: single_calls.Loops, count: int, turns: int) -> Contest:
    """Many short turns in this process: what else the machine does takes from all alike."""
    contest = Contest(work.title, work.unit, ("cpu", "rate"), single_calls.CPYTHON)
    contest.turns = turns
    contest.contenders = {name: partial(turn, loop, loops, count) for name, loop in loops.contenders.items()}
    contest.floors = [Floor(name, work.other, "cpu", limit, least=False) for name, limit in work.limits.items()]
    return contest


def turn(loop: single_calls.Loop, loops: single_calls.Loops, count: int) -> Sample:
    wall = cpu = 0.0
    for start in range(0, count, loops.at_once):
        operations = min(loops.at_once, count - start)
        if loops.before:
            loops.before(operations)
        watch = Stopwatch()
        loop(operations)
        sample = watch.sample(operations)
        wall, cpu = wall + sample.wall, cpu + sample.cpu
    return Sample(count, wall, cpu)


def add_native(contest: Contest, work: str, count: int) -> None:
    with contest.optional():
        contest.contenders["Go: the same calls"] = partial(program, [native.go(), work, count, SIZE])
    with contest.optional():
        contest.contenders["C: the same calls"] = partial(program, [native.c("calls"), work, count, SIZE])


def check(received: int, count: int, buffer: Any) -> None:
    if received != count * SIZE or bytes(buffer) != PAYLOAD:
        raise Wrong(f"{received} bytes came back of {count * SIZE}, the last ones {bytes(buffer)!r}")


def udp() -> socket.socket:
    """A socket on a free port, with the first datagram to itself on its way."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    sock.sendto(PAYLOAD, sock.getsockname())
    return sock


def echo_socket(count: int) -> Sample:
    sock = udp()
    recvfrom_into, sendto = sock.recvfrom_into, sock.sendto
    buffer = bytearray(SIZE)
    received = 0
    watch = Stopwatch()
    for _ in range(count):
        n, sender = recvfrom_into(buffer)
        received += n
        sendto(buffer, sender)
    sample = watch.sample(count)
    check(received, count, buffer)
    return sample


def echo_pysyscall(count: int, make: Callable[[bytes], Any]) -> Sample:
    fd = udp().detach()
    recvfrom, sendto = syscall.recvfrom, syscall.sendto
    buffer = make(PAYLOAD)
    received = 0
    watch = Stopwatch()
    for _ in range(count):
        n, sender = recvfrom(fd, buffer)
        received += n
        sendto(fd, buffer, 0, sender)
    sample = watch.sample(count)
    check(received, count, buffer)
    return sample


def echo_ctypes(count: int) -> Sample:
    """The two calls with nothing around them: no check, no retry, no address."""
    fd = udp().detach()
    libc = CDLL(None, use_errno=True)
    recvfrom, sendto = libc.recvfrom, libc.sendto
    buffer, name, length = (c_char * SIZE)(), (c_char * 128)(), c_uint32(128)
    received = 0
    pointer = byref(length)
    watch = Stopwatch()
    for _ in range(count):
        received += recvfrom(fd, buffer, SIZE, 0, name, pointer)
        sendto(fd, buffer, SIZE, 0, name, length)
    sample = watch.sample(count)
    check(received, count, buffer)
    return sample


def pair_os(count: int) -> Sample:
    writing, reading = (sock.detach() for sock in socket.socketpair())
    write, readv = os.write, os.readv
    buffer = bytearray(SIZE)
    buffers = [buffer]
    received = 0
    watch = Stopwatch()
    for _ in range(count):
        write(writing, PAYLOAD)
        received += readv(reading, buffers)
    sample = watch.sample(count)
    check(received, count, buffer)
    return sample


def pair_pysyscall(count: int, make: Callable[[bytes], Any]) -> Sample:
    writing, reading = syscall.socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM)
    write, read = syscall.write, syscall.read
    buffer = make(PAYLOAD)
    received = 0
    watch = Stopwatch()
    for _ in range(count):
        write(writing, PAYLOAD)
        received += read(reading, buffer)
    sample = watch.sample(count)
    check(received, count, buffer)
    return sample
