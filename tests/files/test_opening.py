"""Files opened, positioned, sized and written to the disk."""

import errno
import os
from pathlib import Path

import pytest

import pysyscall as syscall

from ..conftest import Keep
from ..texts import failed

NUL = "a\0b"


def test_open_makes_a_file_with_permissions_less_umask(tmp_path: Path, keep: Keep) -> None:
    path = tmp_path / "new"
    before = os.umask(0o027)
    try:
        fd = keep(syscall.open(path, syscall.O_RDWR | syscall.O_CREAT | syscall.O_EXCL, 0o666))
    finally:
        os.umask(before)
    assert os.stat(path).st_mode & 0o777 == 0o640
    assert os.get_inheritable(fd)  # as in Go and C
    with pytest.raises(FileExistsError, match="open: File exists"):
        syscall.open(path, syscall.O_CREAT | syscall.O_EXCL | syscall.O_WRONLY, 0o600)


@pytest.mark.parametrize("kind", [str, os.fsencode, Path])
def test_open_takes_every_kind_of_path(tmp_path: Path, keep: Keep, kind: type) -> None:
    (tmp_path / "file").write_bytes(b"text")
    fd = keep(syscall.open(kind(str(tmp_path / "file")), syscall.O_RDONLY | syscall.O_CLOEXEC))
    assert os.read(fd, 9) == b"text"
    assert not os.get_inheritable(fd)


def test_open_takes_names_that_are_not_utf_8(tmp_path: Path, keep: Keep) -> None:
    name = os.fsencode(tmp_path) + b"/\xff\xfe"
    keep(syscall.creat(name, 0o600))
    assert os.listdir(os.fsencode(tmp_path)) == [b"\xff\xfe"]
    keep(syscall.open(os.fsdecode(name), syscall.O_RDONLY))


def test_openat_starts_at_a_directory(tmp_path: Path, keep: Keep) -> None:
    (tmp_path / "file").write_bytes(b"text")
    directory = keep(syscall.open(tmp_path, syscall.O_RDONLY | syscall.O_DIRECTORY))
    assert os.read(keep(syscall.openat(directory, "file", syscall.O_RDONLY)), 9) == b"text"
    assert os.read(keep(syscall.openat(syscall.AT_FDCWD, tmp_path / "file", syscall.O_RDONLY)), 9) == b"text"
    with pytest.raises(NotADirectoryError, match="openat"):
        syscall.openat(keep(os.open(tmp_path / "file", os.O_RDONLY)), "file", syscall.O_RDONLY)


def test_creat_empties_what_is_there(tmp_path: Path, keep: Keep) -> None:
    (tmp_path / "file").write_bytes(b"text")
    fd = keep(syscall.creat(tmp_path / "file", 0o600))
    assert os.stat(tmp_path / "file").st_size == 0
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.read(fd, 1)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda path: syscall.open(path / "none", syscall.O_RDONLY), FileNotFoundError),
        (lambda path: syscall.open(path, syscall.O_WRONLY), IsADirectoryError),
        (lambda path: syscall.open(path / ("n" * 256), syscall.O_RDONLY), OSError),
        (lambda path: syscall.truncate(path / "none", 1), FileNotFoundError),
        (lambda path: syscall.truncate(path, 1), IsADirectoryError),
        (lambda path: syscall.open(path / NUL, syscall.O_RDONLY), ValueError),
        (lambda path: syscall.creat(NUL, 0), ValueError),
        (lambda path: syscall.truncate(NUL, 0), ValueError),
        (lambda path: syscall.open(b"x", 2**31), OverflowError),
        (lambda path: syscall.open(b"x", 0, 2**32), OverflowError),
        (lambda path: syscall.open(b"x", 0, -1), OverflowError),
        (lambda path: syscall.open(5, 0), TypeError),  # type: ignore[arg-type]
        (lambda path: syscall.open(bytearray(b"x"), 0), TypeError),  # type: ignore[arg-type]
        (lambda path: syscall.ftruncate(0, 2**63), OverflowError),
        (lambda path: syscall.seek(2**32, 0, 0), OverflowError),
    ],
)
def test_bad_input_is_refused(tmp_path: Path, call: object, error: type[Exception]) -> None:
    assert callable(call)
    with pytest.raises(error):
        call(tmp_path)


