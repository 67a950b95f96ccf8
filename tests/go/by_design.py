"""Where we answer otherwise than Go on purpose, and why. To all other questions the answers are the same."""

import math
import sys
from collections.abc import Callable
from fractions import Fraction
from struct import pack
from typing import Final, NamedTuple

from pysyscall import parse_route_attr
from pysyscall.constants import (
    AF_INET,
    AF_INET6,
    AF_NETLINK,
    AF_PACKET,
    AF_UNIX,
    EHWPOISON,
    RTM_NEWNEIGH,
)

from . import files
from .oracle import REFUSED, Answer, Question


class Departure(NamedTuple):
    """Why; the kind of question; which questions of it; and what Go's answer becomes here."""

    reason: str
    ask: str
    concerns: Callable[[Question, Answer], bool]
    ours: Callable[[Question, Answer], Answer]


# The least bytes of an address of each family. AF_UNIX alone may have no more than its family.
_LEAST: Final = {AF_INET: 16, AF_INET6: 28, AF_UNIX: 2, AF_PACKET: 12, AF_NETLINK: 12}
_MAX_ADDR_LEN: Final = 32  # linux/netdevice.h


def _raw(q: Question) -> bytes:
    return bytes.fromhex(q["raw"])


def _family(q: Question) -> int:
    return int.from_bytes(_raw(q)[:2], sys.byteorder)


def _name(q: Question) -> bytes:
    return bytes.fromhex(q["name"]) if q["kind"] == "SockaddrUnix" else b""


def _path(q: Question) -> str:
    name = _name(q)
    return (AF_UNIX.to_bytes(2, sys.byteorder) + name + b"\0")[:110].hex()


def _linklayer(q: Question) -> bytes:
    head = pack("=HHiHBB", AF_PACKET, q["protocol"], q["ifindex"], q["hatype"], q["pkttype"], q["halen"])
    return (head + bytes.fromhex(q["addr"]).ljust(q["halen"], b"\0")).ljust(20, b"\0")


def _refused(q: Question, answer: Answer) -> Answer:
    return REFUSED


def _the_bytes(q: Question, answer: Answer) -> Answer:
    return q["raw"]


def _attributes(data: bytes) -> Answer:
    """Those behind a struct ndmsg, by parse_route_attr, which is held against Go with other messages."""
    if len(data) < 12:
        return REFUSED
    try:
        return [[a.attr.len, a.attr.type, a.value.hex()] for a in parse_route_attr(data[12:])]
    except OSError:
        return REFUSED


