"""ICMP echo messages and errors, for IPv4 (RFC 792) and IPv6 (RFC 4443)."""

import struct
from typing import NamedTuple

import pysyscall as syscall

from .checksums import internet_checksum

_header = struct.Struct("!BBHHH")

# The types of echo request and reply, by address family.
_REQUEST = {syscall.AF_INET: syscall.ICMP_ECHO, syscall.AF_INET6: syscall.ICMPV6_ECHO_REQUEST}
_REPLY = {syscall.AF_INET: syscall.ICMP_ECHOREPLY, syscall.AF_INET6: syscall.ICMPV6_ECHO_REPLY}

# The usual texts of ping, by type and code.
_ERRORS_4 = {
    (syscall.ICMP_DEST_UNREACH, syscall.ICMP_NET_UNREACH): "Destination Net Unreachable",
    (syscall.ICMP_DEST_UNREACH, syscall.ICMP_HOST_UNREACH): "Destination Host Unreachable",
    (syscall.ICMP_DEST_UNREACH, syscall.ICMP_PROT_UNREACH): "Destination Protocol Unreachable",
    (syscall.ICMP_DEST_UNREACH, syscall.ICMP_PORT_UNREACH): "Destination Port Unreachable",
    (syscall.ICMP_DEST_UNREACH, syscall.ICMP_FRAG_NEEDED): "Frag needed and DF set",
    (syscall.ICMP_DEST_UNREACH, syscall.ICMP_UNREACH_NET_PROHIB): "Destination Net Prohibited",
    (syscall.ICMP_DEST_UNREACH, syscall.ICMP_UNREACH_HOST_PROHIB): "Destination Host Prohibited",
    (syscall.ICMP_DEST_UNREACH, syscall.ICMP_UNREACH_FILTER_PROHIB): "Packet filtered",
    (syscall.ICMP_TIME_EXCEEDED, syscall.ICMP_EXC_TTL): "Time to live exceeded",
    (syscall.ICMP_TIME_EXCEEDED, syscall.ICMP_EXC_FRAGTIME): "Frag reassembly time exceeded",
}
_ERRORS_6 = {
    (syscall.ICMPV6_DEST_UNREACH, syscall.ICMPV6_NOROUTE): "Destination unreachable: No route",
    (
        syscall.ICMPV6_DEST_UNREACH,
        syscall.ICMPV6_ADM_PROHIBITED,
    ): "Destination unreachable: Administratively prohibited",
    (
        syscall.ICMPV6_DEST_UNREACH,
        syscall.ICMPV6_NOT_NEIGHBOUR,
    ): "Destination unreachable: Beyond scope of source address",
    (syscall.ICMPV6_DEST_UNREACH, syscall.ICMPV6_ADDR_UNREACH): "Destination unreachable: Address unreachable",
    (syscall.ICMPV6_DEST_UNREACH, syscall.ICMPV6_PORT_UNREACH): "Destination unreachable: Port unreachable",
    (syscall.ICMPV6_DEST_UNREACH, syscall.ICMPV6_REJECT_ROUTE): "Destination unreachable: Reject route",
    (syscall.ICMPV6_PKT_TOOBIG, 0): "Packet too big",
    (syscall.ICMPV6_TIME_EXCEED, syscall.ICMPV6_EXC_HOPLIMIT): "Time exceeded: Hop limit",
    (syscall.ICMPV6_TIME_EXCEED, syscall.ICMPV6_EXC_FRAGTIME): "Time exceeded: Defragmentation failure",
}


class Echo(NamedTuple):
    """An echo request or reply."""

    identifier: int
    sequence: int
    payload: bytes

    def request(self, family: int) -> bytes:
        """Return the message. In IPv6 the kernel fills in the checksum, which covers addresses that it chooses."""
        empty = _header.pack(_REQUEST[family], 0, 0, self.identifier, self.sequence) + self.payload
        checksum = internet_checksum(empty) if family == syscall.AF_INET else 0
        return empty[:2] + checksum.to_bytes(2, "big") + empty[4:]


def parse_reply(family: int, message: bytes) -> Echo | None:
    """Parse an echo reply; None if the ICMP message is another."""
    return _parse(_REPLY[family], message)


def parse_request(family: int, message: bytes) -> Echo | None:
    """Parse an echo request, such as the one that an ICMP error quotes; None if the message is another."""
    return _parse(_REQUEST[family], message)


def _parse(wanted: int, message: bytes) -> Echo | None:
    if len(message) < _header.size:
        return None
    kind, code, _, identifier, sequence = _header.unpack_from(message)
    return Echo(identifier, sequence, message[_header.size :]) if (kind, code) == (wanted, 0) else None


def error_text(family: int, kind: int, code: int) -> str:
    """Return the text for an ICMP error of this type and code."""
    errors = _ERRORS_4 if family == syscall.AF_INET else _ERRORS_6
    return errors.get((kind, code), f"ICMP type {kind}, code {code}")
