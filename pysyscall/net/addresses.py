"""IP addresses as text."""

from ctypes import create_string_buffer

from ..base.arguments import c_string, text
from ..constants import AF_INET, AF_INET6
from ..sockets.addresses import ip_text
from . import libc


def parse_ip(s: str) -> bytes:
    """inet_pton(3): parse an IP address to 4 or 16 bytes, or raise ValueError. Go net.ParseIP (always 16 bytes)."""
    written = c_string("s", text("s", s))
    if b"%" in written:
        raise ValueError(f"{s!r} names a zone: resolve_tcp_addr and resolve_udp_addr take one")
    family, size = (AF_INET6, 16) if b":" in written else (AF_INET, 4)
    ip = create_string_buffer(size)
    if libc.inet_pton(family, written, ip) != 1:
        raise ValueError(f"{s!r} is no IP address")
    return ip.raw


def format_ip(ip: "bytes | bytearray | memoryview") -> str:
    """Format an IP address of 4 or 16 bytes, such as 127.0.0.1 or 2001:db8::1 (RFC 5952): the inverse of parse_ip.

    Go net.IP.String, which omits the ::ffff: of an IPv4-mapped IPv6 address.
    """
    if not isinstance(ip, (bytes, bytearray, memoryview)):
        raise TypeError(f"ip must be 4 or 16 bytes, not {type(ip).__name__}")
    raw = bytes(ip)
    if len(raw) not in (4, 16):
        raise ValueError(f"ip must be 4 or 16 bytes, not {len(raw)}")
    return ip_text(raw)


def split_host_port(address: str) -> "tuple[str, str]":
    """Split "host:port" or "[host]:port" into host and port, or raise ValueError. Go net.SplitHostPort."""
    host, colon, port = text("address", address).rpartition(":")
    if not colon:
        raise ValueError(f"missing port in address {address!r}")
    if host[:1] == "[" and host[-1:] == "]":
        host = host[1:-1]
    elif ":" in host:
        raise ValueError(f"too many colons in address {address!r}: write an IPv6 address in brackets")
    if any(bracket in part for part in (host, port) for bracket in "[]"):
        raise ValueError(f"unexpected bracket in address {address!r}")
    return host, port
