"""TCP_INFO of a live connection, as long as this kernel makes it."""

import socket as cpython
from collections.abc import Iterator
from ctypes import sizeof

import pytest

import pysyscall as syscall

from .. import limits
from ..limits import needs

ASK = (syscall.IPPROTO_TCP, syscall.TCP_INFO)
TCP_ESTABLISHED, TCP_CLOSE, TCP_LISTEN = 1, 7, 10  # linux/tcp_states.h


@pytest.fixture
def connection() -> Iterator[tuple[int, int]]:
    """The two ends of a connection over loopback."""
    sockets = [syscall.socket(syscall.AF_INET, syscall.SOCK_STREAM | syscall.SOCK_CLOEXEC) for _ in range(2)]
    listener, client = sockets
    try:
        syscall.bind(listener, syscall.SockaddrInet4(0, b"\x7f\0\0\1"))
        syscall.listen(listener)
        syscall.connect(client, syscall.getsockname(listener))
        server, _ = syscall.accept4(listener, syscall.SOCK_CLOEXEC)
        sockets.append(server)
        yield client, server
    finally:
        for fd in sockets:
            syscall.close(fd)


@needs(limits.TCP_INFO)
def test_a_connection_tells_what_it_moved(connection: tuple[int, int]) -> None:
    client, server = connection
    data = bytes(10_000)
    assert syscall.write(client, data) == len(data)
    left = len(data)
    while left:
        left -= syscall.read(server, bytearray(left))
    info, length = syscall.getsockopt_tcp_info(server, *ASK)
    assert isinstance(info, syscall.TCPInfo)
    assert info.state == TCP_ESTABLISHED
    assert info.bytes_received == len(data)
    assert info.data_segs_in > 0
    assert info.rcv_mss > 0
    info, length = syscall.getsockopt_tcp_info(client, *ASK)
    assert (info.bytes_sent, info.data_segs_in, info.bytes_received) == (len(data), 0, 0)
    assert info.segs_out >= info.data_segs_out > 0
    assert info.snd_wnd > 0
    assert info.snd_cwnd > 0
    assert syscall.TCPInfoFull.snd_wnd.offset < length  # type: ignore[attr-defined]  # a field's descriptor


@needs(limits.TCP_INFO)
def test_the_length_is_the_kernel_s(connection: tuple[int, int]) -> None:
    client, _ = connection
    info, length = syscall.getsockopt_tcp_info(client, *ASK)
    raw = syscall.getsockopt(client, *ASK, 4096)
    assert length == min(len(raw), sizeof(syscall.TCPInfoFull))
    assert bytes(info)[length:] == bytes(sizeof(syscall.TCPInfoFull) - length)
    short = syscall.getsockopt(client, *ASK, sizeof(syscall.TCPInfo))
    assert len(short) == sizeof(syscall.TCPInfo) == 104


@needs(limits.TCP_INFO)
def test_a_socket_that_is_no_connection_has_a_state(connection: tuple[int, int]) -> None:
    with cpython.socket() as sock:
        assert syscall.getsockopt_tcp_info(sock.fileno(), *ASK)[0].state == TCP_CLOSE
        sock.listen()
        assert syscall.getsockopt_tcp_info(sock.fileno(), *ASK)[0].state == TCP_LISTEN
    with cpython.socket(type=cpython.SOCK_DGRAM) as sock, pytest.raises(OSError, match="getsockopt: "):
        syscall.getsockopt_tcp_info(sock.fileno(), *ASK)
