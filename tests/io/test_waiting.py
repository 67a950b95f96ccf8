"""epoll_create, epoll_create1, epoll_ctl, epoll_wait, select, poll, ppoll."""

import ctypes
import errno
import os
import resource
import select
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import pysyscall as syscall

from ..conftest import Keep
from ..texts import IS_GLIBC

Pair = tuple[int, int]
Events = syscall.EpollEvent * 4


@pytest.fixture
def epoll(keep: Keep) -> int:
    return keep(syscall.epoll_create1(syscall.EPOLL_CLOEXEC))


def fdset(*fds: int) -> syscall.FdSet:
    made = syscall.FdSet()
    for fd in fds:
        made.set(fd)
    return made


# epoll


def test_epoll_create1_takes_its_flag_and_epoll_create_is_inherited(keep: Keep) -> None:
    assert not os.get_inheritable(keep(syscall.epoll_create1(syscall.EPOLL_CLOEXEC)))
    assert os.get_inheritable(keep(syscall.epoll_create1()))
    assert os.get_inheritable(keep(syscall.epoll_create(1)))
    with pytest.raises(OSError, match="epoll_create1: ") as raised:
        syscall.epoll_create1(1)
    assert raised.value.errno == errno.EINVAL


@pytest.mark.parametrize("size", [0, -1])
def test_epoll_create_wants_a_positive_size(size: int) -> None:
    with pytest.raises(ValueError, match=r"^size must be positive"):
        syscall.epoll_create(size)


def test_epoll_wait_returns_how_many_are_ready_and_fills_as_many_events(epoll: int, pipe: Pair, stream: Pair) -> None:
    readable = syscall.EpollEvent(events=syscall.EPOLLIN)
    for fd in (pipe[0], stream[0]):
        readable.fd = fd
        syscall.epoll_ctl(epoll, syscall.EPOLL_CTL_ADD, fd, readable)
    events = Events()
    assert syscall.epoll_wait(epoll, events, 0) == 0
    os.write(stream[1], b"x")
    assert syscall.epoll_wait(epoll, events, -1) == 1
    assert (events[0].fd, events[0].events) == (stream[0], syscall.EPOLLIN)
    os.write(pipe[1], b"x")
    assert syscall.epoll_wait(epoll, events, -1) == 2
    assert {event.fd for event in events[:2]} == {pipe[0], stream[0]}
    assert syscall.epoll_wait(epoll, (syscall.EpollEvent * 1)(), -1) == 1


def test_the_64_bits_of_an_event_come_back(epoll: int, pipe: Pair) -> None:
    event = syscall.EpollEvent(events=syscall.EPOLLOUT, u64=0xFEDC_BA98_7654_3210)
    syscall.epoll_ctl(epoll, syscall.EPOLL_CTL_ADD, pipe[1], event)
    events = Events()
    assert syscall.epoll_wait(epoll, events, -1) == 1
    assert events[0].u64 == 0xFEDC_BA98_7654_3210
    assert events[0] == event


def test_epoll_ctl_modifies_and_deletes(epoll: int, pipe: Pair) -> None:
    events = Events()
    syscall.epoll_ctl(epoll, syscall.EPOLL_CTL_ADD, pipe[1], syscall.EpollEvent(syscall.EPOLLOUT, fd=pipe[1]))
    assert syscall.epoll_wait(epoll, events, 0) == 1
    syscall.epoll_ctl(epoll, syscall.EPOLL_CTL_MOD, pipe[1], syscall.EpollEvent(0, fd=pipe[1]))
    assert syscall.epoll_wait(epoll, events, 0) == 0
    syscall.epoll_ctl(epoll, syscall.EPOLL_CTL_DEL, pipe[1])
    with pytest.raises(FileNotFoundError, match="epoll_ctl: "):
        syscall.epoll_ctl(epoll, syscall.EPOLL_CTL_MOD, pipe[1], syscall.EpollEvent(0, fd=pipe[1]))


def test_epoll_is_edge_triggered_where_asked(epoll: int, pipe: Pair) -> None:
    edge = syscall.EpollEvent(syscall.EPOLLIN | syscall.EPOLLET, fd=pipe[0])
    syscall.epoll_ctl(epoll, syscall.EPOLL_CTL_ADD, pipe[0], edge)
    events = Events()
    os.write(pipe[1], b"x")
    assert syscall.epoll_wait(epoll, events, 0) == 1
    assert syscall.epoll_wait(epoll, events, 0) == 0


