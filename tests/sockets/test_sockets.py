"""socket, socketpair, bind, listen, accept, accept4, connect, shutdown, getsockname, getpeername."""

import errno
import os
import resource
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import pysyscall as syscall

from .. import limits
from ..conftest import LOOPBACK, LOOPBACK6, Keep, open_descriptors
from ..limits import needs
from ..texts import failed

Listener = tuple[int, syscall.SockaddrInet4]


@contextmanager
def python_socket(fd: int) -> Iterator[socket.socket]:
    """CPython's view of the same socket, to compare with."""
    with socket.socket(fileno=os.dup(fd)) as sock:
        yield sock


@contextmanager
def no_descriptor_left() -> Iterator[None]:
    """Any call that would make a descriptor fails with EMFILE."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def flags(fd: int) -> tuple[bool, bool]:
    """Whether a descriptor is non-blocking, and whether it is close-on-exec."""
    return not os.get_blocking(fd), not os.get_inheritable(fd)


# socket


@pytest.mark.parametrize(
    ("domain", "typ"),
    [
        (syscall.AF_INET, syscall.SOCK_STREAM),
        (syscall.AF_INET, syscall.SOCK_DGRAM),
        (syscall.AF_INET6, syscall.SOCK_STREAM),
        (syscall.AF_INET6, syscall.SOCK_DGRAM),
        (syscall.AF_UNIX, syscall.SOCK_STREAM),
        (syscall.AF_UNIX, syscall.SOCK_DGRAM),
        (syscall.AF_UNIX, syscall.SOCK_SEQPACKET),
        (syscall.AF_NETLINK, syscall.SOCK_RAW),
    ],
)
def test_socket_is_of_the_domain_and_type_that_were_asked(keep: Keep, domain: int, typ: int) -> None:
    with python_socket(keep(syscall.socket(domain, typ))) as sock:
        assert (sock.family, sock.type) == (domain, typ)


def test_socket_is_of_the_protocol_that_was_asked(keep: Keep) -> None:
    fd = keep(syscall.socket(syscall.AF_INET, syscall.SOCK_STREAM, syscall.IPPROTO_TCP))
    assert syscall.getsockopt_int(fd, syscall.SOL_SOCKET, syscall.SO_PROTOCOL) == syscall.IPPROTO_TCP


def test_socket_blocks_and_is_inherited_unless_asked_otherwise(keep: Keep) -> None:
    assert flags(keep(syscall.socket(syscall.AF_UNIX, syscall.SOCK_STREAM))) == (False, False)
    assert flags(keep(syscall.socket(syscall.AF_UNIX, syscall.SOCK_STREAM | syscall.SOCK_NONBLOCK))) == (True, False)
    assert flags(keep(syscall.socket(syscall.AF_UNIX, syscall.SOCK_STREAM | syscall.SOCK_CLOEXEC))) == (False, True)


def test_sys_socket_is_non_blocking_and_close_on_exec_from_birth(keep: Keep) -> None:
    fd = keep(syscall.sys_socket(syscall.AF_INET, syscall.SOCK_DGRAM, syscall.IPPROTO_UDP))
    assert flags(fd) == (True, True)
    assert syscall.getsockopt_int(fd, syscall.SOL_SOCKET, syscall.SO_TYPE) == syscall.SOCK_DGRAM


@pytest.mark.parametrize(
    ("domain", "typ", "proto", "number"),
    [
        (-1, syscall.SOCK_STREAM, 0, errno.EAFNOSUPPORT),
        (1000, syscall.SOCK_STREAM, 0, errno.EAFNOSUPPORT),
        pytest.param(syscall.AF_INET, 1000, 0, errno.EINVAL, marks=needs(limits.SOCKET_TYPE)),
        (syscall.AF_INET, syscall.SOCK_STREAM, syscall.IPPROTO_UDP, errno.EPROTONOSUPPORT),
        (syscall.AF_INET, syscall.SOCK_RAW, 0, errno.EPROTONOSUPPORT),
        (syscall.AF_UNIX, syscall.SOCK_STREAM, 99, errno.EPROTONOSUPPORT),
        (syscall.AF_UNIX, syscall.SOCK_RDM, 0, errno.ESOCKTNOSUPPORT),
    ],
)
def test_socket_of_no_such_kind_fails_with_the_kernels_errno(domain: int, typ: int, proto: int, number: int) -> None:
    with pytest.raises(OSError, match="socket: ") as raised:
        syscall.socket(domain, typ, proto)
    assert raised.value.errno == number


@pytest.mark.parametrize(
    "make",
    [
        lambda: syscall.socket(syscall.AF_INET, syscall.SOCK_STREAM),
        lambda: syscall.sys_socket(syscall.AF_INET, syscall.SOCK_STREAM),
        lambda: syscall.socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM),
        syscall.pipe,
        syscall.pipe2,
        lambda: syscall.dup(0),
        syscall.epoll_create1,
        lambda: syscall.epoll_create(1),
        lambda: syscall.netlink_rib(syscall.RTM_GETLINK, syscall.AF_UNSPEC),
        syscall.interfaces,
    ],
)
def test_whatever_makes_a_descriptor_fails_with_emfile_where_none_is_left(make: Callable[[], object]) -> None:
    with no_descriptor_left(), pytest.raises(OSError) as raised:
        make()
    assert raised.value.errno == errno.EMFILE


def test_a_raw_socket_without_the_capability_is_a_permission_error() -> None:
    program = """if True:
        import os, pysyscall as syscall
        from pysyscall import ETH_P_ALL, htons, socket  # nobody may not read the modules where only root may
        if os.geteuid() == 0:
            os.setgroups([])
            os.setresuid(65534, 65534, 65534)
        for domain, typ, proto in (
            (syscall.AF_INET, syscall.SOCK_RAW, syscall.IPPROTO_TCP),
            (syscall.AF_PACKET, syscall.SOCK_RAW, syscall.htons(syscall.ETH_P_ALL)),
        ):
            try:
                syscall.socket(domain, typ, proto)
            except PermissionError as error:
                print(error)
        try:
            syscall.setsockopt_int(syscall.socket(syscall.AF_INET, syscall.SOCK_DGRAM), syscall.SOL_SOCKET,
                                   syscall.SO_RCVBUFFORCE, 1)
        except PermissionError as error:
            print(error)
    """
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines() == [
        "[Errno 1] socket: Operation not permitted",
        "[Errno 1] socket: Operation not permitted",
        "[Errno 1] setsockopt: Operation not permitted",
    ], done.stderr


# socketpair


@pytest.mark.parametrize("typ", [syscall.SOCK_STREAM, syscall.SOCK_DGRAM, syscall.SOCK_SEQPACKET])
def test_socketpair_makes_two_sockets_connected_to_each_other(keep: Keep, typ: int) -> None:
    a, b = map(keep, syscall.socketpair(syscall.AF_UNIX, typ))
    for sender, receiver in ((a, b), (b, a)):
        assert os.write(sender, b"to the other end") == 16
        assert os.read(receiver, 100) == b"to the other end"


def test_socketpair_takes_the_flags_of_both_descriptors(keep: Keep) -> None:
    typ = syscall.SOCK_STREAM | syscall.SOCK_NONBLOCK | syscall.SOCK_CLOEXEC
    assert [flags(keep(fd)) for fd in syscall.socketpair(syscall.AF_UNIX, typ)] == [(True, True)] * 2


def test_socketpair_of_a_family_that_has_none_fails() -> None:
    before = open_descriptors()
    with pytest.raises(OSError, match="socketpair: ") as raised:
        syscall.socketpair(syscall.AF_INET, syscall.SOCK_STREAM)
    assert raised.value.errno == errno.EOPNOTSUPP
    assert open_descriptors() == before


# bind, getsockname


def test_bind_gives_the_socket_the_address_that_getsockname_returns(keep: Keep, tmp_path: Path) -> None:
    path = str(tmp_path / "socket")
    for typ, address in (
        (syscall.SOCK_STREAM, syscall.SockaddrInet4(0, LOOPBACK)),
        (syscall.SOCK_DGRAM, syscall.SockaddrInet6(0, LOOPBACK6)),
        (syscall.SOCK_STREAM, syscall.SockaddrUnix(path)),
    ):
        fd = keep(syscall.socket(address.family, typ))
        syscall.bind(fd, address)
        name = syscall.getsockname(fd)
        assert type(name) is type(address)
        with python_socket(fd) as sock:
            theirs = sock.getsockname()
        if isinstance(name, syscall.SockaddrUnix):
            assert name.name == theirs == path
        else:
            assert isinstance(name, (syscall.SockaddrInet4, syscall.SockaddrInet6))
            assert name.addr == socket.inet_pton(address.family, theirs[0])
            assert name.port == theirs[1] != 0


def test_bind_takes_the_port_that_was_asked(keep: Keep, listener: Listener) -> None:
    port = listener[1].port
    syscall.close(listener[0])
    fd = keep(syscall.socket(syscall.AF_INET, syscall.SOCK_STREAM))
    syscall.setsockopt_int(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
    syscall.bind(fd, syscall.SockaddrInet4(port, LOOPBACK))
    with python_socket(fd) as sock:
        assert sock.getsockname() == ("127.0.0.1", port)


def test_bind_to_an_address_in_use_fails(keep: Keep, listener: Listener) -> None:
    fd = keep(syscall.socket(syscall.AF_INET, syscall.SOCK_STREAM))
    with pytest.raises(OSError, match=failed(r"bind", syscall.EADDRINUSE)) as raised:
        syscall.bind(fd, listener[1])
    assert raised.value.errno == errno.EADDRINUSE


def test_bind_to_an_address_of_no_interface_fails(keep: Keep) -> None:
    fd = keep(syscall.socket(syscall.AF_INET, syscall.SOCK_STREAM))
    with pytest.raises(OSError, match="bind: ") as raised:
        syscall.bind(fd, syscall.SockaddrInet4(0, bytes((192, 0, 2, 1))))
    assert raised.value.errno == errno.EADDRNOTAVAIL


def test_bind_to_a_path_in_no_directory_fails(keep: Keep, tmp_path: Path) -> None:
    fd = keep(syscall.socket(syscall.AF_UNIX, syscall.SOCK_STREAM))
    with pytest.raises(FileNotFoundError, match="bind: "):
        syscall.bind(fd, syscall.SockaddrUnix(tmp_path / "absent" / "socket"))


def test_bind_twice_fails(listener: Listener) -> None:
    with pytest.raises(OSError, match="bind: ") as raised:
        syscall.bind(listener[0], syscall.SockaddrInet4(0, LOOPBACK))
    assert raised.value.errno == errno.EINVAL


def test_bind_to_another_familys_address_fails(keep: Keep) -> None:
    fd = keep(syscall.socket(syscall.AF_INET6, syscall.SOCK_STREAM))
    with pytest.raises(OSError, match="bind: ") as raised:
        syscall.bind(fd, syscall.SockaddrInet4(0, LOOPBACK))
    assert raised.value.errno in (errno.EINVAL, errno.EAFNOSUPPORT)


@pytest.mark.parametrize("call", [syscall.bind, syscall.connect])
@pytest.mark.parametrize("address", [None, ("127.0.0.1", 80), b"\x02\x00", "127.0.0.1:80", 5])
def test_an_address_that_is_no_sockaddr_is_a_type_error(
    keep: Keep, call: Callable[[int, object], None], address: object
) -> None:
    fd = keep(syscall.socket(syscall.AF_INET, syscall.SOCK_STREAM))
    with pytest.raises(TypeError, match=r"^sa must be a Sockaddr, not "):
        call(fd, address)


def test_a_socket_that_was_never_bound_has_its_familys_empty_name(keep: Keep) -> None:
    for domain, empty in (
        (syscall.AF_INET, syscall.SockaddrInet4(0, bytes(4))),
        (syscall.AF_INET6, syscall.SockaddrInet6(0, bytes(16))),
        (syscall.AF_UNIX, syscall.SockaddrUnix("")),
        (syscall.AF_NETLINK, syscall.SockaddrNetlink()),
    ):
        assert syscall.getsockname(keep(syscall.socket(domain, syscall.SOCK_DGRAM))) == empty


def test_binding_a_unix_socket_to_no_name_makes_the_kernel_choose_one(keep: Keep) -> None:
    fd = keep(syscall.socket(syscall.AF_UNIX, syscall.SOCK_DGRAM))
    syscall.bind(fd, syscall.SockaddrUnix(""))
    chosen = syscall.getsockname(fd)
    assert isinstance(chosen, syscall.SockaddrUnix)
    assert len(chosen.name) == 6
    assert chosen.name.startswith("\0")
    sender = keep(syscall.socket(syscall.AF_UNIX, syscall.SOCK_DGRAM))
    assert syscall.sendto(sender, b"found", 0, chosen) == 5
    assert os.read(fd, 100) == b"found"


# listen, accept, accept4, connect


@pytest.mark.parametrize("call", [syscall.accept, syscall.accept4])
def test_accept_returns_the_connection_and_the_peers_address(
    keep: Keep, listener: Listener, call: Callable[[int], tuple[int, syscall.Sockaddr]]
) -> None:
    client = keep(syscall.socket(syscall.AF_INET, syscall.SOCK_STREAM))
    syscall.connect(client, listener[1])
    connection, peer = call(listener[0])
    keep(connection)
    assert peer == syscall.getsockname(client) == syscall.getpeername(connection)
    assert syscall.getpeername(client) == syscall.getsockname(connection) == listener[1]
    os.write(client, b"hello")
    assert os.read(connection, 100) == b"hello"


def test_accept_over_ipv6_returns_an_inet6_address(keep: Keep) -> None:
    server = keep(syscall.socket(syscall.AF_INET6, syscall.SOCK_STREAM))
    syscall.bind(server, syscall.SockaddrInet6(0, LOOPBACK6))
    syscall.listen(server, 1)
    client = keep(syscall.socket(syscall.AF_INET6, syscall.SOCK_STREAM))
    syscall.connect(client, syscall.getsockname(server))
    connection, peer = syscall.accept(server)
    keep(connection)
    assert isinstance(peer, syscall.SockaddrInet6)
    assert peer == syscall.getsockname(client)
    assert peer.addr == LOOPBACK6


def test_accept_of_an_unnamed_unix_socket_returns_an_empty_name(keep: Keep, tmp_path: Path) -> None:
    address = syscall.SockaddrUnix(tmp_path / "socket")
    server = keep(syscall.socket(syscall.AF_UNIX, syscall.SOCK_STREAM))
    syscall.bind(server, address)
    syscall.listen(server)
    client = keep(syscall.socket(syscall.AF_UNIX, syscall.SOCK_STREAM))
    syscall.connect(client, address)
    connection, peer = syscall.accept(server)
    keep(connection)
    assert peer == syscall.SockaddrUnix("")
    assert syscall.getpeername(client) == address


def test_accept_gives_an_ordinary_descriptor_and_accept4_what_its_flags_say(keep: Keep, listener: Listener) -> None:
    both = syscall.SOCK_NONBLOCK | syscall.SOCK_CLOEXEC
    for wanted, expected in (
        (None, (False, False)),
        (0, (False, False)),
        (syscall.SOCK_NONBLOCK, (True, False)),
        (syscall.SOCK_CLOEXEC, (False, True)),
        (both, (True, True)),
    ):
        syscall.connect(keep(syscall.socket(syscall.AF_INET, syscall.SOCK_STREAM)), listener[1])
        connection, _ = syscall.accept(listener[0]) if wanted is None else syscall.accept4(listener[0], wanted)
        assert flags(keep(connection)) == expected


def test_accept4_with_other_flags_fails(listener: Listener) -> None:
    with pytest.raises(OSError, match="accept4: ") as raised:
        syscall.accept4(listener[0], 1)
    assert raised.value.errno == errno.EINVAL


def test_accept_with_nobody_waiting_on_a_non_blocking_socket_is_a_blocking_io_error(listener: Listener) -> None:
    syscall.set_nonblock(listener[0], True)
    with pytest.raises(BlockingIOError, match="accept: ") as raised:
        syscall.accept(listener[0])
    assert raised.value.errno == errno.EAGAIN


def test_accept_on_a_socket_that_does_not_listen_fails(keep: Keep) -> None:
    with pytest.raises(OSError, match="accept: ") as raised:
        syscall.accept(keep(syscall.socket(syscall.AF_INET, syscall.SOCK_STREAM)))
    assert raised.value.errno == errno.EINVAL


def test_accept_without_a_descriptor_left_fails_and_the_connection_goes_on_waiting(
    keep: Keep, listener: Listener
) -> None:
    client = keep(syscall.socket(syscall.AF_INET, syscall.SOCK_STREAM))
    syscall.connect(client, listener[1])
    with no_descriptor_left(), pytest.raises(OSError, match="accept: ") as raised:
        syscall.accept(listener[0])
    assert raised.value.errno == errno.EMFILE
    connection, peer = syscall.accept(listener[0])
    keep(connection)
    assert peer == syscall.getsockname(client)


def test_accept_on_a_datagram_socket_fails(udp: Listener) -> None:
    with pytest.raises(OSError, match="accept: ") as raised:
        syscall.accept(udp[0])
    assert raised.value.errno == errno.EOPNOTSUPP


def test_listen_on_a_datagram_socket_fails(udp: Listener) -> None:
    with pytest.raises(OSError, match="listen: ") as raised:
        syscall.listen(udp[0])
    assert raised.value.errno == errno.EOPNOTSUPP


def test_listen_passes_its_backlog_on(keep: Keep) -> None:
    fd = keep(syscall.socket(syscall.AF_UNIX, syscall.SOCK_STREAM))
    syscall.bind(fd, syscall.SockaddrUnix(""))
    syscall.listen(fd, 2)
    waiting = 0
    with pytest.raises(BlockingIOError):  # noqa: PT012  # whichever connection is one too many
        for _ in range(10):
            client = keep(syscall.sys_socket(syscall.AF_UNIX, syscall.SOCK_STREAM))
            syscall.connect(client, syscall.getsockname(fd))
            waiting += 1
    assert waiting == 3  # a backlog of n leaves room for n + 1


def test_connect_where_nobody_listens_is_refused(keep: Keep, listener: Listener) -> None:
    syscall.close(listener[0])
    fd = keep(syscall.socket(syscall.AF_INET, syscall.SOCK_STREAM))
    with pytest.raises(ConnectionRefusedError, match="connect: Connection refused"):
        syscall.connect(fd, listener[1])


def test_connect_to_an_absent_path_fails(keep: Keep, tmp_path: Path) -> None:
    fd = keep(syscall.socket(syscall.AF_UNIX, syscall.SOCK_STREAM))
    with pytest.raises(FileNotFoundError, match="connect: "):
        syscall.connect(fd, syscall.SockaddrUnix(tmp_path / "absent"))


def test_connect_twice_fails(tcp: tuple[int, int], listener: Listener) -> None:
    with pytest.raises(OSError, match="connect: ") as raised:
        syscall.connect(tcp[0], listener[1])
    assert raised.value.errno == errno.EISCONN


def test_a_non_blocking_connect_is_in_progress_and_so_error_tells_how_it_ended(keep: Keep, listener: Listener) -> None:
    fd = keep(syscall.sys_socket(syscall.AF_INET, syscall.SOCK_STREAM))
    with pytest.raises(BlockingIOError, match="connect: ") as raised:
        syscall.connect(fd, listener[1])
    assert raised.value.errno == errno.EINPROGRESS
    writable = syscall.FdSet()
    writable.set(fd)
    assert syscall.select(fd + 1, None, writable, None, syscall.Timeval(30)) == 1
    assert syscall.getsockopt_int(fd, syscall.SOL_SOCKET, syscall.SO_ERROR) == 0
    keep(syscall.accept(listener[0])[0])


def test_connect_of_a_datagram_socket_to_another_family_fails(udp: Listener) -> None:
    with pytest.raises(OSError, match="connect: ") as raised:
        syscall.connect(udp[0], syscall.SockaddrInet6(1, LOOPBACK6))
    assert raised.value.errno == errno.EAFNOSUPPORT


def test_connect_to_af_unspec_dissolves_a_datagram_association(udp: Listener) -> None:
    syscall.connect(udp[0], udp[1])
    assert syscall.getpeername(udp[0]) == udp[1]
    syscall.connect(udp[0], syscall.SockaddrBytes(bytes(16)))
    with pytest.raises(OSError, match="getpeername: ") as raised:
        syscall.getpeername(udp[0])
    assert raised.value.errno == errno.ENOTCONN


# shutdown


def test_shutdown_of_writing_is_the_peers_end_of_file_and_leaves_reading_open(tcp: tuple[int, int]) -> None:
    client, server = tcp
    syscall.shutdown(client, syscall.SHUT_WR)
    assert os.read(server, 1) == b""
    os.write(server, b"still here")
    assert os.read(client, 100) == b"still here"
    with pytest.raises(BrokenPipeError, match="write: "):
        syscall.write(client, b"x")


def test_shutdown_of_reading_is_an_end_of_file(stream: tuple[int, int]) -> None:
    syscall.shutdown(stream[0], syscall.SHUT_RD)
    assert os.read(stream[0], 1) == b""


def test_shutdown_of_an_unconnected_socket_fails(keep: Keep) -> None:
    with pytest.raises(OSError, match="shutdown: ") as raised:
        syscall.shutdown(keep(syscall.socket(syscall.AF_INET, syscall.SOCK_STREAM)), syscall.SHUT_RDWR)
    assert raised.value.errno == errno.ENOTCONN


def test_shutdown_of_an_unknown_direction_fails(tcp: tuple[int, int]) -> None:
    with pytest.raises(OSError, match="shutdown: ") as raised:
        syscall.shutdown(tcp[0], 3)
    assert raised.value.errno == errno.EINVAL


# What is no socket, and what is not open


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("bind", lambda fd: syscall.bind(fd, syscall.SockaddrInet4(0, LOOPBACK))),
        ("listen", lambda fd: syscall.listen(fd)),
        ("accept", lambda fd: syscall.accept(fd)),
        ("accept4", lambda fd: syscall.accept4(fd)),
        ("connect", lambda fd: syscall.connect(fd, syscall.SockaddrInet4(1, LOOPBACK))),
        ("getsockname", lambda fd: syscall.getsockname(fd)),
        ("getpeername", lambda fd: syscall.getpeername(fd)),
        ("shutdown", lambda fd: syscall.shutdown(fd, syscall.SHUT_RDWR)),
        ("sendto", lambda fd: syscall.sendto(fd, b"x", 0, None)),
        ("recvfrom", lambda fd: syscall.recvfrom(fd, bytearray(1))),
        ("sendmsg", lambda fd: syscall.sendmsg(fd, b"x", None, None)),
        ("recvmsg", lambda fd: syscall.recvmsg(fd, bytearray(1), None)),
        ("getsockopt", lambda fd: syscall.getsockopt(fd, syscall.SOL_SOCKET, syscall.SO_TYPE, 4)),
        ("getsockopt", lambda fd: syscall.getsockopt_int(fd, syscall.SOL_SOCKET, syscall.SO_TYPE)),
        ("setsockopt", lambda fd: syscall.setsockopt_int(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)),
    ],
)
def test_a_socket_call_on_no_socket_fails_with_its_name_and_errno(
    name: str, call: Callable[[int], object], pipe: tuple[int, int]
) -> None:
    for fd, number in ((pipe[0], errno.ENOTSOCK), (-1, errno.EBADF), (2**31 - 1, errno.EBADF)):
        with pytest.raises(OSError) as raised:
            call(fd)
        assert raised.value.errno == number
        assert raised.value.strerror == f"{name}: {os.strerror(number)}"


def test_ipv6_can_be_switched_off(monkeypatch: pytest.MonkeyPatch, keep: Keep) -> None:
    monkeypatch.setattr(syscall, "socket_disable_ipv6", True)
    for call in (syscall.socket, syscall.sys_socket):
        with pytest.raises(OSError, match="socket: Address family not supported by protocol") as raised:
            call(syscall.AF_INET6, syscall.SOCK_DGRAM)
        assert raised.value.errno == errno.EAFNOSUPPORT
    keep(syscall.socket(syscall.AF_INET, syscall.SOCK_DGRAM))
