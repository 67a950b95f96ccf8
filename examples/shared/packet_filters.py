"""The frames that sniff can be asked for, as programs that the kernel runs on each: chao, arp, icmp, udp port N.

Of a frame that was received the kernel has already taken the VLAN tag out; one that is being sent may still have it.
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
    """The program for a filter that a command line names. ValueError: there is none of that name."""
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
    """The same program for the frames that come in alone: on a loopback interface what goes out comes in again."""
    return [
        syscall.lsf_stmt(syscall.BPF_LD | syscall.BPF_B | syscall.BPF_ABS, syscall.SKF_AD_OFF + syscall.SKF_AD_PKTTYPE),
        syscall.lsf_jump(_EQUAL, syscall.PACKET_OUTGOING, 0, 1),
        syscall.lsf_stmt(syscall.BPF_RET | syscall.BPF_K, 0),
        *(program or [syscall.lsf_stmt(syscall.BPF_RET | syscall.BPF_K, _WHOLE)]),
    ]


def _either(first: Program, second: Program) -> Program:
    """What the first accepts, or else the second. The first's last instruction is where it rejects."""
    return first[:-1] + second


def _tagged_or_not(program: Program) -> Program:
    """A program for frames without a VLAN tag, for frames with one too: there all stands four bytes later."""
    return [
        _load(syscall.BPF_H, _ETHERTYPE),
        syscall.lsf_jump(_EQUAL, syscall.ETH_P_8021Q, 1 + len(program), 0),
        syscall.lsf_jump(_EQUAL, syscall.ETH_P_8021AD, len(program), 0),
        *program,
        *map(_moved, program),
    ]


def _moved(instruction: syscall.SockFilter) -> syscall.SockFilter:
    """An instruction that loads from behind a VLAN tag what it would load from a frame without one."""
    code = instruction.code
    loads = code & 0x07 in (syscall.BPF_LD, syscall.BPF_LDX)
    from_frame = code & 0xE0 in (syscall.BPF_ABS, syscall.BPF_IND, syscall.BPF_MSH)
    return syscall.lsf_stmt(code, instruction.k + _TAG) if loads and from_frame else instruction


def _udp_port(port: int) -> Program:
    """UDP from or to a port. Not a later fragment, which has no port in it, nor behind extension headers of IPv6."""
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
