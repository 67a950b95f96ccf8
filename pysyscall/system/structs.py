"""<sys/utsname.h>, <linux/sysinfo.h>: the machine's names, memory and load."""

import ctypes

from ..base.layout import U16, U32, Long, Struct, ULong

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ctypes import Array, c_ulong
    from typing import TypeAlias

    Char65: TypeAlias = bytes
    ULongx3: TypeAlias = Array[c_ulong]
    Rest: TypeAlias = bytes
else:
    Rest = ctypes.c_uint8 * (20 - 2 * ctypes.sizeof(ctypes.c_ulong) - 4)  # the kernel writes it too
    Char65 = ctypes.c_char * 65
    ULongx3 = ULong * 3


class Utsname(Struct):
    """struct utsname: names of the kernel and the machine, as bytes without the NUL. Go Utsname."""

    __slots__ = ()
    sysname: Char65
    nodename: Char65
    release: Char65
    version: Char65
    machine: Char65
    domainname: Char65


class Sysinfo_t(Struct):
    """the kernel's struct sysinfo: memory, swap and load. Go Sysinfo_t.

    uptime is in seconds. loads are the load averages times 65,536. Memory and swap are in units of `unit` bytes.
    """

    __slots__ = ()
    uptime: Long
    loads: ULongx3
    totalram: ULong
    freeram: ULong
    sharedram: ULong
    bufferram: ULong
    totalswap: ULong
    freeswap: ULong
    procs: U16
    pad: U16
    totalhigh: ULong
    freehigh: ULong
    unit: U32
    _f: Rest
