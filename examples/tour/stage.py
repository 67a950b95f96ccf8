"""Runs the programs of the tour, and prints their output and the frames that they exchange."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

import pysyscall as syscall

from ..shared.forked import become
from ..shared.frames import hexdump, is_chao, summary
from ..shared.packet_capture import CallCapture
from ..shared.waiting import readable_before
from . import laboratory

# Only one address family each: an interface with an IPv6 address also sends frames of its own accord.
NEAR4, NEAR6 = laboratory.NEAR[:1], laboratory.NEAR[1:]
FAR4, FAR6 = laboratory.FAR[:1], laboratory.FAR[1:]

_ROOT = Path(__file__).resolve().parents[2]


class CouldNot(Exception):
    """This machine lacks, or forbids, what a program needs."""


class Failed(Exception):
    """A program did not do what it should."""


class Stage:
    """Two hosts joined by a veth pair, with the servers on the other host; or the loopback interface if refused.

    refusal is the reason why there is no private network, or "". seconds is the timeout of each step of a program.
    """

    def __init__(self, refusal: str, seconds: float = 30.0) -> None:
        self._refusal = refusal
        self.seconds = seconds
        self.there, self.there6 = (
            ("127.0.0.1", "::1") if refusal else (address.split("/")[0] for address in laboratory.FAR)
        )
        self.port = "0" if refusal else "8080"
        self.has_ipv6 = laboratory.has_ipv6("lo" if refusal else "default")

    def need_network(self) -> None:
        if self._refusal:
            raise CouldNot(f"needs a private network ({self._refusal})")

    @contextmanager
    def other_host(
        self,
        function: Callable[..., object] = laboratory.idle,
        *args: object,
        near: Sequence[str] = NEAR4,
        far: Sequence[str] = FAR4,
    ) -> Iterator[int]:
        """Run function on the other host during the block, then print the frames; without a network, as a process."""
        if self._refusal:
            with _process(function, *args) as pid:
                yield pid
            return
        with laboratory.second_host(function, *args, near=near, far=far) as pid, _capture() as capture:
            try:
                yield pid
            finally:
                _say_frames(capture)

    @contextmanager
    def server(self, ready: str, argv: Sequence[str], near: Sequence[str] = NEAR4) -> Iterator[re.Match[str]]:
        """Run a server on the other host during the block; return the match of `ready` in its output."""
        with self._running(partial(self.other_host, near=near), argv) as server:
            yield server.wait_for(ready, self.seconds)

    @contextmanager
    def folder(self) -> Iterator[None]:
        """Use a new directory as the working directory during the block."""
        before = os.getcwd()
        with TemporaryDirectory() as folder:
            os.chdir(folder)
            try:
                yield
            finally:
                os.chdir(before)

    @contextmanager
    def beside(self, ready: str, argv: Sequence[str]) -> Iterator[Callable[[str], object]]:
        """Run a program on this host during the block; return a function that waits for a pattern in its output."""
        with self._running(_process, argv) as server:
            server.wait_for(ready, self.seconds)
            yield lambda pattern: server.wait_for(pattern, self.seconds)

    @contextmanager
    def _running(self, where: Callable[..., AbstractContextManager[int]], argv: Sequence[str]) -> Iterator[_Server]:
        reading, writing = (os.fdopen(fd, mode) for fd, mode in zip(os.pipe(), ("rb", "wb"), strict=True))
        with reading, writing, where(_execute, argv, writing.fileno()) as pid:
            writing.close()
            server = _Server(pid, reading.fileno())
            _say_command(argv, " &")
            yield server
            server.stop(self.seconds)

    def client(self, expected: str, argv: Sequence[str], *, status: int = 0, refused: str = "") -> None:
        """Run a client whose output must match `expected`, and whose exit status must be `status`.

        CouldNot: the status is another, and the output matches `refused`. Failed: anything else.
        """
        _say_command(argv)
        self._run(expected, argv, status, refused)

    def shell(self, command: str) -> None:
        """Print and run a shell command."""
        _say(f"$ {command}", "  ")
        self._run("", ["sh", "-c", command])

    def _run(self, expected: str, argv: Sequence[str], status: int = 0, refused: str = "") -> None:
        try:
            done = subprocess.run(
                argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=_environment(), timeout=self.seconds
            )
        except subprocess.TimeoutExpired:
            raise Failed(f"the client still ran after {self.seconds:g} seconds") from None
        said = done.stdout.decode(errors="backslashreplace")
        _say(said)
        if done.returncode != status:
            if (refused and re.search(refused, said)) or ("CAP_NET_RAW" in said and self._refusal):
                raise CouldNot(said.strip())
            raise Failed(f"the client ended with status {done.returncode}")
        if status:
            _say(f"status {status}", "  ")
        if not re.search(expected, said, re.MULTILINE):
            raise Failed(f"the client did not say {expected!r}")


class _Server:
    """A running server and its output."""

    def __init__(self, pid: int, output: int) -> None:
        self._pid = pid
        self._output = output
        self._said = ""
        self._shown = 0

    def wait_for(self, pattern: str, seconds: float) -> re.Match[str]:
        """Wait for a match in the output's whole lines, print them, and return the match."""
        deadline = monotonic() + seconds
        while not (found := re.search(pattern, self._said[: self._whole_lines()])):
            if not self._read(deadline):
                self._show()
                raise Failed(f"the server has not said {pattern!r}")
        self._show()
        return found

    def stop(self, seconds: float) -> None:
        """End it with SIGTERM, as a service manager does, and check its exit status."""
        os.kill(self._pid, signal.SIGTERM)
        deadline = monotonic() + seconds
        while self._read(deadline):
            pass
        self._show()
        if monotonic() > deadline:
            raise Failed("SIGTERM did not end the server")
        if code := os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1]):
            raise Failed(f"the server ended with status {code}")

    def _read(self, deadline: float) -> bool:
        """Read some output; return False at its end or at the deadline."""
        data = os.read(self._output, 65536) if readable_before(deadline, self._output) else b""
        self._said += data.decode(errors="backslashreplace")
        return bool(data)

    def _whole_lines(self) -> int:
        return self._said.rfind("\n") + 1

    def _show(self) -> None:
        """Print the new whole lines of the output."""
        end = self._whole_lines()
        _say(self._said[self._shown : end])
        self._shown = end


