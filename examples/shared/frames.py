"""What goes over an interface: captured, and each frame in one line."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple

import pysyscall as syscall

from ..arping import ArpPacket
from .chao import MAGIC

_HEADER = 14  # Ethernet's: destination, source, Ethertype
_IPV6_HEADER = 40
_TAGS = [tag.to_bytes(2, "big") for tag in (syscall.ETH_P_8021Q, syscall.ETH_P_8021AD)]
_MOST_TAGS = 80  # characters: nobody needs more, but anybody can send a frame that is nothing but tags

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


class Frame(NamedTuple):
    """A frame, when it went by (in seconds since 1970), and whether it was going out."""

    time: float
    outgoing: bool
    data: bytes


class Capture:
    """socket(AF_PACKET, SOCK_RAW), bound to an interface: every frame on it, both ways, until the socket is closed."""

    def __init__(self, interface_name: str) -> None:
        # Protocol 0 receives nothing, so that no other interface's frames are in the queue when bind names one.
        self.fd = syscall.socket(syscall.AF_PACKET, syscall.SOCK_RAW | syscall.SOCK_NONBLOCK | syscall.SOCK_CLOEXEC, 0)
        try:
            with suppress(FileNotFoundError):  # no frame yet; but from the first question on, frames have times
                syscall.ioctl(self.fd, syscall.SIOCGSTAMP, syscall.Timeval())
            interface = syscall.interface_by_name(interface_name)
            everything = syscall.htons(syscall.ETH_P_ALL)
            syscall.bind(self.fd, syscall.SockaddrLinklayer(everything, interface.index))
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        syscall.close(self.fd)

    def __enter__(self) -> Capture:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def frames(self) -> Iterator[Frame]:
        """The frames so far, each once."""
        buffer = bytearray(65535)
        time = syscall.Timeval()
        while True:
            try:
                n, source = syscall.recvfrom(self.fd, buffer)
            except BlockingIOError:
                return
            assert isinstance(source, syscall.SockaddrLinklayer)
            syscall.ioctl(self.fd, syscall.SIOCGSTAMP, time)
            outgoing = source.pkttype == syscall.PACKET_OUTGOING
            yield Frame(time.sec + time.usec / 1_000_000, outgoing, bytes(buffer[:n]))


def is_chao(frame: bytes) -> bool:
    """Whether this is a CHAO frame, with Ethernet's header or without."""
    return frame.startswith(MAGIC) or frame.startswith(MAGIC, _HEADER)


def summary(frame: bytes) -> str:
    """A frame in a line."""
    tags = ""
    while len(tags) < _MOST_TAGS and frame[12:14] in _TAGS and len(frame) >= _HEADER + 4:
        tags += f"VLAN {int.from_bytes(frame[14:16], 'big') & 0xFFF}, "
        frame = frame[:12] + frame[16:]
    return tags + _untagged(frame)


def _untagged(frame: bytes) -> str:
    ethertype, payload = int.from_bytes(frame[12:14], "big"), frame[_HEADER:]
    if frame.startswith(MAGIC):
        return f"CHAO {_text(frame[len(MAGIC) :])}"
    if payload.startswith(MAGIC):
        return f"{_ethernet(frame)}, CHAO {_text(payload[len(MAGIC) :])}"
    if ethertype == syscall.ETH_P_ARP and (arp := ArpPacket.parse(payload)):
        if arp.operation == syscall.ARPOP_REQUEST:
            return f"ARP who has {IPv4Address(arp.target)}? tell {IPv4Address(arp.sender)}"
        return f"ARP {IPv4Address(arp.sender)} is at {arp.sender_hardware.hex(':')}"
    if ethertype == syscall.ETH_P_IP and len(payload) >= 20:
        header_length, length = (payload[0] & 0x0F) * 4, int.from_bytes(payload[2:4], "big")
        ends = [str(IPv4Address(payload[start : start + 4])) for start in (12, 16)]
        if offset := int.from_bytes(payload[6:8], "big") & 0x1FFF:
            return f"IPv4 {ends[0]} > {ends[1]}, protocol {payload[9]}, fragment from byte {offset * 8} on"
        return _transport("IPv4", payload[9], ends, payload[header_length:length])
    if ethertype == syscall.ETH_P_IPV6 and len(payload) >= _IPV6_HEADER:
        length = int.from_bytes(payload[4:6], "big")
        ends = [f"[{IPv6Address(payload[start : start + 16])}]" for start in (8, 24)]
        protocol, rest = payload[6], payload[_IPV6_HEADER : _IPV6_HEADER + length]
        if protocol == syscall.IPPROTO_HOPOPTS and len(rest) >= 8:
            protocol, rest = rest[0], rest[8 + 8 * rest[1] :]
        return _transport("IPv6", protocol, ends, rest)
    return _ethernet(frame)


def hexdump(data: bytes) -> Iterator[str]:
    """Lines of 16 bytes: offset, bytes, characters."""
    for start in range(0, len(data), 16):
        line = data[start : start + 16]
        characters = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in line)
        yield f"{start:04x}  {line.hex(' '):47}  {characters}"


def _ethernet(frame: bytes) -> str:
    return f"{frame[6:12].hex(':')} > {frame[:6].hex(':')}, type 0x{frame[12:14].hex()}"


def _transport(version: str, protocol: int, ends: list[str], payload: bytes) -> str:
    if protocol in (syscall.IPPROTO_TCP, syscall.IPPROTO_UDP) and len(payload) >= 8:
        ports = struct.unpack_from("!HH", payload)
        source, destination = (f"{end}:{port}" for end, port in zip(ends, ports, strict=True))
        if protocol == syscall.IPPROTO_UDP:
            return f"UDP {source} > {destination}, {len(payload) - 8} bytes of data"
        if len(payload) >= 20:
            flags = "+".join(name for bit, name in _TCP_FLAGS.items() if payload[13] & bit)
            data = len(payload) - (payload[12] >> 4) * 4
            return f"TCP {source} > {destination}, {flags}" + (f", {data} bytes of data" if data else "")
    for number, name, kinds in (
        (syscall.IPPROTO_ICMP, "ICMP", _ICMP),
        (syscall.IPPROTO_ICMPV6, "ICMPv6", _ICMPV6),
    ):
        if protocol == number and payload:
            return f"{name} {ends[0]} > {ends[1]}, {kinds.get(payload[0], f'type {payload[0]}')}"
    return f"{version} {ends[0]} > {ends[1]}, protocol {protocol}"


def _text(message: bytes) -> str:
    """Bytes of a message, on one line."""
    return repr(message.decode("ascii", "backslashreplace"))
