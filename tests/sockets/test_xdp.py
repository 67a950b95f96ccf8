"""AF_XDP: the address that binds a socket to a queue of an interface."""

import ctypes
import errno
import mmap
import struct

import pytest

import pysyscall as syscall
from pysyscall import SockaddrXDP

from .. import limits
from ..limits import needs
from ..namespaces import in_namespace

FRAMES, FRAME_SIZE = 4, 4096


def xdp_socket() -> tuple[int, mmap.mmap]:
    """A socket that can be bound: with memory for frames, and its rings. It keeps the memory."""
    try:
        fd = syscall.socket(syscall.AF_XDP, syscall.SOCK_RAW)
    except OSError as error:
        pytest.skip(f"kernel: {error.strerror}")
    memory = mmap.mmap(-1, FRAMES * FRAME_SIZE)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    umem = struct.pack("=QQIIII", address, FRAMES * FRAME_SIZE, FRAME_SIZE, 0, 0, 0)
    syscall.setsockopt(fd, syscall.SOL_XDP, syscall.XDP_UMEM_REG, umem)
    for ring in (syscall.XDP_UMEM_FILL_RING, syscall.XDP_UMEM_COMPLETION_RING, syscall.XDP_RX_RING):
        syscall.setsockopt_int(fd, syscall.SOL_XDP, ring, FRAMES)
    return fd, memory


def test_an_xdp_address_has_its_fields_where_the_kernel_has_them() -> None:
    address = SockaddrXDP(syscall.XDP_COPY, 0x01020304, 5, 6)
    assert bytes(address) == struct.pack("=HHIII", syscall.AF_XDP, syscall.XDP_COPY, 0x01020304, 5, 6)
    assert (address.flags, address.ifindex, address.queue_id, address.shared_umem_fd) == (2, 0x01020304, 5, 6)


@needs(limits.XDP_RING)
@in_namespace
def test_a_socket_is_bound_to_a_queue_by_its_address() -> None:
    lo = syscall.interface_by_name("lo").index
    fd, memory = xdp_socket()
    for wrong, number in (
        (SockaddrXDP(syscall.XDP_COPY, lo + 1000), errno.ENODEV),
        (SockaddrXDP(syscall.XDP_COPY, lo, queue_id=1000), errno.EINVAL),
        (SockaddrXDP(0x8000, lo), errno.EINVAL),
        (SockaddrXDP(syscall.XDP_SHARED_UMEM, lo, shared_umem_fd=fd), errno.EINVAL),
    ):
        with pytest.raises(OSError, match="bind: ") as raised:
            syscall.bind(fd, wrong)
        assert raised.value.errno == number
    syscall.bind(fd, SockaddrXDP(syscall.XDP_COPY, lo))
    other, _ = xdp_socket()
    with pytest.raises(OSError, match="bind: ") as raised:
        syscall.bind(other, SockaddrXDP(syscall.XDP_COPY, lo))
    assert raised.value.errno == errno.EBUSY
    assert len(memory) == FRAMES * FRAME_SIZE
