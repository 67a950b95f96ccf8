"""HTTP servers, with 32 clients at once: a connection for each request, or connections that stay."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial

from . import native
from .contest import Contest, Floor
from .processes import ANY_CPU, WORK_CPU, Server, server

CONNECTIONS = 32
GENERATORS = 2
TURNS = 3  # short ones, as the machine's pace changes
OURS, TWIN, STDLIB = "pysyscall: http_server", "Go: http_server", "CPython: http.server"
OURS_WORKERS = f"{OURS} --workers 2"
OURS_LOGGING, TWIN_LOGGING = f"{OURS}, with its log", f"{TWIN}, with its log"  # into a file
OURS_CLOSING, STDLIB_KEEPING = f"{OURS}, one request a connection", f"{STDLIB}, HTTP/1.1"


def contests(quick: bool) -> Iterator[Contest]:
    contest = Contest("HTTP, one request a connection, 32 at a time", "requests", ("rate", "cpu"), STDLIB)
    contest.turns = 1 if quick else TURNS
    contest.floors = (Floor(OURS, TWIN, "rate", 1),)
    with servers(contest) as running:
        for name, one in running.items():
            if name not in (STDLIB_KEEPING, OURS_LOGGING, TWIN_LOGGING):
                contest.contenders[name] = partial(one.under, load(one, name, quick))
        yield contest


def keepalive(quick: bool) -> Iterator[Contest]:
    contest = Contest("HTTP, 32 connections that stay", "requests", ("rate", "cpu"), STDLIB)
    contest.turns = 1 if quick else TURNS
    contest.floors = (
        Floor(OURS, OURS_CLOSING, "rate", 2),
        Floor(OURS, STDLIB, "rate", 8),
        Floor(OURS, TWIN, "rate", 1),
        Floor(OURS, TWIN, "cpu", 1, least=False),
        Floor(OURS_LOGGING, TWIN_LOGGING, "rate", 1),
        Floor(OURS_LOGGING, TWIN_LOGGING, "cpu", 1, least=False),
    )
    with servers(contest) as running:
        for name in (STDLIB, OURS):
            closing = OURS_CLOSING if name == OURS else STDLIB  # which knows no other way, as it comes
            contest.contenders[closing] = partial(running[name].under, load(running[name], name, quick))
        for name, one in running.items():
            if name != STDLIB:
                contest.contenders[name] = partial(one.under, [*load(one, name, quick), "keep"])
        yield contest


def workers(quick: bool) -> Iterator[Contest]:
    """With as many processes as Go's one has threads, where the machine has as many CPUs and more for the load."""
    contest = Contest(
        f"HTTP, {CONNECTIONS} connections that stay, from {GENERATORS} processes, on any CPUs",
        "requests",
        ("rate", "cpu"),
        OURS,
    )
    contest.turns = 1 if quick else TURNS
    with servers(contest, (OURS, OURS_WORKERS, TWIN), ANY_CPU) as running:
        for name, one in running.items():
            count = 200 if quick else 20_000
            command = [native.c("http_load"), one.port, count, CONNECTIONS // GENERATORS, "keep"]
            contest.contenders[name] = partial(one.under_many, command, GENERATORS)
        yield contest


def load(one: Server, name: str, quick: bool) -> list[object]:
    count = 200 if quick else 1_000 if name.startswith(STDLIB) else 10_000
    return [native.c("http_load"), one.port, count, CONNECTIONS]


EACH_ON_ONE_CPU = (STDLIB, STDLIB_KEEPING, OURS, TWIN, OURS_LOGGING, TWIN_LOGGING, "C: the same calls")


@contextmanager
def servers(
    contest: Contest, names: Sequence[str] = EACH_ON_ONE_CPU, cpu: int | None = WORK_CPU
) -> Iterator[dict[str, Server]]:
    """Servers, of which the one that has its turn gets requests, and the others wait."""
    stdlib = [sys.executable, "-m", "tests.bench.stdlib_http_server"]
    address = ["--ip-addr", "127.0.0.1", "--port", "0"]
    commands: dict[str, Callable[[], list[str]]] = {
        STDLIB: lambda: stdlib,
        STDLIB_KEEPING: lambda: [*stdlib, "HTTP/1.1"],
        OURS: lambda: [sys.executable, "-m", "examples.http_server", "--quiet", *address],
        OURS_WORKERS: lambda: [*commands[OURS](), "--workers", "2"],
        TWIN: lambda: [native.go_twin("http_server"), "--quiet", *address],
        OURS_LOGGING: lambda: [sys.executable, "-m", "examples.http_server", *address],
        TWIN_LOGGING: lambda: [native.go_twin("http_server"), *address],
        "C: the same calls": lambda: [native.c("http_server")],
    }
    with ExitStack() as stack:
        running = {}
        for name in names:
            with contest.optional():
                running[name] = stack.enter_context(server(commands[name](), cpu))
        yield running
