"""A million calls leave no memory behind: no types, no objects, no bytes.

Each kind of call is made so often that a single lost object a call would show, several times over the bound.
"""

import _ctypes
import ctypes
import gc
import os
from collections.abc import Callable
from contextlib import suppress

import pytest

import pysyscall as syscall

from . import limits
from .conftest import LOOPBACK, Keep
from .limits import needs

CALLS = 30_000
FAILURES = 10_000
BOUND = 256 * 1024
OBJECTS = 1000  # of which the addresses met last may be 256


def resident() -> int:
    """Bytes of this process's memory that are in use."""
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def subclasses(cls: type) -> int:
    own: list[type] = type.__subclasses__(cls)
    return len(own) + sum(map(subclasses, own))


def ctypes_types() -> int:
    """How many types ctypes has made."""
    bases: tuple[type, ...] = (ctypes.Array, ctypes.Structure, ctypes._SimpleCData, _ctypes._Pointer)
    return sum(map(subclasses, bases))


def growth(call: Callable[[], object], times: int) -> tuple[int, int, int, int]:
    """What so many calls leave behind: types, objects, cycles (which wait for the collector), bytes."""
    gc.collect()
    types, objects, memory = ctypes_types(), len(gc.get_objects()), resident()
    gc.disable()
    try:
        for _ in range(times):
            call()
        more_memory = resident() - memory
        cycles = gc.collect()
    finally:
        gc.enable()
    return ctypes_types() - types, len(gc.get_objects()) - objects, cycles, more_memory


def assert_flat(call: Callable[[], object], times: int = CALLS) -> None:
    for _ in range(1000):
        call()
    # A leak leaks each time; what the allocator takes once and keeps is none.
    for _ in range(3):
        types, objects, cycles, memory = growth(call, times)
        if types == 0 and objects < OBJECTS and cycles < 100 and memory < BOUND:
            return
    pytest.fail(f"{times} calls left {types} types, {objects} objects, {cycles} in cycles, {memory} bytes")


def pair(keep: Keep, typ: int) -> tuple[int, int]:
    a, b = map(keep, syscall.socketpair(syscall.AF_UNIX, typ))
    return a, b


KINDS: dict[str, Callable[[Keep], Callable[[], object]]] = {}


def kind(make: Callable[[Keep], Callable[[], object]]) -> Callable[[Keep], Callable[[], object]]:
    KINDS[make.__name__.replace("_", " ")] = make
    return make


@kind
def write_bytes_and_read_into_an_array(keep: Keep) -> Callable[[], object]:
    a, b = pair(keep, syscall.SOCK_STREAM)
    p = (ctypes.c_char * 16)()
    return lambda: (syscall.write(a, b"x"), syscall.read(b, p))


@kind
def write_and_read(keep: Keep) -> Callable[[], object]:
    a, b = pair(keep, syscall.SOCK_STREAM)
    p = bytearray(16)
    return lambda: (syscall.write(a, p), syscall.read(b, p))


@kind
def write_a_memoryview_of_bytes(keep: Keep) -> Callable[[], object]:
    a, b = pair(keep, syscall.SOCK_STREAM)
    data, p = memoryview(b"x"), (ctypes.c_char * 16)()
    return lambda: (syscall.write(a, data), syscall.read(b, p))


@kind
def sendto_and_recvfrom(keep: Keep) -> Callable[[], object]:
    fd = keep(syscall.socket(syscall.AF_INET, syscall.SOCK_DGRAM))
    syscall.bind(fd, syscall.SockaddrInet4(0, LOOPBACK))
    own, p = syscall.getsockname(fd), (ctypes.c_char * 16)()
    return lambda: (syscall.sendto(fd, b"x", 0, own), syscall.recvfrom(fd, p))


