"""sendto, recvfrom, sendmsg, sendmsg_n, recvmsg."""

import array
import ctypes
import errno
import os
import random
import socket
import struct
import sys
from collections import UserList, deque
from collections.abc import Callable, Iterator, Sequence

import pytest

import pysyscall as syscall

from .. import limits
from ..conftest import LOOPBACK, LOOPBACK6, Keep, open_descriptors
from ..limits import needs
from ..texts import failed

Pair = tuple[int, int]
Bound = tuple[int, syscall.SockaddrInet4]
ALIGNMENT = struct.calcsize("N")


def rights(*fds: int) -> bytes:
    """An SCM_RIGHTS message, made by hand."""
    data = struct.pack(f"{len(fds)}i", *fds)
    header = struct.pack("Nii", struct.calcsize("Nii") + len(data), socket.SOL_SOCKET, socket.SCM_RIGHTS)
    return header + data + bytes(-len(data) % ALIGNMENT)


def received_rights(control: bytearray, length: int) -> list[int]:
    """The descriptors in control data, taken apart by hand."""
    size, level, kind = struct.unpack_from("Nii", control)
    assert (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS)
    assert size <= length
    data = array.array("i", bytes(control[struct.calcsize("Nii") : size]))
    return list(data)


# sendto, recvfrom


def test_a_datagram_arrives_with_its_senders_address(keep: Keep, udp: Bound) -> None:
    sender = keep(syscall.socket(syscall.AF_INET, syscall.SOCK_DGRAM))
    assert syscall.sendto(sender, b"hello", 0, udp[1]) == 5
    p = bytearray(100)
    n, address = syscall.recvfrom(udp[0], p)
    assert p[:n] == b"hello"
    assert isinstance(address, syscall.SockaddrInet4)
    assert address.addr == LOOPBACK
    with socket.socket(fileno=os.dup(sender)) as sock:
        assert address.port == sock.getsockname()[1]
    assert syscall.sendto(udp[0], b"back", 0, address) == 4
    assert os.read(sender, 100) == b"back"


def test_a_datagram_over_ipv6_arrives_with_its_senders_address(keep: Keep) -> None:
    a, b = (keep(syscall.socket(syscall.AF_INET6, syscall.SOCK_DGRAM)) for _ in range(2))
    for fd in (a, b):
        syscall.bind(fd, syscall.SockaddrInet6(0, LOOPBACK6))
    syscall.sendto(a, b"six", 0, syscall.getsockname(b))
    n, address = syscall.recvfrom(b, bytearray(100))
    assert n == 3
    assert address == syscall.getsockname(a)
    assert isinstance(address, syscall.SockaddrInet6)


@pytest.mark.parametrize("name", ["/{}/a", "\0abstract {}", "\0with\0NULs\0 {}"])
def test_a_datagram_between_unix_sockets_arrives_with_its_senders_name(
    keep: Keep, tmp_path: os.PathLike[str], name: str
) -> None:
    a, b = (keep(syscall.socket(syscall.AF_UNIX, syscall.SOCK_DGRAM)) for _ in range(2))
    sender = syscall.SockaddrUnix(name.format(tmp_path))
    syscall.bind(a, sender)
    syscall.bind(b, syscall.SockaddrUnix(""))
    syscall.sendto(a, b"x", 0, syscall.getsockname(b))
    n, address = syscall.recvfrom(b, bytearray(100))
    assert (n, address) == (1, sender)


def test_a_datagram_of_a_nameless_unix_socket_has_no_address(keep: Keep, dgram: Pair) -> None:
    syscall.write(dgram[0], b"x")
    assert syscall.recvfrom(dgram[1], bytearray(1)) == (1, None)
    syscall.write(dgram[0], b"x")
    assert syscall.recvmsg(dgram[1], bytearray(1), None) == (1, 0, 0, None)


def send_from(sender: int, sources: range, udp: Bound) -> Iterator[tuple[bytes, syscall.Sockaddr | None]]:
    """A datagram of each address in 127.0.0.0/8, of which all are this machine's; and the address it came from."""
    p = bytearray(4)
    for number in sources:
        source = (127 << 24 | number).to_bytes(4, "big")
        info = syscall.inet4_pktinfo(syscall.Inet4Pktinfo(spec_dst=source))
        syscall.sendmsg(sender, source, info, udp[1])
        n, address = syscall.recvfrom(udp[0], p)
        yield bytes(p[:n]), address


