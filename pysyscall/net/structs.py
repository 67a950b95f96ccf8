"""<netdb.h>, <net/if.h>: the results of getaddrinfo, and struct ifreq, the argument of ioctls on interfaces."""

import ctypes
from os import fsdecode

from ..base.arguments import StrOrBytes, c_string, fixed_bytes, i32, u16
from ..base.errors import system_error
from ..base.layout import I16, I32, U8, U16, U32, Address, Char16, Struct, ULong, Union
from ..constants import AF_INET, ARPHRD_ETHER, ARPHRD_LOOPBACK, EINVAL, IFNAMSIZ
from ..sockets.rare_structs import RawSockaddr


class Addrinfo(Struct):
    """struct addrinfo (ai_): one result of getaddrinfo, in a linked list."""

    __slots__ = ()
    flags: I32
    family: I32
    socktype: I32
    protocol: I32
    addrlen: U32
    addr: Address
    canonname: Address
    next: Address


_ADDR_LEN = 14  # sa_data of a struct sockaddr


class Ifmap(Struct):
    """struct ifmap: memory, I/O port and interrupt of old hardware."""

    __slots__ = ()
    mem_start: ULong
    mem_end: ULong
    base_addr: U16
    irq: U8
    dma: U8
    port: U8


class _IfreqData(Union):
    """ifreq::ifr_ifru (ifru_): the value of a request."""

    __slots__ = ()
    addr: RawSockaddr
    flags: I16
    ivalue: I32
    map: Ifmap
    newname: Char16
    data: Address


class Ifreq(Struct):
    """struct ifreq (ifr_): an interface's name, and one value. Go unix.Ifreq.

        ifr = Ifreq("eth0")
        ioctl(fd, SIOCGIFMTU, ifr)
        ifr.mtu

    fd is any socket of the family concerned; AF_INET, SOCK_DGRAM serves for all but AF_INET6 addresses. The values are
    a union: setting one clears the others. A pointer in `ifru.data`, as SIOCETHTOOL takes, is the caller's
    responsibility. ENODEV: no such interface. netdevice(7).
    """

    __slots__ = ()
    ifrn: Char16
    ifru: _IfreqData

    def __init__(self, name: "StrOrBytes" = "") -> None:
        super().__init__()
        self.name = name

    @property
    def name(self) -> str:
        """The interface's name: at most 15 bytes."""
        return fsdecode(self.ifrn)

    @name.setter
    def name(self, value: "StrOrBytes") -> None:
        self.ifrn = _name("name", value)

    @property
    def newname(self) -> str:
        """The new name: SIOCSIFNAME."""
        return fsdecode(self.ifru.newname)

    @newname.setter
    def newname(self, value: "StrOrBytes") -> None:
        raw = _name("newname", value)
        self._clear()
        self.ifru.newname = raw

    @property
    def flags(self) -> int:
        """IFF_UP and so on: SIOCGIFFLAGS, SIOCSIFFLAGS. Only the low 16 bits of the flags in rtnetlink."""
        return self.ifru.flags & 0xFFFF

    @flags.setter
    def flags(self, value: int) -> None:
        bits = u16("flags", value)
        self._clear()
        self.ifru.flags = bits - 0x10000 if bits >> 15 else bits

    @property
    def ifindex(self) -> int:
        """The interface's index: SIOCGIFINDEX, and SIOCGIFNAME, which fills in the name."""
        return self.ifru.ivalue

    @ifindex.setter
    def ifindex(self, value: int) -> None:
        self._set_ivalue("ifindex", value)

    @property
    def mtu(self) -> int:
        """The maximum transmission unit, in bytes: SIOCGIFMTU, SIOCSIFMTU."""
        return self.ifru.ivalue

    @mtu.setter
    def mtu(self, value: int) -> None:
        self._set_ivalue("mtu", value)

    @property
    def qlen(self) -> int:
        """The length of the transmit queue, in packets: SIOCGIFTXQLEN, SIOCSIFTXQLEN."""
        return self.ifru.ivalue

    @qlen.setter
    def qlen(self, value: int) -> None:
        self._set_ivalue("qlen", value)

    @property
    def inet4_addr(self) -> bytes:
        """An IPv4 address, 4 bytes: SIOCGIFADDR, SIOCGIFNETMASK, SIOCGIFBRDADDR, SIOCGIFDSTADDR, and their SIOCS.

        EINVAL: it does not hold an IPv4 address. Go unix.Ifreq.Inet4Addr.
        """
        if self.ifru.addr.family != AF_INET:
            raise system_error("inet4_addr", EINVAL)
        return self.ifru.addr.data[2:6]

    @inet4_addr.setter
    def inet4_addr(self, value: "bytes | bytearray | memoryview") -> None:
        raw = fixed_bytes("inet4_addr", value, 4)
        self._clear()
        self.ifru.addr = RawSockaddr(AF_INET, bytes(2) + raw + bytes(8))

    @property
    def hatype(self) -> int:
        """The hardware type of `hwaddr`, such as ARPHRD_ETHER."""
        return self.ifru.addr.family

    @property
    def hwaddr(self) -> bytes:
        """The hardware address: SIOCGIFHWADDR. 6 bytes for Ethernet; for other types 14, padded with zeros."""
        raw = self.ifru.addr.data
        return raw[:6] if self.hatype in (ARPHRD_ETHER, ARPHRD_LOOPBACK) else raw

    def set_hwaddr(self, value: "bytes | bytearray | memoryview", hatype: int = ARPHRD_ETHER) -> None:
        """Set the hardware address and the hardware type: SIOCSIFHWADDR."""
        raw, kind = memoryview(value).tobytes(), u16("hatype", hatype)
        if len(raw) > _ADDR_LEN:
            raise ValueError(f"value must be at most {_ADDR_LEN} bytes, not {len(raw)}")
        self._clear()
        self.ifru.addr = RawSockaddr(kind, raw.ljust(_ADDR_LEN, b"\0"))

    def _set_ivalue(self, argument: str, value: int) -> None:
        number = i32(argument, value)
        self._clear()
        self.ifru.ivalue = number

    def _clear(self) -> None:
        ctypes.memset(ctypes.byref(self.ifru), 0, ctypes.sizeof(self.ifru))


def _name(argument: str, value: "StrOrBytes") -> bytes:
    raw = c_string(argument, value)
    if len(raw) >= IFNAMSIZ:
        raise ValueError(f"{argument} must be at most {IFNAMSIZ - 1} bytes, not {len(raw)}")
    return raw
