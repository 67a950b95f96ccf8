"""Network interfaces by the names that people have for them."""

import os
import sys
from typing import NoReturn

import pysyscall as syscall


def find_interface(name: str) -> syscall.Interface:
    """The interface of this name, or of this alternative one (ip link property add). OSError(ENODEV)."""
    wanted = os.fsencode(name)
    try:
        return syscall.interface_by_name(wanted.decode(errors="surrogateescape"))
    except OSError as error:
        if error.errno == syscall.ENODEV and (index := _by_alternative_name(wanted)):
            return syscall.interface_by_index(index)
        raise


def _by_alternative_name(wanted: bytes) -> int | None:
    """The index of the interface with this alternative name."""
    for message in syscall.parse_netlink_message(syscall.netlink_rib(syscall.RTM_GETLINK, syscall.AF_UNSPEC)):
        if message.header.type == syscall.RTM_NEWLINK:
            for each in syscall.parse_netlink_route_attr(message):
                if each.attr.type & ~syscall.NLA_F_NESTED == syscall.IFLA_PROP_LIST:
                    names = [name.value.rstrip(b"\0") for name in syscall.parse_route_attr(each.value)]
                    if wanted in names:
                        return syscall.IfInfomsg.from_buffer_copy(message.data).index
    return None


def interface_that_is_up(program: str, name: str) -> syscall.Interface:
    """The interface of this name, or the program's end with a sentence that says why not."""
    try:
        interface = find_interface(name)
    except OSError as error:
        if error.errno == syscall.ENODEV:
            no_interface(f"{program}:", name)
        raise
    if not interface.flags & syscall.IFF_UP:
        sys.exit(f"{program}: the interface {name} is down: ip link set {name} up")
    return interface


def no_interface(begin: str, name: str) -> NoReturn:
    """End the program, which has not found an interface."""
    names = ", ".join(interface.name for interface in syscall.interfaces())
    sys.exit(f"{begin} there is no interface {name}, but {names or 'none at all'}")
