"""The C structures: their fields, methods, comparison and repr."""

import copy
import ctypes
import inspect
import pickle
import pydoc
import re
import sys
from collections.abc import Callable
from typing import get_type_hints

import pytest

import pysyscall as syscall
from pysyscall import EpollEvent, FdSet, Linger, Timespec, Timeval
from pysyscall.base.abi import ABIS
from pysyscall.base.layout import U8, U16, U32, Struct, U8x3, codec

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
        if field.size == 0:
            continue  # what follows the structure
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
    assert event.u64.to_bytes(8, sys.byteorder)[:4] == (3).to_bytes(4, sys.byteorder)
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


def integers(struct: type[Struct]) -> dict[str, type]:
    """The types of a structure's integer fields."""
    own = [field for base in reversed(struct.__mro__) for field in vars(base).get("_fields_", ())]
    return {
        name: kind for name, kind, *_ in own if issubclass(kind, ctypes._SimpleCData) and kind is not ctypes.c_void_p
    }


@pytest.mark.parametrize("struct", STRUCTS)
def test_every_integer_field_takes_its_own_bounds_and_no_more(struct: type[Struct]) -> None:
    one = struct()
    for name, kind in integers(struct).items():
        bits = 8 * ctypes.sizeof(kind)
        is_signed = kind(-1).value < 0
        lowest, highest = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if is_signed else (0, 2**bits - 1)
        for value in (lowest, highest):
            setattr(one, name, value)
            assert getattr(one, name) == value
        for value in (lowest - 1, highest + 1):
            with pytest.raises(
                OverflowError, match=rf"^{struct.__name__}\.{name} must be in {lowest}\.\.{highest}, not {value}"
            ):
                setattr(one, name, value)
            if struct not in (syscall.EpollEvent, syscall.Ifreq):
                with pytest.raises(OverflowError, match=rf"^{struct.__name__}\.{name} must be in "):
                    struct(**{name: value})
            assert getattr(one, name) == highest


# Arrays


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, tuple, lambda raw: (ctypes.c_uint8 * 4)(*raw)])
def test_an_array_of_bytes_takes_bytes_of_any_kind_and_gives_bytes(kind: Callable[[bytes], bytes]) -> None:
    group, interface = bytes((239, 1, 2, 3)), bytes((127, 0, 0, 1))
    made = syscall.IPMreqn(kind(group), address=kind(interface))
    assert (made.multiaddr, made.address) == (group, interface)
    assert bytes(made) == group + interface + bytes(4)
    made.multiaddr = kind(interface)
    assert made.multiaddr == interface
    assert type(made.multiaddr) is bytes


def test_what_an_array_of_bytes_gave_does_not_change() -> None:
    made = syscall.IPMreqn(bytes(4))
    before = made.multiaddr
    made.multiaddr = b"abcd"
    assert before == bytes(4)


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ((999, 1, 2, 3), OverflowError, "IPMreqn.multiaddr[0] must be in 0..255, not 999"),
        ((224, 0, 0, -1), OverflowError, "IPMreqn.multiaddr[3] must be in 0..255, not -1"),
        ((1, 2, 3), ValueError, "IPMreqn.multiaddr must be 4 bytes, not 3"),
        ((), ValueError, "IPMreqn.multiaddr must be 4 bytes, not 0"),
        ((1, 2, 3, 4, 5), ValueError, "IPMreqn.multiaddr must be 4 bytes, not 5"),
        (b"abc", ValueError, "IPMreqn.multiaddr must be 4 bytes, not 3"),
        (bytearray(16), ValueError, "IPMreqn.multiaddr must be 4 bytes, not 16"),
        ("abcd", TypeError, "IPMreqn.multiaddr must be 4 bytes, not str"),
        (4, TypeError, "IPMreqn.multiaddr must be 4 bytes, not int"),
        (None, TypeError, "IPMreqn.multiaddr must be 4 bytes, not NoneType"),
        (("1", 2, 3, 4), TypeError, "IPMreqn.multiaddr[0] must be an integer, not str"),
    ],
)
def test_an_array_of_bytes_refuses_another_length_and_what_is_no_byte(
    value: object, error: type[Exception], message: str
) -> None:
    made = syscall.IPMreqn(b"abcd")
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        made.multiaddr = value  # type: ignore[assignment]
    assert made == syscall.IPMreqn(b"abcd")
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        syscall.IPMreqn(multiaddr=value)
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        syscall.IPMreqn(value)


