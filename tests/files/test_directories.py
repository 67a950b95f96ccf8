"""Directories read, and the working directory."""

import os
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pysyscall as syscall

from ..conftest import Keep
from ..namespaces import run_in_child
from ..texts import failed


def listed(path: Path, size: int, most: int = -1) -> list[str]:
    """A directory's names, by getdents with a buffer of that size."""
    names: list[str] = []
    buf = bytearray(size)
    fd = syscall.open(path, syscall.O_RDONLY | syscall.O_DIRECTORY | syscall.O_CLOEXEC)
    try:
        while n := syscall.getdents(fd, buf):
            start = 0
            while start < n:
                consumed, count, names = syscall.parse_dirent(buf[start:n], most, names)
                assert count == most or start + consumed == n
                start += consumed
    finally:
        syscall.close(fd)
    return names


@pytest.mark.parametrize(("size", "most"), [(32768, -1), (300, -1), (4096, 1), (4096, 7)])
def test_every_name_is_read_once(tmp_path: Path, size: int, most: int) -> None:
    made = [f"{i:03}" + "x" * (i % 250) for i in range(300)]
    for name in made:
        (tmp_path / name).touch()
    assert sorted(listed(tmp_path, size, most)) == made


def test_names_are_any_bytes(tmp_path: Path) -> None:
    made = [b"\xff\xfe", b"new\nline", b"n" * 255, "grüße".encode(), b"...", b" "]
    for name in made:
        (tmp_path / os.fsdecode(name)).touch()
    assert sorted(map(os.fsencode, listed(tmp_path, 32768))) == sorted(made)


def test_a_buffer_too_small_for_a_name(tmp_path: Path, keep: Keep) -> None:
    (tmp_path / ("n" * 200)).touch()
    fd = keep(os.open(tmp_path, os.O_RDONLY))
    with pytest.raises(OSError, match="getdents: Invalid argument"):
        list(iter(lambda: syscall.getdents(fd, bytearray(64)), 0))  # "." and ".." fit
    with pytest.raises(OSError, match="read_dirent: Invalid argument"):
        syscall.read_dirent(fd, bytearray(20))


def test_getdents_of_a_file(tmp_path: Path, keep: Keep) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError, match="getdents"):
        syscall.getdents(keep(os.open(tmp_path / "file", os.O_RDONLY)), bytearray(1000))


def record(name: bytes, length: int | None = None, ino: int = 1) -> bytes:
    raw = struct.pack("=QqHB", ino, 0, 0, 0) + name + b"\0"
    raw += bytes(-len(raw) % 8)
    return raw[:16] + struct.pack("=H", len(raw) if length is None else length) + raw[18:]


def test_parse_dirent_keeps_what_it_was_given_and_inode_0() -> None:
    raw = record(b".") + record(b"a", ino=0) + record(b"..") + record(b"b")
    before = ["z"]
    assert syscall.parse_dirent(raw, -1, before) == (len(raw), 2, ["z", "a", "b"])
    assert before == ["z"]
    assert syscall.parse_dirent(raw, 0) == (0, 0, [])
    assert syscall.parse_dirent(raw, 1) == (2 * len(record(b".")), 1, ["a"])


def test_parse_dirent_of_a_record_that_is_cut_takes_all_of_it() -> None:
    raw = record(b"a") + record(b"b", length=200)
    assert syscall.parse_dirent(raw, -1) == (len(raw), 1, ["a"])
    assert syscall.parse_dirent(raw[:-20], -1) == (len(raw) - 20, 1, ["a"])
    assert syscall.parse_dirent(raw[:5], -1) == (5, 0, [])


@pytest.mark.parametrize("length", [0, 1, 17, 18])
def test_parse_dirent_of_a_record_shorter_than_its_head(length: int) -> None:
    with pytest.raises(OSError, match="parse_dirent: Invalid argument"):
        syscall.parse_dirent(record(b"a", length=length), -1)


@given(st.binary(max_size=200), st.integers(-1, 5))
def test_parse_dirent_of_anything_ends(raw: bytes, most: int) -> None:
    try:
        consumed, count, names = syscall.parse_dirent(raw, most)
    except OSError:
        return
    assert 0 <= consumed <= len(raw)
    assert count == len(names)


def test_the_working_directory(tmp_path: Path) -> None:
    run_in_child(change_directory, tmp_path)


def change_directory(path: Path) -> None:
    (path / "sub").mkdir()
    syscall.chdir(path / "sub")
    assert syscall.getwd() == os.getcwd() == os.path.realpath(path / "sub")
    buf = bytearray(4096)
    n = syscall.getcwd(buf)
    assert os.fsdecode(bytes(buf[: n - 1])) == syscall.getwd()
    assert buf[n - 1] == 0
    with pytest.raises(OSError, match=failed("getcwd", syscall.ERANGE)):
        syscall.getcwd(bytearray(3))
    above = os.open("..", os.O_RDONLY)
    os.rmdir(path / "sub")
    for call in (syscall.getwd, lambda: syscall.getcwd(buf)):
        with pytest.raises(FileNotFoundError, match=r"getc?wd"):
            call()
    syscall.fchdir(above)
    assert syscall.getwd() == os.path.realpath(path)
    os.close(above)
    with pytest.raises(NotADirectoryError, match="chdir"):
        syscall.chdir("/dev/null")
