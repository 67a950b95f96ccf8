"""Memory mapped, advised, protected and locked."""

import ctypes
import gc
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from mmap import mmap
from pathlib import Path
from tempfile import TemporaryFile
from typing import Protocol

import pytest

import pysyscall as syscall

from ..conftest import Keep
from ..namespaces import run_in_child
from ..programs import ROOT

PAGE = syscall.getpagesize()
RW = syscall.PROT_READ | syscall.PROT_WRITE
ANONYMOUS = syscall.MAP_PRIVATE | syscall.MAP_ANON


class Mapped(Protocol):
    def __call__(self, length: int, prot: int = RW) -> memoryview: ...


def anonymous(length: int, prot: int = RW) -> memoryview:
    return syscall.mmap(-1, 0, length, prot, ANONYMOUS)


def populated(length: int, prot: int = RW) -> memoryview:
    return syscall.mmap(-1, 0, length, prot, ANONYMOUS | syscall.MAP_POPULATE)


def of_a_file(length: int, prot: int = RW) -> memoryview:
    with TemporaryFile() as file:
        file.truncate(length)
        return syscall.mmap(file.fileno(), 0, length, prot, syscall.MAP_SHARED)


# The memory's owner is another one in each.
each_owner = pytest.mark.parametrize("mapped", [anonymous, populated, of_a_file])


def is_mapped(address: int) -> bool:
    """Whether some mapping of this process has that address."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        start, end = (int(part, 16) for part in line.split()[0].split("-"))
        if start <= address < end:
            return True
    return False


def address_of(view: memoryview) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(view))


def test_a_file_is_read_and_written_through_memory(tmp_path: Path, keep: Keep) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(PAGE) + b"second page")
    fd = keep(os.open(path, os.O_RDWR))
    data = syscall.mmap(fd, PAGE, 11, RW, syscall.MAP_SHARED)
    assert (type(data), data.format, len(data), data.readonly) == (memoryview, "B", 11, False)
    assert bytes(data) == b"second page"
    data[:6] = b"SECOND"
    syscall.munmap(data)
    assert path.read_bytes()[PAGE:] == b"SECOND page"


def test_without_prot_write_the_view_is_read_only(tmp_path: Path, keep: Keep) -> None:
    (tmp_path / "file").write_bytes(b"text")
    fd = keep(os.open(tmp_path / "file", os.O_RDONLY))
    data = syscall.mmap(fd, 0, 4, syscall.PROT_READ, syscall.MAP_SHARED)
    assert data.readonly
    with pytest.raises(TypeError, match="read-only"):
        data[0] = 1
    with pytest.raises(PermissionError, match="mprotect"):
        syscall.mprotect(data, RW)
    syscall.munmap(data)


@each_owner
def test_memory_that_was_mapped_first_and_protected_later(mapped: Mapped) -> None:
    data = mapped(2 * PAGE, syscall.PROT_NONE)
    syscall.mprotect(data[:PAGE], RW)
    data[PAGE - 1] = 7
    assert data[PAGE - 1] == 7
    syscall.munmap(data)


@each_owner
def test_munmap_ends_the_mapping_at_once(mapped: Mapped) -> None:
    data = mapped(3 * PAGE)
    address = address_of(data)
    gc.collect()
    assert is_mapped(address)
    syscall.munmap(data)
    assert not is_mapped(address)
    with pytest.raises(ValueError, match="released"):
        data[0]
    with pytest.raises(ValueError, match="released"):
        syscall.munmap(data)


@each_owner
@pytest.mark.parametrize(
    "other",
    [
        lambda data: data[5:10],
        lambda data: data.cast("I"),
        lambda data: memoryview(data),
        lambda data: (ctypes.c_char * 9).from_buffer(data),
        lambda data: data.toreadonly(),
    ],
    ids=["slice", "cast", "memoryview", "from_buffer", "toreadonly"],
)
def test_another_view_keeps_the_memory(mapped: Mapped, other: Callable[[memoryview], object]) -> None:
    data = mapped(PAGE)
    start = ctypes.c_char.from_buffer(data)
    address = ctypes.addressof(start)
    del start
    data[5] = 77
    kept = other(data)
    syscall.munmap(data)
    assert is_mapped(address)
    assert 77 in bytes(memoryview(kept).cast("B"))  # type: ignore[arg-type]
    del kept
    gc.collect()
    assert not is_mapped(address)


@each_owner
def test_what_nobody_refers_to_is_unmapped(mapped: Mapped) -> None:
    before = len(Path("/proc/self/maps").read_text().splitlines())
    for _ in range(2000):
        mapped(PAGE)
    assert len(Path("/proc/self/maps").read_text().splitlines()) < before + 100


@each_owner
def test_only_whole_mappings_are_unmapped(mapped: Mapped) -> None:
    data = mapped(2 * PAGE)
    for part in (data[:PAGE], data[PAGE:], data[:0]):
        with pytest.raises(OSError, match="munmap: Invalid argument"):
            syscall.munmap(part)
    with pytest.raises(OSError, match="munmap: Invalid argument"):
        syscall.munmap(data[::-1])  # as long as the whole
    syscall.munmap(data[:])  # the whole, by another view
    assert data[0] == 0
    syscall.munmap(data)


def test_memory_that_lives_as_long_as_the_process_ends_with_it_in_silence() -> None:
    code = f"""
