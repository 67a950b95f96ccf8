"""Conversions between host and network byte order."""

import sys

from ..base.arguments import u16, u32


def htons(hostshort: int) -> int:
    """htons(3): convert 16 bits from host to network byte order."""
    return int.from_bytes(u16("hostshort", hostshort).to_bytes(2, "big"), sys.byteorder)


def ntohs(netshort: int) -> int:
    """ntohs(3): convert 16 bits from network to host byte order."""
    return int.from_bytes(u16("netshort", netshort).to_bytes(2, "big"), sys.byteorder)


def htonl(hostlong: int) -> int:
    """htonl(3): convert 32 bits from host to network byte order."""
    return int.from_bytes(u32("hostlong", hostlong).to_bytes(4, "big"), sys.byteorder)


def ntohl(netlong: int) -> int:
    """ntohl(3): convert 32 bits from network to host byte order."""
    return int.from_bytes(u32("netlong", netlong).to_bytes(4, "big"), sys.byteorder)
