"""chao_server: answer CHAO frames. The server of the article's "Implementing a custom protocol".

Uses socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)), bind to an interface, recvmsg and sendto. A socket filter drops all
frames but CHAO's in the kernel; the program checks them all the same.
"""

import sys
from time import monotonic

from .shared.arguments import program_parser
from .shared.chao import GREETING, ChaoSocket, add_arguments, open_chao_socket
from .shared.failures import failure
from .shared.packet_socket import wait_until_up
from .shared.program import print_bytes, run
from .shared.stopping import stop_signals
from .shared.waiting import readable_before_stop


class Restraint:
    """Stops endless loops: two servers on one wire take each other's answers for requests.

    The original's frames do not tell requests from answers, as its client sends the same text that its server answers.
    So after a thousand of these in a row the server is silent, until none has arrived for a second.
    """

    LIMIT = 1000
    PAUSE = 1.0

    def __init__(self) -> None:
        self.in_a_row = 0
        self.last = float("-inf")

    def allows(self, request: bytes, now: float) -> bool:
        if request != GREETING:
            return True
        self.in_a_row = self.in_a_row + 1 if now - self.last < self.PAUSE else 1
        self.last = now
        if self.in_a_row == self.LIMIT + 1:
            print("another server answers the answers of this one, which is silent now", file=sys.stderr, flush=True)
        return self.in_a_row <= self.LIMIT


def serve(chao: ChaoSocket, stop: int) -> None:
    restraint = Restraint()
    while readable_before_stop(chao.fd, stop):
        try:
            received = chao.receive()
        except OSError as error:
            if not chao.has_been_up:
                raise
            wait_until_up(chao.fd, stop, error)
            continue
        if received is None:
            continue
        request, sender = received
        if not restraint.allows(request, monotonic()):
            continue
        print_bytes("received request: ", request)
        try:
            chao.send(GREETING, sender)
        except OSError as error:
            print(failure(error), file=sys.stderr, flush=True)


def main(argv: list[str] | None = None) -> int:
    parser = program_parser("chao_server", "Answer CHAO frames.")
    add_arguments(parser)
    parser.add_argument(
        "--all-frames", action="store_true", help="wake for every frame, and so count all that are ignored"
    )
    arguments = parser.parse_args(argv)
    with open_chao_socket(arguments) as chao, stop_signals() as stop:
        if not arguments.all_frames:
            chao.filter()
        print(f"CHAO server is listening on {arguments.interface}...", file=sys.stderr, flush=True)
        try:
            serve(chao, stop)
        except OSError as error:
            sys.exit(failure(error))
        finally:
            print(chao.ignored(), file=sys.stderr)
    return 0


if __name__ == "__main__":
    run(main, needs_output=False)
