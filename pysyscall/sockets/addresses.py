"""Socket addresses: immutable values over the very bytes that the kernel is given or gave.

An address holds those bytes and nothing else, so that one from a datagram costs next to nothing, goes back to the
kernel as it is, and is decoded only when somebody asks for a field. The layouts are those of `structs.addresses`.
"""

import sys
from ctypes import sizeof
from os import fsdecode, fsencode

from ..base import arguments
from ..base.layout import codec
from ..constants._sockets import AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_UNIX, AF_VSOCK
from .structs import (
    RawSockaddrInet4,
    RawSockaddrInet6,
    RawSockaddrLinklayer,
    RawSockaddrNetlink,
    RawSockaddrUnix,
    RawSockaddrVM,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..base.arguments import StrOrBytesPath

_PATH_SIZE = sizeof(RawSockaddrUnix) - 2
_LINKLAYER_HEAD = RawSockaddrLinklayer.addr.offset  # type: ignore[attr-defined]  # a field's descriptor
_MAX_ADDR_LEN = 32  # linux/netdevice.h: the longest hardware address


_inet4 = codec(RawSockaddrInet4)
_inet6 = codec(RawSockaddrInet6)
_linklayer = codec(RawSockaddrLinklayer)
_netlink = codec(RawSockaddrNetlink)
_vm = codec(RawSockaddrVM)


def _swap16(value: int) -> int:
    """Host to network order of 16 bits, and back."""
    return value if sys.byteorder == "big" else value >> 8 | (value & 0xFF) << 8


class Sockaddr:
    """struct sockaddr: a socket's address. Go Sockaddr.

    The base of one class for each family. `bytes(address)` is what the kernel is given, of exactly the length it is
    given. Addresses are immutable, compare by value and can be dictionary keys.
    """

    __slots__ = ("_raw",)
    _raw: bytes

    def __init__(self) -> None:
        raise TypeError("Sockaddr is the base of one class for each family: make one of those")

    @staticmethod
    def from_bytes(raw: "bytes | bytearray | memoryview") -> "Sockaddr":
        """The address in the kernel's own bytes, family first.

        A family without a class here, or too few bytes for its family, makes a SockaddrBytes. ValueError: more than the
        128 bytes of a struct sockaddr_storage.
        """
        return decode(SockaddrBytes(raw).raw)

    @property
    def family(self) -> int:
        """The address family, such as AF_INET."""
        return int.from_bytes(self._raw[:2], sys.byteorder)

    def __bytes__(self) -> bytes:
        return self._raw

    def __eq__(self, other: object) -> bool:
        return self._raw == other._raw if isinstance(other, Sockaddr) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._raw)

    def __repr__(self) -> str:
        names: tuple[str, ...] = getattr(self, "__match_args__", ())
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"


class SockaddrBytes(Sockaddr):
    """The kernel's own bytes, family first: an address of any other family, in and out."""

    __slots__ = ()
    __match_args__ = ("raw",)

    def __init__(self, raw: "bytes | bytearray | memoryview") -> None:
        self._raw = bytes(memoryview(raw))
        if len(self._raw) > 128:
            raise ValueError(f"raw must be at most 128 bytes, struct sockaddr_storage, not {len(self._raw)}")

    @property
    def raw(self) -> bytes:
        """The bytes, family first."""
        return self._raw


class SockaddrInet4(Sockaddr):
    """struct sockaddr_in: a port in host order, and an IPv4 address of 4 bytes in network order. Go SockaddrInet4."""

    __slots__ = ()
    __match_args__ = ("port", "addr")

    def __init__(self, port: int, addr: "bytes | bytearray | memoryview") -> None:
        port = arguments.u16("port", port)
        self._raw = _inet4.pack(AF_INET, _swap16(port), arguments.fixed_bytes("addr", addr, 4), b"")

    @property
    def port(self) -> int:
        """The port, in host order."""
        return int.from_bytes(self._raw[2:4], "big")

    @property
    def addr(self) -> bytes:
        """The address: 4 bytes in network order."""
        return self._raw[4:8]


class SockaddrInet6(Sockaddr):
    """struct sockaddr_in6: a port in host order, and an IPv6 address of 16 bytes in network order. Go SockaddrInet6.

    `zone_id` is the index of the interface that a link-local address is on; `flowinfo`, in host order, Go has not.
    """

    __slots__ = ()
    __match_args__ = ("port", "addr", "zone_id", "flowinfo")

    def __init__(self, port: int, addr: "bytes | bytearray | memoryview", zone_id: int = 0, flowinfo: int = 0) -> None:
        port = arguments.u16("port", port)
        flow = int.from_bytes(arguments.u32("flowinfo", flowinfo).to_bytes(4, "big"), sys.byteorder)
        zone_id = arguments.u32("zone_id", zone_id)
        self._raw = _inet6.pack(AF_INET6, _swap16(port), flow, arguments.fixed_bytes("addr", addr, 16), zone_id)

    @property
    def port(self) -> int:
        """The port, in host order."""
        return int.from_bytes(self._raw[2:4], "big")

    @property
    def addr(self) -> bytes:
        """The address: 16 bytes in network order."""
        return self._raw[8:24]

    @property
    def zone_id(self) -> int:
        """The index of the interface that a link-local address is on, or 0."""
        return int.from_bytes(self._raw[24:28], sys.byteorder)

    @property
    def flowinfo(self) -> int:
        """Traffic class and flow label, in host order."""
        return int.from_bytes(self._raw[4:8], "big")


