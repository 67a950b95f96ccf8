"""The oracle: one Go process that answers thousands of questions, and our own answers in the same form.

A question names what it asks for and holds its input; bytes are hexadecimal digits in it, as in the answers. It is
answered with a value, or refused: in Go by a panic, EINVAL or another error, here by OSError(EINVAL), ValueError or
OverflowError.
"""

import json
import subprocess
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

import pysyscall as syscall

from . import files, toolchain

Question: TypeAlias = dict[str, Any]
Answer: TypeAlias = Any

REFUSED: Final = {"refused": True}


def go(questions: Sequence[Question]) -> list[Answer]:
    """What Go answers."""
    asked = "".join(f"{json.dumps(question)}\n" for question in questions)
    done = subprocess.run([toolchain.program("oracle")], input=asked, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    replies = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(replies) == len(questions)
    return [_answer(reply) for reply in replies]


def _answer(reply: dict[str, Any]) -> Answer:
    if "answer" in reply:
        return reply["answer"]
    return {"errno": reply["errno"]} if reply.get("errno", syscall.EINVAL) != syscall.EINVAL else REFUSED


def ours(question: Question) -> Answer:
    """What this library answers."""
    try:
        return _OURS[question["ask"]](question)
    except (ValueError, OverflowError):
        return REFUSED
    except OSError as error:
        return REFUSED if error.errno == syscall.EINVAL else {"errno": error.errno}


# The fields of each family's address, with what the question or the answer holds where it has none.
_NOTHING: Final = {
    "port": 0,
    "addr": "",
    "zone_id": 0,
    "name": "",
    "protocol": 0,
    "ifindex": 0,
    "hatype": 0,
    "pkttype": 0,
    "halen": 0,
    "pid": 0,
    "groups": 0,
}


def _encode(q: Question) -> Answer:
    match q["kind"]:
        case "SockaddrInet4":
            address: syscall.Sockaddr = syscall.SockaddrInet4(q["port"], _bytes(q["addr"]))
        case "SockaddrInet6":
            address = syscall.SockaddrInet6(q["port"], _bytes(q["addr"]), q["zone_id"])
        case "SockaddrUnix":
            address = syscall.SockaddrUnix(_bytes(q["name"]))
        case "SockaddrLinklayer":
            address = syscall.SockaddrLinklayer(
                q["protocol"], q["ifindex"], q["hatype"], q["pkttype"], q["halen"], _bytes(q["addr"])
            )
        case "SockaddrNetlink":
            address = syscall.SockaddrNetlink(q["pid"], q["groups"])
    return bytes(address).hex()


def _decode(q: Question) -> Answer:
    address = syscall.Sockaddr.from_bytes(_bytes(q["raw"]))
    found = {"kind": type(address).__name__} | _NOTHING
    match address:
        case syscall.SockaddrInet4(port=port, addr=addr):
            found |= {"port": port, "addr": addr.hex()}
        case syscall.SockaddrInet6(port=port, addr=addr, zone_id=zone_id):
            found |= {"port": port, "addr": addr.hex(), "zone_id": zone_id}
        case syscall.SockaddrUnix(name=name):
            found |= {"name": name.encode(errors="surrogateescape").hex()}
        case syscall.SockaddrLinklayer():
            found |= {name: getattr(address, name) for name in address.__match_args__}
            found["addr"] = address.addr.hex()
        case syscall.SockaddrNetlink(pid=pid, groups=groups):
            found |= {"pid": pid, "groups": groups}
        case syscall.SockaddrBytes(raw=raw):
            return raw.hex()
    return found


def _cmsg(q: Question) -> Answer:
    return [syscall.cmsg_len(q["size"]), syscall.cmsg_space(q["size"])]


def _unix_rights(q: Question) -> Answer:
    return syscall.unix_rights(*q["fds"]).hex()


def _unix_credentials(q: Question) -> Answer:
    u = q["ucred"]
    return syscall.unix_credentials(syscall.Ucred(u["pid"], u["uid"], u["gid"])).hex()


def _control(q: Question) -> Answer:
    messages = syscall.parse_socket_control_message(_bytes(q["raw"]))
    return [[m.header.len, m.header.level, m.header.type, m.data.hex()] for m in messages]


def _control_message(q: Question) -> syscall.SocketControlMessage:
    data = _bytes(q["data"])
    return syscall.SocketControlMessage(syscall.Cmsghdr(syscall.cmsg_len(len(data)), q["level"], q["type"]), data)


def _rights(q: Question) -> Answer:
    return syscall.parse_unix_rights(_control_message(q))


def _credentials(q: Question) -> Answer:
    ucred = syscall.parse_unix_credentials(_control_message(q))
    return [ucred.pid, ucred.uid, ucred.gid]


def _netlink(q: Question) -> Answer:
    messages = syscall.parse_netlink_message(_bytes(q["raw"]))
    return [[m.header.len, m.header.type, m.header.flags, m.header.seq, m.header.pid, m.data.hex()] for m in messages]


def _attributes(q: Question) -> Answer:
    data = _bytes(q["data"])
    message = syscall.NetlinkMessage(syscall.NlMsghdr(16 + len(data), q["type"]), data)
    return [[a.attr.len, a.attr.type, a.value.hex()] for a in syscall.parse_netlink_route_attr(message)]


def _lsf_stmt(q: Question) -> Answer:
    made = syscall.lsf_stmt(q["code"], q["k"])
    return [made.code, made.jt, made.jf, made.k]


def _lsf_jump(q: Question) -> Answer:
    made = syscall.lsf_jump(q["code"], q["k"], q["jt"], q["jf"])
    return [made.code, made.jt, made.jf, made.k]


def _errno(q: Question) -> Answer:
    e = syscall.Errno(q["number"])
    return {
        "text": e.error(),
        "temporary": e.temporary(),
        "timeout": e.timeout(),
        "permission": e.is_(PermissionError),
        "exist": e.is_(FileExistsError),
        "not_exist": e.is_(FileNotFoundError),
        "unsupported": e.is_(NotImplementedError),
    }


def _signal(q: Question) -> Answer:
    return syscall.Signal(q["number"]).string()


def _times(q: Question) -> Answer:
    ts = syscall.Timespec(q["sec"], q["fraction"])
    tv = syscall.Timeval(q["sec"], q["fraction"])
    return {"timespec": [ts.nano(), *ts.unix()], "timeval": [tv.nano(), *tv.unix()]}


def _nsec(q: Question) -> Answer:
    ts, tv = syscall.nsec_to_timespec(q["nsec"]), syscall.nsec_to_timeval(q["nsec"])
    return {
        "timespec": [ts.sec, ts.nsec, syscall.timespec_to_nsec(ts)],
        "timeval": [tv.sec, tv.usec, syscall.timeval_to_nsec(tv)],
    }


def _parse_ip(q: Question) -> Answer:
    return syscall.parse_ip(q["text"]).hex()


def _split_host_port(q: Question) -> Answer:
    return list(syscall.split_host_port(q["text"]))


_bytes = bytes.fromhex

_OURS: Final[dict[str, Callable[[Question], Answer]]] = {
    "encode": _encode,
    "decode": _decode,
    "cmsg": _cmsg,
    "unix_rights": _unix_rights,
    "unix_credentials": _unix_credentials,
    "parse_control": _control,
    "parse_rights": _rights,
    "parse_credentials": _credentials,
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
    "parse_dirent": files.parse_dirent,
    "stat": files.stat,
    "statfs": files.statfs,
    "faccessat": files.faccessat,
    "c_string": files.c_string,
    "refusal": files.refusal,
}
