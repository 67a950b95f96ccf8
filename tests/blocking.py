"""The calls that block: each in a state in which it does, and what lets it return.

As a program (`python3 -m tests.blocking NAME`) it makes one of them, says so on standard output, and blocks. It starts
often, and so does not load pytest.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pysyscall as syscall

if TYPE_CHECKING:
    from .conftest import Keep


class Blocking(NamedTuple):
    """A call that blocks until `finish` is called, and then returns `result`."""

    call: Callable[[], object]
    finish: Callable[[], object]
    result: object


def is_blocked(tid: int, pid: int | str = "self") -> bool:
    """Whether a thread waits inside a system call, other than for Python's own lock."""
    words = Path(f"/proc/{pid}/task/{tid}/syscall").read_text().split()
    return words[0] not in ("running", "-1", str(syscall.SYS_FUTEX))


def wait_until_blocked(tid: int | None, pid: int | str = "self") -> None:
    assert tid is not None
    deadline = time.monotonic() + 20
    while not is_blocked(tid, pid):
        assert time.monotonic() < deadline, "the call does not block"
        time.sleep(0.001)


def _fill(fd: int) -> None:
    """Write until there is no room for a single byte."""
    syscall.set_nonblock(fd, True)
    for size in (65536, 1024, 1):
        with suppress(BlockingIOError):
            while True:
                os.write(fd, bytes(size))
    syscall.set_nonblock(fd, False)


def _drain(fd: int) -> None:
    syscall.set_nonblock(fd, True)
    with suppress(BlockingIOError):
        while True:
            os.read(fd, 1 << 20)


def _pair(keep: Keep, typ: int) -> tuple[int, int]:
    a, b = map(keep, syscall.socketpair(syscall.AF_UNIX, typ | syscall.SOCK_CLOEXEC))
    return a, b


def _pipe(keep: Keep) -> tuple[int, int]:
    r, w = map(keep, syscall.pipe2(syscall.O_CLOEXEC))
    return r, w


def _full(keep: Keep, typ: int) -> tuple[int, int]:
    """Two connected sockets: the first has no room left to send."""
    a, b = _pair(keep, typ)
    _fill(a)
    return a, b


def _listener(keep: Keep) -> tuple[int, syscall.Sockaddr]:
    fd = keep(syscall.socket(syscall.AF_UNIX, syscall.SOCK_STREAM | syscall.SOCK_CLOEXEC))
    syscall.bind(fd, syscall.SockaddrUnix(""))
    syscall.listen(fd, 1)
    return fd, syscall.getsockname(fd)


def _read(keep: Keep) -> Blocking:
    r, w = _pipe(keep)
    return Blocking(lambda: syscall.read(r, bytearray(10)), lambda: os.write(w, b"abc"), 3)


def _read_into_an_array(keep: Keep) -> Blocking:
    r, w = _pipe(keep)
    return Blocking(lambda: syscall.read(r, (syscall.EpollEvent * 1)()), lambda: os.write(w, b"abc"), 3)


def _write(keep: Keep) -> Blocking:
    r, w = _pipe(keep)
    _fill(w)
    return Blocking(lambda: syscall.write(w, b"x"), lambda: _drain(r), 1)


def _write_from_a_bytearray(keep: Keep) -> Blocking:
    r, w = _pipe(keep)
    _fill(w)
    return Blocking(lambda: syscall.write(w, bytearray(1)), lambda: _drain(r), 1)


def _recvfrom(keep: Keep) -> Blocking:
    a, b = _pair(keep, syscall.SOCK_DGRAM)
    return Blocking(lambda: syscall.recvfrom(a, bytearray(10)), lambda: os.write(b, b"abc"), (3, None))


def _recvfrom_into_an_array(keep: Keep) -> Blocking:
    a, b = _pair(keep, syscall.SOCK_DGRAM)
    return Blocking(lambda: syscall.recvfrom(a, (syscall.EpollEvent * 1)()), lambda: os.write(b, b"abc"), (3, None))


