"""Eight threads at once, on sockets of their own and on one that they share."""

import errno
import os
import struct
import threading
import time
from collections.abc import Callable

import pytest

import pysyscall as syscall

from . import limits
from .conftest import LOOPBACK, Keep
from .limits import needs
from .namespaces import in_namespace

THREADS = 8
ROUNDS = 2000


def together(function: Callable[[int], None]) -> None:
    """Call function(0..THREADS-1), each in a thread of its own, all started at once; raise what one of them raised."""
    barrier = threading.Barrier(THREADS)
    failures: list[BaseException] = []

    def run(i: int) -> None:
        try:
            barrier.wait()
            function(i)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


@pytest.mark.parametrize("receive", ["recvfrom", "recvfrom into a bytearray", "recvmsg"])
def test_eight_threads_with_sockets_of_their_own_hear_nobody_elses_address(keep: Keep, receive: str) -> None:
    sockets = [keep(syscall.socket(syscall.AF_INET, syscall.SOCK_DGRAM)) for _ in range(THREADS)]
    for fd in sockets:
        syscall.bind(fd, syscall.SockaddrInet4(0, LOOPBACK))
    names = [syscall.getsockname(fd) for fd in sockets]

    def echo(i: int) -> None:
        p = bytearray(16)
        array = (syscall.Timeval * 1)()
        for n in range(ROUNDS):
            payload = struct.pack("=II", i, n)
            assert syscall.sendto(sockets[i], payload, 0, names[i]) == 8
            if receive == "recvmsg":
                length, _, _, sender = syscall.recvmsg(sockets[i], p, None)
            elif receive == "recvfrom":
                length, sender = syscall.recvfrom(sockets[i], array)
                p[:8] = bytes(array)[:8]
            else:
                length, sender = syscall.recvfrom(sockets[i], p)
            assert (length, sender) == (8, names[i])
            assert p[:8] == payload

    together(echo)


