"""Errno, and how a failure becomes an OSError."""

import ctypes
import errno
import os
import pickle
from collections.abc import Callable

import pytest

import pysyscall as syscall
from pysyscall import Errno

from ..texts import IS_GLIBC

Pair = tuple[int, int]


@pytest.mark.parametrize(
    ("number", "name", "text"),
    [
        (errno.EAGAIN, "EAGAIN", "resource temporarily unavailable"),
        (errno.ECONNREFUSED, "ECONNREFUSED", "connection refused"),
        (errno.EPERM, "EPERM", "operation not permitted"),
        (errno.ENOENT, "ENOENT", "no such file or directory"),
        (errno.EOPNOTSUPP, "EOPNOTSUPP", "operation not supported"),
        (errno.EDEADLK, "EDEADLK", "resource deadlock avoided"),
        (errno.EL2HLT, "EL2HLT", "level 2 halted"),
        (0, "", "errno 0"),
        (4000, "", "errno 4000"),
    ],
)
def test_an_errno_has_its_name_and_text(number: int, name: str, text: str) -> None:
    assert Errno(number).name == name
    assert Errno(number).error() == text
    assert Errno(number) == number
    assert repr(Errno(number)) == f"Errno({name or number})"


@pytest.mark.parametrize(("number", "name"), sorted(errno.errorcode.items()))
def test_every_errno_of_pythons_has_a_name(number: int, name: str) -> None:
    assert getattr(syscall, name) == number
    assert getattr(errno, Errno(number).name) == number
    text = Errno(number).error()
    # A number that is newer than Go's tables, or than the port's to this ABI, has no text of its own; nor has mips's
    # EDEADLOCK in glibc.
    assert (
        not IS_GLIBC
        or text.lower() == os.strerror(number).lower()
        or (name, text)
        in {
            ("EDEADLOCK", "file locking deadlock error"),
            ("EFTYPE", f"errno {number}"),
            ("EHWPOISON", f"unknown error {number}"),
        }
    )


@pytest.mark.parametrize(
    ("number", "timeout", "temporary"),
    [
        (errno.EAGAIN, True, True),
        (errno.EWOULDBLOCK, True, True),
        (errno.ETIMEDOUT, True, True),
        (errno.EINTR, False, True),
        (errno.EMFILE, False, True),
        (errno.ENFILE, False, True),
        (errno.ECONNRESET, False, False),
        (errno.EINVAL, False, False),
    ],
)
def test_timeout_and_temporary_are_gos(number: int, timeout: bool, temporary: bool) -> None:
    assert Errno(number).timeout() is timeout
    assert Errno(number).temporary() is temporary


@pytest.mark.parametrize(
    ("kind", "numbers"),
    [
        (PermissionError, {errno.EACCES, errno.EPERM}),
        (FileExistsError, {errno.EEXIST, errno.ENOTEMPTY}),
        (FileNotFoundError, {errno.ENOENT}),
        (NotImplementedError, {errno.ENOSYS, errno.EOPNOTSUPP}),
        (BlockingIOError, {errno.EAGAIN, errno.EALREADY, errno.EWOULDBLOCK, errno.EINPROGRESS}),
        (BrokenPipeError, {errno.EPIPE, errno.ESHUTDOWN}),
        (ChildProcessError, {errno.ECHILD}),
        (ConnectionAbortedError, {errno.ECONNABORTED}),
        (ConnectionRefusedError, {errno.ECONNREFUSED}),
        (ConnectionResetError, {errno.ECONNRESET}),
        (
            ConnectionError,
            {errno.EPIPE, errno.ESHUTDOWN, errno.ECONNABORTED, errno.ECONNREFUSED, errno.ECONNRESET},
        ),
        (InterruptedError, {errno.EINTR}),
        (IsADirectoryError, {errno.EISDIR}),
        (NotADirectoryError, {errno.ENOTDIR}),
        (ProcessLookupError, {errno.ESRCH}),
        (TimeoutError, {errno.ETIMEDOUT}),
        (OSError, set(errno.errorcode)),
        (syscall.AddrinfoError, set()),
        (Exception, set()),
        (int, set()),
        (ValueError, set()),
        ("EPERM", set()),
        ([], set()),
    ],
)
def test_is_tells_the_kinds_of_error_that_go_has(kind: object, numbers: set[int]) -> None:
    assert {number for number in errno.errorcode if Errno(number).is_(kind)} == numbers


