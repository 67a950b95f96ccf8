"""Benchmarks: pysyscall, CPython's own modules, Go and C at the same work, side by side, in alternating rounds.

Every echo, frame and answer is compared or counted, and a wrong count ends the run. Where the machine has two CPUs the
load has one and the work the other; where it allows, the scheduler prefers the run to whatever else goes on.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import platform
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

from examples.shared.forked import become
from examples.tour import laboratory

from . import calls, capture, first_packets, http, imports, latency, starts, transmit, udp_echo, udp_send
from .contest import Contest, Missing, Wrong
from .plot import svg
from .table import label, markdown, text, verdict

Benchmark: TypeAlias = Callable[[bool], Iterator[Contest]]

BENCHMARKS: dict[str, Benchmark] = {
    "calls": calls.contests,
    "udp_echo": udp_echo.contests,
    "udp_send": udp_send.contests,
    "capture": capture.contests,
    "capture_held": capture.held,
    "transmit": transmit.contests,
    "http": http.contests,
    "http_keepalive": http.keepalive,
    "http_workers": http.workers,
    "latency": latency.contests,
    "latency_capture": latency.across_a_cable,
    "import": imports.contests,
    "starts": starts.contests,
    "first_packets": first_packets.contests,
}


IN_PRIVATE_NETWORK = (
    capture.contests,
    capture.held,
    transmit.contests,
    latency.across_a_cable,
    first_packets.contests,
)


# A machine for tests may set these. Users do not: each program would compile all its modules, or buffer no output.
_NOT_OF_USERS = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python3 -m tests.bench",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(BENCHMARKS)}; all of them by default")
    parser.add_argument("--rounds", type=int, default=5, help="how often each contender has its turn (%(default)s)")
    parser.add_argument("--quick", action="store_true", help="only see whether everything works")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="write a picture, in SVG")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the best of each kind, as a table")
    options = parser.parse_args()
    if unknown := set(options.names) - set(BENCHMARKS):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    for name in _NOT_OF_USERS:
        os.environ.pop(name, None)
    finished: list[Contest] = []
    for name in options.names or BENCHMARKS:
        try:
            finished += in_child(BENCHMARKS[name], options)
        except Missing as missing:
            print(f"{name}: left out: {missing}\n")
        except Wrong as wrong:
            sys.exit(f"{name}: {wrong}")
    if options.json:
        options.json.write_text(json.dumps(as_json(finished), indent=1) + "\n")
    if options.plot:
        options.plot.write_text(svg(finished))
    if options.markdown:
        options.markdown.write_text(markdown(finished))
    return 0


def in_child(benchmark: Benchmark, options: argparse.Namespace) -> list[Contest]:
    """Run a benchmark in a process of its own, which may enter a network of its own."""
    reading, writing = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        become(run, benchmark, options, writing)
    os.close(writing)
    with open(reading, "rb") as f:
        told = f.read()
    os.waitpid(pid, 0)
    if not told:
        sys.exit(1)  # the child has said why
    outcome = pickle.loads(told)
    if isinstance(outcome, Exception):
        raise outcome
    contests: list[Contest] = outcome
    return contests


def run(benchmark: Benchmark, options: argparse.Namespace, writing: int) -> None:
    outcome: list[Contest] | Exception
    try:
        take_precedence()
        if benchmark in IN_PRIVATE_NETWORK:
            enter_private_network()
        outcome = []
        for contest in benchmark(options.quick):
            contest.run(options.rounds, progress)
            progress("")
            print(text(contest), end="\n\n", flush=True)
            outcome.append(replace(contest, contenders={}))
    except (Missing, Wrong) as error:
        outcome = error
    with open(writing, "wb") as f:
        pickle.dump(outcome, f)


def take_precedence() -> None:
    """Have the scheduler prefer this session to the others, if it lets us."""
    os.setsid()
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text("-20")
    with suppress(OSError):
        os.nice(-20)


def enter_private_network() -> None:
    try:
        laboratory.enter()
    except OSError as error:
        raise Missing(f"no private network: {error.strerror}") from None


def progress(line: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)


def as_json(contests: list[Contest]) -> dict[str, Any]:
    return {
        "python": platform.python_version(),
        "kernel": platform.release(),
        "machine": platform.machine(),
        "cpus": len(os.sched_getaffinity(0)),
        "contests": [
            {
                "title": contest.title,
                "measures": {measure: label(contest, measure) for measure in contest.measures},
                "baseline": contest.baseline,
                "samples": {name: [s._asdict() for s in samples] for name, samples in contest.samples.items()},
                "floors": [verdict(contest, floor) for floor in contest.judged()],
                "notes": contest.notes,
            }
            for contest in contests
        ],
    }


if __name__ == "__main__":
    sys.exit(main())
