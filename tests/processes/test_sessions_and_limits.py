"""Process numbers, groups and sessions; limits, priorities, usage, times, umask; kill, tgkill and pause."""

import os
import resource
import signal
import sys
import tempfile
import threading

import pytest

import pysyscall as syscall
from pysyscall import Rlimit

from .. import limits
from ..limits import needs
from .children import ROOT, in_child, waiting


def test_the_numbers_of_this_process() -> None:
    assert (syscall.getpid(), syscall.getppid(), syscall.gettid()) == (os.getpid(), os.getppid(), os.getpid())
    assert syscall.getpgrp() == os.getpgrp() == syscall.getpgid(0)
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(syscall.gettid()))
    thread.start()
    thread.join()
    assert found == [thread.native_id]


@needs(limits.VFORK)
def test_a_child_is_put_into_a_group_and_leads_a_session() -> None:
    def lead() -> bool:
        return syscall.setsid() == os.getpid() == os.getsid(0) == syscall.getpgrp()

    assert in_child(lead)
    with waiting() as pid, pytest.raises(PermissionError, match="setpgid: Permission denied"):
        syscall.setpgid(pid, 0)  # it runs another program
    pid = os.fork()
    if pid == 0:
        signal.pause()
    try:
        syscall.setpgid(pid, 0)
        assert syscall.getpgid(pid) == pid
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    with pytest.raises(ProcessLookupError, match="getpgid: "):
        syscall.getpgid(2**31 - 1)

    def lead_twice() -> str:
        try:
            return str(lead() and syscall.setsid())
        except PermissionError as error:
            return error.strerror or ""

    assert in_child(lead_twice) == "setsid: Operation not permitted"


@pytest.mark.parametrize("name", ["NOFILE", "CORE", "AS", "CPU", "STACK", "MSGQUEUE"])
def test_limits_are_the_kernels(name: str) -> None:
    number = getattr(syscall, f"RLIMIT_{name}")
    limit = syscall.getrlimit(number)
    assert [limit.cur, limit.max] == [each % 2**64 for each in resource.getrlimit(number)]


def test_a_limit_is_set() -> None:
    def check() -> tuple[int, int]:
        syscall.setrlimit(syscall.RLIMIT_NOFILE, Rlimit(100, 200))
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (100, 200)
        with pytest.raises(OSError) as caught:
            syscall.setrlimit(syscall.RLIMIT_NOFILE, Rlimit(300, 200))
        return caught.value.errno or 0, syscall.getrlimit(syscall.RLIMIT_NOFILE).cur

    assert in_child(check) == (syscall.EINVAL, 100)
    with pytest.raises(OSError) as caught:
        syscall.getrlimit(1000)
    assert caught.value.errno == syscall.EINVAL
    with pytest.raises(TypeError, match="rlim must be an Rlimit"):
        syscall.setrlimit(0, (1, 2))  # type: ignore[arg-type]
    with pytest.raises(OverflowError, match=r"Rlimit\.cur must be in"):
        Rlimit(-1, 0)


def test_priorities_are_the_kernels_and_set_as_nice_values() -> None:
    def check() -> list[int]:
        found = [syscall.getpriority(syscall.PRIO_PROCESS, 0)]
        for nice in (3, 7, 100):
            syscall.setpriority(syscall.PRIO_PROCESS, 0, nice)
            found.append(syscall.getpriority(syscall.PRIO_PROCESS, os.getpid()))
        return found

    assert in_child(check) == [20 - os.getpriority(os.PRIO_PROCESS, 0), 17, 13, 1]
    with pytest.raises(OSError) as caught:
        syscall.getpriority(77, 0)
    assert caught.value.errno == syscall.EINVAL
    with pytest.raises(ProcessLookupError, match="setpriority: "):
        syscall.setpriority(syscall.PRIO_PROCESS, 2**31 - 1, 0)
    if not ROOT:
        with pytest.raises(PermissionError, match="setpriority: "):
            syscall.setpriority(syscall.PRIO_PROCESS, 0, -20)


def test_usage_and_times() -> None:
    sum(range(10**6))
    least = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    own, thread = syscall.getrusage(syscall.RUSAGE_SELF), syscall.getrusage(syscall.RUSAGE_THREAD)
    assert least <= own.maxrss <= resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert 0 < thread.utime.nano() + thread.stime.nano() <= own.utime.nano() + own.stime.nano()
    with pytest.raises(OSError) as caught:
        syscall.getrusage(5)
    assert caught.value.errno == syscall.EINVAL
    before = os.times()
    ticks, tms = syscall.times()
    after = os.times()
    second = os.sysconf("SC_CLK_TCK")
    assert before.user <= tms.utime / second <= after.user
    assert before.system <= tms.stime / second <= after.system
    assert before.elapsed <= ticks / second <= after.elapsed


