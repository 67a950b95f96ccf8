"""MessageBatch: what goes through it, both ways, over every kind of address, and what it refuses."""

import array
import errno
import gc
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import pytest

import pysyscall as syscall
from examples.tour import laboratory

from .. import limits
from ..conftest import LOOPBACK, LOOPBACK6, Keep, open_descriptors
from ..limits import needs
from ..namespaces import in_namespace
from ..test_memory import assert_flat
from ..test_signals import Raised, fail, handler, interrupted, interrupted_once
from ..texts import failed

Pair = tuple[int, int]
Bound = tuple[int, syscall.SockaddrInet4]


def udp_socket(keep: Keep) -> Bound:
    fd = keep(syscall.socket(syscall.AF_INET, syscall.SOCK_DGRAM | syscall.SOCK_CLOEXEC))
    syscall.bind(fd, syscall.SockaddrInet4(0, LOOPBACK))
    address = syscall.getsockname(fd)
    assert isinstance(address, syscall.SockaddrInet4)
    return fd, address


def payloads(batch: syscall.MessageBatch, n: int) -> list[bytes]:
    return [bytes(batch.payload(i)) for i in range(n)]


def filled(size: int, *messages: bytes) -> syscall.MessageBatch:
    """A batch of just these messages, for a connected socket."""
    batch = syscall.MessageBatch(len(messages), size)
    for i, message in enumerate(messages):
        batch.put(i, message)
    return batch


def test_it_receives_what_waits_each_with_its_address(keep: Keep, udp: Bound) -> None:
    senders = [udp_socket(keep) for _ in range(5)]
    for i, (fd, _) in enumerate(senders):
        syscall.sendto(fd, bytes([i]) * i, 0, udp[1])
    batch = syscall.MessageBatch(8, 100)
    assert len(batch) == 8
    assert batch.recv(udp[0]) == 5
    assert payloads(batch, 5) == [bytes([i]) * i for i in range(5)]
    assert [batch.address(i) for i in range(5)] == [address for _, address in senders]
    assert [batch.flags(i) for i in range(5)] == [0] * 5
    assert [bytes(batch.control(i)) for i in range(5)] == [b""] * 5


def test_it_receives_no_more_than_there_are_places(keep: Keep, udp: Bound) -> None:
    sender = udp_socket(keep)[0]
    for i in range(7):
        syscall.sendto(sender, b"%d" % i, 0, udp[1])
    batch = syscall.MessageBatch(3, 100)
    received = []
    for expected in (3, 3, 1):
        assert batch.recv(udp[0]) == expected
        received += payloads(batch, expected)
    assert received == [b"%d" % i for i in range(7)]


def test_what_was_received_goes_back_as_it_stands(keep: Keep, udp: Bound) -> None:
    senders = [udp_socket(keep)[0] for _ in range(4)]
    batch = syscall.MessageBatch(16, 2000)
    for turn in range(50):
        sent = {fd: os.urandom((turn * 37 + fd) % 1999) for fd in senders}
        for fd, message in sent.items():
            syscall.sendto(fd, message, 0, udp[1])
        assert batch.send(udp[0], batch.recv(udp[0])) == len(senders)
        room = bytearray(2000)
        for fd, message in sent.items():
            n, address = syscall.recvfrom(fd, room)
            assert (bytes(room[:n]), address) == (message, udp[1])


def test_a_payload_may_be_changed_in_place_before_it_goes_back(keep: Keep, udp: Bound) -> None:
    sender = udp_socket(keep)[0]
    syscall.sendto(sender, b"ping", 0, udp[1])
    batch = syscall.MessageBatch(4, 100)
    n = batch.recv(udp[0])
    batch.payload(0)[1:2] = b"o"
    batch.send(udp[0], n)
    assert os.read(sender, 100) == b"pong"


def test_put_addresses_each_message(keep: Keep, udp: Bound) -> None:
    receivers = [udp_socket(keep) for _ in range(3)]
    batch = syscall.MessageBatch(3, 100)
    for i, (_, address) in enumerate(receivers):
        batch.put(i, b"for %d" % i, address)
        assert batch.address(i) == address
        assert bytes(batch.payload(i)) == b"for %d" % i
    assert batch.send(udp[0], 3) == 3
    assert [batch.sent(i) for i in range(3)] == [5] * 3
    for i, (fd, _) in enumerate(receivers):
        assert os.read(fd, 100) == b"for %d" % i


