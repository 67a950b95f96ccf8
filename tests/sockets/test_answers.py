"""MessageBatch.send(control=True): an answer leaves from the address that was asked, and nothing else goes back."""

import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

import pysyscall as syscall
from examples.shared.checksums import internet_checksum
from examples.tour import laboratory

from .. import limits
from ..conftest import LOOPBACK, Keep, open_descriptors
from ..limits import needs
from ..namespaces import in_namespace
from ..packets.test_options import cable
from ..test_memory import assert_flat
from ..wire import sysctl

PORT = 4321
GROUP = "239.1.2.3"
LINK_LOCAL = "fe80::7"
# Where the other host sends to, and where the answer must come from.
ASKED4 = {
    "10.77.0.1": "10.77.0.1",
    "10.77.0.9": "10.77.0.9",
    "10.77.0.255": "10.77.0.1",
    "255.255.255.255": "10.77.0.1",
    GROUP: "10.77.0.1",
}
ASKED6 = {
    "fd77::1": ("fd77::1",),
    "fd77::9": ("fd77::9",),
    LINK_LOCAL: (LINK_LOCAL,),
    "ff02::1": ("fd77::1", "fd77::9", LINK_LOCAL),
}


def socket_address(text: str, port: int) -> syscall.SockaddrInet4 | syscall.SockaddrInet6:
    packed = syscall.parse_ip(text)
    if len(packed) == 4:
        return syscall.SockaddrInet4(port, packed)
    local = text.startswith(("fe80", "ff02"))
    return syscall.SockaddrInet6(port, packed, syscall.interface_by_name("eth0").index if local else 0)


def ask(told: int, telling: int, asked: list[str], copies: int) -> None:
    """The other host: send to each address, and tell where the answers come from."""
    assert os.read(told, 1)
    if laboratory.has_ipv6():
        laboratory.add_address("eth0", "fe80::2/64")
    for text in asked:
        address = socket_address(text, PORT)
        fd = syscall.socket(address.family, syscall.SOCK_DGRAM)
        syscall.bind_to_device(fd, "eth0")
        if text == LINK_LOCAL:  # the way back is then not told by the address to answer to
            syscall.bind(fd, syscall.SockaddrInet6(0, syscall.parse_ip("fd77::2")))
        syscall.setsockopt_int(fd, syscall.SOL_SOCKET, syscall.SO_BROADCAST, 1)
        syscall.setsockopt_timeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, syscall.Timeval(5))
        for _ in range(copies):
            syscall.sendto(fd, text.encode(), 0, address)
        room = bytearray(100)
        for _ in range(copies):
            try:
                n, source = syscall.recvfrom(fd, room)
            except BlockingIOError:  # a busy machine may lose one while it looks for a neighbour
                syscall.sendto(fd, text.encode(), 0, address)
                n, source = syscall.recvfrom(fd, room)
            assert room[:n] == text.encode()
            assert isinstance(source, (syscall.SockaddrInet4, syscall.SockaddrInet6))
            assert source.port == PORT
            os.write(telling, struct.pack("16s16s", text.encode(), source.addr))
        syscall.close(fd)
    os.write(telling, bytes(32))
    laboratory.idle()


@contextmanager
def server(family: int) -> Iterator[int]:
    """A socket on all addresses that is told where each datagram was sent to."""
    fd = syscall.socket(family, syscall.SOCK_DGRAM | syscall.SOCK_CLOEXEC)
    try:
        syscall.setsockopt_int(fd, syscall.IPPROTO_IP, syscall.IP_PKTINFO, 1)
        # What must not go back: of a time the kernel would say EINVAL.
        syscall.setsockopt_int(fd, syscall.SOL_SOCKET, syscall.SO_TIMESTAMPNS, 1)
        syscall.setsockopt_int(fd, syscall.IPPROTO_IP, syscall.IP_RECVTTL, 1)
        if family == syscall.AF_INET6:
            syscall.setsockopt_int(fd, syscall.IPPROTO_IPV6, syscall.IPV6_RECVPKTINFO, 1)
            syscall.setsockopt_int(fd, syscall.IPPROTO_IPV6, syscall.IPV6_RECVHOPLIMIT, 1)
            syscall.bind(fd, syscall.SockaddrInet6(PORT, bytes(16)))
        else:
            syscall.bind(fd, syscall.SockaddrInet4(PORT, bytes(4)))
        yield fd
    finally:
        syscall.close(fd)


