"""Every integer argument of every call: its range, its type, and its name in what is raised."""

import ctypes
import enum
import errno
import inspect
from collections.abc import Callable
from typing import NamedTuple

import pytest

import pysyscall as syscall

from ..conftest import LOOPBACK, open_descriptors
from ..namespaces import run_in_child

I32 = (-(2**31), 2**31 - 1)
FLAGS = (-(2**31), 2**32 - 1)
SIZE = (0, 2**63 - 1)
U16 = (0, 65535)
OFF = (-(2**63), 2**63 - 1)
ADDRESS = syscall.SockaddrInet4(1, LOOPBACK)
EVENTS = (syscall.EpollEvent * 1)()
OPTION = {"fd": I32, "level": I32, "opt": I32}


DESCRIPTORS = {"fd", "oldfd", "newfd", "outfd", "infd", "rfd", "wfd", "epfd"}


class Call(NamedTuple):
    """A call, arguments with which it does nothing (the descriptors are closed ones), and the range of each integer."""

    function: Callable[..., object]
    others: dict[str, object]
    ranges: dict[str, tuple[int, int]]


CALLS = [
    Call(syscall.socket, {"domain": -1, "typ": 0}, {"domain": I32, "typ": I32, "proto": I32}),
    Call(syscall.sys_socket, {"family": -1, "sotype": 0}, {"family": I32, "sotype": I32, "proto": I32}),
    Call(syscall.socketpair, {"domain": -1, "typ": 0}, {"domain": I32, "typ": I32, "proto": I32}),
    Call(syscall.bind, {"sa": ADDRESS}, {"fd": I32}),
    Call(syscall.connect, {"sa": ADDRESS}, {"fd": I32}),
    Call(syscall.listen, {}, {"fd": I32, "backlog": I32}),
    Call(syscall.accept, {}, {"fd": I32}),
    Call(syscall.accept4, {}, {"fd": I32, "flags": I32}),
    Call(syscall.shutdown, {"how": 0}, {"fd": I32, "how": I32}),
    Call(syscall.getsockname, {}, {"fd": I32}),
    Call(syscall.getpeername, {}, {"fd": I32}),
    Call(syscall.read, {"p": bytearray(1)}, {"fd": I32}),
    Call(syscall.write, {"p": b"x"}, {"fd": I32}),
    Call(syscall.pread, {"p": bytearray(1), "offset": 0}, {"fd": I32, "offset": OFF}),
    Call(syscall.pwrite, {"p": b"x", "offset": 0}, {"fd": I32, "offset": OFF}),
    Call(syscall.close, {}, {"fd": I32}),
    Call(syscall.dup, {}, {"oldfd": I32}),
    Call(syscall.dup2, {"oldfd": -1, "newfd": -1}, {"oldfd": I32, "newfd": I32}),
    Call(syscall.dup3, {"oldfd": -1, "newfd": -1, "flags": 0}, {"oldfd": I32, "newfd": I32, "flags": I32}),
    Call(syscall.pipe2, {"flags": -1}, {"flags": I32}),
    Call(syscall.fcntl_int, {"cmd": syscall.F_GETFD, "arg": 0}, {"fd": I32, "cmd": I32, "arg": I32}),
    Call(syscall.set_nonblock, {"nonblocking": True}, {"fd": I32}),
    Call(syscall.close_on_exec, {}, {"fd": I32}),
    Call(syscall.sendto, {"p": b"x", "flags": 0, "to": None}, {"fd": I32, "flags": FLAGS}),
    Call(syscall.recvfrom, {"p": bytearray(1)}, {"fd": I32, "flags": FLAGS}),
    Call(syscall.sendmsg, {"p": b"x", "oob": None, "to": None}, {"fd": I32, "flags": FLAGS}),
    Call(syscall.sendmsg_n, {"p": b"x", "oob": None, "to": None}, {"fd": I32, "flags": FLAGS}),
    Call(syscall.recvmsg, {"p": bytearray(1), "oob": None}, {"fd": I32, "flags": FLAGS}),
    Call(
        syscall.sendfile,
        {"outfd": -1, "infd": -1, "offset": None, "count": 1},
        {"outfd": I32, "infd": I32, "offset": OFF, "count": SIZE},
    ),
    Call(
        syscall.splice,
        {"rfd": -1, "roff": None, "wfd": -1, "woff": None, "len": 1},
        {"rfd": I32, "roff": OFF, "wfd": I32, "woff": OFF, "len": SIZE, "flags": FLAGS},
    ),
    Call(syscall.tee, {"rfd": -1, "wfd": -1, "len": 1}, {"rfd": I32, "wfd": I32, "len": SIZE, "flags": FLAGS}),
    Call(syscall.epoll_create, {"size": 1}, {"size": I32}),
    Call(syscall.epoll_create1, {"flag": -1}, {"flag": I32}),
    Call(syscall.epoll_ctl, {"epfd": -1, "op": 0, "fd": -1}, {"epfd": I32, "op": I32, "fd": I32}),
    Call(syscall.epoll_wait, {"epfd": -1, "events": EVENTS, "msec": 0}, {"epfd": I32, "msec": I32}),
    Call(syscall.poll, {"fds": (syscall.PollFd * 1)(), "timeout": 0}, {"timeout": I32}),
    Call(
        syscall.select,
        {"nfd": 0, "r": None, "w": None, "e": None, "timeout": syscall.Timeval(-1)},
        {"nfd": (0, 1024)},
    ),
    Call(syscall.ioctl, {"request": 0}, {"fd": I32, "request": (0, 2**32 - 1), "arg": (0, 65535)}),
    Call(syscall.getsockopt, {"level": 0, "opt": 0, "size": 4}, {**OPTION, "size": (0, 2**20)}),
    Call(syscall.setsockopt, {"level": 0, "opt": 0, "value": b"x"}, OPTION),
    Call(syscall.getsockopt_int, {"level": 0, "opt": 0}, OPTION),
    Call(syscall.setsockopt_int, {"level": 0, "opt": 0, "value": 0}, {**OPTION, "value": I32}),
    Call(syscall.setsockopt_byte, {"level": 0, "opt": 0, "value": 0}, {**OPTION, "value": (0, 255)}),
    Call(syscall.setsockopt_string, {"level": 0, "opt": 0, "s": ""}, OPTION),
    Call(syscall.getsockopt_inet4_addr, {"level": 0, "opt": 0}, OPTION),
    Call(syscall.setsockopt_inet4_addr, {"level": 0, "opt": 0, "value": LOOPBACK}, OPTION),
    Call(syscall.getsockopt_ip_mreq, {"level": 0, "opt": 0}, OPTION),
    Call(syscall.getsockopt_ip_mreqn, {"level": 0, "opt": 0}, OPTION),
    Call(syscall.getsockopt_ipv6_mreq, {"level": 0, "opt": 0}, OPTION),
    Call(syscall.getsockopt_ipv6_mtu_info, {"level": 0, "opt": 0}, OPTION),
    Call(syscall.getsockopt_icmpv6_filter, {"level": 0, "opt": 0}, OPTION),
    Call(syscall.getsockopt_ucred, {"level": 0, "opt": 0}, OPTION),
    Call(syscall.setsockopt_ip_mreq, {"level": 0, "opt": 0, "mreq": syscall.IPMreq()}, OPTION),
    Call(syscall.setsockopt_ip_mreqn, {"level": 0, "opt": 0, "mreq": syscall.IPMreqn()}, OPTION),
    Call(syscall.setsockopt_ipv6_mreq, {"level": 0, "opt": 0, "mreq": syscall.IPv6Mreq()}, OPTION),
    Call(syscall.setsockopt_icmpv6_filter, {"level": 0, "opt": 0, "filter": syscall.ICMPv6Filter()}, OPTION),
    Call(syscall.setsockopt_linger, {"level": 0, "opt": 0, "l": syscall.Linger()}, OPTION),
    Call(syscall.setsockopt_timeval, {"level": 0, "opt": 0, "tv": syscall.Timeval()}, OPTION),
    Call(syscall.getsockopt_tcp_info, {"level": 0, "opt": 0}, OPTION),
    Call(syscall.getsockopt_tpacket_stats, {"level": 0, "opt": 0}, OPTION),
    Call(syscall.getsockopt_tpacket_stats_v3, {"level": 0, "opt": 0}, OPTION),
    Call(syscall.setsockopt_packet_mreq, {"level": 0, "opt": 0, "mreq": syscall.PacketMreq()}, OPTION),
    Call(syscall.packet_fanout, {"group": 0, "mode": 0}, {"fd": I32, "group": U16, "mode": U16, "flags": U16}),
    Call(syscall.recv_error, {"p": bytearray(1)}, {"fd": I32, "flags": FLAGS}),
    Call(syscall.detach_lsf, {}, {"fd": I32}),
    Call(syscall.cmsg_len, {}, {"datalen": (0, 2**31 - 1)}),
    Call(syscall.cmsg_space, {}, {"datalen": (0, 2**31 - 1)}),
    Call(syscall.socket_control_message, {"level": 0, "type": 0, "data": b""}, {"level": I32, "type": I32}),
    Call(syscall.inet4_tos, {}, {"tos": I32}),
    Call(syscall.inet4_ttl, {}, {"ttl": I32}),
    Call(syscall.inet6_hoplimit, {}, {"hops": I32}),
    Call(syscall.inet6_tclass, {}, {"tclass": I32}),
    Call(syscall.udp_segment, {}, {"size": U16}),
    Call(syscall.unshare, {}, {"flags": FLAGS}),
    Call(syscall.setns, {}, {"fd": I32, "nstype": FLAGS}),
    Call(syscall.bind_to_device, {"device": ""}, {"fd": I32}),
    Call(syscall.netlink_rib, {"proto": 0, "family": 0}, {"proto": (0, 65535), "family": (0, 255)}),
    Call(
        syscall.netlink_message,
        {"type": 0, "flags": 0, "seq": 0, "body": b""},
        {"type": (0, 65535), "flags": (0, 65535), "seq": (0, 2**32 - 1)},
    ),
    Call(syscall.route_attr, {"type": 0, "value": b""}, {"type": (0, 65535)}),
    Call(syscall.interface_by_index, {}, {"index": I32}),
    Call(syscall.htons, {}, {"hostshort": (0, 65535)}),
    Call(syscall.ntohs, {}, {"netshort": (0, 65535)}),
    Call(syscall.htonl, {}, {"hostlong": (0, 2**32 - 1)}),
    Call(syscall.ntohl, {}, {"netlong": (0, 2**32 - 1)}),
]
ARGUMENTS = [(call, name) for call in CALLS for name in call.ranges]
NAMES = [f"{call.function.__name__}-{name}" for call, name in ARGUMENTS]