@kind
def sendto_and_recvfrom_with_ever_new_addresses(keep: Keep) -> Callable[[], object]:
    a = keep(syscall.socket(syscall.AF_INET, syscall.SOCK_DGRAM))
    syscall.bind(a, syscall.SockaddrInet4(0, LOOPBACK))
    own, p = syscall.getsockname(a), bytearray(16)
    assert isinstance(own, syscall.SockaddrInet4)

    def call() -> None:
        fresh = syscall.SockaddrInet4(own.port, own.addr)
        b = syscall.socket(syscall.AF_INET, syscall.SOCK_DGRAM)
        syscall.sendto(b, b"x", 0, fresh)
        syscall.recvfrom(a, p)
        syscall.close(b)

    return call


@kind
def sendmsg_and_recvmsg(keep: Keep) -> Callable[[], object]:
    fd = keep(syscall.socket(syscall.AF_INET, syscall.SOCK_DGRAM))
    syscall.bind(fd, syscall.SockaddrInet4(0, LOOPBACK))
    own, p, oob = syscall.getsockname(fd), [bytearray(1), bytearray(2)], bytearray(64)
    return lambda: (syscall.sendmsg(fd, [b"a", b"bc"], None, own), syscall.recvmsg(fd, p, oob))


@kind
def addresses(keep: Keep) -> Callable[[], object]:
    numbers = iter(range(10**9))

    def call() -> None:
        n = next(numbers)
        address = syscall.SockaddrInet6(n & 0xFFFF, n.to_bytes(16, "big"), n, n & 0xFFFFF)
        assert syscall.Sockaddr.from_bytes(bytes(address)) == address

    return call


@kind
def epoll(keep: Keep) -> Callable[[], object]:
    a, _ = pair(keep, syscall.SOCK_STREAM)
    fd = keep(syscall.epoll_create1())
    events, event = (syscall.EpollEvent * 4)(), syscall.EpollEvent(events=syscall.EPOLLOUT)
    syscall.epoll_ctl(fd, syscall.EPOLL_CTL_ADD, a, event)

    def call() -> None:
        syscall.epoll_ctl(fd, syscall.EPOLL_CTL_MOD, a, event)
        syscall.epoll_wait(fd, events, 0)
        assert events[0].fd == 0

    return call


@kind
def select(keep: Keep) -> Callable[[], object]:
    a, _ = pair(keep, syscall.SOCK_STREAM)

    def call() -> None:
        fds = syscall.FdSet()
        fds.set(a)
        syscall.select(a + 1, None, fds, None, syscall.Timeval())

    return call


@kind
def names_and_options(keep: Keep) -> Callable[[], object]:
    a, _ = pair(keep, syscall.SOCK_STREAM)

    def call() -> None:
        syscall.getsockname(a)
        syscall.getpeername(a)
        syscall.setsockopt_int(a, syscall.SOL_SOCKET, syscall.SO_PASSCRED, 0)
        syscall.getsockopt_int(a, syscall.SOL_SOCKET, syscall.SO_PASSCRED)
        syscall.getsockopt_ucred(a, syscall.SOL_SOCKET, syscall.SO_PEERCRED)
        syscall.getsockopt(a, syscall.SOL_SOCKET, syscall.SO_TYPE, 4)

    return call


@kind
def sockets_made_and_closed(keep: Keep) -> Callable[[], object]:
    def call() -> None:
        for fd in syscall.socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM):
            syscall.close(fd)

    return call


@kind
def ioctls(keep: Keep) -> Callable[[], object]:
    a, _ = pair(keep, syscall.SOCK_STREAM)
    p = bytearray(4)
    return lambda: syscall.ioctl(a, syscall.TIOCINQ, p)


@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)
def test_calls_leave_no_memory_behind(make: Callable[[Keep], Callable[[], object]], keep: Keep) -> None:
    assert_flat(make(keep))


def test_interfaces_leave_no_memory_behind() -> None:
    assert_flat(syscall.interfaces, 3000)


@pytest.mark.parametrize("address", ["[::1]:80", ":80"])
def test_resolved_addresses_leave_no_memory_behind(address: str) -> None:
    assert_flat(lambda: syscall.resolve_tcp_addr("tcp", address), FAILURES)