@pytest.mark.parametrize("number", [*errno.errorcode, 0, 4000])
def test_is_tells_what_python_raises(number: int) -> None:
    kinds: list[type[OSError]] = [OSError, *OSError.__subclasses__(), *ConnectionError.__subclasses__()]
    python = {kind for kind in kinds if isinstance(OSError(number, ""), kind)} if number else set()
    go: set[type[OSError]] = {FileExistsError} if number == errno.ENOTEMPTY else set()
    assert {kind for kind in kinds if Errno(number).is_(kind)} == python | go


def test_is_tells_equal_numbers() -> None:
    assert Errno(errno.EAGAIN).is_(Errno(errno.EWOULDBLOCK))
    assert Errno(errno.EAGAIN).is_(errno.EAGAIN)
    assert not Errno(errno.EAGAIN).is_(Errno(errno.EINTR))


def test_an_errno_is_a_value() -> None:
    assert {Errno(errno.EINTR): 1}[Errno(errno.EINTR)] == 1
    assert pickle.loads(pickle.dumps(Errno(errno.EINTR))) == errno.EINTR
    with pytest.raises(AttributeError):
        Errno(errno.EINTR).misspelt = 1  # type: ignore[attr-defined]


def test_a_failure_is_the_oserror_that_python_has_for_it() -> None:
    with pytest.raises(OSError) as raised:
        syscall.close(-1)
    error = raised.value
    assert type(error) is OSError
    assert (error.errno, error.strerror) == (errno.EBADF, "close: Bad file descriptor")
    assert str(error) == f"[Errno {errno.EBADF}] close: Bad file descriptor"
    assert error.errno is not None
    assert Errno(error.errno).name == "EBADF"
    assert error.__cause__ is None
    assert error.__context__ is None


def test_a_stale_errno_is_no_failure(pipe: Pair, stream: Pair) -> None:
    """errno keeps the last failure's number for ever; only a result of -1 says that it means something."""
    for stale in (errno.EINTR, errno.EBADF, errno.ENOMEM):
        calls: list[Callable[[], object]] = [
            lambda: syscall.write(pipe[1], b"x"),
            lambda: syscall.read(pipe[0], bytearray(1)),
            lambda: syscall.sendto(stream[0], b"x", 0, None),
            lambda: syscall.recvfrom(stream[1], bytearray(1)),
            lambda: syscall.sendmsg(stream[0], b"x", None, None),
            lambda: syscall.recvmsg(stream[1], bytearray(1), None),
            lambda: syscall.getsockname(stream[0]),
            lambda: syscall.getsockopt_int(stream[0], syscall.SOL_SOCKET, syscall.SO_ERROR),
            lambda: syscall.close(syscall.dup(pipe[0])),
            lambda: syscall.select(0, None, None, None, syscall.Timeval()),
            lambda: syscall.ioctl(stream[0], syscall.TIOCINQ, bytearray(4)),
            lambda: syscall.interface_by_index(1),
            lambda: syscall.resolve_tcp_addr("tcp", "127.0.0.1:1"),
        ]
        for call in calls:
            ctypes.set_errno(stale)
            call()


def test_an_earlier_failure_is_not_reported_again(pipe: Pair) -> None:
    with pytest.raises(OSError) as raised:
        syscall.close(-1)
    assert raised.value.errno == errno.EBADF
    with pytest.raises(OSError) as raised:
        syscall.pread(pipe[0], bytearray(1), 0)
    assert raised.value.errno == errno.ESPIPE
