"""Control messages: their frame, and the descriptors and credentials of Unix sockets."""

import os
import socket as cpython
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pysyscall as syscall

from .. import limits
from ..limits import needs

A = TypeVar("A")
R = TypeVar("R")

CREDENTIALS = syscall.Ucred(os.getpid(), os.getuid(), os.getgid())


def open_descriptors() -> set[str]:
    return set(os.listdir("/proc/self/fd"))


@contextmanager
def pair(typ: int = syscall.SOCK_DGRAM) -> Iterator[tuple[int, int]]:
    a, b = syscall.socketpair(syscall.AF_UNIX, typ | syscall.SOCK_CLOEXEC | syscall.SOCK_NONBLOCK)
    try:
        yield a, b
    finally:
        syscall.close(a)
        syscall.close(b)


@contextmanager
def no_descriptor_left() -> Iterator[None]:
    before = open_descriptors()
    yield
    assert open_descriptors() == before


def same_file(a: int, b: int) -> bool:
    return os.path.samestat(os.fstat(a), os.fstat(b))


def none_where_einval(parse: Callable[[A], R], argument: A) -> R | None:
    try:
        return parse(argument)
    except OSError as error:
        if error.errno != syscall.EINVAL:
            raise
        return None


@given(st.integers(0, 2**31 - 100))
def test_lengths_are_the_macros_of_c(datalen: int) -> None:
    assert syscall.cmsg_len(datalen) == cpython.CMSG_LEN(datalen)
    assert syscall.cmsg_space(datalen) == cpython.CMSG_SPACE(datalen)


def test_small_lengths_are_the_macros_of_c() -> None:
    for datalen in range(2048):
        assert syscall.cmsg_len(datalen) == cpython.CMSG_LEN(datalen)
        assert syscall.cmsg_space(datalen) == cpython.CMSG_SPACE(datalen)


@pytest.mark.parametrize("function", [syscall.cmsg_len, syscall.cmsg_space])
def test_no_length_is_negative_or_beyond_an_int(function: Callable[[int], int]) -> None:
    for datalen in (-1, 2**31, 2**64):
        with pytest.raises(OverflowError, match="datalen"):
            function(datalen)


def test_set_len_takes_what_the_field_holds() -> None:
    header = syscall.Cmsghdr()
    header.set_len(20)
    assert header == syscall.Cmsghdr(20, 0, 0)
    with pytest.raises(OverflowError, match="length"):
        header.set_len(-1)


@given(st.lists(st.tuples(st.integers(-(2**31), 2**31 - 1), st.integers(-(2**31), 2**31 - 1), st.binary(max_size=40))))
def test_what_is_built_is_parsed(contents: list[tuple[int, int, bytes]]) -> None:
    raw = b"".join(syscall.socket_control_message(*content) for content in contents)
    assert len(raw) == sum(syscall.cmsg_space(len(data)) for _, _, data in contents)
    parsed = syscall.parse_socket_control_message(raw)
    assert [(m.header.level, m.header.type, m.data) for m in parsed] == contents
    assert [m.header.len for m in parsed] == [syscall.cmsg_len(len(data)) for _, _, data in contents]


@given(st.binary(max_size=200), st.integers(0, 60), st.binary(max_size=64))
def test_malformed_control_data_is_einval_or_a_result(noise: bytes, length: int, data: bytes) -> None:
    for raw in (noise, struct.pack("@Nii", length, syscall.SOL_SOCKET, syscall.SCM_RIGHTS) + data):
        messages = none_where_einval(syscall.parse_socket_control_message, raw) or []
        assert sum(len(m.data) for m in messages) <= len(raw)
        for m in messages:
            none_where_einval(syscall.parse_unix_rights, m)
            none_where_einval(syscall.parse_unix_credentials, m)