def make(call: Call, name: str, value: object) -> object:
    arguments = {**call.others, name: value}
    if "fd" in call.ranges:
        arguments.setdefault("fd", -1)
    if "oldfd" in call.ranges:
        arguments.setdefault("oldfd", -1)
    parameters = inspect.signature(call.function).parameters
    return call.function(**{key: value for key, value in arguments.items() if key in parameters})


def integers(function: Callable[..., object]) -> list[str]:
    """The parameters that are annotated as an integer, or as one among others."""
    return [
        name
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.kind is not parameter.VAR_POSITIONAL
        and (parameter.annotation is int or "int" in str(parameter.annotation).strip("'\"").split(" | "))
    ]


PUBLIC = [getattr(syscall, name) for name in dir(syscall) if inspect.isfunction(getattr(syscall, name))]
# Numbers of things that are not there: descriptors, processes, users. And those of 64 bits, which the kernel judges.
NOBODY = DESCRIPTORS | {"pid", "pgid", "tgid", "tid", "who", "dirfd", "olddirfd", "newdirfd"}
WIDE = {"addr", "count", "data", "dev", "len", "length", "max", "n", "nsec", "off", "offset", "roff", "woff"}
HARMLESS: dict[str, object] = {
    "Iterable[SockFilter]": [syscall.SockFilter(syscall.BPF_RET)],
    "Sockaddr": ADDRESS,
    "StrOrBytes": "nothing",
    "StrOrBytesPath": "/nowhere/at/all",
    "bytes": LOOPBACK,
    "str": "nothing",
}


