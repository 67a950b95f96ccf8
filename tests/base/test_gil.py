"""Which calls release the GIL, so that another thread can run meanwhile."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

import pysyscall as syscall

if not getattr(sys, "_is_gil_enabled", lambda: True)():
    pytest.skip("this Python runs without a GIL", allow_module_level=True)


@pytest.fixture
def fd() -> Iterator[int]:
    fd = syscall.socket(syscall.AF_INET, syscall.SOCK_DGRAM | syscall.SOCK_CLOEXEC)
    yield fd
    syscall.close(fd)


@pytest.fixture
def patience() -> Iterator[None]:
    """No thread takes the GIL from another: it waits until that one releases it."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1000)
    yield
    sys.setswitchinterval(before)


def lets_others_run(call: Callable[[], object], patient: bool = False) -> bool:
    """Whether a thread that waits for the GIL gets it in one of many calls."""
    call()  # which may have to load its module first
    lock, has_run = threading.Lock(), []
    lock.acquire()

    def wait() -> None:
        with lock:
            has_run.append(True)

    thread = threading.Thread(target=wait)
    thread.start()
    lock.release()  # the thread wakes up, and waits for the GIL
    deadline = time.monotonic() + (10 if patient else 0)
    for _ in range(2000):
        call()
    while not has_run and time.monotonic() < deadline:
        call()
    ran = bool(has_run)
    thread.join()
    return ran


@pytest.mark.usefixtures("patience")
def test_a_call_that_may_wait_lets_other_threads_run(fd: int) -> None:
    array = bytearray(1)

    def receive() -> None:
        with pytest.raises(BlockingIOError):
            syscall.recvfrom(fd, array, syscall.MSG_DONTWAIT)

    assert lets_others_run(receive, patient=True)


@pytest.mark.usefixtures("patience")
@pytest.mark.parametrize(
    "call",
    [
        lambda fd: syscall.getpid(),
        lambda fd: syscall.getsockname(fd),
        lambda fd: syscall.getsockopt_int(fd, syscall.SOL_SOCKET, syscall.SO_TYPE),
        lambda fd: syscall.setsockopt_int(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1),
        lambda fd: syscall.set_nonblock(fd, True),
    ],
    ids=["getpid", "getsockname", "getsockopt_int", "setsockopt_int", "set_nonblock"],
)
def test_a_call_in_which_the_kernel_does_not_wait_keeps_the_gil(call: Callable[[int], object], fd: int) -> None:
    assert not lets_others_run(lambda: call(fd))
