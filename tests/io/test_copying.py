"""sendfile, splice, tee."""

import errno
import os
from pathlib import Path

import pytest

import pysyscall as syscall

from ..conftest import Keep

Pair = tuple[int, int]
TEXT = b"0123456789"


@pytest.fixture
def file(keep: Keep, tmp_path: Path) -> int:
    """A file that holds TEXT, at its beginning."""
    (tmp_path / "file").write_bytes(TEXT)
    return keep(os.open(tmp_path / "file", os.O_RDWR))


def position(fd: int) -> int:
    return os.lseek(fd, 0, os.SEEK_CUR)


def test_sendfile_with_an_offset_leaves_the_position(file: int, stream: Pair) -> None:
    assert syscall.sendfile(stream[0], file, 3, 4) == 4
    assert os.read(stream[1], 100) == TEXT[3:7]
    assert position(file) == 0


def test_sendfile_without_an_offset_moves_the_position(file: int, stream: Pair) -> None:
    assert syscall.sendfile(stream[0], file, None, 4) == 4
    assert syscall.sendfile(stream[0], file, None, 100) == 6
    assert syscall.sendfile(stream[0], file, None, 100) == 0
    assert os.read(stream[1], 100) == TEXT
    assert position(file) == 10


def test_sendfile_returns_0_beyond_the_end(file: int, stream: Pair) -> None:
    assert syscall.sendfile(stream[0], file, 10, 4) == 0
    assert syscall.sendfile(stream[0], file, 2**40, 4) == 0


def test_sendfile_reads_beyond_4_gib(file: int, stream: Pair) -> None:
    os.pwrite(file, b"far", 5 << 32)
    assert syscall.sendfile(stream[0], file, (5 << 32) + 1, 100) == 2
    assert os.read(stream[1], 100) == b"ar"


def test_sendfile_of_a_count_that_no_size_t_holds_sends_it_all(file: int, stream: Pair) -> None:
    assert syscall.sendfile(stream[0], file, 0, 2**63 - 1) == 10


@pytest.mark.parametrize("count", [2**31, 2**32, 2**32 + 1, 2**40, 2**63 - 1])
def test_a_count_that_no_int_holds_moves_all_there_is(count: int, file: int, pipe: Pair, stream: Pair) -> None:
    assert syscall.sendfile(pipe[1], file, 0, count) == 10
    other = syscall.pipe2(syscall.O_CLOEXEC)
    try:
        assert syscall.tee(pipe[0], other[1], count) == 10
        assert syscall.splice(other[0], None, stream[0], None, count) == 10
    finally:
        for fd in other:
            syscall.close(fd)
    assert os.read(stream[1], 100) == TEXT


def test_sendfile_fails_with_the_kernels_errno(file: int, pipe: Pair, stream: Pair) -> None:
    for outfd, infd, offset, number in (
        (stream[0], file, -1, errno.EINVAL),
        (stream[0], pipe[0], 0, errno.ESPIPE),
        (stream[0], pipe[1], None, errno.EBADF),
    ):
        with pytest.raises(OSError, match="sendfile: ") as raised:
            syscall.sendfile(outfd, infd, offset, 1)
        assert raised.value.errno == number
    syscall.set_nonblock(stream[0], True)
    with pytest.raises(BlockingIOError, match="sendfile: "):
        for _ in iter(lambda: syscall.sendfile(stream[0], file, 0, 10), 0):
            pass


def test_splice_moves_from_a_file_to_a_pipe_at_the_offset_or_the_position(file: int, pipe: Pair) -> None:
    assert syscall.splice(file, 2, pipe[1], None, 3) == 3
    assert position(file) == 0
    assert syscall.splice(file, None, pipe[1], None, 3) == 3
    assert position(file) == 3
    assert os.read(pipe[0], 100) == TEXT[2:5] + TEXT[0:3]


def test_splice_moves_from_a_pipe_to_a_file_at_the_offset_or_the_position(file: int, pipe: Pair) -> None:
    os.write(pipe[1], b"abcdef")
    assert syscall.splice(pipe[0], None, file, 7, 2, syscall.SPLICE_F_MOVE) == 2
    assert position(file) == 0
    assert syscall.splice(pipe[0], None, file, None, 100) == 4
    assert position(file) == 4
    assert os.pread(file, 100, 0) == b"cdef456ab9"


def test_splice_moves_from_pipe_to_pipe(keep: Keep, pipe: Pair) -> None:
    r, w = map(keep, syscall.pipe())
    os.write(pipe[1], TEXT)
    assert syscall.splice(pipe[0], None, w, None, 4) == 4
    assert os.read(r, 100) == TEXT[:4]
    assert os.read(pipe[0], 100) == TEXT[4:]


def test_splice_returns_0_at_the_end(pipe: Pair, stream: Pair) -> None:
    syscall.close(pipe[1])
    assert syscall.splice(pipe[0], None, stream[0], None, 1) == 0


def test_splice_fails_with_the_kernels_errno(file: int, pipe: Pair, stream: Pair) -> None:
    for rfd, roff, wfd, woff, number in (
        (stream[0], None, stream[0], None, errno.EINVAL),  # none of the two is a pipe
        (pipe[0], 0, stream[0], None, errno.ESPIPE),
        (file, None, pipe[1], 0, errno.ESPIPE),
        (file, -1, pipe[1], None, errno.EINVAL),
        (pipe[0], None, pipe[1], None, errno.EINVAL),  # the same pipe
    ):
        with pytest.raises(OSError, match="splice: ") as raised:
            syscall.splice(rfd, roff, wfd, woff, 1)
        assert raised.value.errno == number
    with pytest.raises(BlockingIOError, match="splice: "):
        syscall.splice(pipe[0], None, stream[0], None, 1, syscall.SPLICE_F_NONBLOCK)


def test_tee_copies_and_keeps(keep: Keep, pipe: Pair) -> None:
    r, w = map(keep, syscall.pipe())
    os.write(pipe[1], TEXT)
    assert syscall.tee(pipe[0], w, 100) == 10
    assert os.read(r, 100) == TEXT
    assert os.read(pipe[0], 100) == TEXT


def test_tee_returns_0_at_the_end(keep: Keep, pipe: Pair) -> None:
    _, w = map(keep, syscall.pipe())
    syscall.close(pipe[1])
    assert syscall.tee(pipe[0], w, 1) == 0


def test_tee_fails_with_the_kernels_errno(keep: Keep, pipe: Pair, stream: Pair) -> None:
    _, w = map(keep, syscall.pipe())
    for rfd, wfd in ((stream[0], w), (pipe[0], stream[0]), (pipe[0], pipe[1])):
        with pytest.raises(OSError, match="tee: ") as raised:
            syscall.tee(rfd, wfd, 1)
        assert raised.value.errno == errno.EINVAL
    with pytest.raises(BlockingIOError, match="tee: "):
        syscall.tee(pipe[0], w, 1, syscall.SPLICE_F_NONBLOCK)
