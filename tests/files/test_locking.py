"""Locks on files."""

import fcntl
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import pysyscall as syscall

from ..conftest import Keep

FAR = 2**40  # an offset that 32 bits do not hold


@pytest.fixture
def fds(tmp_path: Path, keep: Keep) -> tuple[int, int]:
    """Two open files of one file."""
    a, b = (keep(os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT, 0o600)) for _ in range(2))
    return a, b


def in_another_process(path: Path, statement: str) -> str:
    """What a statement prints in a process that has the file open as f."""
    code = f"import pysyscall as s; f = open({str(path)!r}, 'r+b'); {statement}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    return done.stdout.strip()


def test_flock_excludes_and_shares(fds: tuple[int, int]) -> None:
    a, b = fds
    syscall.flock(a, syscall.LOCK_SH)
    syscall.flock(b, syscall.LOCK_SH)
    with pytest.raises(BlockingIOError, match="flock"):
        syscall.flock(a, syscall.LOCK_EX | syscall.LOCK_NB)
    syscall.flock(b, syscall.LOCK_UN)
    syscall.flock(a, syscall.LOCK_EX | syscall.LOCK_NB)
    with pytest.raises(OSError, match="flock: Invalid argument"):
        syscall.flock(a, 0)


def test_flock_waits_over_a_signal(fds: tuple[int, int]) -> None:
    a, b = fds
    handled = threading.Event()
    before = signal.signal(signal.SIGALRM, lambda *_: handled.set())
    syscall.flock(a, syscall.LOCK_EX)

    def let_go() -> None:
        handled.wait(60)
        syscall.flock(a, syscall.LOCK_UN)

    release = threading.Thread(target=let_go)
    release.start()
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        syscall.flock(b, syscall.LOCK_EX)
    finally:
        handled.set()
        release.join()
        signal.signal(signal.SIGALRM, before)


def test_a_range_is_locked_and_asked_for(fds: tuple[int, int], tmp_path: Path) -> None:
    lk = syscall.Flock_t(type=syscall.F_WRLCK, whence=syscall.SEEK_SET, start=FAR, len=10)
    syscall.fcntl_flock(fds[0], syscall.F_SETLK, lk)
    asked = in_another_process(
        tmp_path / "file",
        f"l = s.Flock_t(type=s.F_RDLCK, start={FAR + 5}, len=1); s.fcntl_flock(f.fileno(), s.F_GETLK, l); "
        "print(l.type == s.F_WRLCK, l.start, l.len, l.pid)",
    )
    assert asked == f"True {FAR} 10 {os.getpid()}"
    free = in_another_process(
        tmp_path / "file",
        f"l = s.Flock_t(type=s.F_WRLCK, start={FAR - 5}, len=5); s.fcntl_flock(f.fileno(), s.F_SETLK, l); print('ok')",
    )
    assert free == "ok"
    refused = in_another_process(
        tmp_path / "file",
        f"""exec('''
try:
    s.fcntl_flock(f.fileno(), s.F_SETLK, s.Flock_t(type=s.F_WRLCK, start={FAR}, len=1))
except (BlockingIOError, PermissionError) as error:
    print(error)
''')""",
    )
    assert "fcntl: " in refused


def test_it_is_the_lock_that_python_s_own_fcntl_takes(fds: tuple[int, int], tmp_path: Path) -> None:
    fcntl.lockf(fds[0], fcntl.LOCK_EX, 3, 7)
    asked = in_another_process(
        tmp_path / "file",
        "l = s.Flock_t(type=s.F_RDLCK); s.fcntl_flock(f.fileno(), s.F_GETLK, l); print(l.start, l.len, l.whence)",
    )
    assert asked == "7 3 0"


def test_locks_of_an_open_file(fds: tuple[int, int]) -> None:
    lk = syscall.Flock_t(type=syscall.F_WRLCK, start=FAR, len=1)
    syscall.fcntl_flock(fds[0], syscall.F_OFD_SETLK, lk)
    with pytest.raises(BlockingIOError, match="fcntl"):
        syscall.fcntl_flock(fds[1], syscall.F_OFD_SETLK, lk)
    asked = syscall.Flock_t(type=syscall.F_WRLCK)
    syscall.fcntl_flock(fds[1], syscall.F_OFD_GETLK, asked)
    assert (asked.type, asked.start, asked.len, asked.pid) == (syscall.F_WRLCK, FAR, 1, -1)


def test_bad_input(fds: tuple[int, int]) -> None:
    with pytest.raises(TypeError, match="lk must be a Flock_t, not bytes"):
        syscall.fcntl_flock(fds[0], syscall.F_SETLK, b"")  # type: ignore[arg-type]
    with pytest.raises(OSError, match="fcntl: Invalid argument"):
        syscall.fcntl_flock(fds[0], syscall.F_SETLK, syscall.Flock_t(type=77))
    with pytest.raises(OSError, match="fcntl: Bad file descriptor"):
        syscall.fcntl_flock(-1, syscall.F_SETLK, syscall.Flock_t())
