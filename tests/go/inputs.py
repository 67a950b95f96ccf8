"""Questions for the oracle: made at random from a fixed seed, valid ones, and the same with something broken."""

import ipaddress
import struct
from collections.abc import Callable
from random import Random
from typing import Final

import pysyscall as syscall

from . import files
from .oracle import Question

_SEED: Final = 20230409  # the day the article appeared


def questions(ask: str, count: int) -> list[Question]:
    """So many questions of a kind, always the same ones."""
    random = Random(f"{_SEED} {ask}")
    return [{"ask": ask, **_MAKERS[ask](random)} for _ in range(count)]


def _encode(random: Random) -> Question:
    kind = random.choice(["SockaddrInet4", "SockaddrInet6", "SockaddrUnix", "SockaddrLinklayer", "SockaddrNetlink"])
    match kind:
        case "SockaddrInet4":
            return {"kind": kind, "port": _integer(random, 16), "addr": random.randbytes(4).hex()}
        case "SockaddrInet6":
            address = random.choice([random.randbytes(16), bytes(15) + b"\1", b"\xfe\x80" + random.randbytes(14)])
            zone = random.choice([0, 1, random.getrandbits(32)])
            return {"kind": kind, "port": _integer(random, 16), "addr": address.hex(), "zone_id": zone}
        case "SockaddrUnix":
            return {"kind": kind, "name": _name(random).hex()}
        case "SockaddrLinklayer":
            addr = random.randbytes(random.randrange(9))
            return {
                "kind": kind,
                "protocol": random.getrandbits(16),
                "ifindex": _integer(random, 31),
                "hatype": random.getrandbits(16),
                "pkttype": random.getrandbits(8),
                "halen": random.choice([len(addr), len(addr), random.randrange(40)]),
                "addr": addr.hex(),
            }
        case _:
            return {"kind": kind, "pid": random.getrandbits(32), "groups": random.getrandbits(32)}


def _decode(random: Random) -> Question:
    families = (syscall.AF_INET, syscall.AF_INET6, syscall.AF_UNIX, syscall.AF_PACKET, syscall.AF_NETLINK)
    family = random.choice([*families, *families, random.getrandbits(16)])
    body = random.choice([random.randbytes(random.randrange(111)), _name(random)[:108], random.randbytes(26)])
    if family == syscall.AF_PACKET and len(body) > 9 and random.random() < 0.9:
        body = body[:9] + bytes((random.randrange(len(body) - 9),)) + body[10:]
    return {"raw": (family.to_bytes(2, "little") + body).hex()}


def _cmsg(random: Random) -> Question:
    return {"size": random.choice([random.randrange(64), random.randrange(2**20), -random.randrange(64)])}


def _unix_rights(random: Random) -> Question:
    return {"fds": [_integer(random, 31) for _ in range(random.choice([0, 1, 2, 3, random.randrange(16)]))]}


def _unix_credentials(random: Random) -> Question:
    pid = random.getrandbits(31)
    return {"ucred": {"pid": pid, "uid": random.getrandbits(32), "gid": random.getrandbits(32)}}


def _control(random: Random) -> Question:
    def message() -> bytes:
        level, kind = random.choice([(syscall.SOL_SOCKET, syscall.SCM_RIGHTS), (0, 8), (41, 50), (-1, -1)])
        data = random.randbytes(random.choice([0, 4, 8, 12, random.randrange(64)]))
        return _padded(struct.pack("=Qii", 16 + len(data), level, kind) + data, 8)

    return {"raw": _broken(random, b"".join(message() for _ in range(random.randrange(5)))).hex()}


def _control_message(random: Random) -> Question:
    level = random.choice([syscall.SOL_SOCKET] * 9 + [syscall.IPPROTO_IP])
    kind = random.choice([syscall.SCM_RIGHTS, syscall.SCM_CREDENTIALS])
    data = random.randbytes(random.choice([0, 4, 12, 16, random.randrange(64)]))
    return {"level": level, "type": kind, "data": data.hex()}


def _netlink(random: Random) -> Question:
    def message() -> bytes:
        data = random.randbytes(random.choice([0, 16, random.randrange(64)]))
        head = struct.pack("=IHHII", 16 + len(data), random.getrandbits(16), random.getrandbits(16), 1, 7)
        return _padded(head + data, 4)

    return {"raw": _broken(random, b"".join(message() for _ in range(random.randrange(5)))).hex()}


def _attributes(random: Random) -> Question:
    def attribute() -> bytes:
        value = random.randbytes(random.choice([0, 4, 6, random.randrange(40)]))
        return _padded(struct.pack("=HH", 4 + len(value), random.getrandbits(16)) + value, 4)

    sizes = {
        syscall.RTM_NEWLINK: 16,
        syscall.RTM_DELLINK: 16,
        syscall.RTM_NEWADDR: 8,
        syscall.RTM_DELADDR: 8,
        syscall.RTM_NEWROUTE: 12,
        syscall.RTM_DELROUTE: 12,
        syscall.RTM_GETLINK: 16,
        syscall.RTM_NEWNEIGH: 12,
    }
    kind, size = random.choice(list(sizes.items()))
    data = random.randbytes(size) + b"".join(attribute() for _ in range(random.randrange(6)))
    return {"type": kind, "data": _broken(random, data).hex()}