def test_epoll_ctl_fails_with_the_kernels_errno(epoll: int, pipe: Pair, keep: Keep, tmp_path: Path) -> None:
    file = keep(os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT))
    event = syscall.EpollEvent(syscall.EPOLLIN, fd=pipe[0])
    syscall.epoll_ctl(epoll, syscall.EPOLL_CTL_ADD, pipe[0], event)
    for epfd, op, fd, given, number in (
        (epoll, syscall.EPOLL_CTL_ADD, pipe[0], event, errno.EEXIST),
        (epoll, syscall.EPOLL_CTL_DEL, pipe[1], None, errno.ENOENT),
        (epoll, syscall.EPOLL_CTL_ADD, file, event, errno.EPERM),
        (epoll, syscall.EPOLL_CTL_ADD, epoll, event, errno.EINVAL),
        (epoll, syscall.EPOLL_CTL_ADD, pipe[1], None, errno.EFAULT),
        (epoll, 99, pipe[0], event, errno.EINVAL),
        (pipe[0], syscall.EPOLL_CTL_ADD, pipe[1], event, errno.EINVAL),
    ):
        with pytest.raises(OSError, match="epoll_ctl: ") as raised:
            syscall.epoll_ctl(epfd, op, fd, given)
        assert raised.value.errno == number


def test_an_event_that_is_none_is_a_type_error(epoll: int, pipe: Pair) -> None:
    for event in (1, b"x" * 12, syscall.Timeval(), Events()):
        with pytest.raises(TypeError, match=r"^event must be an EpollEvent, not "):
            syscall.epoll_ctl(epoll, syscall.EPOLL_CTL_ADD, pipe[0], event)  # type: ignore[arg-type]


def test_epoll_wait_refuses_what_is_no_array_of_events(epoll: int) -> None:
    wrong: tuple[object, ...] = (
        bytearray(48),
        syscall.EpollEvent(),
        [syscall.EpollEvent()],
        (ctypes.c_char * 48)(),
        (syscall.Timeval * 4)(),
        (ctypes.POINTER(syscall.EpollEvent) * 4)(),
        Events,
        None,
    )
    for events in wrong:
        with pytest.raises(TypeError, match=r"^events must be an array "):
            syscall.epoll_wait(epoll, events, 0)  # type: ignore[arg-type]


def test_epoll_wait_with_room_for_no_event_fails(epoll: int) -> None:
    with pytest.raises(OSError, match="epoll_wait: ") as raised:
        syscall.epoll_wait(epoll, (syscall.EpollEvent * 0)(), 0)
    assert raised.value.errno == errno.EINVAL


def test_epoll_wait_on_another_descriptor_fails(pipe: Pair) -> None:
    with pytest.raises(OSError, match="epoll_wait: ") as raised:
        syscall.epoll_wait(pipe[0], Events(), 0)
    assert raised.value.errno == errno.EINVAL


def test_epoll_wait_waits_no_less_than_it_was_told(epoll: int) -> None:
    start = time.monotonic()
    assert syscall.epoll_wait(epoll, Events(), 50) == 0
    assert time.monotonic() - start >= 0.05


# select


def test_select_keeps_just_the_ready_descriptors_in_the_sets(pipe: Pair, stream: Pair) -> None:
    os.write(pipe[1], b"x")
    fds = (*pipe, *stream)
    r, w, e = fdset(*fds), fdset(*fds), fdset(*fds)
    assert syscall.select(max(fds) + 1, r, w, e, syscall.Timeval()) == 4
    assert [r.is_set(fd) for fd in fds] == [True, False, False, False]
    assert [w.is_set(fd) for fd in fds] == [False, True, True, True]
    assert e == syscall.FdSet()


def test_select_looks_only_below_nfd(pipe: Pair) -> None:
    os.write(pipe[1], b"x")
    assert syscall.select(pipe[0], fdset(pipe[0]), None, None, syscall.Timeval()) == 0
    assert syscall.select(pipe[0] + 1, fdset(pipe[0]), None, None, syscall.Timeval()) == 1


def test_select_reports_the_last_descriptor_that_a_set_holds(keep: Keep, pipe: Pair) -> None:
    last = 1023
    keep(last)
    syscall.dup2(pipe[0], last)
    os.write(pipe[1], b"x")
    ready = fdset(last)
    assert syscall.select(1024, ready, None, None) == 1
    assert ready.is_set(last)


def test_select_returns_0_and_empty_sets_when_the_time_is_over(pipe: Pair) -> None:
    r = fdset(pipe[0])
    timeout = syscall.Timeval(0, 30_000)
    start = time.monotonic()
    assert syscall.select(pipe[0] + 1, r, None, None, timeout) == 0
    assert time.monotonic() - start >= 0.03
    assert not r.is_set(pipe[0])
    assert timeout.nano() == (0 if IS_GLIBC else 30_000_000)  # musl passes a copy


