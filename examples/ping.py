"""ping: ask a host for echoes over IPv4 or IPv6, and tell how many came, and how fast. RFC 792, RFC 4443.

Stands on a ping socket (SOCK_DGRAM with IPPROTO_ICMP) or a raw one (SOCK_RAW), recvmsg for the reply with its TTL and
for the ICMP errors in the socket's error queue, select for the time that an answer has, and libc's getaddrinfo.
"""

import argparse
import ipaddress
import math
import sys
from time import monotonic, monotonic_ns

import pysyscall as syscall

from .shared.arguments import integer, seconds
from .shared.echo_socket import EchoSocket, Failure, Reply
from .shared.icmp import error_text
from .shared.waiting import readable_before

_LEAST_INTERVAL = 0.002  # for the answers to be seen when they come
_MOST_DATA = 65535 - 20 - 8  # what an IPv4 packet has room for after the two headers


class Ping:
    """Requests to one address, and what became of each."""

    def __init__(self, socket: EchoSocket, address: syscall.Sockaddr, size: int) -> None:
        self.socket = socket
        self.address = address
        self.pattern = bytes(i & 0xFF for i in range(size))
        self.started = monotonic()
        self.sent: dict[int, int] = {}  # by sequence number: when, in nanoseconds
        self.answered: set[int] = set()
        self.failed: set[int] = set()
        self.round_trips: list[float] = []  # in milliseconds
        self.duplicates = self.corrupted = self.errors = 0

    def run(self, count: int, interval: float, timeout: float) -> None:
        """Send so many requests at an interval, and wait until all are settled or the timeout of the last is over."""
        for sequence in range(1, count + 1):
            last = sequence == count
            deadline = monotonic() + (timeout if last else max(interval, _LEAST_INTERVAL))
            self.sent[sequence] = monotonic_ns()
            try:
                self.socket.send(sequence, self.payload(sequence), self.address)
            except OSError:
                del self.sent[sequence]
                raise
            while not (last and self.settled()) and readable_before(deadline, self.socket.fd):
                event = self.socket.receive()
                if isinstance(event, Reply):
                    self.take_reply(event)
                elif isinstance(event, Failure):
                    self.take_failure(event)

    def payload(self, sequence: int) -> bytes:
        """What a request carries and its reply has to: when it was sent, and a pattern."""
        return (self.sent[sequence].to_bytes(8, "big") + self.pattern[8:])[: len(self.pattern)]

    def settled(self) -> bool:
        return len(self.answered | self.failed) == len(self.sent)

    def take_reply(self, reply: Reply) -> None:
        """Print a reply, and count it."""
        now = monotonic_ns()
        sequence = reply.echo.sequence
        if sequence not in self.sent:
            return
        line = f"{8 + len(reply.echo.payload)} bytes from {text(reply.source)}: icmp_seq={sequence} ttl={reply.ttl}"
        if reply.echo.payload != self.payload(sequence):
            self.corrupted += 1
            print(f"{line} (wrong data)", flush=True)
            return
        round_trip = (now - self.sent[sequence]) / 1e6
        duplicate = sequence in self.answered
        print(f"{line} time={round_trip:.3f} ms{' (DUP!)' if duplicate else ''}", flush=True)
        self.duplicates += duplicate
        self.answered.add(sequence)
        self.round_trips.append(round_trip)

    def take_failure(self, failure: Failure) -> None:
        """Print an ICMP error about a request, and count it."""
        sequence = failure.request.sequence
        if sequence in self.sent:
            message = error_text(self.socket.family, failure.type, failure.code)
            print(f"From {text(failure.source)} icmp_seq={sequence} {message}", flush=True)
            self.failed.add(sequence)
            self.errors += 1

    def statistics(self) -> str:
        """The summary in the usual words."""
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
    """An address as people write it, with the interface of a link-local one."""
    if not isinstance(address, (syscall.SockaddrInet4, syscall.SockaddrInet6)):
        return "somebody"
    zone = address.zone_id if isinstance(address, syscall.SockaddrInet6) else 0
    return str(ipaddress.ip_address(address.addr)) + (f"%{syscall.interface_by_index(zone).name}" if zone else "")


def ping(host: str, network: str, count: int, interval: float, timeout: float, size: int) -> int:
    """Ping a host; the program's exit status."""
    address = syscall.resolve_udp_addr(network, f"[{host}]:0")[0]
    try:
        socket = EchoSocket(address.family)
    except PermissionError:
        sys.exit(
            "ping: a raw socket needs the capability CAP_NET_RAW (use sudo, or sudo setcap cap_net_raw+ep PYTHON), or a"
            " ping socket this process's group in the range of sudo sysctl net.ipv4.ping_group_range='0 2147483647'"
        )
    headers = 28 if address.family == syscall.AF_INET else 48
    print(f"PING {host} ({text(address)}) {size}({size + headers}) bytes of data.", flush=True)
    pinging = Ping(socket, address, size)
    try:
        pinging.run(count, interval, timeout)
    except KeyboardInterrupt:
        pass
    finally:
        socket.close()
        if pinging.sent:
            print(f"\n--- {host} ping statistics ---\n{pinging.statistics()}", flush=True)
    return 0 if pinging.answered else 1


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="ping", description="Ask a host for ICMP echoes.")
    parser.add_argument("-4", action="store_const", const="udp4", dest="network", help="use IPv4")
    parser.add_argument("-6", action="store_const", const="udp6", dest="network", help="use IPv6")
    parser.add_argument(
        "-c", type=integer(1, 65535), default=4, metavar="N", dest="count", help="how many requests (%(default)s)"
    )
    parser.add_argument(
        "-i", type=seconds, default=1.0, metavar="SECONDS", dest="interval", help="between two requests (%(default)g)"
    )
    parser.add_argument(
        "-W", type=seconds, default=2.0, metavar="SECONDS", dest="timeout", help="for the last answer (%(default)g)"
    )
    parser.add_argument(
        "-s", type=integer(0, _MOST_DATA), default=56, metavar="SIZE", dest="size", help="bytes of data (%(default)s)"
    )
    parser.add_argument("host", metavar="ADDRESS", help="an IPv4 or IPv6 address, or a name")
    arguments = parser.parse_args(argv)
    network = arguments.network or "udp"
    try:
        return ping(arguments.host, network, arguments.count, arguments.interval, arguments.timeout, arguments.size)
    except OSError as error:
        print(f"ping: {error.strerror}", file=sys.stderr)
        return 2
    except ValueError as error:
        parser.error(str(error))
    except KeyboardInterrupt:
        return 1


if __name__ == "__main__":
    sys.exit(main())
