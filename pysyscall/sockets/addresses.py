"""Socket addresses, one class for each family; their layouts are those of `structs`."""

import sys
from os import fsdecode, fsencode

from ..base.arguments import StrOrBytesPath, integer
from ..constants import AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_UNIX, AF_VSOCK, AF_XDP
from .sockaddr import Sockaddr as Sockaddr
from .sockaddr import SockaddrBytes as SockaddrBytes
from .sockaddr import decode as decode
from .sockaddr import field, network_field
from .sockaddr import raw_bytes as raw_bytes
from .structs import (
    RawSockaddrInet4,
    RawSockaddrInet6,
    RawSockaddrLinklayer,
    RawSockaddrNetlink,
    RawSockaddrUnix,
    RawSockaddrVM,
    RawSockaddrXDP,
)


class SockaddrInet4(Sockaddr):
    """struct sockaddr_in: a port in host order, and an IPv4 address of 4 bytes in network order. Go SockaddrInet4."""

    __slots__ = ()
    __match_args__ = ("port", "addr")
    _family = AF_INET
    _layout = RawSockaddrInet4

    def __init__(self, port: int = 0, addr: "bytes | bytearray | memoryview" = b"\0\0\0\0") -> None:
        self._raw = self._encode(port, addr)

    @network_field
    def port(self) -> int:
        """The port, in host order."""

    @field
    def addr(self) -> bytes:
        """The address: 4 bytes in network order."""

    def __str__(self) -> str:
        return f"{ip_text(self.addr)}:{self.port}"


class SockaddrInet6(Sockaddr):
    """struct sockaddr_in6: a port in host order, and an IPv6 address of 16 bytes in network order. Go SockaddrInet6.

    `zone_id` is the interface index of a link-local address. `flowinfo` is in host order; Go does not have it.
    """

    __slots__ = ()
    __match_args__ = ("port", "addr", "zone_id", "flowinfo")
    _family = AF_INET6
    _layout = RawSockaddrInet6
    _names_in_c = {"zone_id": "scope_id"}  # noqa: RUF012

    def __init__(
        self,
        port: int = 0,
        addr: "bytes | bytearray | memoryview" = b"\0" * 16,
        zone_id: int = 0,
        flowinfo: int = 0,
    ) -> None:
        self._raw = self._encode(port, flowinfo, addr, zone_id)

    @network_field
    def port(self) -> int:
        """The port, in host order."""

    @field
    def addr(self) -> bytes:
        """The address: 16 bytes in network order."""

    @field
    def zone_id(self) -> int:
        """The index of the interface that a link-local address is on, or 0."""

    @network_field
    def flowinfo(self) -> int:
        """Traffic class and flow label, in host order."""

    def __str__(self) -> str:
        zone = f"%{self.zone_id}" if self.zone_id else ""
        return f"[{ip_text(self.addr)}{zone}]:{self.port}"


class SockaddrUnix(Sockaddr):
    """struct sockaddr_un: a path, at most 108 bytes, or a name in the abstract namespace. Go SockaddrUnix.

    A leading NUL means the abstract namespace (Go writes it as `@`); such a name may contain more NULs. The empty name
    is the address of an unbound socket; at bind, the kernel chooses an abstract name for it.
    """

    __slots__ = ()
    __match_args__ = ("name",)
    _family = AF_UNIX
    _layout = RawSockaddrUnix

    def __init__(self, name: "StrOrBytesPath" = "") -> None:
        path = fsencode(name)
        if len(path) > RawSockaddrUnix.path.size:  # type: ignore[attr-defined]  # a field's descriptor
            raise ValueError(f"name must be at most 108 bytes, not {len(path)}")
        if path[:1] != b"\0" and b"\0" in path:
            raise ValueError(f"name must not hold a NUL, but for a leading one: {name!r}")
        self._raw = self._encode(path)

    @property
    def name(self) -> str:
        """The path, or the abstract name with its leading NUL, decoded by os.fsdecode."""
        path = self._raw[2:]
        return fsdecode(path if path[:1] == b"\0" else path.rstrip(b"\0"))

    @classmethod
    def _encode(cls, path: bytes) -> bytes:
        ends = path and path[:1] != b"\0" and len(path) < cls._codec.size - 2
        return cls._family.to_bytes(2, sys.byteorder) + path + (b"\0" if ends else b"")

    @classmethod
    def _canonical(cls, raw: bytes) -> bytes:
        path = raw[2 : cls._codec.size]
        return cls._encode(path if path[:1] == b"\0" else path.split(b"\0", 1)[0])

    def __str__(self) -> str:
        path = self._raw[2:]
        return printable(b"@" + path[1:] if path[:1] == b"\0" else path.rstrip(b"\0"))


_MAX_ADDR_LEN = 32  # linux/netdevice.h: the longest hardware address


