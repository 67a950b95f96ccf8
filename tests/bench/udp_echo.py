"""UDP echo servers with 64 datagrams in flight."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial

from . import native
from .contest import Contest, Floor
from .processes import Server, forked_server, server

SIZE = 64
IN_FLIGHT = 64


def contests(quick: bool) -> Iterator[Contest]:
    count, turns = (1_000, 1) if quick else (50_000, 4)
    contest = Contest(
        "UDP echo server, 64 datagrams of 64 bytes in flight", "echoes", ("rate", "cpu"), "CPython: socket"
    )
    contest.turns = turns
    contest.floors = (
        Floor("pysyscall: udp_server --batch 64", "Go: udp_server", "rate", 1.5),
        Floor("pysyscall: udp_server --batch 64", "CPython: socket", "rate", 1.8),
    )
    load = native.c("udp_load")
    with ExitStack() as servers:

        def add(name: str, started: AbstractContextManager[Server]) -> None:
            echo = servers.enter_context(started)
            contest.contenders[name] = partial(echo.under, [load, echo.port, count, IN_FLIGHT, SIZE])

        example = [sys.executable, "-m", "examples.udp_server", "--ip-addr", "127.0.0.1", "--port", "0"]
        add("CPython: socket", loop(echo_socket))
        add("pysyscall: udp_server", server(example))
        add("pysyscall: udp_server --batch 64", server([*example, "--batch", "64"]))
        with contest.optional():
            twin = [native.go_twin("udp_server"), "--ip-addr", "127.0.0.1", "--port", "0"]
            add("Go: udp_server", server(twin))
        add("C: recvfrom, sendto", server([native.c("udp_echo")]))
        add("C: recvmmsg, sendmmsg", server([native.c("udp_echo"), "64"]))
        yield contest


@contextmanager
def loop(function: Callable[[int], object]) -> Iterator[Server]:
    """A server that is function(fd), with a UDP socket."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        with forked_server(function, sock.fileno(), sock.getsockname()[1]) as server:
            yield server


def echo_socket(fd: int) -> None:
    sock = socket.socket(fileno=fd)
    buffer = bytearray(65535)
    view = memoryview(buffer)
    while True:
        n, sender = sock.recvfrom_into(buffer)
        sock.sendto(view[:n], sender)
