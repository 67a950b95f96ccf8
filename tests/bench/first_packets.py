"""How long a program takes from its start to its first packet at the other end, and how fast ping floods."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import count
from resource import RUSAGE_CHILDREN, getrusage

import pysyscall as syscall
from examples.tour import laboratory

from .capture import FAR, NEAR, cable
from .contest import Contest, Missing, Sample, Wrong
from .processes import WORK_CPU, Stopwatch, cpu_seconds, started

INTERPRETER = "CPython: an interpreter that says one word"
SECONDS = 10.0
BOOTP_SERVER = (67).to_bytes(2, "big")

# Nobody has them, and none is asked for twice: the kernel remembers of whom it had no answer.
_addresses = (f"10.77.{i >> 8}.{i & 255}" for i in count(1))


def contests(quick: bool) -> Iterator[Contest]:
    cable()
    laboratory.add_address(NEAR, "10.77.255.254/16")
    contest = Contest("a program's start, until its first packet is there", "starts", ("latency", "cpu"), INTERPRETER)
    contest.turns = 1 if quick else 10
    contest.contenders[INTERPRETER] = one_word
    for name, arguments in (
        ("ping", ["-c", "1"]),
        ("arping", ["--interface", NEAR, "-c", "1"]),
    ):
        contest.contenders[f"pysyscall: {name}"] = partial(asking, [*example(name), *arguments])
    contest.contenders["pysyscall: dhcp_client"] = partial(discovering, [*example("dhcp_client"), "--interface", NEAR])
    for command, sample in (
        (["ping", "-c", "1"], asking),
        (["arping", "-I", NEAR, "-c", "1"], asking),
        (["busybox", "udhcpc", "-i", NEAR, "-n", "-q", "-s", "/bin/true"], discovering),
    ):
        with contest.optional():
            theirs = f"C: {' '.join(command[:2] if command[0] == 'busybox' else command[:1])}"
            contest.contenders[theirs] = partial(sample, [installed(command[0]), *command[1:]])
    yield contest
    requests = 100 if quick else 5_000
    contest = Contest(
        "ping -f: each request when the reply is there", "requests", ("cpu", "rate"), "pysyscall: ping -f"
    )
    flood = ["-f", "-c", requests, "127.0.0.1"]
    contest.contenders["pysyscall: ping -f"] = partial(flooding, [*example("ping"), *flood], requests)
    with contest.optional():
        contest.contenders["C: ping -f"] = partial(flooding, [installed("ping"), *flood], requests)
    yield contest


def example(name: str) -> list[str]:
    return [sys.executable, "-m", f"examples.{name}"]


def installed(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise Missing(f"{name} is not installed")
    return path


def one_word() -> Sample:
    watch = Stopwatch()
    command = [sys.executable, "-c", "print('ready', flush=True); input()"]
    with started(command, WORK_CPU, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        if process.stdout.readline() != "ready\n":
            raise Wrong("an interpreter has failed")
        sample = watch.sample(1)._replace(cpu=cpu_seconds(process.pid))
        process.kill()
    return sample


def asking(command: Sequence[object]) -> Sample:
    """The time until the kernel, or the program, asks by ARP who has the address."""
    address = next(_addresses)
    packed = syscall.parse_ip(address)
    return until([*command, address], syscall.ETH_P_ARP, lambda frame: frame[38:42] == packed)


def discovering(command: Sequence[object]) -> Sample:
    return until(command, syscall.ETH_P_IP, lambda frame: frame[36:38] == BOOTP_SERVER)


def flooding(command: Sequence[object], requests: int) -> Sample:
    """The CPU time includes the program's start."""
    before, watch = getrusage(RUSAGE_CHILDREN), Stopwatch()
    with started(command, WORK_CPU, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        said = process.communicate()[0]
    if f" {requests} received" not in said:
        raise Wrong(f"{command} has lost replies: {said[-200:]!r}")
    after = getrusage(RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return watch.sample(requests)._replace(cpu=cpu)


def until(command: Sequence[object], protocol: int, is_first: Callable[[bytes], bool]) -> Sample:
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sock:
        sock.bind((FAR, protocol))
        sock.settimeout(SECONDS)
        watch = Stopwatch()
        files = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
        with started(command, WORK_CPU, **files) as process:
            try:
                while not is_first(sock.recv(2048)):
                    pass
                return watch.sample(1)._replace(cpu=cpu_seconds(process.pid))
            except TimeoutError:
                raise Wrong(f"{command} has sent nothing") from None
            finally:
                process.kill()