def _lsf_stmt(random: Random) -> Question:
    return {"code": _integer(random, 16), "k": _integer(random, 32)}


def _lsf_jump(random: Random) -> Question:
    return {**_lsf_stmt(random), "jt": _integer(random, 8), "jf": _integer(random, 8)}


def _errno(random: Random) -> Question:
    return {"number": random.choice([random.randrange(140), random.randrange(140), random.randrange(2**16)])}


def _signal(random: Random) -> Question:
    return {"number": random.choice([random.randrange(40), random.randrange(2**16)])}


def _times(random: Random) -> Question:
    bits = random.choice([8, 31, 33, 63])
    return {"sec": random.getrandbits(bits) * random.choice([1, -1]), "fraction": random.randrange(10**9)}


def _nsec(random: Random) -> Question:
    bits = random.choice([4, 11, 31, 40, 62])
    return {"nsec": random.getrandbits(bits) * random.choice([1, -1])}


def _parse_ip(random: Random) -> Question:
    v4 = str(ipaddress.IPv4Address(random.getrandbits(32)))
    sparse = random.getrandbits(128) & random.choice([2**128 - 1, 0xFFFF << 112 | 0xFFFF, 0xFFFF << 80, 0xFFFFFFFF])
    v6 = ipaddress.IPv6Address(sparse)
    mixed = f"{v6.exploded[:29]}:{v4}"
    text = random.choice(
        [v4, str(v6), v6.exploded, v6.exploded.upper(), mixed, f"::ffff:{v4}", f"::{v4}", f"{v6}%eth0"]
    )
    return {"text": _mistyped(random, text, "0123456789abcdefF:.%/ -x\u0663\n\0[]")}


def _split_host_port(random: Random) -> Question:
    host = random.choice(["", "localhost", "127.0.0.1", "[::1]", "[fe80::1%eth0]", "::1", "[]", "a.b", "[a"])
    port = random.choice(["", "0", "80", "http", "65536", "-1"])
    return {"text": _mistyped(random, random.choice([f"{host}:{port}", host, port]), "[]:.%a1")}


def _integer(random: Random, bits: int) -> int:
    """An integer of so many bits, now and then one that needs more, or is negative."""
    usual = random.getrandbits(bits)
    choices: list[int] = [usual] * 30 + [0, 2**bits - 1, 2**bits, -1, random.getrandbits(62), -random.getrandbits(62)]
    return random.choice(choices)


def _name(random: Random) -> bytes:
    """A Unix socket's name: a path or an abstract one, of any length up to a little too long."""
    length = random.choice([0, 1, random.randrange(110), 107, 108, 109])
    alphabet = random.choice([b"abc/._", b"abc/._", b"ab\0", bytes(range(1, 256))])
    name = bytes(random.choice(alphabet) for _ in range(length))
    return (random.choice([b"/", b"@", b"\0", name[:1]]) + name[1:])[:length]


def _broken(random: Random, raw: bytes) -> bytes:
    """The bytes as they are, or cut, or lengthened, or with some of them changed."""
    match random.randrange(6):
        case 0:
            return raw[: random.randrange(len(raw) + 1)]
        case 1:
            return raw + random.randbytes(random.randrange(20))
        case 2 | 3 if raw:
            changed = bytearray(raw)
            for _ in range(random.randrange(1, 4)):
                changed[random.randrange(len(raw))] = random.choice(
                    [0, 1, 3, 4, 5, 15, 16, 17, 255, random.getrandbits(8)]
                )
            return bytes(changed)
    return raw


def _mistyped(random: Random, text: str, alphabet: str) -> str:
    """The text as it is, or with characters put in, taken out or replaced."""
    for _ in range(random.choice([0, 0, 1, 1, 2, 3])):
        place = random.randrange(len(text) + 1)
        text = text[:place] + random.choice(["", random.choice(alphabet)]) + text[place + random.randrange(2) :]
    return text


def _padded(raw: bytes, alignment: int) -> bytes:
    return raw.ljust(-(-len(raw) // alignment) * alignment, b"\0")


_MAKERS: Final[dict[str, Callable[[Random], Question]]] = {
    "encode": _encode,
    "decode": _decode,
    "cmsg": _cmsg,
    "unix_rights": _unix_rights,
    "unix_credentials": _unix_credentials,
    "parse_control": _control,
    "parse_rights": _control_message,
    "parse_credentials": _control_message,
    "parse_netlink": _netlink,
    "parse_attributes": _attributes,
    "lsf_stmt": _lsf_stmt,
    "lsf_jump": _lsf_jump,
    "errno": _errno,
    "signal": _signal,
    "times": _times,
    "nsec": _nsec,
    "parse_ip": _parse_ip,
    "split_host_port": _split_host_port,
    "parse_dirent": files.parse_dirent_question,
    "stat": files.stat_question,
    "statfs": files.statfs_question,
    "faccessat": files.faccessat_question,
    "c_string": files.c_string_question,
}
KINDS: Final = tuple(_MAKERS)