def test_umask() -> None:
    def check(directory: str) -> tuple[int, int, int]:
        os.umask(0o022)
        first, second = syscall.umask(0o177), syscall.umask(0o077)
        os.close(os.open(f"{directory}/file", os.O_CREAT | os.O_WRONLY, 0o666))
        return first, second, os.stat(f"{directory}/file").st_mode & 0o777

    with tempfile.TemporaryDirectory() as directory:
        assert in_child(check, directory) == (0o022, 0o177, 0o600)
    with pytest.raises(OverflowError, match="mask must be in"):
        syscall.umask(-1)


def test_kill_and_tgkill() -> None:
    def check() -> list[tuple[int, bool]]:
        seen: list[tuple[int, bool]] = []
        for number in (signal.SIGUSR1, signal.SIGUSR2):
            signal.signal(
                number,
                lambda number, _: seen.append((number, threading.current_thread() is threading.main_thread())),
            )
        syscall.kill(os.getpid(), syscall.SIGUSR1)
        stop = threading.Event()
        thread = threading.Thread(target=stop.wait)
        thread.start()
        syscall.tgkill(os.getpid(), thread.native_id or 0, syscall.Signal(syscall.SIGUSR2))
        while len(seen) < 2:
            signal.sigtimedwait([], 0.01)
        stop.set()
        thread.join()
        return seen

    assert in_child(check) == [(signal.SIGUSR1, True), (signal.SIGUSR2, True)]
    syscall.kill(os.getpid(), 0)
    with pytest.raises(ProcessLookupError, match="kill: No such process"):
        syscall.kill(2**31 - 1, 0)
    for arguments in ((os.getpid(), 1000), (os.getpid(), -1)):
        with pytest.raises(OSError) as caught:
            syscall.kill(*arguments)
        assert caught.value.errno == syscall.EINVAL
    with pytest.raises(OSError) as caught:
        syscall.tgkill(0, 0, 0)
    assert caught.value.errno == syscall.EINVAL
    with pytest.raises(OverflowError, match="pid must be in"):
        syscall.kill(2**32 + os.getpid(), 0)


def test_pause_returns_when_the_handler_has_run() -> None:
    def check() -> tuple[list[int], str]:
        seen: list[int] = []
        signal.signal(signal.SIGALRM, lambda number, _: seen.append(number))
        signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)  # again and again: the first may come before pause does
        syscall.pause()
        signal.setitimer(signal.ITIMER_REAL, 0)
        found = list(seen)

        def leave(number: int, _: object) -> None:
            raise InterruptedError("left")

        signal.signal(signal.SIGALRM, leave)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
            while True:
                syscall.pause()
        except InterruptedError as error:
            signal.setitimer(signal.ITIMER_REAL, 0)
            return found, str(error)

    seen, left = in_child(check)
    assert set(seen) == {signal.SIGALRM}
    assert left == "left"


@needs(limits.THREADS)
def test_a_call_of_all_threads_is_one_where_there_is_one_thread() -> None:
    def check() -> tuple[tuple[int, int], int, int]:
        getpid = syscall.all_threads_syscall(syscall.SYS_GETPID, 0, 0, 0)
        buffer = bytearray(8)
        mask = (1 << signal.SIGUSR1 - 1).to_bytes(8, sys.byteorder) * 2
        syscall.all_threads_syscall6(
            syscall.SYS_RT_SIGPROCMASK,
            syscall.SIG_SETMASK,
            mask,
            buffer,
            syscall.NSIG // 8,
            0,
            0,
        )
        blocked = signal.SIGUSR1 in signal.pthread_sigmask(signal.SIG_BLOCK, [])
        stop = threading.Event()
        thread = threading.Thread(target=stop.wait)
        thread.start()
        try:
            syscall.all_threads_syscall(syscall.SYS_GETPID, 0, 0, 0)
        except OSError as error:
            return getpid, blocked, error.errno or 0
        finally:
            stop.set()
            thread.join()
        return getpid, blocked, 0

    getpid, blocked, errno = in_child(check)
    assert getpid[0] > 0
    assert getpid[1] == 0
    assert blocked
    assert errno == syscall.ENOTSUP
