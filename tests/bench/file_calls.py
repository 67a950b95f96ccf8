"""Single calls of files, pipes, memory and the process: see single_calls."""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from ctypes import byref, c_char, c_int, c_int64, c_size_t, c_void_p
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory, TemporaryFile

import pysyscall as syscall

from .single_calls import BARE, CPYTHON, LIBC, OURS, PAYLOAD, SIZE, WITH_ARRAY, WITH_BYTEARRAY, Array, Loops, work

WITH_NAMES = "pysyscall: and their names"


@work("write and read, a pipe", "pairs", {WITH_ARRAY: 1.55})
def _pipe() -> Iterator[Loops]:
    r, w = os.pipe()
    buffer, array = bytearray(SIZE), Array()

    def cpython(n: int) -> None:
        write, readv, buffers = os.write, os.readv, [buffer]
        for _ in range(n):
            write(w, PAYLOAD)
            readv(r, buffers)

    def with_array(n: int) -> None:
        write, read = syscall.write, syscall.read
        for _ in range(n):
            write(w, PAYLOAD)
            read(r, array)

    def with_bytearray(n: int) -> None:
        write, read = syscall.write, syscall.read
        for _ in range(n):
            write(w, PAYLOAD)
            read(r, buffer)

    def bare(n: int) -> None:
        write, read = LIBC.write, LIBC.read
        for _ in range(n):
            write(w, PAYLOAD, SIZE)
            read(r, array, SIZE)

    yield Loops({CPYTHON: cpython, WITH_ARRAY: with_array, WITH_BYTEARRAY: with_bytearray, BARE: bare})
    os.close(r)
    os.close(w)


@work("pipe2 and two closes", "pipes", {OURS: 1.5})
def _pipes() -> Iterator[Loops]:
    flags, pair = os.O_CLOEXEC, (c_int * 2)()

    def cpython(n: int) -> None:
        pipe2, close = os.pipe2, os.close
        for _ in range(n):
            r, w = pipe2(flags)
            close(r)
            close(w)

    def ours(n: int) -> None:
        pipe2, close = syscall.pipe2, syscall.close
        for _ in range(n):
            r, w = pipe2(flags)
            close(r)
            close(w)

    def bare(n: int) -> None:
        pipe2, close = LIBC.pipe2, LIBC.close
        for _ in range(n):
            pipe2(pair, flags)
            r, w = pair
            close(r)
            close(w)

    yield Loops({CPYTHON: cpython, OURS: ours, BARE: bare})


@work("pread, a file in memory", "calls", {WITH_ARRAY: 1.6})
def _pread() -> Iterator[Loops]:
    with TemporaryFile() as file:
        file.write(bytes(4096))
        file.flush()
        fd, buffer, array, place = file.fileno(), bytearray(SIZE), Array(), c_int64(128)

        def cpython(n: int) -> None:
            preadv, buffers = os.preadv, [buffer]
            for _ in range(n):
                preadv(fd, buffers, 128)

        def ours(n: int) -> None:
            pread = syscall.pread
            for _ in range(n):
                pread(fd, array, 128)

        def bare(n: int) -> None:
            pread = LIBC.pread64 if hasattr(LIBC, "pread64") else LIBC.pread
            for _ in range(n):
                pread(fd, array, SIZE, place)

        yield Loops({CPYTHON: cpython, WITH_ARRAY: ours, BARE: bare})


@work("open and close, a file", "pairs", {OURS: 1.25}, BARE)
def _open() -> Iterator[Loops]:
    with NamedTemporaryFile() as file:
        path, flags, raw = file.name, os.O_RDONLY | os.O_CLOEXEC, os.fsencode(file.name)

        def cpython(n: int) -> None:
            open, close = os.open, os.close
            for _ in range(n):
                close(open(path, flags))

        def ours(n: int) -> None:
            open, close = syscall.open, syscall.close
            for _ in range(n):
                close(open(path, flags))

        def bare(n: int) -> None:
            open, close = LIBC.open, LIBC.close
            for _ in range(n):
                close(open(raw, flags))

        yield Loops({CPYTHON: cpython, OURS: ours, BARE: bare})