def test_addresses_of_many_senders_are_told_apart(keep: Keep, udp: Bound) -> None:
    sender = keep(syscall.socket(syscall.AF_INET, syscall.SOCK_DGRAM))
    port = 0
    for _ in range(2):
        for source, address in send_from(sender, range(1, 9_001), udp):
            assert isinstance(address, syscall.SockaddrInet4)
            port = port or address.port
            assert (address.addr, address.port) == (source, port)


def test_addresses_of_ever_other_senders_take_no_more_memory(keep: Keep, udp: Bound) -> None:
    sender = keep(syscall.socket(syscall.AF_INET, syscall.SOCK_DGRAM))
    deque(send_from(sender, range(1, 9_001), udp), 0)
    before = sys.getallocatedblocks()
    deque(send_from(sender, range(20_001, 35_001), udp), 0)
    assert sys.getallocatedblocks() - before < 5_000


def test_unix_names_as_long_as_an_ipv4_address_are_told_apart(keep: Keep, udp: Bound) -> None:
    """An IPv4 address is looked up by its first eight bytes, which these have in common."""
    fd, address = udp
    syscall.sendto(fd, b"over IPv4", 0, address)
    assert syscall.recvfrom(fd, bytearray(16)) == (9, address)
    names = [f"\0{os.getpid():010}{i:03}" for i in range(5)]
    receiver = keep(syscall.socket(syscall.AF_UNIX, syscall.SOCK_DGRAM))
    syscall.bind(receiver, syscall.SockaddrUnix(f"\0{os.getpid()} receives"))
    for name in names * 2:
        sender = syscall.socket(syscall.AF_UNIX, syscall.SOCK_DGRAM)
        syscall.bind(sender, syscall.SockaddrUnix(name))
        assert len(bytes(syscall.getsockname(sender))) == len(bytes(address))
        syscall.sendto(sender, b"", 0, syscall.getsockname(receiver))
        assert syscall.recvfrom(receiver, bytearray(1)) == (0, syscall.SockaddrUnix(name))
        syscall.close(sender)


def test_a_connected_stream_has_no_address_and_0_bytes_are_the_end(tcp: Pair, stream: Pair) -> None:
    for a, b in (tcp, stream):
        assert syscall.sendto(a, b"abc", 0, None) == 3
        assert syscall.recvfrom(b, bytearray(10)) == (3, None)
        syscall.sendto(a, b"abc", 0, None)
        assert syscall.recvmsg(b, bytearray(10), None)[::3] == (3, None)
        syscall.shutdown(a, syscall.SHUT_WR)
        assert syscall.recvfrom(b, bytearray(10)) == (0, None)


def test_sendto_without_an_address_goes_to_the_connected_peer(keep: Keep, udp: Bound) -> None:
    for domain, own in (
        (syscall.AF_INET, syscall.SockaddrInet4(0, LOOPBACK)),
        (syscall.AF_INET6, syscall.SockaddrInet6(0, LOOPBACK6)),
    ):
        fd = keep(syscall.socket(domain, syscall.SOCK_DGRAM))
        syscall.bind(fd, own)
        syscall.connect(fd, syscall.getsockname(fd))
        for p in (b"bytes", bytearray(b"other")):
            assert syscall.sendto(fd, p, 0, None) == 5
            assert syscall.sendmsg(fd, p, None, None) == 5
        assert [os.read(fd, 100) for _ in range(4)] == [b"bytes", b"bytes", b"other", b"other"]


def test_an_empty_datagram_is_one(keep: Keep, udp: Bound) -> None:
    sender = keep(syscall.socket(syscall.AF_INET, syscall.SOCK_DGRAM))
    for empty in (b"", bytearray(), memoryview(b"")):
        assert syscall.sendto(sender, empty, 0, udp[1]) == 0
        n, address = syscall.recvfrom(udp[0], bytearray(10))
        assert n == 0
        assert isinstance(address, syscall.SockaddrInet4)


