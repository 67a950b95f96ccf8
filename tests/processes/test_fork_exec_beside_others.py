"""fork_exec where other things go on: threads in malloc, signals whose handlers raise, limits, other waits."""

import gc
import os
import shutil
import signal
import subprocess
import threading
import warnings
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from ctypes import CDLL
from pathlib import Path
from queue import Empty, SimpleQueue
from random import Random
from typing import Literal

import pytest

import pysyscall as syscall
from pysyscall import ProcAttr, SysProcAttr, SysProcIDMap

from .. import limits
from ..limits import needs
from ..texts import IS_GLIBC
from .children import ROOT, in_child, no_children

BUSY = """
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
static volatile int stop;
static pthread_t threads[3];
static void *work(void *unused) {
    for (unsigned turn = 1; !stop; turn++) {
        void *p[16];
        for (int i = 0; i < 16; i++) p[i] = malloc(1 << i);
        for (int i = 0; i < 16; i++) free(p[i]);
        if (turn % 16 == 0) sched_yield(); /* or every start waits for the ends of their turns */
    }
    return NULL;
}
int begin(void) {
    stop = 0;
    for (int i = 0; i < 3; i++) if (pthread_create(&threads[i], NULL, work, NULL)) return -1;
    return 0;
}
void end(void) { stop = 1; for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL); }
"""