def harmless(parameter: inspect.Parameter) -> object:
    """An argument with which a call cannot do anything."""
    kind = parameter.annotation
    name = kind.__name__ if isinstance(kind, type) else str(kind).strip("'\"").partition(" | ")[0]
    if name == "int":
        return 2**30 if parameter.name in NOBODY else 0
    if name == "memoryview":
        return syscall.mmap(-1, 0, 4096, syscall.PROT_READ, syscall.MAP_PRIVATE | syscall.MAP_ANONYMOUS)
    if isinstance(kind, type) and issubclass(kind, ctypes.Structure):
        return kind()
    return HARMLESS.get(name, bytearray(8))


def outcome_beyond_an_int(function: Callable[..., object], name: str) -> str | None:
    """What a function did with numbers that no C int holds, other than to refuse them."""
    others = inspect.signature(function).parameters.values()
    arguments = {each.name: harmless(each) for each in others if each.default is each.empty}
    for number in (2**32, 2**32 + 1, 2**63, 2**64 - 1, 2**64, 2**64 + 1, -(2**64), 10**100, -(2**31) - 1):
        try:
            done: object = function(**{**arguments, name: number})
        except (OverflowError, ValueError) as error:
            done = error
            if str(number) in str(error):
                continue
        except Exception as error:
            done = error
        is_wide = name in WIDE or (function, name) == (syscall.mount, "flags")
        if not is_wide or not -(2**63) <= number < 2**64:
            return f"{number}: {done!r}"
    return None


