"""read, write, pread, pwrite, close, dup, dup2, dup3, pipe, pipe2, fcntl_int, set_nonblock, close_on_exec."""

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import pysyscall as syscall

from ..conftest import Keep, open_descriptors

Pair = tuple[int, int]


def is_open(fd: int) -> bool:
    return fd in open_descriptors()


def test_read_fills_the_buffer_and_returns_how_much(pipe: Pair) -> None:
    os.write(pipe[1], b"seven..")
    p = bytearray(b"-" * 10)
    assert syscall.read(pipe[0], p) == 7
    assert p == b"seven..---"


def test_read_leaves_what_the_buffer_has_no_room_for(pipe: Pair) -> None:
    os.write(pipe[1], b"abcdef")
    p = bytearray(4)
    assert syscall.read(pipe[0], p) == 4
    assert p == b"abcd"
    assert syscall.read(pipe[0], p) == 2
    assert p == b"efcd"


def test_read_returns_0_at_the_end(pipe: Pair) -> None:
    syscall.close(pipe[1])
    assert syscall.read(pipe[0], bytearray(4)) == 0


def test_write_returns_how_much_was_taken(pipe: Pair) -> None:
    assert syscall.write(pipe[1], b"seven..") == 7
    assert os.read(pipe[0], 100) == b"seven.."


def test_a_non_blocking_write_takes_what_there_is_room_for(pipe: Pair) -> None:
    syscall.set_nonblock(pipe[1], True)
    room = 65536
    assert syscall.write(pipe[1], bytes(2 * room)) == room
    with pytest.raises(BlockingIOError, match="write: Resource temporarily unavailable"):
        syscall.write(pipe[1], b"x")


def test_a_non_blocking_read_of_nothing_is_a_blocking_io_error(pipe: Pair) -> None:
    syscall.set_nonblock(pipe[0], True)
    with pytest.raises(BlockingIOError, match="read: ") as raised:
        syscall.read(pipe[0], bytearray(1))
    assert raised.value.errno == errno.EAGAIN


def test_a_write_that_nobody_reads_is_a_broken_pipe_error(pipe: Pair) -> None:
    syscall.close(pipe[0])
    with pytest.raises(BrokenPipeError, match="write: Broken pipe"):
        syscall.write(pipe[1], b"x")


def test_reading_the_writing_end_fails_and_so_does_writing_the_reading_end(pipe: Pair) -> None:
    with pytest.raises(OSError, match="read: ") as raised:
        syscall.read(pipe[1], bytearray(1))
    assert raised.value.errno == errno.EBADF
    with pytest.raises(OSError, match="write: ") as raised:
        syscall.write(pipe[0], b"x")
    assert raised.value.errno == errno.EBADF


def test_reading_a_directory_fails(keep: Keep) -> None:
    with pytest.raises(IsADirectoryError, match="read: "):
        syscall.read(keep(os.open("/", os.O_RDONLY)), bytearray(1))


def test_pread_and_pwrite_leave_the_position(keep: Keep, tmp_path: Path) -> None:
    fd = keep(os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT))
    assert syscall.write(fd, b"0123456789") == 10
    assert syscall.pwrite(fd, b"XY", 3) == 2
    p = bytearray(4)
    assert syscall.pread(fd, p, 2) == 4
    assert p == b"2XY5"
    assert os.lseek(fd, 0, os.SEEK_CUR) == 10
    assert syscall.pread(fd, p, 10) == 0


def test_pread_and_pwrite_reach_beyond_4_gib(keep: Keep, tmp_path: Path) -> None:
    fd = keep(os.open(tmp_path / "sparse", os.O_RDWR | os.O_CREAT))
    place = (5 << 32) + 7
    assert syscall.pwrite(fd, b"far", place) == 3
    assert os.fstat(fd).st_size == place + 3
    p = bytearray(10)
    assert syscall.pread(fd, p, place + 1) == 2
    assert p[:2] == b"ar"


