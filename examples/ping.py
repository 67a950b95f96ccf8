"""ping: send echo requests over IPv4 or IPv6, and print the replies and round-trip times. RFC 792, RFC 4443.

Uses a ping socket (SOCK_DGRAM with IPPROTO_ICMP) or a raw socket (SOCK_RAW), recvmsg for replies with their TTL and for
ICMP errors in the socket's error queue, poll for the timeout, and libc's getaddrinfo.
"""

import ipaddress
import math
import sys
from time import monotonic, monotonic_ns
from typing import TYPE_CHECKING

import pysyscall as syscall

from .shared.arguments import host, integer, program_parser, seconds
from .shared.echo_socket import EchoSocket, Failure, Reply
from .shared.icmp import error_text
from .shared.packet_socket import without_capability
from .shared.program import run
from .shared.waiting import readable_before

if TYPE_CHECKING:
    from pysyscall.net.resolving import SockaddrInet

_LEAST_INTERVAL = 0.002  # so that replies are read when they arrive
_FLOOD_INTERVAL = 0.01  # at most, where each reply is followed by the next request
_MOST_DATA = 65535 - 20 - 8  # the room in an IPv4 packet after the two headers


class Ping:
    """Requests to one address, and their results."""

    def __init__(self, socket: EchoSocket, address: "SockaddrInet", size: int, many: bool, flood: bool) -> None:
        self.socket = socket
        self.address = address
        self.flood = flood
        self.many = many  # a broadcast or multicast address: replies come from several addresses
        self.pattern = bytes(i & 0xFF for i in range(size))
        self.started = monotonic()
        self.sent: dict[int, int] = {}  # by sequence number: when, in nanoseconds
        self.answered: set[int] = set()
        self.failed: set[int] = set()
        self.round_trips: list[float] = []  # in milliseconds
        self.duplicates = self.corrupted = self.errors = 0

    def run(self, count: int, interval: float, timeout: float) -> None:
        """Send count requests at an interval, and wait until all are settled or the last one times out.

        In a flood a request follows the reply to the one before it.
        """
        for sequence in range(1, count + 1):
            last = sequence == count
            deadline = monotonic() + (timeout if last else max(interval, _LEAST_INTERVAL))
            self.sent[sequence] = monotonic_ns()
            try:
                self.socket.send(sequence, self.payload(sequence), self.address)
            except OSError:
                del self.sent[sequence]
                raise
            while not self.done(sequence, last) and readable_before(deadline, self.socket.fd):
                event = self.socket.receive()
                if isinstance(event, Reply):
                    self.take_reply(event)
                elif isinstance(event, Failure):
                    self.take_failure(event)
            if self.flood and not self.done(sequence, last=False):
                print(".", end="", flush=True)

    def payload(self, sequence: int) -> bytes:
        """Return the data of a request, which its reply must repeat: the time of sending, and a pattern."""
        return (self.sent[sequence].to_bytes(8, "big") + self.pattern[8:])[: len(self.pattern)]

    def done(self, sequence: int, last: bool) -> bool:
        """Whether there is nothing to wait for after this request."""
        if last:
            return len(self.answered | self.failed) == len(self.sent)
        return self.flood and (sequence in self.answered or sequence in self.failed)

    def take_reply(self, reply: Reply) -> None:
        """Print a reply, and count it."""
        now = monotonic_ns()
        sequence = reply.echo.sequence
        if sequence not in self.sent:
            return
        line = f"{8 + len(reply.echo.payload)} bytes from {text(reply.source)}: icmp_seq={sequence} ttl={reply.ttl}"
        if not (self.many or is_of_one_host(reply.source, self.address)):
            print(f"{line} (DIFFERENT ADDRESS!)", flush=True)
            return
        if reply.echo.payload != self.payload(sequence):
            self.corrupted += 1
            print(f"{line} (wrong data)", flush=True)
            return
        round_trip = (now - self.sent[sequence]) / 1e6
        duplicate = sequence in self.answered
        self.duplicates += duplicate
        self.answered.add(sequence)
        self.round_trips.append(round_trip)
        if not self.flood:
            print(f"{line} time={round_trip:.3f} ms{' (DUP!)' if duplicate and not self.many else ''}", flush=True)

    def take_failure(self, failure: Failure) -> None:
        """Print an ICMP error about a request, and count it."""
        sequence = failure.request.sequence
        if sequence in self.sent:
            message = error_text(self.socket.family, failure.type, failure.code)
            self.failed.add(sequence)
            self.errors += 1
            print(f"From {text(failure.source)} icmp_seq={sequence} {message}", flush=True)

    def statistics(self) -> str:
        """Return the usual summary."""
        transmitted, received = len(self.sent), len(self.answered)
        parts = [f"{transmitted} packets transmitted, {received} received"]
        for number, what in (
            (self.duplicates, "duplicates"),
            (self.corrupted, "corrupted"),
            (self.errors, "errors"),
        ):
            if number:
                parts.append(f"+{number} {what}")
        parts.append(f"{100 * (transmitted - received) / transmitted:g}% packet loss")
        lines = [f"{', '.join(parts)}, time {(monotonic() - self.started) * 1000:.0f}ms"]
        times = self.round_trips
        if times:
            mean = math.fsum(times) / len(times)
            deviation = math.sqrt(math.fsum((time - mean) ** 2 for time in times) / len(times))
            lines.append(f"rtt min/avg/max/mdev = {min(times):.3f}/{mean:.3f}/{max(times):.3f}/{deviation:.3f} ms")
        return "\n".join(lines)


