"""The C structures: their fields, methods, comparison and repr."""

import copy
import ctypes
import pickle
import re
from collections.abc import Callable

import pytest

import pysyscall as syscall
from pysyscall import EpollEvent, FdSet, Linger, Timespec, Timeval
from pysyscall.base.layout import Struct

PUBLIC = [getattr(syscall, name) for name in dir(syscall)]
STRUCTS = [value for value in PUBLIC if isinstance(value, type) and issubclass(value, Struct)]
assert len(STRUCTS) > 40


def fields(struct: type[Struct]) -> list[str]:
    return [name for name, *_ in struct._fields_ if not name.startswith("_")]


@pytest.mark.parametrize("struct", STRUCTS)
def test_a_structure_begins_as_zeros_and_equals_another_of_them(struct: type[Struct]) -> None:
    one, other = struct(), struct()
    assert bytes(one) == bytes(ctypes.sizeof(struct))
    assert one == other
    assert one != Timeval() or struct is Timeval
    assert one != bytes(one)


@pytest.mark.parametrize("struct", STRUCTS)
def test_a_structure_differs_where_any_byte_of_a_field_does(struct: type[Struct]) -> None:
    for name in fields(struct):
        field = getattr(struct, name)
        raw = bytearray(ctypes.sizeof(struct))
        raw[field.offset : field.offset + field.size] = b"\x01" * field.size
        assert struct.from_buffer(raw) != struct()
        assert struct.from_buffer(raw) == struct.from_buffer_copy(raw)


@pytest.mark.parametrize("struct", STRUCTS)
def test_a_structure_has_no_other_fields_and_no_hash(struct: type[Struct]) -> None:
    one = struct()
    with pytest.raises(AttributeError):
        setattr(one, "misspelt", 1)  # noqa: B010
    with pytest.raises((AttributeError, TypeError)):
        struct(misspelt=1)
    with pytest.raises(TypeError, match="unhashable"):
        hash(one)


@pytest.mark.parametrize("struct", STRUCTS)
def test_a_structures_repr_names_it_and_its_fields(struct: type[Struct]) -> None:
    shown = repr(struct())
    assert shown.startswith(f"{struct.__name__}(")
    if struct is not EpollEvent:
        assert all(f"{name}=" in shown for name in fields(struct))


def holds_an_address(struct: type[Struct]) -> bool:
    return any(kind is ctypes.c_void_p for _, kind, *_ in struct._fields_)


@pytest.mark.parametrize("struct", [struct for struct in STRUCTS if not holds_an_address(struct)])
def test_a_structure_can_be_copied(struct: type[Struct]) -> None:
    one = struct.from_buffer_copy(bytes(range(1, 256)) * 8)
    for clone in (copy.copy(one), copy.deepcopy(one), pickle.loads(pickle.dumps(one))):
        assert clone == one
        assert bytes(clone) == bytes(one)
        name = fields(struct)[0]
        setattr(clone, name, getattr(struct(), name))
        assert clone != one


def test_the_repr_shows_arrays_of_bytes_as_bytes() -> None:
    mreq = syscall.IPMreq((ctypes.c_uint8 * 4)(224, 0, 0, 1))
    assert repr(mreq) == "IPMreq(multiaddr=b'\\xe0\\x00\\x00\\x01', interface=b'\\x00\\x00\\x00\\x00')"


def test_the_fields_of_a_structure_are_checked_by_ctypes() -> None:
    for wrong in ("1", 1.5, None):
        with pytest.raises(TypeError):
            Linger(onoff=wrong)


def test_a_structure_that_extends_another_has_the_fields_of_both() -> None:
    info = syscall.TCPInfoFull(state=1, rcv_wnd=2)
    assert info != syscall.TCPInfoFull(state=3, rcv_wnd=2)
    assert info != syscall.TCPInfoFull(state=1, rcv_wnd=3)
    assert info == syscall.TCPInfoFull(state=1, rcv_wnd=2)
    assert "(state=1, " in repr(info)
    assert ", rcv_wnd=2, " in repr(info)


def test_an_alignment_to_c_is_no_field() -> None:
    one = syscall.RawSockaddrInet4(2, 80, (ctypes.c_uint8 * 4)(127, 0, 0, 1))
    assert repr(one).endswith("zero=b'\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00')")
    assert (ctypes.sizeof(one), ctypes.alignment(one)) == (16, 4)
    with pytest.raises(TypeError):
        syscall.RawSockaddrInet4(2, 80, one.addr, one.zero, 1)


# Timeval, Timespec


