"""Addresses between a virtual machine and its host, and what of them works inside one."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

import pysyscall as syscall
from pysyscall import Sockaddr, SockaddrBytes, SockaddrVM

from ..texts import failed


@contextmanager
def vsock(typ: int = syscall.SOCK_STREAM) -> Iterator[int]:
    try:
        fd = syscall.socket(syscall.AF_VSOCK, typ | syscall.SOCK_CLOEXEC)
    except OSError as error:
        pytest.skip(f"kernel: {error}")
    try:
        yield fd
    finally:
        syscall.close(fd)


def test_an_address_is_what_c_lays_out() -> None:
    address = SockaddrVM(0x12345678, syscall.VMADDR_CID_HOST, syscall.VMADDR_FLAG_TO_HOST)
    assert bytes(address) == struct.pack("=HHIIB3x", syscall.AF_VSOCK, 0, 0x12345678, 2, 1)
    assert (address.port, address.cid, address.flags, address.family) == (0x12345678, 2, 1, syscall.AF_VSOCK)
    assert repr(address) == "SockaddrVM(port=305419896, cid=2, flags=1)"
    assert Sockaddr.from_bytes(bytes(address)) == address
    raw = syscall.RawSockaddrVM.from_buffer_copy(bytes(address))
    assert (raw.port, raw.cid, raw.flags, bytes(raw.zero)) == (0x12345678, 2, 1, b"\0\0\0")


def test_what_stands_in_the_padding_is_no_part_of_an_address() -> None:
    noisy = struct.pack("=HHIIB3s", syscall.AF_VSOCK, 7, 5, 6, 0, b"xyz")
    assert Sockaddr.from_bytes(noisy) == SockaddrVM(5, 6)
    assert type(Sockaddr.from_bytes(noisy[:15])) is SockaddrBytes


def test_no_number_is_cut() -> None:
    for arguments, name in (((2**32, 0), "port"), ((0, -1), "cid"), ((0, 0, 256), "flags")):
        with pytest.raises(OverflowError, match=f"{name} must be in"):
            SockaddrVM(*arguments)


def test_the_kernel_chooses_a_port() -> None:
    with vsock() as fd:
        syscall.bind(fd, SockaddrVM(syscall.VMADDR_PORT_ANY, syscall.VMADDR_CID_ANY))
        syscall.listen(fd)
        bound = syscall.getsockname(fd)
        assert isinstance(bound, SockaddrVM)
        assert bound == SockaddrVM(bound.port, syscall.VMADDR_CID_ANY)
        assert 0 < bound.port < syscall.VMADDR_PORT_ANY
        with vsock() as other, pytest.raises(OSError, match=failed("bind", syscall.EADDRINUSE)):
            syscall.bind(other, bound)
        with pytest.raises(OSError, match=failed("getpeername", syscall.ENOTCONN)):
            syscall.getpeername(fd)


def test_a_context_that_is_not_this_machine_s_cannot_be_bound() -> None:
    with vsock() as fd, pytest.raises(OSError, match=failed("bind", syscall.EADDRNOTAVAIL)):
        syscall.bind(fd, SockaddrVM(syscall.VMADDR_PORT_ANY, 0xFFFF_0000))


def test_a_machine_talks_to_itself() -> None:
    with vsock() as listener, vsock() as client:
        try:
            syscall.bind(listener, SockaddrVM(syscall.VMADDR_PORT_ANY, syscall.VMADDR_CID_LOCAL))
        except OSError as error:
            pytest.skip(f"kernel: no vsock_loopback: {error}")
        syscall.listen(listener)
        address = syscall.getsockname(listener)
        syscall.connect(client, address)
        connection, peer = syscall.accept(listener)
        try:
            own = syscall.getsockname(client)
            assert isinstance(peer, SockaddrVM)
            assert isinstance(own, SockaddrVM)
            assert (peer.cid, peer.port) == (syscall.VMADDR_CID_LOCAL, own.port)
            assert syscall.getpeername(client) == address
            syscall.write(client, b"hello")
            p = bytearray(8)
            assert syscall.read(connection, p) == 5
        finally:
            syscall.close(connection)
