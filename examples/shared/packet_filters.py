"""The frames that sniff can be asked for, as programs that the kernel runs on each: chao, arp, icmp, udp port N.

Of a frame that was received the kernel has already taken the VLAN tag out; one that is being sent may still have it.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias

import pysyscall as syscall

from .chao import MAGIC

Part: TypeAlias = "syscall.SockFilter | syscall.LsfBranch | str"
# The instructions that look at a frame whose Ethertype stands at this offset, and go to "accept" or "reject".
Look: TypeAlias = Callable[[int], Sequence[Part]]

NAMES = "chao, arp, icmp, udp port N"

_WHOLE = 0xFFFF_FFFF
_ETHERTYPE = 12
_TAG = 4
_FRAGMENT_OFFSET = 0x1FFF
_EQUAL = syscall.BPF_JMP | syscall.BPF_JEQ | syscall.BPF_K


def frame_filter(words: Sequence[str]) -> list[syscall.SockFilter]:
    """The program for a filter that a command line names. ValueError: there is none of that name."""
    match list(words):
        case ["chao"]:
            return _program(_chao, first=_starts_with_chao())
        case ["arp"]:
            return _program(_arp)
        case ["icmp"]:
            return _program(_icmp)
        case ["udp", "port", number] if number.isascii() and number.isdigit() and int(number) <= 0xFFFF:
            return _program(partial(_udp_port, int(number)))
    raise ValueError(f"there is no filter {' '.join(words)!r}: {NAMES}")


def coming_in(program: Sequence[syscall.SockFilter]) -> list[syscall.SockFilter]:
    """The same program for the frames that come in alone: on a loopback interface what goes out comes in again."""
    return [
        syscall.lsf_stmt(syscall.BPF_LD | syscall.BPF_B | syscall.BPF_ABS, syscall.SKF_AD_OFF + syscall.SKF_AD_PKTTYPE),
        syscall.lsf_jump(_EQUAL, syscall.PACKET_OUTGOING, 0, 1),
        syscall.lsf_stmt(syscall.BPF_RET | syscall.BPF_K, 0),
        *(program or [syscall.lsf_stmt(syscall.BPF_RET | syscall.BPF_K, _WHOLE)]),
    ]


def _program(look: Look, first: Sequence[Part] = ()) -> list[syscall.SockFilter]:
    return syscall.lsf_assemble(
        *first,
        _load(syscall.BPF_H, _ETHERTYPE),
        syscall.LsfBranch(_EQUAL, syscall.ETH_P_8021Q, jt="tagged"),
        syscall.LsfBranch(_EQUAL, syscall.ETH_P_8021AD, jt="tagged"),
        *look(_ETHERTYPE),
        "tagged",
        *look(_ETHERTYPE + _TAG),
        "accept",
        syscall.lsf_stmt(syscall.BPF_RET | syscall.BPF_K, _WHOLE),
        "reject",
        syscall.lsf_stmt(syscall.BPF_RET | syscall.BPF_K, 0),
    )


def _starts_with_chao() -> Sequence[Part]:
    return _load(syscall.BPF_W, 0), syscall.LsfBranch(_EQUAL, int.from_bytes(MAGIC, "big"), jt="accept")


def _chao(at: int) -> Sequence[Part]:
    return _load(syscall.BPF_W, at + 2), _decide(int.from_bytes(MAGIC, "big"))


def _arp(at: int) -> Sequence[Part]:
    return _load(syscall.BPF_H, at), _decide(syscall.ETH_P_ARP)


def _icmp(at: int) -> Sequence[Part]:
    return (
        _load(syscall.BPF_H, at),
        _require(syscall.ETH_P_IP),
        _load(syscall.BPF_B, at + 2 + 9),
        _decide(syscall.IPPROTO_ICMP),
    )


def _udp_port(port: int, at: int) -> Sequence[Part]:
    """UDP from or to a port. Not a later fragment, which has no port in it, nor behind extension headers of IPv6."""
    ipv6 = f"IPv6 at {at}"
    return (
        _load(syscall.BPF_H, at),
        syscall.LsfBranch(_EQUAL, syscall.ETH_P_IPV6, jt=ipv6),
        _require(syscall.ETH_P_IP),
        _load(syscall.BPF_B, at + 2 + 9),
        _require(syscall.IPPROTO_UDP),
        _load(syscall.BPF_H, at + 2 + 6),
        syscall.LsfBranch(syscall.BPF_JMP | syscall.BPF_JSET | syscall.BPF_K, _FRAGMENT_OFFSET, jt="reject"),
        syscall.lsf_stmt(syscall.BPF_LDX | syscall.BPF_B | syscall.BPF_MSH, at + 2),
        syscall.lsf_stmt(syscall.BPF_LD | syscall.BPF_H | syscall.BPF_IND, at + 2),
        syscall.LsfBranch(_EQUAL, port, jt="accept"),
        syscall.lsf_stmt(syscall.BPF_LD | syscall.BPF_H | syscall.BPF_IND, at + 2 + 2),
        _decide(port),
        ipv6,
        _load(syscall.BPF_B, at + 2 + 6),
        _require(syscall.IPPROTO_UDP),
        _load(syscall.BPF_H, at + 2 + 40),
        syscall.LsfBranch(_EQUAL, port, jt="accept"),
        _load(syscall.BPF_H, at + 2 + 40 + 2),
        _decide(port),
    )


def _load(size: int, offset: int) -> syscall.SockFilter:
    return syscall.lsf_stmt(syscall.BPF_LD | size | syscall.BPF_ABS, offset)


def _require(value: int) -> syscall.LsfBranch:
    return syscall.LsfBranch(_EQUAL, value, jf="reject")


def _decide(value: int) -> syscall.LsfBranch:
    return syscall.LsfBranch(_EQUAL, value, jt="accept", jf="reject")