def test_a_datagram_longer_than_the_buffer_is_cut_and_msg_trunc_tells_its_length(keep: Keep, udp: Bound) -> None:
    sender = keep(syscall.socket(syscall.AF_INET, syscall.SOCK_DGRAM))
    p = bytearray(4)
    for flags, length in ((0, 4), (syscall.MSG_TRUNC, 10)):
        syscall.sendto(sender, b"0123456789", 0, udp[1])
        assert syscall.recvfrom(udp[0], p, flags)[0] == length
        assert p == b"0123"
    syscall.sendto(sender, b"0123456789", 0, udp[1])
    n, _, flags, _ = syscall.recvmsg(udp[0], p, None)
    assert (n, flags) == (4, syscall.MSG_TRUNC)


def test_recvfrom_takes_flags(udp: Bound) -> None:
    syscall.sendto(udp[0], b"stays", 0, udp[1])
    for flags in (syscall.MSG_PEEK, syscall.MSG_DONTWAIT):
        assert syscall.recvfrom(udp[0], bytearray(10), flags) == (5, udp[1])
    with pytest.raises(BlockingIOError, match="recvfrom: "):
        syscall.recvfrom(udp[0], bytearray(10), syscall.MSG_DONTWAIT)
    with pytest.raises(BlockingIOError, match="recvmsg: "):
        syscall.recvmsg(udp[0], bytearray(10), None, syscall.MSG_DONTWAIT)


def test_sendto_takes_flags(tcp: Pair) -> None:
    syscall.sendto(tcp[0], b"!", syscall.MSG_OOB, None)
    p = bytearray(1)
    fds = syscall.FdSet()
    fds.set(tcp[1])
    syscall.select(tcp[1] + 1, None, None, fds)
    assert syscall.recvfrom(tcp[1], p, syscall.MSG_OOB) == (1, None)
    assert p == b"!"


def test_a_datagram_to_nobody_is_refused_at_the_next_call(udp: Bound, keep: Keep) -> None:
    syscall.close(udp[0])
    fd = keep(syscall.socket(syscall.AF_INET, syscall.SOCK_DGRAM))
    syscall.connect(fd, udp[1])
    syscall.sendto(fd, b"x", 0, None)
    with pytest.raises(ConnectionRefusedError, match="recvfrom: Connection refused"):
        syscall.recvfrom(fd, bytearray(1))


def test_sendto_fails_with_the_kernels_errno(keep: Keep, udp: Bound, stream: Pair) -> None:
    unconnected = keep(syscall.socket(syscall.AF_INET, syscall.SOCK_DGRAM))
    tcp = keep(syscall.socket(syscall.AF_INET, syscall.SOCK_STREAM))
    for fd, p, to, number in (
        (unconnected, b"x", None, errno.EDESTADDRREQ),
        (unconnected, bytes(70_000), udp[1], errno.EMSGSIZE),
        (unconnected, bytearray(70_000), udp[1], errno.EMSGSIZE),
        (unconnected, b"x", syscall.SockaddrBytes(b"\x02\x00"), errno.EINVAL),
        (unconnected, b"x", syscall.SockaddrInet4(9, b"\x7f\xff\xff\xff"), errno.EACCES),
        (tcp, b"x", None, errno.EPIPE),
        (stream[0], b"x", syscall.SockaddrUnix("/nowhere"), errno.EISCONN),
    ):
        with pytest.raises(OSError, match="sendto: ") as raised:
            syscall.sendto(fd, p, 0, to)
        assert raised.value.errno == number
        with pytest.raises(OSError, match="sendmsg: ") as raised:
            syscall.sendmsg(fd, p, None, to)
        assert raised.value.errno == number


@pytest.mark.parametrize("to", [("127.0.0.1", 9), b"\x02\x00", "127.0.0.1:9", 0, object()])
def test_an_address_that_is_no_sockaddr_is_a_type_error(udp: Bound, to: object) -> None:
    with pytest.raises(TypeError, match=r"^to must be a Sockaddr, not "):
        syscall.sendto(udp[0], b"x", 0, to)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^to must be a Sockaddr, not "):
        syscall.sendmsg(udp[0], b"x", None, to)  # type: ignore[arg-type]


