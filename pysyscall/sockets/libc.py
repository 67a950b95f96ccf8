"""The C library's functions of this subject, as their man pages declare them: see `base.declaration`."""

from ..base.declaration import Int, Pointer, Size, Socklen, SSize, UInt, unconverted

# sys/socket.h


@unconverted
def socket(domain: Int, type: Int, protocol: Int, /) -> Int: ...


@unconverted
def socketpair(domain: Int, type: Int, protocol: Int, sv: Pointer, /) -> Int: ...


@unconverted
def bind(sockfd: Int, addr: Pointer, addrlen: Socklen, /) -> Int: ...


@unconverted
def listen(sockfd: Int, backlog: Int, /) -> Int: ...


@unconverted
def accept4(sockfd: Int, addr: Pointer, addrlen: Pointer, flags: Int, /) -> Int: ...


@unconverted
def connect(sockfd: Int, addr: Pointer, addrlen: Socklen, /) -> Int: ...


@unconverted
def shutdown(sockfd: Int, how: Int, /) -> Int: ...


@unconverted
def getsockname(sockfd: Int, addr: Pointer, addrlen: Pointer, /) -> Int: ...


@unconverted
def getpeername(sockfd: Int, addr: Pointer, addrlen: Pointer, /) -> Int: ...


@unconverted
def getsockopt(sockfd: Int, level: Int, optname: Int, optval: Pointer, optlen: Pointer, /) -> Int: ...


@unconverted
def setsockopt(sockfd: Int, level: Int, optname: Int, optval: Pointer, optlen: Socklen, /) -> Int: ...


@unconverted
def sendto(sockfd: Int, buf: Pointer, len: Size, flags: Int, dest_addr: Pointer, addrlen: Socklen, /) -> SSize: ...


@unconverted
def recvfrom(sockfd: Int, buf: Pointer, len: Size, flags: Int, src_addr: Pointer, addrlen: Pointer, /) -> SSize: ...


@unconverted
def sendmsg(sockfd: Int, msg: Pointer, flags: Int, /) -> SSize: ...


@unconverted
def recvmsg(sockfd: Int, msg: Pointer, flags: Int, /) -> SSize: ...


@unconverted
def sendmmsg(sockfd: Int, msgvec: Pointer, vlen: UInt, flags: Int, /) -> Int: ...


@unconverted
def recvmmsg(sockfd: Int, msgvec: Pointer, vlen: UInt, flags: Int, timeout: Pointer, /) -> Int: ...
