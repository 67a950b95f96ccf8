"""Socket options: the plain pair, and the typed ones."""

import ctypes
import errno
import inspect
import os
import pydoc
import re
import socket
import struct
import typing
from collections.abc import Callable

import pytest

import pysyscall as syscall

from .. import limits
from ..conftest import LOOPBACK, LOOPBACK6, Keep
from ..limits import needs
from ..namespaces import in_namespace

Pair = tuple[int, int]
Int = struct.Struct("i")
GROUP = bytes((224, 0, 0, 251))
GROUP6 = b"\xff\x02" + bytes(13) + b"\xfb"


@pytest.fixture
def sock(keep: Keep) -> int:
    return keep(syscall.socket(syscall.AF_INET, syscall.SOCK_DGRAM | syscall.SOCK_CLOEXEC))


@pytest.fixture
def sock6(keep: Keep) -> int:
    return keep(syscall.socket(syscall.AF_INET6, syscall.SOCK_DGRAM | syscall.SOCK_CLOEXEC))


def python(fd: int, level: int, opt: int, size: int = 0) -> int | bytes:
    """The option as CPython's socket module reads it."""
    with socket.socket(fileno=os.dup(fd)) as peer:
        return peer.getsockopt(level, opt, size) if size else peer.getsockopt(level, opt)


def group4(array: bytes) -> ctypes.Array[ctypes.c_uint8]:
    return (ctypes.c_uint8 * len(array))(*array)


# The plain pair


def test_an_int_option_goes_both_ways(sock: int) -> None:
    for value in (1, 0):
        syscall.setsockopt_int(sock, syscall.SOL_SOCKET, syscall.SO_BROADCAST, value)
        assert syscall.getsockopt_int(sock, syscall.SOL_SOCKET, syscall.SO_BROADCAST) == value
        assert python(sock, socket.SOL_SOCKET, socket.SO_BROADCAST) == value


@needs(limits.PEEK_OFF)
def test_all_32_bits_of_an_int_go_both_ways(keep: Keep) -> None:
    fd = keep(syscall.socket(syscall.AF_UNIX, syscall.SOCK_STREAM))
    for value in (-1, 0, 2**31 - 1, 0x1234_5678, -1):
        syscall.setsockopt_int(fd, syscall.SOL_SOCKET, syscall.SO_PEEK_OFF, value)
        assert syscall.getsockopt_int(fd, syscall.SOL_SOCKET, syscall.SO_PEEK_OFF) == value
        assert python(fd, socket.SOL_SOCKET, syscall.SO_PEEK_OFF) == value


@needs(limits.CUT_OPTIONS)
@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 5, 8, 1000])
def test_an_option_is_cut_to_the_size_that_was_asked_and_no_longer_than_it_is(sock: int, size: int) -> None:
    value = syscall.getsockopt(sock, syscall.SOL_SOCKET, syscall.SO_TYPE, size)
    assert value == Int.pack(syscall.SOCK_DGRAM)[:size]


def test_an_options_bytes_may_come_in_any_buffer(sock: int) -> None:
    raw = Int.pack(5)
    for value in (raw, bytearray(raw), memoryview(raw), (ctypes.c_int * 1)(5), ctypes.c_int(5)):
        syscall.setsockopt_int(sock, syscall.SOL_SOCKET, syscall.SO_PRIORITY, 0)
        syscall.setsockopt(sock, syscall.SOL_SOCKET, syscall.SO_PRIORITY, value)  # type: ignore[arg-type]
        assert syscall.getsockopt(sock, syscall.SOL_SOCKET, syscall.SO_PRIORITY, 4) == raw


def test_an_option_of_no_bytes_is_passed_as_such(sock: int) -> None:
    with pytest.raises(OSError, match="setsockopt: ") as raised:
        syscall.setsockopt(sock, syscall.SOL_SOCKET, syscall.SO_PRIORITY, b"")
    assert raised.value.errno == errno.EINVAL


def test_options_fail_with_the_kernels_errno(sock: int) -> None:
    calls: list[Callable[[int, int], object]] = [
        lambda level, opt: syscall.getsockopt_int(sock, level, opt),
        lambda level, opt: syscall.getsockopt(sock, level, opt, 4),
        lambda level, opt: syscall.setsockopt_int(sock, level, opt, 1),
        lambda level, opt: syscall.setsockopt(sock, level, opt, bytes(4)),
    ]
    for call in calls:
        for level, opt, numbers in (
            (syscall.SOL_SOCKET, 9999, {errno.ENOPROTOOPT}),
            (syscall.IPPROTO_TCP, syscall.TCP_NODELAY, {errno.ENOPROTOOPT, errno.EOPNOTSUPP}),
        ):
            with pytest.raises(OSError, match=r"[gs]etsockopt: ") as raised:
                call(level, opt)
            assert raised.value.errno in numbers