def sources(family: int, way: str, asked: list[str], copies: int) -> dict[str, set[bytes]]:
    """From which addresses the other host was answered, by the address that it had asked."""
    told, telling = os.pipe()
    answered, answering = os.pipe()
    with server(family) as fd, laboratory.second_host(ask, told, answering, asked, copies):
        laboratory.add_address("eth0", "10.77.0.9/24")
        eth0 = syscall.interface_by_name("eth0").index
        membership = syscall.IPMreqn.from_buffer_copy(syscall.parse_ip(GROUP) + bytes(4) + struct.pack("i", eth0))
        syscall.setsockopt_ip_mreqn(fd, syscall.IPPROTO_IP, syscall.IP_ADD_MEMBERSHIP, membership)
        if laboratory.has_ipv6():
            laboratory.add_address("eth0", "fd77::9/64")
            laboratory.add_address("eth0", f"{LINK_LOCAL}/64")
        os.write(telling, b"x")
        batch = syscall.MessageBatch(8, 100, control=200)
        send = getattr(batch, way)
        found: dict[str, set[bytes]] = {}
        epfd = syscall.epoll_create1(syscall.EPOLL_CLOEXEC)
        for each in (fd, answered):
            syscall.epoll_ctl(epfd, syscall.EPOLL_CTL_ADD, each, syscall.EpollEvent(syscall.EPOLLIN, fd=each))
        events = (syscall.EpollEvent * 2)()
        while True:
            ready = syscall.epoll_wait(epfd, events, 10_000)
            assert ready, f"no answer has come after {found}"
            for event in events[:ready]:
                if event.fd == fd:
                    n, sent = batch.recv(fd), 0
                    held = [bytes(batch.control(i)) for i in range(n)]
                    while sent < n:
                        sent += send(fd, n, start=sent, control=True)
                    assert [bytes(batch.control(i)) for i in range(n)] == held
                    assert [batch.sent(i) for i in range(n)] == [len(batch.payload(i)) for i in range(n)]
                else:
                    text, source = struct.unpack("16s16s", os.read(answered, 32))
                    if not any(source):
                        syscall.close(epfd)
                        return found
                    found.setdefault(text.rstrip(b"\0").decode(), set()).add(source.rstrip(b"\0"))


@needs(limits.TIMESTAMPNS)
@in_namespace
@pytest.mark.parametrize("way", ["send", "send_udp"])
@pytest.mark.parametrize("copies", [1, 20])
@pytest.mark.parametrize("family", [syscall.AF_INET, syscall.AF_INET6])
def test_an_answer_over_ipv4_comes_from_the_address_that_was_asked(family: int, way: str, copies: int) -> None:
    if family == syscall.AF_INET6 and not laboratory.has_ipv6():
        pytest.skip("kernel: no IPv6")
    mapped = bytes(10) + b"\xff\xff"
    expected = {text: {syscall.parse_ip(source)} for text, source in ASKED4.items()}
    found = sources(family, way, list(ASKED4), copies)
    assert {text: {each.removeprefix(mapped) for each in found[text]} for text in found} == expected


@needs(limits.TIMESTAMPNS)
@in_namespace
@pytest.mark.parametrize("way", ["send", "send_udp"])
@pytest.mark.parametrize("copies", [1, 20])
def test_an_answer_over_ipv6_comes_from_the_address_that_was_asked(way: str, copies: int) -> None:
    if not laboratory.has_ipv6():
        pytest.skip("kernel: no IPv6")
    found = sources(syscall.AF_INET6, way, list(ASKED6), copies)
    assert found.keys() == ASKED6.keys()
    for text, possible in ASKED6.items():
        assert len(found[text]) == 1
        assert found[text] <= {syscall.parse_ip(each) for each in possible}


