"""Linux socket filters: classic BPF programs that select in the kernel what a socket receives.

Go has deprecated its functions in favour of golang.org/x/net/bpf. The kernel has no other socket filters that need no
privilege.
"""

from _collections_abc import Iterable

from ..base.arguments import StrOrBytes, integer, u8, u16
from ..base.errors import system_error
from ..constants import (
    AF_INET,
    AF_PACKET,
    BPF_MAXINSNS,
    EINVAL,
    IFF_PROMISC,
    SIOCGIFFLAGS,
    SIOCSIFFLAGS,
    SO_ATTACH_FILTER,
    SO_DETACH_FILTER,
    SOCK_CLOEXEC,
    SOCK_DGRAM,
    SOCK_RAW,
    SOL_SOCKET,
)
from ..io.descriptors import close
from ..io.ioctls import ioctl
from ..net.byte_order import htons
from ..net.structs import Ifreq
from ..sockets.options import setsockopt, setsockopt_int
from ..sockets.rare_addresses import SockaddrLinklayer
from ..sockets.sockets import bind, socket
from .structs import SockFilter, SockFprog


def lsf_stmt(code: int, k: int) -> SockFilter:
    """BPF_STMT: return an instruction, such as (BPF_RET | BPF_K, 0). Go LsfStmt.

    k is a signed or unsigned 32-bit number: SKF_AD_OFF and SKF_NET_OFF are negative.
    """
    return lsf_jump(code, k, 0, 0)


def lsf_jump(code: int, k: int, jt: int, jf: int) -> SockFilter:
    """BPF_JUMP: return a jump over jt instructions if the comparison with k is true, otherwise over jf. Go LsfJump.

    `lsf_assemble` computes these distances from labels.
    """
    operand = integer("k", k, -(2**31), 2**32 - 1) & 0xFFFF_FFFF
    return SockFilter(u16("code", code), u8("jt", jt), u8("jf", jf), operand)


def attach_lsf(fd: int, i: "Iterable[SockFilter]") -> None:
    """setsockopt(2) SO_ATTACH_FILTER: receive only what a program accepts; it replaces an earlier one. Go AttachLsf.

    Packets that are already queued stay. EINVAL: the program is invalid, empty (Go panics) or longer than BPF_MAXINSNS.
    ENOMEM: it needs more than net.core.optmem_max. PermissionError: SO_LOCK_FILTER is set. socket(7).
    """
    instructions = list(i)
    if not 0 < len(instructions) <= BPF_MAXINSNS:
        raise system_error("attach_lsf", EINVAL)
    setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, SockFprog.of(instructions))


def detach_lsf(fd: int) -> None:
    """setsockopt(2) SO_DETACH_FILTER: receive everything again. ENOENT: there is no filter. Go DetachLsf."""
    setsockopt_int(fd, SOL_SOCKET, SO_DETACH_FILTER, 0)


def lsf_socket(ifindex: int, proto: int) -> int:
    """socket(2) and bind(2): a raw packet socket on one interface, or on all (0). Go LsfSocket.

    proto is in host order, such as ETH_P_ALL. The socket is close-on-exec, unlike Go's, and receives nothing before the
    bind. PermissionError: needs CAP_NET_RAW. ENODEV: no such interface. packet(7).
    """
    address = SockaddrLinklayer(protocol=htons(proto), ifindex=ifindex)
    fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)
    try:
        bind(fd, address)
    except BaseException:
        close(fd)
        raise
    return fd


def set_lsf_promisc(name: "StrOrBytes", m: bool) -> None:
    """ioctl(2) SIOCSIFFLAGS: turn an interface's promiscuous mode on or off. Go SetLsfPromisc.

    The mode outlives this process; a PACKET_MR_PROMISC membership ends with its socket. ENODEV: no such interface.
    PermissionError: needs CAP_NET_ADMIN. netdevice(7).
    """
    ifr = Ifreq(name)
    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC)
    try:
        ioctl(fd, SIOCGIFFLAGS, ifr)
        ifr.flags = ifr.flags | IFF_PROMISC if m else ifr.flags & ~IFF_PROMISC
        ioctl(fd, SIOCSIFFLAGS, ifr)
    finally:
        close(fd)
