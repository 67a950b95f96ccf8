"""Network interfaces and their addresses, as the kernel reports them."""

import sys
from os import fsdecode

from ..base.arguments import c_string, i32, integer, text
from ..base.errors import system_error
from ..constants import (
    AF_INET,
    AF_INET6,
    AF_UNSPEC,
    ENODEV,
    IFA_ADDRESS,
    IFA_LOCAL,
    IFLA_ADDRESS,
    IFLA_ALT_IFNAME,
    IFLA_IFNAME,
    IFLA_MTU,
    IFLA_PROP_LIST,
    RTM_GETADDR,
    RTM_GETLINK,
    RTM_NEWADDR,
    RTM_NEWLINK,
)
from ..netlink.messages import TYPE_MASK, NetlinkMessage, parse_netlink_message
from ..netlink.routes import netlink_rib, parse_netlink_route_attr, parse_route_attr
from ..netlink.structs import IfAddrmsg, IfInfomsg


class IPNet:
    """An IP address of 4 or 16 bytes, and the length of its network prefix in bits. Go net.IPNet.

    `str(net)` is "192.0.2.1/24". Immutable; compares by value.
    """

    __slots__ = ("_ip", "_prefixlen")
    __match_args__ = ("ip", "prefixlen")

    def __init__(self, ip: bytes, prefixlen: int) -> None:
        if not isinstance(ip, bytes):
            raise TypeError(f"ip must be 4 or 16 bytes, not {type(ip).__name__}")
        if len(ip) not in (4, 16):
            raise ValueError(f"ip must be 4 or 16 bytes, not {len(ip)}")
        self._ip = ip
        self._prefixlen = integer("prefixlen", prefixlen, 0, 8 * len(ip))

    @property
    def ip(self) -> bytes:
        """The address: 4 or 16 bytes in network order."""
        return self._ip

    @property
    def prefixlen(self) -> int:
        """The length of the network prefix in bits."""
        return self._prefixlen

    @property
    def mask(self) -> bytes:
        """The network mask as an address, such as 255.255.255.0 for 24. Go's field Mask."""
        size = len(self._ip)
        return ((1 << 8 * size) - (1 << 8 * size - self._prefixlen)).to_bytes(size, "big")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, IPNet):
            return NotImplemented
        return (self._ip, self._prefixlen) == (other._ip, other._prefixlen)

    def __hash__(self) -> int:
        return hash((self._ip, self._prefixlen))

    def __str__(self) -> str:
        from ipaddress import ip_address  # slower to import than all of this package, and rarely needed

        return f"{ip_address(self._ip)}/{self._prefixlen}"

    def __repr__(self) -> str:
        return f"IPNet({self})"


class Interface:
    """A snapshot of a network interface. Go net.Interface.

    hardware_addr is empty if there is none. flags are the kernel's IFF_UP, IFF_LOOPBACK and so on. Names are decoded by
    os.fsdecode. altnames are its alternative names, of up to 127 bytes.
    """

    __slots__ = ("altnames", "flags", "hardware_addr", "index", "mtu", "name")

    def __init__(
        self, index: int, mtu: int, name: str, hardware_addr: bytes, flags: int, altnames: "tuple[str, ...]" = ()
    ) -> None:
        self.index = index
        self.mtu = mtu
        self.name = name
        self.hardware_addr = hardware_addr
        self.flags = flags
        self.altnames = altnames

    def addrs(self) -> "list[IPNet]":
        """RTM_GETADDR: return the current IPv4 and IPv6 addresses, in the kernel's order. Go net.Interface.Addrs.

        On a point-to-point link these are the local addresses. The list is empty if the interface is gone.
        """
        found = []
        for message in parse_netlink_message(netlink_rib(RTM_GETADDR, AF_UNSPEC)):
            if message.header.type == RTM_NEWADDR:
                info = IfAddrmsg.from_buffer_copy(message.data)
                if info.index == self.index and info.family in (AF_INET, AF_INET6):
                    values = _values(message)
                    found.append(IPNet(values.get(IFA_LOCAL) or values[IFA_ADDRESS], info.prefixlen))
        return found

    def __repr__(self) -> str:
        address = self.hardware_addr.hex(":")
        return f"Interface({self.index}: {self.name}, mtu {self.mtu}, address {address}, flags {self.flags:#x})"


def interfaces() -> "list[Interface]":
    """RTM_GETLINK: return all network interfaces, sorted by index. Go net.Interfaces."""
    found = []
    for message in parse_netlink_message(netlink_rib(RTM_GETLINK, AF_UNSPEC)):
        if message.header.type == RTM_NEWLINK:
            info = IfInfomsg.from_buffer_copy(message.data)
            values = _values(message)
            address = values.get(IFLA_ADDRESS, b"")
            further = [
                _name(attribute.value)
                for attribute in parse_route_attr(values.get(IFLA_PROP_LIST, b""))
                if attribute.attr.type & TYPE_MASK == IFLA_ALT_IFNAME
            ]
            found.append(
                Interface(
                    index=info.index,
                    mtu=int.from_bytes(values.get(IFLA_MTU, b""), sys.byteorder),
                    name=_name(values.get(IFLA_IFNAME, b"")),
                    hardware_addr=address if any(address) else b"",
                    flags=info.flags,
                    altnames=tuple(further),
                )
            )
    return sorted(found, key=lambda interface: interface.index)


def interface_by_name(name: str) -> Interface:
    """RTM_GETLINK: return the network interface of this name or altname. ENODEV: none. Go net.InterfaceByName."""
    wanted = fsdecode(c_string("name", text("name", name)))
    for interface in interfaces():
        if wanted == interface.name or wanted in interface.altnames:
            return interface
    raise system_error(f"interface_by_name {wanted}", ENODEV)


def interface_by_index(index: int) -> Interface:
    """RTM_GETLINK: return the network interface of this index. ENODEV: none. Go net.InterfaceByIndex."""
    index = i32("index", index)
    for interface in interfaces():
        if interface.index == index:
            return interface
    raise system_error(f"interface_by_index {index}", ENODEV)


def _values(message: NetlinkMessage) -> "dict[int, bytes]":
    """Return the attributes of a message by type."""
    return {each.attr.type & TYPE_MASK: each.value for each in parse_netlink_route_attr(message)}


def _name(raw: bytes) -> str:
    return fsdecode(raw.rstrip(b"\0"))
