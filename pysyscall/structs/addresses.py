"""<sys/socket.h>, <netinet/in.h>, <sys/un.h>, <linux/if_packet.h>, <linux/netlink.h>, <linux/vm_sockets.h>: socket
addresses as C lays them out.

Go's RawSockaddr types. `port`, and the linklayer's `protocol`, hold the value as it lies in memory: network byte order.
The public addresses, SockaddrInet4 and the others, are in `sockaddr`.
"""

from .base import I32, U8, U16, U32, Struct, U8x3, U8x4, U8x8, U8x14, U8x16, U8x96, U8x108, U32x0


class RawSockaddr(Struct):
    """struct sockaddr. Go RawSockaddr."""

    __slots__ = ()
    family: U16
    data: U8x14


class RawSockaddrAny(Struct):
    """A struct sockaddr with room for the address of any family. Go RawSockaddrAny."""

    __slots__ = ()
    addr: RawSockaddr
    pad: U8x96


class RawSockaddrInet4(Struct):
    """struct sockaddr_in. Go RawSockaddrInet4."""

    __slots__ = ()
    family: U16
    port: U16
    addr: U8x4
    zero: U8x8
    _align: U32x0


class RawSockaddrInet6(Struct):
    """struct sockaddr_in6. Go RawSockaddrInet6."""

    __slots__ = ()
    family: U16
    port: U16
    flowinfo: U32
    addr: U8x16
    scope_id: U32


class RawSockaddrUnix(Struct):
    """struct sockaddr_un. Go RawSockaddrUnix."""

    __slots__ = ()
    family: U16
    path: U8x108


class RawSockaddrLinklayer(Struct):
    """struct sockaddr_ll. Go RawSockaddrLinklayer."""

    __slots__ = ()
    family: U16
    protocol: U16
    ifindex: I32
    hatype: U16
    pkttype: U8
    halen: U8
    addr: U8x8


class RawSockaddrNetlink(Struct):
    """struct sockaddr_nl. Go RawSockaddrNetlink."""

    __slots__ = ()
    family: U16
    pad: U16
    pid: U32
    groups: U32


class RawSockaddrVM(Struct):
    """struct sockaddr_vm. Go unix.RawSockaddrVM."""

    __slots__ = ()
    family: U16
    reserved1: U16
    port: U32
    cid: U32
    flags: U8
    zero: U8x3
