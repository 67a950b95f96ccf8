"""Children for the tests: programs with what they print, and functions in a process of their own."""

import os
import pickle
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pysyscall as syscall
from tests.namespaces import NOBODY as NOBODY

ROOT = os.geteuid() == 0

# What a Python needs to start, and no more: the packages of the tests are not there for nobody to read.
PYTHON = [sys.executable, "-I", "-S", "-c"]


class Ended(NamedTuple):
    """A child that has ended: its number, what it printed, and how it ended."""

    pid: int
    said: str
    status: syscall.WaitStatus


def environment() -> list[str]:
    return [f"{name}={value}" for name, value in os.environ.items()]


def run(
    argv: Sequence[str | bytes],
    sys: syscall.SysProcAttr | None = None,
    *,
    dir: str = "",
    env: Sequence[str] | None = None,
    argv0: str | None = None,
) -> Ended:
    """Start a program with its output in a pipe, read that and wait."""
    reading, writing = syscall.pipe2(syscall.O_CLOEXEC)
    try:
        with open("/dev/null", "rb") as null:
            files = [null.fileno(), writing, writing]
            attr = syscall.ProcAttr(dir, environment() if env is None else env, files, sys)
            pid = syscall.fork_exec(argv0 or argv[0], argv, attr)
        os.close(writing)
        writing = -1
        said = b""
        while part := os.read(reading, 65536):
            said += part
    finally:
        os.close(reading)
        if writing != -1:
            os.close(writing)
    _, status, _ = syscall.wait4(pid)
    return Ended(pid, said.decode(errors="surrogateescape"), status)


def python(code: str, sys: syscall.SysProcAttr | None = None, **more: Any) -> Ended:
    """Run a line of Python, which has nothing but its standard library."""
    ended = run([*PYTHON, code], sys, **more)
    assert ended.status.exit_status() == 0, ended
    return ended


@contextmanager
def waiting(sys: syscall.SysProcAttr | None = None) -> Iterator[int]:
    """The number of a `cat` that runs until the end of the block."""
    reading, writing = syscall.pipe2(syscall.O_CLOEXEC)
    try:
        pid = syscall.fork_exec("/bin/cat", ["cat"], syscall.ProcAttr(files=[reading, 1, 2], sys=sys))
        yield pid
    finally:
        os.close(reading)
        os.close(writing)
    assert syscall.wait4(pid)[1].exit_status() == 0


def in_child(function: Callable[..., Any], *args: Any) -> Any:
    """What function(*args) returns in a process of its own; an AssertionError where it raises."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        outcome: tuple[Any, str] = (None, "the process has ended")
        try:
            os.close(reading)
            outcome = (function(*args), "")
        except BaseException:
            outcome = (None, traceback.format_exc())
        finally:
            os.write(writing, pickle.dumps(outcome))
            os._exit(0)
    os.close(writing)
    with open(reading, "rb") as f:
        told = f.read()
    os.waitpid(pid, 0)
    assert told, "the child died without a word"
    result, trouble = pickle.loads(told)
    assert not trouble, trouble
    return result


def status_of(pid: int | str, field: str) -> str:
    """A field of /proc/PID/status."""
    text = Path(f"/proc/{pid}/status").read_text()
    return next(line.partition(":")[2].strip() for line in text.splitlines() if line.startswith(f"{field}:"))


def no_children() -> bool:
    """Whether this process has no child, not even one that has ended."""
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return True
    return False