def test_put_takes_any_buffer(dgram: Pair) -> None:
    contents = b"\1\2\3\4\5\6"
    numbers = array.array("H", contents)
    every_second = memoryview(bytes(12))[::2]
    buffers: list[bytes | bytearray | memoryview | array.array[int]] = [
        contents,
        bytearray(contents),
        memoryview(contents),
        numbers,
        memoryview(numbers),
        every_second,
    ]
    batch = syscall.MessageBatch(8, 6)
    for i, buffer in enumerate(buffers):
        batch.put(i, buffer)
    assert batch.send(dgram[0], len(buffers)) == len(buffers)
    assert batch.recv(dgram[1]) == len(buffers)
    assert payloads(batch, len(buffers)) == [contents] * 5 + [bytes(6)]
    batch.put(0, batch.payload(1)[2:])
    assert payloads(batch, 1) == [contents[2:]]
    with pytest.raises(TypeError):
        batch.put(0, "text")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="to must be a Sockaddr, not tuple"):
        batch.put(0, b"", ("127.0.0.1", 80))  # type: ignore[arg-type]


def test_a_connected_socket_needs_no_address(keep: Keep, udp: Bound) -> None:
    a, b = udp_socket(keep), udp_socket(keep)
    syscall.connect(a[0], b[1])
    syscall.connect(b[0], a[1])
    batch = filled(100, b"one", b"", b"three")
    assert batch.send(a[0], 3) == 3
    assert [batch.address(i) for i in range(3)] == [None] * 3
    assert batch.recv(b[0]) == 3
    assert payloads(batch, 3) == [b"one", b"", b"three"]
    assert [batch.address(i) for i in range(3)] == [a[1]] * 3
    assert batch.send(b[0], 3) == 3  # as it stands, address and all
    assert os.read(a[0], 100) == b"one"


def test_ipv6_addresses(keep: Keep) -> None:
    a, b = (keep(syscall.socket(syscall.AF_INET6, syscall.SOCK_DGRAM)) for _ in range(2))
    for fd in (a, b):
        syscall.bind(fd, syscall.SockaddrInet6(0, LOOPBACK6))
    batch = syscall.MessageBatch(4, 100)
    for i in range(3):
        batch.put(i, b"six %d" % i, syscall.getsockname(b))
    assert batch.send(a, 3) == 3
    assert batch.recv(b) == 3
    assert [batch.address(i) for i in range(3)] == [syscall.getsockname(a)] * 3
    assert batch.send(b, 3) == 3
    assert [os.read(a, 100) for _ in range(3)] == [b"six 0", b"six 1", b"six 2"]


@pytest.mark.parametrize("name", ["/{}/a", "\0abstract {}", "\0with\0NULs\0 {}", ""])
def test_unix_addresses(keep: Keep, tmp_path: os.PathLike[str], name: str) -> None:
    a, b = (keep(syscall.socket(syscall.AF_UNIX, syscall.SOCK_DGRAM)) for _ in range(2))
    if name:
        syscall.bind(a, syscall.SockaddrUnix(name.format(tmp_path)))
    syscall.bind(b, syscall.SockaddrUnix(""))
    batch = syscall.MessageBatch(4, 100)
    for i in range(2):
        batch.put(i, b"x" * i, syscall.getsockname(b))
    assert batch.send(a, 2) == 2
    assert batch.recv(b) == 2
    sender = syscall.getsockname(a) if name else None
    assert [batch.address(i) for i in range(2)] == [sender] * 2
    if name:
        assert batch.send(b, 2) == 2
        assert [os.read(a, 100) for _ in range(2)] == [b"", b"x"]
    else:
        with pytest.raises(OSError, match=failed("sendmmsg", syscall.ENOTCONN)):
            batch.send(b, 2)


