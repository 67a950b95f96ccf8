"""What Go's programs take from package net: byte order, addresses as text, names, and interfaces."""

import sys
from ctypes import byref, c_void_p, string_at

from . import libc
from .arguments import c_int, c_string, u16, u32
from .constants._errnos import ENODEV
from .constants._netlink import IFLA_ADDRESS, IFLA_IFNAME, IFLA_MTU, RTM_GETLINK, RTM_NEWLINK
from .constants._sockets import AF_INET, AF_INET6, AF_UNSPEC, EAI_SYSTEM, SOCK_DGRAM, SOCK_STREAM
from .errors import fail, system_error
from .netlink import netlink_rib, parse_netlink_message, parse_netlink_route_attr
from .sockaddr import SockaddrInet4, SockaddrInet6, decode
from .structs.names import Addrinfo
from .structs.netlink import IfInfomsg

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    SockaddrInet: TypeAlias = SockaddrInet4 | SockaddrInet6

_FAMILY_OF_DIGIT = {"": AF_UNSPEC, "4": AF_INET, "6": AF_INET6}


class AddrinfoError(OSError):
    """What getaddrinfo says of a name: errno is its EAI_ code, such as EAI_NONAME. Go net.DNSError."""


class Interface:
    """A network interface as it was when asked for. Go net.Interface.

    hardware_addr is empty where there is none; flags are the kernel's IFF_UP, IFF_LOOPBACK and so on.
    """

    __slots__ = ("flags", "hardware_addr", "index", "mtu", "name")

    def __init__(self, index: int, mtu: int, name: str, hardware_addr: bytes, flags: int) -> None:
        self.index = index
        self.mtu = mtu
        self.name = name
        self.hardware_addr = hardware_addr
        self.flags = flags

    def __repr__(self) -> str:
        address = self.hardware_addr.hex(":")
        return f"Interface({self.index}: {self.name}, mtu {self.mtu}, address {address}, flags {self.flags:#x})"


def htons(hostshort: int) -> int:
    """htons(3): 16 bits from host to network order."""
    return int.from_bytes(u16("hostshort", hostshort).to_bytes(2, "big"), sys.byteorder)


def ntohs(netshort: int) -> int:
    """ntohs(3): 16 bits from network to host order."""
    return int.from_bytes(u16("netshort", netshort).to_bytes(2, "big"), sys.byteorder)


def htonl(hostlong: int) -> int:
    """htonl(3): 32 bits from host to network order."""
    return int.from_bytes(u32("hostlong", hostlong).to_bytes(4, "big"), sys.byteorder)


def ntohl(netlong: int) -> int:
    """ntohl(3): 32 bits from network to host order."""
    return int.from_bytes(u32("netlong", netlong).to_bytes(4, "big"), sys.byteorder)


def parse_ip(s: str) -> bytes:
    """An IP address's text as 4 or 16 bytes, or ValueError. Go net.ParseIP, which makes 16 of both."""
    from ipaddress import ip_address  # costs more to import than all of this package, and not everybody needs it

    address = ip_address(_text("s", s))
    if getattr(address, "scope_id", None):
        raise ValueError(f"{s!r} names a zone: resolve_tcp_addr and resolve_udp_addr take one")
    return address.packed


def resolve_tcp_addr(network: str, address: str) -> "list[SockaddrInet]":
    """getaddrinfo(3): all addresses of "host:port", in the order to try them. Go net.ResolveTCPAddr, which returns one.

    network is "tcp", "tcp4" or "tcp6". The host is a name, an IPv4 address or an IPv6 address in brackets, with a zone
    or without ("[fe80::1%eth0]:80"), or nothing for this machine; the port is a number or a service's name.
    AddrinfoError (an OSError): nobody knows the name.
    """
    return _resolve("tcp", SOCK_STREAM, network, address)


def resolve_udp_addr(network: str, address: str) -> "list[SockaddrInet]":
    """getaddrinfo(3): as resolve_tcp_addr, for "udp", "udp4" and "udp6". Go net.ResolveUDPAddr."""
    return _resolve("udp", SOCK_DGRAM, network, address)


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


def interfaces() -> "list[Interface]":
    """All network interfaces, by index. Go net.Interfaces."""
    found = []
    for message in parse_netlink_message(netlink_rib(RTM_GETLINK, AF_UNSPEC)):
        if message.header.type == RTM_NEWLINK:
            info = IfInfomsg.from_buffer_copy(message.data)
            values = {attribute.attr.type: attribute.value for attribute in parse_netlink_route_attr(message)}
            address = values.get(IFLA_ADDRESS, b"")
            found.append(
                Interface(
                    index=info.index,
                    mtu=int.from_bytes(values.get(IFLA_MTU, b""), sys.byteorder),
                    name=values.get(IFLA_IFNAME, b"").rstrip(b"\0").decode("utf-8", "surrogateescape"),
                    hardware_addr=address if any(address) else b"",
                    flags=info.flags,
                )
            )
    return sorted(found, key=lambda interface: interface.index)


def interface_by_name(name: str) -> Interface:
    """The network interface of this name, or OSError(ENODEV). Go net.InterfaceByName."""
    name = _text("name", name)
    for interface in interfaces():
        if interface.name == name:
            return interface
    raise system_error(f"interface_by_name {name}", ENODEV)


def interface_by_index(index: int) -> Interface:
    """The network interface of this index, or OSError(ENODEV). Go net.InterfaceByIndex."""
    index = c_int("index", index)
    for interface in interfaces():
        if interface.index == index:
            return interface
    raise system_error(f"interface_by_index {index}", ENODEV)


def _text(name: str, value: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{name} must be str, not {type(value).__name__}")
    return value


def _resolve(protocol: str, socktype: int, network: str, address: str) -> "list[SockaddrInet]":
    family = _FAMILY_OF_DIGIT.get(_text("network", network)[len(protocol) :])
    if not network.startswith(protocol) or family is None:
        raise ValueError(f"network must be {protocol}, {protocol}4 or {protocol}6, not {network!r}")
    host, port = split_host_port(address)
    digits = port.strip()
    if digits[digits[:1] in ("+", "-") :].isdecimal():
        u16("port", int(port))  # libc takes signs and white space too, and cuts what it reads to 16 bits
    node, service = c_string("host", host) or None, c_string("port", port) or b"0"
    hints, first = Addrinfo(family=family, socktype=socktype), c_void_p()
    status = libc.getaddrinfo(node, service, byref(hints), byref(first))
    if status:
        if status == EAI_SYSTEM:
            fail(f"lookup {host}")
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
