"""System calls by number."""

import errno
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from ctypes import c_int64, create_string_buffer
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pysyscall as syscall

from . import limits
from .limits import needs
from .programs import run_traced

ALL: list[Callable[..., tuple[int, int]]] = [
    syscall.syscall,
    syscall.syscall6,
    syscall.raw_syscall,
    syscall.raw_syscall6,
]
UINTPTR_MAX = 2 * sys.maxsize + 1

every = pytest.mark.parametrize("call", ALL)


@every
def test_a_result_and_always_zero(call: Callable[..., tuple[int, int]]) -> None:
    assert call(syscall.SYS_GETPID) == (os.getpid(), 0)
    assert call(syscall.SYS_GETPGID, os.getpid(), 0, 0) == (os.getpgid(0), 0)


@every
def test_buffers_go_as_addresses(call: Callable[..., tuple[int, int]]) -> None:
    reading, writing = syscall.pipe2(syscall.O_CLOEXEC)
    try:
        for data in (b"hello", bytearray(b"hello"), memoryview(b"xhellox")[1:], create_string_buffer(b"hello")):
            assert call(syscall.SYS_WRITE, writing, data, 5) == (5, 0)
            p = bytearray(8)
            assert call(syscall.SYS_READ, reading, memoryview(p)[1:], 5) == (5, 0)
            assert p == b"\0hello\0\0"
            p.append(0)  # nothing holds it any more
    finally:
        syscall.close(reading)
        syscall.close(writing)


class Number:
    """As NumPy's: an integer, whose memory is a buffer too."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __index__(self) -> int:
        return self.value

    def __buffer__(self, flags: int) -> memoryview:
        return memoryview(self.value.to_bytes(8, sys.byteorder))


@every
def test_whatever_says_that_it_is_an_integer_goes_as_one(call: Callable[..., tuple[int, int]]) -> None:
    assert call(syscall.SYS_GETPGID, Number(os.getpid())) == (os.getpgid(0), 0)
    assert call(syscall.SYS_GETPGID, True - True) == (os.getpgid(0), 0)
    for number in (UINTPTR_MAX + 1, -sys.maxsize - 2):
        with pytest.raises(OverflowError, match=r"^a1 must be in "):
            call(syscall.SYS_GETPGID, Number(number))


@every
def test_bytes_are_names_of_c(call: Callable[..., tuple[int, int]]) -> None:
    fd, _ = call(
        syscall.SYS_OPENAT, syscall.AT_FDCWD, os.fsencode(sys.executable), syscall.O_RDONLY | syscall.O_CLOEXEC
    )
    assert os.path.samestat(os.fstat(fd), os.stat(sys.executable))
    syscall.close(fd)


@needs(limits.PIPE_TO_NOWHERE)
@every
def test_an_error_is_raised(call: Callable[..., tuple[int, int]]) -> None:
    with pytest.raises(OSError, match=f"syscall {syscall.SYS_CLOSE}: Bad file descriptor") as caught:
        call(syscall.SYS_CLOSE, -1)
    assert caught.value.errno == errno.EBADF
    with pytest.raises(OSError, match="Function not implemented"):
        call(2**31 - 1)
    with pytest.raises(FileNotFoundError):
        call(syscall.SYS_UNLINKAT, syscall.AT_FDCWD, b"/nowhere/at all", 0)
    with pytest.raises(OSError, match="Bad address"):
        call(syscall.SYS_PIPE2, None, 0)


@pytest.mark.parametrize("call", [syscall.syscall6, syscall.raw_syscall6])
def test_six_arguments_arrive_in_their_order(call: Callable[..., tuple[int, int]], pipe: tuple[int, int]) -> None:
    r, w = pipe
    with open(sys.executable, "rb") as f:
        place = (c_int64 * 1)(4096)
        assert call(syscall.SYS_SPLICE, f.fileno(), place, w, None, 100, syscall.SPLICE_F_NONBLOCK) == (100, 0)
        f.seek(4096)
        assert os.read(r, 200) == f.read(100)
        assert place[0] == 4196
    with open(os.devnull, "wb") as null, pytest.raises(BlockingIOError):
        call(syscall.SYS_SPLICE, r, None, null.fileno(), None, 100, syscall.SPLICE_F_NONBLOCK)


def test_a_result_is_unsigned() -> None:
    beyond = 2 ** (UINTPTR_MAX.bit_length() - 1) + 4096
    with open("/proc/self/mem", "rb") as f:  # a file of all addresses
        assert syscall.syscall(syscall.SYS_LSEEK, f.fileno(), beyond, syscall.SEEK_SET) == (beyond, 0)


@given(st.integers(-(2**70), 2**70))
def test_no_number_is_cut(number: int) -> None:
    if -sys.maxsize - 1 <= number <= UINTPTR_MAX:
        # The kernel looks at 32 bits of a descriptor: all are refused but for those of the ones that are open.
        if number & 0xFFFF_FFFF >= 1 << 20:
            with pytest.raises(OSError, match="Bad file descriptor"):
                syscall.syscall(syscall.SYS_CLOSE, number)
    else:
        with pytest.raises(OverflowError, match="a1 must be in"):
            syscall.syscall(syscall.SYS_CLOSE, number)
    if not -(2**31) <= number < 2**31:
        with pytest.raises(OverflowError, match="trap must be in"):
            syscall.syscall(number)


@pytest.mark.parametrize("argument", ["text", 1.5, [1], object()])
def test_other_types_are_refused_and_nothing_stays_held(argument: Any) -> None:
    held = bytearray(4)
    with pytest.raises(TypeError) as caught:
        syscall.syscall(syscall.SYS_WRITE, held, argument, 1)
    held.append(0)
    assert caught.tb  # its frames are still there


def test_a_buffer_stays_in_place_during_the_call() -> None:
    reading, writing = syscall.pipe2(syscall.O_CLOEXEC)
    p = bytearray(4)
    thread = threading.Thread(target=syscall.syscall, args=(syscall.SYS_READ, reading, p, 4))
    thread.start()
    try:
        with pytest.raises(BufferError):
            resize(p)
    finally:
        syscall.write(writing, b"data")
        thread.join()
        syscall.close(reading)
        syscall.close(writing)
    assert p[:4] == b"data"
    p.append(0)


def resize(p: bytearray) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        p.append(0)
        p.pop()


def test_a_signal_interrupts_and_nothing_is_called_anew() -> None:
    reading, writing = syscall.pipe2(syscall.O_CLOEXEC)
    seen: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, frame: seen.append(number))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
        with pytest.raises(InterruptedError):
            syscall.syscall(syscall.SYS_READ, reading, bytearray(1), 1)
        assert seen
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        syscall.close(reading)
        syscall.close(writing)


def test_the_kernel_sees_what_was_asked() -> None:
    program = "import pysyscall as s; s.syscall6(s.SYS_SPLICE, 77, None, -2, None, 2**31, 5)"
    done = run_traced("-qq", "-e", "trace=splice", sys.executable, "-c", program)
    assert "splice(77, NULL, -2, NULL, 2147483648, SPLICE_F_MOVE|SPLICE_F_MORE) = -1 EBADF" in done.stderr
    assert "OSError: [Errno 9] syscall" in done.stderr
