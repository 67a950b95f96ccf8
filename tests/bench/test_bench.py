"""The benchmarks run, count and compare; what they measure is not for a test to judge."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path

import pytest

import pysyscall as syscall

from . import capture, native, udp_send
from .contest import Contest, Floor, Missing, Sample, Wrong
from .processes import ROOT, cpu_seconds, forked, forked_server, program
from .table import markdown, text
from .udp_echo import loop

TITLES = (
    "a datagram received and sent again, 64 bytes, loopback",
    "a message written and read, 64 bytes, socketpair",
    "sendto and recvfrom, UDP",
    "recvfrom, of 5,000 senders in turn",
    "sendmsg and recvmsg, UDP",
    "sendmsg and recvmsg, UDP with IP_PKTINFO",
    "setsockopt_int and getsockopt_int",
    "getsockname, UDP",
    "epoll_wait, one event read",
    "epoll_ctl, EPOLL_CTL_MOD",
    "set_nonblock, of what is so already",
    "socket, connect, accept4 and two closes, Unix stream",
    "ioctl with a structure, SIOCGIFINDEX",
    "write and read, a pipe",
    "pipe2 and two closes",
    "pread, a file in memory",
    "open and close, a file",
    "stat, a file",
    "lseek, a file",
    "getdents, a thousand names",
    "mmap and munmap, a page",
    "getpid",
    "UDP echo server, 64 datagrams of 64 bytes in flight",
    "UDP bulk send, 1,200 bytes a datagram",
    "capture of 64-byte frames across a veth pair, 20,000 frames/s",
    "64-byte frames that a ring holds, looked at",
    "64-byte frames sent on a veth pair",
    "HTTP, one request a connection, 32 at a time",
    "HTTP, 32 connections that stay",
    "HTTP, 32 connections that stay, from 2 processes, on any CPUs",
    "UDP echo server, one datagram of 64 bytes in flight",
    "a frame of 64 bytes across a veth pair, until captured",
    "import, in an interpreter of its own",
    "a program started and waited for, by a small process",
    "a program started and waited for, by a process of 1 MiB more",
    "a program's start, until its first packet is there",
    "ping -f: each request when the reply is there",
)


@pytest.fixture(scope="module", autouse=True)
def _compiler() -> None:
    try:
        native.c("udp_load")
    except Missing as missing:
        pytest.skip(str(missing))


def bench(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.bench", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_all_of_them(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("all.json", "all.svg", "all.md")]
    options = zip(("--json", "--plot", "--markdown"), files, strict=True)
    done = bench("--quick", "--rounds", 2, *(word for option in options for word in option))
    assert (done.returncode, done.stderr) == (0, "")
    if "left out: no private network" in done.stdout:
        pytest.skip(f"kernel: {done.stdout}")
    tables = done.stdout.strip().split("\n\n")
    assert tuple(table.splitlines()[0] for table in tables) == TITLES

    told = json.loads(files[0].read_text())["contests"]
    assert tuple(contest["title"] for contest in told) == TITLES
    for contest, table in zip(told, tables, strict=True):
        assert contest["baseline"] in contest["samples"]
        assert any(name.startswith("pysyscall") for name in contest["samples"])
        lines = table.splitlines()
        assert [line.split("  ")[0] for line in lines[2 : 2 + len(contest["samples"])]] == [*contest["samples"]]
        assert [line for line in lines if line.startswith(("reached: ", "MISSED: "))] == contest["floors"]
        for samples in contest["samples"].values():
            assert len(samples) == 2
            assert all(sample["operations"] > 0 and sample["wall"] > 0 and sample["cpu"] > 0 for sample in samples)

    drawn = ElementTree.parse(files[1]).getroot()
    words = [element.text for element in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert {name for contest in told for name in contest["samples"]} <= set(words)
    assert files[2].read_text().count("\n") == 2 + len(TITLES)


def test_an_unknown_name_is_refused() -> None:
    done = bench("calls", "clals")
    assert done.returncode == 2
    assert "no such benchmark: clals" in done.stderr


def contest_of(**samples: list[Sample]) -> Contest:
    made = Contest("work", "pieces", ("rate", "cpu"), "slow")
    made.samples = samples
    return made


def test_a_ratio_is_the_median_of_the_rounds_ratios() -> None:
    """The machine was three times as slow in the second round, for both."""
    slow = [Sample(10, 1, 1), Sample(10, 3, 3), Sample(10, 1, 1)]
    fast = [Sample(20, 1, 1), Sample(20, 3, 3), Sample(50, 1, 1)]
    contest = contest_of(slow=slow, fast=fast)
    assert contest.ratio("fast", "slow", "rate") == 2
    assert contest.ratio("fast", "slow", "cpu") == 0.5


def test_floors_are_judged() -> None:
    contest = contest_of(slow=[Sample(90, 1, 1, dropped=10)], fast=[Sample(200, 1, 1)])
    contest.floors = (
        Floor("fast", "slow", "rate", 2),
        Floor("fast", "slow", "rate", 3),
        Floor("fast", "slow", "cpu", 0.5, least=False),
        Floor("fast", "slow", "cpu", 0.4, least=False),
        Floor("fast", None, "dropped", 0, least=False),
        Floor("slow", None, "dropped", 0, least=False),
        Floor("absent", "slow", "rate", 1),
    )
    assert [contest.reached(floor)[1] for floor in contest.judged()] == [True, False, True, False, True, False]
    assert text(contest).count("MISSED: ") == 3
    assert "MISSED: slow: 10.0% dropped (at most 0.0%)" in text(contest)


def test_what_is_missing_is_said() -> None:
    contest = contest_of(slow=[Sample(1, 1, 1)])
    with contest.optional():
        raise Missing("no Go")
    assert text(contest).endswith("\nleft out: no Go")


def test_the_markdown_has_the_baseline_and_the_best_of_each_other_kind() -> None:
    samples = {"C: one": 1, "C: two": 4, "CPython: base": 2, "CPython: more": 3}
    contest = contest_of(**{name: [Sample(n, 1, 1)] for name, n in samples.items()})
    contest.baseline = "CPython: base"
    assert markdown([contest]).splitlines()[2] == "| work: pieces/s | 2 (1.00 x) base |  |  |  | 4 (2.00 x) two |"


def spin() -> Sample:
    before = cpu_seconds(os.getpid())
    while cpu_seconds(os.getpid()) - before < 0.05:
        pass
    return Sample(1, 1, cpu_seconds(os.getpid()) - before)


def test_cpu_seconds_are_another_process_own() -> None:
    before = cpu_seconds(os.getpid())
    assert forked(spin).cpu >= 0.05
    assert cpu_seconds(os.getpid()) - before < 0.05


def echo_changed(fd: int) -> None:
    buffer = bytearray(2048)
    for i in range(200):
        n, sender = syscall.recvfrom(fd, buffer)
        buffer[n - 1] ^= i > 100
        syscall.sendto(fd, buffer[:n], 0, sender)


def echo_twice(fd: int) -> None:
    buffer = bytearray(2048)
    while True:
        n, sender = syscall.recvfrom(fd, buffer)
        for _ in range(2):
            syscall.sendto(fd, buffer[:n], 0, sender)


@pytest.mark.parametrize("echo", [echo_changed, echo_twice])
def test_a_wrong_echo_is_no_result(echo: Callable[[int], object], capfd: pytest.CaptureFixture[str]) -> None:
    with loop(echo) as server, pytest.raises(Wrong, match="udp_load"):
        server.under([native.c("udp_load"), server.port, 1000, 64, 64])
    assert "is not what was sent" in capfd.readouterr().err


def send_other_bytes(port: int, credit: int) -> Sample:
    with udp_send.connected(port) as sock:
        sock.send(b"y" * udp_send.SIZE)
    return Sample(1, 1, 1)


def test_a_wrong_datagram_is_no_result() -> None:
    with pytest.raises(Wrong, match="datagram 0 is not what was sent"):
        udp_send.to_sink(udp_send.GROUP, send_other_bytes)


@pytest.mark.parametrize("answer", [b"HTTP/1.1 404 Not Found\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n<h1>hello</h1>", b""])
def test_a_wrong_answer_is_no_result(answer: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    def serve(listener: int) -> None:
        fd, _ = syscall.accept(listener)
        syscall.read(fd, bytearray(1024))
        syscall.write(fd, answer)
        syscall.shutdown(fd, syscall.SHUT_WR)
        syscall.read(fd, bytearray(1024))

    listener = syscall.socket(syscall.AF_INET, syscall.SOCK_STREAM)
    syscall.bind(listener, syscall.SockaddrInet4(0, bytes((127, 0, 0, 1))))
    syscall.listen(listener)
    own = syscall.getsockname(listener)
    assert isinstance(own, syscall.SockaddrInet4)
    try:
        with forked_server(serve, listener, own.port) as server, pytest.raises(Wrong, match="http_load"):
            server.under([native.c("http_load"), server.port, 10, 1])
    finally:
        syscall.close(listener)
    assert "this is no answer" in capfd.readouterr().err


def test_a_frame_that_nobody_saw_is_no_result() -> None:
    assert capture.counted(lambda count, rate: Sample(count - 7, 1, 1, dropped=7), 100, 0).operations == 93
    with pytest.raises(Wrong, match="100 frames were sent: 92 came, 7 were dropped"):
        capture.counted(lambda count, rate: Sample(count - 8, 1, 1, dropped=7), 100, 0)


def test_a_program_that_fails_is_no_result(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Wrong, match="calls"):
        program([native.c("calls")])
    assert "usage: calls" in capfd.readouterr().err
