"""dhcp_client: get a DHCP lease like a machine without an address, print it, and configure nothing. RFC 2131.

Uses socket(AF_PACKET, SOCK_DGRAM), which carries IPv4 packets while the interface has no address: the program builds
their IPv4 and UDP headers. recvmsg's control message PACKET_AUXDATA says which checksums the sender left to its network
card, and sendto takes the destination's hardware address.
"""

import os
import random
import sys
from ipaddress import IPv4Address
from time import monotonic, sleep
from typing import NamedTuple

import pysyscall as syscall

from .shared import dhcp
from .shared.arguments import program_parser, seconds
from .shared.ipv4 import Datagram, parse_datagram, parse_packet
from .shared.packet_socket import for_this_host, packet_socket
from .shared.program import run
from .shared.waiting import readable_before

NOWHERE, EVERYWHERE = IPv4Address("0.0.0.0"), IPv4Address("255.255.255.255")
EVERYBODY = b"\xff" * 6

_PARAMETERS = bytes((dhcp.NETMASK, dhcp.ROUTER, dhcp.DNS, dhcp.DOMAIN, dhcp.LEASE_SECONDS))
_FIRST_WAIT = 1.0  # RFC 2131 has 4 seconds, which is long for a person who waits
_LONGEST_WAIT = 64.0
_REQUESTS = 3  # without an answer, before the server that made the offer counts as gone


class Answer(NamedTuple):
    """A server's message, what every one has in it, and the hardware address that it came from."""

    message: dhcp.Message
    server: IPv4Address
    address: IPv4Address
    hardware_addr: bytes

    def __str__(self) -> str:
        if self.message.type == dhcp.NAK:
            reason = self.message.text(dhcp.TEXT)
            return f"DHCPNAK from {self.server}" + (f": {reason}" if reason else "")
        kind = "DHCPOFFER" if self.message.type == dhcp.OFFER else "DHCPACK"
        return f"{kind} of {self.address} from {self.server}"


class Client:
    """One client on one interface, with a timeout."""

    def __init__(self, fd: int, interface: syscall.Interface, timeout: float) -> None:
        self.fd = fd
        self.interface = interface
        self.started = monotonic()
        self.deadline = self.started + timeout
        self.elapsed = 0
        self.xid = b""
        self._buffer, self._oob = bytearray(65536), bytearray(256)
        syscall.setsockopt_int(fd, syscall.SOL_PACKET, syscall.PACKET_AUXDATA, 1)

    def acquire(self, remembered: IPv4Address | None = None) -> Answer | None:
        """Return a granted lease, or None on timeout. A remembered address is requested first."""
        self.xid = os.urandom(4)
        answer = self.request(remembered, None) if remembered else None
        pause = 0.0
        while answer is None or answer.message.type != dhcp.ACK:
            if answer:  # begin anew, but make no storm with a server that refuses what it offers
                sleep(min(pause, max(0.0, self.deadline - monotonic())))
                pause = 2 * pause or _FIRST_WAIT
            self.xid = os.urandom(4)
            offer = self.discover()
            if offer is None:
                return None
            answer = self.request(offer.address, offer.server)
        return answer

    def discover(self) -> Answer | None:
        """Return the first offer, or None on timeout."""
        wait = _FIRST_WAIT
        while monotonic() < self.deadline:
            print(f"DHCPDISCOVER on {self.interface.name}", flush=True)
            self.elapsed = int(monotonic() - self.started)
            self.broadcast(dhcp.DISCOVER, {})
            if answer := self.answer((dhcp.OFFER,), None, wait):
                return answer
            wait = min(2 * wait, _LONGEST_WAIT)
        return None

    def request(self, address: IPv4Address, server: IPv4Address | None) -> Answer | None:
        """Return the DHCPACK or DHCPNAK of this server, or of any if server is None; None without an answer."""
        options = {dhcp.REQUESTED_ADDRESS: address.packed}
        if server:
            options[dhcp.SERVER] = server.packed
        for attempt in range(_REQUESTS):
            if monotonic() < self.deadline:
                print(f"DHCPREQUEST of {address} on {self.interface.name}", flush=True)
                self.broadcast(dhcp.REQUEST, options)
                if answer := self.answer((dhcp.ACK, dhcp.NAK), server, _FIRST_WAIT * 2**attempt):
                    return answer
        return None

    def release(self, lease: Answer) -> None:
        """Release a lease, at the hardware address that granted it: this host cannot use ARP for that address."""
        print(f"DHCPRELEASE of {lease.address} to {lease.server}", flush=True)
        self.xid = os.urandom(4)
        message = self.message(dhcp.RELEASE, {dhcp.SERVER: lease.server.packed}, lease.address)
        self.send(message, lease.address, lease.server, lease.hardware_addr)

    def message(self, type: int, options: dict[int, bytes], own: IPv4Address = NOWHERE) -> dhcp.Message:
        hardware_addr = self.interface.hardware_addr
        return dhcp.Message(type, self.xid, hardware_addr, options, own.packed, seconds=self.elapsed)

    def broadcast(self, type: int, options: dict[int, bytes]) -> None:
        """Send a message from 0.0.0.0 to the broadcast address."""
        message = self.message(type, {dhcp.PARAMETERS: _PARAMETERS, **options})
        self.send(message, NOWHERE, EVERYWHERE, EVERYBODY)

    def send(self, message: dhcp.Message, source: IPv4Address, to: IPv4Address, hardware_addr: bytes) -> None:
        """sendto(2): send a message in UDP in IPv4 to a hardware address."""
        datagram = Datagram(dhcp.CLIENT_PORT, dhcp.SERVER_PORT, message.request())
        packet = bytes(datagram.packet(source.packed, to.packed))
        link = syscall.SockaddrLinklayer(syscall.htons(syscall.ETH_P_IP), self.interface.index, addr=hardware_addr)
        syscall.sendto(self.fd, packet, 0, link)

    def answer(self, types: tuple[int, ...], server: IPv4Address | None, wait: float) -> Answer | None:
        """Print and return the first answer of these types, from this server if it is not None; None after the wait.

        The wait is up to a quarter longer or shorter at random, so that machines that start together do not stay in
        step.
        """
        deadline = min(self.deadline, monotonic() + wait * random.uniform(0.75, 1.25))
        while readable_before(deadline, self.fd):
            answer = self.receive()
            if answer and answer.message.type in types and server in (None, answer.server):
                print(answer, flush=True)
                return answer
        return None

    def receive(self) -> Answer | None:
        """recvmsg(2): return the next packet if it is a complete answer to this client, otherwise None."""
        try:
            n, oobn, _, source = syscall.recvmsg(self.fd, self._buffer, self._oob, syscall.MSG_DONTWAIT)
        except BlockingIOError:
            return None
        packet = parse_packet(bytes(self._buffer[:n]))
        datagram = packet and parse_datagram(packet, self.checksum_is_ready(oobn))
        if not for_this_host(source, self.interface) or not datagram or datagram.destination_port != dhcp.CLIENT_PORT:
            return None
        message = dhcp.parse_reply(datagram.payload)
        if not message or (message.xid, message.hardware_addr) != (self.xid, self.interface.hardware_addr):
            return None
        server, address = message.address(dhcp.SERVER), IPv4Address(message.yours)
        if server is None or (address == NOWHERE and message.type != dhcp.NAK):
            return None
        return Answer(message, server, address, source.addr)

    def checksum_is_ready(self, oobn: int) -> bool:
        """Whether the checksum of the last packet has been computed, and not left to the sender's network card."""
        (control,) = syscall.parse_socket_control_message(self._oob[:oobn])
        return not syscall.parse_tpacket_auxdata(control).status & syscall.TP_STATUS_CSUMNOTREADY