def _recvfrom_with_an_address(keep: Keep) -> Blocking:
    fd = keep(syscall.socket(syscall.AF_INET, syscall.SOCK_DGRAM | syscall.SOCK_CLOEXEC))
    syscall.bind(fd, syscall.SockaddrInet4(0, bytes((127, 0, 0, 1))))
    own = syscall.getsockname(fd)
    return Blocking(lambda: syscall.recvfrom(fd, bytearray(10)), lambda: syscall.sendto(fd, b"abc", 0, own), (3, own))


def _sendto(keep: Keep) -> Blocking:
    a, b = _full(keep, syscall.SOCK_STREAM)
    return Blocking(lambda: syscall.sendto(a, b"x", 0, None), lambda: _drain(b), 1)


def _sendto_of_a_bytearray(keep: Keep) -> Blocking:
    a, b = _full(keep, syscall.SOCK_STREAM)
    return Blocking(lambda: syscall.sendto(a, bytearray(1), 0, None), lambda: _drain(b), 1)


def _recvmsg(keep: Keep) -> Blocking:
    fd = keep(syscall.socket(syscall.AF_INET, syscall.SOCK_DGRAM | syscall.SOCK_CLOEXEC))
    syscall.bind(fd, syscall.SockaddrInet4(0, bytes((127, 0, 0, 1))))
    own = syscall.getsockname(fd)
    return Blocking(
        lambda: syscall.recvmsg(fd, bytearray(10), bytearray(100)),
        lambda: syscall.sendto(fd, b"abc", 0, own),
        (3, 0, 0, own),
    )


def _sendmsg(keep: Keep) -> Blocking:
    a, b = _full(keep, syscall.SOCK_STREAM)
    return Blocking(lambda: syscall.sendmsg(a, [b"x"], None, None), lambda: _drain(b), 1)


def _accept(keep: Keep) -> Blocking:
    fd, address = _listener(keep)
    client = keep(syscall.socket(syscall.AF_UNIX, syscall.SOCK_STREAM | syscall.SOCK_CLOEXEC))

    def accepted() -> syscall.Sockaddr:
        connection, peer = syscall.accept(fd)
        keep(connection)
        return peer

    return Blocking(accepted, lambda: syscall.connect(client, address), syscall.SockaddrUnix(""))


def _accept4(keep: Keep) -> Blocking:
    fd, address = _listener(keep)
    client = keep(syscall.socket(syscall.AF_UNIX, syscall.SOCK_STREAM | syscall.SOCK_CLOEXEC))

    def accepted() -> syscall.Sockaddr:
        connection, peer = syscall.accept4(fd, syscall.SOCK_CLOEXEC)
        keep(connection)
        return peer

    return Blocking(accepted, lambda: syscall.connect(client, address), syscall.SockaddrUnix(""))


def _epoll_wait(keep: Keep) -> Blocking:
    r, w = _pipe(keep)
    epoll = keep(syscall.epoll_create1(syscall.EPOLL_CLOEXEC))
    syscall.epoll_ctl(epoll, syscall.EPOLL_CTL_ADD, r, syscall.EpollEvent(events=syscall.EPOLLIN))
    events = (syscall.EpollEvent * 2)()
    return Blocking(lambda: syscall.epoll_wait(epoll, events, -1), lambda: os.write(w, b"x"), 1)


def _epoll_wait_with_a_timeout(keep: Keep) -> Blocking:
    r, w = _pipe(keep)
    epoll = keep(syscall.epoll_create1(syscall.EPOLL_CLOEXEC))
    syscall.epoll_ctl(epoll, syscall.EPOLL_CTL_ADD, r, syscall.EpollEvent(events=syscall.EPOLLIN))
    events = (syscall.EpollEvent * 2)()
    return Blocking(lambda: syscall.epoll_wait(epoll, events, 1_000_000), lambda: os.write(w, b"x"), 1)


def _select(keep: Keep) -> Blocking:
    r, w = _pipe(keep)
    fds = syscall.FdSet()
    fds.set(r)
    return Blocking(
        lambda: (syscall.select(r + 1, fds, None, None), fds.is_set(r)), lambda: os.write(w, b"x"), (1, True)
    )


def _select_with_a_timeout(keep: Keep) -> Blocking:
    r, w = _pipe(keep)
    fds, timeout = syscall.FdSet(), syscall.Timeval(1000)
    fds.set(r)
    return Blocking(
        lambda: (syscall.select(r + 1, fds, None, None, timeout), fds.is_set(r)), lambda: os.write(w, b"x"), (1, True)
    )