def test_none_is_gos_nil(dgram: Pair, stream: Pair) -> None:
    assert syscall.sendto(dgram[0], None, 0, None) == 0
    assert syscall.recvfrom(dgram[1], bytearray(9)) == (0, None)
    assert syscall.sendmsg(dgram[0], None, None, None) == 0
    assert syscall.recvmsg(dgram[1], bytearray(9), None) == (0, 0, 0, None)
    for receive in (lambda: syscall.recvfrom(dgram[1], None), lambda: syscall.recvmsg(dgram[1], None, None)):
        os.write(dgram[0], b"dropped")
        assert receive()[0] == 0
    os.write(stream[0], b"stays")
    assert syscall.read(stream[1], None) == syscall.write(stream[1], None) == 0
    assert os.read(stream[1], 9) == b"stays"


@pytest.mark.parametrize("make", [list, tuple, UserList, deque])
def test_any_sequence_of_buffers_is_one(dgram: Pair, make: Callable[[list[bytearray]], Sequence[bytearray]]) -> None:
    parts = [bytearray(b"one"), bytearray(b"two")]
    assert syscall.sendmsg(dgram[0], make(parts), None, None) == 6
    room = [bytearray(2), bytearray(4)]
    assert syscall.recvmsg(dgram[1], make(room), None)[0] == 6
    assert room == [b"on", b"etwo"]


@pytest.mark.parametrize("size", [0, 1, 3840, 3841, 4096, 4097, 60_000])
def test_payload_and_control_messages_of_every_size_are_sent_whole(keep: Keep, size: int, pipe: Pair) -> None:
    """Short ones are copied, long ones are not."""
    a, b = map(keep, syscall.socketpair(syscall.AF_UNIX, syscall.SOCK_DGRAM))
    whole = random.Random(size).randbytes(size)
    for p in (whole, bytearray(whole), [whole], (ctypes.c_char * size).from_buffer_copy(whole)):
        for count in (0, 1, 253):
            oob = rights(*[pipe[0]] * count) if count else None
            assert syscall.sendmsg(a, p, oob, None) == size
            buffer, room = bytearray(size + 1), bytearray(2000)
            n, oobn, _, _ = syscall.recvmsg(b, buffer, room)
            assert buffer[:n] == whole
            assert len([keep(fd) for fd in received_rights(room, oobn)] if count else []) == count


def test_a_message_has_its_own_address_whatever_the_one_before_had(keep: Keep, udp: Bound) -> None:
    a, b = map(keep, syscall.socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM))
    syscall.write(a, b"no address")
    assert syscall.recvmsg(b, bytearray(20), None)[3] is None
    syscall.sendto(udp[0], b"x", 0, udp[1])
    assert syscall.recvmsg(udp[0], bytearray(20), None)[3] == udp[1]
    syscall.write(a, b"no address")
    assert syscall.recvfrom(b, bytearray(20)) == (10, None)
    syscall.sendto(udp[0], b"x", 0, udp[1])
    assert syscall.recvfrom(udp[0], bytearray(20)) == (1, udp[1])


ZERO_COPY: dict[str, Callable[[int, bytearray, int], int]] = {
    "sendto": lambda fd, p, flags: syscall.sendto(fd, p, flags, None),
    "sendmsg": lambda fd, p, flags: syscall.sendmsg(fd, p, None, None, flags),
    "sendmsg of a list": lambda fd, p, flags: syscall.sendmsg(fd, [p], None, None, flags),
}


@needs(limits.ZEROCOPY)
@pytest.mark.parametrize("size", [1, 100, 4096, 5000])
@pytest.mark.parametrize("send", ZERO_COPY.values(), ids=ZERO_COPY)
def test_with_msg_zerocopy_the_kernel_reads_the_callers_own_memory(
    send: Callable[[int, bytearray, int], int], size: int, keep: Keep
) -> None:
    """What is put there while the receiver's window is full goes out. Of a copy, freed memory would."""
    listener = keep(syscall.socket(syscall.AF_INET, syscall.SOCK_STREAM))
    syscall.setsockopt_int(listener, syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4096)
    syscall.bind(listener, syscall.SockaddrInet4(0, LOOPBACK))
    syscall.listen(listener)
    sender = keep(syscall.socket(syscall.AF_INET, syscall.SOCK_STREAM))
    syscall.connect(sender, syscall.getsockname(listener))
    receiver = keep(syscall.accept(listener)[0])
    syscall.setsockopt_int(sender, syscall.SOL_SOCKET, syscall.SO_SNDBUF, 200_000)
    syscall.setsockopt_int(sender, syscall.SOL_SOCKET, syscall.SO_ZEROCOPY, 1)
    waiting = syscall.write(sender, bytes(65536))
    p = bytearray(b"A" * size)
    assert send(sender, p, syscall.MSG_ZEROCOPY) == size
    p[:] = b"B" * size
    received = b""
    while len(received) < waiting + size:
        received += os.read(receiver, 1 << 20)
    assert received[waiting:] == b"B" * size


