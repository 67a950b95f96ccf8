"""One-line summaries of frames.

An impossible length field is reported, and not used.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address

import pysyscall as syscall

from ..arping import ArpPacket
from .chao import MAGIC

_HEADER = 14  # Ethernet's: destination, source, Ethertype
_LEAST_ETHERTYPE = 0x600  # smaller numbers are a length: IEEE 802.3
_IPV4_HEADER, _IPV6_HEADER = 20, 40
_TAGS = [tag.to_bytes(2, "big") for tag in (syscall.ETH_P_8021Q, syscall.ETH_P_8021AD)]
_MOST_TAGS = 80  # characters: a hostile frame may consist of tags only

_TCP_FLAGS = {
    syscall.TH_SYN: "SYN",
    syscall.TH_FIN: "FIN",
    syscall.TH_RST: "RST",
    syscall.TH_PUSH: "PSH",
    syscall.TH_ACK: "ACK",
}
_ICMP = {syscall.ICMP_ECHO: "echo request", syscall.ICMP_ECHOREPLY: "echo reply"}
_ICMPV6 = {
    syscall.ICMPV6_ECHO_REQUEST: "echo request",
    syscall.ICMPV6_ECHO_REPLY: "echo reply",
    syscall.ND_NEIGHBOR_SOLICIT: "neighbour solicitation",
    syscall.ND_NEIGHBOR_ADVERT: "neighbour advertisement",
    syscall.ICMPV6_MLD2_REPORT: "multicast listener report",
}
# IPv6 extension headers whose length field counts units of 8 bytes after the first 8.
_EXTENSION_HEADERS = (syscall.IPPROTO_HOPOPTS, syscall.IPPROTO_ROUTING, syscall.IPPROTO_DSTOPTS)


def is_chao(frame: bytes) -> bool:
    """Whether this is a CHAO frame, with an Ethernet header or without."""
    return frame.startswith(MAGIC) or frame.startswith(MAGIC, _HEADER)


def summary(frame: bytes) -> str:
    """Return the summary of a frame."""
    tags = ""
    while len(tags) < _MOST_TAGS and frame[12:14] in _TAGS and len(frame) >= _HEADER + 4:
        tags += f"VLAN {int.from_bytes(frame[14:16], 'big') & 0xFFF}, "
        frame = frame[:12] + frame[16:]
    return tags + _untagged(frame)


def hexdump(data: bytes) -> Iterator[str]:
    """Yield a line for each 16 bytes: offset, bytes in hexadecimal, characters."""
    for start in range(0, len(data), 16):
        line = data[start : start + 16]
        characters = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in line)
        yield f"{start:04x}  {line.hex(' '):47}  {characters}"


def _untagged(frame: bytes) -> str:
    if frame.startswith(MAGIC):
        return f"CHAO {_text(frame[len(MAGIC) :])}"
    if len(frame) < _HEADER:
        return f"no Ethernet header, but {len(frame)} bytes"
    ethertype, payload = int.from_bytes(frame[12:14], "big"), frame[_HEADER:]
    if payload.startswith(MAGIC):
        return f"{_ethernet(frame)}, CHAO {_text(payload[len(MAGIC) :])}"
    if ethertype < _LEAST_ETHERTYPE:
        impossible = "impossible " if ethertype > len(payload) else ""
        return f"{_ends(frame)}, IEEE 802.3, {impossible}length {ethertype} in it"
    if ethertype == syscall.ETH_P_ARP:
        return _arp(payload) or f"{_ethernet(frame)}, no whole ARP for IPv4 on Ethernet"
    if ethertype == syscall.ETH_P_IP:
        return _ipv4(payload) or f"{_ethernet(frame)}, no whole IPv4 header"
    if ethertype == syscall.ETH_P_IPV6:
        return _ipv6(payload) or f"{_ethernet(frame)}, no whole IPv6 header"
    return _ethernet(frame)


def _ends(frame: bytes) -> str:
    return f"{frame[6:12].hex(':')} > {frame[:6].hex(':')}"


def _ethernet(frame: bytes) -> str:
    return f"{_ends(frame)}, type 0x{frame[12:14].hex()}"


def _arp(packet: bytes) -> str:
    arp = ArpPacket.parse(packet)
    if not arp:
        return ""
    if arp.operation == syscall.ARPOP_REQUEST:
        return f"ARP who has {IPv4Address(arp.target)}? tell {IPv4Address(arp.sender)}"
    if arp.operation == syscall.ARPOP_REPLY:
        return f"ARP {IPv4Address(arp.sender)} is at {arp.sender_hardware.hex(':')}"
    return f"ARP {IPv4Address(arp.sender)} > {IPv4Address(arp.target)}, operation {arp.operation}"


def _ipv4(packet: bytes) -> str:
    if len(packet) < _IPV4_HEADER or packet[0] >> 4 != 4:
        return ""
    header_length, length = (packet[0] & 0x0F) * 4, int.from_bytes(packet[2:4], "big")
    length = length or len(packet)  # 0: too long for the field, to be segmented by the network card
    ends = [str(IPv4Address(packet[start : start + 4])) for start in (12, 16)]
    fragment, protocol = int.from_bytes(packet[6:8], "big"), packet[9]
    if not _IPV4_HEADER <= header_length <= len(packet):
        return f"IPv4 {ends[0]} > {ends[1]}, impossible header length {header_length}"
    if length < header_length:
        return f"IPv4 {ends[0]} > {ends[1]}, impossible length {length}"
    if offset := fragment & 0x1FFF:
        return f"IPv4 {ends[0]} > {ends[1]}, protocol {protocol}, fragment from byte {offset * 8} on"
    whole = length <= len(packet) and not fragment & 0x2000
    return _transport("IPv4", protocol, ends, packet[header_length:length], whole)


def _ipv6(packet: bytes) -> str:
    if len(packet) < _IPV6_HEADER or packet[0] >> 4 != 6:
        return ""
    ends = [f"[{IPv6Address(packet[start : start + 16])}]" for start in (8, 24)]
    protocol, rest = packet[6], packet[_IPV6_HEADER:]
    length = int.from_bytes(packet[4:6], "big") or len(rest)  # 0 as in IPv4, or a jumbogram
    whole, rest = length <= len(rest), rest[:length]
    while len(rest) >= 8:
        if protocol in _EXTENSION_HEADERS:
            header_length = 8 + 8 * rest[1]
            if whole and header_length > len(rest):
                return f"IPv6 {ends[0]} > {ends[1]}, protocol {protocol}, impossible header length {header_length}"
        elif protocol == syscall.IPPROTO_FRAGMENT:
            header_length, fragment = 8, int.from_bytes(rest[2:4], "big")
            if offset := fragment & ~7:
                return f"IPv6 {ends[0]} > {ends[1]}, protocol {rest[0]}, fragment from byte {offset} on"
            whole = whole and not fragment & 1
        else:
            break
        protocol, rest = rest[0], rest[header_length:]
    return _transport("IPv6", protocol, ends, rest, whole)


def _transport(version: str, protocol: int, ends: list[str], segment: bytes, whole: bool) -> str:
    """Return the summary of an IP payload; whole is False for a first fragment or a truncated frame."""
    if protocol in (syscall.IPPROTO_TCP, syscall.IPPROTO_UDP):
        least, show = (20, _tcp) if protocol == syscall.IPPROTO_TCP else (8, _udp)
        if len(segment) >= least:
            source, destination = struct.unpack_from("!HH", segment)
            return show(f"{ends[0]}:{source}", f"{ends[1]}:{destination}", segment, whole)
    for number, name, least, kinds in (
        (syscall.IPPROTO_ICMP, "ICMP", 8, _ICMP),
        (syscall.IPPROTO_ICMPV6, "ICMPv6", 4, _ICMPV6),
    ):
        if protocol == number and len(segment) >= least:
            return f"{name} {ends[0]} > {ends[1]}, {kinds.get(segment[0], f'type {segment[0]}')}"
    known = (syscall.IPPROTO_TCP, syscall.IPPROTO_UDP, syscall.IPPROTO_ICMP, syscall.IPPROTO_ICMPV6)
    short = f", impossible length {len(segment)}" if whole and protocol in known else ""
    return f"{version} {ends[0]} > {ends[1]}, protocol {protocol}{short}"


def _tcp(source: str, destination: str, segment: bytes, whole: bool) -> str:
    flags = "+".join(name for bit, name in _TCP_FLAGS.items() if segment[13] & bit) or "no flags"
    header_length = (segment[12] >> 4) * 4
    line = f"TCP {source} > {destination}, {flags}"
    if header_length < 20 or (whole and header_length > len(segment)):
        return f"{line}, impossible header length {header_length}"
    data = len(segment) - header_length
    return f"{line}, {data} bytes of data" if data > 0 else line


def _udp(source: str, destination: str, segment: bytes, whole: bool) -> str:
    line, length = f"UDP {source} > {destination}", int.from_bytes(segment[4:6], "big")
    length = length or len(segment)  # 0: a jumbogram
    if length < 8 or (whole and length > len(segment)):
        return f"{line}, impossible length {length}"
    return f"{line}, {length - 8} bytes of data"


def _text(message: bytes) -> str:
    """Return a message as a one-line literal."""
    return repr(message.decode("ascii", "backslashreplace"))