@pytest.mark.parametrize("value", ["1", 1, None, [1, 0, 0, 0]])
def test_an_options_value_that_is_no_buffer_is_a_type_error(sock: int, value: object) -> None:
    with pytest.raises(TypeError, match="buffer is needed"):
        syscall.setsockopt(sock, syscall.SOL_SOCKET, syscall.SO_PRIORITY, value)  # type: ignore[arg-type]


@needs(limits.FILTER_TOLD)
def test_a_filter_never_exceeds_the_room_that_was_asked_for(sock: int) -> None:
    """SO_GET_FILTER counts its length in instructions of 8 bytes, so that the kernel would write 8 times the size."""
    accept = struct.pack("HBBI", syscall.BPF_RET | syscall.BPF_K, 0, 0, 0xFFFF_FFFF)
    nothing = struct.pack("HBBI", syscall.BPF_LD | syscall.BPF_IMM, 0, 0, 1)
    program = nothing * 99 + accept
    memory = ctypes.create_string_buffer(program, len(program))
    syscall.setsockopt(
        sock, syscall.SOL_SOCKET, syscall.SO_ATTACH_FILTER, struct.pack("HP", 100, ctypes.addressof(memory))
    )
    assert syscall.getsockopt(sock, syscall.SOL_SOCKET, syscall.SO_GET_FILTER, 8 * 100) == program
    assert syscall.getsockopt(sock, syscall.SOL_SOCKET, syscall.SO_GET_FILTER, 8 * 200) == program
    assert syscall.getsockopt(sock, syscall.SOL_SOCKET, syscall.SO_GET_FILTER, 0) == b""
    for size in (8, 100, 799):
        with pytest.raises(OSError, match="getsockopt: ") as raised:
            syscall.getsockopt(sock, syscall.SOL_SOCKET, syscall.SO_GET_FILTER, size)
        assert raised.value.errno == errno.EINVAL


# The typed ones


def test_a_byte_option(sock: int) -> None:
    syscall.setsockopt_byte(sock, syscall.IPPROTO_IP, syscall.IP_MULTICAST_TTL, 255)
    assert syscall.getsockopt_int(sock, syscall.IPPROTO_IP, syscall.IP_MULTICAST_TTL) == 255
    with pytest.raises(OverflowError, match=r"^value must be in 0\.\.255"):
        syscall.setsockopt_byte(sock, syscall.IPPROTO_IP, syscall.IP_MULTICAST_TTL, 256)


@needs(limits.TEXT_OPTIONS)
def test_a_string_option(keep: Keep) -> None:
    fd = keep(syscall.socket(syscall.AF_INET, syscall.SOCK_STREAM))
    for name in ("reno", b"reno"):
        syscall.setsockopt_string(fd, syscall.IPPROTO_TCP, syscall.TCP_CONGESTION, name)
        assert syscall.getsockopt(fd, syscall.IPPROTO_TCP, syscall.TCP_CONGESTION, 16).rstrip(b"\0") == b"reno"
    with pytest.raises(ValueError, match=r"^s must not hold a NUL"):
        syscall.setsockopt_string(fd, syscall.IPPROTO_TCP, syscall.TCP_CONGESTION, "reno\0")
    with pytest.raises(TypeError, match=r"^s must be str or bytes, not int"):
        syscall.setsockopt_string(fd, syscall.IPPROTO_TCP, syscall.TCP_CONGESTION, 1)  # type: ignore[arg-type]
    with pytest.raises(FileNotFoundError, match="setsockopt: "):
        syscall.setsockopt_string(fd, syscall.IPPROTO_TCP, syscall.TCP_CONGESTION, "no such")