@pytest.mark.parametrize(
    "call", [lambda fd: syscall.pread(fd, bytearray(1), -1), lambda fd: syscall.pwrite(fd, b"", -1)]
)
def test_a_negative_place_is_refused_by_the_kernel(keep: Keep, tmp_path: Path, call: Callable[[int], int]) -> None:
    with pytest.raises(OSError, match=r"p(read|write): ") as raised:
        call(keep(os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT)))
    assert raised.value.errno == errno.EINVAL


def test_a_pipe_has_no_places(pipe: Pair) -> None:
    with pytest.raises(OSError, match="pread: ") as raised:
        syscall.pread(pipe[0], bytearray(1), 0)
    assert raised.value.errno == errno.ESPIPE


def test_close_gives_the_descriptor_back(pipe: Pair) -> None:
    syscall.close(pipe[0])
    assert not is_open(pipe[0])
    with pytest.raises(OSError, match="close: Bad file descriptor") as raised:
        syscall.close(pipe[0])
    assert raised.value.errno == errno.EBADF


@pytest.mark.parametrize("multiple", [2**32, 2**31, -(2**32), 2**64])
def test_a_number_that_c_would_cut_to_a_descriptor_does_not_close_it(pipe: Pair, multiple: int) -> None:
    with pytest.raises(OverflowError, match=r"^fd must be in "):
        syscall.close(multiple + pipe[0])
    assert is_open(pipe[0])


def test_dup_makes_the_lowest_free_descriptor_of_the_same_file(keep: Keep, pipe: Pair) -> None:
    copy = keep(syscall.dup(pipe[1]))
    syscall.close(pipe[1])
    os.write(copy, b"through the copy")
    assert os.read(pipe[0], 100) == b"through the copy"
    assert os.get_inheritable(copy)


def test_dup2_closes_what_the_descriptor_was(keep: Keep, pipe: Pair, stream: Pair) -> None:
    syscall.dup2(pipe[1], stream[0])
    assert os.read(stream[1], 1) == b""  # its peer is gone
    os.write(stream[0], b"now a pipe")
    assert os.read(pipe[0], 100) == b"now a pipe"
    syscall.dup2(pipe[1], pipe[1])
    assert not os.get_inheritable(pipe[1])  # equal descriptors stay as they are
    assert os.get_inheritable(stream[0])


def test_dup3_takes_flags_and_refuses_equal_descriptors(pipe: Pair, stream: Pair) -> None:
    os.set_inheritable(stream[0], True)
    syscall.dup3(pipe[1], stream[0], syscall.O_CLOEXEC)
    assert not os.get_inheritable(stream[0])
    os.write(stream[0], b"now a pipe")
    assert os.read(pipe[0], 100) == b"now a pipe"
    for old, new, flags in ((pipe[0], pipe[0], 0), (pipe[0], stream[0], 1)):
        with pytest.raises(OSError, match="dup3: ") as raised:
            syscall.dup3(old, new, flags)
        assert raised.value.errno == errno.EINVAL


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("read", lambda fd: syscall.read(fd, bytearray(1))),
        ("write", lambda fd: syscall.write(fd, b"x")),
        ("pread", lambda fd: syscall.pread(fd, bytearray(1), 0)),
        ("pwrite", lambda fd: syscall.pwrite(fd, b"x", 0)),
        ("close", lambda fd: syscall.close(fd)),
        ("dup", lambda fd: syscall.dup(fd)),
        ("dup2", lambda fd: syscall.dup2(fd, 1000)),
        ("dup3", lambda fd: syscall.dup3(fd, 1000, 0)),
        ("fcntl", lambda fd: syscall.set_nonblock(fd, True)),
        ("fcntl", lambda fd: syscall.close_on_exec(fd)),
        ("fcntl", lambda fd: syscall.fcntl_int(fd, syscall.F_GETFD, 0)),
        ("ioctl", lambda fd: syscall.ioctl(fd, syscall.TIOCINQ, bytearray(4))),
        ("sendfile", lambda fd: syscall.sendfile(fd, fd, None, 1)),
        ("splice", lambda fd: syscall.splice(fd, None, fd, None, 1)),
        ("tee", lambda fd: syscall.tee(fd, fd, 1)),
        ("epoll_ctl", lambda fd: syscall.epoll_ctl(fd, syscall.EPOLL_CTL_DEL, fd)),
        ("epoll_wait", lambda fd: syscall.epoll_wait(fd, (syscall.EpollEvent * 1)(), 0)),
    ],
)
def test_a_call_on_a_closed_descriptor_says_so(name: str, call: Callable[[int], object], pipe: Pair) -> None:
    syscall.close(pipe[0])
    for fd in (pipe[0], -1):
        with pytest.raises(OSError) as raised:
            call(fd)
        assert raised.value.errno == errno.EBADF
        assert raised.value.strerror == f"{name}: Bad file descriptor"


