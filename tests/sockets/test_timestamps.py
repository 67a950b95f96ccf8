"""When packets came: every form of the timestamp options, from the kernel, and as other ABIs would lay them out."""

import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pysyscall as syscall

from .. import limits
from ..limits import needs

SINGLE = [
    syscall.SO_TIMESTAMP,
    syscall.SO_TIMESTAMPNS,
    syscall.SO_TIMESTAMP_OLD,
    syscall.SO_TIMESTAMP_NEW,
    syscall.SO_TIMESTAMPNS_OLD,
    syscall.SO_TIMESTAMPNS_NEW,
]
OLD = {syscall.SO_TIMESTAMP_OLD, syscall.SO_TIMESTAMPNS_OLD, syscall.SO_TIMESTAMPING_OLD}
TRIPLE = [syscall.SO_TIMESTAMPING, syscall.SO_TIMESTAMPING_OLD, syscall.SO_TIMESTAMPING_NEW]


@contextmanager
def udp_to_itself() -> Iterator[int]:
    fd = syscall.socket(syscall.AF_INET, syscall.SOCK_DGRAM | syscall.SOCK_CLOEXEC)
    try:
        syscall.bind(fd, syscall.SockaddrInet4(0, b"\x7f\0\0\1"))
        syscall.connect(fd, syscall.getsockname(fd))
        yield fd
    finally:
        syscall.close(fd)


def message(level: int, type: int, data: bytes) -> syscall.SocketControlMessage:
    return syscall.parse_socket_control_message(syscall.socket_control_message(level, type, data))[0]


def echo(fd: int) -> list[syscall.SocketControlMessage]:
    """The control messages of a datagram that the socket sends to itself."""
    oob = bytearray(200)
    syscall.write(fd, b"x")
    _, oobn, _, _ = syscall.recvmsg(fd, bytearray(1), oob)
    return syscall.parse_socket_control_message(oob[:oobn])


@pytest.mark.parametrize("option", [pytest.param(o, marks=needs(limits.timestamp(o))) for o in SINGLE])
def test_a_packet_tells_when_it_came(option: int) -> None:
    with udp_to_itself() as fd:
        syscall.setsockopt_int(fd, syscall.SOL_SOCKET, option, 1)
        before = time.time_ns()
        (m,) = echo(fd)
        after = time.time_ns()
        assert m.header.type == option
        assert before // 1000 * 1000 <= syscall.parse_timestamp(m) <= after


@pytest.mark.parametrize("option", [pytest.param(o, marks=needs(limits.option(limits.SOL, o, 16))) for o in TRIPLE])
def test_a_packet_tells_by_which_clock_it_came(option: int) -> None:
    with udp_to_itself() as fd:
        flags = syscall.SOF_TIMESTAMPING_RX_SOFTWARE | syscall.SOF_TIMESTAMPING_SOFTWARE
        syscall.setsockopt_int(fd, syscall.SOL_SOCKET, option, flags)
        before = time.time_ns()
        found: list[syscall.SocketControlMessage] = []
        while not found:  # the kernel begins to stamp a moment after it was asked to
            assert time.time_ns() < before + 10_000_000_000
            found = echo(fd)
        after = time.time_ns()
        timestamping = syscall.parse_timestamping(found[0])
        assert found[0].header.type == option
        assert before <= timestamping.software <= after
        assert timestamping.hardware == 0


@given(st.integers(-(2**63), 2**63 - 1), st.integers(0, 999_999_999))
def test_seconds_have_64_bits(seconds: int, rest: int) -> None:
    for type, unit in ((syscall.SO_TIMESTAMP_NEW, 1000), (syscall.SO_TIMESTAMPNS_NEW, 1)):
        m = message(syscall.SOL_SOCKET, type, struct.pack("=qq", seconds, rest))
        assert syscall.parse_timestamp(m) == seconds * 10**9 + rest * unit
    data = struct.pack("=6q", seconds, rest, 1, 2, 3, 4)
    timestamping = syscall.parse_timestamping(message(syscall.SOL_SOCKET, syscall.SO_TIMESTAMPING_NEW, data))
    assert timestamping.software == seconds * 10**9 + rest
    assert timestamping.hardware == 3_000_000_004
    assert timestamping.ts[1] == syscall.KernelTimespec(1, 2)
    assert bytes(timestamping) == data


def test_old_seconds_are_longs() -> None:
    for type, unit in ((syscall.SO_TIMESTAMP_OLD, 1000), (syscall.SO_TIMESTAMPNS_OLD, 1)):
        assert (
            syscall.parse_timestamp(message(syscall.SOL_SOCKET, type, struct.pack("@ll", -5, 7)))
            == -5 * 10**9 + 7 * unit
        )
    m = message(syscall.SOL_SOCKET, syscall.SO_TIMESTAMPING_OLD, struct.pack("@6l", 1, 2, 3, 4, 5, 6))
    assert [(ts.sec, ts.nsec) for ts in syscall.parse_timestamping(m).ts] == [(1, 2), (3, 4), (5, 6)]


def test_other_messages_and_cut_ones_are_einval() -> None:
    for type in SINGLE:
        size = struct.calcsize("2l") if type in OLD else 16
        whole = message(syscall.SOL_SOCKET, type, bytes(size))
        assert syscall.parse_timestamp(whole) == 0
        for m in (message(syscall.SOL_SOCKET, type, bytes(size - 1)), message(syscall.IPPROTO_IP, type, bytes(size))):
            with pytest.raises(OSError, match="parse_timestamp: Invalid argument"):
                syscall.parse_timestamp(m)
        with pytest.raises(OSError, match="parse_timestamping: Invalid argument"):
            syscall.parse_timestamping(whole)
    for type in TRIPLE:
        size = struct.calcsize("6l") if type in OLD else 48
        whole = message(syscall.SOL_SOCKET, type, bytes(size))
        assert syscall.parse_timestamping(whole) == syscall.ScmTimestamping()
        for m in (message(syscall.SOL_SOCKET, type, bytes(size - 1)), message(syscall.IPPROTO_IP, type, bytes(size))):
            with pytest.raises(OSError, match="parse_timestamping: Invalid argument"):
                syscall.parse_timestamping(m)
        with pytest.raises(OSError, match="parse_timestamp: Invalid argument"):
            syscall.parse_timestamp(whole)