@needs(limits.TEXT_OPTIONS)
def test_a_string_option_is_read_as_text(keep: Keep) -> None:
    fd = keep(syscall.socket(syscall.AF_INET, syscall.SOCK_STREAM))
    syscall.setsockopt_string(fd, syscall.IPPROTO_TCP, syscall.TCP_CONGESTION, "reno")
    assert syscall.getsockopt_string(fd, syscall.IPPROTO_TCP, syscall.TCP_CONGESTION) == "reno"
    assert syscall.getsockopt_string(fd, syscall.SOL_SOCKET, syscall.SO_BINDTODEVICE) == ""
    with pytest.raises(OSError, match="getsockopt: ") as raised:
        syscall.getsockopt_string(fd, syscall.SOL_SOCKET, 9999)
    assert raised.value.errno == errno.ENOPROTOOPT


@needs(limits.PEER_NAME)
def test_an_address_option(tcp: Pair) -> None:
    """SO_PEERNAME is the one that every kernel has."""
    peer = syscall.getsockopt_sockaddr(tcp[0], syscall.SOL_SOCKET, syscall.SO_PEERNAME)
    assert peer == syscall.getpeername(tcp[0])
    assert isinstance(peer, syscall.SockaddrInet4)


def test_a_connection_that_was_not_redirected_has_no_original_destination(tcp: Pair) -> None:
    with pytest.raises(OSError, match="getsockopt: ") as raised:
        syscall.getsockopt_sockaddr(tcp[1], syscall.IPPROTO_IP, syscall.SO_ORIGINAL_DST)
    assert raised.value.errno in {errno.ENOENT, errno.ENOPROTOOPT}


def nla(kind: int, value: bytes) -> bytes:
    return syscall.route_attr(kind, value)


def nftables(*messages: tuple[int, int, bytes]) -> None:
    """Have nf_tables carry these messages out, or skip: (type, flags, body)."""
    batch = syscall.netlink_message(0x10, syscall.NLM_F_REQUEST, 1, struct.pack("!BBH", 0, 0, 10))
    for seq, (kind, flags, body) in enumerate(messages, 2):
        head = struct.pack("!BBH", syscall.AF_INET, 0, 0)
        batch += syscall.netlink_message(
            10 << 8 | kind, syscall.NLM_F_REQUEST | syscall.NLM_F_ACK | flags, seq, head + body
        )
    batch += syscall.netlink_message(0x11, syscall.NLM_F_REQUEST, len(messages) + 2, struct.pack("!BBH", 0, 0, 10))
    fd = syscall.socket(syscall.AF_NETLINK, syscall.SOCK_RAW, syscall.NETLINK_NETFILTER)
    syscall.sendto(fd, batch, 0, syscall.SockaddrNetlink())
    acknowledged = 0
    while acknowledged < len(messages):
        p = bytearray(65536)
        n, _ = syscall.recvfrom(fd, p)
        for message in syscall.parse_netlink_message(p[:n]):
            try:
                syscall.netlink_ack(message)
            except OSError as error:
                if error.errno in {errno.EOPNOTSUPP, errno.ENOENT, errno.EINVAL}:
                    pytest.skip(f"kernel: nf_tables: {error.strerror}")
                raise
            acknowledged += 1
    syscall.close(fd)


def redirect_tcp(port: int) -> None:
    """nft add rule ip t c redirect to :port, of all TCP connections that this namespace makes."""

    def name(text: str) -> bytes:
        return text.encode() + b"\0"

    def number(value: int) -> bytes:
        return struct.pack("!I", value)

    def expression(kind: str, *data: bytes) -> bytes:
        return nla(1, nla(1, name(kind)) + nla(2, b"".join(data)))

    hook = nla(1, number(3)) + nla(2, struct.pack("!i", -100))  # NF_INET_LOCAL_OUT, NF_IP_PRI_NAT_DST
    create = syscall.NLM_F_CREATE
    in_chain = nla(1, name("t")) + nla(2, name("c"))
    is_tcp = expression("meta", nla(2, number(16)), nla(1, number(1)))  # NFT_META_L4PROTO into register 1
    is_tcp += expression("cmp", nla(1, number(1)), nla(2, number(0)), nla(3, nla(1, bytes([syscall.IPPROTO_TCP]))))
    to_port = expression("immediate", nla(1, number(1)), nla(2, nla(1, struct.pack("!H", port))))
    to_port += expression("redir", nla(1, number(1)))
    nftables(
        (0, create, nla(1, name("t"))),
        (3, create, nla(1, name("t")) + nla(3, name("c")) + nla(4, hook) + nla(7, name("nat"))),
        (6, create | syscall.NLM_F_APPEND, in_chain + nla(4, is_tcp + to_port)),
    )


