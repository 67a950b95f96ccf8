"""UDP segmentation (GSO) and its opposite (GRO): many datagrams in one call, sent and received."""

import errno
import os

import pytest

import pysyscall as syscall
from examples.tour import laboratory

from .. import limits
from ..conftest import LOOPBACK, LOOPBACK6, Keep
from ..limits import needs
from ..namespaces import in_namespace

DATA = os.urandom(60_000)
SEGMENT = 1200
SEGMENTS = [DATA[start : start + SEGMENT] for start in range(0, len(DATA), SEGMENT)]


def udp_to_itself(keep: Keep, loopback: bytes = LOOPBACK) -> tuple[int, syscall.Sockaddr]:
    """A socket, and its address."""
    domain, address = (
        (syscall.AF_INET, syscall.SockaddrInet4(0, loopback))
        if len(loopback) == 4
        else (syscall.AF_INET6, syscall.SockaddrInet6(0, loopback))
    )
    fd = keep(syscall.socket(domain, syscall.SOCK_DGRAM | syscall.SOCK_CLOEXEC))
    syscall.bind(fd, address)
    return fd, syscall.getsockname(fd)


def received(fd: int) -> list[bytes]:
    """All datagrams that have come."""
    batch = syscall.MessageBatch(128, 65535)
    try:
        n = batch.recv(fd, syscall.MSG_DONTWAIT)
    except BlockingIOError:
        return []
    assert n < 128
    return [bytes(batch.payload(i)) for i in range(n)]


def received_joined(fd: int) -> list[tuple[bytes, int | None]]:
    """All that has come, and of how many bytes the datagrams in it are, where they were joined."""
    batch = syscall.MessageBatch(128, 65535, control=syscall.cmsg_space(4))
    joined: list[tuple[bytes, int | None]] = []
    for i in range(batch.recv(fd, syscall.MSG_DONTWAIT)):
        assert not batch.flags(i) & (syscall.MSG_TRUNC | syscall.MSG_CTRUNC)
        sizes = [syscall.parse_udp_gro(m) for m in syscall.parse_socket_control_message(batch.control(i))]
        assert len(sizes) <= 1
        joined.append((bytes(batch.payload(i)), sizes[0] if sizes else None))
    return joined


@needs(limits.SEGMENTS)
@pytest.mark.parametrize("loopback", [LOOPBACK, LOOPBACK6], ids=["IPv4", "IPv6"])
def test_one_send_is_many_datagrams(keep: Keep, loopback: bytes) -> None:
    fd, address = udp_to_itself(keep, loopback)
    assert syscall.sendmsg(fd, DATA, syscall.udp_segment(SEGMENT), address) == len(DATA)
    assert received(fd) == SEGMENTS
    assert syscall.sendmsg(fd, DATA[:2500], syscall.udp_segment(SEGMENT), address) == 2500
    assert received(fd) == [DATA[:1200], DATA[1200:2400], DATA[2400:2500]]
    for whole in (SEGMENT, 100, 0):
        assert syscall.sendmsg(fd, DATA[:whole], syscall.udp_segment(SEGMENT), address) == whole
        assert received(fd) == [DATA[:whole]]


@needs(limits.SEGMENTS)
def test_the_option_cuts_all_that_a_socket_sends(keep: Keep) -> None:
    fd, address = udp_to_itself(keep)
    syscall.setsockopt_int(fd, syscall.SOL_UDP, syscall.UDP_SEGMENT, SEGMENT)
    assert syscall.getsockopt_int(fd, syscall.SOL_UDP, syscall.UDP_SEGMENT) == SEGMENT
    assert syscall.sendto(fd, DATA, 0, address) == len(DATA)
    assert received(fd) == SEGMENTS
    # The message is for one call, and comes first.
    syscall.sendmsg(fd, DATA[:900], syscall.udp_segment(300), address)
    assert received(fd) == [DATA[:300], DATA[300:600], DATA[600:900]]
    syscall.setsockopt_int(fd, syscall.SOL_UDP, syscall.UDP_SEGMENT, 0)
    syscall.sendto(fd, DATA[:900], 0, address)
    assert received(fd) == [DATA[:900]]


@needs(limits.SEGMENTS)
@pytest.mark.parametrize("loopback", [LOOPBACK, LOOPBACK6], ids=["IPv4", "IPv6"])
def test_a_receiver_that_asks_for_it_gets_them_joined(keep: Keep, loopback: bytes) -> None:
    fd, address = udp_to_itself(keep, loopback)
    syscall.setsockopt_int(fd, syscall.SOL_UDP, syscall.UDP_GRO, 1)
    syscall.sendmsg(fd, DATA, syscall.udp_segment(SEGMENT), address)
    assert received_joined(fd) == [(DATA, SEGMENT)]
    syscall.sendmsg(fd, DATA[:2500], syscall.udp_segment(SEGMENT), address)
    syscall.sendto(fd, b"alone", 0, address)
    assert received_joined(fd) == [(DATA[:2500], SEGMENT), (b"alone", None)]
    syscall.setsockopt_int(fd, syscall.SOL_UDP, syscall.UDP_GRO, 0)
    syscall.sendmsg(fd, DATA, syscall.udp_segment(SEGMENT), address)
    assert received(fd) == SEGMENTS