def program(name: str, *arguments: str) -> list[str]:
    """Return the command line of a program of this package."""
    return [sys.executable, "-m", f"examples.{name}", *arguments]


@contextmanager
def _process(function: Callable[..., object], *args: object) -> Iterator[int]:
    """Run function(*args) in a child process during the block."""
    pid = os.fork()
    if pid == 0:
        become(function, *args)
    try:
        yield pid
    finally:
        laboratory.end(pid)


def _execute(argv: Sequence[str], output: int) -> None:
    """Execute a program with standard output and error on a descriptor."""
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.execve(argv[0], list(argv), _environment())


def _environment() -> dict[str, str]:
    """Return an environment in which programs find this package from any working directory."""
    path = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path)}


def _say_command(argv: Sequence[str], end: str = "") -> None:
    command = "python3" if argv[0] == sys.executable else os.path.basename(argv[0])
    _say(f"$ {shlex.join([command, *argv[1:]])}{end}", "  ")


def _say(text: str, begin: str = "    ") -> None:
    for line in text.rstrip("\n").splitlines():
        print(f"{begin}{line}".rstrip(), flush=True)


def _capture() -> CallCapture:
    return CallCapture(syscall.interface_by_name("eth0").index)


def _say_frames(capture: CallCapture) -> None:
    frames = list(capture.both_ways())
    _say("on the wire:", "  ")
    for outgoing, frame in frames:
        arrow = "->" if outgoing else "<-"
        milliseconds = (frame.time - frames[0][1].time) / 1e6
        _say(f"{milliseconds:8.3f} ms {arrow} {len(frame.data):5} bytes  {summary(frame.data)}")
        if is_chao(frame.data):
            for line in hexdump(frame.data):
                _say(line, " " * 19)