def test_select_leaves_the_time_that_remained(pipe: Pair) -> None:
    os.write(pipe[1], b"x")
    timeout = syscall.Timeval(1000, 0)
    assert syscall.select(pipe[0] + 1, fdset(pipe[0]), None, None, timeout) == 1
    assert 0 < timeout.nano() <= 1000 * 10**9
    assert (timeout.nano() < 1000 * 10**9) == IS_GLIBC


def test_select_without_sets_waits_for_the_time() -> None:
    assert syscall.select(0, None, None, None, syscall.Timeval(0, 1)) == 0


@pytest.mark.parametrize("nfd", [1025, 2**31, -1])
def test_select_refuses_descriptors_that_no_set_holds(nfd: int) -> None:
    with pytest.raises(OverflowError, match=r"^nfd must be in 0\.\.1024"):
        syscall.select(nfd, syscall.FdSet(), None, None, syscall.Timeval())


@pytest.mark.parametrize("fd", [1024, 2**31, -1])
def test_a_set_refuses_a_descriptor_that_it_cannot_hold(fd: int) -> None:
    fds = syscall.FdSet()
    for method in (fds.set, fds.clear, fds.is_set):
        with pytest.raises(OverflowError, match=r"^fd must be in 0\.\.1023"):
            method(fd)


