"""The error queue: ICMP errors, the kernel's own, and when packets left, all from the kernel."""

import errno
import select
import time
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pysyscall as syscall
from examples.tour import laboratory
from tests.namespaces import in_namespace

from .. import limits
from ..limits import needs
from ..texts import failed

LOOPBACK = b"\x7f\0\0\1"
LOOPBACK6 = bytes(15) + b"\1"
PORT_UNREACHABLE = (3, 3)
PORT_UNREACHABLE6 = (1, 4)


def udp(address: syscall.Sockaddr) -> int:
    fd = syscall.socket(address.family, syscall.SOCK_DGRAM | syscall.SOCK_CLOEXEC)
    syscall.bind(fd, address)
    return fd


def closed_port(make: Callable[[int], syscall.Sockaddr]) -> syscall.Sockaddr:
    """The address of a port that nobody has."""
    fd = udp(make(0))
    address = syscall.getsockname(fd)
    syscall.close(fd)
    return address


def next_error(fd: int, p: bytearray | None = None) -> syscall.QueuedError:
    """The next entry of the queue, once it is there."""
    poll = select.poll()
    poll.register(fd, 0)  # POLLERR comes unasked
    assert poll.poll(10_000)
    return syscall.recv_error(fd, bytearray(2000) if p is None else p)


@in_namespace
def test_nobody_at_a_port_is_told_with_the_datagram() -> None:
    for make, level, option, origin, kind in (
        (
            lambda port: syscall.SockaddrInet4(port, LOOPBACK),
            syscall.IPPROTO_IP,
            syscall.IP_RECVERR,
            syscall.SO_EE_ORIGIN_ICMP,
            PORT_UNREACHABLE,
        ),
        (
            lambda port: syscall.SockaddrInet6(port, LOOPBACK6),
            syscall.IPPROTO_IPV6,
            syscall.IPV6_RECVERR,
            syscall.SO_EE_ORIGIN_ICMP6,
            PORT_UNREACHABLE6,
        ),
    ):
        to = closed_port(make)
        fd = udp(make(0))
        syscall.setsockopt_int(fd, level, option, 1)
        syscall.sendto(fd, b"is anybody there?", 0, to)
        p = bytearray(100)
        queued = next_error(fd, p)
        assert p[: queued.n] == b"is anybody there?"
        assert queued.flags & syscall.MSG_ERRQUEUE
        assert not queued.flags & syscall.MSG_TRUNC
        assert queued.address == to
        assert queued.error.errno == errno.ECONNREFUSED
        assert (queued.error.origin, queued.error.type, queued.error.code) == (origin, *kind)
        assert queued.offender == make(0)
        assert queued.timestamping is None
        assert "ECONNREFUSED" in repr(syscall.Errno(queued.error.errno))
        assert repr(queued).startswith("QueuedError(n=17, address=Sockaddr")
        with pytest.raises(BlockingIOError, match="recvmsg"):
            syscall.recv_error(fd, p)


@in_namespace
def test_several_errors_come_in_their_order_and_a_small_buffer_cuts() -> None:
    to = closed_port(lambda port: syscall.SockaddrInet4(port, LOOPBACK))
    fd = udp(syscall.SockaddrInet4(0, LOOPBACK))
    syscall.setsockopt_int(fd, syscall.IPPROTO_IP, syscall.IP_RECVERR, 1)
    for data in (b"first", b"second", b"third"):
        for _ in range(2):
            try:
                syscall.sendto(fd, data, 0, to)
                break
            except ConnectionRefusedError:
                pass  # the error before, which a call tells once
    assert next_error(fd).n == 5
    p = bytearray(3)
    cut = next_error(fd, p)
    assert cut.n == 3
    assert p == b"sec"
    assert cut.flags & syscall.MSG_TRUNC
    with pytest.raises(TypeError):
        syscall.recv_error(fd, b"read-only")  # type: ignore[arg-type]
    assert next_error(fd).n == 5


@in_namespace
def test_the_kernel_s_own_error_tells_the_mtu() -> None:
    laboratory.set_mtu("lo", 1500)
    fd = udp(syscall.SockaddrInet4(0, LOOPBACK))
    syscall.setsockopt_int(fd, syscall.IPPROTO_IP, syscall.IP_RECVERR, 1)
    syscall.setsockopt_int(fd, syscall.IPPROTO_IP, syscall.IP_MTU_DISCOVER, syscall.IP_PMTUDISC_DO)
    with pytest.raises(OSError, match=failed("sendto", syscall.EMSGSIZE)):
        syscall.sendto(fd, bytes(1600), 0, syscall.getsockname(fd))
    queued = next_error(fd)
    assert (queued.error.origin, queued.error.errno) == (syscall.SO_EE_ORIGIN_LOCAL, errno.EMSGSIZE)
    assert queued.error.info == 1500
    assert queued.offender is None