@work("stat, a file", "calls", {OURS: 1.25}, BARE)
def _stat() -> Iterator[Loops]:
    """Bare ctypes fills a structure that is made already."""
    with NamedTemporaryFile() as file:
        path, raw, st = file.name, os.fsencode(file.name), syscall.Stat_t()
        number = syscall.SYS_FSTATAT64 if hasattr(syscall, "SYS_FSTATAT64") else syscall.SYS_NEWFSTATAT

        def cpython(n: int) -> None:
            stat = os.stat
            for _ in range(n):
                stat(path)

        def ours(n: int) -> None:
            stat = syscall.stat
            for _ in range(n):
                stat(path)

        def bare(n: int) -> None:
            call, at, pointer = LIBC.syscall, syscall.AT_FDCWD, byref(st)
            for _ in range(n):
                call(number, at, raw, pointer, 0)

        yield Loops({CPYTHON: cpython, OURS: ours, BARE: bare})


@work("lseek, a file", "calls", {OURS: 1.25}, BARE)
def _seek() -> Iterator[Loops]:
    with TemporaryFile() as file:
        fd, place = file.fileno(), c_int64(128)

        def cpython(n: int) -> None:
            lseek = os.lseek
            for _ in range(n):
                lseek(fd, 128, 0)

        def ours(n: int) -> None:
            seek = syscall.seek
            for _ in range(n):
                seek(fd, 128, 0)

        def bare(n: int) -> None:
            lseek = LIBC.lseek64 if hasattr(LIBC, "lseek64") else LIBC.lseek
            lseek.restype = c_int64  # or places beyond 2 GiB are cut
            for _ in range(n):
                lseek(fd, place, 0)

        yield Loops({CPYTHON: cpython, OURS: ours, BARE: bare})


@work("getdents, a thousand names", "directories", {OURS: 1.25}, BARE)
def _names() -> Iterator[Loops]:
    """CPython makes the names; so does the last of ours, and the other two only have the records."""
    with TemporaryDirectory() as folder:
        for i in range(1000):
            Path(folder, f"a file of number {i}").touch()
        fd, buffer, size = os.open(folder, os.O_RDONLY | os.O_CLOEXEC), (c_char * 32768)(), 32768

        def cpython(n: int) -> None:
            listdir = os.listdir
            for _ in range(n):
                listdir(fd)

        def ours(n: int) -> None:
            seek, getdents = syscall.seek, syscall.getdents
            for _ in range(n):
                seek(fd, 0, 0)
                while getdents(fd, buffer):
                    pass

        def with_names(n: int) -> None:
            seek, getdents, parse_dirent, view = (
                syscall.seek,
                syscall.getdents,
                syscall.parse_dirent,
                memoryview(buffer),
            )
            for _ in range(n):
                seek(fd, 0, 0)
                names: list[str] = []
                while filled := getdents(fd, buffer):
                    _, _, names = parse_dirent(view[:filled], -1, names)

        def bare(n: int) -> None:
            lseek, call, number = LIBC.lseek, LIBC.syscall, syscall.SYS_GETDENTS64
            for _ in range(n):
                lseek(fd, 0, 0)
                while call(number, fd, buffer, size):
                    pass

        yield Loops({CPYTHON: cpython, OURS: ours, WITH_NAMES: with_names, BARE: bare})
        os.close(fd)


@work("mmap and munmap, a page", "mappings", {OURS: 1.25}, BARE)
def _mappings() -> Iterator[Loops]:
    prot, flags, size = syscall.PROT_READ | syscall.PROT_WRITE, syscall.MAP_PRIVATE | syscall.MAP_ANON, 4096
    place = c_int64(0)

    def cpython(n: int) -> None:
        make = mmap.mmap
        for _ in range(n):
            make(-1, size, flags, prot).close()

    def ours(n: int) -> None:
        make, munmap = syscall.mmap, syscall.munmap
        for _ in range(n):
            munmap(make(-1, 0, size, prot, flags))

    def bare(n: int) -> None:
        make, munmap = LIBC.mmap64 if hasattr(LIBC, "mmap64") else LIBC.mmap, LIBC.munmap
        make.restype, munmap.argtypes = c_void_p, [c_void_p, c_size_t]
        for _ in range(n):
            munmap(make(None, size, prot, flags, -1, place), size)

    yield Loops({CPYTHON: cpython, OURS: ours, BARE: bare})


@work("getpid", "calls", {OURS: 1.25}, BARE)
def _getpid() -> Iterator[Loops]:
    def cpython(n: int) -> None:
        getpid = os.getpid
        for _ in range(n):
            getpid()

    def ours(n: int) -> None:
        getpid = syscall.getpid
        for _ in range(n):
            getpid()

    def bare(n: int) -> None:
        getpid = LIBC.getpid
        for _ in range(n):
            getpid()

    yield Loops({CPYTHON: cpython, OURS: ours, BARE: bare})


ROWS = (_pipe, _pipes, _pread, _open, _stat, _seek, _names, _mappings, _getpid)
