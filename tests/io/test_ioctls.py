"""ioctl: with structures, with buffers that are too short, and with numbers."""

import array
import ctypes
import errno
import fcntl
import os
import struct
import termios
from pathlib import Path

import pytest

import pysyscall as syscall

from ..conftest import Keep

Pair = tuple[int, int]
FS_IOC_FIEMAP = 0xC020660B
IFREQ_SIZE = 16 + 24 if struct.calcsize("P") == 8 else 16 + 16


@pytest.fixture
def sock(keep: Keep) -> int:
    return keep(syscall.socket(syscall.AF_INET, syscall.SOCK_DGRAM | syscall.SOCK_CLOEXEC))


def test_a_request_fills_its_buffer(stream: Pair) -> None:
    os.write(stream[0], b"seven..")
    for arg in (bytearray(4), array.array("i", (0,)), memoryview(bytearray(4))):
        assert syscall.ioctl(stream[1], syscall.TIOCINQ, arg) == 0
        assert struct.unpack("i", bytes(arg)) == (7,)
    pending = ctypes.c_int()
    assert syscall.ioctl(stream[1], syscall.TIOCINQ, pending) == 0  # type: ignore[arg-type]  # a buffer all the same
    assert pending.value == 7


def test_a_request_reads_its_buffer(sock: int) -> None:
    ifreq = bytearray(b"lo".ljust(IFREQ_SIZE, b"\0"))
    assert syscall.ioctl(sock, syscall.SIOCGIFINDEX, ifreq) == 0
    assert struct.unpack_from("i", ifreq, 16) == (syscall.interface_by_name("lo").index,)
    assert ifreq[:16] == b"lo".ljust(16, b"\0")


def test_a_request_agrees_with_pythons_own_ioctl(sock: int) -> None:
    for request in (syscall.SIOCGIFFLAGS, syscall.SIOCGIFMTU, syscall.SIOCGIFHWADDR, syscall.SIOCGIFINDEX):
        ours, theirs = (bytearray(b"lo".ljust(IFREQ_SIZE, b"\0")) for _ in range(2))
        syscall.ioctl(sock, request, ours)
        fcntl.ioctl(sock, request, theirs)
        assert ours == theirs


@pytest.mark.parametrize("size", [2, 16, 17, 18, 39])
def test_a_buffer_too_short_for_the_request_is_filled_as_far_as_it_goes(sock: int, size: int) -> None:
    """The kernel writes as much as the request says: what lies behind the buffer must not be it."""
    memory = bytearray(b"lo".ljust(64, b"\0"))
    memory[size:] = b"\xa5" * (64 - size)
    with memoryview(memory) as view:
        assert syscall.ioctl(sock, syscall.SIOCGIFFLAGS, view[:size]) == 0
    assert memory[size:] == b"\xa5" * (64 - size)
    assert memory[:2] == b"lo"
    if size >= 18:
        flags = struct.unpack_from("H", memory, 16)[0]
        assert flags & syscall.IFF_LOOPBACK


def test_an_empty_buffer_is_a_buffer(sock: int) -> None:
    for empty in (bytearray(), memoryview(bytearray(8))[8:]):
        with pytest.raises(OSError, match="ioctl: ") as raised:
            syscall.ioctl(sock, syscall.SIOCGIFFLAGS, empty)  # the empty name
        assert raised.value.errno == errno.ENODEV
        assert syscall.ioctl(sock, syscall.TIOCOUTQ, empty) == 0


def test_a_small_number_is_passed_as_it_is(pipe: Pair) -> None:
    os.set_inheritable(pipe[0], True)
    assert syscall.ioctl(pipe[0], termios.FIOCLEX) == 0
    assert not os.get_inheritable(pipe[0])
    assert syscall.ioctl(pipe[0], termios.FIONCLEX, 0) == 0
    assert os.get_inheritable(pipe[0])


def test_a_number_that_might_be_an_address_is_refused(stream: Pair) -> None:
    cell = ctypes.c_int(-1)
    for number in (65536, ctypes.addressof(cell), 2**63, -1, -(2**63)):
        with pytest.raises(OverflowError, match=r"^arg must be in 0\.\.65535"):
            syscall.ioctl(stream[0], syscall.TIOCINQ, number)
    assert cell.value == -1
    with pytest.raises(OSError, match="ioctl: ") as raised:
        syscall.ioctl(stream[0], syscall.TIOCINQ, 65535)
    assert raised.value.errno == errno.EFAULT