def test_the_longest_unix_name_goes_both_ways(keep: Keep) -> None:
    a, b = (keep(syscall.socket(syscall.AF_UNIX, syscall.SOCK_DGRAM)) for _ in range(2))
    names = [syscall.SockaddrUnix("\0" + os.urandom(53).hex() + letter) for letter in "ab"]
    for fd, name in zip((a, b), names, strict=True):
        assert len(bytes(name)) == 110
        syscall.bind(fd, name)
    batch = syscall.MessageBatch(1, 1)
    batch.put(0, b"x", names[1])
    assert batch.send(a, 1) == batch.recv(b) == 1
    assert batch.address(0) == names[0]


# What goes wrong


def test_an_error_in_the_middle_is_seen_and_the_rest_can_still_go(keep: Keep, udp: Bound) -> None:
    receiver, to = udp_socket(keep)
    batch = syscall.MessageBatch(5, 70_000)
    for i in range(5):
        batch.put(i, bytes(66_000) if i == 2 else b"%d" % i, to)
    assert batch.send(udp[0], 5) == 2
    with pytest.raises(OSError, match=failed("sendmmsg", syscall.EMSGSIZE)) as caught:
        batch.send(udp[0], 5, start=2)
    assert caught.value.errno == errno.EMSGSIZE
    assert batch.send(udp[0], 5, start=3) == 2
    assert batch.recv(receiver) == 4
    assert payloads(batch, 4) == [b"0", b"1", b"3", b"4"]


def test_an_error_at_the_first_message_is_raised(udp: Bound) -> None:
    batch = filled(100, b"a", b"b")
    with pytest.raises(OSError, match="sendmmsg: Destination address required"):
        batch.send(udp[0], 2)
    with pytest.raises(OSError, match="sendmmsg: Bad file descriptor"):
        batch.send(-1, 2)
    with pytest.raises(OSError, match="recvmmsg: Bad file descriptor"):
        batch.recv(-1)


def test_the_kernel_keeps_an_error_for_the_next_call(keep: Keep) -> None:
    a, gone = udp_socket(keep), udp_socket(keep)
    syscall.connect(a[0], gone[1])
    syscall.close(gone[0])
    batch = filled(100, b"a")
    batch.send(a[0], 1)
    with pytest.raises(ConnectionRefusedError, match="recvmmsg: Connection refused"):
        batch.recv(a[0])


def test_a_send_that_would_block_is_short_and_then_blocking_io_error(dgram: Pair) -> None:
    count = 1024
    batch = filled(4096, *[b"%4d" % i * 1024 for i in range(count)])
    first = batch.send(dgram[0], count, syscall.MSG_DONTWAIT)
    assert 0 < first < count
    with pytest.raises(BlockingIOError, match="sendmmsg: Resource temporarily unavailable"):
        batch.send(dgram[0], count, syscall.MSG_DONTWAIT, start=first)
    receiving = syscall.MessageBatch(count, 4096)
    received: list[bytes] = []
    sent = first
    while len(received) < count:
        n = receiving.recv(dgram[1])
        received += payloads(receiving, n)
        if sent < count:
            sent += batch.send(dgram[0], count, syscall.MSG_DONTWAIT, start=sent)
    assert received == [b"%4d" % i * 1024 for i in range(count)]


def test_where_nothing_waits_a_receive_that_may_not_is_blocking_io_error(dgram: Pair) -> None:
    batch = filled(100, b"old")
    with pytest.raises(BlockingIOError, match="recvmmsg: Resource temporarily unavailable"):
        batch.recv(dgram[0], syscall.MSG_DONTWAIT)
    with pytest.raises(IndexError):  # what was there before is gone
        batch.payload(0)
    syscall.set_nonblock(dgram[0], True)
    with pytest.raises(BlockingIOError):
        batch.recv(dgram[0])


def test_what_is_cut_says_so_and_its_neighbours_are_whole(dgram: Pair) -> None:
    batch = filled(10, b"short", b"123456789.", b"x")
    batch.send(dgram[0], 3)
    cut = syscall.MessageBatch(3, 9)
    assert cut.recv(dgram[1]) == 3
    assert payloads(cut, 3) == [b"short", b"123456789", b"x"]
    assert [cut.flags(i) & syscall.MSG_TRUNC for i in range(3)] == [0, syscall.MSG_TRUNC, 0]
    # Sent on, it is as long as what there is of it.
    assert cut.send(dgram[1], 3) == 3
    assert [os.read(dgram[0], 100) for _ in range(3)] == [b"short", b"123456789", b"x"]


