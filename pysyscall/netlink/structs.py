"""<linux/netlink.h>, <linux/rtnetlink.h>, <linux/if_addr.h>, <linux/neighbour.h>: the headers of netlink messages and
their attributes.
"""

from ..base.layout import I32, U8, U16, U32, Struct


class NlMsghdr(Struct):
    """struct nlmsghdr (nlmsg_): the header of every netlink message. Go NlMsghdr."""

    __slots__ = ()
    len: U32
    type: U16
    flags: U16
    seq: U32
    pid: U32


class NlMsgerr(Struct):
    """struct nlmsgerr: an acknowledgement (error 0) or an error (a negated errno). Go NlMsgerr."""

    __slots__ = ()
    error: I32
    msg: NlMsghdr


class NlAttr(Struct):
    """struct nlattr (nla_): the header of every netlink attribute. Go NlAttr."""

    __slots__ = ()
    len: U16
    type: U16


class RtAttr(Struct):
    """struct rtattr (rta_): the header of every rtnetlink attribute. Go RtAttr."""

    __slots__ = ()
    len: U16
    type: U16


class RtGenmsg(Struct):
    """struct rtgenmsg (rtgen_): the address family of a request. Go RtGenmsg."""

    __slots__ = ()
    family: U8


class IfInfomsg(Struct):
    """struct ifinfomsg (ifi_): an interface. Go IfInfomsg."""

    __slots__ = ()
    family: U8
    pad: U8
    type: U16
    index: I32
    flags: U32
    change: U32


class IfAddrmsg(Struct):
    """struct ifaddrmsg (ifa_): an interface's address. Go IfAddrmsg."""

    __slots__ = ()
    family: U8
    prefixlen: U8
    flags: U8
    scope: U8
    index: U32


class RtMsg(Struct):
    """struct rtmsg (rtm_): a route. Go RtMsg."""

    __slots__ = ()
    family: U8
    dst_len: U8
    src_len: U8
    tos: U8
    table: U8
    protocol: U8
    scope: U8
    type: U8
    flags: U32


class RtNexthop(Struct):
    """struct rtnexthop (rtnh_): one of several next hops of a route. Go RtNexthop."""

    __slots__ = ()
    len: U16
    flags: U8
    hops: U8
    ifindex: I32


class IfaCacheinfo(Struct):
    """struct ifa_cacheinfo (ifa_): the lifetimes of an address in seconds: IFA_CACHEINFO. Go unix.IfaCacheinfo.

    `cstamp` and `tstamp`, its creation and last change, are in hundredths of a second since the machine started.
    """

    __slots__ = ()
    prefered: U32
    valid: U32
    cstamp: U32
    tstamp: U32


class NdMsg(Struct):
    """struct ndmsg (ndm_): an entry of the neighbour table, such as an ARP entry. Go unix.NdMsg.

    state is NUD_REACHABLE and so on, flags NTF_ROUTER and so on. The attributes include NDA_DST and NDA_LLADDR.
    """

    __slots__ = ()
    family: U8
    pad1: U8
    pad2: U16
    ifindex: I32
    state: U16
    flags: U8
    type: U8


class NdUseroptmsg(Struct):
    """struct nduseroptmsg (nduseropt_): router advertisement options for user space. Go unix.NdUseroptmsg.

    `opts_len` bytes of IPv6 options follow, such as the addresses of name servers, and then attributes.
    """

    __slots__ = ()
    family: U8
    pad1: U8
    opts_len: U16
    ifindex: I32
    icmp_type: U8
    icmp_code: U8
    pad2: U16
    pad3: U32