def on_all_addresses(keep: Keep) -> tuple[int, int]:
    """A socket on all IPv4 addresses that is told which was asked, and its port."""
    fd = keep(syscall.socket(syscall.AF_INET, syscall.SOCK_DGRAM | syscall.SOCK_CLOEXEC))
    syscall.bind(fd, syscall.SockaddrInet4(0, bytes(4)))
    syscall.setsockopt_int(fd, syscall.IPPROTO_IP, syscall.IP_PKTINFO, 1)
    address = syscall.getsockname(fd)
    assert isinstance(address, syscall.SockaddrInet4)
    return fd, address.port


def client(keep: Keep, port: int, last: int) -> int:
    """A socket that takes answers from 127.0.0.LAST alone."""
    fd = keep(syscall.socket(syscall.AF_INET, syscall.SOCK_DGRAM | syscall.SOCK_CLOEXEC))
    syscall.connect(fd, syscall.SockaddrInet4(port, bytes((127, 0, 0, last))))
    syscall.setsockopt_timeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, syscall.Timeval(5))
    return fd


@pytest.mark.parametrize("way", ["send", pytest.param("send_udp", marks=needs(limits.SEGMENTS))])
def test_each_of_many_in_one_batch_is_answered_from_its_own_address(keep: Keep, way: str) -> None:
    fd, port = on_all_addresses(keep)
    clients = [client(keep, port, last) for last in range(1, 9)]
    batch = syscall.MessageBatch(64, 100, control=64)
    for order in ([0, 0, 1, 1, 2, 2, 2], list(range(8)), [3] * 8, [0, 1] * 10, [3] * 8, [7]):
        for i, number in enumerate(order):
            syscall.write(clients[number], b"%d" % (i % 10))
        n, sent = batch.recv(fd), 0
        assert n == len(order)
        while sent < n:
            sent += getattr(batch, way)(fd, n, start=sent, control=True)
        for i, number in enumerate(order):
            assert os.read(clients[number], 100) == b"%d" % (i % 10)


@pytest.mark.parametrize("way", ["send", pytest.param("send_udp", marks=needs(limits.SEGMENTS))])
def test_one_who_asks_at_several_addresses_is_answered_from_each(keep: Keep, way: str) -> None:
    fd, port = on_all_addresses(keep)
    one = keep(syscall.socket(syscall.AF_INET, syscall.SOCK_DGRAM | syscall.SOCK_CLOEXEC))
    syscall.setsockopt_timeval(one, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, syscall.Timeval(5))
    batch = syscall.MessageBatch(8, 10, control=64)
    for order in ([1, 1, 1], [2, 2, 2], [1, 1, 2, 2, 1, 2], [2, 1, 1]):
        asked = [syscall.SockaddrInet4(port, bytes((127, 0, 0, last))) for last in order]
        for address in asked:
            syscall.sendto(one, b"equally", 0, address)
        n, sent = batch.recv(fd), 0
        while sent < n:
            sent += getattr(batch, way)(fd, n, start=sent, control=True)
        assert [syscall.recvfrom(one, bytearray(10)) for _ in order] == [(7, address) for address in asked]