# The first row that concerns a question holds for it.
DEPARTURES: Final = (
    Departure(
        "a NUL would end a path early, in silence",
        "encode",
        lambda q, _: _name(q)[:1] != b"\0" and b"\0" in _name(q),
        _refused,
    ),
    Departure(
        "a path may begin with @: the abstract namespace is written as everywhere in Python, with a NUL",
        "encode",
        lambda q, answer: _name(q)[:1] == b"@" and answer != REFUSED,
        lambda q, _: _path(q),
    ),
    Departure(
        "the kernel takes a path of all 108 bytes, without a NUL at its end",
        "encode",
        lambda q, _: len(_name(q)) == 108 and _name(q)[:1] != b"\0",
        lambda q, _: _path(q),
    ),
    Departure(
        "a hardware address is as long as halen says, or ends with zeros, and no interface's is longer than 32 bytes",
        "encode",
        lambda q, _: q["kind"] == "SockaddrLinklayer" and not len(q["addr"]) // 2 <= q["halen"] <= _MAX_ADDR_LEN,
        _refused,
    ),
    Departure(
        "a hardware address may be longer than 8 bytes, where Go's structure ends",
        "encode",
        lambda q, answer: q["kind"] == "SockaddrLinklayer" and q["halen"] > 8 and answer != REFUSED,
        lambda q, _: _linklayer(q).hex(),
    ),
    Departure(
        "ifindex is a C int; that it is not negative is for the kernel to say (ENODEV)",
        "encode",
        lambda q, _: q["kind"] == "SockaddrLinklayer" and -(2**31) <= q["ifindex"] < 0,
        lambda q, _: _linklayer(q).hex(),
    ),
    Departure(
        "an address of a family that nobody mapped comes back as SockaddrBytes, in Go as EAFNOSUPPORT",
        "decode",
        lambda q, _: _family(q) not in _LEAST,
        _the_bytes,
    ),
    Departure(
        "an address too short for its family comes back as SockaddrBytes; Go reads on, behind its end",
        "decode",
        lambda q, _: len(_raw(q)) < _LEAST[_family(q)],
        _the_bytes,
    ),
    Departure(
        "an abstract name begins with its NUL and may hold more; Go writes @, and ends it at the next NUL",
        "decode",
        lambda q, _: _family(q) == AF_UNIX and _raw(q)[2:3] == b"\0",
        lambda q, answer: answer | {"name": _raw(q)[2:].hex()},
    ),
    Departure(
        "an address without a name has the name ''; in Go it has '@'",
        "decode",
        lambda q, _: _family(q) == AF_UNIX and len(_raw(q)) == 2,
        lambda _, answer: answer | {"name": ""},
    ),
    Departure(
        "a hardware address that was cut, or is longer than any, comes back as SockaddrBytes",
        "decode",
        lambda q, _: _family(q) == AF_PACKET and not _raw(q)[11] <= min(len(_raw(q)) - 12, _MAX_ADDR_LEN),
        _the_bytes,
    ),
    Departure(
        "a hardware address has halen bytes, of which InfiniBand has 20; Go's has always 8",
        "decode",
        lambda q, _: _family(q) == AF_PACKET,
        lambda q, answer: answer | {"addr": _raw(q)[12 : 12 + _raw(q)[11]].hex()},
    ),
    Departure("a length is not negative", "cmsg", lambda q, _: q["size"] < 0, _refused),
    Departure(
        "a number too large for C is refused; Go cuts it",
        "unix_rights",
        lambda q, _: any(not -(2**31) <= fd < 2**31 for fd in q["fds"]),
        _refused,
    ),
    Departure(
        "a number too large for C is refused; Go cuts it",
        "lsf_stmt",
        lambda q, _: not (0 <= q["code"] < 2**16 and -(2**31) <= q["k"] < 2**32),
        _refused,
    ),
    Departure(
        "a number too large for C is refused; Go cuts it",
        "lsf_jump",
        lambda q, _: (
            not (0 <= q["code"] < 2**16 and -(2**31) <= q["k"] < 2**32 and 0 <= q["jt"] < 256 and 0 <= q["jf"] < 256)
        ),
        _refused,
    ),
    Departure(
        "an error newer than Go's table has its text too",
        "errno",
        lambda q, _: q["number"] == EHWPOISON,
        lambda _, answer: answer | {"text": "memory page has hardware error"},
    ),
    Departure(
        "nanoseconds of more than 63 bits are exact; Go's int64 wraps around",
        "times",
        lambda q, _: abs(q["sec"]) >= 2**63 // 10**9,
        lambda q, answer: {
            "timespec": [q["sec"] * 10**9 + q["fraction"], *answer["timespec"][1:]],
            "timeval": [q["sec"] * 10**9 + q["fraction"] * 1000, *answer["timeval"][1:]],
        },
    ),
    Departure(
        "a negative time is rounded up to the next microsecond; Go adds 999 nanoseconds and then cuts towards zero",
        "nsec",
        lambda q, _: q["nsec"] < -999,
        lambda q, answer: (
            answer | {"timeval": [*divmod(math.ceil(Fraction(q["nsec"], 1000)), 10**6), -(-q["nsec"] // 1000) * 1000]}
        ),
    ),
    Departure(
        "an IPv4 address has 4 bytes; Go makes 16 of both",
        "parse_ip",
        lambda q, answer: answer != REFUSED and ":" not in q["text"],
        lambda _, answer: answer[-8:],
    ),
    Departure(
        "a directory's record that is shorter than its head is refused; Go panics, or stops without a word",
        "parse_dirent",
        lambda q, _: files.is_cut_short(q),
        _refused,
    ),
    Departure(
        "the attributes of a neighbour's message are taken apart too, which Go refuses",
        "parse_attributes",
        lambda q, _: q["type"] == RTM_NEWNEIGH,
        lambda q, _: _attributes(bytes.fromhex(q["data"])),
    ),
)