def test_packets_of_a_seqpacket_socket_keep_their_bounds(keep: Keep) -> None:
    a, b = map(keep, syscall.socketpair(syscall.AF_UNIX, syscall.SOCK_SEQPACKET))
    for part in (b"one", b"two"):
        assert syscall.sendto(a, part, 0, None) == 3
    p = bytearray(100)
    assert syscall.recvfrom(b, p)[0] == 3
    assert syscall.recvfrom(b, p)[0] == 3
    assert p[:3] == b"two"


# sendmsg, recvmsg


def test_a_message_arrives_with_its_senders_address(udp: Bound) -> None:
    assert syscall.sendmsg(udp[0], b"hello", None, udp[1]) == 5
    p = bytearray(10)
    assert syscall.recvmsg(udp[0], p, None) == (5, 0, 0, udp[1])
    assert p[:5] == b"hello"


def test_sendmsg_n_is_sendmsg(dgram: Pair) -> None:
    assert syscall.sendmsg_n(dgram[0], [b"ab", b"cd"], None, None) == 4
    assert os.read(dgram[1], 100) == b"abcd"


@pytest.mark.parametrize(
    ("parts", "count"),
    [([], 0), ((), 0), ([b"one"], 1), ((b"on", bytearray(b"e"), memoryview(b"!")), 3), ([b"x"] * 1024, 1024)],
)
def test_sendmsg_joins_a_sequence_of_buffers(dgram: Pair, parts: list[bytes], count: int) -> None:
    assert len(parts) == count
    whole = b"".join(parts)
    assert syscall.sendmsg(dgram[0], parts, None, None) == len(whole)
    assert os.read(dgram[1], 10_000) == whole


@pytest.mark.parametrize("make", [list, tuple])
@pytest.mark.parametrize(
    "sizes",
    [pytest.param([], marks=needs(limits.NO_BUFFERS)), [4], [1, 2, 3], [0, 2, 0, 3, 0], [1] * 1024],
)
def test_recvmsg_fills_a_sequence_of_buffers_one_after_another(
    dgram: Pair, sizes: list[int], make: Callable[[list[bytearray]], list[bytearray]]
) -> None:
    buffers = [bytearray(size) for size in sizes]
    os.write(dgram[0], b"abcdef" * 200)
    n, oobn, flags, _ = syscall.recvmsg(dgram[1], make(buffers), None)
    assert (n, oobn, flags) == (sum(sizes), 0, syscall.MSG_TRUNC)
    assert b"".join(buffers) == (b"abcdef" * 200)[: sum(sizes)]


def test_more_than_1024_buffers_are_too_many(dgram: Pair) -> None:
    with pytest.raises(OSError, match=failed("sendmsg", syscall.EMSGSIZE)) as raised:
        syscall.sendmsg(dgram[0], [b"x"] * 1025, None, None)
    assert raised.value.errno == errno.EMSGSIZE
    with pytest.raises(OSError, match=failed("recvmsg", syscall.EMSGSIZE)) as raised:
        syscall.recvmsg(dgram[0], [bytearray(1) for _ in range(1025)], None)
    assert raised.value.errno == errno.EMSGSIZE


def test_a_descriptor_travels_beside_data(keep: Keep, stream: Pair, pipe: Pair) -> None:
    assert syscall.sendmsg(stream[0], b"two of them", rights(*pipe), None) == 11
    p, oob = bytearray(100), bytearray(100)
    n, oobn, flags, _ = syscall.recvmsg(stream[1], p, oob, syscall.MSG_CMSG_CLOEXEC)
    assert p[:n] == b"two of them"
    assert flags == syscall.MSG_CMSG_CLOEXEC
    r, w = map(keep, received_rights(oob, oobn))
    assert not os.get_inheritable(r)
    os.write(w, b"the same pipe")
    assert os.read(pipe[0], 100) == b"the same pipe"


