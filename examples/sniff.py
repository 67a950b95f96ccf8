"""sniff: print, count or record the frames of an interface, like tcpdump.

Uses socket(AF_PACKET, SOCK_RAW), a socket filter, and a ring of memory shared with the kernel (PACKET_RX_RING); with
--recvfrom, one call for each frame.
"""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import ExitStack, closing
from typing import BinaryIO

import pysyscall as syscall

from .shared.arguments import integer, program_parser
from .shared.failures import failure
from .shared.frames import summary
from .shared.interfaces import interface_that_is_up
from .shared.packet_capture import CallCapture, Columns, RingCapture
from .shared.packet_filters import NAMES, coming_in, frame_filter
from .shared.packet_socket import wait_until_up, without_capability
from .shared.pcapng import PcapngWriter
from .shared.program import run
from .shared.stopping import stop_signals
from .shared.waiting import readable_before_stop

_SECONDS_TO_FINISH = 1.0  # after a flood, nobody wants to wait for the rest of the output
_ETHERNET = (syscall.ARPHRD_ETHER, syscall.ARPHRD_LOOPBACK)


class Printer:
    """Prints a line for each frame."""

    def __init__(self) -> None:
        self._second = -1
        self._time = ""

    def take(self, packets: Columns) -> None:
        for nanoseconds, length, data in zip(*packets, strict=True):
            second, rest = divmod(nanoseconds, 1_000_000_000)
            if second != self._second:
                self._second, self._time = second, time.strftime("%H:%M:%S", time.localtime(second))
            print(f"{self._time}.{rest // 1000:06d} {summary(data)}, length {length}")

    def flush(self) -> None:
        sys.stdout.flush()


class Writer:
    """Writes frames to a file."""

    def __init__(self, file: BinaryIO, interface_name: str) -> None:
        self._writer = PcapngWriter(file, interface_name)
        self.flush = file.flush

    def take(self, packets: Columns) -> None:
        self._writer.write(*packets)


class Sniffer:
    """Receives frames, counts them, and passes them to a printer and a writer."""

    def __init__(self, capture: RingCapture | CallCapture, takers: list[Printer | Writer], count: int | None) -> None:
        self._capture = capture
        self._takers = takers
        self._count = count
        self.frames = self.bytes = 0

    def run(self, stop: int) -> None:
        """Receive frames until the count is reached, or `stop` is readable; frames already received are taken too.

        None arrive while the interface is down.
        """
        while not self._enough():
            if not readable_before_stop(self._capture.fd, stop):
                self._capture.finish()
                deadline = time.monotonic() + _SECONDS_TO_FINISH
                while self._take(stop) and not self._enough() and time.monotonic() < deadline:
                    pass
                return
            self._take(stop)

    def _enough(self) -> bool:
        return self.frames == self._count

    def _take(self, stop: int) -> int:
        """Receive some frames and return their number, or wait until the interface is up again."""
        before = self.frames
        try:
            self._take_some()
        except OSError as error:
            wait_until_up(self._capture.fd, stop, error)
        return self.frames - before

    def _take_some(self) -> None:
        left = None if self._count is None else self._count - self.frames
        if not self._takers and isinstance(self._capture, RingCapture):
            frames, length = self._capture.count(left)
            self.frames += frames
            self.bytes += length
            return
        taken = Columns([], [], [])
        try:
            self._capture.take(taken, left)
        finally:
            self._show(taken)

    def _show(self, taken: Columns) -> None:
        self.frames += len(taken.lengths)
        self.bytes += sum(taken.lengths)
        try:
            for taker in self._takers:
                taker.take(taken)
        finally:
            for taker in self._takers:
                taker.flush()


def open_capture(arguments: argparse.Namespace) -> RingCapture | CallCapture:
    """Open the capture that the command line asks for, or exit with an error message."""
    interface = interface_that_is_up("sniff", arguments.interface)
    program = arguments.filter
    if interface.flags & syscall.IFF_LOOPBACK:
        program = coming_in(program or [])
    try:
        capture = (CallCapture if arguments.recvfrom else RingCapture)(interface.index, program)
    except PermissionError:
        sys.exit(without_capability("sniff:", "sniff"))
    except OSError as error:
        sys.exit(failure(error))
    name = syscall.getsockname(capture.fd)
    if not isinstance(name, syscall.SockaddrLinklayer) or name.hatype not in _ETHERNET:
        capture.close()
        sys.exit(f"sniff: the interface {arguments.interface} does not speak Ethernet")
    return capture


def parse(argv: list[str] | None) -> argparse.Namespace:
    parser = program_parser("sniff", "Show the frames of an interface.")
    parser.add_argument("--interface", default="eth0", metavar="NAME", help="the network interface (%(default)s)")
    parser.add_argument("--count", type=integer(1, 2**63 - 1), metavar="N", help="stop after N frames")
    parser.add_argument("--filter", nargs="+", metavar="WORD", help=f"only these frames: {NAMES}")
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--ring", action="store_true", help="use memory shared with the kernel (the default)")
    way.add_argument("--recvfrom", action="store_true", help="receive each frame by a separate call")
    parser.add_argument("--quiet", action="store_true", help="print only the number of frames")
    parser.add_argument("--write", metavar="FILE", help="write the frames to a file for tshark and Wireshark (pcapng)")
    arguments = parser.parse_args(argv)
    try:
        arguments.filter = arguments.filter and frame_filter(" ".join(arguments.filter).split())
    except ValueError as error:
        parser.error(str(error))
    return arguments


def main(argv: list[str] | None = None) -> int:
    arguments = parse(argv)
    try:
        with closing(open_capture(arguments)) as capture, stop_signals() as stop, ExitStack() as stack:
            takers: list[Printer | Writer] = [] if arguments.quiet else [Printer()]
            if arguments.write is not None:
                file = stack.enter_context(open(arguments.write, "wb"))
                takers.append(Writer(file, arguments.interface))
            sniff(capture, takers, stop, arguments)
    except OSError as error:
        if ": " in str(error.strerror):
            sys.exit(failure(error))
        sys.exit(": ".join(str(part) for part in ("sniff", error.filename, error.strerror) if part))  # of a file
    return 0


def sniff(
    capture: RingCapture | CallCapture, takers: list[Printer | Writer], stop: int, arguments: argparse.Namespace
) -> None:
    sniffer = Sniffer(capture, takers, arguments.count)
    print(f"sniffing on {arguments.interface}...", file=sys.stderr, flush=True)
    begun = time.monotonic()
    try:
        sniffer.run(stop)
    finally:
        seconds = time.monotonic() - begun
        print(
            f"{sniffer.frames} frames, {sniffer.bytes} bytes, {capture.dropped()} dropped, {seconds:.3f} s", flush=True
        )


if __name__ == "__main__":
    run(main)