@pytest.fixture(scope="session")
def busy(tmp_path_factory: pytest.TempPathFactory) -> CDLL:
    """Three C threads that do nothing but allocate and free."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler: apt-get install gcc")
    source = tmp_path_factory.mktemp("busy") / "busy.c"
    source.write_text(BUSY)
    library = source.with_suffix(".so")
    command = [compiler, "-O1", "-shared", "-fPIC", "-pthread", "-o", str(library), str(source)]
    subprocess.run(command, check=True)
    return CDLL(str(library))


def attributes(i: int) -> SysProcAttr | None:
    """Another way for each start: spawned, forked, unshared, cloned."""
    flags = 0 if ROOT else syscall.CLONE_NEWUSER
    maps = [SysProcIDMap(0, os.getuid(), 1)]
    return [
        None,
        SysProcAttr(pdeathsig=syscall.SIGKILL),
        SysProcAttr(cloneflags=syscall.CLONE_NEWUTS | syscall.CLONE_NEWUSER, uid_mappings=maps),
        SysProcAttr(cloneflags=syscall.CLONE_NEWPID | flags),
        SysProcAttr(pdeathsig=syscall.SIGKILL, setsid=True),
    ][i % 5]


def test_a_thousand_rounds_beside_three_threads_in_malloc(busy: CDLL) -> None:
    def rounds() -> tuple[int, int, bool]:
        signal.alarm(250)  # a hang ends this child, and so the test
        # One arena for all, so that a child would hang if its malloc were left locked.
        if IS_GLIBC:
            CDLL(None).mallopt(-8, 1)
        before = len(os.listdir("/proc/self/fd"))
        assert busy.begin() == 0
        try:
            ended = 0
            for i in range(1000):
                argv0 = "/bin/true" if i % 10 else "/nowhere"
                try:
                    pid = syscall.fork_exec(argv0, ["true"], ProcAttr(sys=attributes(i // 2)))
                    ended += syscall.wait4(pid)[1] == 0
                except FileNotFoundError:
                    ended += 1
        finally:
            busy.end()
        return ended, len(os.listdir("/proc/self/fd")) - before, no_children()

    assert in_child(rounds) == (1000, 0, True)


@pytest.mark.parametrize("action", ["error", "always"])
def test_a_fork_beside_threads_is_neither_warned_of_nor_ended_by_a_warning(action: Literal["error", "always"]) -> None:
    """CPython warns from 3.12 on. From 3.15 on a warning that is an error would lose the new process."""

    def start() -> tuple[int, list[str], bool]:
        waiting = threading.Event()
        thread = threading.Thread(target=waiting.wait)
        thread.start()
        try:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter(action)
                filters = list(warnings.filters)
                pid = syscall.fork_exec("/bin/true", ["true"], ProcAttr(sys=SysProcAttr(pdeathsig=syscall.SIGKILL)))
                assert warnings.filters == filters
            return syscall.wait4(pid)[1].exit_status(), [str(each.message) for each in caught], no_children()
        finally:
            waiting.set()
            thread.join()

    assert in_child(start) == (0, [], True)


@needs(limits.USER_NAMESPACE, limits.CLONE)
def test_eight_python_threads_start_programs_at_once() -> None:
    def rounds() -> tuple[list[str], bool]:
        signal.alarm(250)
        wrong: list[str] = []

        def start(n: int) -> None:
            try:
                for i in range(25):
                    pid = syscall.fork_exec("/bin/sh", ["sh", "-c", f"exit {n}"], ProcAttr(sys=attributes(n + i)))
                    if syscall.wait4(pid)[1].exit_status() != n:
                        wrong.append(f"{n} {i}")
            except BaseException as error:
                wrong.append(repr(error))

        threads = [threading.Thread(target=start, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return wrong, no_children()

    assert in_child(rounds) == ([], True)


class Interrupted(BaseException):
    """What the handler raises."""


@contextmanager
def bombarded(seed: int) -> Iterator[tuple[Callable[[], None], Callable[[], None]]]:
    """A thread that gets signals for this process, whose handler raises in the main thread, at any moment.

    It raises once after the first function was called, unless the second was.
    """
    mine = threading.main_thread().ident
    # No Event: its lock is not for signal handlers.
    armed: list[bool] = []
    woken = SimpleQueue[bool]()
    stop = False
    random = Random(seed)

    def handler(number: int, frame: object) -> None:
        if armed:
            armed.clear()
            raise Interrupted

    signal.signal(signal.SIGUSR1, handler)

    def bombard() -> None:
        assert threading.get_ident() != mine
        while not stop:
            with suppress(Empty):
                woken.get(timeout=0.01)
                signal.sigtimedwait([], random.random() ** 3 * 0.004)  # posix_spawn takes a tenth of that
                signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)

    def arm() -> None:
        armed.append(True)
        woken.put(True)

    thread = threading.Thread(target=bombard)
    thread.start()
    try:
        yield arm, armed.clear
    finally:
        armed.clear()
        stop = True
        thread.join()


@needs(limits.USER_NAMESPACE, limits.CLONE)
@pytest.mark.parametrize("way", range(5))
def test_whatever_a_handler_raises_nothing_is_left_behind(way: int) -> None:
    """Either there is a process, and its number is known, or there is none."""

    def rounds() -> tuple[dict[str, bool], bool, int]:
        signal.alarm(250)
        fork_exec = syscall.fork_exec  # loaded now: a handler that raises would break that off
        before = sorted(os.listdir("/proc/self/fd"))
        interrupted = started = turns = 0
        with bombarded(way) as (arm, disarm):
            while turns < 150 or (interrupted <= 10 and turns < 3000):  # on a busy machine few come in time
                turns += 1
                pid = None
                try:
                    try:
                        arm()
                        pid = fork_exec("/bin/true", ["true"], ProcAttr(sys=attributes(way)))
                    finally:
                        disarm()
                except Interrupted:
                    interrupted += 1
                if pid is not None:
                    started += 1
                    with suppress(ChildProcessError):
                        syscall.wait4(pid)
        # One that was interrupted between the call's return and the assignment is the caller's own, as everywhere.
        lost = 0
        while not no_children():
            lost += 1
            try:
                os.waitpid(-1, 0)
            except ChildProcessError:
                break
        state = {
            "descriptors": sorted(os.listdir("/proc/self/fd")) == before,
            "signals": signal.pthread_sigmask(signal.SIG_BLOCK, []) == set(),
            "garbage collection": gc.isenabled(),
            "lock": syscall.fork_lock.try_lock(),
        }
        return state, interrupted > 10, lost

    state, enough, lost = in_child(rounds)
    assert state == dict.fromkeys(state, True)
    assert enough
    assert lost <= 2


def test_no_garbage_is_collected_in_the_child() -> None:
    def rounds() -> bytes:
        mine = os.getpid()
        reading, writing = os.pipe()
        gc.set_threshold(1)

        class Owner:
            pass

        def make_garbage() -> None:
            owner = Owner()
            weakref.finalize(owner, lambda: os.write(writing, b"." if os.getpid() == mine else b"!"))
            owner.self = owner  # type: ignore[attr-defined]

        # Garbage that is there when the child begins, and what makes Python collect it.
        os.register_at_fork(before=make_garbage, after_in_child=lambda: [[] for _ in range(1000)])
        for _ in range(20):
            syscall.wait4(syscall.fork_exec("/bin/true", ["true"], ProcAttr(sys=attributes(1))))
        assert gc.isenabled()
        gc.collect()
        os.close(writing)
        return os.read(reading, 1000)

    assert in_child(rounds) == b"." * 20


def test_a_signal_that_comes_meanwhile_is_handled_afterwards() -> None:
    def rounds() -> tuple[int, int]:
        seen: list[int] = []
        signal.signal(signal.SIGCHLD, lambda number, _: seen.append(number))
        for i in range(20):
            pid = syscall.fork_exec("/bin/true", ["true"], ProcAttr(sys=attributes(i % 2)))
            syscall.wait4(pid)
            while len(seen) <= i:
                signal.sigtimedwait([], 0.001)
        return len(seen), len(signal.pthread_sigmask(signal.SIG_BLOCK, []))

    assert in_child(rounds) == (20, 0)


@needs(limits.USER_NAMESPACE, limits.CLONE)
def test_where_children_are_waited_for_by_nobody() -> None:
    def rounds() -> list[str]:
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        said = []
        for i in range(10):
            syscall.fork_exec("/bin/true", ["true"], ProcAttr(sys=attributes(i)))
            try:
                syscall.fork_exec("/nowhere", ["x"], ProcAttr(sys=attributes(i)))
            except FileNotFoundError as error:
                said.append(error.strerror or "")
        return said

    assert in_child(rounds) == ["fork_exec: execve: No such file or directory"] * 10


@pytest.mark.parametrize("way", range(5))
def test_no_more_processes_may_be_made(way: int) -> None:
    def rounds() -> str:
        if ROOT:
            syscall.setresuid(4321, 4321, 4321)  # a user with no processes of their own
        syscall.setrlimit(syscall.RLIMIT_NPROC, syscall.Rlimit(0, 0))
        try:
            syscall.fork_exec("/bin/true", ["true"], ProcAttr(sys=attributes(way)))
        except OSError as error:
            return error.strerror or ""
        return ""

    assert in_child(rounds) == f"fork_exec: fork: {os.strerror(syscall.EAGAIN)}"


@needs(limits.USER_NAMESPACE, limits.CLONE)
def test_descriptors_of_the_executor_are_never_the_childs(tmp_path: Path) -> None:
    """Also where many are asked for, and where some are open and not close-on-exec."""

    def rounds() -> list[str]:
        reading, writing = os.pipe()
        files = [0, writing, writing, *[-1] * 40, reading, 2, 1, 0]
        said = []
        for i in range(5):
            attr = attributes(i)
            pid = syscall.fork_exec("/bin/sh", ["sh", "-c", "echo /proc/self/fd/*"], ProcAttr(files=files, sys=attr))
            syscall.wait4(pid)
            said.append(os.read(reading, 4096).decode())
        return said

    said = [{int(word.rpartition("/")[2]) for word in line.split()} for line in in_child(rounds)]
    inherited = {fd for fd in range(47, 1024) if os.path.exists(f"/proc/self/fd/{fd}") and os.get_inheritable(fd)}
    for numbers in said:
        assert {0, 1, 2, 43, 44, 45, 46} <= numbers
        # What else there is, is the shell's own for the listing.
        assert len(numbers - {0, 1, 2, 43, 44, 45, 46} - inherited) <= 1


@needs(limits.USER_NAMESPACE, limits.CLONE)
def test_the_working_directory_and_umask_are_the_callers(tmp_path: Path) -> None:
    def rounds() -> list[str]:
        os.chdir(tmp_path)
        os.umask(0o027)
        found = []
        for i in range(5):
            pid = syscall.fork_exec("/bin/sh", ["sh", "-c", "pwd > said; umask >> said"], ProcAttr(sys=attributes(i)))
            syscall.wait4(pid)
            found.append((tmp_path / "said").read_text())
        return found

    if not ROOT:
        os.chmod(tmp_path, 0o777)
    assert set(in_child(rounds)) == {f"{tmp_path}\n0027\n"}
