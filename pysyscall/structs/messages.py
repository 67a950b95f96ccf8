"""<sys/uio.h>, <sys/socket.h>: struct iovec, struct msghdr and struct mmsghdr, what sendmsg, recvmmsg and so on take.

musl declares `iovlen` and `controllen` as 32 bits beside 32 bits of padding, in the order that makes the two together
the kernel's size_t; so one layout serves both libcs.
"""

import sys

from ..arguments import integer
from .base import I32, U32, Address, SizeT, Struct

_SIZE_MAX = 2 * sys.maxsize + 1


class Iovec(Struct):
    """struct iovec: one buffer of several. Go Iovec."""

    __slots__ = ()
    base: Address
    len: SizeT

    def set_len(self, length: int) -> None:
        """Set `len`, whatever its width on this ABI. Go Iovec.SetLen."""
        self.len = integer("length", length, 0, _SIZE_MAX)


class Msghdr(Struct):
    """struct msghdr: the address, buffers and control messages of one message. Go Msghdr."""

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


class Mmsghdr(Struct):
    """struct mmsghdr: one message of several, and how many bytes of it were moved."""

    __slots__ = ()
    hdr: Msghdr
    len: U32
