"""exec: this process becomes another program."""

import os
import signal
import sys
import threading
from typing import Any

import pytest

import pysyscall as syscall

from .. import limits
from ..limits import needs
from .children import environment, in_child


def become(*arguments: object, prepare: object = None) -> tuple[str, int]:
    """What a child prints that calls exec, and its status."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.dup2(writing, 1)
            if callable(prepare):
                prepare()
            syscall.exec(*arguments)  # type: ignore[arg-type]
        finally:
            os._exit(99)
    os.close(writing)
    with open(reading) as f:
        said = f.read()
    return said, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_arguments_and_environment() -> None:
    code = "import os, sys; print(sys.argv, os.environ.get('A'), os.environ.get('HOME'))"
    argv = [sys.executable, "-I", "-S", "-c", code, "x", ""]
    assert become(sys.executable, argv, ["A=1"]) == ("['-c', 'x', ''] 1 None\n", 0)


@needs(limits.THREADS)
def test_the_other_threads_end() -> None:
    def compute() -> None:
        while True:
            pass

    def prepare() -> None:
        for _ in range(20):
            threading.Thread(target=compute, daemon=True).start()

    said, status = become("/bin/sh", ["sh", "-c", "ls /proc/self/task | wc -l"], environment(), prepare=prepare)
    assert (said.strip(), status) == ("1", 0)


@needs(limits.SIGNALS)
def test_signals() -> None:
    def prepare() -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGUSR1, lambda *_: None)
        signal.pthread_sigmask(signal.SIG_SETMASK, [signal.SIGUSR2])

    said, _ = become("/bin/cat", ["cat", "/proc/self/status"], [], prepare=prepare)
    fields = dict(line.split(":", 1) for line in said.splitlines())
    found = [int(fields[name], 16) for name in ("SigBlk", "SigIgn", "SigCgt")]
    assert found == [1 << signal.SIGUSR2 - 1, 1 << signal.SIGHUP - 1, 0]


@pytest.mark.parametrize("handler", [signal.SIG_IGN, signal.SIG_DFL, lambda *_: None])
def test_a_failure_leaves_all_as_it_was(handler: Any) -> None:
    def check() -> tuple[int, str, bool]:
        signal.signal(signal.SIGPIPE, handler)
        before = signals()
        try:
            syscall.exec("/nowhere", ["x"], [])
        except OSError as error:
            return error.errno or 0, error.strerror or "", signals() == before
        return 0, "", False

    def signals() -> list[str]:
        with open("/proc/self/status") as f:
            return [line for line in f if line.startswith(("SigBlk", "SigIgn", "SigCgt"))]

    assert in_child(check) == (syscall.ENOENT, "exec: No such file or directory", True)


def test_wrong_arguments() -> None:
    with pytest.raises(ValueError, match=r"argv\[1\] must not hold a NUL"):
        syscall.exec("/bin/true", ["true", "a\0"], [])
    with pytest.raises(TypeError, match="env must be a sequence"):
        syscall.exec("/bin/true", ["true"], {})  # type: ignore[arg-type]
