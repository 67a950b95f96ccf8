"""A socket for ICMP echo requests and replies, over IPv4 or IPv6."""

import os
from typing import NamedTuple

import pysyscall as syscall

from .checksums import internet_checksum
from .icmp import Echo, parse_reply, parse_request
from .ipv4 import parse_packet

_FROM_THE_NETWORK = (syscall.SO_EE_ORIGIN_ICMP, syscall.SO_EE_ORIGIN_ICMP6)


class Reply(NamedTuple):
    """An echo reply, its sender, and its TTL or hop limit."""

    echo: Echo
    source: syscall.Sockaddr | None
    ttl: int


class Failure(NamedTuple):
    """An ICMP error: its type and code, its sender, and the echo request that caused it."""

    request: Echo
    source: syscall.Sockaddr
    type: int
    code: int


class EchoSocket:
    """A ping socket if net.ipv4.ping_group_range allows it, otherwise a raw socket: icmp(7), raw(7).

    PermissionError: neither is allowed. The kernel chooses a ping socket's identifier and passes it only the replies
    with that identifier. A raw socket receives all replies, in IPv4 with their IP header.
    """

    def __init__(self, family: int) -> None:
        self.family = family
        self._failures: list[Failure] = []
        self._buffer, self._oob = bytearray(65536), bytearray(1024)
        protocol = syscall.IPPROTO_ICMP if family == syscall.AF_INET else syscall.IPPROTO_ICMPV6
        try:
            self.fd = syscall.socket(family, syscall.SOCK_DGRAM | syscall.SOCK_CLOEXEC, protocol)
            self.raw = False
        except OSError as error:
            if error.errno not in (syscall.EACCES, syscall.EPROTONOSUPPORT):
                raise
            self.fd = syscall.socket(family, syscall.SOCK_RAW | syscall.SOCK_CLOEXEC, protocol)
            self.raw = True
        try:
            self._ask_for_ttl_and_errors()
            if self.raw:
                self._let_replies_through()
            self.identifier = self._identify()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        syscall.close(self.fd)

    def send(self, sequence: int, payload: bytes, to: syscall.Sockaddr) -> None:
        """sendto(2): send an echo request."""
        message = Echo(self.identifier, sequence, payload).request(self.family)
        while True:
            try:
                syscall.sendto(self.fd, message, 0, to)
                return
            except OSError:
                if not self._take_failures():  # the next call on the socket reports an earlier request's error
                    raise

    def receive(self) -> Reply | Failure | None:
        """recvmsg(2): return the next reply to, or error about, a request of this socket; None if there is none."""
        while not self._failures:
            try:
                n, oobn, _, source = syscall.recvmsg(self.fd, self._buffer, self._oob, syscall.MSG_DONTWAIT)
            except OSError as error:
                if self._take_failures():
                    continue
                if isinstance(error, BlockingIOError):
                    return None
                raise
            echo = self._own_reply(bytes(self._buffer[:n]))
            if echo:
                return Reply(echo, source, self._ttl(oobn))
        return self._failures.pop(0)

    def _own_reply(self, message: bytes) -> Echo | None:
        if self.raw and self.family == syscall.AF_INET:
            packet = parse_packet(message)
            # The kernel passes packets to raw sockets before it checks the ICMP checksum.
            if packet is None or internet_checksum(packet.payload):
                return None
            message = packet.payload
        echo = parse_reply(self.family, message)
        return echo if echo and echo.identifier == self.identifier else None

    def _ttl(self, oobn: int) -> int:
        (control,) = syscall.parse_socket_control_message(self._oob[:oobn])
        parse = syscall.parse_inet4_ttl if self.family == syscall.AF_INET else syscall.parse_inet6_hoplimit
        return parse(control)

    def _take_failures(self) -> bool:
        """recvmsg(2) with MSG_ERRQUEUE: empty the error queue, and return whether an ICMP error was in it."""
        any_icmp = False
        while True:
            try:
                queued = syscall.recv_error(self.fd, self._buffer)
            except BlockingIOError:
                return any_icmp
            error, offender = queued.error, queued.offender
            if error.origin in _FROM_THE_NETWORK and offender:
                any_icmp = True
                request = parse_request(self.family, bytes(self._buffer[: queued.n]))
                if request and request.identifier == self.identifier:
                    self._failures.append(Failure(request, offender, error.type, error.code))

    def _ask_for_ttl_and_errors(self) -> None:
        if self.family == syscall.AF_INET:
            syscall.setsockopt_int(self.fd, syscall.IPPROTO_IP, syscall.IP_RECVTTL, 1)
            syscall.setsockopt_int(self.fd, syscall.IPPROTO_IP, syscall.IP_RECVERR, 1)
        else:
            syscall.setsockopt_int(self.fd, syscall.IPPROTO_IPV6, syscall.IPV6_RECVHOPLIMIT, 1)
            syscall.setsockopt_int(self.fd, syscall.IPPROTO_IPV6, syscall.IPV6_RECVERR, 1)

    def _let_replies_through(self) -> None:
        """Let the kernel drop all ICMP types but echo replies. A set bit blocks a type."""
        if self.family == syscall.AF_INET:
            blocked = ~(1 << syscall.ICMP_ECHOREPLY)
            syscall.setsockopt_int(self.fd, syscall.SOL_RAW, syscall.ICMP_FILTER, blocked)
        else:
            blocked = ~(1 << syscall.ICMPV6_ECHO_REPLY)
            icmpv6_filter = syscall.ICMPv6Filter()
            for i in range(8):
                icmpv6_filter.data[i] = blocked >> 32 * i & 0xFFFF_FFFF
            syscall.setsockopt_icmpv6_filter(self.fd, syscall.IPPROTO_ICMPV6, syscall.ICMPV6_FILTER, icmpv6_filter)

    def _identify(self) -> int:
        if self.raw:
            return int.from_bytes(os.urandom(2), "big")
        anywhere = syscall.SockaddrInet4(0, bytes(4)), syscall.SockaddrInet6(0, bytes(16))
        syscall.bind(self.fd, anywhere[self.family == syscall.AF_INET6])
        own = syscall.getsockname(self.fd)
        assert isinstance(own, (syscall.SockaddrInet4, syscall.SockaddrInet6))
        return own.port