def text(address: syscall.Sockaddr | None) -> str:
    """Return an address as text; a link-local address with its interface."""
    if not isinstance(address, (syscall.SockaddrInet4, syscall.SockaddrInet6)):
        return "somebody"
    zone = address.zone_id if isinstance(address, syscall.SockaddrInet6) else 0
    return str(ipaddress.ip_address(address.addr)) + (f"%{interface_name(zone)}" if zone else "")


def interface_name(index: int) -> str:
    """Return an interface's name, or its index if it is gone."""
    try:
        return syscall.interface_by_index(index).name
    except OSError:
        return str(index)


def is_of_one_host(a: syscall.Sockaddr | None, b: "SockaddrInet") -> bool:
    """Whether two addresses are equal except for port and zone."""
    return isinstance(a, (syscall.SockaddrInet4, syscall.SockaddrInet6)) and a.addr == b.addr


def is_broadcast(address: "SockaddrInet") -> bool:
    """Whether an address is a broadcast address, for which connect(2) requires SO_BROADCAST."""
    if address.addr == b"\xff" * 4:
        return True  # also where there is no route to it
    fd = syscall.socket(address.family, syscall.SOCK_DGRAM | syscall.SOCK_CLOEXEC, 0)
    try:
        return not _connects(fd, address) and _connects(fd, address, broadcast=1)
    finally:
        syscall.close(fd)


def _connects(fd: int, address: "SockaddrInet", broadcast: int = 0) -> bool:
    syscall.setsockopt_int(fd, syscall.SOL_SOCKET, syscall.SO_BROADCAST, broadcast)
    try:
        syscall.connect(fd, address)
    except PermissionError:
        return False
    except OSError:
        pass  # of which sending will tell
    return True


def resolve(host: str, network: str) -> "SockaddrInet":
    """Return the address to ping. An all-zeros address means this host, which replies from another address."""
    address = syscall.resolve_udp_addr(network, f"[{host}]:0")[0]
    if any(address.addr):
        return address
    return syscall.resolve_udp_addr("udp", "127.0.0.1:0" if address.family == syscall.AF_INET else "[::1]:0")[0]


def ping(
    host: str,
    network: str,
    count: int,
    interval: float,
    timeout: float,
    size: int,
    broadcast_allowed: bool,
    flood: bool,
) -> int:
    """Ping a host and return the program's exit status."""
    address = resolve(host, network)
    broadcast = is_broadcast(address)
    if broadcast and not broadcast_allowed:
        print(f"ping: {host} is a broadcast address, which many may answer: -b allows it", file=sys.stderr)
        return 2
    try:
        socket = EchoSocket(address.family)
    except PermissionError:
        sys.exit(
            f"{without_capability('ping:', 'ping', 'a raw socket')}; a ping socket needs this process's group in the"
            " range of sudo sysctl net.ipv4.ping_group_range='0 2147483647'"
        )
    if broadcast:
        syscall.setsockopt_int(socket.fd, syscall.SOL_SOCKET, syscall.SO_BROADCAST, 1)
    multicast = ipaddress.ip_address(address.addr).is_multicast
    headers = 28 if address.family == syscall.AF_INET else 48
    pinging = Ping(socket, address, size, broadcast or multicast, flood)
    try:
        print(f"PING {host} ({text(address)}) {size}({size + headers}) bytes of data.", flush=True)
        pinging.run(count, _FLOOD_INTERVAL if flood else interval, timeout)
    except KeyboardInterrupt:
        pass
    finally:
        socket.close()
        if pinging.sent:
            print(f"\n--- {host} ping statistics ---\n{pinging.statistics()}", flush=True)
    return 0 if pinging.answered else 1


def main(argv: list[str] | None = None) -> int:
    parser = program_parser("ping", "Ask a host for ICMP echoes.")
    parser.add_argument("-4", action="store_const", const="udp4", dest="network", help="use IPv4")
    parser.add_argument("-6", action="store_const", const="udp6", dest="network", help="use IPv6")
    parser.add_argument(
        "-c", type=integer(1, 65535), default=4, metavar="N", dest="count", help="number of requests (%(default)s)"
    )
    parser.add_argument(
        "-i", type=seconds, default=1.0, metavar="SECONDS", dest="interval", help="time between them (%(default)g)"
    )
    parser.add_argument(
        "-W", type=seconds, default=2.0, metavar="SECONDS", dest="timeout", help="wait for the last reply (%(default)g)"
    )
    parser.add_argument(
        "-s", type=integer(0, _MOST_DATA), default=56, metavar="SIZE", dest="size", help="bytes of data (%(default)s)"
    )
    parser.add_argument(
        "-f",
        action="store_true",
        dest="flood",
        help="send the next request when the reply is there, 100 a second at least; show a dot for each without reply",
    )
    parser.add_argument("-b", action="store_true", dest="broadcast", help="allow a broadcast address")
    parser.add_argument("host", type=host, metavar="ADDRESS", help="an IPv4 or IPv6 address, or a name")
    arguments = parser.parse_args(argv)
    try:
        return ping(
            arguments.host,
            arguments.network or "udp",
            arguments.count,
            arguments.interval,
            arguments.timeout,
            arguments.size,
            arguments.broadcast,
            arguments.flood,
        )
    except OSError as error:
        print(f"ping: {error.strerror}", file=sys.stderr)
        return 2
    except ValueError as error:
        parser.error(str(error))


if __name__ == "__main__":
    run(main)
