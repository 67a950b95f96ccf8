"""The system's clock."""

import os
import re
import signal
import sys
import time
from pathlib import Path

import pytest

import pysyscall as syscall
from pysyscall import Timespec, Timeval

from ..namespaces import run_in_child
from ..programs import run_traced


def test_the_time_is_pythons() -> None:
    before = time.time_ns()
    tv, seconds = syscall.gettimeofday(), syscall.time()
    after = time.time_ns()
    assert before - 1000 <= tv.nano() <= after
    assert before // 10**9 <= seconds <= after // 10**9
    assert isinstance(seconds, syscall.Time_t)


def test_nanosleep_sleeps() -> None:
    before = time.monotonic()
    syscall.nanosleep(Timespec(0, 30_000_000))
    assert time.monotonic() - before >= 0.03


def test_nanosleep_goes_on_after_a_signal() -> None:
    handled = []
    old = signal.signal(signal.SIGALRM, lambda *_: handled.append(1))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
        before = time.monotonic()
        wanted = Timespec(0, 100_000_000)
        syscall.nanosleep(wanted)
        assert time.monotonic() - before >= 0.1
        assert wanted == Timespec(0, 100_000_000)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)
    assert handled


def test_a_handler_that_raises_ends_nanosleep_and_leaves_what_remained() -> None:
    class Enough(Exception):
        pass

    def handler(*_: object) -> None:
        raise Enough

    old = signal.signal(signal.SIGALRM, handler)
    left = Timespec()
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.02)
        with pytest.raises(Enough):
            syscall.nanosleep(Timespec(100, 0), left)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)
    assert 90 <= left.sec < 100


@pytest.mark.parametrize("wrong", [Timespec(-1, 0), Timespec(0, 10**9), Timespec(0, -1)])
def test_nanosleep_of_a_time_that_is_none(wrong: Timespec) -> None:
    with pytest.raises(OSError, match="nanosleep: Invalid argument"):
        syscall.nanosleep(wrong)


def test_wrong_types() -> None:
    for call in (
        lambda: syscall.nanosleep(5),  # type: ignore[arg-type]
        lambda: syscall.nanosleep(Timeval()),  # type: ignore[arg-type]
        lambda: syscall.nanosleep(Timespec(), Timeval()),  # type: ignore[arg-type]
        lambda: syscall.settimeofday(Timespec()),  # type: ignore[arg-type]
        lambda: syscall.adjtimex(b""),  # type: ignore[arg-type]
    ):
        with pytest.raises(TypeError, match="must be a Time"):
            call()


def test_adjtimex_reads_without_setting() -> None:
    buf = syscall.Timex()
    state = syscall.adjtimex(buf)
    assert 0 <= state <= 5
    assert buf.tick > 0
    assert abs(buf.time.sec - time.time()) < 5


def test_a_clock_is_not_set_by_who_may_not() -> None:
    run_in_child(may_not)


def may_not() -> None:
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(65534, 65534, 65534)
        os.setresuid(65534, 65534, 65534)
    with pytest.raises(PermissionError, match="settimeofday"):
        syscall.settimeofday(syscall.gettimeofday())
    with pytest.raises(PermissionError, match="adjtimex"):
        syscall.adjtimex(syscall.Timex(modes=syscall.ADJ_TICK, tick=10_000))


def test_microseconds_out_of_range_are_refused_before_anything_else() -> None:
    with pytest.raises(OSError, match="settimeofday: Invalid argument"):
        syscall.settimeofday(Timeval(0, 2_000_000))


def test_what_is_set_reaches_the_kernel(tmp_path: Path) -> None:
    """The kernel never sees the call: strace takes its number away."""
    log = tmp_path / "log"
    code = "import pysyscall as s; s.settimeofday(s.Timeval(12345, 678))"
    calls = "/settime"  # settimeofday, clock_settime, clock_settime64
    command = ["-f", "-o", str(log), "-e", f"trace={calls}", "-e", f"inject={calls}:retval=0"]
    done = run_traced(*command, sys.executable, "-c", code)
    assert done.stderr == ""
    assert re.search(
        r"tv_sec=12345.*tv_n?sec=678(000)?\b.*= 0 \(INJECTED\)|tv_sec=12345.*tv_usec=678\b", log.read_text()
    )
