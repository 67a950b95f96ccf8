"""Packet sockets on one interface, for programs that use protocols below IP."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TypeGuard

import pysyscall as syscall

from .interfaces import interface_that_is_up
from .waiting import readable_before

_LOOK_AGAIN = 0.2  # seconds


@contextmanager
def packet_socket(program: str, interface_name: str, ethertype: int) -> Iterator[tuple[int, syscall.Interface]]:
    """socket(AF_PACKET, SOCK_DGRAM): open a socket for one protocol on one interface, without Ethernet headers.

    If that is not possible, exit with an error message and status 1.
    """
    try:
        # With protocol 0 the socket receives nothing until bind: no packets of other interfaces get into its queue.
        fd = syscall.socket(syscall.AF_PACKET, syscall.SOCK_DGRAM | syscall.SOCK_CLOEXEC, 0)
    except PermissionError:
        sys.exit(without_capability(f"{program}:", program))
    try:
        interface = interface_that_is_up(program, interface_name)
        if len(interface.hardware_addr) != 6:
            sys.exit(f"{program}: the interface {interface_name} has no Ethernet address")
        syscall.bind(fd, syscall.SockaddrLinklayer(syscall.htons(ethertype), interface.index))
        yield fd, interface
    finally:
        syscall.close(fd)


def for_this_host(
    source: syscall.Sockaddr | None, interface: syscall.Interface
) -> TypeGuard[syscall.SockaddrLinklayer]:
    """Whether a packet was received on this interface and sent to this host, or by broadcast or multicast.

    A promiscuous interface also receives packets between other hosts. Packets for a VLAN interface arrive at the
    socket of its lower interface too.
    """
    kinds = (syscall.PACKET_HOST, syscall.PACKET_BROADCAST, syscall.PACKET_MULTICAST)
    return (
        isinstance(source, syscall.SockaddrLinklayer) and source.ifindex == interface.index and source.pkttype in kinds
    )


def whole_frame(frame: bytes, control: bytes | bytearray) -> bytes:
    """Return a frame as it was on the wire, with the VLAN tag that the kernel moved to the control data.

    The kernel removes everything that looks like a tag, also from a frame that has no Ethernet header.
    """
    for m in syscall.parse_socket_control_message(control):
        if (m.header.level, m.header.type) == (syscall.SOL_PACKET, syscall.PACKET_AUXDATA):
            return syscall.restore_vlan_tag(frame, syscall.parse_tpacket_auxdata(m))
    return frame


def wait_until_up(fd: int, stop: int, error: OSError) -> None:
    """After ENETDOWN from a packet socket, print a message and wait until the interface is up or `stop` is readable.

    The socket then receives again by itself. Raise the error if it is another one, or if the interface is gone, which
    the kernel does not report after ENETDOWN.
    """
    if error.errno != syscall.ENETDOWN:
        raise error
    if not _is_up(fd, error):
        print("the interface is down; it is listened to again when it is up", file=sys.stderr, flush=True)
        while not readable_before(monotonic() + _LOOK_AGAIN, stop) and not _is_up(fd, error):
            pass


def _is_up(fd: int, error: OSError) -> bool:
    name = syscall.getsockname(fd)
    if isinstance(name, syscall.SockaddrLinklayer) and name.ifindex > 0:
        for interface in syscall.interfaces():
            if interface.index == name.ifindex:
                return bool(interface.flags & syscall.IFF_UP)
    raise error


def without_capability(begin: str, act: str, socket: str = "a packet socket") -> str:
    """Return the error message for a missing CAP_NET_RAW: how to get it, or which part of the tour needs none."""
    return (
        f"{begin} {socket} needs the capability CAP_NET_RAW: use sudo, or give it to your Python (sudo setcap"
        f" cap_net_raw+ep PYTHON), or try it in a private network: python3 -m examples {act}"
    )