def test_unknown_names_leave_no_memory_behind() -> None:
    def fail() -> None:
        with suppress(syscall.AddrinfoError):
            syscall.resolve_tcp_addr("tcp6", "127.0.0.1:80")

    assert_flat(fail, FAILURES)


BUFFER = bytearray(16)
FAILING: dict[str, Callable[[], object]] = {
    "read": lambda: syscall.read(-1, BUFFER),
    "write": lambda: syscall.write(-1, memoryview(b"x")),
    "sendto": lambda: syscall.sendto(-1, BUFFER, 0, None),
    "recvfrom": lambda: syscall.recvfrom(-1, BUFFER),
    "sendmsg": lambda: syscall.sendmsg(-1, [b"x", BUFFER], BUFFER, None),
    "sendmsg of no buffers": lambda: syscall.sendmsg(-1, [b"x", "wrong"], BUFFER, None),  # type: ignore[list-item]
    "recvmsg": lambda: syscall.recvmsg(-1, [BUFFER], BUFFER),
    "accept": lambda: syscall.accept(-1),
    "ioctl": lambda: syscall.ioctl(-1, 0, BUFFER),
    "getsockopt": lambda: syscall.getsockopt(-1, 0, 0, 100),
    "a range": lambda: syscall.close(2**40),
    "a type": lambda: syscall.write(-1, "text"),  # type: ignore[arg-type]
    "a read-only buffer": lambda: syscall.read(-1, b"bytes"),  # type: ignore[arg-type]
}


# A buffer of zeros is control data that no kernel takes.
LACKING = {"sendmsg": needs(limits.MALFORMED_CONTROL)}


@pytest.mark.parametrize(
    "call", [pytest.param(call, id=name, marks=LACKING.get(name, ())) for name, call in FAILING.items()]
)
def test_failures_leave_no_memory_behind(call: Callable[[], object]) -> None:
    def fail() -> None:
        try:
            call()
        except (OSError, TypeError, OverflowError):
            return
        raise AssertionError("it did not fail")

    assert_flat(fail, FAILURES)
    BUFFER.append(1)
    BUFFER.pop()


def guard_pages() -> int:
    """How many pieces of memory without access there are: one behind each piece of scratch memory."""
    with open("/proc/self/maps") as maps:
        return sum(line.split()[1] == "---p" for line in maps)


@needs(limits.MALFORMED_CONTROL)
def test_no_failure_and_no_handler_loses_or_takes_scratch_memory(keep: Keep) -> None:
    empty = keep(syscall.sys_socket(syscall.AF_INET, syscall.SOCK_DGRAM))
    p = ctypes.create_string_buffer(4)
    failing: dict[str, Callable[[], object]] = {
        **FAILING,
        "recvfrom of nothing": lambda: syscall.recvfrom(empty, p),
        "recvmsg of nothing": lambda: syscall.recvmsg(empty, p, p),
        "recvfrom into bytes": lambda: syscall.recvfrom(empty, b"bytes"),  # type: ignore[arg-type]
        "getpeername": lambda: syscall.getpeername(empty),
        "getsockopt_int": lambda: syscall.getsockopt_int(empty, 1234, 1),
        "setsockopt_int": lambda: syscall.setsockopt_int(empty, 1234, 1, 1),
        "getsockopt of much": lambda: syscall.getsockopt(empty, 1234, 1, 1 << 20),
        "socketpair": lambda: syscall.socketpair(-1, 0),
        "pipe2": lambda: syscall.pipe2(-1),
        "ioctl of much": lambda: syscall.ioctl(empty, 0, bytearray(16385)),
    }
    syscall.getsockname(empty)
    before = guard_pages()
    assert before >= 2
    for name, call in failing.items():
        for _ in range(10):
            with suppress(OSError, TypeError, OverflowError, ValueError):
                call()
                raise AssertionError(f"{name} did not fail")
        assert guard_pages() == before, name