import gc, sys, pysyscall as syscall
fd = syscall.open(sys.executable, syscall.O_RDONLY)
keep = [syscall.mmap(-1, 0, 4096, {RW}, {ANONYMOUS}) for _ in range(10)]
keep += [syscall.mmap(fd, 0, 4096, {syscall.PROT_READ}, {syscall.MAP_PRIVATE}) for _ in range(10)]
keep.append(keep)
class Late:
    view = syscall.mmap(-1, 0, 4096, {RW}, {ANONYMOUS})
    def __del__(self): self.view[0] = 1
sys.modules["late"] = late = Late()
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("call", ["munmap", "madvise", "mprotect"])
def test_memory_that_mmap_did_not_give_is_refused(call: str) -> None:
    function = getattr(syscall, call)
    arguments = () if call == "munmap" else (0,)
    array = (ctypes.c_ubyte * PAGE)()
    for view in (memoryview(bytearray(PAGE)), memoryview(bytes(PAGE)), memoryview(array), memoryview(array).cast("B")):
        with pytest.raises(OSError, match=rf"{call}: Invalid argument"):
            function(view, *arguments)
    of_pythons = memoryview(mmap(-1, PAGE))
    with pytest.raises(OSError, match=rf"{call}: Invalid argument"):
        function(of_pythons, *arguments)
    over = (ctypes.c_ubyte * PAGE).from_buffer(data := anonymous(PAGE))  # the same, of another owner
    with pytest.raises(OSError, match=rf"{call}: Invalid argument"):
        function(memoryview(over).cast("B"), *arguments)
    assert data[0] == 0
    for other in (bytearray(PAGE), b"", None, array):
        with pytest.raises(TypeError, match="must be a memoryview that mmap returned"):
            function(other, *arguments)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((-1, 0, 0, RW, ANONYMOUS), OSError),
        ((-1, 0, -PAGE, RW, ANONYMOUS), OSError),
        ((-1, 1, PAGE, RW, ANONYMOUS), OSError),
        ((-1, 0, PAGE, RW, syscall.MAP_PRIVATE), OSError),
        ((-1, 0, PAGE, RW, ANONYMOUS | syscall.MAP_FIXED), OSError),
        ((-1, 0, PAGE, RW, ANONYMOUS | syscall.MAP_FIXED_NOREPLACE), OSError),
        # Of a 32-bit address space half may be free.
        *([((-1, 0, sys.maxsize, RW, ANONYMOUS), OSError)] if sys.maxsize > 2**32 else []),
        ((-1, 0, 2**70, RW, ANONYMOUS), OverflowError),
        ((-1, 2**63, PAGE, RW, ANONYMOUS), OverflowError),
        ((2**32, 0, PAGE, RW, syscall.MAP_SHARED), OverflowError),
        ((-1, 0, 1.5, RW, ANONYMOUS), TypeError),
    ],
)
def test_bad_input_is_refused(arguments: "tuple[int, int, int, int, int]", error: type[Exception]) -> None:
    with pytest.raises(error, match=r"^\[Errno \d+\] mmap: " if error is OSError else None):
        syscall.mmap(*arguments)


def test_anonymous_memory_that_several_processes_share() -> None:
    data = syscall.mmap(-1, 0, PAGE, RW, syscall.MAP_SHARED | syscall.MAP_ANON)
    if not (child := os.fork()):
        try:
            data[7] = 9
        finally:
            os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert data[7] == 9
    syscall.munmap(data)


def test_advice_is_followed() -> None:
    data = anonymous(2 * PAGE)
    data[0], data[PAGE] = 1, 2
    syscall.madvise(data[PAGE:], syscall.MADV_DONTNEED)
    assert (data[0], data[PAGE]) == (1, 0)
    for view, advice in ((data, 12345), (data[1:], syscall.MADV_DONTNEED)):
        with pytest.raises(OSError, match="madvise: Invalid argument"):
            syscall.madvise(view, advice)
    syscall.munmap(data)


def test_an_access_that_is_forbidden_ends_the_process_as_said() -> None:
    code = "import pysyscall as s; m = s.mmap(-1, 0, 4096, s.PROT_NONE, s.MAP_PRIVATE | s.MAP_ANON); m[0]"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == -11


def test_memory_is_kept_from_being_swapped_out() -> None:
    run_in_child(lock)


def lock() -> None:
    def locked() -> int:
        [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmLck:")]
        return int(line.split()[1]) * 1024

    before = locked()
    data = anonymous(2 * PAGE)
    syscall.mlock(data)
    assert locked() == before + 2 * PAGE
    syscall.munlock(data)
    assert locked() == before
    syscall.mlock(bytearray(10))
    syscall.mlock(b"bytes")
    syscall.munlockall()
    assert locked() == 0
    with pytest.raises(OSError, match="mlockall: Invalid argument"):
        syscall.mlockall(0)
    syscall.mlockall(syscall.MCL_FUTURE | syscall.MCL_ONFAULT)
    syscall.munlockall()
    resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0))
    if os.geteuid() != 0:
        with pytest.raises(PermissionError, match="mlock"):
            syscall.mlock(data)


def test_a_child_has_its_own_memory() -> None:
    data = anonymous(PAGE)
    data[0] = 1
    run_in_child(unmap, data)
    assert data[0] == 1
    syscall.munmap(data)


def unmap(data: memoryview) -> None:
    data[0] = 2
    syscall.munmap(data)