def test_messages_are_understood_by_pythons_socket_module_and_understand_its_own(
    keep: Keep, stream: Pair, pipe: Pair
) -> None:
    with socket.socket(fileno=os.dup(stream[1])) as peer:
        syscall.sendmsg(stream[0], [b"two ", b"parts"], rights(*pipe), None)
        data, fds, flags, address = socket.recv_fds(peer, 100, 5)
        assert (data, len([keep(fd) for fd in fds]), address) == (b"two parts", 2, None)
        assert flags & ~socket.MSG_CMSG_CLOEXEC == 0
        socket.send_fds(peer, [b"and ", b"back"], list(pipe))
    p, oob = [bytearray(2), bytearray(100)], bytearray(100)
    n, oobn, _, _ = syscall.recvmsg(stream[0], p, oob)
    assert n == 8
    assert b"".join(p)[:n] == b"and back"
    assert len([keep(fd) for fd in received_rights(oob, oobn)]) == 2


def test_descriptors_arrive_inheritable_unless_asked_otherwise(keep: Keep, stream: Pair, pipe: Pair) -> None:
    syscall.sendmsg(stream[0], b"x", rights(pipe[0]), None)
    oob = bytearray(100)
    _, oobn, flags, _ = syscall.recvmsg(stream[1], bytearray(1), oob)
    assert flags == 0
    assert os.get_inheritable(keep(received_rights(oob, oobn)[0]))


@pytest.mark.parametrize("empty", [b"", [], [b"", b""], bytearray()])
def test_control_messages_alone_take_one_nul_with_them_on_a_stream(
    keep: Keep, stream: Pair, pipe: Pair, empty: bytes
) -> None:
    assert syscall.sendmsg(stream[0], empty, rights(pipe[1]), None) == 0
    syscall.write(stream[0], b"data")
    p, oob = bytearray(10), bytearray(100)
    n, oobn, _, _ = syscall.recvmsg(stream[1], p, oob)
    os.write(keep(received_rights(oob, oobn)[0]), b"x")
    assert os.read(pipe[0], 10) == b"x"
    assert bytes(p[:n]) in (b"\0", b"\0data")


def test_control_messages_alone_take_nothing_with_them_where_the_socket_needs_none(keep: Keep, pipe: Pair) -> None:
    for typ in (syscall.SOCK_DGRAM, syscall.SOCK_SEQPACKET):
        a, b = map(keep, syscall.socketpair(syscall.AF_UNIX, typ))
        assert syscall.sendmsg(a, b"", rights(pipe[1]), None) == 0
        oob = bytearray(100)
        n, oobn, _, _ = syscall.recvmsg(b, bytearray(10), oob)
        assert n == 0
        keep(received_rights(oob, oobn)[0])


def test_an_empty_message_without_control_messages_sends_nothing_on_a_stream(stream: Pair) -> None:
    for oob in (None, b"", bytearray()):
        assert syscall.sendmsg(stream[0], b"", oob, None) == 0
    syscall.write(stream[0], b"first")
    assert os.read(stream[1], 100) == b"first"


@pytest.mark.parametrize("p", [bytearray(), [], [bytearray()], None, (ctypes.c_char * 0)()])
def test_control_messages_alone_are_received_with_one_byte_that_is_dropped(
    keep: Keep, stream: Pair, pipe: Pair, p: bytearray | None
) -> None:
    """As in Go: what sendmsg sends for them to travel with is not left for the next call."""
    syscall.sendmsg(stream[0], b"", rights(pipe[1]), None)
    syscall.write(stream[0], b"hello")
    oob = bytearray(100)
    n, oobn, flags, _ = syscall.recvmsg(stream[1], p, oob)
    assert (n, flags) == (1, 0)
    os.write(keep(received_rights(oob, oobn)[0]), b"x")
    assert os.read(pipe[0], 10) == b"x"
    assert os.read(stream[1], 100) == b"hello"
    syscall.close(stream[0])
    assert syscall.recvmsg(stream[1], p, oob)[:2] == (0, 0)


def test_no_byte_is_dropped_where_no_control_messages_are_asked_for(stream: Pair) -> None:
    os.write(stream[0], b"stays")
    for oob in (None, bytearray()):
        assert syscall.recvmsg(stream[1], bytearray(), oob)[0] == 0
    assert os.read(stream[1], 100) == b"stays"