@needs(limits.SEGMENTS)
def test_a_batch_cuts_each_of_its_messages_as_it_is_told(keep: Keep) -> None:
    fd, address = udp_to_itself(keep)
    batch = syscall.MessageBatch(3, 65507, control=syscall.cmsg_space(2))
    for i, (size, segment) in enumerate(((3000, 1000), (100, 30), (10, 0))):
        batch.put(i, DATA[:size], address, syscall.udp_segment(segment) if segment else b"")
    assert batch.send(fd, 3) == 3
    assert [len(each) for each in received(fd)] == [1000, 1000, 1000, 30, 30, 30, 10, 10]


@needs(limits.SEGMENTS)
@in_namespace
def test_what_cannot_be_cut_is_said() -> None:
    laboratory.set_mtu("lo", 1280)
    fd, address = udp_to_itself(lambda fd: fd)
    longest = 1280 - 20 - 8
    syscall.sendmsg(fd, DATA, syscall.udp_segment(longest), address)
    assert {len(each) for each in received(fd)} == {longest, len(DATA) % longest}
    for size, length in (
        (longest + 1, len(DATA)),  # no packet is that long
        (1, 200),  # so many at once are too many
        (longest, 65_508),
    ):
        with pytest.raises(OSError, match="sendmsg: ") as caught:
            syscall.sendmsg(fd, (DATA + DATA)[:length], syscall.udp_segment(size), address)
        assert caught.value.errno in (errno.EINVAL, errno.EMSGSIZE)  # kernels differ
    assert received(fd) == []


@pytest.mark.parametrize("size", [-1, 65536])
def test_a_size_that_does_not_fit_is_not_cut(size: int) -> None:
    with pytest.raises(OverflowError, match=r"size must be in 0\.\.65535"):
        syscall.udp_segment(size)


def test_the_message_is_what_c_would_make() -> None:
    (m,) = syscall.parse_socket_control_message(syscall.udp_segment(1200))
    assert (m.header.level, m.header.type) == (syscall.SOL_UDP, syscall.UDP_SEGMENT)
    assert m.header.len == syscall.cmsg_len(2)
    assert memoryview(m.data).cast("H").tolist() == [1200]


# MessageBatch.send_udp


def batch_of(to: syscall.Sockaddr | None, *messages: bytes) -> syscall.MessageBatch:
    batch = syscall.MessageBatch(max(1, len(messages)), 65507, control=64)
    for i, message in enumerate(messages):
        batch.put(i, message, to)
    return batch


def all_sent(batch: syscall.MessageBatch, fd: int, n: int) -> list[int]:
    """How many messages each call has sent, until all are."""
    counts: list[int] = []
    while sum(counts) < n:
        counts.append(batch.send_udp(fd, n, start=sum(counts)))
    return counts


def numbered(count: int, length: int) -> list[bytes]:
    return [b"%0*d" % (length, i) for i in range(count)]


@needs(limits.SEGMENTS)
@pytest.mark.parametrize("loopback", [LOOPBACK, LOOPBACK6], ids=["IPv4", "IPv6"])
def test_a_batch_for_one_goes_as_one_and_comes_as_many(keep: Keep, loopback: bytes) -> None:
    fd, address = udp_to_itself(keep, loopback)
    messages = [*numbered(10, 500), b"the last is shorter"]
    batch = batch_of(address, *messages)
    assert all_sent(batch, fd, 11) == [11]
    assert [batch.sent(i) for i in range(11)] == [*[500] * 10, 19]
    assert received(fd) == messages
    syscall.setsockopt_int(fd, syscall.SOL_UDP, syscall.UDP_GRO, 1)
    assert batch.send_udp(fd, 11) == 11
    assert received_joined(fd) == [(b"".join(messages), 500)]
    assert batch.send_udp(fd, 11, start=9) == 2
    assert received_joined(fd) == [(b"".join(messages[9:]), 500)]


@needs(limits.SEGMENTS)
def test_what_came_from_one_goes_back_as_one(keep: Keep) -> None:
    server, server_address = udp_to_itself(keep)
    client, _ = udp_to_itself(keep)
    syscall.setsockopt_int(client, syscall.SOL_UDP, syscall.UDP_GRO, 1)
    batch = syscall.MessageBatch(64, 2048)
    for length in (9, 1472, 1):  # another length than the one before
        messages = [bytes([i]) * length for i in range(20)]
        for message in messages:
            syscall.sendto(client, message, 0, server_address)
        assert batch.send_udp(server, batch.recv(server)) == 20
        assert received_joined(client) == [(b"".join(messages), length)]