def look_beyond_an_int() -> None:
    found = {
        f"{function.__name__}({name})": said
        for function in PUBLIC
        for name in integers(function)
        if (said := outcome_beyond_an_int(function, name))
    }
    assert found == {}


def test_no_public_function_cuts_an_integer() -> None:
    """In a process of its own: one that did might close what is open, or change who the process is."""
    run_in_child(look_beyond_an_int)


@pytest.mark.parametrize(("call", "name"), ARGUMENTS, ids=NAMES)
def test_an_integer_out_of_range_is_an_overflow_error_that_names_the_argument(call: Call, name: str) -> None:
    before = open_descriptors()
    lowest, highest = call.ranges[name]
    for value in (lowest - 1, highest + 1, 2**64, 2**64 + 1, -(2**64), 10**100):
        with pytest.raises(OverflowError, match=rf"^{name} must be in {lowest}\.\.{highest}, not {value}$"):
            make(call, name, value)
    assert open_descriptors() == before


@pytest.mark.parametrize(("call", "name"), ARGUMENTS, ids=NAMES)
def test_what_is_no_integer_is_a_type_error_that_names_the_argument(call: Call, name: str) -> None:
    may_be_none = name in ("offset", "roff", "woff") and call.function not in (syscall.pread, syscall.pwrite)
    for value in ("1", b"1", 1.0, 1j, [1], object()) + (() if may_be_none else (None,)):
        if call.function is syscall.ioctl and name == "arg":
            with pytest.raises(TypeError):
                make(call, name, value)
        else:
            with pytest.raises(TypeError, match=rf"^{name} must be an integer, not {type(value).__name__}$"):
                make(call, name, value)


@pytest.mark.parametrize("fd", [2**31, 2**32, -(2**31) - 1, 2**64, "1", 1.0, None, True])
def test_what_is_no_descriptor_is_not_sent_as_one(fd: int) -> None:
    error = OverflowError if isinstance(fd, int) and not isinstance(fd, bool) else TypeError
    with pytest.raises(error, match=r"^fd must be "):
        syscall.unix_rights(0, fd)


