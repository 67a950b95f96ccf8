"""udp_client: send a UDP datagram and print the answer. The article's "Implementing a UDP client using syscall.Socket".

Uses socket(AF_INET or AF_INET6, SOCK_DGRAM), connect, sendto and recvfrom.
"""

import os
import sys
from time import monotonic

import pysyscall as syscall

from .shared.arguments import host, integer, program_parser, seconds
from .shared.failures import failure
from .shared.program import print_bytes, run
from .shared.waiting import readable_before


def ask(ip_addr: str, port: int, message: bytes, timeout: float) -> bytes | None:
    """Send a message and return the answer, or None on timeout."""
    server = syscall.resolve_udp_addr("udp", f"[{ip_addr}]:{port}")[0]
    fd = syscall.socket(server.family, syscall.SOCK_DGRAM | syscall.SOCK_CLOEXEC, syscall.IPPROTO_UDP)
    try:
        # The original does not connect. So it would take any datagram for the answer, and wait forever if the server's
        # host reports a closed port: the kernel passes that error only to a connected socket.
        syscall.connect(fd, server)
        syscall.sendto(fd, message, 0, None)
        buffer = bytearray(65535)
        deadline = monotonic() + timeout
        while readable_before(deadline, fd):
            try:
                n, _ = syscall.recvfrom(fd, buffer, syscall.MSG_DONTWAIT)
            except BlockingIOError:
                continue  # the kernel announced a datagram, and then found that its checksum is wrong
            return bytes(buffer[:n])
        return None
    finally:
        syscall.close(fd)


def main(argv: list[str] | None = None) -> int:
    parser = program_parser("udp_client", "Send a UDP datagram and print the answer.")
    parser.add_argument(
        "--ip-addr", type=host, default="127.0.0.1", metavar="IP", help="the server's address (%(default)s)"
    )
    parser.add_argument("--port", type=integer(0, 65535), default=8080, help="the server's port (%(default)s)")
    parser.add_argument("--message", default="Hello, UDP server!", help="what to send (%(default)s)")
    parser.add_argument(
        "--timeout", type=seconds, default=5.0, metavar="SECONDS", help="how long to wait for the answer (%(default)g)"
    )
    arguments = parser.parse_args(argv)
    try:
        answer = ask(arguments.ip_addr, arguments.port, os.fsencode(arguments.message), arguments.timeout)
    except OSError as error:
        sys.exit(failure(error))
    if answer is None:
        sys.exit(f"no answer from {arguments.ip_addr} port {arguments.port} in {arguments.timeout:g} seconds")
    print_bytes("received response: ", answer)
    return 0


if __name__ == "__main__":
    run(main)