def test_a_stream_that_takes_a_part_says_how_much(stream: Pair) -> None:
    syscall.set_nonblock(stream[0], True)
    batch = filled(1 << 20, bytes(1), bytes(1 << 20), bytes(1))
    sent = batch.send(stream[0], 3)
    assert sent == 2
    assert batch.sent(0) == 1
    assert 0 < batch.sent(1) < 1 << 20
    with pytest.raises(BlockingIOError):
        batch.send(stream[0], 3, start=2)


def test_msg_trunc_is_refused(dgram: Pair) -> None:
    batch = syscall.MessageBatch(1, 1)
    with pytest.raises(ValueError, match="MSG_TRUNC would make lengths that exceed the buffers"):
        batch.recv(dgram[0], syscall.MSG_TRUNC | syscall.MSG_DONTWAIT)


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: syscall.MessageBatch(0, 1), "count must be in 1..1024, not 0"),
        (lambda: syscall.MessageBatch(1025, 1), "count must be in 1..1024, not 1025"),
        (lambda: syscall.MessageBatch(1, 0), "size must be in 1..2147483647, not 0"),
        (lambda: syscall.MessageBatch(1, 2**31), "size must be in 1..2147483647"),
        (lambda: syscall.MessageBatch(1024, 2**31 - 1), r"count \* size must be in 0..2147483647, not"),
        (lambda: syscall.MessageBatch(1024, 2**21), r"count \* size must be in 0..2147483647, not 2147483648"),
        (lambda: syscall.MessageBatch(1, 1, -1), "control must be in 0..1048576, not -1"),
        (lambda: syscall.MessageBatch(1, 1, 2**20 + 1), "control must be in 0..1048576"),
        (lambda: syscall.MessageBatch(1, 1).recv(2**32), "fd must be in"),
        (lambda: syscall.MessageBatch(1, 1).recv(0, 2**32), "flags must be in"),
        (lambda: syscall.MessageBatch(1, 1).send(2**32, 0), "fd must be in"),
        (lambda: syscall.MessageBatch(1, 1).send(0, 0, 2**32), "flags must be in"),
        (lambda: syscall.MessageBatch(1, 1).send(0, 1), "n must be in 0..0, not 1"),
        (lambda: syscall.MessageBatch(1, 1).send(0, -1), "n must be in 0..0, not -1"),
        (lambda: filled(1, b"a", b"b").send(0, 2, start=3), "start must be in 0..2, not 3"),
        (lambda: filled(1, b"a", b"b").send(0, 2, start=-1), "start must be in 0..2, not -1"),
    ],
)
def test_numbers_out_of_range_are_refused(make: Callable[[], object], complaint: str) -> None:
    with pytest.raises(OverflowError, match=complaint):
        make()


def test_what_does_not_fit_can_be_resized_while_that_is_handled() -> None:
    batch, p = syscall.MessageBatch(1, 4, control=4), bytearray(8)
    for data, control in ((p, b""), (b"", p)):
        try:
            batch.put(0, data, None, control)
        except ValueError:
            p.append(0)
        else:
            pytest.fail("it was taken")


def test_what_has_no_room_is_refused_and_leaves_the_message_as_it_was() -> None:
    batch = syscall.MessageBatch(2, 4, control=16)
    batch.put(0, b"kept", control=b"c" * 16)
    with pytest.raises(ValueError, match="data must be at most 4 bytes, not 5"):
        batch.put(0, b"12345")
    with pytest.raises(ValueError, match="control must be at most 16 bytes, not 17"):
        batch.put(0, b"1234", control=bytes(17))
    with pytest.raises(IndexError, match="there is no message 2 in a batch of 2"):
        batch.put(2, b"")
    with pytest.raises(IndexError):
        batch.put(-1, b"")
    assert (bytes(batch.payload(0)), bytes(batch.control(0))) == (b"kept", b"c" * 16)