def test_no_byte_is_dropped_of_a_stream_on_which_control_messages_need_none(tcp: Pair) -> None:
    os.write(tcp[0], b"stays")
    assert syscall.recvmsg(tcp[1], bytearray(), bytearray(100))[0] == 0
    assert os.read(tcp[1], 100) == b"stays"


@needs(limits.TRUNCATION)
def test_msg_ctrunc_tells_of_control_data_that_did_not_fit(keep: Keep, stream: Pair, pipe: Pair) -> None:
    syscall.sendmsg(stream[0], b"x", rights(*pipe), None)
    oob = bytearray(struct.calcsize("Nii") + struct.calcsize("i"))
    before = open_descriptors()
    n, oobn, flags, _ = syscall.recvmsg(stream[1], bytearray(1), oob)
    assert (n, oobn, flags) == (1, len(oob), syscall.MSG_CTRUNC)
    assert open_descriptors().keys() - before.keys() == {keep(received_rights(oob, oobn)[0])}


@pytest.mark.parametrize("oob", [None, bytearray(), bytearray(4)])
def test_descriptors_that_nobody_has_room_for_are_dropped(stream: Pair, pipe: Pair, oob: bytearray | None) -> None:
    syscall.sendmsg(stream[0], b"x", rights(*pipe), None)
    n, oobn, flags, _ = syscall.recvmsg(stream[1], bytearray(1), oob)
    assert (n, oobn, flags) == (1, 0, syscall.MSG_CTRUNC)


@needs(limits.MALFORMED_CONTROL)
def test_malformed_control_data_is_refused_by_the_kernel(stream: Pair) -> None:
    for oob in (rights(0)[: struct.calcsize("Nii") + 2], struct.pack("Nii", 3, socket.SOL_SOCKET, socket.SCM_RIGHTS)):
        with pytest.raises(OSError, match="sendmsg: ") as raised:
            syscall.sendmsg(stream[0], b"x", oob, None)
        assert raised.value.errno == errno.EINVAL
    with pytest.raises(OSError, match="sendmsg: ") as raised:
        syscall.sendmsg(stream[0], b"x", rights(2**31 - 1), None)
    assert raised.value.errno == errno.EBADF


def test_a_failed_message_names_sendmsg_also_where_it_carries_control_messages_alone(pipe: Pair) -> None:
    for fd, number in ((pipe[0], errno.ENOTSOCK), (-1, errno.EBADF)):
        with pytest.raises(OSError, match="sendmsg: ") as raised:
            syscall.sendmsg(fd, b"", rights(0), None)
        assert raised.value.errno == number


def test_credentials_arrive_where_asked_for(stream: Pair) -> None:
    syscall.setsockopt_int(stream[1], syscall.SOL_SOCKET, syscall.SO_PASSCRED, 1)
    syscall.write(stream[0], b"x")
    oob = bytearray(100)
    _, oobn, _, _ = syscall.recvmsg(stream[1], bytearray(1), oob)
    assert struct.unpack_from("Niiiii", oob)[1:] == (
        socket.SOL_SOCKET,
        socket.SCM_CREDENTIALS,
        os.getpid(),
        os.getuid(),
        os.getgid(),
    )
    assert oobn == struct.calcsize("Niiiii") + -struct.calcsize("Niiiii") % ALIGNMENT


def test_whatever_is_no_buffer_is_a_type_error_and_nothing_is_sent(dgram: Pair) -> None:
    for p in ("text", 5, [b"x", "text"], [None], {b"x"}, iter([b"x"])):
        with pytest.raises(TypeError, match="buffer is needed"):
            syscall.sendmsg(dgram[0], p, None, None)  # type: ignore[arg-type]
    for oob in ("text", 5, [b"x"]):
        with pytest.raises(TypeError, match="buffer is needed"):
            syscall.sendmsg(dgram[0], b"x", oob, None)  # type: ignore[arg-type]
    for room in (b"read-only", [bytearray(1), b"read-only"], memoryview(bytearray(4))[::2]):
        with pytest.raises(TypeError, match="buffer is needed"):
            syscall.recvmsg(dgram[0], room, None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="buffer is needed"):
        syscall.recvmsg(dgram[0], bytearray(1), b"read-only")  # type: ignore[arg-type]
    with pytest.raises(BlockingIOError):
        syscall.recvfrom(dgram[1], bytearray(1), syscall.MSG_DONTWAIT)