@in_namespace
def test_a_router_that_drops_a_packet_is_the_offender() -> None:
    with laboratory.second_host(forward):
        add_route("10.99.0.0", 16, "10.77.0.2")
        fd = udp(syscall.SockaddrInet4(0, bytes((10, 77, 0, 1))))
        syscall.setsockopt_int(fd, syscall.IPPROTO_IP, syscall.IP_RECVERR, 1)
        to = syscall.SockaddrInet4(9, bytes((10, 99, 0, 1)))
        syscall.connect(fd, to)
        poll = select.poll()
        poll.register(fd, 0)
        for _ in range(1000):
            with suppress(OSError):  # the error itself, if it came just now
                syscall.write(fd, b"far away")
            if poll.poll(10):  # there is silence until the router forwards, for which it then lacks a route
                break
        queued = next_error(fd)
        assert queued.error.errno == errno.ENETUNREACH
        assert (queued.error.origin, queued.error.type, queued.error.code) == (syscall.SO_EE_ORIGIN_ICMP, 3, 0)
        assert queued.offender == syscall.SockaddrInet4(0, bytes((10, 77, 0, 2)))
        assert queued.address == to


def forward() -> None:
    with open("/proc/sys/net/ipv4/ip_forward", "w") as f:
        f.write("1")
    laboratory.idle()


def add_route(network: str, length: int, gateway: str) -> None:
    fd = syscall.socket(syscall.AF_NETLINK, syscall.SOCK_RAW | syscall.SOCK_CLOEXEC, syscall.NETLINK_ROUTE)
    body = bytes(
        syscall.RtMsg(
            family=syscall.AF_INET,
            dst_len=length,
            table=syscall.RT_TABLE_MAIN,
            protocol=syscall.RTPROT_STATIC,
            type=syscall.RTN_UNICAST,
        )
    )
    body += syscall.route_attr(syscall.RTA_DST, syscall.parse_ip(network))
    body += syscall.route_attr(syscall.RTA_GATEWAY, syscall.parse_ip(gateway))
    flags = syscall.NLM_F_REQUEST | syscall.NLM_F_ACK | syscall.NLM_F_CREATE
    syscall.sendto(fd, syscall.netlink_message(syscall.RTM_NEWROUTE, flags, 1, body), 0, syscall.SockaddrNetlink())
    answer = bytearray(4096)
    n, _ = syscall.recvfrom(fd, answer)
    for reply in syscall.parse_netlink_message(answer[:n]):
        syscall.netlink_ack(reply)
    syscall.close(fd)


@needs(limits.TIMESTAMPING)
@pytest.mark.parametrize("option", [syscall.SO_TIMESTAMPING_OLD, syscall.SO_TIMESTAMPING_NEW])
@in_namespace
def test_datagrams_tell_when_they_left(option: int) -> None:
    fd = udp(syscall.SockaddrInet4(0, LOOPBACK))
    flags = (
        syscall.SOF_TIMESTAMPING_TX_SOFTWARE
        | syscall.SOF_TIMESTAMPING_TX_SCHED
        | syscall.SOF_TIMESTAMPING_SOFTWARE
        | syscall.SOF_TIMESTAMPING_OPT_ID
    )
    syscall.setsockopt_int(fd, syscall.SOL_SOCKET, option, flags)
    before = time.time_ns()
    told = []
    for i in range(3):
        data = b"number %d" % i
        syscall.sendto(fd, data, 0, syscall.getsockname(fd))
        for _ in range(2):
            p = bytearray(2000)
            queued = next_error(fd, p)
            assert p[: queued.n].endswith(data)  # behind its headers
            assert queued.error.origin == syscall.SO_EE_ORIGIN_TIMESTAMPING
            assert queued.error.errno == errno.ENOMSG
            assert queued.timestamping is not None
            assert queued.offender is None
            told.append((queued.error.info, queued.error.data, queued.timestamping.software))
    assert [(kind, number) for kind, number, _ in told] == [
        (kind, number) for number in range(3) for kind in (syscall.SCM_TSTAMP_SCHED, syscall.SCM_TSTAMP_SND)
    ]
    times = [software for _, _, software in told]
    assert times == sorted(times)
    assert before <= times[0]
    assert times[-1] <= time.time_ns()


@needs(limits.TIMESTAMPING)
@in_namespace
def test_frames_tell_when_they_left() -> None:
    laboratory.add_pair("near", "far")
    for name in ("near", "far"):
        laboratory.set_up(name)
    for name in ("near", "far"):
        laboratory.wait_for_carrier(name)
    fd = syscall.lsf_socket(syscall.interface_by_name("near").index, 0)
    flags = syscall.SOF_TIMESTAMPING_TX_SOFTWARE | syscall.SOF_TIMESTAMPING_SOFTWARE
    syscall.setsockopt_int(fd, syscall.SOL_SOCKET, syscall.SO_TIMESTAMPING, flags)
    frame = b"\xff" * 6 + b"\x02\0\0\0\0\1" + b"\x88\xb5" + b"payload" * 10
    syscall.write(fd, frame)
    p = bytearray(200)
    queued = next_error(fd, p)
    assert p[: queued.n] == frame
    assert queued.error.origin == syscall.SO_EE_ORIGIN_TIMESTAMPING
    assert queued.timestamping is not None
    assert queued.timestamping.software
    assert [(m.header.level, m.header.type) for m in queued.messages][-1] == (
        syscall.SOL_PACKET,
        syscall.PACKET_TX_TIMESTAMP,
    )