def test_a_message_longer_or_shorter_than_can_be_is_einval() -> None:
    whole = syscall.socket_control_message(1, 2, b"12345678")
    for length in (0, len(whole) - 9, len(whole) + 1, sys.maxsize + 1):
        raw = (part := struct.pack("@N", length)) + whole[len(part) :]
        with pytest.raises(OSError, match="parse_socket_control_message: ") as caught:
            syscall.parse_socket_control_message(raw)
        assert caught.value.errno == syscall.EINVAL
    # Less than a header is no message, as in Go.
    assert syscall.parse_socket_control_message(whole + b"1234567") == syscall.parse_socket_control_message(whole)


def test_a_last_message_without_padding_is_whole() -> None:
    raw = syscall.unix_rights(1, 2, 3)
    (m,) = syscall.parse_socket_control_message(raw[: syscall.cmsg_len(12)])
    assert syscall.parse_unix_rights(m) == [1, 2, 3]


def test_messages_compare_by_value_and_show_their_parts() -> None:
    (a,) = syscall.parse_socket_control_message(bytearray(syscall.unix_rights(5)))
    (b,) = syscall.parse_socket_control_message(memoryview(syscall.unix_rights(5)))
    assert a == b
    assert a != syscall.SocketControlMessage(a.header, b"")
    assert a != 5
    header = f"Cmsghdr(len={syscall.cmsg_len(4)}, level={syscall.SOL_SOCKET}, type=1)"
    assert repr(a).startswith(f"SocketControlMessage(header={header}, data=b")


@pytest.mark.parametrize("typ", [syscall.SOCK_DGRAM, syscall.SOCK_STREAM, syscall.SOCK_SEQPACKET])
def test_descriptors_travel(typ: int) -> None:
    with no_descriptor_left(), pair(typ) as (a, b), pair() as sent:
        assert syscall.sendmsg(a, b"x", syscall.unix_rights(*sent), None) == 1
        p, oob = bytearray(8), bytearray(syscall.cmsg_space(4 * len(sent)))
        n, oobn, flags, _ = syscall.recvmsg(b, p, oob, syscall.MSG_CMSG_CLOEXEC)
        assert (n, oobn, flags & ~syscall.MSG_EOR) == (1, syscall.cmsg_space(8), syscall.MSG_CMSG_CLOEXEC)
        (m,) = syscall.parse_socket_control_message(oob[:oobn])
        received = syscall.parse_unix_rights(m)
        assert len(received) == 2
        assert all(map(same_file, received, sent))
        assert not any(os.get_inheritable(fd) for fd in received)
        assert syscall.close_unix_rights([m]) == 2


def test_cpython_reads_what_we_build_and_we_what_it_builds() -> None:
    ours, theirs = cpython.socketpair()
    with ours, theirs, open("/dev/null") as f:
        syscall.sendmsg(ours.fileno(), b"x", syscall.unix_rights(f.fileno()), None)
        _, fds, _, _ = cpython.recv_fds(theirs, 1, 4)
        assert [same_file(fd, f.fileno()) for fd in fds] == [True]
        os.close(fds[0])
        cpython.send_fds(theirs, [b"x"], [f.fileno()] * 3)
        oob = bytearray(100)
        _, oobn, _, _ = syscall.recvmsg(ours.fileno(), bytearray(1), oob)
        (m,) = syscall.parse_socket_control_message(oob[:oobn])
        fds = syscall.parse_unix_rights(m)
        assert [same_file(fd, f.fileno()) for fd in fds] == [True] * 3
        assert syscall.close_unix_rights(oob[:oobn]) == 3


