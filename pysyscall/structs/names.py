"""<netdb.h>, <net/if.h>: what name and interface look-ups return."""

from .base import I32, U32, Address, Struct


class Addrinfo(Struct):
    """struct addrinfo: one answer of getaddrinfo, in a linked list."""

    __slots__ = ()
    flags: I32
    family: I32
    socktype: I32
    protocol: I32
    addrlen: U32
    addr: Address
    canonname: Address
    next: Address