def test_an_element_that_does_not_fit_is_refused_wherever_it_is_set() -> None:
    words = tuple(range(8))
    made = syscall.ICMPv6Filter(words)
    assert list(made.data) == list(words)
    for outside in (2**32 + 5, 2**32, -1):
        with pytest.raises(OverflowError, match=f"must be in 0..4294967295, not {outside}$"):
            made.data[0] = outside
        with pytest.raises(OverflowError, match=f"must be in 0..4294967295, not {outside}$"):
            made.data[2:4] = [1, outside]
        with pytest.raises(
            OverflowError, match=re.escape(f"ICMPv6Filter.data[7] must be in 0..4294967295, not {outside}")
        ):
            made.data = (*words[:7], outside)  # type: ignore[assignment]
        with pytest.raises(OverflowError, match=re.escape("ICMPv6Filter.data[0] must be in ")):
            syscall.ICMPv6Filter((outside, *words[1:]))
    assert list(made.data) == list(words)
    made.data[0] = 2**32 - 1
    made.data[-1] = 7
    made.data[1:3] = [8, 9]
    assert list(made.data) == [2**32 - 1, 8, 9, *words[3:7], 7]
    for wrong in ("1", 1.5, None):
        with pytest.raises(TypeError):
            made.data[0] = wrong  # type: ignore[call-overload]
    with pytest.raises(IndexError):
        made.data[8] = 1


def test_an_array_has_all_its_elements_or_none() -> None:
    for wrong in ((), (1,) * 7, (1,) * 9, (ctypes.c_uint32 * 7)()):
        with pytest.raises(ValueError, match=rf"^ICMPv6Filter\.data must have 8 elements, not {len(wrong)}$"):
            syscall.ICMPv6Filter(wrong)
    with pytest.raises(TypeError, match=r"^ICMPv6Filter\.data must be a tuple or an array of 8 elements, not int$"):
        syscall.ICMPv6Filter(1)
    made = syscall.ICMPv6Filter((ctypes.c_uint32 * 8)(*range(8)))
    other = syscall.ICMPv6Filter(made.data)
    assert other == made
    other.data[0] = 1
    assert made.data[0] == 0


def test_the_bits_of_an_fd_set_are_an_array_like_any_other() -> None:
    fds = FdSet()
    with pytest.raises(OverflowError, match=r"must be in 0\.\."):
        fds.bits[0] = 2 ** (8 * ctypes.sizeof(ctypes.c_ulong))
    assert fds == FdSet()


def test_structures_within_structures_are_held_to_the_same() -> None:
    error = syscall.NlMsgerr(-1, syscall.NlMsghdr(20, 2))
    assert (error.msg.len, error.msg.type) == (20, 2)
    assert syscall.NlMsgerr(-1, (20, 2)) == error
    with pytest.raises(OverflowError, match=r"^NlMsghdr\.type must be in 0\.\.65535, not 65536"):
        error.msg.type = 65536
    with pytest.raises(OverflowError, match=r"^NlMsghdr\.type must be in 0\.\.65535, not 65536"):
        syscall.NlMsgerr(-1, (20, 65536))
    for wrong in (1, b"abc", Linger()):
        with pytest.raises(TypeError):
            error.msg = wrong  # type: ignore[assignment]
    times = syscall.ScmTimestamping(((1, 2), syscall.KernelTimespec(3, 4), (5, 6)))
    assert [(each.sec, each.nsec) for each in times.ts] == [(1, 2), (3, 4), (5, 6)]
    with pytest.raises(OverflowError, match=r"^KernelTimespec\.sec must be in "):
        syscall.ScmTimestamping(((2**63, 2), (3, 4), (5, 6)))
    with pytest.raises(ValueError, match=r"^ScmTimestamping\.ts must have 3 elements, not 1"):
        syscall.ScmTimestamping(((1, 2),))


