"""The CHAO protocol of the article: frames that hold four letters and a message, without IP.

By default a frame equals the original's: it starts with CHAO and the message, in place of an Ethernet header, so that
receivers take "CHAOHe" for a multicast address. With an Ethertype, CHAO and the message follow a real Ethernet header,
and the frame crosses a switch.
"""

import argparse
import sys

import pysyscall as syscall

from .failures import failure
from .interfaces import no_interface
from .packet_socket import whole_frame, without_capability

MAGIC = b"CHAO"
GREETING = b"Hello, custom chao protocol!"
BROADCAST = b"\xff" * 6

_ETHERTYPE = 0x88B5  # the first of two that IEEE 802 reserves for experiments
_HEADER = 14  # Ethernet's: destination, source, Ethertype
_LEAST_ON_THE_WIRE = 60  # Ethernet cards pad shorter frames with zeros
_TAG = syscall.ETH_P_8021Q.to_bytes(2, "big")


class ChaoSocket:
    """socket(AF_PACKET, SOCK_RAW), bound to one interface, which sends and receives messages in CHAO frames.

    `short` and `foreign` count the ignored frames: those too short for CHAO, and those of other protocols.
    """

    def __init__(self, interface_name: str, ethertype: int | None) -> None:
        self.ethertype = ethertype
        self.short = self.foreign = 0
        self._buffer, self._control = bytearray(65535), bytearray(256)
        protocol = syscall.htons(syscall.ETH_P_ALL)
        self.fd = syscall.socket(syscall.AF_PACKET, syscall.SOCK_RAW | syscall.SOCK_CLOEXEC, protocol)
        try:
            syscall.setsockopt_int(self.fd, syscall.SOL_PACKET, syscall.PACKET_AUXDATA, 1)
            interface = syscall.interface_by_name(interface_name)
            self.has_been_up = bool(interface.flags & syscall.IFF_UP)
            self.address = interface.hardware_addr or bytes(6)
            self._loops = bool(interface.flags & syscall.IFF_LOOPBACK)
            self._name = syscall.SockaddrLinklayer(protocol, interface.index, addr=self.address)
            syscall.bind(self.fd, self._name)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        syscall.close(self.fd)

    def __enter__(self) -> "ChaoSocket":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def filter(self) -> None:
        """setsockopt(2) SO_ATTACH_FILTER: let the kernel drop frames without CHAO."""
        if self.ethertype is None:
            program = syscall.lsf_prefix(MAGIC)
        else:
            program = syscall.lsf_prefix(self.ethertype.to_bytes(2, "big") + MAGIC, _HEADER - 2)
        syscall.attach_lsf(self.fd, program)

    def send(self, message: bytes, destination: bytes = BROADCAST) -> None:
        """Send a message. destination, a hardware address, is used only with an Ethertype."""
        frame = MAGIC + message
        if self.ethertype is not None:
            frame = destination + self.address + self.ethertype.to_bytes(2, "big") + frame
        syscall.sendto(self.fd, frame, 0, self._name)

    def receive(self) -> tuple[bytes, bytes] | None:
        """Return the next frame's message and its sender's hardware address or b""; None without a CHAO frame."""
        try:
            n, controllen, _, sender = syscall.recvmsg(self.fd, self._buffer, self._control, syscall.MSG_DONTWAIT)
        except BlockingIOError:
            return None
        assert isinstance(sender, syscall.SockaddrLinklayer)
        if sender.ifindex != self._name.ifindex:
            return None  # received before bind
        if self._loops and sender.pkttype != syscall.PACKET_OUTGOING:
            # A loopback interface receives every frame that it sends. A packet socket does not see its own frames when
            # they are sent, but when they are received: a server would answer its own answers forever.
            return None
        # The kernel removes what looks like a VLAN tag, also from frames without an Ethernet header.
        frame = whole_frame(bytes(self._buffer[:n]), self._control[:controllen])
        if self.ethertype is not None and _is_priority_tagged(frame):
            frame = frame[:12] + frame[16:]
        start = 0 if self.ethertype is None else _HEADER
        destination, source, ethertype = frame[:6], frame[6:12], int.from_bytes(frame[12:14], "big")
        if start and (ethertype != self.ethertype or destination not in (self.address, BROADCAST)):
            self.foreign += 1
        elif len(frame) < start + len(MAGIC):
            self.short += 1
        elif not frame.startswith(MAGIC, start):
            self.foreign += 1
        else:
            message = frame[start + len(MAGIC) :]
            padded = len(frame) == _LEAST_ON_THE_WIRE
            return message.rstrip(b"\0") if padded else message, source if start else b""
        return None

    def ignored(self) -> str:
        """Return a sentence: how many frames were ignored, and why."""
        total = self.short + self.foreign
        frames = "frame" if total == 1 else "frames"
        return f"ignored {total} {frames}: {self.short} too short for CHAO, {self.foreign} of others"


def _is_priority_tagged(frame: bytes) -> bool:
    """Whether a frame has an 802.1Q tag that carries only a priority: its VLAN id is 0."""
    return frame[12:14] == _TAG and int.from_bytes(frame[14:16], "big") & 0x0FFF == 0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that server and client share."""
    parser.add_argument("--interface", default="eth0", metavar="NAME", help="the network interface (%(default)s)")
    parser.add_argument(
        "--ethertype",
        type=_ethertype,
        nargs="?",
        const=_ETHERTYPE,
        metavar="NUMBER",
        help=f"put each frame behind an Ethernet header with this Ethertype (default {_ETHERTYPE:#x})",
    )


def open_chao_socket(arguments: argparse.Namespace) -> ChaoSocket:
    """Open the socket that the command line asks for, or exit with an error message."""
    try:
        return ChaoSocket(arguments.interface, arguments.ethertype)
    except PermissionError:
        sys.exit(without_capability("socket failed:", "chao"))
    except OSError as error:
        if error.errno == syscall.ENODEV:
            no_interface("interfaceByName failed:", arguments.interface)
        sys.exit(failure(error))


def _ethertype(text: str) -> int:
    value = int(text, 0)
    if not 0x600 <= value <= 0xFFFF:  # smaller numbers are the length of a frame
        raise argparse.ArgumentTypeError(f"{text!r} is not between 0x600 and 0xffff")
    return value