@needs(limits.NETFILTER, limits.ORIGINAL_DESTINATION)
@in_namespace
def test_a_redirected_connection_tells_where_it_was_going() -> None:
    """What a transparent proxy asks of each connection that it accepts."""
    listener = syscall.socket(syscall.AF_INET, syscall.SOCK_STREAM)
    syscall.bind(listener, syscall.SockaddrInet4(0, LOOPBACK))
    syscall.listen(listener)
    proxy = syscall.getsockname(listener)
    assert isinstance(proxy, syscall.SockaddrInet4)
    redirect_tcp(proxy.port)
    client = syscall.socket(syscall.AF_INET, syscall.SOCK_STREAM)
    wanted = syscall.SockaddrInet4(9, bytes((127, 0, 0, 99)))
    syscall.connect(client, wanted)
    server, _ = syscall.accept4(listener)
    assert syscall.getsockname(server) != wanted
    assert syscall.getsockopt_sockaddr(server, syscall.IPPROTO_IP, syscall.SO_ORIGINAL_DST) == wanted


@needs(limits.IP_MULTICAST_IF)
def test_an_ipv4_address_option(sock: int) -> None:
    syscall.setsockopt_inet4_addr(sock, syscall.IPPROTO_IP, syscall.IP_MULTICAST_IF, LOOPBACK)
    assert syscall.getsockopt_inet4_addr(sock, syscall.IPPROTO_IP, syscall.IP_MULTICAST_IF) == LOOPBACK
    assert python(sock, socket.IPPROTO_IP, socket.IP_MULTICAST_IF, 4) == LOOPBACK
    for wrong in (b"", bytes(3), bytes(16)):
        with pytest.raises(ValueError, match=r"^value must be 4 bytes, not "):
            syscall.setsockopt_inet4_addr(sock, syscall.IPPROTO_IP, syscall.IP_MULTICAST_IF, wrong)


def is_member(group: bytes) -> bool:
    with open("/proc/net/igmp") as table:
        return f"{int.from_bytes(group, 'little'):08X}" in table.read()


def is_member6(group: bytes) -> bool:
    with open("/proc/net/igmp6") as table:
        return any(line.split()[1:3] == ["lo", group.hex()] for line in table)


@in_namespace
def test_a_multicast_group_is_joined_and_left_by_ip_mreq() -> None:
    fd = syscall.socket(syscall.AF_INET, syscall.SOCK_DGRAM)
    mreq = syscall.IPMreq(group4(GROUP), group4(LOOPBACK))
    syscall.setsockopt_ip_mreq(fd, syscall.IPPROTO_IP, syscall.IP_ADD_MEMBERSHIP, mreq)
    assert is_member(GROUP)
    syscall.setsockopt_ip_mreq(fd, syscall.IPPROTO_IP, syscall.IP_DROP_MEMBERSHIP, mreq)
    assert not is_member(GROUP)
    with pytest.raises(OSError, match="setsockopt: ") as raised:
        syscall.setsockopt_ip_mreq(fd, syscall.IPPROTO_IP, syscall.IP_DROP_MEMBERSHIP, mreq)
    assert raised.value.errno == errno.EADDRNOTAVAIL


@in_namespace
def test_a_multicast_group_is_joined_and_left_by_ip_mreqn() -> None:
    fd = syscall.socket(syscall.AF_INET, syscall.SOCK_DGRAM)
    mreq = syscall.IPMreqn(group4(GROUP), group4(bytes(4)), syscall.interface_by_name("lo").index)
    syscall.setsockopt_ip_mreqn(fd, syscall.IPPROTO_IP, syscall.IP_ADD_MEMBERSHIP, mreq)
    assert is_member(GROUP)
    syscall.setsockopt_ip_mreqn(fd, syscall.IPPROTO_IP, syscall.IP_DROP_MEMBERSHIP, mreq)
    assert not is_member(GROUP)


@in_namespace
def test_a_multicast_group_is_joined_and_left_by_ipv6_mreq() -> None:
    fd = syscall.socket(syscall.AF_INET6, syscall.SOCK_DGRAM)
    mreq = syscall.IPv6Mreq(group4(GROUP6), syscall.interface_by_name("lo").index)
    syscall.setsockopt_ipv6_mreq(fd, syscall.IPPROTO_IPV6, syscall.IPV6_JOIN_GROUP, mreq)
    assert is_member6(GROUP6)
    syscall.setsockopt_ipv6_mreq(fd, syscall.IPPROTO_IPV6, syscall.IPV6_LEAVE_GROUP, mreq)
    assert not is_member6(GROUP6)


