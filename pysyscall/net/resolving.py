"""Resolving host and service names to addresses."""

from ctypes import byref, c_void_p, get_errno, string_at

from ..base.arguments import c_string, text, u16
from ..base.errors import system_error, take_errno
from ..constants import AF_INET, AF_INET6, AF_UNSPEC, EAI_SYSTEM, SOCK_DGRAM, SOCK_STREAM
from ..sockets.addresses import SockaddrInet4, SockaddrInet6, decode
from ..system.errnos import AddrinfoError
from . import libc
from .addresses import split_host_port
from .structs import Addrinfo

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias


SockaddrInet: "TypeAlias" = SockaddrInet4 | SockaddrInet6

_FAMILY_OF_DIGIT = {"": AF_UNSPEC, "4": AF_INET, "6": AF_INET6}


def resolve_tcp_addr(network: str, address: str) -> "list[SockaddrInet]":
    """getaddrinfo(3): return all addresses of "host:port", in the order to try them. Go net.ResolveTCPAddr (only one).

    network is "tcp", "tcp4" or "tcp6". The host is a name, an IPv4 address, an IPv6 address in brackets, which may have
    a zone ("[fe80::1%eth0]:80"), or empty for the loopback address. The port is a number or a service name.
    AddrinfoError (an OSError): the name cannot be resolved.
    """
    return _resolve("tcp", SOCK_STREAM, network, address)


def resolve_udp_addr(network: str, address: str) -> "list[SockaddrInet]":
    """getaddrinfo(3): as resolve_tcp_addr, for "udp", "udp4" and "udp6". Go net.ResolveUDPAddr."""
    return _resolve("udp", SOCK_DGRAM, network, address)


def _resolve(protocol: str, socktype: int, network: str, address: str) -> "list[SockaddrInet]":
    family = _FAMILY_OF_DIGIT.get(text("network", network)[len(protocol) :])
    if not network.startswith(protocol) or family is None:
        raise ValueError(f"network must be {protocol}, {protocol}4 or {protocol}6, not {network!r}")
    host, port = split_host_port(address)
    digits = port.strip()
    if digits[digits[:1] in ("+", "-") :].isdecimal():
        u16("port", int(port))  # libc also accepts signs and white space, and truncates to 16 bits
    node, service = c_string("host", host) or None, c_string("port", port) or b"0"
    hints, first = Addrinfo(family=family, socktype=socktype), c_void_p()
    before = get_errno()
    status = libc.getaddrinfo(node, service, byref(hints), byref(first))
    errno = take_errno(before)  # which it changes whether or not that is why it fails
    if status:
        if status == EAI_SYSTEM:
            raise system_error(f"lookup {host}", errno)
        raise AddrinfoError(status, f"lookup {host}: {(libc.gai_strerror(status) or b'').decode()}")
    try:
        addresses = []
        following = first.value
        while following:
            info = Addrinfo.from_address(following)
            found = decode(string_at(info.addr or 0, info.addrlen))
            if isinstance(found, (SockaddrInet4, SockaddrInet6)):
                addresses.append(found)
            following = info.next
        return addresses
    finally:
        libc.freeaddrinfo(first.value)
