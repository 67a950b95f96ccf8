"""Socket addresses, one class for each family; their layouts are those of `address_structs`.

Those of Internet and Unix sockets. The others are in `rare_addresses`.
"""

import sys
from os import fsdecode, fsencode

from ..base.arguments import StrOrBytesPath
from ..constants import AF_INET, AF_INET6, AF_UNIX
from .address_structs import RawSockaddrInet4, RawSockaddrInet6, RawSockaddrUnix
from .sockaddr import Sockaddr as Sockaddr
from .sockaddr import SockaddrBytes as SockaddrBytes
from .sockaddr import decode as decode
from .sockaddr import field, network_field
from .sockaddr import raw_bytes as raw_bytes


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
