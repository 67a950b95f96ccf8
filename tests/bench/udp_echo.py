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


SOCKET = "CPython: socket"
OURS, TWIN = "pysyscall: udp_server", "Go: udp_server"  # as they start by default, on all addresses
OURS_BATCH, ON_ONE = f"{OURS} --batch 64", "--ip-addr 127.0.0.1"


def contests(quick: bool) -> Iterator[Contest]:
    count, turns = (1_000, 1) if quick else (50_000, 4)
    contest = Contest("UDP echo server, 64 datagrams of 64 bytes in flight", "echoes", ("rate", "cpu"), SOCKET)
    contest.turns = turns
    contest.floors = (
        Floor(OURS, SOCKET, "rate", 1),
        Floor(OURS_BATCH, TWIN, "rate", 2),
        Floor(f"{OURS_BATCH} {ON_ONE}", f"{TWIN} {ON_ONE}", "rate", 1.5),
        Floor(f"{OURS_BATCH} {ON_ONE}", SOCKET, "rate", 1.8),
    )
    with servers(contest, count, IN_FLIGHT) as add:
        add("C: recvmmsg, sendmmsg", server([native.c("udp_echo"), "64"]))
        yield contest


@contextmanager
def servers(
    contest: Contest, count: int, in_flight: int
) -> Iterator[Callable[[str, AbstractContextManager[Server]], None]]:
    """CPython's, ours, Go's and C's, each with so many datagrams in flight; what is given adds another."""
    load = native.c("udp_load")
    with ExitStack() as running:

        def add(name: str, started: AbstractContextManager[Server]) -> None:
            echo = running.enter_context(started)
            contest.contenders[name] = partial(echo.under, [load, echo.port, count, in_flight, SIZE])

        add(SOCKET, loop(echo_socket))
        example = [sys.executable, "-m", "examples.udp_server", "--port", "0"]
        for name in (OURS, f"{OURS} {ON_ONE}", OURS_BATCH, f"{OURS_BATCH} {ON_ONE}"):
            add(name, server([*example, *name.removeprefix(OURS).split()]))
        with contest.optional():
            twin = [native.go_twin("udp_server"), "--port", "0"]
            for name in (TWIN, f"{TWIN} {ON_ONE}"):
                add(name, server([*twin, *name.removeprefix(TWIN).split()]))
        add("C: recvfrom, sendto", server([native.c("udp_echo")]))
        yield add


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