@needs(limits.TIMESTAMPING, limits.ZEROCOPY)
@in_namespace
def test_a_stream_tells_when_the_peer_has_its_bytes_and_a_buffer_is_free() -> None:
    listener = syscall.socket(syscall.AF_INET, syscall.SOCK_STREAM | syscall.SOCK_CLOEXEC)
    syscall.bind(listener, syscall.SockaddrInet4(0, LOOPBACK))
    syscall.listen(listener)
    fd = syscall.socket(syscall.AF_INET, syscall.SOCK_STREAM | syscall.SOCK_CLOEXEC)
    syscall.connect(fd, syscall.getsockname(listener))
    flags = (
        syscall.SOF_TIMESTAMPING_TX_ACK
        | syscall.SOF_TIMESTAMPING_SOFTWARE
        | syscall.SOF_TIMESTAMPING_OPT_ID
        | syscall.SOF_TIMESTAMPING_OPT_TSONLY
        | syscall.SOF_TIMESTAMPING_OPT_STATS
    )
    syscall.setsockopt_int(fd, syscall.SOL_SOCKET, syscall.SO_TIMESTAMPING, flags)
    syscall.write(fd, b"0123456789")
    queued = next_error(fd)
    assert (queued.error.info, queued.error.data) == (syscall.SCM_TSTAMP_ACK, 9)
    assert queued.timestamping is not None
    assert queued.timestamping.software
    stats = [m for m in queued.messages if m.header.type == syscall.SCM_TIMESTAMPING_OPT_STATS]
    assert stats
    assert not queued.flags & syscall.MSG_CTRUNC

    syscall.setsockopt_int(fd, syscall.SOL_SOCKET, syscall.SO_TIMESTAMPING, 0)
    syscall.setsockopt_int(fd, syscall.SOL_SOCKET, syscall.SO_ZEROCOPY, 1)
    buffer = bytes(10000)
    syscall.sendto(fd, buffer, syscall.MSG_ZEROCOPY, None)
    connection, _ = syscall.accept4(listener, syscall.SOCK_CLOEXEC)
    left = len(buffer) + 10
    while left:
        left -= syscall.read(connection, bytearray(left))
    queued = next_error(fd)
    assert queued.n == 0
    assert (queued.error.origin, queued.error.errno) == (syscall.SO_EE_ORIGIN_ZEROCOPY, 0)
    assert (queued.error.info, queued.error.data) == (0, 0)  # the first and the last of the calls it tells of
    assert queued.timestamping is None


def message(level: int, type: int, data: bytes) -> syscall.SocketControlMessage:
    return syscall.parse_socket_control_message(syscall.socket_control_message(level, type, data))[0]


def test_an_error_with_and_without_an_offender() -> None:
    error = syscall.SockExtendedErr(111, 2, 3, 4, 0, 5, 6)
    offender = syscall.SockaddrInet6(0, LOOPBACK6)
    for kind in (
        (syscall.IPPROTO_IP, syscall.IP_RECVERR),
        (syscall.IPPROTO_IPV6, syscall.IPV6_RECVERR),
        (syscall.SOL_PACKET, syscall.PACKET_TX_TIMESTAMP),
        (syscall.SOL_VSOCK, syscall.VSOCK_RECVERR),
    ):
        assert syscall.parse_sock_extended_err(message(*kind, bytes(error) + bytes(offender))) == (error, offender)
        for nobody in (b"", bytes(16), bytes(28)):
            assert syscall.parse_sock_extended_err(message(*kind, bytes(error) + nobody)) == (error, None)
        with pytest.raises(OSError, match="parse_sock_extended_err: Invalid argument"):
            syscall.parse_sock_extended_err(message(*kind, bytes(error)[:-1]))
    with pytest.raises(OSError, match="parse_sock_extended_err: Invalid argument"):
        syscall.parse_sock_extended_err(message(syscall.SOL_SOCKET, syscall.IP_RECVERR, bytes(error)))


@given(st.binary(max_size=80))
def test_any_bytes_are_an_error_or_einval(data: bytes) -> None:
    try:
        error, _ = syscall.parse_sock_extended_err(message(syscall.IPPROTO_IP, syscall.IP_RECVERR, data))
    except OSError:
        assert len(data) < 16
    else:
        assert bytes(error) == data[:16]
