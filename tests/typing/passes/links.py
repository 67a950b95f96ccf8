"""The machine's interfaces, through the short way and over netlink."""

from __future__ import annotations

import pysyscall as syscall


def names() -> dict[int, str]:
    found: dict[int, str] = {}
    table = syscall.netlink_rib(syscall.RTM_GETLINK, syscall.AF_UNSPEC)
    for message in syscall.parse_netlink_message(table):
        if message.header.type != syscall.RTM_NEWLINK:
            continue
        info = syscall.IfInfomsg.from_buffer_copy(message.data)
        for attribute in syscall.parse_netlink_route_attr(message):
            if attribute.attr.type == syscall.IFLA_IFNAME:
                found[info.index] = attribute.value.rstrip(b"\0").decode()
    return found


def link_address(interface: syscall.Interface) -> syscall.SockaddrLinklayer:
    return syscall.SockaddrLinklayer(
        protocol=syscall.htons(syscall.ETH_P_ALL), ifindex=interface.index, addr=interface.hardware_addr
    )


for interface in syscall.interfaces():
    assert names()[interface.index] == interface.name
    assert syscall.interface_by_index(interface.index).name == interface.name
    address = link_address(interface)
    assert syscall.Sockaddr.from_bytes(bytes(address)) == address
    up: bool = bool(interface.flags & syscall.IFF_UP)
