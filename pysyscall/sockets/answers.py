"""The control data of answers: each answer's source address is the destination of the datagram that it answers."""

import sys
from ctypes import addressof, c_char, c_void_p, sizeof

from ..constants import IP_PKTINFO, IPPROTO_IP, IPPROTO_IPV6, IPV6_PKTINFO
from .control import cmsg_space, contents, socket_control_message
from .rare_structs import Mmsghdr
from .senders import remember
from .structs import Inet4Pktinfo, Inet6Pktinfo, Iovec, Msghdr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

# The offset of the low 32 bits of a size_t, which are enough for every length here.
LOW = 4 if sys.byteorder == "big" and sizeof(c_void_p) == 8 else 0

_ROOM = cmsg_space(sizeof(Inet6Pktinfo))
_MAPPED = bytes(10) + b"\xff\xff"  # the prefix of IPv4-mapped IPv6 addresses
_known: "dict[bytes, bytes]" = {}


def column(words: memoryview, row: "type[Mmsghdr | Iovec]", offset: int) -> memoryview:
    """A view of one 32-bit field of each structure in an array."""
    return words[offset // 4 :: sizeof(row) // 4]


def answer(control: bytes) -> bytes:
    """Return the control data for the answer to a datagram with this control data: packet info, or nothing.

    The routing table chooses the interface, except for a link-local address, which is valid on one interface only.
    After a multicast or broadcast datagram the answer's source is the spec_dst of IP_PKTINFO; for IPv6 the kernel
    chooses it.
    """
    try:
        return _known[control]
    except KeyError:
        return remember(_known, control, _answer(control))


def _answer(control: bytes) -> bytes:
    found = b""
    for level, type, data in contents(control):
        if (level, type) == (IPPROTO_IP, IP_PKTINFO) and len(data) >= sizeof(Inet4Pktinfo):
            return _inet4(data)
        if (level, type) == (IPPROTO_IPV6, IPV6_PKTINFO) and len(data) >= sizeof(Inet6Pktinfo):
            found = _inet6(data)  # an IP_PKTINFO that follows is preferred: it has spec_dst
    return found


def _inet4(info: bytes) -> bytes:
    source = info[4:8]  # spec_dst, after the interface
    if not _is_unicast(source):
        return b""
    return socket_control_message(IPPROTO_IP, IP_PKTINFO, bytes(4) + source + bytes(4))


def _inet6(info: bytes) -> bytes:
    source, interface = info[:16], info[16:20]
    if not (_is_unicast(source[12:]) if source[:12] == _MAPPED else source[0] != 0xFF and any(source)):
        return b""
    is_link_local = source[0] == 0xFE and source[1] & 0xC0 == 0x80
    return socket_control_message(IPPROTO_IPV6, IPV6_PKTINFO, source + (interface if is_link_local else bytes(4)))


def _is_unicast(source: bytes) -> bool:
    return 0 < source[0] < 224


class Answers:
    """A copy of the message headers of a MessageBatch, with control data of their own.

    `address` is the address of the first header; `moved` holds the number of bytes sent of each message.
    """

    __slots__ = ("_alike", "_control_lengths", "_controls", "_name_lengths", "_room", "_storage", "address", "moved")

    def __init__(self, headers: memoryview, control: int) -> None:
        count, self._room = len(headers) // sizeof(Mmsghdr), max(control, _ROOM)
        storage = bytearray(len(headers) + count * self._room)
        storage[: len(headers)] = headers
        self._storage = c_char.from_buffer(storage)  # keeps the bytearray from being resized
        self.address = addressof(self._storage)
        for i in range(count):
            header = Mmsghdr.from_buffer(storage, i * sizeof(Mmsghdr)).hdr
            header.control = self.address + len(headers) + i * self._room
        self._controls = memoryview(storage)[len(headers) :]
        words = memoryview(storage)[: len(headers)].cast("I")
        self.moved = column(words, Mmsghdr, Mmsghdr.len.offset)  # type: ignore[attr-defined]
        self._name_lengths = column(words, Mmsghdr, Msghdr.namelen.offset)  # type: ignore[attr-defined]
        self._control_lengths = column(words, Mmsghdr, Msghdr.controllen.offset + LOW)  # type: ignore[attr-defined]
        self._alike: bytes | None = None  # the control data of all messages, if it is the same

    def fill(self, start: int, controls: "Sequence[bytes]", name_lengths: memoryview) -> None:
        """Set the control data and name lengths of the messages from start on."""
        end = start + len(controls)
        self._name_lengths[start:end] = name_lengths[start:end]
        first = controls[0] if controls else b""
        if all(control is first for control in controls):
            if self._alike is not first:
                count = len(self._control_lengths)
                self._controls[:] = first.ljust(self._room, b"\0") * count
                self._control_lengths[:] = memoryview(len(first).to_bytes(4, sys.byteorder) * count).cast("I")
                self._alike = first
            return
        self._alike = None
        for i, control in enumerate(controls, start):
            self._controls[i * self._room : i * self._room + len(control)] = control
            self._control_lengths[i] = len(control)
