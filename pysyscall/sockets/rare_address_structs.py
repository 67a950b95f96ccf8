"""<linux/if_packet.h>, <linux/netlink.h>, <linux/vm_sockets.h>, <linux/if_xdp.h>: the socket addresses of few programs.

The linklayer's `protocol` holds the value as it lies in memory: network byte order. The public addresses,
SockaddrLinklayer and the others, are in `rare_addresses`.
"""

from ..base.layout import I32, U8, U16, U32, Struct, U8x3, U8x8


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
