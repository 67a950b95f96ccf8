"""Text as C has it, and the environment."""

import ctypes
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

import pysyscall as syscall


@pytest.mark.parametrize("name", ["byte_slice_from_string", "string_byte_slice"])
def test_bytes_with_a_nul(name: str) -> None:
    made = getattr(syscall, name)("grüße")
    assert made == bytearray("grüße".encode() + b"\0")
    assert getattr(syscall, name)(b"\xff") == b"\xff\0"


@pytest.mark.parametrize("name", ["byte_ptr_from_string", "string_byte_ptr"])
def test_an_array_of_char(name: str) -> None:
    made = getattr(syscall, name)("text")
    assert (made.raw, ctypes.string_at(made)) == (b"text\0", b"text")


@pytest.mark.parametrize("name", ["slice_ptr_from_strings", "string_slice_ptr"])
def test_an_array_of_pointers(name: str) -> None:
    made = getattr(syscall, name)(["a", b"\xff", ""])
    assert list(made) == [b"a", b"\xff", b"", None]
    assert list(getattr(syscall, name)([])) == [None]


@pytest.mark.parametrize(
    "name", ["byte_slice_from_string", "string_byte_slice", "byte_ptr_from_string", "string_byte_ptr"]
)
def test_a_nul_inside_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="s must not hold a NUL"):
        getattr(syscall, name)("a\0b")
    with pytest.raises(ValueError, match="ss must not hold a NUL"):
        syscall.slice_ptr_from_strings(["a", "\0"])


@pytest.fixture
def clean() -> Iterator[None]:
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


def in_c(key: str) -> bytes | None:
    getenv = ctypes.CDLL(None).getenv
    getenv.restype = ctypes.c_char_p
    return getenv(key.encode())  # type: ignore[no-any-return]


@pytest.mark.usefixtures("clean")
def test_a_variable_is_one_for_python_c_and_children() -> None:
    syscall.setenv("PYSYSCALL_TEST", "a value")
    assert syscall.getenv("PYSYSCALL_TEST") == ("a value", True)
    assert os.environ["PYSYSCALL_TEST"] == "a value"
    assert in_c("PYSYSCALL_TEST") == b"a value"
    child = subprocess.run(
        [sys.executable, "-c", "import os; print(os.environ['PYSYSCALL_TEST'])"], capture_output=True
    )
    assert child.stdout == b"a value\n"
    assert "PYSYSCALL_TEST=a value" in syscall.environ()
    syscall.unsetenv("PYSYSCALL_TEST")
    assert syscall.getenv("PYSYSCALL_TEST") == ("", False)
    assert in_c("PYSYSCALL_TEST") is None
    syscall.unsetenv("PYSYSCALL_TEST")


@pytest.mark.usefixtures("clean")
def test_an_empty_value_is_a_value_and_an_empty_name_is_none() -> None:
    syscall.setenv("PYSYSCALL_TEST", "")
    assert syscall.getenv("PYSYSCALL_TEST") == ("", True)
    assert syscall.getenv("") == ("", False)


@pytest.mark.usefixtures("clean")
def test_clearenv() -> None:
    syscall.clearenv()
    assert syscall.environ() == []
    assert in_c("PATH") is None


@pytest.mark.usefixtures("clean")
def test_wrong_names_and_values() -> None:
    for key in ("", "a=b", "="):
        with pytest.raises(OSError, match="setenv: Invalid argument"):
            syscall.setenv(key, "x")
    for key, value in (("a\0", "x"), ("a", "\0")):
        with pytest.raises(ValueError, match="NUL"):
            syscall.setenv(key, value)
    for call in (lambda: syscall.getenv(b"a"), lambda: syscall.setenv("a", 5), lambda: syscall.unsetenv(None)):  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="must be str"):
            call()
