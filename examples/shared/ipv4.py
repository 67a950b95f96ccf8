"""Building and parsing IPv4 packets and UDP datagrams. RFC 791, RFC 768."""

import struct
from typing import NamedTuple

import pysyscall as syscall

from .checksums import internet_checksum

_ipv4 = struct.Struct("!BBHHHBBH4s4s")
_udp = struct.Struct("!HHHH")
_pseudo_header = struct.Struct("!4s4sBBH")

_VERSION_AND_LENGTH = 0x45  # version 4, five words of header
_MORE_FRAGMENTS_AND_OFFSET = 0x3FFF


class Packet(NamedTuple):
    """An IPv4 packet without options."""

    protocol: int
    source: bytes
    destination: bytes
    payload: bytes

    def __bytes__(self) -> bytes:
        length = _ipv4.size + len(self.payload)
        ends = self.source, self.destination
        header = _ipv4.pack(_VERSION_AND_LENGTH, 0, length, 0, 0, syscall.IPDEFTTL, self.protocol, 0, *ends)
        checksum = internet_checksum(header)
        return header[:10] + checksum.to_bytes(2, "big") + header[12:] + self.payload


class Datagram(NamedTuple):
    """A UDP datagram."""

    source_port: int
    destination_port: int
    payload: bytes

    def packet(self, source: bytes, destination: bytes) -> Packet:
        """Return an IPv4 packet with this datagram."""
        length = _udp.size + len(self.payload)
        ports = self.source_port, self.destination_port
        unsummed = _udp.pack(*ports, length, 0) + self.payload
        # 0 means "no checksum"; 0xFFFF is the same value in one's complement.
        checksum = _udp_checksum(source, destination, unsummed) or 0xFFFF
        udp = _udp.pack(*ports, length, checksum) + self.payload
        return Packet(syscall.IPPROTO_UDP, source, destination, udp)


def parse_packet(raw: bytes) -> Packet | None:
    """Parse an IPv4 packet, without the padding of its frame; None if it is truncated, corrupt or a fragment."""
    if len(raw) < _ipv4.size:
        return None
    first, _, length, _, fragment, _, protocol, _, source, destination = _ipv4.unpack_from(raw)
    header_length = (first & 0x0F) * 4
    if first >> 4 != 4 or not _ipv4.size <= header_length <= length <= len(raw):
        return None
    if fragment & _MORE_FRAGMENTS_AND_OFFSET or internet_checksum(raw[:header_length]):
        return None
    return Packet(protocol, source, destination, raw[header_length:length])


def parse_datagram(packet: Packet, checksum_is_ready: bool = True) -> Datagram | None:
    """Parse the UDP datagram in a packet; None if there is none, or if it is truncated or corrupt.

    checksum_is_ready is False if the sender left the checksum to its network card; veth, for one, never computes it.
    """
    if packet.protocol != syscall.IPPROTO_UDP or len(packet.payload) < _udp.size:
        return None
    source_port, destination_port, length, checksum = _udp.unpack_from(packet.payload)
    if not _udp.size <= length <= len(packet.payload):
        return None
    udp = packet.payload[:length]
    if checksum and checksum_is_ready and _udp_checksum(packet.source, packet.destination, udp):
        return None
    return Datagram(source_port, destination_port, udp[_udp.size :])


def _udp_checksum(source: bytes, destination: bytes, udp: bytes) -> int:
    pseudo_header = _pseudo_header.pack(source, destination, 0, syscall.IPPROTO_UDP, len(udp))
    return internet_checksum(pseudo_header + udp)