def test_a_union_is_held_to_the_same() -> None:
    ifr = syscall.Ifreq("lo")
    with pytest.raises(OverflowError, match=r"ivalue must be in -2147483648\.\.2147483647, not 2147483648$"):
        ifr.ifru.ivalue = 2**31
    with pytest.raises(OverflowError, match=r"^RawSockaddr\.family must be in "):
        ifr.ifru.addr.family = 2**16
    with pytest.raises(AttributeError):
        ifr.ifru.misspelt = 1  # type: ignore[attr-defined]
    event = EpollEvent()
    with pytest.raises(OverflowError, match=r"u64 must be in 0\.\.18446744073709551615, not -1$"):
        event.data.u64 = -1
    with pytest.raises(OverflowError, match=r"^EpollEvent\.u64 must be in 0\.\.18446744073709551615, not -1$"):
        event.u64 = -1
    assert event == EpollEvent()


def test_a_name_in_a_structure_ends_with_its_nul_and_leaves_nothing_behind() -> None:
    ifr = syscall.Ifreq("a-long-name")
    ifr.ifrn = b"lo"
    assert bytes(ifr)[:16] == b"lo".ljust(16, b"\0")
    assert ifr.ifrn == b"lo"
    ifr.ifrn = bytearray(b"x" * 16)  # type: ignore[assignment]
    assert ifr.ifrn == b"x" * 16
    with pytest.raises(ValueError, match=r"^Ifreq\.ifrn must be at most 16 bytes, not 17"):
        ifr.ifrn = b"x" * 17
    with pytest.raises(TypeError, match=r"^Ifreq\.ifrn must be 16 bytes, not str"):
        ifr.ifrn = "lo"  # type: ignore[assignment]


def test_an_address_in_a_structure_is_none_or_one_that_a_pointer_can_hold() -> None:
    made = syscall.Iovec()
    widest = 2 ** (8 * ctypes.sizeof(ctypes.c_void_p)) - 1
    for address in (1, widest, None, 5, ctypes.c_void_p(7)):
        made.base = address  # type: ignore[assignment]
    assert made.base == 7
    for wrong in (-1, widest + 1):
        with pytest.raises(OverflowError, match=r"^Iovec\.base must be in 0\.\."):
            made.base = wrong
    assert made.base == 7