class SockaddrUnix(Sockaddr):
    """struct sockaddr_un: a path, at most 108 bytes, or a name in the abstract namespace. Go SockaddrUnix.

    A leading NUL means the abstract namespace (Go writes `@` for it); such a name may hold more NULs. An empty name is
    no name: the kernel chooses an abstract one at bind, and a socket that was never bound has it.
    """

    __slots__ = ()
    __match_args__ = ("name",)

    def __init__(self, name: "StrOrBytesPath") -> None:
        path = fsencode(name)
        if len(path) > _PATH_SIZE:
            raise ValueError(f"name must be at most {_PATH_SIZE} bytes, not {len(path)}")
        if path[:1] != b"\0" and b"\0" in path:
            raise ValueError(f"name must not hold a NUL, but for a leading one: {name!r}")
        self._raw = _unix(path)

    @property
    def name(self) -> str:
        """The path, or the abstract name with its leading NUL; bytes that are not UTF-8 as os.fsdecode shows them."""
        path = self._raw[2:]
        return fsdecode(path if path[:1] == b"\0" else path.rstrip(b"\0"))


def _unix(path: bytes) -> bytes:
    ends = path and path[:1] != b"\0" and len(path) < _PATH_SIZE
    return AF_UNIX.to_bytes(2, sys.byteorder) + path + (b"\0" if ends else b"")


class SockaddrLinklayer(Sockaddr):
    """struct sockaddr_ll: an interface, a protocol and a hardware address. Go SockaddrLinklayer.

    `protocol` is in network order, as in Go: htons(ETH_P_ALL). `addr` is at most 32 bytes long (20 for InfiniBand), and
    `halen` its length unless told otherwise. `hatype` (ARPHRD_ETHER) and `pkttype` (PACKET_HOST) are the kernel's to
    tell.
    """

    __slots__ = ()
    __match_args__ = ("protocol", "ifindex", "hatype", "pkttype", "halen", "addr")

    def __init__(
        self,
        protocol: int = 0,
        ifindex: int = 0,
        hatype: int = 0,
        pkttype: int = 0,
        halen: "int | None" = None,
        addr: "bytes | bytearray | memoryview" = b"",
    ) -> None:
        addr = bytes(memoryview(addr))
        if len(addr) > _MAX_ADDR_LEN:
            raise ValueError(f"addr must be at most {_MAX_ADDR_LEN} bytes, not {len(addr)}")
        halen = len(addr) if halen is None else arguments.integer("halen", halen, 0, _MAX_ADDR_LEN)
        if halen < len(addr):
            raise ValueError(f"halen must be at least addr's length, {len(addr)}, not {halen}")
        head = _linklayer.pack(
            AF_PACKET,
            arguments.u16("protocol", protocol),
            arguments.i32("ifindex", ifindex) & 0xFFFF_FFFF,
            arguments.u16("hatype", hatype),
            arguments.u8("pkttype", pkttype),
            halen,
            b"",
        )
        self._raw = (head[:_LINKLAYER_HEAD] + addr.ljust(halen, b"\0")).ljust(_linklayer.size, b"\0")

    @property
    def protocol(self) -> int:
        """The Ethernet protocol, in network order: ntohs makes it ETH_P_IP and so on."""
        return int.from_bytes(self._raw[2:4], sys.byteorder)

    @property
    def ifindex(self) -> int:
        """The interface's index; 0 matches any."""
        return int.from_bytes(self._raw[4:8], sys.byteorder, signed=True)

    @property
    def hatype(self) -> int:
        """The kind of hardware: ARPHRD_ETHER and so on."""
        return int.from_bytes(self._raw[8:10], sys.byteorder)

    @property
    def pkttype(self) -> int:
        """For whom a packet was: PACKET_HOST, PACKET_BROADCAST, PACKET_OUTGOING and so on."""
        return self._raw[10]

    @property
    def halen(self) -> int:
        """The length of the hardware address."""
        return self._raw[11]

    @property
    def addr(self) -> bytes:
        """The hardware address: `halen` bytes."""
        return self._raw[_LINKLAYER_HEAD : _LINKLAYER_HEAD + self.halen]


