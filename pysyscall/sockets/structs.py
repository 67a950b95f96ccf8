"""<sys/socket.h>, <netinet/in.h>, <sys/uio.h>: messages, and what socket options and control messages carry.

musl declares `iovlen` and `controllen` as 32 bits beside 32 bits of padding, in the order that makes the two together
the kernel's size_t; so one layout serves both libcs.
"""

import sys

from ..base.arguments import integer
from ..base.layout import I32, U32, Address, SizeT, Struct, U8x4, U8x16, U32x0

_SIZE_MAX = 2 * sys.maxsize + 1


class Iovec(Struct):
    """struct iovec (iov_): one buffer of several. Go Iovec."""

    __slots__ = ()
    base: Address
    len: SizeT

    def set_len(self, length: int) -> None:
        """Set `len`, whatever its width on this ABI. Go Iovec.SetLen."""
        self.len = integer("length", length, 0, _SIZE_MAX)


class Msghdr(Struct):
    """struct msghdr (msg_): the address, buffers and control messages of one message. Go Msghdr."""

    __slots__ = ()
    name: Address
    namelen: U32
    iov: Address
    iovlen: SizeT
    control: Address
    controllen: SizeT
    flags: I32

    def set_controllen(self, length: int) -> None:
        """Set `controllen`, whatever its width on this ABI. Go Msghdr.SetControllen."""
        self.controllen = integer("length", length, 0, _SIZE_MAX)


class Cmsghdr(Struct):
    """struct cmsghdr (cmsg_): the header of every control message. Go Cmsghdr.

    `len` has the kernel's width; musl declares it as 32 bits and 32 bits of padding.
    """

    __slots__ = ()
    len: SizeT
    level: I32
    type: I32

    def set_len(self, length: int) -> None:
        """Set `len`, whatever its width on this ABI. Go Cmsghdr.SetLen."""
        self.len = integer("length", length, 0, 2 * sys.maxsize + 1)


class Linger(Struct):
    """struct linger (l_): whether close waits for unsent data, and for how many seconds. Go Linger."""

    __slots__ = ()
    onoff: I32
    linger: I32


class Ucred(Struct):
    """struct ucred: a peer's process, user and group. Go Ucred."""

    __slots__ = ()
    pid: I32
    uid: U32
    gid: U32


class IPMreq(Struct):
    """struct ip_mreq (imr_): a multicast group, and the address of the interface to join it on. Go IPMreq."""

    __slots__ = ()
    multiaddr: U8x4
    interface: U8x4
    _align: U32x0


class IPMreqn(Struct):
    """struct ip_mreqn (imr_): a multicast group, and the address or the index of its interface. Go IPMreqn."""

    __slots__ = ()
    multiaddr: U8x4
    address: U8x4
    ifindex: I32


class IPv6Mreq(Struct):
    """struct ipv6_mreq (ipv6mr_): a multicast group, and the index of the interface to join it on. Go IPv6Mreq."""

    __slots__ = ()
    multiaddr: U8x16
    interface: U32


class Inet4Pktinfo(Struct):
    """struct in_pktinfo (ipi_): interface and addresses of an IPv4 datagram, received or to send. Go Inet4Pktinfo."""

    __slots__ = ()
    ifindex: I32
    spec_dst: U8x4
    addr: U8x4


class Inet6Pktinfo(Struct):
    """struct in6_pktinfo (ipi6_): interface and address of an IPv6 datagram, received or to send. Go Inet6Pktinfo."""

    __slots__ = ()
    addr: U8x16
    ifindex: U32
