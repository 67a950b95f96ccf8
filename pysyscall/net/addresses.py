"""Addresses as text."""

from ctypes import create_string_buffer

from ..base.arguments import c_string, text
from ..constants import AF_INET, AF_INET6
from ..sockets.addresses import ip_text
from . import libc


def parse_ip(s: str) -> bytes:
    """inet_pton(3): an IP address's text as 4 or 16 bytes, or ValueError. Go net.ParseIP, which makes 16 of both."""
    written = c_string("s", text("s", s))
    if b"%" in written:
        raise ValueError(f"{s!r} names a zone: resolve_tcp_addr and resolve_udp_addr take one")
    family, size = (AF_INET6, 16) if b":" in written else (AF_INET, 4)
    ip = create_string_buffer(size)
    if libc.inet_pton(family, written, ip) != 1:
        raise ValueError(f"{s!r} is no IP address")
    return ip.raw


def format_ip(ip: "bytes | bytearray | memoryview") -> str:
    """An IP address of 4 or 16 bytes as text, such as 127.0.0.1 and 2001:db8::1 (RFC 5952): the inverse of parse_ip.

    Go net.IP.String, which leaves the ::ffff: of an IPv4 address in IPv6 out.
    """
    if not isinstance(ip, (bytes, bytearray, memoryview)):
        raise TypeError(f"ip must be 4 or 16 bytes, not {type(ip).__name__}")
    raw = bytes(ip)
    if len(raw) not in (4, 16):
        raise ValueError(f"ip must be 4 or 16 bytes, not {len(raw)}")
    return ip_text(raw)


def split_host_port(address: str) -> "tuple[str, str]":
    """The host and port of "host:port" or "[host]:port", or ValueError. Go net.SplitHostPort."""
    host, colon, port = text("address", address).rpartition(":")
    if not colon:
        raise ValueError(f"missing port in address {address!r}")
    if host[:1] == "[" and host[-1:] == "]":
        host = host[1:-1]
    elif ":" in host:
        raise ValueError(f"too many colons in address {address!r}: an IPv6 address stands in brackets")
    if any(bracket in part for part in (host, port) for bracket in "[]"):
        raise ValueError(f"unexpected bracket in address {address!r}")
    return host, port