class SockaddrNetlink(Sockaddr):
    """struct sockaddr_nl: a netlink port (0 is the kernel) and a mask of multicast groups. Go SockaddrNetlink."""

    __slots__ = ()
    __match_args__ = ("pid", "groups")

    def __init__(self, pid: int = 0, groups: int = 0) -> None:
        self._raw = _netlink.pack(AF_NETLINK, 0, arguments.u32("pid", pid), arguments.u32("groups", groups))

    @property
    def pad(self) -> int:
        """Always 0."""
        return int.from_bytes(self._raw[2:4], sys.byteorder)

    @property
    def pid(self) -> int:
        """The netlink port: 0 for the kernel, often the process's number for a process."""
        return int.from_bytes(self._raw[4:8], sys.byteorder)

    @property
    def groups(self) -> int:
        """A mask of multicast groups."""
        return int.from_bytes(self._raw[8:12], sys.byteorder)


class SockaddrVM(Sockaddr):
    """struct sockaddr_vm: a port and a context, which is a virtual machine or its host. Go unix.SockaddrVM. vsock(7).

    `cid` is VMADDR_CID_HOST, VMADDR_CID_LOCAL (this machine), VMADDR_CID_ANY and so on; VMADDR_PORT_ANY lets the kernel
    choose a port. `flags` is VMADDR_FLAG_TO_HOST and so on.
    """

    __slots__ = ()
    __match_args__ = ("port", "cid", "flags")

    def __init__(self, port: int, cid: int, flags: int = 0) -> None:
        port, cid = arguments.u32("port", port), arguments.u32("cid", cid)
        self._raw = _vm.pack(AF_VSOCK, 0, port, cid, arguments.u8("flags", flags), b"")

    @property
    def port(self) -> int:
        """The port, of 32 bits."""
        return int.from_bytes(self._raw[4:8], sys.byteorder)

    @property
    def cid(self) -> int:
        """The context: which machine."""
        return int.from_bytes(self._raw[8:12], sys.byteorder)

    @property
    def flags(self) -> int:
        """VMADDR_FLAG_TO_HOST and so on."""
        return self._raw[12]


def _decode_inet4(raw: bytes) -> bytes:
    return raw[:8].ljust(16, b"\0")  # whatever stood in the padding, equal addresses have equal bytes


def _decode_inet6(raw: bytes) -> bytes:
    return raw[:28]


def _decode_unix(raw: bytes) -> bytes:
    path = raw[2:]
    return _unix(path[:_PATH_SIZE] if path[:1] == b"\0" else path.split(b"\0", 1)[0][:_PATH_SIZE])


def _decode_linklayer(raw: bytes) -> bytes:
    return raw[: _LINKLAYER_HEAD + raw[11]].ljust(_linklayer.size, b"\0")


def _decode_netlink(raw: bytes) -> bytes:
    return raw[:2] + b"\0\0" + raw[4:12]


def _decode_vm(raw: bytes) -> bytes:
    return raw[:2] + b"\0\0" + raw[4:13] + b"\0\0\0"


# By the two bytes of the family: its class, its least length, and what makes its bytes canonical.
_FAMILIES: "dict[bytes, tuple[type[Sockaddr], int, Any]]" = {
    family.to_bytes(2, sys.byteorder): (cls, least, canonical)
    for family, cls, least, canonical in (
        (AF_INET, SockaddrInet4, _inet4.size, _decode_inet4),
        (AF_INET6, SockaddrInet6, _inet6.size, _decode_inet6),
        (AF_UNIX, SockaddrUnix, 2, _decode_unix),
        (AF_PACKET, SockaddrLinklayer, _LINKLAYER_HEAD, _decode_linklayer),
        (AF_NETLINK, SockaddrNetlink, _netlink.size, _decode_netlink),
        (AF_VSOCK, SockaddrVM, _vm.size, _decode_vm),
    )
}


def decode(raw: bytes) -> Sockaddr:
    """The one decoder: an address of the class for its family, or SockaddrBytes."""
    cls, least, canonical = _FAMILIES.get(raw[:2], _OTHER)
    if len(raw) < least or (cls is SockaddrLinklayer and not raw[11] <= min(len(raw) - least, _MAX_ADDR_LEN)):
        cls, least, canonical = _OTHER
    address: Sockaddr = cls.__new__(cls)
    address._raw = canonical(raw)
    return address


_OTHER: "tuple[type[Sockaddr], int, Any]" = (SockaddrBytes, 0, bytes)


# The addresses met of late: most datagrams come from where another came from before. No bytes, no address.
_recent: "dict[bytes, Sockaddr | None]" = {}


def known(raw: bytes) -> "Sockaddr | None":
    """decode, remembered; None for no bytes."""
    try:
        return _recent[raw]
    except KeyError:
        return remember(_recent, raw, raw)


def remember(met: "dict[bytes, Sockaddr | None]", key: bytes, raw: bytes) -> "Sockaddr | None":
    """The address in these bytes, or None for none, kept under a key with those met of late."""
    if len(met) >= 256:
        met.clear()
    address = met[key] = decode(raw) if raw else None
    return address


def raw_bytes(name: str, address: Sockaddr) -> bytes:
    """The kernel's bytes of an address that a user passed, or TypeError."""
    if isinstance(address, Sockaddr):
        return address._raw
    raise TypeError(f"{name} must be a Sockaddr, not {type(address).__name__}")
