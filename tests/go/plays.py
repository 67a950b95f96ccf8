"""The article's programs at work in pairs, each side in Go or in Python, and what was said, sent and called.

All of a play is on one host: HTTP and UDP on its loopback interface, CHAO on the two ends of a cable.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

import pysyscall as syscall
from examples.shared.frames import is_chao
from examples.shared.packet_capture import CallCapture
from examples.tour import laboratory
from tests.programs import eventually

from . import toolchain
from .traces import TRACED, Call, calls

LANGUAGES: Final = ("Go", "Python")
PAIRS: Final = tuple((serving, asking) for serving in LANGUAGES for asking in LANGUAGES)

_ROOT: Final = Path(__file__).parent.parent.parent
_SECONDS: Final = 30.0  # for anything that a program does at once


class Play(NamedTuple):
    """A server and a client: their command lines, what the server says when it is ready, and where they meet."""

    title: str
    server: tuple[str, ...]
    ready: str
    client: tuple[str, ...]
    interface: str


HTTP: Final = Play(
    "HTTP",
    ("http_server", "--port", "{port}"),
    r"http addr: http://[\d.]+:(\d+)\n",
    ("http_client", "http://127.0.0.1:{port}/"),
    "lo",
)
UDP: Final = Play(
    "UDP",
    ("udp_server", "--port", "{port}"),
    r"listening on port (\d+)...\n",
    ("udp_client", "--port", "{port}"),
    "lo",
)
UDP_ONE_ADDRESS: Final = Play(
    "UDP on one address",
    (*UDP.server, "--ip-addr", "127.0.0.1"),
    UDP.ready,
    UDP.client,
    "lo",
)
CHAO: Final = Play(
    "CHAO",
    ("chao_server", "--interface", "eth1"),
    r"listening on eth1()...\n",
    ("chao_client", "--interface", "eth0"),
    "eth0",
)
CHAO_ETHERTYPE: Final = Play(
    "CHAO in Ethernet frames",
    (*CHAO.server, "--ethertype"),
    CHAO.ready,
    (*CHAO.client, "--ethertype", "--destination", "02:00:00:00:00:11"),
    "eth0",
)
PLAYS: Final = (HTTP, UDP, UDP_ONE_ADDRESS, CHAO, CHAO_ETHERTYPE)


class Side(NamedTuple):
    """How a program ended, what it wrote, and the calls that it made, where they were traced."""

    command: list[str]
    status: int
    said: str
    calls: list[Call]


class Sent(NamedTuple):
    """Bytes that went over the wire: whether from the client, and what, without what TCP, UDP and IP put before."""

    by_client: bool
    data: bytes


class Outcome(NamedTuple):
    server: Side
    client: Side
    wire: list[Sent]


def make_cable() -> None:
    """eth0 and eth1, the two ends of a cable, in the private network that this process is in."""
    laboratory.add_pair("eth0", "eth1")
    for name, last in (("eth0", 0x10), ("eth1", 0x11)):
        laboratory.set_hardware_addr(name, bytes((2, 0, 0, 0, 0, last)))
        laboratory.set_up(name)
    for name in ("eth0", "eth1"):
        laboratory.wait_for_carrier(name)


def perform(play: Play, serving: str, asking: str, *, port: str = "8080", traced: bool = False) -> Outcome:
    """A play: the server is started, a client asks it, and the server is ended by SIGTERM.

    port "0" takes a free one. The wire is watched where this process may watch it.
    """
    with ExitStack() as stack:
        capture = _capture(stack, play.interface)
        directory = Path(stack.enter_context(TemporaryDirectory()))
        server = stack.enter_context(_running(serving, play.server, port, traced, directory / "server"))
        port = server.wait_for(play.ready)[1]
        before = server.sockets()
        client = stack.enter_context(_running(asking, play.client, port, traced, directory / "client"))
        asked = client.wait()
        # A server that is told to stop before it has seen the client go would make fewer calls.
        eventually(lambda: server.sockets() <= before)
        # A signal ends the UDP server's wait by a datagram of its own, which is no part of the play.
        wire = list(_payloads(capture, port)) if capture else []
        return Outcome(server.stop(), asked, wire)


def needs_strace() -> str:
    """What tracing lacks here, or nothing."""
    if shutil.which("strace") is None:
        return "strace is not installed: apt-get install strace"
    probe = subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, text=True)
    return f"kernel: {probe.stderr.strip()}" if probe.returncode else ""


class _Running:
    """A program that runs: what it has said, and how it ends."""

    def __init__(self, command: list[str], trace: Path | None, output: Path) -> None:
        self.command = command
        self._trace = trace
        tracer = ["strace", "-f", "-y", "-s", "256", "-e", f"trace={TRACED}", "-o", str(trace)] if trace else []
        self._output = output
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        with output.open("wb") as f:
            self.process = subprocess.Popen(
                [*tracer, *command], stdin=subprocess.DEVNULL, stdout=f, stderr=f, cwd=_ROOT, env=environment
            )

    def said(self) -> str:
        return self._output.read_text(errors="backslashreplace")

    def wait_for(self, pattern: str) -> re.Match[str]:
        deadline = time.monotonic() + _SECONDS
        while not (found := re.search(pattern, self.said())):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{' '.join(self.command)} has not said {pattern!r}, but: {self.said()}")
            time.sleep(0.005)
        return found

    def wait(self) -> Side:
        status = self.process.wait(_SECONDS)
        trace = self._trace.read_text(errors="backslashreplace") if self._trace else ""
        return Side(self.command, status, self.said(), calls(trace))

    def stop(self) -> Side:
        self.signal(signal.SIGTERM)
        return self.wait()

    def signal(self, number: int) -> None:
        """Send the program a signal; strace would keep it to itself."""
        os.kill(self.pid(), number)

    def sockets(self) -> int:
        """How many sockets it has."""
        folder, count = f"/proc/{self.pid()}/fd", 0
        for name in os.listdir(folder):
            with suppress(FileNotFoundError):  # closed meanwhile
                count += os.readlink(f"{folder}/{name}").startswith("socket:")
        return count

    def pid(self) -> int:
        """The program's own number: that of the first process in its trace."""
        return int(self._trace.read_text(errors="replace").split()[0]) if self._trace else self.process.pid


