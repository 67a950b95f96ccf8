"""A packet socket on one interface, for the programs that speak below IP."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeGuard

import pysyscall as syscall


@contextmanager
def packet_socket(program: str, interface_name: str, ethertype: int) -> Iterator[tuple[int, syscall.Interface]]:
    """socket(AF_PACKET, SOCK_DGRAM): what one interface receives of one protocol, without Ethernet's header.

    Where that cannot be, the program ends with a sentence that says why, and status 1.
    """
    try:
        # Protocol 0 receives nothing, so that no other interface's packets are in the queue when bind names one.
        fd = syscall.socket(syscall.AF_PACKET, syscall.SOCK_DGRAM | syscall.SOCK_CLOEXEC, 0)
    except PermissionError:
        sys.exit(without_capability(program))
    try:
        interface = _ethernet_interface(program, interface_name)
        syscall.bind(fd, syscall.SockaddrLinklayer(syscall.htons(ethertype), interface.index))
        yield fd, interface
    finally:
        syscall.close(fd)


def for_this_host(source: syscall.Sockaddr | None) -> TypeGuard[syscall.SockaddrLinklayer]:
    """Whether a packet was for us or for all: a promiscuous interface also shows what others send each other."""
    kinds = (syscall.PACKET_HOST, syscall.PACKET_BROADCAST, syscall.PACKET_MULTICAST)
    return isinstance(source, syscall.SockaddrLinklayer) and source.pkttype in kinds


def without_capability(program: str) -> str:
    """What a program says that may have no packet socket."""
    return (
        f"{program}: a packet socket needs the capability CAP_NET_RAW: use sudo, or give it to your Python (sudo"
        f" setcap cap_net_raw+ep PYTHON), or try it in a private network: python3 -m examples {program}"
    )


def interface_that_is_up(program: str, name: str) -> syscall.Interface:
    """The interface of this name, or the program's end with a sentence that says why not."""
    found = {interface.name: interface for interface in syscall.interfaces()}
    if name not in found:
        sys.exit(f"{program}: there is no interface {name}, but {', '.join(found) or 'none at all'}")
    interface = found[name]
    if not interface.flags & syscall.IFF_UP:
        sys.exit(f"{program}: the interface {name} is down: ip link set {name} up")
    return interface


def _ethernet_interface(program: str, name: str) -> syscall.Interface:
    interface = interface_that_is_up(program, name)
    if len(interface.hardware_addr) != 6:
        sys.exit(f"{program}: the interface {name} has no Ethernet address")
    return interface