def test_addresses_may_be_of_several_lengths(keep: Keep) -> None:
    server = keep(syscall.socket(syscall.AF_UNIX, syscall.SOCK_DGRAM | syscall.SOCK_CLOEXEC))
    syscall.bind(server, syscall.SockaddrUnix(""))
    batch = syscall.MessageBatch(2, 10, control=64)
    for length in (20, 5, 90):
        one = keep(syscall.socket(syscall.AF_UNIX, syscall.SOCK_DGRAM | syscall.SOCK_CLOEXEC))
        syscall.bind(one, syscall.SockaddrUnix("\0" + os.urandom(length // 2).hex()))
        syscall.sendto(one, b"x", 0, syscall.getsockname(server))
        assert batch.send(server, batch.recv(server), control=True) == 1
        assert syscall.recvfrom(one, bytearray(2), syscall.MSG_DONTWAIT)[0] == 1


@needs(limits.TIMESTAMPNS)
@in_namespace
@pytest.mark.parametrize("own", ["192.0.2.50", "2001:db8::50"])
def test_the_way_back_need_not_be_the_interface_by_which_it_came(own: str) -> None:
    """A datagram that comes over a cable, from one who is to be reached over another interface: here, the loopback."""
    if ":" in own and not laboratory.has_ipv6():
        pytest.skip("kernel: no IPv6")
    near, far = cable()
    asked = "fd77::1" if ":" in own else "10.77.0.1"
    prefix = "64" if ":" in own else "24"
    laboratory.add_address("far", f"{asked}/{prefix}")
    laboratory.add_address("lo", f"{own}/{'128' if ':' in own else '32'}")
    sysctl("net/ipv4/conf/far/accept_local", 1)  # own addresses may come by cable
    sysctl("net/ipv4/conf/far/rp_filter", 0)
    sysctl("net/ipv4/conf/all/rp_filter", 0)
    family = syscall.AF_INET6 if ":" in own else syscall.AF_INET
    one = syscall.socket(family, syscall.SOCK_DGRAM)
    syscall.setsockopt_timeval(one, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, syscall.Timeval(5))
    syscall.bind(one, socket_address(own, 5555))
    with server(family) as fd:
        syscall.setsockopt_timeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, syscall.Timeval(5))
        source, destination = syscall.parse_ip(own), syscall.parse_ip(asked)
        udp = struct.pack("!HHHH", 5555, PORT, 10, 0) + b"hi"
        if family == syscall.AF_INET:
            head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 30, 0, 0, 64, syscall.IPPROTO_UDP, 0, source, destination)
            packet = head[:10] + struct.pack("!H", internet_checksum(head)) + head[12:] + udp
        else:
            pseudo = source + destination + struct.pack("!II", len(udp), syscall.IPPROTO_UDP)
            udp = udp[:6] + struct.pack("!H", internet_checksum(pseudo + udp)) + udp[8:]
            packet = struct.pack("!IHBB", 6 << 28, len(udp), syscall.IPPROTO_UDP, 64) + source + destination + udp
        ethertype = syscall.ETH_P_IP if family == syscall.AF_INET else syscall.ETH_P_IPV6
        hardware = [syscall.interface_by_index(index).hardware_addr for index in (far, near)]
        syscall.write(syscall.lsf_socket(near, 0), b"".join(hardware) + struct.pack("!H", ethertype) + packet)
        batch = syscall.MessageBatch(1, 10, control=200)
        assert batch.recv(fd) == 1
        assert batch.send(fd, 1, control=True) == 1
        room = bytearray(10)
        assert syscall.recvfrom(one, room) == (2, socket_address(asked, PORT))


def test_without_control_it_comes_from_where_the_kernel_likes(keep: Keep) -> None:
    fd, port = on_all_addresses(keep)
    other = keep(syscall.socket(syscall.AF_INET, syscall.SOCK_DGRAM | syscall.SOCK_CLOEXEC))
    batch = syscall.MessageBatch(4, 100, control=64)
    for control, source in ((False, LOOPBACK), (True, bytes((127, 0, 0, 2))), (False, LOOPBACK)):
        syscall.sendto(other, b"x", 0, syscall.SockaddrInet4(port, bytes((127, 0, 0, 2))))
        assert batch.send(fd, batch.recv(fd), control=control) == 1
        assert syscall.recvfrom(other, bytearray(1)) == (1, syscall.SockaddrInet4(port, source))


@needs(limits.SEGMENTS)
def test_a_batch_without_room_for_control_data_has_none_to_send(keep: Keep) -> None:
    fd, port = on_all_addresses(keep)
    one = client(keep, port, 1)
    batch = syscall.MessageBatch(4, 100)
    syscall.write(one, b"x")
    syscall.write(one, b"y")
    assert batch.recv(fd) == 2
    assert batch.send_udp(fd, 2, control=True) == 2
    assert batch.send(fd, 0, control=True) == 0
    assert [os.read(one, 9), os.read(one, 9)] == [b"x", b"y"]


@needs(limits.CONTROL_SENT)
def test_what_put_gave_goes_out_whole(keep: Keep) -> None:
    """The caller's own control data is sent as it is, with control=True or without."""
    fd, port = on_all_addresses(keep)
    syscall.setsockopt_int(fd, syscall.IPPROTO_IP, syscall.IP_RECVTTL, 1)
    batch = syscall.MessageBatch(3, 10, control=100)
    to = syscall.SockaddrInet4(port, LOOPBACK)
    for control in (False, True):
        for way in ("send", "send_udp"):
            batch.put(0, b"0", to, syscall.inet4_ttl(7))
            batch.put(1, b"1", to)
            batch.put(2, b"2", to, syscall.inet4_ttl(9))
            sent = 0
            while sent < 3:
                sent += getattr(batch, way)(fd, 3, start=sent, control=control)
            assert [batch.sent(i) for i in range(3)] == [1, 1, 1]
            assert batch.recv(fd) == 3
            messages = [syscall.parse_socket_control_message(batch.control(i)) for i in range(3)]
            ttls = [[syscall.parse_inet4_ttl(m) for m in each if m.header.type == syscall.IP_TTL] for each in messages]
            assert ttls == [[7], [64], [9]]


def test_descriptors_and_credentials_do_not_go_back(dgram: tuple[int, int], pipe: tuple[int, int]) -> None:
    before = open_descriptors()
    syscall.setsockopt_int(dgram[1], syscall.SOL_SOCKET, syscall.SO_PASSCRED, 1)
    batch = syscall.MessageBatch(2, 10, control=100)
    batch.put(0, b"x", control=syscall.unix_rights(*pipe))
    assert batch.send(dgram[0], 1) == 1
    assert batch.recv(dgram[1]) == 1
    kinds = {m.header.type for m in syscall.parse_socket_control_message(batch.control(0))}
    assert kinds == {syscall.SCM_RIGHTS, syscall.SCM_CREDENTIALS}
    assert syscall.close_unix_rights(batch.control(0)) == 2
    assert batch.send(dgram[1], 1, control=True) == 1
    assert batch.recv(dgram[0]) == 1
    assert bytes(batch.control(0)) == b""
    assert open_descriptors() == before


@needs(limits.TRUNCATION)
def test_control_data_that_was_cut_is_no_address(keep: Keep) -> None:
    fd, port = on_all_addresses(keep)
    one = client(keep, port, 1)
    for room in range(1, syscall.cmsg_space(12)):
        batch = syscall.MessageBatch(1, 10, control=room)
        syscall.write(one, b"x")
        assert batch.recv(fd) == 1
        assert batch.send(fd, 1, control=True) == 1
        assert os.read(one, 10) == b"x"


@needs(limits.TIMESTAMPNS)
def test_answers_leave_no_memory_behind(keep: Keep) -> None:
    fd, port = on_all_addresses(keep)
    syscall.setsockopt_int(fd, syscall.SOL_SOCKET, syscall.SO_TIMESTAMPNS, 1)  # never twice the same
    clients = [client(keep, port, last) for last in (1, 2)]
    batch = syscall.MessageBatch(4, 16, control=100)

    def call() -> None:
        for each in (*clients, *clients):
            syscall.write(each, b"x")
        batch.send_udp(fd, batch.recv(fd), control=True)
        for each in (*clients, *clients):
            os.read(each, 10)

    assert_flat(call, 3000)