class SockaddrLinklayer(Sockaddr):
    """struct sockaddr_ll: an interface, a protocol and a hardware address. Go SockaddrLinklayer.

    `protocol` is in network order, as in Go: htons(ETH_P_ALL). `addr` has at most 32 bytes (20 for InfiniBand); `halen`
    is its length by default. The kernel sets `hatype` (ARPHRD_ETHER) and `pkttype` (PACKET_HOST) on received packets.
    """

    __slots__ = ()
    __match_args__ = ("protocol", "ifindex", "hatype", "pkttype", "halen", "addr")
    _family = AF_PACKET
    _layout = RawSockaddrLinklayer
    _head = RawSockaddrLinklayer.addr.offset  # type: ignore[attr-defined]  # a field's descriptor

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
        halen = len(addr) if halen is None else integer("halen", halen, 0, _MAX_ADDR_LEN)
        if halen < len(addr):
            raise ValueError(f"halen must be at least addr's length, {len(addr)}, not {halen}")
        raw = self._encode(protocol, ifindex, hatype, pkttype, halen)
        self._raw = (raw[: self._head] + addr.ljust(halen, b"\0")).ljust(len(raw), b"\0")

    @field
    def protocol(self) -> int:
        """The Ethernet protocol, in network order: ntohs makes it ETH_P_IP and so on."""

    @field
    def ifindex(self) -> int:
        """The interface's index; 0 matches any."""

    @field
    def hatype(self) -> int:
        """The hardware type: ARPHRD_ETHER and so on."""

    @field
    def pkttype(self) -> int:
        """The packet type: PACKET_HOST, PACKET_BROADCAST, PACKET_OUTGOING and so on."""

    @field
    def halen(self) -> int:
        """The length of the hardware address."""

    @property
    def addr(self) -> bytes:
        """The hardware address: `halen` bytes."""
        return self._raw[self._head : self._head + self.halen]

    @classmethod
    def _canonical(cls, raw: bytes) -> "bytes | None":
        if len(raw) < cls._head or not raw[11] <= min(len(raw) - cls._head, _MAX_ADDR_LEN):
            return None
        return raw[: cls._head + raw[11]].ljust(cls._codec.size, b"\0")

    def __str__(self) -> str:
        interface = f"%{self.ifindex}" if self.ifindex else ""
        protocol = f"/0x{self._raw[2:4].hex()}" if self.protocol else ""
        return f"{self.addr.hex(':') or '*'}{interface}{protocol}"


class SockaddrNetlink(Sockaddr):
    """struct sockaddr_nl: a netlink port (0 is the kernel) and a mask of multicast groups. Go SockaddrNetlink."""

    __slots__ = ()
    __match_args__ = ("pid", "groups")
    _family = AF_NETLINK
    _layout = RawSockaddrNetlink

    def __init__(self, pid: int = 0, groups: int = 0) -> None:
        self._raw = self._encode(pid, groups)

    @field
    def pad(self) -> int:
        """Always 0."""

    @field
    def pid(self) -> int:
        """The netlink port: 0 for the kernel; for a process often its process id."""

    @field
    def groups(self) -> int:
        """A mask of multicast groups."""

    def __str__(self) -> str:
        return f"{self.pid}/{self.groups:#x}" if self.groups else f"{self.pid}"


class SockaddrVM(Sockaddr):
    """struct sockaddr_vm: a port and a context id, of a virtual machine or its host. Go unix.SockaddrVM. vsock(7).

    `cid` is VMADDR_CID_HOST, VMADDR_CID_LOCAL (this machine), VMADDR_CID_ANY and so on; VMADDR_PORT_ANY lets the kernel
    choose a port. `flags` is VMADDR_FLAG_TO_HOST and so on.
    """

    __slots__ = ()
    __match_args__ = ("port", "cid", "flags")
    _family = AF_VSOCK
    _layout = RawSockaddrVM

    def __init__(self, port: int = 0, cid: int = 0, flags: int = 0) -> None:
        self._raw = self._encode(port, cid, flags)

    @field
    def port(self) -> int:
        """The 32-bit port."""

    @field
    def cid(self) -> int:
        """The context id: the machine."""

    @field
    def flags(self) -> int:
        """VMADDR_FLAG_TO_HOST and so on."""

    def __str__(self) -> str:
        return f"{self.cid}:{self.port}"


class SockaddrXDP(Sockaddr):
    """struct sockaddr_xdp: the queue of an interface that an AF_XDP socket uses. Go unix.SockaddrXDP.

    `flags` is XDP_COPY, XDP_ZEROCOPY, XDP_USE_NEED_WAKEUP and so on. `shared_umem_fd`, with XDP_SHARED_UMEM, is the
    socket whose memory is shared. See the kernel's Documentation/networking/af_xdp.rst.
    """

    __slots__ = ()
    __match_args__ = ("flags", "ifindex", "queue_id", "shared_umem_fd")
    _family = AF_XDP
    _layout = RawSockaddrXDP

    def __init__(self, flags: int = 0, ifindex: int = 0, queue_id: int = 0, shared_umem_fd: int = 0) -> None:
        self._raw = self._encode(flags, ifindex, queue_id, shared_umem_fd)

    @field
    def flags(self) -> int:
        """XDP_COPY and so on."""

    @field
    def ifindex(self) -> int:
        """The interface's index."""

    @field
    def queue_id(self) -> int:
        """The number of the interface's queue."""

    @field
    def shared_umem_fd(self) -> int:
        """The descriptor of the socket whose memory is shared."""

    def __str__(self) -> str:
        return f"{self.ifindex}:{self.queue_id}"


# Addresses as text. Here, and not where the public functions are: to print an address must need no further module.

_MAPPED = bytes(10) + b"\xff\xff"  # ::ffff:0:0/96, an IPv4 address as IPv6


def ip_text(ip: bytes) -> str:
    """4 or 16 bytes as people write them: RFC 5952."""
    if len(ip) == 4:
        return "{}.{}.{}.{}".format(*ip)
    if ip.startswith(_MAPPED):
        return f"::ffff:{ip_text(ip[12:])}"
    digits = ip.hex()
    text = ":".join(digits[i : i + 4].lstrip("0") or "0" for i in range(0, 32, 4))
    for count in range(8, 1, -1):
        zeros = ":".join("0" * count)
        if f":{zeros}:" in f":{text}:":
            before, _, after = f":{text}:".partition(f":{zeros}:")
            return f"{before[1:]}::{after[:-1]}"
    return text


def printable(name: bytes) -> str:
    """A name on one line: what is not UTF-8, and what would not show, as an escape."""
    text = name.decode(errors="backslashreplace")
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