def test_a_buffer_over_16_kib_is_refused(stream: Pair) -> None:
    assert syscall.ioctl(stream[0], syscall.TIOCINQ, bytearray(16384)) == 0
    with pytest.raises(ValueError, match=r"^arg must be at most 16384 bytes, not 16385"):
        syscall.ioctl(stream[0], syscall.TIOCINQ, bytearray(16385))


@pytest.mark.parametrize("arg", [b"read-only", "text", None, 1.5, [0]])
def test_what_is_neither_number_nor_writable_buffer_is_a_type_error(stream: Pair, arg: object) -> None:
    with pytest.raises(TypeError):
        syscall.ioctl(stream[0], syscall.TIOCINQ, arg)  # type: ignore[arg-type]


def test_a_failed_request_leaves_the_buffer_alone(sock: int, pipe: Pair) -> None:
    for fd, request, number in (
        (sock, syscall.SIOCGIFFLAGS, errno.ENODEV),
        (sock, 0x12345678, errno.ENOTTY),
        (pipe[0], syscall.SIOCGIFFLAGS, errno.ENOTTY),
        (-1, syscall.SIOCGIFFLAGS, errno.EBADF),
    ):
        ifreq = bytearray(b"no such".ljust(IFREQ_SIZE, b"\0"))
        before = bytes(ifreq)
        with pytest.raises(OSError, match="ioctl: ") as raised:
            syscall.ioctl(fd, request, ifreq)
        assert raised.value.errno == number
        assert ifreq == before


def test_what_the_kernel_writes_beyond_the_buffer_is_a_bad_address_and_no_crash(keep: Keep, tmp_path: Path) -> None:
    """FS_IOC_FIEMAP writes as many extents behind its head as a count in there allows."""
    fd = keep(os.open(tmp_path / "extents", os.O_RDWR | os.O_CREAT))
    for i in range(50):
        os.pwrite(fd, b"x", i << 20)  # each an extent of its own, as the next but one would not do
    os.fsync(fd)

    def head(count: int) -> bytearray:
        return bytearray(struct.pack("=QQIIII", 0, 2**63, 0, 0, count, 0))

    room = head(50) + bytearray(56 * 50)
    try:
        syscall.ioctl(fd, FS_IOC_FIEMAP, room)
    except OSError as error:
        pytest.skip(f"kernel: this file system has no FS_IOC_FIEMAP: {error}")
    mapped = struct.unpack_from("=I", room, 20)[0]
    if mapped < 2:
        pytest.skip(f"kernel: this file system made {mapped} extents")
    for count in (1, mapped, 3000):
        p = head(count)
        with pytest.raises(OSError, match="ioctl: Bad address") as raised:
            syscall.ioctl(fd, FS_IOC_FIEMAP, p)
        assert raised.value.errno == errno.EFAULT
        assert p == head(count)
        p.append(0)


def test_a_request_over_and_over_finds_zeros_where_another_left_its_data(sock: int) -> None:
    for _ in range(10):
        syscall.ioctl(sock, syscall.SIOCGIFINDEX, bytearray(b"lo".ljust(IFREQ_SIZE, b"\0")))
        with pytest.raises(OSError, match="ioctl: No such device"):
            syscall.ioctl(sock, syscall.SIOCGIFFLAGS, bytearray())


class Index:
    """An integer of another library's, which is a buffer too."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __index__(self) -> int:
        return self.value

    def __buffer__(self, flags: int) -> memoryview:
        raise AssertionError("taken for a buffer")


def test_whatever_says_that_it_is_an_integer_is_a_number(pipe: Pair) -> None:
    assert syscall.ioctl(pipe[0], syscall.FIONBIO, bytearray(struct.pack("i", 1))) == 0
    with pytest.raises(OSError, match="ioctl: Bad address"):
        syscall.ioctl(pipe[0], syscall.FIONBIO, Index(5))  # type: ignore[arg-type]
    with pytest.raises(OverflowError, match=r"^arg must be in 0\.\.65535"):
        syscall.ioctl(pipe[0], syscall.FIONBIO, Index(65536))  # type: ignore[arg-type]