def test_there_are_no_messages_but_those_received_or_put(dgram: Pair) -> None:
    batch = syscall.MessageBatch(4, 100)
    for look in (batch.payload, batch.address, batch.control, batch.flags, batch.sent):
        with pytest.raises(IndexError, match="there is no message 0, but 0 of at most 4"):
            look(0)
    for _ in range(2):
        syscall.write(dgram[0], b"secret")
    assert batch.recv(dgram[1]) == 2
    for i in (2, -1):
        with pytest.raises(IndexError):
            batch.payload(i)
    with pytest.raises(OverflowError, match=r"n must be in 0\.\.2, not 3"):
        batch.send(dgram[1], 3)
    batch.put(3, b"last")  # and so message 2 is there: empty, not what once was there
    assert payloads(batch, 4) == [b"secret", b"secret", b"", b"last"]
    assert batch.send(dgram[1], 4) == 4
    assert [os.read(dgram[0], 100) for _ in range(4)] == [b"secret", b"secret", b"", b"last"]


def test_sending_nothing_sends_nothing(dgram: Pair) -> None:
    assert filled(1, b"a").send(dgram[0], 0) == 0
    assert filled(1, b"a").send(dgram[0], 1, start=1) == 0
    with pytest.raises(BlockingIOError):
        syscall.recvfrom(dgram[1], bytearray(1), syscall.MSG_DONTWAIT)


# Control messages


@needs(limits.CONTROL_SENT)
def test_control_messages_come_with_each_message(udp: Bound) -> None:
    fd, address = udp
    syscall.setsockopt_int(fd, syscall.IPPROTO_IP, syscall.IP_RECVTTL, 1)
    sending = syscall.MessageBatch(3, 10, control=syscall.cmsg_space(4))
    for i, ttl in enumerate((7, 8, 9)):
        sending.put(i, b"%d" % ttl, address, syscall.inet4_ttl(ttl))
        assert bytes(sending.control(i)) == syscall.inet4_ttl(ttl)
    assert sending.send(fd, 3) == 3
    receiving = syscall.MessageBatch(4, 10, control=64)
    assert receiving.recv(fd) == 3
    told = [syscall.parse_socket_control_message(receiving.control(i)) for i in range(3)]
    assert [syscall.parse_inet4_ttl(m) for (m,) in told] == [7, 8, 9]
    # What came in does not go out: the echo has the socket's own TTL.
    assert receiving.send(fd, 3) == receiving.recv(fd) == 3
    told = [syscall.parse_socket_control_message(receiving.control(i)) for i in range(3)]
    assert [syscall.parse_inet4_ttl(m) for (m,) in told] == [64] * 3


@needs(limits.TRUNCATION)
def test_control_data_that_is_cut_says_so(udp: Bound) -> None:
    fd, address = udp
    for option in (syscall.IP_RECVTTL, syscall.IP_PKTINFO):
        syscall.setsockopt_int(fd, syscall.IPPROTO_IP, option, 1)
    room = syscall.cmsg_space(12) + syscall.cmsg_space(4)
    least = syscall.cmsg_space(12) + syscall.cmsg_len(4)  # without the padding of the last
    for control, cut in ((room, 0), (least, 0), (least - 1, syscall.MSG_CTRUNC), (0, syscall.MSG_CTRUNC)):
        batch = syscall.MessageBatch(2, 10, control=control)
        for _ in range(2):
            syscall.sendto(fd, b"x", 0, address)
        assert batch.recv(fd) == 2
        assert [batch.flags(i) & syscall.MSG_CTRUNC for i in range(2)] == [cut] * 2


def test_descriptors_travel_in_control_messages(dgram: Pair, pipe: Pair) -> None:
    before = open_descriptors()
    batch = syscall.MessageBatch(2, 10, control=syscall.cmsg_space(8))
    batch.put(0, b"one", control=syscall.unix_rights(pipe[1]))
    batch.put(1, b"two", control=syscall.unix_rights(pipe[0], pipe[1]))
    assert batch.send(dgram[0], 2) == 2
    assert batch.recv(dgram[1], syscall.MSG_WAITFORONE | syscall.MSG_CMSG_CLOEXEC) == 2
    ((m,), (other,)) = (syscall.parse_socket_control_message(batch.control(i)) for i in range(2))
    (fd,) = syscall.parse_unix_rights(m)
    os.write(fd, b"through it")
    assert os.read(pipe[0], 100) == b"through it"
    assert not os.get_inheritable(fd)
    assert len(syscall.parse_unix_rights(other)) == 2
    for i in range(2):
        syscall.close_unix_rights(batch.control(i))
    assert open_descriptors() == before


