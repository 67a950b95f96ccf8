"""Extended attributes."""

import errno
import os
from pathlib import Path

import pytest

import pysyscall as syscall

from ..texts import failed

VALUE = b"any\0bytes\xff"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.touch()
    try:
        os.setxattr(path, "user.probe", b"")
    except OSError as error:
        pytest.skip(f"file system: setxattr: {error.strerror}")
    os.removexattr(path, "user.probe")
    return path


def test_a_value_is_set_read_and_removed(file: Path) -> None:
    syscall.setxattr(file, "user.comment", VALUE)
    assert os.getxattr(file, "user.comment") == VALUE
    buf = bytearray(100)
    n = syscall.getxattr(file, "user.comment", buf)
    assert buf[:n] == VALUE
    assert syscall.getxattr(file, b"user.comment", None) == syscall.getxattr(file, "user.comment", bytearray()) == n
    with pytest.raises(OSError, match=failed("getxattr", syscall.ERANGE)):
        syscall.getxattr(file, "user.comment", bytearray(3))
    syscall.removexattr(file, "user.comment")
    for call in (
        lambda: syscall.getxattr(file, "user.comment", buf),
        lambda: syscall.removexattr(file, "user.comment"),
    ):
        with pytest.raises(OSError, match="xattr") as raised:
            call()
        assert raised.value.errno == errno.ENODATA


def test_the_names_are_listed(file: Path) -> None:
    for name in ("user.a", "user.b"):
        syscall.setxattr(file, name, None)
    buf = bytearray(syscall.listxattr(file, None))
    n = syscall.listxattr(file, buf)
    assert {"user.a", "user.b"} <= {name.decode() for name in bytes(buf[:n]).split(b"\0")}
    with pytest.raises(OSError, match=failed("listxattr", syscall.ERANGE)):
        syscall.listxattr(file, bytearray(3))


def test_flags_say_whether_it_must_be_new(file: Path) -> None:
    with pytest.raises(OSError, match="setxattr") as raised:
        syscall.setxattr(file, "user.a", b"1", syscall.XATTR_REPLACE)
    assert raised.value.errno == errno.ENODATA
    syscall.setxattr(file, "user.a", b"1", syscall.XATTR_CREATE)
    with pytest.raises(FileExistsError, match="setxattr"):
        syscall.setxattr(file, "user.a", b"2", syscall.XATTR_CREATE)


def test_what_cannot_be(file: Path) -> None:
    with pytest.raises(ValueError, match="attr must not hold a NUL"):
        syscall.setxattr(file, "user.\0", b"")
    with pytest.raises(TypeError, match="writable"):
        syscall.getxattr(file, "user.a", b"bytes")  # type: ignore[arg-type]
    with pytest.raises(OSError, match=failed("setxattr", syscall.EOPNOTSUPP)):
        syscall.setxattr(file, "nonsense", b"")
    with pytest.raises(FileNotFoundError, match="listxattr"):
        syscall.listxattr(file.parent / "none", None)