def print_lease(lease: Answer) -> None:
    """Print the parameters that a lease contains."""
    message = lease.message
    duration = message.number(dhcp.LEASE_SECONDS)
    lines = {
        "address": str(lease.address),
        "netmask": ", ".join(map(str, message.addresses(dhcp.NETMASK)[:1])),
        "router": ", ".join(map(str, message.addresses(dhcp.ROUTER))),
        "DNS": ", ".join(map(str, message.addresses(dhcp.DNS))),
        "domain": message.text(dhcp.DOMAIN),
        "lease": "for ever" if duration == 0xFFFF_FFFF else f"{duration} seconds" if duration else "",
        "server": str(lease.server),
    }
    for name, value in lines.items():
        if value:
            print(f"{name + ':':9}{value}")


def main(argv: list[str] | None = None) -> int:
    parser = program_parser("dhcp_client", "Ask for a DHCP lease and print it; nothing is configured.")
    parser.add_argument("--interface", default="eth0", metavar="NAME", help="the network interface (%(default)s)")
    parser.add_argument(
        "--timeout", type=seconds, default=10.0, metavar="SECONDS", help="total time to try (%(default)g)"
    )
    parser.add_argument(
        "--request", type=IPv4Address, metavar="ADDRESS", help="request this address first, as after a restart"
    )
    parser.add_argument(
        "--release", action="store_true", help="release the lease at the end, even if this machine uses it"
    )
    arguments = parser.parse_args(argv)
    try:
        with packet_socket("dhcp_client", arguments.interface, syscall.ETH_P_IP) as (fd, interface):
            client = Client(fd, interface, arguments.timeout)
            lease = client.acquire(arguments.request)
            if lease is None:
                sys.exit(f"dhcp_client: no lease on {interface.name} within {arguments.timeout:g} seconds")
            print_lease(lease)
            if arguments.release:
                client.release(lease)
    except OSError as error:
        sys.exit(f"dhcp_client: {error.strerror}")
    return 0


if __name__ == "__main__":
    run(main)
