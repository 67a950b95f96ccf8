"""<sys/socket.h>, <netinet/in.h>, <sys/un.h>, <sys/uio.h>, <linux/if_packet.h>, <linux/netlink.h>,
<linux/vm_sockets.h>, <linux/if_xdp.h>: socket addresses, messages, and what socket options and control messages carry.

Go's RawSockaddr types. `port`, and the linklayer's `protocol`, hold the value as it lies in memory: network byte order.
The public addresses, SockaddrInet4 and the others, are in `addresses`.

musl declares `iovlen` and `controllen` as 32 bits beside 32 bits of padding, in the order that makes the two together
the kernel's size_t; so one layout serves both libcs.
"""

import sys

from ..base.arguments import integer
from ..base.layout import (
    I32,
    U8,
    U16,
    U32,
    Address,
    SizeT,
    Struct,
    U8x3,
    U8x4,
    U8x8,
    U8x16,
    U8x108,
    U32x0,
)


class RawSockaddrInet4(Struct):
    """struct sockaddr_in (sin_). Go RawSockaddrInet4."""

    __slots__ = ()
    family: U16
    port: U16
    addr: U8x4
    zero: U8x8
    _align: U32x0


class RawSockaddrInet6(Struct):
    """struct sockaddr_in6 (sin6_). Go RawSockaddrInet6."""

    __slots__ = ()
    family: U16
    port: U16
    flowinfo: U32
    addr: U8x16
    scope_id: U32


class RawSockaddrUnix(Struct):
    """struct sockaddr_un (sun_). Go RawSockaddrUnix."""

    __slots__ = ()
    family: U16
    path: U8x108


class RawSockaddrLinklayer(Struct):
    """struct sockaddr_ll (sll_). Go RawSockaddrLinklayer."""

    __slots__ = ()
    family: U16
    protocol: U16
    ifindex: I32
    hatype: U16
    pkttype: U8
    halen: U8
    addr: U8x8


class RawSockaddrNetlink(Struct):
    """struct sockaddr_nl (nl_). Go RawSockaddrNetlink."""

    __slots__ = ()
    family: U16
    pad: U16
    pid: U32
    groups: U32


class RawSockaddrVM(Struct):
    """struct sockaddr_vm (svm_). Go unix.RawSockaddrVM."""

    __slots__ = ()
    family: U16
    reserved1: U16
    port: U32
    cid: U32
    flags: U8
    zero: U8x3


class RawSockaddrXDP(Struct):
    """struct sockaddr_xdp (sxdp_). Go unix.RawSockaddrXDP."""

    __slots__ = ()
    family: U16
    flags: U16
    ifindex: U32
    queue_id: U32
    shared_umem_fd: U32


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
