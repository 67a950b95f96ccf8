"""Reports what this machine allows. It only asks the kernel, and changes nothing."""

import os
import sys
from collections.abc import Iterator
from textwrap import wrap

import pysyscall as syscall

from .base.abi import ABI, ABIS

_WIDTH = 100
_COLUMN = 26

# Family, and the type and protocol of a socket to try.
_FAMILIES = (
    ("AF_UNIX", syscall.SOCK_STREAM, 0),
    ("AF_INET", syscall.SOCK_STREAM, 0),
    ("AF_INET6", syscall.SOCK_STREAM, 0),
    ("AF_NETLINK", syscall.SOCK_RAW, 0),
    ("AF_PACKET", syscall.SOCK_RAW, 0),
    ("AF_VSOCK", syscall.SOCK_STREAM, 0),
    ("AF_CAN", syscall.SOCK_RAW, 1),
    ("AF_ALG", syscall.SOCK_SEQPACKET, 0),
    ("AF_XDP", syscall.SOCK_RAW, 0),
)

# Sockets to try: label, domain, type, protocol.
_SOCKETS = (
    ("TCP over IPv4", syscall.AF_INET, syscall.SOCK_STREAM, 0),
    ("TCP over IPv6", syscall.AF_INET6, syscall.SOCK_STREAM, 0),
    ("UDP over IPv4", syscall.AF_INET, syscall.SOCK_DGRAM, 0),
    ("UDP over IPv6", syscall.AF_INET6, syscall.SOCK_DGRAM, 0),
    ("ping over IPv4", syscall.AF_INET, syscall.SOCK_DGRAM, syscall.IPPROTO_ICMP),
    ("raw ICMP", syscall.AF_INET, syscall.SOCK_RAW, syscall.IPPROTO_ICMP),
    ("raw frames", syscall.AF_PACKET, syscall.SOCK_RAW, 0),
)


def report() -> Iterator[str]:
    """Yield the lines of the report."""
    kernel = os.uname()
    try:
        libc = os.confstr("CS_GNU_LIBC_VERSION") or "unknown"
    except (OSError, ValueError):
        libc = "not glibc"
    yield "machine"
    yield from _row("ABI", f"{ABI} ({sys.byteorder}-endian; one of {len(ABIS)} known)")
    yield from _row("kernel", f"{kernel.sysname} {kernel.release} on {kernel.machine}")
    yield from _row("libc", libc)
    yield from _row("Python", sys.version.split()[0])
    yield from _row("pysyscall", syscall.__version__)
    yield from _row("capabilities", _capabilities())
    yield "sockets"
    for name, domain, typ, proto in _SOCKETS:
        yield from _row(name, _try_socket(domain, typ, proto))
    yield "families"
    for name, typ, proto in _FAMILIES:
        yield from _row(name, _try_socket(getattr(syscall, name), typ, proto))
    user = 0 if os.geteuid() == 0 else syscall.CLONE_NEWUSER
    yield "namespaces"
    yield from _row("user", _try_unshare(syscall.CLONE_NEWUSER))
    yield from _row("network", _try_unshare(syscall.CLONE_NEWNET))
    yield from _row("network of one's own", _try_unshare(syscall.CLONE_NEWNET | user))
    yield "interfaces"
    for each in syscall.interfaces():
        yield from _row(each.name, f"{each.index}, mtu {each.mtu}, {each.hardware_addr.hex(':')}".rstrip(", "))


def _row(name: str, value: str) -> Iterator[str]:
    first, *more = wrap(value, _WIDTH - _COLUMN, break_on_hyphens=False) or [""]
    yield f"  {name:<{_COLUMN - 2}}{first}".rstrip()
    yield from (f"{'':{_COLUMN}}{line}" for line in more)


def _try_socket(domain: int, typ: int, proto: int) -> str:
    try:
        syscall.close(syscall.sys_socket(domain, typ, proto))
    except OSError as error:
        return f"no: {syscall.Errno(error.errno or 0).error()}"
    return "yes"


def _try_unshare(flags: int) -> str:
    """Unshare in a child process, as this process could not undo it."""
    pid = os.fork()
    if not pid:
        try:
            syscall.unshare(flags)
        except OSError as error:
            os._exit(error.errno or 1)
        os._exit(0)
    errno = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return f"no: {syscall.Errno(errno).error()}" if errno else "yes"


def _capabilities() -> str:
    """Return the names of this process's effective capabilities."""
    with open("/proc/self/status") as status:
        mask = next(int(line.split()[1], 16) for line in status if line.startswith("CapEff:"))
    if mask == (2 << syscall.CAP_LAST_CAP) - 1:
        return "all"
    names = (name for name in dir(syscall) if name.startswith("CAP_") and name != "CAP_LAST_CAP")
    return ", ".join(name for name in names if mask >> getattr(syscall, name) & 1) or "none"