class Index:
    """What an integer may come as."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __index__(self) -> int:
        return self.value


def test_a_field_takes_whatever_stands_for_an_integer() -> None:
    made = Linger(True, Index(7))
    assert (made.onoff, made.linger) == (1, 7)
    with pytest.raises(OverflowError, match=r"^Linger\.linger must be in .*, not 2147483648$"):
        made.linger = Index(2**31)  # type: ignore[assignment]
    made.onoff = ctypes.c_int32(5)  # type: ignore[assignment]
    assert (made.onoff, made.linger) == (5, 7)


# Signatures


def test_a_structure_tells_its_fields_and_their_types() -> None:
    assert str(inspect.signature(syscall.IPMreqn)) == (
        r"(multiaddr: bytes = b'\x00\x00\x00\x00', address: bytes = b'\x00\x00\x00\x00', ifindex: int = 0)"
    )
    assert list(inspect.signature(syscall.NlMsgerr).parameters) == ["error", "msg"]
    assert inspect.signature(syscall.NlMsgerr).parameters["msg"].annotation is syscall.NlMsghdr
    assert str(inspect.signature(EpollEvent)) == "(events: int = 0, *, fd: int = 0, pad: int = 0, u64: int = 0) -> None"
    assert re.search(r"IPMreqn\([ |\n]*multiaddr: bytes = ", pydoc.plain(pydoc.render_doc(syscall.IPMreqn)))


@pytest.mark.parametrize("struct", STRUCTS)
def test_a_structures_signature_is_what_its_constructor_takes(struct: type[Struct]) -> None:
    parameters = inspect.signature(struct).parameters
    assert parameters
    assert not any(name.startswith("_") for name in parameters)
    assert all(parameter.default is not parameter.empty for parameter in parameters.values())
    given = {name: parameter.default for name, parameter in parameters.items() if parameter.default is not ...}
    assert struct(**given) == struct()
    assert get_type_hints(struct)


def test_an_epoll_event_says_what_it_takes() -> None:
    with pytest.raises(TypeError, match="positional arguments"):
        EpollEvent(syscall.EPOLLIN, 5)  # type: ignore[call-arg]


def test_a_field_is_given_once() -> None:
    with pytest.raises(TypeError, match="duplicate values for field 'onoff'"):
        Linger(1, onoff=1)
    with pytest.raises(TypeError, match="too many"):
        Linger(1, 2, 3)


# What only some structures need


class Ordered(Struct):
    """Fields that lie otherwise on some ABIs, one that these lack, and padding."""

    __slots__ = ()
    _order_ = dict.fromkeys(ABIS, "_before second third first")
    first: U8
    second: U32
    absent: U16
    third: U8x3
    _before: U16


class Unordered(Struct):
    """The same, as they are declared."""

    __slots__ = ()
    _order_ = {"another": "third first"}  # noqa: RUF012
    first: U8
    _between: U8
    second: U32
    third: U8x3


def test_fields_lie_in_the_order_of_the_abi_and_are_given_in_the_order_of_their_declaration() -> None:
    made = Ordered(1, 2, b"abc")
    assert (Ordered.second.offset, Ordered.third.offset, Ordered.first.offset) == (4, 8, 11)  # type: ignore[attr-defined]
    assert (made.first, made.second, made.third) == (1, 2, b"abc")
    assert bytes(made) == bytes(4) + (2).to_bytes(4, sys.byteorder) + b"abc\x01"
    assert repr(made) == "Ordered(first=1, second=2, third=b'abc')"
    assert list(inspect.signature(Ordered).parameters) == ["first", "second", "third"]
    assert made == Ordered(first=1, third=b"abc", second=2) == Ordered(1, third=b"abc", second=2)
    assert made != Ordered(2, 2, b"abc")
    assert list(inspect.signature(Unordered).parameters) == ["first", "second", "third"]
    assert bytes(Unordered(1, 2, b"abc")) == b"\x01\0\0\0" + (2).to_bytes(4, sys.byteorder) + b"abc\0"


def test_a_field_that_an_abi_lacks_does_not_exist_there() -> None:
    with pytest.raises(AttributeError):
        Ordered().absent  # noqa: B018
    with pytest.raises(AttributeError):
        Ordered(absent=1)
    with pytest.raises(AttributeError):
        Ordered().absent = 1
    with pytest.raises(TypeError, match="too many"):
        Ordered(1, 2, b"abc", 4)
    with pytest.raises(TypeError, match="first"):
        Ordered(1, first=1)


def test_padding_makes_no_difference() -> None:
    raw = bytearray(bytes(Unordered(1, 2, b"abc")))
    raw[1] = 0xFF
    assert Unordered.from_buffer_copy(raw) == Unordered(1, 2, b"abc")
    assert bytes(Unordered.from_buffer_copy(raw)) != bytes(Unordered(1, 2, b"abc"))


def test_the_packer_of_a_structure_leaves_its_padding_out() -> None:
    assert codec(Unordered).pack(1, 2, b"abc") == bytes(Unordered(1, 2, b"abc"))[:11]
    assert codec(syscall.Ucred).unpack(bytes(syscall.Ucred(-1, 2**32 - 1, 3))) == (-1, 2**32 - 1, 3)
    assert codec(Ordered).unpack_from(bytes(Ordered(1, 2, b"abc"))) == (2, b"abc", 1)
