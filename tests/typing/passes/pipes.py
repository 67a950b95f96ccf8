"""Descriptors: pipes, copies without a buffer, files at an offset, and a descriptor that is lent."""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable
from mmap import mmap

import pysyscall as syscall


class Pipe:
    """A pipe whose end to write to is lent, as Go's Conn does it; being of that shape is enough."""

    def __init__(self) -> None:
        self.end, self.fd = syscall.pipe2(syscall.O_CLOEXEC)

    def syscall_conn(self) -> Pipe:
        return self

    def control(self, f: Callable[[int], None]) -> None:
        f(self.fd)

    def read(self, f: Callable[[int], bool]) -> None:
        while not f(self.end):
            pass

    def write(self, f: Callable[[int], bool]) -> None:
        while not f(self.fd):
            pass


def say(conn: syscall.Conn, text: bytes) -> None:
    def send(fd: int) -> bool:
        return syscall.write(fd, text) == len(text)

    conn.syscall_conn().write(send)


def main() -> None:
    first, second = Pipe(), Pipe()
    say(first, b"along the pipes")
    assert syscall.tee(first.end, second.fd, 100, 0) == 15
    numbers = array("B", bytes(15))
    assert syscall.read(second.end, numbers) == 15
    assert numbers.tobytes() == b"along the pipes"

    file = os.memfd_create("pages")
    os.ftruncate(file, 8192)
    assert syscall.pwrite(file, b"past the first page", 5000) == 19
    with mmap(file, 8192) as pages:
        assert pages[5000:5004] == b"past"
        assert syscall.pread(file, pages, 0) == 8192
    assert syscall.splice(first.end, None, second.fd, None, 5, 0) == 5
    copy = syscall.dup(file)
    syscall.dup3(first.end, copy, syscall.O_CLOEXEC)
    for fd in (copy, file, first.end, first.fd, second.end, second.fd):
        syscall.close(fd)


main()