def test_credentials_and_descriptors_travel_together() -> None:
    with no_descriptor_left(), pair() as (a, b):
        syscall.setsockopt_int(b, syscall.SOL_SOCKET, syscall.SO_PASSCRED, 1)
        syscall.sendmsg(a, b"x", syscall.unix_rights(a) + syscall.unix_credentials(CREDENTIALS), None)
        oob = bytearray(200)
        _, oobn, flags, _ = syscall.recvmsg(b, bytearray(8), oob)
        assert not flags & syscall.MSG_CTRUNC
        by_type = {m.header.type: m for m in syscall.parse_socket_control_message(oob[:oobn])}
        assert syscall.parse_unix_credentials(by_type[syscall.SCM_CREDENTIALS]) == CREDENTIALS
        assert same_file(syscall.parse_unix_rights(by_type[syscall.SCM_RIGHTS])[0], a)
        assert syscall.close_unix_rights(oob[:oobn]) == 1


def test_the_kernel_tells_credentials_that_nobody_sent() -> None:
    with pair() as (a, b):
        syscall.setsockopt_int(b, syscall.SOL_SOCKET, syscall.SO_PASSCRED, 1)
        syscall.write(a, b"x")
        oob = bytearray(64)
        _, oobn, _, _ = syscall.recvmsg(b, bytearray(8), oob)
        (m,) = syscall.parse_socket_control_message(oob[:oobn])
        assert syscall.parse_unix_credentials(m) == CREDENTIALS
        with pytest.raises(OSError, match="parse_unix_rights") as caught:
            syscall.parse_unix_rights(m)
        assert caught.value.errno == syscall.EINVAL


def test_credentials_are_a_ucred() -> None:
    with pytest.raises(TypeError, match="ucred must be a Ucred, not tuple"):
        syscall.unix_credentials((1, 2, 3))  # type: ignore[arg-type]


def test_a_parser_takes_its_own_type_and_length_only() -> None:
    def message(level: int, type: int, data: bytes) -> syscall.SocketControlMessage:
        return syscall.SocketControlMessage(syscall.Cmsghdr(syscall.cmsg_len(len(data)), level, type), data)

    ucred = bytes(CREDENTIALS)
    for parse, m in (
        (syscall.parse_unix_credentials, message(syscall.SOL_SOCKET, syscall.SCM_CREDENTIALS, ucred[:-1])),
        (syscall.parse_unix_credentials, message(syscall.SOL_SOCKET, syscall.SCM_RIGHTS, ucred)),
        (syscall.parse_unix_credentials, message(syscall.IPPROTO_IP, syscall.SCM_CREDENTIALS, ucred)),
        (syscall.parse_unix_rights, message(syscall.SOL_SOCKET, syscall.SCM_CREDENTIALS, b"1234")),
        (syscall.parse_unix_rights, message(syscall.IPPROTO_IP, syscall.SCM_RIGHTS, b"1234")),
        (syscall.parse_unix_rights, message(syscall.SOL_SOCKET, syscall.SCM_RIGHTS, b"12345")),
    ):
        with pytest.raises(OSError, match=parse.__name__) as caught:
            parse(m)
        assert caught.value.errno == syscall.EINVAL
    longer = message(syscall.SOL_SOCKET, syscall.SCM_CREDENTIALS, ucred + b"later")
    assert syscall.parse_unix_credentials(longer) == CREDENTIALS
    assert syscall.parse_unix_rights(message(syscall.SOL_SOCKET, syscall.SCM_RIGHTS, b"")) == []