@needs(limits.SEGMENTS)
def test_a_connected_socket_needs_no_addresses(keep: Keep) -> None:
    fd, address = udp_to_itself(keep)
    syscall.connect(fd, address)
    syscall.setsockopt_int(fd, syscall.SOL_UDP, syscall.UDP_GRO, 1)
    assert all_sent(batch_of(None, *numbered(5, 7)), fd, 5) == [5]
    assert received_joined(fd) == [(b"".join(numbered(5, 7)), 7)]


@needs(limits.SEGMENTS)
@pytest.mark.parametrize(
    ("count", "length", "calls"),
    [
        (100, 10, [64, 36]),
        (50, 1400, [46, 4]),
        (3, 40_000, [3]),
        (64, 1023, [64]),
        (64, 1024, [63, 1]),
        (5, 0, [5]),
        (1, 100, [1]),
    ],
)
def test_more_than_one_packet_can_carry_takes_more_calls(keep: Keep, count: int, length: int, calls: list[int]) -> None:
    fd, address = udp_to_itself(keep)
    syscall.setsockopt_int(fd, syscall.SOL_SOCKET, syscall.SO_RCVBUF, 1 << 22)
    messages = numbered(count, length) if length else [b""] * count
    assert all_sent(batch_of(address, *messages), fd, count) == calls
    assert received(fd) == messages


@needs(limits.SEGMENTS)
def test_messages_that_are_not_alike_go_one_by_one(keep: Keep) -> None:
    fd, address = udp_to_itself(keep)
    other, other_address = udp_to_itself(keep)
    for wanted in (fd, other):
        syscall.setsockopt_int(wanted, syscall.SOL_UDP, syscall.UDP_GRO, 1)
    for messages in ([b"one", b"two", b"three"], [b"1", b"22", b"1"], [b"", b"1"], [b"1", b""]):
        assert all_sent(batch_of(address, *messages), fd, len(messages)) == [len(messages)]
        assert received_joined(fd) == [(message, None) for message in messages]

    batch = batch_of(address, b"a", b"b", b"c")
    batch.put(1, b"b", other_address)
    assert batch.send_udp(fd, 3) == 3
    assert (received_joined(fd), received_joined(other)) == ([(b"a", None), (b"c", None)], [(b"b", None)])

    batch = batch_of(address, b"aaaa", b"bbbb")
    batch.put(1, b"bbbb", address, syscall.udp_segment(2))
    assert batch.send_udp(fd, 2) == 2
    assert received_joined(fd) == [(b"aaaa", None), (b"bbbb", 2)]


@pytest.mark.parametrize("typ", [syscall.SOCK_DGRAM, syscall.SOCK_STREAM, syscall.SOCK_SEQPACKET])
def test_another_kind_of_socket_gets_its_messages_one_by_one(keep: Keep, typ: int) -> None:
    left, right = map(keep, syscall.socketpair(syscall.AF_UNIX, typ))
    batch = batch_of(None, b"aa", b"bb", b"cc")
    assert batch.send_udp(left, 3) == 3
    got = [os.read(right, 2 if typ == syscall.SOCK_STREAM else 100) for _ in range(3)]
    assert got == [b"aa", b"bb", b"cc"]


@in_namespace
def test_what_does_not_fit_into_packets_goes_in_fragments() -> None:
    laboratory.set_mtu("lo", 1280)
    fd, address = udp_to_itself(lambda fd: fd)
    for length in (1252, 1253, 5000):
        messages = numbered(6, length)
        assert sum(all_sent(batch_of(address, *messages), fd, 6)) == 6
        assert received(fd) == messages


def test_an_error_is_raised_once_and_for_what_it_is(keep: Keep) -> None:
    fd, _ = udp_to_itself(keep)
    gone, gone_address = udp_to_itself(lambda fd: fd)
    syscall.close(gone)
    batch = batch_of(None, *numbered(4, 10))
    with pytest.raises(OSError, match="sendmsg: Destination address required"):
        batch.send_udp(fd, 4)
    syscall.connect(fd, gone_address)
    assert batch.send_udp(fd, 4) == 4
    with pytest.raises(ConnectionRefusedError, match="sendmsg: Connection refused"):
        batch.send_udp(fd, 4)
    with pytest.raises(OSError, match="Bad file descriptor"):
        batch.send_udp(-1, 4)
    for n, start in ((5, 0), (-1, 0), (2, 3), (2, -1)):
        with pytest.raises(OverflowError, match="must be in"):
            batch.send_udp(fd, n, start=start)
    assert batch.send_udp(fd, 0) == batch.send_udp(fd, 4, start=4) == 0