class Index:
    """An integer of another library's."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __index__(self) -> int:
        return self.value


class Enum(enum.IntEnum):
    ZERO = 0
    ONE = 1


class IntSubclass(int):
    pass


def outcome(call: Call, name: str, value: object) -> object:
    """What a call returns or raises; the descriptors that it makes are closed."""
    try:
        made = make(call, name, value)
    except Exception as error:
        return type(error), str(error)
    if call.function in (syscall.pipe2, syscall.epoll_create, syscall.epoll_create1):
        for fd in made if isinstance(made, tuple) else (made,):
            syscall.close(fd)
    return made


@pytest.mark.parametrize(("call", "name"), ARGUMENTS, ids=NAMES)
def test_every_kind_of_integer_does_what_the_same_int_does(call: Call, name: str) -> None:
    """A descriptor is -1, so that nothing happens to the tests' own; any other number is the least that is allowed."""
    number = -1 if name in DESCRIPTORS else max(0, call.ranges[name][0])
    expected = outcome(call, name, number)
    assert not isinstance(expected, tuple) or expected[0] is not TypeError, expected
    for kind in (IntSubclass, Index):
        assert outcome(call, name, kind(number)) == expected
    if name not in DESCRIPTORS:
        assert outcome(call, name, False) == expected
        assert outcome(call, name, Enum.ZERO) == expected


@pytest.mark.parametrize(
    ("call", "name"), [each for each in ARGUMENTS if each[1] in DESCRIPTORS], ids=lambda each: str(each)
)
def test_a_bool_is_no_descriptor_of_a_call(call: Call, name: str) -> None:
    for value in (False, True):
        with pytest.raises(TypeError, match=rf"^{name} must be an integer, not bool$"):
            make(call, name, value)


@pytest.mark.parametrize("make", [IntSubclass, Index])
def test_every_kind_of_integer_is_a_descriptor(
    make: Callable[[int], int], pipe: tuple[int, int], stream: tuple[int, int]
) -> None:
    assert syscall.write(make(pipe[1]), b"abcdef") == 6
    assert syscall.read(make(pipe[0]), bytearray(3)) == 3
    assert syscall.sendto(make(stream[0]), b"ab", make(0), None) == 2
    assert syscall.sendmsg(make(stream[0]), b"cd", None, None, make(0)) == 2
    assert syscall.recvfrom(make(stream[1]), bytearray(1), make(0)) == (1, None)
    assert syscall.recvmsg(make(stream[1]), bytearray(1), None, make(0))[0] == 1
    size = bytearray(4)
    assert syscall.ioctl(make(stream[1]), make(syscall.TIOCINQ), size) == 0
    assert sum(size) == 2
    value = syscall.getsockopt(make(stream[0]), make(syscall.SOL_SOCKET), make(syscall.SO_TYPE), make(4))
    assert sum(value) == syscall.SOCK_STREAM
    syscall.setsockopt_int(make(stream[0]), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, make(1))
    assert syscall.splice(make(pipe[0]), None, make(stream[0]), None, make(3)) == 3
    copy = syscall.dup(make(pipe[0]))
    syscall.set_nonblock(make(copy), True)
    with pytest.raises(BlockingIOError):
        syscall.read(copy, bytearray(1))
    syscall.close(make(copy))
    with pytest.raises(OSError, match="Bad file descriptor") as raised:
        syscall.close(make(copy))
    assert raised.value.errno == errno.EBADF


def test_flags_may_have_their_highest_bit_set(dgram: tuple[int, int]) -> None:
    """MSG_CMSG_COMPAT, 0x80000000, is refused by the kernel as any flag that it keeps to itself."""
    for flags in (0x8000_0000, -(2**31)):
        with pytest.raises(OSError, match=r"Invalid argument|Resource temporarily unavailable"):
            syscall.recvfrom(dgram[0], bytearray(1), flags | syscall.MSG_DONTWAIT)
        with pytest.raises(OSError, match=r"Invalid argument|Resource temporarily unavailable"):
            syscall.recvmsg(dgram[0], bytearray(1), None, flags | syscall.MSG_DONTWAIT)
