"""The filters of sniff, as BPF programs that the kernel runs on each frame: chao, arp, icmp, udp port N.

From a received frame the kernel has removed the VLAN tag before the filter runs; a frame being sent may still have one.
"""

from collections.abc import Sequence
from typing import TypeAlias

import pysyscall as syscall

from .chao import MAGIC

Program: TypeAlias = list[syscall.SockFilter]

NAMES = "chao, arp, icmp, udp port N"

_WHOLE = 0xFFFF_FFFF
_ETHERTYPE, _HEADER = 12, 14
_TAG = 4  # bytes
_FRAGMENT_OFFSET = 0x1FFF
_EQUAL = syscall.BPF_JMP | syscall.BPF_JEQ | syscall.BPF_K


def frame_filter(words: Sequence[str]) -> Program:
    """Return the program of the filter that a command line names. ValueError: unknown filter."""
    match list(words):
        case ["chao"]:
            return _either(syscall.lsf_prefix(MAGIC), _tagged_or_not(syscall.lsf_prefix(MAGIC, _HEADER)))
        case ["arp"]:
            return _tagged_or_not(syscall.lsf_arp())
        case ["icmp"]:
            return _tagged_or_not(syscall.lsf_icmp())
        case ["udp", "port", number] if number.isascii() and number.isdigit() and int(number) <= 0xFFFF:
            return _tagged_or_not(_udp_port(int(number)))
    raise ValueError(f"there is no filter {' '.join(words)!r}: {NAMES}")


def coming_in(program: Sequence[syscall.SockFilter]) -> Program:
    """Make a program reject outgoing frames. On a loopback interface they come in again."""
    return [
        syscall.lsf_stmt(syscall.BPF_LD | syscall.BPF_B | syscall.BPF_ABS, syscall.SKF_AD_OFF + syscall.SKF_AD_PKTTYPE),
        syscall.lsf_jump(_EQUAL, syscall.PACKET_OUTGOING, 0, 1),
        syscall.lsf_stmt(syscall.BPF_RET | syscall.BPF_K, 0),
        *(program or [syscall.lsf_stmt(syscall.BPF_RET | syscall.BPF_K, _WHOLE)]),
    ]


def _either(first: Program, second: Program) -> Program:
    """Return a program that accepts what either program accepts. The first one must end with its reject."""
    return first[:-1] + second


def _tagged_or_not(program: Program) -> Program:
    """Make a program for untagged frames match VLAN-tagged frames too, where all offsets are four bytes greater."""
    return [
        _load(syscall.BPF_H, _ETHERTYPE),
        syscall.lsf_jump(_EQUAL, syscall.ETH_P_8021Q, 1 + len(program), 0),
        syscall.lsf_jump(_EQUAL, syscall.ETH_P_8021AD, len(program), 0),
        *program,
        *map(_moved, program),
    ]


def _moved(instruction: syscall.SockFilter) -> syscall.SockFilter:
    """Return the instruction with its offset moved past a VLAN tag, if it loads from the frame."""
    code = instruction.code
    loads = code & 0x07 in (syscall.BPF_LD, syscall.BPF_LDX)
    from_frame = code & 0xE0 in (syscall.BPF_ABS, syscall.BPF_IND, syscall.BPF_MSH)
    return syscall.lsf_stmt(code, instruction.k + _TAG) if loads and from_frame else instruction


def _udp_port(port: int) -> Program:
    """Return a program for UDP from or to a port; not later fragments, nor UDP after IPv6 extension headers."""
    ip = _HEADER
    return syscall.lsf_assemble(
        _load(syscall.BPF_H, _ETHERTYPE),
        syscall.LsfBranch(_EQUAL, syscall.ETH_P_IPV6, jt="ipv6"),
        _require(syscall.ETH_P_IP),
        _load(syscall.BPF_B, ip + 9),
        _require(syscall.IPPROTO_UDP),
        _load(syscall.BPF_H, ip + 6),
        syscall.LsfBranch(syscall.BPF_JMP | syscall.BPF_JSET | syscall.BPF_K, _FRAGMENT_OFFSET, jt="reject"),
        syscall.lsf_stmt(syscall.BPF_LDX | syscall.BPF_B | syscall.BPF_MSH, ip),
        syscall.lsf_stmt(syscall.BPF_LD | syscall.BPF_H | syscall.BPF_IND, ip),
        syscall.LsfBranch(_EQUAL, port, jt="accept"),
        syscall.lsf_stmt(syscall.BPF_LD | syscall.BPF_H | syscall.BPF_IND, ip + 2),
        syscall.LsfBranch(_EQUAL, port, jt="accept", jf="reject"),
        "ipv6",
        _load(syscall.BPF_B, ip + 6),
        _require(syscall.IPPROTO_UDP),
        _load(syscall.BPF_H, ip + 40),
        syscall.LsfBranch(_EQUAL, port, jt="accept"),
        _load(syscall.BPF_H, ip + 40 + 2),
        _require(port),
        "accept",
        syscall.lsf_stmt(syscall.BPF_RET | syscall.BPF_K, _WHOLE),
        "reject",
        syscall.lsf_stmt(syscall.BPF_RET | syscall.BPF_K, 0),
    )


def _load(size: int, offset: int) -> syscall.SockFilter:
    return syscall.lsf_stmt(syscall.BPF_LD | size | syscall.BPF_ABS, offset)


def _require(value: int) -> syscall.LsfBranch:
    return syscall.LsfBranch(_EQUAL, value, jf="reject")