def test_seek_and_sparse_files(tmp_path: Path, keep: Keep) -> None:
    fd = keep(syscall.open(tmp_path / "file", syscall.O_RDWR | syscall.O_CREAT, 0o600))
    far = 5 * 2**30  # beyond 32 bits
    assert syscall.seek(fd, far, syscall.SEEK_SET) == far
    os.write(fd, b"end")
    assert syscall.seek(fd, -3, syscall.SEEK_CUR) == far
    assert syscall.seek(fd, 0, syscall.SEEK_END) == far + 3
    assert 0 < syscall.seek(fd, 0, syscall.SEEK_DATA) <= far
    with pytest.raises(OSError, match="seek: Invalid argument"):
        syscall.seek(fd, -1, syscall.SEEK_SET)
    with pytest.raises(OSError, match="seek") as raised:
        syscall.seek(fd, far + 3, syscall.SEEK_DATA)
    assert raised.value.errno == errno.ENXIO


def test_seek_of_a_pipe(pipe: tuple[int, int]) -> None:
    with pytest.raises(OSError, match=failed("seek", syscall.ESPIPE)):
        syscall.seek(pipe[0], 0, syscall.SEEK_CUR)


def test_truncate_both_ways(tmp_path: Path, keep: Keep) -> None:
    path = tmp_path / "file"
    fd = keep(syscall.open(path, syscall.O_RDWR | syscall.O_CREAT, 0o600))
    syscall.ftruncate(fd, 6 * 2**30)
    assert os.stat(path).st_size == 6 * 2**30
    syscall.truncate(path, 3)
    assert path.read_bytes() == bytes(3)
    with pytest.raises(OSError, match="ftruncate: Invalid argument"):
        syscall.ftruncate(fd, -1)


def test_fallocate_reserves_and_punches(tmp_path: Path, keep: Keep) -> None:
    fd = keep(syscall.open(tmp_path / "file", syscall.O_RDWR | syscall.O_CREAT, 0o600))
    try:
        os.posix_fallocate(fd, 0, 1)  # which libc emulates
        syscall.fallocate(fd, 0, 0, 1 << 20)
    except OSError as error:
        if error.errno != errno.EOPNOTSUPP:
            raise
        pytest.skip(f"file system: {error.strerror}")
    assert os.fstat(fd).st_size == 1 << 20
    syscall.pwrite(fd, b"x" * 8192, 0)
    syscall.fallocate(fd, syscall.FALLOC_FL_PUNCH_HOLE | syscall.FALLOC_FL_KEEP_SIZE, 0, 4096)
    assert os.pread(fd, 8192, 0) == bytes(4096) + b"x" * 4096
    with pytest.raises(OSError, match="fallocate: Invalid argument"):
        syscall.fallocate(fd, 0, 0, 0)


def test_what_is_written_goes_to_the_disk(tmp_path: Path, keep: Keep, pipe: tuple[int, int]) -> None:
    fd = keep(syscall.open(tmp_path / "file", syscall.O_RDWR | syscall.O_CREAT, 0o600))
    syscall.write(fd, b"text")
    syscall.fsync(fd)
    syscall.fdatasync(fd)
    flags = syscall.SYNC_FILE_RANGE_WAIT_BEFORE | syscall.SYNC_FILE_RANGE_WRITE | syscall.SYNC_FILE_RANGE_WAIT_AFTER
    syscall.sync_file_range(fd, 0, 0, flags)
    with pytest.raises(OSError, match="fsync: Invalid argument"):
        syscall.fsync(pipe[0])
    with pytest.raises(OSError, match=failed("sync_file_range", syscall.ESPIPE)):
        syscall.sync_file_range(pipe[0], 0, 0, flags)
    with pytest.raises(OSError, match="sync_file_range: Invalid argument"):
        syscall.sync_file_range(fd, -(2**40), 2**33, flags)  # 64 bits arrive whole


def test_the_standard_descriptors_have_names() -> None:
    assert (syscall.stdin, syscall.stdout, syscall.stderr) == (0, 1, 2)