@needs(limits.TRUNCATION)
def test_of_descriptors_without_room_those_that_fit_can_be_closed(dgram: Pair, pipe: Pair) -> None:
    before = open_descriptors()
    sending = syscall.MessageBatch(1, 10, control=syscall.cmsg_space(16))
    sending.put(0, b"x", control=syscall.unix_rights(*pipe, *pipe))
    sending.send(dgram[0], 1)
    batch = syscall.MessageBatch(1, 10, control=syscall.cmsg_space(8))
    assert batch.recv(dgram[1]) == 1
    assert batch.flags(0) & syscall.MSG_CTRUNC
    assert len(open_descriptors()) == len(before) + 2
    assert syscall.close_unix_rights(batch.control(0)) == 2
    assert open_descriptors() == before


# Signals


@pytest.mark.parametrize("flags", [0, syscall.MSG_WAITFORONE])
def test_it_waits_for_the_first_message_alone(udp: Bound, flags: int) -> None:
    fd, address = udp
    batch = syscall.MessageBatch(3, 10)
    for i in range(2):
        syscall.sendto(fd, b"%d" % i, 0, address)
    assert batch.recv(fd, flags) == 2
    assert payloads(batch, 2) == [b"0", b"1"]


def test_a_signal_does_not_end_the_wait_and_a_handler_that_raises_does(udp: Bound) -> None:
    fd, address = udp
    batch = syscall.MessageBatch(3, 10)
    with handler(signal.SIGUSR1, lambda: None) as came:
        with interrupted(came, 3, lambda: syscall.sendto(fd, b"x", 0, address)):
            assert batch.recv(fd) == 1
        assert len(came) == 3
    with handler(signal.SIGUSR1, fail), interrupted_once(), pytest.raises(Raised):
        batch.recv(fd)
    syscall.sendto(fd, b"y", 0, address)
    assert batch.recv(fd) == 1
    assert payloads(batch, 1) == [b"y"]


def test_a_signal_does_not_end_a_send_that_waits(dgram: Pair) -> None:
    batch = filled(1000, *[b"%d" % i for i in range(600)])
    sent = 0
    with suppress(BlockingIOError):
        while True:
            sent += batch.send(dgram[0], 1, syscall.MSG_DONTWAIT)
    room = syscall.MessageBatch(1024, 1000)
    with handler(signal.SIGUSR1, lambda: None) as came, interrupted(came, 3, lambda: room.recv(dgram[1])):
        assert batch.send(dgram[0], 1) == 1
    assert len(came) == 3


# Memory


def test_views_outlive_the_batch(dgram: Pair) -> None:
    batch = filled(10, b"kept")
    view = batch.payload(0)
    del batch
    gc.collect()
    assert bytes(view) == b"kept"


def test_the_largest_batch_works(dgram: Pair) -> None:
    batch = syscall.MessageBatch(1024, 65536, control=1024)
    batch.put(1023, b"last", control=b"")
    syscall.write(dgram[0], b"first")
    assert batch.recv(dgram[1]) == 1
    with pytest.raises((MemoryError, OverflowError)):
        syscall.MessageBatch(1024, 2**31 - 1, control=2**20)