def test_pipe_returns_the_reading_and_the_writing_end(keep: Keep) -> None:
    r, w = map(keep, syscall.pipe())
    os.write(w, b"x")
    assert os.read(r, 100) == b"x"
    assert os.get_inheritable(r)
    assert os.get_inheritable(w)


def test_pipe2_takes_the_flags_of_both_ends(keep: Keep) -> None:
    for fd in syscall.pipe2(syscall.O_CLOEXEC | syscall.O_NONBLOCK):
        assert not os.get_inheritable(keep(fd))
        assert not os.get_blocking(fd)
    with pytest.raises(OSError, match="pipe2: ") as raised:
        syscall.pipe2(syscall.O_APPEND)
    assert raised.value.errno == errno.EINVAL


def test_set_nonblock_switches_on_and_off_and_leaves_other_flags(keep: Keep, tmp_path: Path) -> None:
    fd = keep(os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT | os.O_APPEND))
    for nonblocking in (True, True, False, False):
        syscall.set_nonblock(fd, nonblocking)
        assert os.get_blocking(fd) is not nonblocking
    os.pwrite(fd, b"ab", 0)
    os.pwrite(fd, b"cd", 0)  # O_APPEND is still on
    assert (tmp_path / "file").read_bytes() == b"abcd"


def test_fcntl_int_asks_and_sets(keep: Keep, pipe: Pair) -> None:
    copy = keep(syscall.fcntl_int(pipe[0], syscall.F_DUPFD_CLOEXEC, 100))
    assert copy >= 100
    assert syscall.fcntl_int(copy, syscall.F_GETFD, 0) == syscall.FD_CLOEXEC
    assert syscall.fcntl_int(copy, syscall.F_SETFD, 0) == 0
    assert os.get_inheritable(copy)
    size = syscall.fcntl_int(pipe[1], syscall.F_SETPIPE_SZ, 1 << 17)
    assert size == syscall.fcntl_int(pipe[1], syscall.F_GETPIPE_SZ, 0) >= 1 << 17
    with pytest.raises(OSError, match="fcntl: Invalid argument"):
        syscall.fcntl_int(copy, 12345, 0)


@pytest.mark.parametrize(
    "cmd",
    [
        *(syscall.F_GETLK, syscall.F_SETLK, syscall.F_SETLKW, syscall.F_OFD_GETLK, syscall.F_OFD_SETLK),
        *(syscall.F_GETOWN_EX, syscall.F_SETOWN_EX, syscall.F_GET_RW_HINT, syscall.F_SET_FILE_RW_HINT),
    ],
)
def test_fcntl_int_takes_no_number_for_an_address(cmd: int, pipe: Pair) -> None:
    with pytest.raises(ValueError, match=f"^cmd {cmd} takes a structure, and no number$"):
        syscall.fcntl_int(pipe[0], cmd, 4096)


def test_close_on_exec_keeps_a_descriptor_from_started_programs(keep: Keep) -> None:
    r, _ = map(keep, syscall.pipe())
    program = f"import os; print(os.path.exists('/proc/self/fd/{r}'))"

    def seen_by_a_program() -> str:
        return subprocess.check_output([sys.executable, "-c", program], text=True, close_fds=False).strip()

    assert seen_by_a_program() == "True"
    syscall.close_on_exec(r)
    assert seen_by_a_program() == "False"
