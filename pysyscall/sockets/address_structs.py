"""<netinet/in.h>, <sys/un.h>: the socket addresses of most programs. Go's RawSockaddr types.

`port` holds the value as it lies in memory: network byte order. The public addresses, SockaddrInet4 and the others, are
in `addresses`.
"""

from ..base.layout import U16, U32, Struct, U8x4, U8x8, U8x16, U8x108, U32x0


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
