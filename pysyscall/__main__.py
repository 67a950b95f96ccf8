"""python3 -m pysyscall: what this machine allows. It asks the kernel, and changes nothing."""

import os
import sys

import pysyscall as syscall

from .base.abi import ABI, ABIS

_FAMILIES = ("AF_UNIX", "AF_INET", "AF_INET6", "AF_NETLINK", "AF_PACKET", "AF_VSOCK", "AF_CAN", "AF_ALG", "AF_XDP")

# What one may ask for: name, domain, type, protocol.
_SOCKETS = (
    ("TCP over IPv4", syscall.AF_INET, syscall.SOCK_STREAM, 0),
    ("TCP over IPv6", syscall.AF_INET6, syscall.SOCK_STREAM, 0),
    ("UDP over IPv4", syscall.AF_INET, syscall.SOCK_DGRAM, 0),
    ("UDP over IPv6", syscall.AF_INET6, syscall.SOCK_DGRAM, 0),
    ("ping over IPv4", syscall.AF_INET, syscall.SOCK_DGRAM, syscall.IPPROTO_ICMP),
    ("raw ICMP", syscall.AF_INET, syscall.SOCK_RAW, syscall.IPPROTO_ICMP),
    ("raw frames", syscall.AF_PACKET, syscall.SOCK_RAW, 0),
)


def _try_socket(domain: int, typ: int, proto: int) -> str:
    try:
        syscall.close(syscall.sys_socket(domain, typ, proto))
    except OSError as error:
        return f"no: {syscall.Errno(error.errno or 0).error()}"
    return "yes"


def _try_unshare(flags: int) -> str:
    """In a child, as what is unshared does not come back."""
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
    """The names of this process's effective capabilities."""
    with open("/proc/self/status") as status:
        mask = next(int(line.split()[1], 16) for line in status if line.startswith("CapEff:"))
    if mask == (2 << syscall.CAP_LAST_CAP) - 1:
        return "all"
    names = (name for name in dir(syscall) if name.startswith("CAP_") and name != "CAP_LAST_CAP")
    return ", ".join(name for name in names if mask >> getattr(syscall, name) & 1) or "none"


def _table(title: str, rows: "list[tuple[str, str]]") -> None:
    print(title)
    for name, value in rows:
        print(f"  {name:<24}{value}")


def main() -> None:
    kernel = os.uname()
    try:
        libc = os.confstr("CS_GNU_LIBC_VERSION") or "unknown"
    except (OSError, ValueError):
        libc = "not glibc"
    _table(
        "machine",
        [
            ("ABI", f"{ABI} ({sys.byteorder}-endian; one of {len(ABIS)} known)"),
            ("kernel", f"{kernel.sysname} {kernel.release} on {kernel.machine}"),
            ("libc", libc),
            ("Python", sys.version.split()[0]),
            ("capabilities", _capabilities()),
        ],
    )
    _table("sockets", [(name, _try_socket(domain, typ, proto)) for name, domain, typ, proto in _SOCKETS])
    kinds = {"AF_NETLINK": syscall.SOCK_RAW, "AF_PACKET": syscall.SOCK_RAW, "AF_XDP": syscall.SOCK_RAW}
    kinds |= {"AF_CAN": syscall.SOCK_RAW, "AF_ALG": syscall.SOCK_SEQPACKET}
    protocols = {"AF_CAN": 1}
    _table(
        "families",
        [
            (name, _try_socket(getattr(syscall, name), kinds.get(name, syscall.SOCK_STREAM), protocols.get(name, 0)))
            for name in _FAMILIES
        ],
    )
    user = 0 if os.geteuid() == 0 else syscall.CLONE_NEWUSER
    _table(
        "namespaces",
        [
            ("user", _try_unshare(syscall.CLONE_NEWUSER)),
            ("network", _try_unshare(syscall.CLONE_NEWNET)),
            ("network of one's own", _try_unshare(syscall.CLONE_NEWNET | user)),
        ],
    )
    _table(
        "interfaces", [(i.name, f"{i.index}, mtu {i.mtu}, {i.hardware_addr.hex(':')}") for i in syscall.interfaces()]
    )


if __name__ == "__main__":
    main()