def test_eight_threads_that_wait_on_one_socket_each_get_their_messages_own_address(keep: Keep) -> None:
    """Waiting threads are inside recvfrom together, so that none may use another's room for the address."""
    shared = keep(syscall.socket(syscall.AF_UNIX, syscall.SOCK_DGRAM))
    syscall.bind(shared, syscall.SockaddrUnix(""))
    address = syscall.getsockname(shared)
    senders = [keep(syscall.socket(syscall.AF_UNIX, syscall.SOCK_DGRAM)) for _ in range(THREADS)]
    names = []
    for i, fd in enumerate(senders):
        # Names of different lengths: a length of one with the bytes of another would show.
        syscall.bind(fd, syscall.SockaddrUnix(f"\0{os.getpid()}-{'x' * i}"))
        names.append(syscall.getsockname(fd))
    received = [0] * THREADS

    def receive(i: int) -> None:
        p = bytearray(8)
        while True:
            n, sender = syscall.recvfrom(shared, p)
            number, count = struct.unpack("=Ii", p)
            assert n == 8
            assert sender == names[number]
            if count == -1:
                return
            received[i] += 1

    def send(i: int) -> None:
        for n in range(ROUNDS // 2):
            syscall.sendto(senders[i], struct.pack("=Ii", i, n), 0, address)

    failures: list[BaseException] = []

    def receiver(i: int) -> None:
        try:
            receive(i)
        except BaseException as failure:
            failures.append(failure)

    receivers = [threading.Thread(target=receiver, args=(i,)) for i in range(THREADS)]
    for thread in receivers:
        thread.start()
    together(send)
    for i in range(THREADS):
        syscall.sendto(senders[i], struct.pack("=Ii", i, -1), 0, address)  # one farewell for each receiver
    for thread in receivers:
        thread.join()
    assert not failures
    assert sum(received) == THREADS * (ROUNDS // 2)


def test_eight_threads_each_see_their_own_errno(keep: Keep, pipe: tuple[int, int]) -> None:
    unbound = keep(syscall.socket(syscall.AF_INET, syscall.SOCK_STREAM))
    empty = keep(syscall.sys_socket(syscall.AF_INET, syscall.SOCK_DGRAM))
    calls: list[tuple[Callable[[], object], int]] = [
        (lambda: syscall.close(-1), errno.EBADF),
        (lambda: syscall.getpeername(unbound), errno.ENOTCONN),
        (lambda: syscall.getsockname(pipe[0]), errno.ENOTSOCK),
        (lambda: syscall.recvfrom(empty, bytearray(1)), errno.EAGAIN),
        (lambda: syscall.socket(-1, 0), errno.EAFNOSUPPORT),
        (lambda: syscall.pread(pipe[0], bytearray(1), 0), errno.ESPIPE),
        (lambda: syscall.epoll_create1(1), errno.EINVAL),
        (lambda: syscall.connect(unbound, syscall.SockaddrUnix("/")), errno.EINVAL),
    ]

    def fail(i: int) -> None:
        call, number = calls[i]
        for _ in range(ROUNDS):
            with pytest.raises(OSError) as raised:
                call()
            assert raised.value.errno == number

    together(fail)


def test_eight_threads_accept_each_connection_once(keep: Keep) -> None:
    listener = keep(syscall.socket(syscall.AF_INET, syscall.SOCK_STREAM))
    syscall.bind(listener, syscall.SockaddrInet4(0, LOOPBACK))
    syscall.listen(listener)
    address = syscall.getsockname(listener)
    connections = 25
    accepted: list[tuple[int, syscall.Sockaddr]] = []
    connected: list[syscall.Sockaddr] = []

    def accept() -> None:
        for _ in range(connections):
            fd, peer = syscall.accept4(listener, syscall.SOCK_CLOEXEC)
            keep(fd)
            accepted.append((fd, peer))

    def connect(i: int) -> None:
        for _ in range(connections):
            fd = keep(syscall.socket(syscall.AF_INET, syscall.SOCK_STREAM))
            syscall.connect(fd, address)
            connected.append(syscall.getsockname(fd))

    acceptors = [threading.Thread(target=accept) for _ in range(THREADS)]
    for thread in acceptors:
        thread.start()
    together(connect)
    for thread in acceptors:
        thread.join()
    assert len({fd for fd, _ in accepted}) == len(accepted) == THREADS * connections
    assert {peer for _, peer in accepted} == set(connected)
    assert all(syscall.getpeername(fd) == peer for fd, peer in accepted)


def test_eight_threads_read_the_interfaces(keep: Keep) -> None:
    expected = [(each.index, each.name) for each in syscall.interfaces()]

    def read(i: int) -> None:
        for _ in range(50):
            assert [(each.index, each.name) for each in syscall.interfaces()] == expected

    together(read)


def test_a_fork_between_threads_leaves_the_child_able_to_receive(keep: Keep) -> None:
    """The child starts with whatever room for addresses the parent had taken."""
    a, b = map(keep, syscall.socketpair(syscall.AF_UNIX, syscall.SOCK_DGRAM))
    pid = os.fork()
    if pid == 0:
        try:
            syscall.write(a, b"x")
            os._exit(0 if syscall.recvfrom(b, bytearray(1)) == (1, None) else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


class Hammer:
    """What one thread does again and again: each round sends through one kind of call, and looks at what comes."""

    def __init__(self, i: int, keep: Keep, shared: tuple[int, syscall.Sockaddr]) -> None:
        self.i = i
        self.own = keep(syscall.socket(syscall.AF_INET, syscall.SOCK_DGRAM))
        syscall.bind(self.own, syscall.SockaddrInet4(0, LOOPBACK))
        self.name = syscall.getsockname(self.own)
        self.shared, self.shared_name = shared
        self.batch = syscall.MessageBatch(4, 64)
        self.got = syscall.MessageBatch(4, 64)
        self.epoll = keep(syscall.epoll_create1(syscall.EPOLL_CLOEXEC))
        syscall.epoll_ctl(
            self.epoll, syscall.EPOLL_CTL_ADD, self.own, syscall.EpollEvent(events=syscall.EPOLLIN, fd=self.own)
        )
        self.events = (syscall.EpollEvent * 4)()

    def round(self, n: int) -> None:
        payload = struct.pack("=II", self.i, n)
        for j in range(4):
            self.batch.put(j, payload + bytes([j]), self.name)
        assert self.batch.send(self.own, 4) == 4
        assert syscall.epoll_wait(self.epoll, self.events, 5000) == 1
        assert self.events[0].fd == self.own
        assert self.got.recv(self.own) == 4
        for j in range(4):
            assert (bytes(self.got.payload(j)), self.got.address(j)) == (payload + bytes([j]), self.name)
        p = bytearray(64)
        assert syscall.sendmsg(self.own, [payload, b"!"], None, self.name) == 9
        assert syscall.recvmsg(self.own, p, None) == (9, 0, 0, self.name)
        assert p[:9] == payload + b"!"
        # By way of the socket that all send to and receive from: whose it is, the address and the payload both say.
        assert syscall.sendto(self.own, payload, 0, self.shared_name) == 8
        length, sender = syscall.recvfrom(self.shared, p)
        assert (length, sender) == (8, NAMES[struct.unpack_from("=I", p)[0]])
        with pytest.raises(FileNotFoundError):
            syscall.open(f"/nowhere/{self.i}", syscall.O_RDONLY)
        assert syscall.getsockname(self.own) == self.name
        assert syscall.SockaddrInet4(n, bytes([10, self.i, n >> 8, n & 255])).port == n


NAMES: dict[int, syscall.Sockaddr] = {}


def test_eight_threads_that_use_all_at_once_get_what_is_theirs(keep: Keep) -> None:
    shared = keep(syscall.socket(syscall.AF_INET, syscall.SOCK_DGRAM))
    syscall.bind(shared, syscall.SockaddrInet4(0, LOOPBACK))
    address = syscall.getsockname(shared)
    hammers = [Hammer(i, keep, (shared, address)) for i in range(THREADS)]
    NAMES.update({hammer.i: hammer.name for hammer in hammers})

    def strike(i: int) -> None:
        for n in range(300):
            hammers[i].round(n)

    together(strike)


@needs(limits.PACKET_RING)
@in_namespace
def test_eight_threads_each_with_a_ring_see_every_frame() -> None:
    loopback = syscall.interface_by_name("lo").index
    rings = [syscall.PacketRing(loopback, blocks=8, retire=10) for _ in range(THREADS)]
    out = syscall.socket(syscall.AF_INET, syscall.SOCK_DGRAM)
    marks = [b"frame %03d of those that all see" % n for n in range(100)]
    try:
        barrier = threading.Barrier(THREADS + 1)
        seen: list[set[bytes]] = [set() for _ in range(THREADS)]

        def receive(i: int) -> None:
            barrier.wait()
            deadline = time.monotonic() + 20
            while len(seen[i]) < len(marks) and time.monotonic() < deadline:
                with rings[i].frames(100) as frames:
                    for frame in frames:
                        data = bytes(frame.data)
                        seen[i].update(mark for mark in marks if mark in data)

        threads = [threading.Thread(target=receive, args=(i,)) for i in range(THREADS)]
        for thread in threads:
            thread.start()
        barrier.wait()
        for mark in marks:
            syscall.sendto(out, mark, 0, syscall.SockaddrInet4(9, LOOPBACK))
        for thread in threads:
            thread.join()
        assert [len(each) for each in seen] == [len(marks)] * THREADS
    finally:
        syscall.close(out)
        for ring in rings:
            ring.close()
