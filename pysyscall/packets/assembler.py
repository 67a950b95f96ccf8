"""A small assembler for socket filters, and ready-made filters.

    attach_lsf(fd, lsf_assemble(
        lsf_stmt(BPF_LD | BPF_H | BPF_ABS, 12),
        LsfBranch(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_ARP, jf="reject"),
        lsf_stmt(BPF_RET | BPF_K, 0xFFFF_FFFF),
        "reject",
        lsf_stmt(BPF_RET | BPF_K, 0),
    ))

The ready-made filters are for packet sockets of type SOCK_RAW on Ethernet: a packet begins with its Ethernet header,
from which the kernel has already removed an 802.1Q tag. A load beyond a packet's end rejects the packet. Loads convert
from network to host order, so that constants are in host order.
"""

from ..base.arguments import u16
from ..constants import (
    BPF_ABS,
    BPF_B,
    BPF_H,
    BPF_IND,
    BPF_JA,
    BPF_JEQ,
    BPF_JMP,
    BPF_JSET,
    BPF_K,
    BPF_LD,
    BPF_LDX,
    BPF_MSH,
    BPF_RET,
    BPF_W,
    ETH_P_ARP,
    ETH_P_IP,
    ETH_P_IPV6,
    IPPROTO_ICMP,
    IPPROTO_UDP,
)
from .filters import lsf_jump, lsf_stmt
from .structs import SockFilter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

_WHOLE = 0xFFFF_FFFF
_ETHERNET = 14
_ETHERTYPE = 12
_FRAGMENT_OFFSET = 0x1FFF
_LOADS = ((4, BPF_LD | BPF_W | BPF_ABS), (2, BPF_LD | BPF_H | BPF_ABS), (1, BPF_LD | BPF_B | BPF_ABS))
_EQUAL = BPF_JMP | BPF_JEQ | BPF_K


class LsfBranch:
    """A jump to a label: to jt if the comparison with k is true, otherwise to jf; None is the next instruction.

    BPF_JMP | BPF_JA always jumps to jt and ignores k.
    """

    __slots__ = ("code", "jf", "jt", "k")

    def __init__(self, code: int, k: int, jt: "str | None" = None, jf: "str | None" = None) -> None:
        self.code = code
        self.k = k
        self.jt = jt
        self.jf = jf

    def __repr__(self) -> str:
        return f"LsfBranch(code={self.code:#x}, k={self.k:#x}, jt={self.jt!r}, jf={self.jf!r})"


LsfPart: "TypeAlias" = SockFilter | LsfBranch | str


def lsf_assemble(*parts: "LsfPart") -> "list[SockFilter]":
    """Assemble instructions, branches and labels to a program; a label is a str before the instruction that it names.

    ValueError: the label of a branch is missing, duplicate, or before the branch (BPF only jumps forward), or more than
    255 instructions away, which only BPF_JA can reach.
    """
    places: dict[str, int] = {}
    code: list[SockFilter | LsfBranch] = []
    for part in parts:
        if not isinstance(part, str):
            code.append(part)
        elif part in places:
            raise ValueError(f"label {part!r} is there twice")
        else:
            places[part] = len(code)
    return [_resolved(part, place, places) if isinstance(part, LsfBranch) else part for place, part in enumerate(code)]


def _resolved(branch: LsfBranch, place: int, places: "dict[str, int]") -> SockFilter:
    def distance(label: "str | None", longest: int) -> int:
        if label is None:
            return 0
        if label not in places:
            raise ValueError(f"{branch} has no label to go to")
        instructions = places[label] - place - 1
        if not 0 <= instructions <= longest:
            raise ValueError(f"{label!r} is {instructions} instructions from {branch}, which must be in 0..{longest}")
        return instructions

    if branch.code == BPF_JMP | BPF_JA:
        return lsf_stmt(branch.code, distance(branch.jt, _WHOLE))
    return lsf_jump(branch.code, branch.k, distance(branch.jt, 255), distance(branch.jf, 255))


def lsf_ethertype(ethertype: int) -> "list[SockFilter]":
    """Return a filter for Ethernet frames of one type, such as ETH_P_IP."""
    return lsf_assemble(*_frame_of(u16("ethertype", ethertype)), *_verdicts())


def lsf_arp() -> "list[SockFilter]":
    """Return a filter for ARP requests and replies."""
    return lsf_ethertype(ETH_P_ARP)


def lsf_icmp() -> "list[SockFilter]":
    """Return a filter for ICMP over IPv4."""
    return lsf_assemble(*_frame_of(ETH_P_IP), *_byte_is(_ETHERNET + 9, IPPROTO_ICMP), *_verdicts())


def lsf_udp_port(port: int) -> "list[SockFilter]":
    """Return a filter for UDP to a port, over IPv4 and IPv6.

    It does not match later fragments, which do not contain the port, or UDP after IPv6 extension headers.
    """
    u16("port", port)
    return lsf_assemble(
        lsf_stmt(BPF_LD | BPF_H | BPF_ABS, _ETHERTYPE),
        LsfBranch(_EQUAL, ETH_P_IPV6, jt="ipv6"),
        LsfBranch(_EQUAL, ETH_P_IP, jf="reject"),
        *_byte_is(_ETHERNET + 9, IPPROTO_UDP),
        lsf_stmt(BPF_LD | BPF_H | BPF_ABS, _ETHERNET + 6),
        LsfBranch(BPF_JMP | BPF_JSET | BPF_K, _FRAGMENT_OFFSET, jt="reject"),
        lsf_stmt(BPF_LDX | BPF_B | BPF_MSH, _ETHERNET),
        lsf_stmt(BPF_LD | BPF_H | BPF_IND, _ETHERNET + 2),
        LsfBranch(_EQUAL, port, jt="accept", jf="reject"),
        "ipv6",
        *_byte_is(_ETHERNET + 6, IPPROTO_UDP),
        lsf_stmt(BPF_LD | BPF_H | BPF_ABS, _ETHERNET + 40 + 2),
        LsfBranch(_EQUAL, port, jf="reject"),
        *_verdicts(),
    )


def lsf_prefix(prefix: "bytes | bytearray | memoryview", offset: int = 0) -> "list[SockFilter]":
    """Return a filter for packets that have these bytes at an offset, such as b"CHAO" at their start."""
    raw = memoryview(prefix).tobytes()
    parts: list[LsfPart] = []
    start = 0
    while start < len(raw):
        size, load = next((size, load) for size, load in _LOADS if start + size <= len(raw))
        parts += (
            lsf_stmt(load, offset + start),
            LsfBranch(_EQUAL, int.from_bytes(raw[start : start + size], "big"), jf="reject"),
        )
        start += size
    return lsf_assemble(*parts, *_verdicts())


def _frame_of(ethertype: int) -> "tuple[LsfPart, ...]":
    return lsf_stmt(BPF_LD | BPF_H | BPF_ABS, _ETHERTYPE), LsfBranch(_EQUAL, ethertype, jf="reject")


def _verdicts() -> "tuple[LsfPart, ...]":
    return "accept", lsf_stmt(BPF_RET | BPF_K, _WHOLE), "reject", lsf_stmt(BPF_RET | BPF_K, 0)


def _byte_is(offset: int, value: int) -> "tuple[LsfPart, ...]":
    return lsf_stmt(BPF_LD | BPF_B | BPF_ABS, offset), LsfBranch(_EQUAL, value, jf="reject")
