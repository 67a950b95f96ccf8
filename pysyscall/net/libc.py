"""The C library's functions of this subject, as their man pages declare them: see `base.declaration`."""

from ..base.declaration import Address, Int, Pointer, String, UInt, prototype

# netdb.h, net/if.h, arpa/inet.h


@prototype
def getaddrinfo(node: String, service: String, hints: Pointer, res: Pointer, /) -> Int: ...


@prototype
def freeaddrinfo(res: Address, /) -> None: ...


@prototype
def gai_strerror(errcode: Int, /) -> String: ...


@prototype
def if_nametoindex(ifname: String, /) -> UInt: ...


@prototype
def inet_pton(af: Int, src: String, dst: Pointer, /) -> Int: ...
