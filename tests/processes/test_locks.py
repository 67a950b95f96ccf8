"""fork_lock: one writer or many readers, also where signal handlers come between, and after a fork."""

import os
import signal
import threading
from collections.abc import Iterator

import pytest

import pysyscall as syscall
from pysyscall import ProcAttr
from pysyscall.processes.locks import RWMutex

from .children import in_child


@pytest.fixture
def lock() -> Iterator[RWMutex]:
    mutex = RWMutex()
    yield mutex
    assert mutex.try_lock()  # nothing is left behind
    mutex.unlock()


def elsewhere(function: object) -> object:
    """What a function returns in another thread."""
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(function()))  # type: ignore[operator]
    thread.start()
    thread.join()
    return found[0]


def try_both(lock: RWMutex) -> tuple[bool, bool]:
    """Whether another thread could lock it for reading, and for writing."""

    def attempt() -> tuple[bool, bool]:
        reading = lock.try_r_lock()
        if reading:
            lock.r_unlock()
        writing = lock.try_lock()
        if writing:
            lock.unlock()
        return reading, writing

    found = elsewhere(attempt)
    assert isinstance(found, tuple)
    return found


def test_one_writer_or_many_readers(lock: RWMutex) -> None:
    assert try_both(lock) == (True, True)
    with lock:
        assert try_both(lock) == (False, False)
    with lock.r_locker(), lock.r_locker():
        assert try_both(lock) == (True, False)
    assert try_both(lock) == (True, True)


def test_a_writer_waits_for_readers_and_readers_for_the_writer_that_waits(lock: RWMutex) -> None:
    order: list[str] = []
    lock.r_lock()

    def write() -> None:
        with lock:
            order.append("written")

    def read() -> None:
        with lock.r_locker():
            order.append("read")

    writer = threading.Thread(target=write)
    writer.start()
    while lock.try_r_lock():  # until the writer waits
        lock.r_unlock()
    reader = threading.Thread(target=read)
    reader.start()
    assert order == []
    lock.r_unlock()
    writer.join()
    reader.join()
    assert order == ["written", "read"]


def test_nobody_is_ever_two(lock: RWMutex) -> None:
    inside = [0, 0]
    wrong: list[tuple[int, int]] = []

    def work(writes: bool) -> None:
        for _ in range(300):
            with lock if writes else lock.r_locker():
                inside[writes] += 1
                if inside[1] > 1 or (inside[1] and inside[0]):
                    wrong.append((inside[0], inside[1]))
                os.sched_yield()
                inside[writes] -= 1

    # A reader's own count may be lost between two steps of +=; the writer's is not, as it is alone.
    threads = [threading.Thread(target=work, args=(i < 3,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_who_does_not_hold_it_cannot_let_it_go(lock: RWMutex) -> None:
    with pytest.raises(RuntimeError):
        lock.unlock()
    with pytest.raises(RuntimeError, match="nobody holds for reading"):
        lock.r_unlock()
    lock.r_lock()
    elsewhere(lock.r_unlock)  # as Go allows


def test_fork_exec_waits_for_readers() -> None:
    syscall.fork_lock.r_lock()
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(syscall.fork_exec("/bin/true", ["true"])))
    thread.start()
    try:
        while syscall.fork_lock.try_r_lock():
            syscall.fork_lock.r_unlock()
        assert found == []
    finally:
        syscall.fork_lock.r_unlock()
    thread.join()
    assert syscall.wait4(found[0])[1] == 0


def test_a_handler_may_start_programs_whatever_it_has_interrupted() -> None:
    def check() -> list[int]:
        ended: list[int] = []

        def start(number: int, frame: object) -> None:
            sys = syscall.SysProcAttr(pdeathsig=9) if number == signal.SIGUSR1 else None
            ended.append(syscall.wait4(syscall.fork_exec("/bin/true", ["true"], ProcAttr(sys=sys)))[1])

        for number in (signal.SIGUSR1, signal.SIGUSR2):
            signal.signal(number, start)
            with syscall.fork_lock:
                signal.raise_signal(number)
            with syscall.fork_lock.r_locker():
                signal.raise_signal(number)
        return ended

    assert in_child(check) == [0, 0, 0, 0]


def test_a_forked_child_has_it_free_but_for_its_own_threads_share() -> None:
    lock = syscall.fork_lock
    held, release = threading.Event(), threading.Event()

    def hold(writes: bool) -> None:
        with lock if writes else lock.r_locker():
            held.set()
            release.wait()

    for writes in (False, True):
        held.clear()
        release.clear()
        thread = threading.Thread(target=hold, args=(writes,))
        thread.start()
        held.wait()
        try:
            assert in_child(lambda: try_both(lock)) == (True, True)
        finally:
            release.set()
            thread.join()


def test_a_forked_child_goes_on_holding_what_its_thread_held() -> None:
    lock = syscall.fork_lock

    def write() -> tuple[bool, bool]:
        with lock:
            pass  # once more
        assert try_both(lock) == (False, False)
        lock.unlock()
        return try_both(lock)

    def read() -> tuple[bool, bool]:
        with lock.r_locker():
            pass
        assert try_both(lock) == (True, False)
        lock.r_unlock()
        return try_both(lock)

    with lock:
        assert in_child(write) == (True, True)
    with lock.r_locker():
        assert in_child(read) == (True, True)
