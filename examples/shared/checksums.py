"""The Internet checksum of IPv4, UDP and ICMP: RFC 1071."""

import struct


def internet_checksum(data: bytes) -> int:
    """Return the one's complement of the one's complement sum of the 16-bit words; 0 if data has a valid checksum."""
    padded = data + b"\0" if len(data) % 2 else data
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF
