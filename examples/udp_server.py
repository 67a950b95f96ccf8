"""udp_server: return each UDP datagram to its sender. The article's "Implementing a UDP server using syscall.Socket".

Uses socket(AF_INET or AF_INET6, SOCK_DGRAM), bind, recvfrom and sendto; recvmsg and sendmsg if it listens on all
addresses; with --batch, and under load on all addresses, recvmmsg, and sendmmsg or sendmsg with UDP_SEGMENT.
"""

import sys
from ctypes import c_char
from functools import lru_cache

import pysyscall as syscall

from .shared.arguments import host, integer, program_parser
from .shared.failures import failure
from .shared.program import run
from .shared.stopping import stopping_receiver

CONTROL = 128  # room for the control data of a datagram
SINGLY = 32  # datagrams served one by one before the server looks whether more are pending
BUSY = 64  # the most datagrams in a batch then

EVERY_ADDRESS = (bytes(4), bytes(16), syscall.parse_ip("::ffff:0.0.0.0"))


def listen(ip_addr: str, port: int) -> int:
    """Return a UDP socket that is bound to an address and port."""
    address = syscall.resolve_udp_addr("udp", f"[{ip_addr}]:{port}")[0]
    fd = syscall.socket(address.family, syscall.SOCK_DGRAM | syscall.SOCK_CLOEXEC, syscall.IPPROTO_UDP)
    try:
        syscall.bind(fd, address)
    except BaseException:
        syscall.close(fd)
        raise
    return fd


def echo(fd: int) -> None:
    """The article's loop: return each datagram to its sender."""
    buffer = (c_char * 65535)()  # the fastest to fill; bytes are the fastest to send
    received = memoryview(buffer)
    while True:
        try:
            n, sender = syscall.recvfrom(fd, buffer)
            syscall.sendto(fd, received[:n].tobytes(), 0, sender)
        except OSError as error:
            print(failure(error), file=sys.stderr, flush=True)


def echo_from_where_asked(fd: int, batch: syscall.MessageBatch) -> None:
    """As echo, on all addresses of this host. Each answer is sent from the address that the datagram was sent to.

    Clients accept it from no other address. The control data holds that address. After SINGLY datagrams the server
    receives all that are pending in one call, and continues in batches while there is more than one: under load it
    takes less time for each.
    """
    buffer, control = (c_char * 65535)(), (c_char * CONTROL)()
    received, received_control = memoryview(buffer), memoryview(control)
    while True:
        for _ in range(SINGLY):
            try:
                n, controllen, _, sender = syscall.recvmsg(fd, buffer, control)
                from_there = source_of_answer(received_control[:controllen].tobytes())
                syscall.sendmsg(fd, received[:n].tobytes(), from_there, sender)
            except OSError as error:
                print(failure(error), file=sys.stderr, flush=True)
        while echo_batch(fd, batch) > 1:
            pass


def tell_where_asked(fd: int, family: int) -> None:
    """Let the kernel return, with each datagram, the address that it was sent to."""
    if family == syscall.AF_INET6:
        syscall.setsockopt_int(fd, syscall.IPPROTO_IPV6, syscall.IPV6_RECVPKTINFO, 1)
        syscall.setsockopt_int(fd, syscall.IPPROTO_IP, syscall.IP_MULTICAST_ALL, 1)  # the default of IPv4 sockets
    syscall.setsockopt_int(fd, syscall.IPPROTO_IP, syscall.IP_PKTINFO, 1)  # also for IPv4 datagrams on an IPv6 socket


@lru_cache(1024)
def source_of_answer(control: bytes) -> bytes:
    """Return the control data for the answer to a datagram with this control data: the source address.

    The routing table chooses the interface, except for a link-local address, which is valid on one interface only.
    Datagrams sent to a multicast or broadcast address, which cannot be a source, are answered from the interface's own
    address.
    """
    for m in syscall.parse_socket_control_message(control):
        if (m.header.level, m.header.type) == (syscall.IPPROTO_IP, syscall.IP_PKTINFO):
            asked4 = syscall.parse_inet4_pktinfo(m)
            asked4.ifindex = 0
            return syscall.inet4_pktinfo(asked4)  # from spec_dst
    for m in syscall.parse_socket_control_message(control):
        if (m.header.level, m.header.type) == (syscall.IPPROTO_IPV6, syscall.IPV6_PKTINFO):
            asked6 = syscall.parse_inet6_pktinfo(m)
            if asked6.addr[0] == 0xFF:  # multicast
                return b""
            if not (asked6.addr[0] == 0xFE and asked6.addr[1] & 0xC0 == 0x80):  # link-local
                asked6.ifindex = 0
            return syscall.inet6_pktinfo(asked6)
    return b""


def echo_batch(fd: int, batch: syscall.MessageBatch) -> int:
    """Return the pending datagrams, at least one, to their senders in two calls; return their number.

    Answers of the same length to the same sender pass through most of the kernel as one packet.
    """
    try:
        n = batch.recv(fd)
    except OSError as error:
        print(failure(error), file=sys.stderr, flush=True)
        return 0
    sent = 0
    while sent < n:
        try:
            sent += batch.send_udp(fd, n, start=sent, control=True)  # from the address that was asked
        except OSError as error:
            print(failure(error), file=sys.stderr, flush=True)
            sent += 1  # skip the one that failed
    return n


def main(argv: list[str] | None = None) -> int:
    parser = program_parser("udp_server", "Return each UDP datagram to its sender.")
    parser.add_argument(
        "--ip-addr", type=host, default="0.0.0.0", metavar="IP", help="listen on this address (%(default)s)"
    )
    parser.add_argument(
        "--port", type=integer(0, 65535), default=8080, help="listen on this port, 0 for a free one (%(default)s)"
    )
    parser.add_argument(
        "--batch", type=integer(1, 1024), metavar="N", help="receive and send up to N datagrams with one call each"
    )
    arguments = parser.parse_args(argv)
    # Created before a signal handler may raise: an exception raised while Python loads a module can be lost.
    batch = syscall.MessageBatch(arguments.batch or BUSY, 65535, CONTROL)
    try:
        fd = listen(arguments.ip_addr, arguments.port)
    except OSError as error:
        sys.exit(failure(error))
    try:
        with stopping_receiver(fd):
            address = syscall.getsockname(fd)
            assert isinstance(address, (syscall.SockaddrInet4, syscall.SockaddrInet6))
            print(f"UDP server is listening on port {address.port}...", flush=True)
            everywhere = address.addr in EVERY_ADDRESS
            if everywhere:
                tell_where_asked(fd, address.family)
            if arguments.batch:
                while True:
                    echo_batch(fd, batch)
            elif everywhere:
                echo_from_where_asked(fd, batch)
            else:
                echo(fd)
    except OSError as error:
        sys.exit(failure(error))
    finally:
        syscall.close(fd)
    return 0


if __name__ == "__main__":
    run(main, needs_output=False)
