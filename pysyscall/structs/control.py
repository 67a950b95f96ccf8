"""<sys/socket.h>, <linux/errqueue.h>, <linux/time_types.h>: the header of control messages, and what some carry."""

import sys

from ..arguments import integer
from .base import I32, I64, U8, U32, SizeT, Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ctypes import Array
    from typing import TypeAlias


class Cmsghdr(Struct):
    """struct cmsghdr: opens every control message. Go Cmsghdr.

    `len` is as wide as the kernel's; musl declares it as 32 bits beside 32 bits of padding.
    """

    __slots__ = ()
    len: SizeT
    level: I32
    type: I32

    def set_len(self, length: int) -> None:
        """Set `len`, whatever its width on this ABI. Go Cmsghdr.SetLen."""
        self.len = integer("length", length, 0, 2 * sys.maxsize + 1)


class KernelTimespec(Struct):
    """struct __kernel_timespec: seconds and nanoseconds, of 64 bits each on every ABI."""

    __slots__ = ()
    sec: I64
    nsec: I64

    def nano(self) -> int:
        """The whole in nanoseconds."""
        return self.sec * 1_000_000_000 + self.nsec


if TYPE_CHECKING:
    KernelTimespecx3: TypeAlias = Array[KernelTimespec]
else:
    KernelTimespecx3 = KernelTimespec * 3


class ScmTimestamping(Struct):
    """struct scm_timestamping64: when a packet came or left, by up to two clocks; a time that is not known is 0.

    `ts[0]` is the kernel's software time, `ts[2]` the interface's own; `ts[1]` is no longer used.
    """

    __slots__ = ()
    ts: KernelTimespecx3

    @property
    def software(self) -> int:
        """The kernel's time in nanoseconds since 1970, or 0."""
        return KernelTimespec.nano(self.ts[0])

    @property
    def hardware(self) -> int:
        """The interface's time in nanoseconds, by its own clock, or 0."""
        return KernelTimespec.nano(self.ts[2])


class SockExtendedErr(Struct):
    """struct sock_extended_err: an error or a time that the kernel queued for a socket.

    `origin`, SO_EE_ORIGIN_ICMP and so on, says what the rest means. Of an ICMP error `type` and `code` are its own, and
    `info` is the MTU where the errno is EMSGSIZE; of a time `info` is SCM_TSTAMP_SND and so on, and `data` the packet's
    number.
    """

    __slots__ = ()
    errno: U32
    origin: U8
    type: U8
    code: U8
    pad: U8
    info: U32
    data: U32
