"""arping: send ARP requests for an IPv4 address, and print the replies. RFC 826.

Uses socket(AF_PACKET, SOCK_DGRAM) for ARP packets, bind to an interface, sendto and recvfrom with hardware addresses,
poll for the timeout, and rtnetlink for the interface and its address.
"""

import ipaddress
import struct
import sys
from collections.abc import Iterator
from time import monotonic
from typing import NamedTuple

import pysyscall as syscall

from .shared.arguments import host, integer, program_parser, seconds
from .shared.packet_socket import for_this_host, packet_socket
from .shared.program import run
from .shared.waiting import readable_before

BROADCAST = b"\xff" * 6

_layout = struct.Struct("!HHBBH6s4s6s4s")
# Ethernet addresses of 6 bytes for IPv4 addresses of 4.
_KIND = (syscall.ARPHRD_ETHER, syscall.ETH_P_IP, 6, 4)


class ArpPacket(NamedTuple):
    """An ARP request or reply: operation, sender and target."""

    operation: int
    sender_hardware: bytes
    sender: bytes
    target_hardware: bytes
    target: bytes

    def __bytes__(self) -> bytes:
        return _layout.pack(*_KIND, *self)

    @classmethod
    def parse(cls, raw: bytes) -> "ArpPacket | None":
        """Parse a packet; None if it is truncated or for other address types. Ethernet may have padded it."""
        if len(raw) < _layout.size:
            return None
        fields = _layout.unpack_from(raw)
        return cls(*fields[4:]) if fields[:4] == _KIND else None

    def answers(self, question: "ArpPacket") -> bool:
        """Whether this packet is a reply to the question."""
        return (
            self.operation == syscall.ARPOP_REPLY and self.sender == question.target and self.target == question.sender
        )


def source_address(interface: syscall.Interface, target: bytes) -> bytes:
    """Return the interface's address in the target's network, or its first address, or 0.0.0.0 (an ARP probe)."""
    own = []
    for message in syscall.parse_netlink_message(syscall.netlink_rib(syscall.RTM_GETADDR, syscall.AF_INET)):
        if message.header.type == syscall.RTM_NEWADDR:
            info = syscall.IfAddrmsg.from_buffer_copy(message.data)
            values = {attribute.attr.type: attribute.value for attribute in syscall.parse_netlink_route_attr(message)}
            if info.index == interface.index and syscall.IFA_LOCAL in values:
                own.append(ipaddress.IPv4Interface((values[syscall.IFA_LOCAL], info.prefixlen)))
    near = [address for address in own if ipaddress.IPv4Address(target) in address.network]
    return (near or own or [ipaddress.IPv4Interface(0)])[0].packed


def replies(fd: int, interface: syscall.Interface, question: ArpPacket, deadline: float) -> Iterator[str]:
    """Yield a line for each reply that arrives before the deadline."""
    asked = monotonic()
    buffer = bytearray(65536)
    while readable_before(deadline, fd):
        try:
            n, source = syscall.recvfrom(fd, buffer, syscall.MSG_DONTWAIT)
        except BlockingIOError:
            continue
        took = (monotonic() - asked) * 1000
        packet = ArpPacket.parse(bytes(buffer[:n]))
        if packet and packet.answers(question) and for_this_host(source, interface):
            manner = "Unicast" if source.pkttype == syscall.PACKET_HOST else "Broadcast"
            address, hardware = ipaddress.IPv4Address(packet.sender), packet.sender_hardware.hex(":").upper()
            yield f"{manner} reply from {address} [{hardware}]  {took:.3f}ms"


def arping(interface_name: str, target: bytes, count: int, timeout: float) -> int:
    """Send count requests and return the number of replies."""
    sent = received = 0
    with packet_socket("arping", interface_name, syscall.ETH_P_ARP) as (fd, interface):
        sender = source_address(interface, target)
        question = ArpPacket(syscall.ARPOP_REQUEST, interface.hardware_addr, sender, bytes(6), target)
        everybody = syscall.SockaddrLinklayer(syscall.htons(syscall.ETH_P_ARP), interface.index, addr=BROADCAST)
        try:
            both = f"{ipaddress.IPv4Address(target)} from {ipaddress.IPv4Address(sender)}"
            print(f"ARPING {both} {interface.name}", flush=True)
            while sent < count:
                deadline = monotonic() + timeout
                syscall.sendto(fd, bytes(question), 0, everybody)
                sent += 1
                # Waits for the whole timeout even after a reply: a second reply shows that two hosts have the address.
                for reply in replies(fd, interface, question, deadline):
                    received += 1
                    print(reply, flush=True)
        except KeyboardInterrupt:
            pass
    print(f"Sent {sent} probe(s) ({sent} broadcast(s))\nReceived {received} response(s)")
    return received


def main(argv: list[str] | None = None) -> int:
    parser = program_parser("arping", "Ask who has an IPv4 address on this wire.")
    parser.add_argument("--interface", default="eth0", metavar="NAME", help="the network interface (%(default)s)")
    parser.add_argument(
        "-c", type=integer(1, 65535), default=3, metavar="N", dest="count", help="number of requests (%(default)s)"
    )
    parser.add_argument(
        "--timeout", type=seconds, default=1.0, metavar="SECONDS", help="time to wait for each reply (%(default)g)"
    )
    parser.add_argument("address", type=host, metavar="ADDRESS", help="the IPv4 address, or a name that has one")
    arguments = parser.parse_args(argv)
    try:
        target = syscall.resolve_udp_addr("udp4", f"[{arguments.address}]:0")[0].addr
        return 0 if arping(arguments.interface, target, arguments.count, arguments.timeout) else 1
    except OSError as error:
        sys.exit(f"arping: {error.strerror}")
    except ValueError as error:
        parser.error(str(error))


if __name__ == "__main__":
    run(main)