@needs(limits.IP_MULTICAST_IF)
def test_getsockopt_of_a_structure_leaves_at_zero_what_the_kernel_does_not_fill(sock: int) -> None:
    """IP_MULTICAST_IF is four bytes, whatever is asked."""
    syscall.setsockopt_inet4_addr(sock, syscall.IPPROTO_IP, syscall.IP_MULTICAST_IF, LOOPBACK)
    mreqn = syscall.getsockopt_ip_mreqn(sock, syscall.IPPROTO_IP, syscall.IP_MULTICAST_IF)
    assert mreqn == syscall.IPMreqn(group4(LOOPBACK))
    mreq = syscall.getsockopt_ip_mreq(sock, syscall.IPPROTO_IP, syscall.IP_MULTICAST_IF)
    assert mreq == syscall.IPMreq(group4(LOOPBACK))


@needs(limits.IPV6_MULTICAST_IF)
def test_getsockopt_of_an_ipv6_mreq(sock6: int) -> None:
    lo = syscall.interface_by_name("lo").index
    syscall.setsockopt_int(sock6, syscall.IPPROTO_IPV6, syscall.IPV6_MULTICAST_IF, lo)
    mreq = syscall.getsockopt_ipv6_mreq(sock6, syscall.IPPROTO_IPV6, syscall.IPV6_MULTICAST_IF)
    assert bytes(mreq) == Int.pack(lo).ljust(20, b"\0")


@needs(limits.PATH_MTU)
def test_the_path_mtu_of_a_connected_socket(sock6: int) -> None:
    with pytest.raises(OSError, match="getsockopt: ") as raised:
        syscall.getsockopt_ipv6_mtu_info(sock6, syscall.IPPROTO_IPV6, syscall.IPV6_PATHMTU)
    assert raised.value.errno == errno.ENOTCONN
    syscall.connect(sock6, syscall.SockaddrInet6(9, LOOPBACK6))
    info = syscall.getsockopt_ipv6_mtu_info(sock6, syscall.IPPROTO_IPV6, syscall.IPV6_PATHMTU)
    assert info.mtu == syscall.interface_by_name("lo").mtu


@needs(limits.ICMPV6_FILTER_TOLD)
@in_namespace
def test_the_icmpv6_filter_goes_both_ways() -> None:
    fd = syscall.socket(syscall.AF_INET6, syscall.SOCK_RAW, syscall.IPPROTO_ICMPV6)
    wanted = syscall.ICMPv6Filter()
    assert syscall.getsockopt_icmpv6_filter(fd, syscall.IPPROTO_ICMPV6, syscall.ICMPV6_FILTER) == wanted
    wanted.data[4] = 0xFFFF_FFFE
    wanted.data[0] = 1
    syscall.setsockopt_icmpv6_filter(fd, syscall.IPPROTO_ICMPV6, syscall.ICMPV6_FILTER, wanted)
    assert syscall.getsockopt_icmpv6_filter(fd, syscall.IPPROTO_ICMPV6, syscall.ICMPV6_FILTER) == wanted


def test_the_credentials_of_a_peer(stream: Pair) -> None:
    ucred = syscall.getsockopt_ucred(stream[0], syscall.SOL_SOCKET, syscall.SO_PEERCRED)
    assert (ucred.pid, ucred.uid, ucred.gid) == (os.getpid(), os.getuid(), os.getgid())


def test_linger(tcp: Pair) -> None:
    syscall.setsockopt_linger(tcp[0], syscall.SOL_SOCKET, syscall.SO_LINGER, syscall.Linger(1, 0))
    assert syscall.getsockopt(tcp[0], syscall.SOL_SOCKET, syscall.SO_LINGER, 8) == bytes(syscall.Linger(1, 0))
    syscall.close(tcp[0])
    with pytest.raises(ConnectionResetError, match="read: "):
        syscall.read(tcp[1], bytearray(1))


def test_a_receive_timeout(udp: tuple[int, syscall.SockaddrInet4]) -> None:
    syscall.setsockopt_timeval(udp[0], syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, syscall.Timeval(0, 20_000))
    with pytest.raises(BlockingIOError, match="recvfrom: "):
        syscall.recvfrom(udp[0], bytearray(1))
    with pytest.raises(OSError, match="setsockopt: ") as raised:
        syscall.setsockopt_timeval(udp[0], syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, syscall.Timeval(0, 1_000_000))
    assert raised.value.errno == errno.EDOM


