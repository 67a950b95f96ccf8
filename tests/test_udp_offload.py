"""UDP segmentation (GSO) and its opposite (GRO): many datagrams in one call, sent and received."""

import errno
import os

import pytest

import pysyscall as syscall
from examples import laboratory

from .conftest import LOOPBACK, LOOPBACK6, Keep
from .namespaces import in_namespace

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


def test_a_batch_cuts_each_of_its_messages_as_it_is_told(keep: Keep) -> None:
    fd, address = udp_to_itself(keep)
    batch = syscall.MessageBatch(3, 65507, control=syscall.cmsg_space(2))
    for i, (size, segment) in enumerate(((3000, 1000), (100, 30), (10, 0))):
        batch.put(i, DATA[:size], address, syscall.udp_segment(segment) if segment else b"")
    assert batch.send(fd, 3) == 3
    assert [len(each) for each in received(fd)] == [1000, 1000, 1000, 30, 30, 30, 10, 10]


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