@needs(limits.TRUNCATION)
@pytest.mark.parametrize("room", range(65))
def test_no_descriptor_of_a_truncated_message_is_lost(room: int) -> None:
    with no_descriptor_left(), pair() as (a, b):
        syscall.sendmsg(a, b"x", syscall.unix_rights(*[a] * 10), None)
        before = open_descriptors()
        oob = bytearray(room)
        _, oobn, flags, _ = syscall.recvmsg(b, bytearray(1), oob)
        assert bool(flags & syscall.MSG_CTRUNC) == (room < syscall.cmsg_len(40))
        arrived = len(open_descriptors() - before)
        assert arrived == max(0, min(10, (room - syscall.cmsg_len(0)) // 4))
        assert syscall.close_unix_rights(oob[:oobn]) == arrived
        assert open_descriptors() == before


@needs(limits.TRUNCATION)
@pytest.mark.parametrize("room", [*range(16, 120, 4), 200])
def test_no_descriptor_beside_truncated_credentials_is_lost(room: int) -> None:
    with no_descriptor_left(), pair(syscall.SOCK_STREAM) as (a, b):
        syscall.setsockopt_int(b, syscall.SOL_SOCKET, syscall.SO_PASSCRED, 1)
        syscall.sendmsg(a, b"x", syscall.unix_rights(*[a] * 10), None)
        before = open_descriptors()
        oob = bytearray(room)
        _, oobn, _, _ = syscall.recvmsg(b, bytearray(1), oob)
        arrived = len(open_descriptors() - before)
        assert syscall.close_unix_rights(oob[:oobn]) == arrived
        assert open_descriptors() == before


def test_a_pidfd_that_nobody_asked_for_is_closed_too() -> None:
    with no_descriptor_left(), pair() as (a, b):
        try:
            syscall.setsockopt_int(b, syscall.SOL_SOCKET, syscall.SO_PASSPIDFD, 1)
        except OSError as error:
            pytest.skip(f"kernel: {error}")
        syscall.write(a, b"x")
        oob = bytearray(64)
        _, oobn, _, _ = syscall.recvmsg(b, bytearray(8), oob)
        assert syscall.close_unix_rights(oob[:oobn]) == 1


def test_descriptors_that_are_taken_stay_open() -> None:
    with no_descriptor_left(), pair() as (a, b):
        syscall.sendmsg(a, b"x", syscall.unix_rights(a, b, a), None)
        oob = bytearray(64)
        _, oobn, _, _ = syscall.recvmsg(b, bytearray(1), oob)
        messages = syscall.parse_socket_control_message(oob[:oobn])
        first, second, third = syscall.parse_unix_rights(messages[0])
        assert syscall.close_unix_rights(messages, taken=[second]) == 2
        assert same_file(second, b)
        for fd in (first, third):
            with pytest.raises(OSError, match="Bad file descriptor"):
                os.fstat(fd)
        syscall.close(second)


def test_one_bad_descriptor_does_not_keep_the_others_open() -> None:
    with no_descriptor_left(), pair() as (a, b):
        first, last = syscall.dup(a), syscall.dup(b)
        bad = max(first, last) + 1000
        with pytest.raises(OSError, match="close: Bad file descriptor"):
            syscall.close_unix_rights(syscall.unix_rights(first, bad, -1, last, first))
        for fd in (first, last):
            with pytest.raises(OSError, match="Bad file descriptor"):
                os.fstat(fd)


def test_a_descriptor_named_twice_is_closed_once() -> None:
    with no_descriptor_left(), pair() as (a, _):
        fd = syscall.dup(a)
        assert syscall.close_unix_rights(syscall.unix_rights(fd, fd) + syscall.unix_rights(fd)) == 1


@given(st.binary(max_size=100))
def test_control_data_without_descriptors_closes_nothing(noise: bytes) -> None:
    raw = syscall.socket_control_message(syscall.SOL_SOCKET, syscall.SCM_CREDENTIALS, noise)
    assert syscall.close_unix_rights(raw) == 0
    assert syscall.close_unix_rights(struct.pack("@Nii", 15, syscall.SOL_SOCKET, syscall.SCM_RIGHTS) + noise) == 0
    assert syscall.close_unix_rights(noise[:15]) == 0
    assert syscall.close_unix_rights(syscall.unix_rights(-1)) == 0


def test_a_number_is_no_buffer() -> None:
    with pytest.raises(TypeError):
        syscall.parse_socket_control_message(5)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        syscall.socket_control_message(1, 1, 5)  # type: ignore[arg-type]
    with pytest.raises(OverflowError, match="fd"):
        syscall.unix_rights(2**32)
    with pytest.raises(OverflowError, match="level"):
        syscall.socket_control_message(2**31, 1, b"")