@needs(limits.TCP_INFO)
def test_the_state_of_a_connection(tcp: Pair) -> None:
    raw = syscall.getsockopt(tcp[0], syscall.IPPROTO_TCP, syscall.TCP_INFO, ctypes.sizeof(syscall.TCPInfo))
    info = syscall.TCPInfo.from_buffer_copy(raw)
    assert info.state == 1  # TCP_ESTABLISHED
    assert info.snd_mss > 500
    assert info.rto > 0


@needs(limits.DEVICE_TOLD)
@in_namespace
def test_bind_to_device_keeps_a_socket_to_one_interface() -> None:
    sock = syscall.socket(syscall.AF_INET, syscall.SOCK_DGRAM)
    for device in ("lo", b"lo"):
        syscall.bind_to_device(sock, device)
        assert syscall.getsockopt(sock, syscall.SOL_SOCKET, syscall.SO_BINDTODEVICE, 16).rstrip(b"\0") == b"lo"
        syscall.bind_to_device(sock, "")
        assert syscall.getsockopt(sock, syscall.SOL_SOCKET, syscall.SO_BINDTODEVICE, 16).rstrip(b"\0") == b""
    with pytest.raises(OSError, match="setsockopt: ") as raised:
        syscall.bind_to_device(sock, "no such")
    assert raised.value.errno == errno.ENODEV
    with pytest.raises(ValueError, match=r"^device must not hold a NUL"):
        syscall.bind_to_device(sock, "lo\0")


def test_a_structure_may_be_given_by_the_name_of_its_parameter(stream: Pair) -> None:
    at: dict[str, typing.Any] = {"fd": stream[0], "level": syscall.SOL_SOCKET}
    syscall.setsockopt_timeval(**at, opt=syscall.SO_RCVTIMEO, tv=syscall.Timeval(2))
    syscall.setsockopt_linger(**at, opt=syscall.SO_LINGER, l=syscall.Linger(1, 2))
    assert syscall.getsockopt_ucred(**at, opt=syscall.SO_PEERCRED).pid == os.getpid()
    with pytest.raises(TypeError, match="setsockopt_linger"):
        syscall.setsockopt_linger(**at, opt=syscall.SO_LINGER, value=syscall.Linger())  # type: ignore[call-arg]


def test_a_typed_option_says_what_it_takes() -> None:
    signature = inspect.signature(syscall.setsockopt_icmpv6_filter)
    assert list(signature.parameters) == ["fd", "level", "opt", "filter"]
    hints = typing.get_type_hints(syscall.setsockopt_icmpv6_filter)
    assert hints == {"fd": int, "level": int, "opt": int, "filter": syscall.ICMPv6Filter, "return": type(None)}
    assert typing.get_type_hints(syscall.getsockopt_ucred)["return"] is syscall.Ucred
    for function in (syscall.setsockopt_packet_mreq, syscall.getsockopt_tpacket_stats):
        assert function.__module__ == "pysyscall.packets.options"
        shown = pydoc.plain(pydoc.render_doc(function))
        assert re.search(rf"{function.__name__}\(\s*fd: int,\s*level: int,\s*opt: int", shown)


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("mreq must be a IPMreq", syscall.setsockopt_ip_mreq),
        ("mreq must be a IPMreqn", syscall.setsockopt_ip_mreqn),
        ("mreq must be a IPv6Mreq", syscall.setsockopt_ipv6_mreq),
        ("mreq must be a IPMreqSource", syscall.setsockopt_ip_mreq_source),
        ("req must be a GroupReq", syscall.setsockopt_group_req),
        ("req must be a GroupSourceReq", syscall.setsockopt_group_source_req),
        ("filter must be a ICMPv6Filter", syscall.setsockopt_icmpv6_filter),
        ("l must be a Linger", syscall.setsockopt_linger),
        ("tv must be a Timeval", syscall.setsockopt_timeval),
    ],
)
def test_a_structure_of_another_type_is_a_type_error(
    sock: int, name: str, call: Callable[[int, int, int, object], None]
) -> None:
    for value in (b"x" * 8, syscall.Ucred(), 1, None):
        with pytest.raises(TypeError, match=f"^{name}, not "):
            call(sock, syscall.SOL_SOCKET, syscall.SO_LINGER, value)