def test_select_refuses_arguments_of_other_types(pipe: Pair) -> None:
    with pytest.raises(TypeError, match=r"^r must be an FdSet, not list"):
        syscall.select(1, [pipe[0]], None, None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^w must be an FdSet, not bytearray"):
        syscall.select(1, None, bytearray(128), None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^e must be an FdSet, not int"):
        syscall.select(1, None, None, 0)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^timeout must be a Timeval, not float"):
        syscall.select(1, None, None, None, 0.5)  # type: ignore[arg-type]


def test_select_fails_with_the_kernels_errno(pipe: Pair) -> None:
    syscall.close(pipe[0])
    with pytest.raises(OSError, match="select: ") as raised:
        syscall.select(pipe[0] + 1, fdset(pipe[0]), None, None)
    assert raised.value.errno == errno.EBADF
    with pytest.raises(OSError, match="select: ") as raised:
        syscall.select(0, None, None, None, syscall.Timeval(-1, 0))
    assert raised.value.errno == errno.EINVAL


# poll, ppoll

POLLS: dict[str, Callable[[ctypes.Array[syscall.PollFd]], int]] = {
    "poll": lambda fds: syscall.poll(fds, 0),
    "ppoll": lambda fds: syscall.ppoll(fds, syscall.Timespec()),
    "ppoll with a mask": lambda fds: syscall.ppoll(fds, syscall.Timespec(), (signal.SIGTERM,)),
}
every_poll = pytest.mark.parametrize("wait", POLLS.values(), ids=POLLS)


@every_poll
def test_poll_tells_what_each_descriptor_is_ready_for(
    wait: Callable[[ctypes.Array[syscall.PollFd]], int], pipe: Pair, stream: Pair
) -> None:
    closed = syscall.dup(pipe[0])
    syscall.close(closed)
    fds = (syscall.PollFd * 5)(
        syscall.PollFd(pipe[0], syscall.POLLIN),
        syscall.PollFd(pipe[1], syscall.POLLOUT),
        syscall.PollFd(-1, syscall.POLLIN),
        syscall.PollFd(closed, syscall.POLLIN),
        syscall.PollFd(stream[0], syscall.POLLIN | syscall.POLLOUT),
    )
    assert wait(fds) == 3
    assert [each.revents for each in fds] == [0, syscall.POLLOUT, 0, syscall.POLLNVAL, syscall.POLLOUT]
    os.write(pipe[1], b"x")
    os.write(stream[1], b"x")
    assert wait(fds) == 4
    assert (fds[0].revents, fds[4].revents) == (syscall.POLLIN, syscall.POLLIN | syscall.POLLOUT)
    os.read(pipe[0], 1)
    syscall.close(pipe[1])
    assert wait(fds) == 4
    assert (fds[0].revents, fds[1].revents) == (syscall.POLLHUP, syscall.POLLNVAL)


@every_poll
def test_poll_agrees_with_pythons_own(wait: Callable[[ctypes.Array[syscall.PollFd]], int], tcp: Pair) -> None:
    os.write(tcp[0], b"x")
    syscall.shutdown(tcp[0], syscall.SHUT_WR)
    asked = syscall.POLLIN | syscall.POLLPRI | syscall.POLLRDHUP
    theirs = select.poll()
    for fd in tcp:
        theirs.register(fd, asked)
    while len(expected := dict(theirs.poll(1000))) < 1 or not expected.get(tcp[1], 0) & syscall.POLLRDHUP:
        pass
    fds = (syscall.PollFd * 2)(*(syscall.PollFd(fd, asked) for fd in tcp))
    assert wait(fds) == len(expected)
    assert {each.fd: each.revents for each in fds if each.revents} == expected


@every_poll
def test_poll_knows_descriptors_that_select_cannot_hold(
    wait: Callable[[ctypes.Array[syscall.PollFd]], int], keep: Keep, pipe: Pair
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard <= 1024:
        pytest.skip(f"limit: at most {hard} descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 2000)), hard))
    try:
        high = keep(syscall.fcntl_int(pipe[0], syscall.F_DUPFD_CLOEXEC, 1024))
        os.write(pipe[1], b"x")
        fds = (syscall.PollFd * 1)(syscall.PollFd(high, syscall.POLLIN))
        assert wait(fds) == 1
        assert fds[0].revents == syscall.POLLIN
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_poll_returns_0_when_the_time_is_over(pipe: Pair) -> None:
    fds = (syscall.PollFd * 1)(syscall.PollFd(pipe[0], syscall.POLLIN))
    timeout = syscall.Timespec(0, 30_000_000)
    waits: list[Callable[[], int]] = [
        lambda: syscall.poll(fds, 30),
        lambda: syscall.ppoll(fds, timeout),
        lambda: syscall.ppoll(fds, timeout, (signal.SIGUSR1,)),
    ]
    for wait in waits:
        start = time.monotonic()
        assert wait() == 0
        assert time.monotonic() - start >= 0.03
    assert timeout == syscall.Timespec(0, 30_000_000)


def test_poll_of_no_descriptors_waits_for_the_time() -> None:
    assert syscall.poll((syscall.PollFd * 0)(), 1) == 0
    assert syscall.ppoll((syscall.PollFd * 0)(), syscall.Timespec(0, 1)) == 0


def test_ppoll_lets_in_a_signal_that_is_blocked_elsewhere(pipe: Pair) -> None:
    """What pselect was made for: no signal comes between the look at what its handler has done and the wait."""
    fds = (syscall.PollFd * 1)(syscall.PollFd(pipe[0], syscall.POLLIN))
    before = signal.signal(signal.SIGUSR1, lambda *_: os.write(pipe[1], b"x"))
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    try:
        signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)
        assert syscall.ppoll(fds, syscall.Timespec(), (signal.SIGUSR1,)) == 0
        assert syscall.ppoll(fds, syscall.Timespec()) == 0
        assert syscall.ppoll(fds, None, ()) == 1
        assert signal.SIGUSR1 in signal.pthread_sigmask(signal.SIG_BLOCK, [])
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        signal.signal(signal.SIGUSR1, before)


@pytest.mark.parametrize("number", [0, -1, 1025, 2**31, 2**64])
def test_ppoll_refuses_signals_that_no_set_holds(number: int) -> None:
    with pytest.raises(OverflowError, match=rf"^signal must be in 1\.\.1024, not {number}$"):
        syscall.ppoll((syscall.PollFd * 0)(), syscall.Timespec(), (number,))


@pytest.mark.parametrize(
    "timeout", [syscall.Timespec(-1), syscall.Timespec(0, -1), syscall.Timespec(0, 10**9)], ids=str
)
def test_ppoll_refuses_times_that_are_none(timeout: syscall.Timespec) -> None:
    with pytest.raises(OSError, match="ppoll: Invalid argument") as raised:
        syscall.ppoll((syscall.PollFd * 0)(), timeout)
    assert raised.value.errno == errno.EINVAL


def test_poll_refuses_arguments_of_other_types() -> None:
    fds: object
    for fds in ([], None, syscall.PollFd(), bytearray(8), (syscall.EpollEvent * 1)(), (ctypes.c_char * 8)()):
        with pytest.raises(TypeError, match=r"^fds must be an array \(PollFd \* n\)\(\), not "):
            syscall.poll(fds, 0)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match=r"^fds must be an array \(PollFd \* n\)\(\), not "):
            syscall.ppoll(fds, syscall.Timespec())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^timeout must be a Timespec, not float"):
        syscall.ppoll((syscall.PollFd * 0)(), 0.5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^signal must be an integer, not str"):
        syscall.ppoll((syscall.PollFd * 0)(), syscall.Timespec(), "SIGINT")  # type: ignore[arg-type]
