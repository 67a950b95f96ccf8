"""chao_client: send a CHAO frame and print the answer. The client of the article's "Implementing a custom protocol".

Uses socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)), bind to an interface, sendto and recvmsg.
"""

import argparse
import os
import sys
from time import monotonic

from .shared.arguments import program_parser, seconds
from .shared.chao import BROADCAST, GREETING, ChaoSocket, add_arguments, open_chao_socket
from .shared.failures import failure
from .shared.program import print_bytes, run
from .shared.waiting import readable_before


def ask(chao: ChaoSocket, message: bytes, destination: bytes, timeout: float) -> bytes | None:
    """Send a message and return the answer, or None on timeout."""
    chao.send(message, destination)
    deadline = monotonic() + timeout
    while readable_before(deadline, chao.fd):
        if received := chao.receive():
            response, sender = received
            if not sender or destination in (sender, BROADCAST):
                return response
            chao.foreign += 1
    return None


def hardware_addr(text: str) -> bytes:
    """Parse an Ethernet address such as 02:00:00:00:00:01."""
    addr = bytes.fromhex(text.replace(":", " "))
    if len(addr) != 6:
        raise argparse.ArgumentTypeError(f"{text!r} is not six bytes such as 02:00:00:00:00:01")
    return addr


def main(argv: list[str] | None = None) -> int:
    parser = program_parser("chao_client", "Send a CHAO frame and print the answer.")
    add_arguments(parser)
    parser.add_argument(
        "--destination",
        type=hardware_addr,
        default=BROADCAST,
        metavar="MAC",
        help="the server's hardware address, used with an Ethertype (ff:ff:ff:ff:ff:ff, the broadcast address)",
    )
    parser.add_argument("--message", default=GREETING.decode(), help="what to send (%(default)s)")
    parser.add_argument(
        "--timeout", type=seconds, default=5.0, metavar="SECONDS", help="how long to wait for the answer (%(default)g)"
    )
    arguments = parser.parse_args(argv)
    message = os.fsencode(arguments.message)
    if arguments.ethertype is None:
        if arguments.destination != BROADCAST:
            parser.error("--destination needs --ethertype: the original's frame has no room for an address")
        if len(message) < 10:
            parser.error("a message of under 10 bytes needs --ethertype: the kernel sends no frame of under 14")
    with open_chao_socket(arguments) as chao:
        try:
            response = ask(chao, message, arguments.destination, arguments.timeout)
        except OSError as error:
            sys.exit(failure(error))
        if chao.short or chao.foreign:
            print(chao.ignored(), file=sys.stderr)
        if response is None:
            sys.exit(f"no answer on {arguments.interface} in {arguments.timeout:g} seconds")
        print_bytes("received response: ", response)
    return 0


if __name__ == "__main__":
    run(main)