def _poll(keep: Keep) -> Blocking:
    r, w = _pipe(keep)
    fds = (syscall.PollFd * 1)(syscall.PollFd(r, syscall.POLLIN))
    return Blocking(lambda: (syscall.poll(fds, -1), fds[0].revents), lambda: os.write(w, b"x"), (1, syscall.POLLIN))


def _poll_with_a_timeout(keep: Keep) -> Blocking:
    r, w = _pipe(keep)
    fds = (syscall.PollFd * 1)(syscall.PollFd(r, syscall.POLLIN))
    return Blocking(lambda: syscall.poll(fds, 1_000_000), lambda: os.write(w, b"x"), 1)


def _ppoll(keep: Keep) -> Blocking:
    r, w = _pipe(keep)
    fds = (syscall.PollFd * 1)(syscall.PollFd(r, syscall.POLLIN))
    return Blocking(lambda: syscall.ppoll(fds, None), lambda: os.write(w, b"x"), 1)


def _ppoll_with_a_timeout(keep: Keep) -> Blocking:
    r, w = _pipe(keep)
    fds = (syscall.PollFd * 1)(syscall.PollFd(r, syscall.POLLIN))
    return Blocking(lambda: syscall.ppoll(fds, syscall.Timespec(1000), ()), lambda: os.write(w, b"x"), 1)


def _sendfile(keep: Keep) -> Blocking:
    a, b = _full(keep, syscall.SOCK_STREAM)
    with tempfile.TemporaryFile() as file:
        file.write(b"abc")
        file.flush()
        infd = keep(os.dup(file.fileno()))
    return Blocking(lambda: syscall.sendfile(a, infd, 1, 2), lambda: _drain(b), 2)


def _splice(keep: Keep) -> Blocking:
    r, w = _pipe(keep)
    a, _ = _pair(keep, syscall.SOCK_STREAM)
    return Blocking(lambda: syscall.splice(r, None, a, None, 10), lambda: os.write(w, b"abc"), 3)


def _tee(keep: Keep) -> Blocking:
    r, w = _pipe(keep)
    _, other = _pipe(keep)
    return Blocking(lambda: syscall.tee(r, other, 10), lambda: os.write(w, b"abc"), 3)


def connect_to_a_full_listener(keep: Keep) -> Blocking:
    """The one that is not retried after a signal."""
    fd, address = _listener(keep)
    with suppress(BlockingIOError):
        while True:
            waiting = keep(syscall.sys_socket(syscall.AF_UNIX, syscall.SOCK_STREAM))
            syscall.connect(waiting, address)
    client = keep(syscall.socket(syscall.AF_UNIX, syscall.SOCK_STREAM | syscall.SOCK_CLOEXEC))
    return Blocking(lambda: syscall.connect(client, address), lambda: keep(syscall.accept(fd)[0]), None)


RETRIED: dict[str, Callable[[Keep], Blocking]] = {
    "read": _read,
    "read-array": _read_into_an_array,
    "write": _write,
    "write-bytearray": _write_from_a_bytearray,
    "recvfrom": _recvfrom,
    "recvfrom-array": _recvfrom_into_an_array,
    "recvfrom-address": _recvfrom_with_an_address,
    "sendto": _sendto,
    "sendto-bytearray": _sendto_of_a_bytearray,
    "recvmsg": _recvmsg,
    "sendmsg": _sendmsg,
    "accept": _accept,
    "accept4": _accept4,
    "epoll_wait": _epoll_wait,
    "epoll_wait-timeout": _epoll_wait_with_a_timeout,
    "select": _select,
    "select-timeout": _select_with_a_timeout,
    "poll": _poll,
    "poll-timeout": _poll_with_a_timeout,
    "ppoll": _ppoll,
    "ppoll-timeout": _ppoll_with_a_timeout,
    "sendfile": _sendfile,
    "splice": _splice,
    "tee": _tee,
}
ALL = {**RETRIED, "connect": connect_to_a_full_listener}


if __name__ == "__main__":
    blocking = ALL[sys.argv[1]](lambda fd: fd)
    print("ready", flush=True)
    blocking.call()