@pytest.mark.parametrize(("sec", "usec"), [(0, 0), (1, 2), (-1, 999_999), (1_700_000_000, 5)])
def test_timeval_in_nanoseconds_and_as_seconds_and_nanoseconds(sec: int, usec: int) -> None:
    tv = Timeval(sec, usec)
    assert (tv.sec, tv.usec) == (sec, usec)
    assert tv.nano() == sec * 10**9 + usec * 1000
    assert tv.unix() == (sec, usec * 1000)


@pytest.mark.parametrize(("sec", "nsec"), [(0, 0), (1, 2), (-1, 999_999_999), (1_700_000_000, 5)])
def test_timespec_in_nanoseconds_and_as_seconds_and_nanoseconds(sec: int, nsec: int) -> None:
    ts = Timespec(sec, nsec)
    assert (ts.sec, ts.nsec) == (sec, nsec)
    assert ts.nano() == sec * 10**9 + nsec
    assert ts.unix() == (sec, nsec)


# FdSet


def test_an_fd_set_holds_what_is_put_in() -> None:
    fds = FdSet()
    edges = [0, 1, 31, 32, 63, 64, 65, 127, 128, 1022, 1023]
    for i, fd in enumerate(edges):
        fds.set(fd)
        assert [other for other in range(1024) if fds.is_set(other)] == edges[: i + 1]
    for i, fd in enumerate(edges):
        fds.clear(fd)
        assert [other for other in range(1024) if fds.is_set(other)] == edges[i + 1 :]


def test_an_fd_set_is_emptied_at_once() -> None:
    fds = FdSet()
    for fd in range(0, 1024, 3):
        fds.set(fd)
    fds.zero()
    assert fds == FdSet()
    fds.clear(5)
    assert fds == FdSet()


# EpollEvent


def test_an_epoll_event_has_64_bits_of_the_callers_in_two_halves() -> None:
    event = EpollEvent(events=syscall.EPOLLIN, fd=7)
    assert (event.events, event.fd, event.pad) == (syscall.EPOLLIN, 7, 0)
    event.u64 = 2**64 - 1
    assert (event.fd, event.pad) == (-1, -1)
    event.fd = 3
    assert event.u64.to_bytes(8, "little" if event.u64 & 0xFFFF_FFFF == 3 else "big")[:4] == (3).to_bytes(4, "little")
    assert ctypes.sizeof(EpollEvent) in (12, 16)
    assert repr(event) == f"EpollEvent(events={syscall.EPOLLIN:#x}, fd=3, pad=-1)"


# Iovec, Msghdr


def test_lengths_are_set_in_the_width_of_this_machine() -> None:
    widest = 2 ** (8 * ctypes.sizeof(ctypes.c_size_t)) - 1
    iovec, msghdr = syscall.Iovec(), syscall.Msghdr()
    for length in (0, 5, widest):
        iovec.set_len(length)
        msghdr.set_controllen(length)
        assert (iovec.len, msghdr.controllen) == (length, length)
    for length in (-1, widest + 1):
        with pytest.raises(OverflowError, match=r"^length must be in "):
            iovec.set_len(length)
        with pytest.raises(OverflowError, match=r"^length must be in "):
            msghdr.set_controllen(length)


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: Linger(1, 2**32 + 3), "Linger.linger must be in -2147483648..2147483647, not 4294967299"),
        (lambda: EpollEvent(1, fd=2**31), "EpollEvent.fd must be in"),
        (lambda: EpollEvent(2**33), "EpollEvent.events must be in 0..4294967295"),
        (lambda: syscall.Timeval(sec=2**64 + 1), "Timeval.sec must be in"),
        (lambda: setattr(syscall.NlMsghdr(), "flags", -1), "NlMsghdr.flags must be in 0..65535, not -1"),
        (lambda: syscall.PacketMreq(2**32 + 2), "PacketMreq.ifindex must be in"),
    ],
)
def test_an_integer_that_does_not_fit_its_field_is_refused(make: Callable[[], object], field: str) -> None:
    with pytest.raises(OverflowError, match=re.escape(field)):
        make()


@pytest.mark.parametrize("struct", STRUCTS)
def test_every_integer_field_takes_its_own_bounds_and_no_more(struct: type[Struct]) -> None:
    one = struct()
    for name, (lowest, highest) in struct._limits.items():
        for value in (lowest, highest):
            setattr(one, name, value)
            assert getattr(one, name) == value
        for value in (lowest - 1, highest + 1):
            with pytest.raises(OverflowError):
                setattr(one, name, value)