@contextmanager
def _running(language: str, command: tuple[str, ...], port: str, traced: bool, place: Path) -> Iterator[_Running]:
    name, *arguments = (word.format(port=port) for word in command)
    start = [toolchain.program(name)] if language == "Go" else [sys.executable, "-m", f"examples.{name}"]
    running = _Running([*start, *arguments], place.with_suffix(".trace") if traced else None, place)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.signal(signal.SIGKILL)
            running.process.wait(_SECONDS)


def _capture(stack: ExitStack, interface: str) -> CallCapture | None:
    try:
        return stack.enter_context(CallCapture(syscall.interface_by_name(interface).index))
    except PermissionError:
        return None


def _payloads(capture: CallCapture, port: str) -> Iterator[Sent]:
    for outgoing, frame in capture.both_ways():
        data = frame.data
        if is_chao(data):
            yield Sent(outgoing, data)
        elif outgoing and int.from_bytes(data[12:14], "big") == syscall.ETH_P_IP:  # lo shows each frame twice
            segment = data[14 + (data[14] & 0x0F) * 4 : 14 + int.from_bytes(data[16:18], "big")]
            header = 8 if data[23] == syscall.IPPROTO_UDP else (segment[12] >> 4) * 4
            to = int.from_bytes(segment[2:4], "big")
            if len(segment) > header and port in (str(to), str(int.from_bytes(segment[:2], "big"))):
                yield Sent(to == int(port), segment[header:])
