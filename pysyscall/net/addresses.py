"""Addresses as text."""


def parse_ip(s: str) -> bytes:
    """An IP address's text as 4 or 16 bytes, or ValueError. Go net.ParseIP, which makes 16 of both."""
    from ipaddress import ip_address  # costs more to import than all of this package, and not everybody needs it

    address = ip_address(_text("s", s))
    if getattr(address, "scope_id", None):
        raise ValueError(f"{s!r} names a zone: resolve_tcp_addr and resolve_udp_addr take one")
    return address.packed


def split_host_port(address: str) -> "tuple[str, str]":
    """The host and port of "host:port" or "[host]:port", or ValueError. Go net.SplitHostPort."""
    host, colon, port = _text("address", address).rpartition(":")
    if not colon:
        raise ValueError(f"missing port in address {address!r}")
    if host[:1] == "[" and host[-1:] == "]":
        host = host[1:-1]
    elif ":" in host:
        raise ValueError(f"too many colons in address {address!r}: an IPv6 address stands in brackets")
    if any(bracket in part for part in (host, port) for bracket in "[]"):
        raise ValueError(f"unexpected bracket in address {address!r}")
    return host, port


def _text(name: str, value: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{name} must be str, not {type(value).__name__}")
    return value
