"""Network interfaces, as the kernel tells of them."""

import sys

from ..base.arguments import i32
from ..base.errors import system_error
from ..constants._errnos import ENODEV
from ..constants._netlink import IFLA_ADDRESS, IFLA_IFNAME, IFLA_MTU, RTM_GETLINK, RTM_NEWLINK
from ..constants._sockets import AF_UNSPEC
from ..netlink.messages import parse_netlink_message
from ..netlink.routes import netlink_rib, parse_netlink_route_attr
from ..netlink.structs import IfInfomsg
from .addresses import _text


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
    index = i32("index", index)
    for interface in interfaces():
        if interface.index == index:
            return interface
    raise system_error(f"interface_by_index {index}", ENODEV)