@pytest.mark.parametrize("control", [0, 1, pytest.param(13, marks=needs(limits.TRUNCATION)), 64])
def test_every_message_has_its_own_room(keep: Keep, udp: Bound, control: int) -> None:
    """Neighbours do not touch each other, whatever the sizes."""
    fd, address = udp
    syscall.setsockopt_int(fd, syscall.IPPROTO_IP, syscall.IP_RECVTTL, 1)
    for size in (1, 3, 8, 1000):
        batch = syscall.MessageBatch(5, size, control)
        for i in range(5):
            batch.put(i, bytes([65 + i]) * size, address)
        assert batch.send(fd, 5) == batch.recv(fd) == 5
        assert payloads(batch, 5) == [bytes([65 + i]) * size for i in range(5)]
        assert [batch.address(i) for i in range(5)] == [address] * 5
        assert [batch.flags(i) for i in range(5)] == [0 if control == 64 else syscall.MSG_CTRUNC] * 5
        batch.put(1, b"", None, b"c" * control)
        assert payloads(batch, 5)[::2] == [bytes([65 + i]) * size for i in (0, 2, 4)]
        assert bytes(batch.control(1)) == b"c" * control
        if control == 64:
            (m,) = syscall.parse_socket_control_message(batch.control(2))
            assert syscall.parse_inet4_ttl(m) == 64


def test_no_memory_is_left_behind(udp: Bound) -> None:
    fd, address = udp
    batch = syscall.MessageBatch(2, 16, control=64)

    def call() -> None:
        for i in range(2):
            batch.put(i, b"x", address, b"")
        batch.send(fd, 2)
        batch.recv(fd)
        bytes(batch.payload(1)), batch.address(1), bytes(batch.control(1)), batch.flags(1)

    assert_flat(call)

    def fail() -> None:
        with pytest.raises(BlockingIOError):
            batch.recv(fd, syscall.MSG_DONTWAIT)

    assert_flat(fail, 10_000)
    assert_flat(lambda: syscall.MessageBatch(8, 100, 16), 10_000)


@needs(limits.WAIT_FOR_ONE)
@in_namespace
def test_packet_sockets_have_addresses_too() -> None:
    laboratory.add_pair("near", "far")
    for name in ("near", "far"):
        laboratory.set_up(name)
    for name in ("near", "far"):
        laboratory.wait_for_carrier(name)
    sender, receiver = (syscall.lsf_socket(syscall.interface_by_name(name).index, 0x88B5) for name in ("near", "far"))
    frames = [b"\xff" * 6 + b"\2\0\0\0\0\1" + b"\x88\xb5" + bytes([i]) * 50 for i in range(3)]
    assert filled(2000, *frames).send(sender, 3) == 3
    batch = syscall.MessageBatch(8, 2000)
    assert batch.recv(receiver) == 3
    assert payloads(batch, 3) == frames
    source = batch.address(2)
    assert isinstance(source, syscall.SockaddrLinklayer)
    assert source.ifindex == syscall.interface_by_name("far").index
    assert source.pkttype == syscall.PACKET_BROADCAST
    assert batch.send(receiver, 3) == 3  # back out of the interface that they came by


def test_an_echo_of_many_batches_is_the_same_bytes_in_the_same_order(keep: Keep) -> None:
    """Two threads, each with a batch: every datagram once, in order, whole."""
    a, b = udp_socket(keep), udp_socket(keep)
    syscall.connect(a[0], b[1])
    syscall.connect(b[0], a[1])
    count, turns = 32, 1000
    failure: list[object] = []

    def echo() -> None:
        batch = syscall.MessageBatch(count, 64)
        done = 0
        while done < count * turns:
            n = batch.recv(b[0])
            if batch.send(b[0], n) != n:
                failure.append(n)
            done += n

    thread = threading.Thread(target=echo, daemon=True)
    thread.start()
    out, back = syscall.MessageBatch(count, 64), syscall.MessageBatch(count, 64)
    deadline = time.monotonic() + 60
    for turn in range(turns):
        sent = [b"%d %d" % (turn, i) * (i % 4) for i in range(count)]
        for i, message in enumerate(sent):
            out.put(i, message)
        assert out.send(a[0], count) == count
        received: list[bytes] = []
        while len(received) < count:
            received += payloads(back, back.recv(a[0]))
        assert received == sent
        assert time.monotonic() < deadline
    thread.join()
    assert not failure


def test_bytes_arrive_as_the_standard_library_sees_them(udp: Bound) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        batch = syscall.MessageBatch(1, 100)
        s.bind(("127.0.0.1", 0))
        batch.put(0, b"hello", syscall.SockaddrInet4(s.getsockname()[1], LOOPBACK))
        batch.send(udp[0], 1)
        assert s.recvfrom(100) == (b"hello", ("127.0.0.1", udp[1].port))
