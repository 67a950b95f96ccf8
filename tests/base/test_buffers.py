"""What the calls take as a buffer, and that they leave it as they found it: free to be resized."""

import array
import ctypes
import mmap
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

import pysyscall as syscall

from ..blocking import wait_until_blocked
from ..conftest import Keep
from ..texts import failed

Pair = tuple[int, int]
GIB = 1 << 30
MAX_RW_COUNT = 0x7FFF_F000


class Ints(ctypes.Structure):
    _fields_ = (("a", ctypes.c_uint32), ("b", ctypes.c_uint16), ("c", ctypes.c_uint16))


class Both(ctypes.Union):
    _fields_ = (("whole", ctypes.c_uint64), ("bytes", ctypes.c_uint8 * 8))


class BytesSubclass(bytes):
    pass


class BytearraySubclass(bytearray):
    pass


def file_backed() -> mmap.mmap:
    return mmap.mmap(-1, 8)


# Each makes a buffer of 8 zero bytes.
WRITABLE: dict[str, Callable[[], object]] = {
    "bytearray": lambda: bytearray(8),
    "bytearray subclass": lambda: BytearraySubclass(8),
    "memoryview": lambda: memoryview(bytearray(8)),
    "memoryview slice": lambda: memoryview(bytearray(24))[8:16],
    "memoryview cast": lambda: memoryview(bytearray(8)).cast("I"),
    "memoryview of two dimensions": lambda: memoryview(bytearray(8)).cast("B", (2, 4)),
    "array of bytes": lambda: array.array("B", bytes(8)),
    "array of ints": lambda: array.array("i", (0, 0)),
    "array of doubles": lambda: array.array("d", (0.0,)),
    "mmap": file_backed,
    "ctypes array of char": lambda: (ctypes.c_char * 8)(),
    "ctypes array of uint16": lambda: (ctypes.c_uint16 * 4)(),
    "ctypes array of arrays": lambda: (ctypes.c_uint8 * 4 * 2)(),
    "ctypes array of structures": lambda: (Ints * 1)(),
    "ctypes array over a bytearray": lambda: (ctypes.c_char * 8).from_buffer(bytearray(8)),
    "ctypes structure": lambda: Ints(),
    "ctypes union": lambda: Both(),
    "ctypes integer": lambda: ctypes.c_uint64(),
    "structure of ours": lambda: syscall.Linger(),
}
READ_ONLY: dict[str, Callable[[], object]] = {
    "bytes": lambda: bytes(8),
    "bytes subclass": lambda: BytesSubclass(8),
    "memoryview of bytes": lambda: memoryview(bytes(8)),
    "read-only memoryview": lambda: memoryview(bytearray(8)).toreadonly(),
    "slice of bytes": lambda: memoryview(bytes(24))[8:16],
    "read-only mmap": lambda: mmap.mmap(-1, 8, access=mmap.ACCESS_READ),
}
NO_BUFFERS: dict[str, object] = {
    "str": "eight by",
    "None": None,
    "int": 8,
    "float": 8.0,
    "list": [0] * 8,
    "object": object(),
    "type": bytearray,
    "array type": ctypes.c_char * 8,
    "every second byte": memoryview(bytearray(16))[::2],
    "backwards": memoryview(bytearray(8))[::-1],
    "pointer": None,
}


@pytest.mark.parametrize("make", WRITABLE.values(), ids=WRITABLE)
def test_a_writable_buffer_is_filled(make: Callable[[], object], stream: Pair, tmp_path: Path, keep: Keep) -> None:
    calls: list[Callable[[object], object]] = [
        lambda p: syscall.read(stream[1], p),  # type: ignore[arg-type]
        lambda p: syscall.recvfrom(stream[1], p)[0],  # type: ignore[arg-type]
        lambda p: syscall.recvmsg(stream[1], p, None)[0],  # type: ignore[arg-type]
        lambda p: syscall.recvmsg(stream[1], [p], None)[0],  # type: ignore[list-item]
    ]
    for call in calls:
        p = make()
        os.write(stream[0], b"\x01234567\x08")
        assert call(p) == 8
        assert bytes(memoryview(p)) == b"\x01234567\x08"  # type: ignore[arg-type]
    file = keep(os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT))
    os.write(file, b"\x01234567\x08")
    p = make()
    assert syscall.pread(file, p, 1) == 7  # type: ignore[arg-type]
    assert bytes(memoryview(p))[:7] == b"234567\x08"  # type: ignore[arg-type]


@pytest.mark.parametrize("make", (WRITABLE | READ_ONLY).values(), ids=WRITABLE | READ_ONLY)
def test_a_readable_buffer_is_sent(make: Callable[[], object], dgram: Pair, tmp_path: Path, keep: Keep) -> None:
    p = make()
    assert syscall.write(dgram[0], p) == 8  # type: ignore[arg-type]
    assert syscall.sendto(dgram[0], p, 0, None) == 8  # type: ignore[arg-type]
    assert syscall.sendmsg(dgram[0], p, None, None) == 8  # type: ignore[arg-type]
    assert syscall.sendmsg(dgram[0], [p], None, None) == 8  # type: ignore[list-item]
    assert [os.read(dgram[1], 100) for _ in range(4)] == [bytes(8)] * 4
    file = keep(os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT))
    assert syscall.pwrite(file, p, 2) == 8  # type: ignore[arg-type]
    assert (tmp_path / "file").read_bytes() == bytes(10)


READERS: list[Callable[[int, object], object]] = [
    lambda fd, p: syscall.read(fd, p),  # type: ignore[arg-type]
    lambda fd, p: syscall.pread(fd, p, 0),  # type: ignore[arg-type]
    lambda fd, p: syscall.recvfrom(fd, p),  # type: ignore[arg-type]
    lambda fd, p: syscall.recvmsg(fd, p, None),  # type: ignore[arg-type]
    lambda fd, p: syscall.recvmsg(fd, [p], None),  # type: ignore[list-item]
    lambda fd, p: syscall.recvmsg(fd, bytearray(1), p),  # type: ignore[arg-type]
]
WRITERS: list[Callable[[int, object], object]] = [
    lambda fd, p: syscall.write(fd, p),  # type: ignore[arg-type]
    lambda fd, p: syscall.pwrite(fd, p, 0),  # type: ignore[arg-type]
    lambda fd, p: syscall.sendto(fd, p, 0, None),  # type: ignore[arg-type]
    lambda fd, p: syscall.sendmsg(fd, p, None, None),  # type: ignore[arg-type]
    lambda fd, p: syscall.sendmsg(fd, [p], None, None),  # type: ignore[list-item]
    lambda fd, p: syscall.sendmsg(fd, b"x", p, None),  # type: ignore[arg-type]
    lambda fd, p: syscall.setsockopt(fd, syscall.SOL_SOCKET, syscall.SO_LINGER, p),  # type: ignore[arg-type]
]


@pytest.mark.parametrize("make", READ_ONLY.values(), ids=READ_ONLY)
def test_a_read_only_buffer_cannot_be_filled(make: Callable[[], object], stream: Pair) -> None:
    p = make()
    os.write(stream[0], b"stays!!!")
    for call in READERS:
        with pytest.raises(TypeError):
            call(stream[1], p)
    assert bytes(memoryview(p)) == bytes(8)  # type: ignore[arg-type]
    assert os.read(stream[1], 100) == b"stays!!!"


def test_a_type_error_says_what_kind_of_buffer_is_needed(dgram: Pair) -> None:
    with pytest.raises(TypeError, match=r"^a writable, C-contiguous buffer is needed: "):
        syscall.recvmsg(dgram[0], b"read-only", None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^a readable, C-contiguous buffer is needed: "):
        syscall.write(dgram[0], "text")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"not writable|read-only"):
        syscall.read(dgram[0], b"read-only")  # type: ignore[arg-type]


@pytest.mark.parametrize("p", NO_BUFFERS.values(), ids=NO_BUFFERS)
def test_what_is_no_contiguous_buffer_is_a_type_error(p: object, dgram: Pair) -> None:
    for call in (*READERS, *WRITERS):
        if p is None and call not in (READERS[-2], WRITERS[-3], WRITERS[-1]):
            continue  # Go's nil: no data, no control data
        with pytest.raises(TypeError):
            call(dgram[0], p)


@pytest.mark.parametrize(
    "make",
    [
        bytearray,
        lambda: memoryview(bytearray()),
        lambda: memoryview(bytearray(8))[8:],
        lambda: array.array("i"),
        lambda: (ctypes.c_char * 0)(),
    ],
)
def test_an_empty_buffer_takes_nothing(make: Callable[[], object], stream: Pair) -> None:
    p = make()
    os.write(stream[0], b"stays")
    assert syscall.read(stream[1], p) == 0  # type: ignore[arg-type]
    assert syscall.recvfrom(stream[1], p) == (0, None)  # type: ignore[arg-type]
    assert syscall.recvmsg(stream[1], p, None)[0] == 0  # type: ignore[arg-type]
    assert syscall.write(stream[1], p) == 0  # type: ignore[arg-type]
    assert syscall.sendto(stream[1], p, 0, None) == 0  # type: ignore[arg-type]
    assert syscall.sendmsg(stream[1], p, None, None) == 0  # type: ignore[arg-type]
    assert os.read(stream[1], 100) == b"stays"


def released() -> memoryview:
    view = memoryview(bytearray(8))
    view.release()
    return view


def closed() -> mmap.mmap:
    mapping = file_backed()
    mapping.close()
    return mapping


@pytest.mark.parametrize("make", [released, closed])
def test_a_buffer_that_is_gone_is_no_empty_buffer(make: Callable[[], memoryview], stream: Pair) -> None:
    p = make()
    os.write(stream[0], b"stays")
    for call in (*READERS, *WRITERS):
        with pytest.raises(ValueError, match=r"released|closed"):
            call(stream[1], p)
    assert os.read(stream[1], 100) == b"stays"


# Resizing


def resize(p: object) -> None:
    """Resize a buffer, or give it up: BufferError while somebody points into it."""
    if isinstance(p, (bytearray, array.array)):
        p.append(1)
    elif isinstance(p, mmap.mmap):
        p.close()
    elif isinstance(p, memoryview):
        p.release()
    else:
        raise TypeError(p)


RESIZABLE = [name for name in WRITABLE if not name.startswith(("ctypes", "structure"))]


@pytest.mark.parametrize("which", RESIZABLE)
@pytest.mark.parametrize("call", [*READERS, *WRITERS])
def test_a_buffer_can_be_resized_after_a_call_and_while_handling_its_failure(
    which: str, call: Callable[[int, object], object], pipe: Pair, dgram: Pair
) -> None:
    for fd in pipe:
        syscall.set_nonblock(fd, True)
    for fd in (-1, *pipe):
        p = WRITABLE[which]()
        try:
            call(fd, p)
        except OSError:
            resize(p)  # the traceback holds every frame's variables: no pointer is among them
        else:
            resize(p)
    syscall.write(dgram[0], b"a message")
    syscall.set_nonblock(dgram[1], True)
    p = WRITABLE[which]()
    try:
        call(dgram[1], p)
    except OSError:
        resize(p)
    else:
        resize(p)


@pytest.mark.parametrize("which", RESIZABLE)
@pytest.mark.parametrize("call", [*READERS, *WRITERS])
def test_a_buffer_can_be_resized_while_a_wrong_argument_is_handled(
    which: str, call: Callable[[int, object], object]
) -> None:
    p = WRITABLE[which]()
    try:
        call(2**40, p)
    except OverflowError:
        resize(p)
    else:
        pytest.fail("a descriptor of 2**40 was taken")


@pytest.mark.parametrize("which", RESIZABLE)
def test_the_other_buffers_of_a_message_can_be_resized_when_one_was_wrong(which: str, dgram: Pair) -> None:
    p = WRITABLE[which]()
    try:
        syscall.sendmsg(dgram[0], [p, p, "wrong"], p, None)  # type: ignore[list-item, arg-type]
    except TypeError:
        resize(p)
    p = WRITABLE[which]()
    try:
        syscall.recvmsg(dgram[0], [p, p, b"read-only"], p)  # type: ignore[list-item, arg-type]
    except TypeError:
        resize(p)
    p = WRITABLE[which]()
    try:
        syscall.sendmsg(dgram[0], [p] * 1025, None, None)  # type: ignore[list-item]
    except OSError:
        resize(p)


@pytest.mark.parametrize("which", RESIZABLE)
def test_ioctls_argument_can_be_resized_after_success_and_failure(which: str, stream: Pair) -> None:
    for fd in (stream[0], -1):
        p = WRITABLE[which]()
        try:
            syscall.ioctl(fd, syscall.TIOCINQ, p)  # type: ignore[arg-type]
        except OSError:
            resize(p)
        else:
            resize(p)


@pytest.mark.parametrize("call", [READERS[0], READERS[2], READERS[3], READERS[4]])
def test_a_buffer_cannot_be_resized_while_another_thread_is_in_a_call_with_it(
    call: Callable[[int, object], object], stream: Pair
) -> None:
    p = bytearray(8)
    results: list[object] = []
    thread = threading.Thread(target=lambda: results.append(call(stream[1], p)))
    thread.start()
    try:
        wait_until_blocked(thread.native_id)
        for method, arguments in ((p.append, (1,)), (p.clear, ()), (p.extend, (bytes(1 << 20),)), (p.pop, ())):
            with pytest.raises(BufferError):
                method(*arguments)
    finally:
        syscall.write(stream[0], b"arrives!")
        thread.join()
    assert p == b"arrives!"
    assert len(results) == 1
    p.append(1)


@pytest.mark.parametrize(("size", "is_copied"), [(1, True), (4096, True), (4097, False), (1 << 20, False)])
@pytest.mark.parametrize("call", ["write", "sendto"])
def test_a_short_bytearray_is_copied_to_be_sent_and_a_long_one_stays_in_place(
    call: str, size: int, is_copied: bool, stream: Pair
) -> None:
    p = bytearray(b"x" * size)
    calls = {"write": lambda: syscall.write(stream[0], p), "sendto": lambda: syscall.sendto(stream[0], p, 0, None)}
    syscall.set_nonblock(stream[0], True)
    waiting = 0
    for filling in (bytes(65536), bytes(1)):
        with suppress(BlockingIOError):
            while True:
                waiting += syscall.write(stream[0], filling)
    syscall.set_nonblock(stream[0], False)
    thread = threading.Thread(target=calls[call])
    thread.start()
    try:
        wait_until_blocked(thread.native_id)
        if is_copied:
            p.clear()
        else:
            with pytest.raises(BufferError):
                p.clear()
    finally:
        received = bytearray()
        while len(received) < waiting + size:
            received += os.read(stream[1], 1 << 20)
        thread.join()
    assert received == bytes(waiting) + b"x" * size
    p.clear()


def test_a_ctypes_array_stays_alive_while_another_thread_is_in_a_call_with_it(stream: Pair) -> None:
    results: list[int] = []
    thread = threading.Thread(target=lambda: results.append(syscall.read(stream[1], (ctypes.c_char * 65536)())))
    thread.start()
    try:
        wait_until_blocked(thread.native_id)
        rubbish = [bytearray(65536) for _ in range(100)]
    finally:
        syscall.write(stream[0], b"x" * 65536)
        thread.join()
    assert results == [65536]
    assert not any(map(any, rubbish))


@pytest.mark.parametrize("make", (WRITABLE | READ_ONLY).values(), ids=WRITABLE | READ_ONLY)
def test_no_call_keeps_a_reference_to_its_buffer(make: Callable[[], object], dgram: Pair) -> None:
    p = make()
    # A bytes subclass is its own buffer, and so is the rest: whoever holds a pointer holds p.
    before = sys.getrefcount(p)
    for _ in range(10):
        syscall.write(dgram[0], p)  # type: ignore[arg-type]
        syscall.sendmsg(dgram[0], [p], None, None)  # type: ignore[list-item]
        syscall.read(dgram[1], bytearray(100))
        if not memoryview(p).readonly:  # type: ignore[arg-type]
            syscall.recvmsg(dgram[1], [p], None)  # type: ignore[list-item]
        else:
            syscall.read(dgram[1], bytearray(100))
    assert sys.getrefcount(p) == before


# Huge buffers: sparse, so that they cost no memory


@pytest.fixture
def huge(tmp_path: Path) -> Iterator[mmap.mmap]:
    with open(tmp_path / "sparse", "wb+") as file:
        file.truncate(3 * GIB)
        with mmap.mmap(file.fileno(), 3 * GIB) as mapping:
            yield mapping


@pytest.mark.skipif(sys.maxsize < 2**32, reason="ABI: 3 GiB exceed a 32-bit address space")
def test_a_buffer_over_2_gib_is_passed_as_much_as_the_kernel_moves_at_once(huge: mmap.mmap, keep: Keep) -> None:
    null = keep(os.open("/dev/null", os.O_RDWR))
    with memoryview(huge) as view, view.toreadonly() as readonly:
        for p in (huge, view, readonly):
            assert syscall.write(null, p) == MAX_RW_COUNT
            assert syscall.pwrite(null, p, 0) == MAX_RW_COUNT
    array = (ctypes.c_char * (3 * GIB)).from_buffer(huge)
    assert syscall.write(null, array) == MAX_RW_COUNT
    del array


@pytest.mark.skipif(sys.maxsize < 2**32, reason="ABI: 3 GiB exceed a 32-bit address space")
@pytest.mark.parametrize("make", [bytes, bytearray])
def test_zeros_over_2_gib_are_passed_as_much_as_the_kernel_moves_at_once(
    make: Callable[[int], bytes], dgram: Pair, keep: Keep
) -> None:
    """Nobody writes or reads them, so that they take no memory either."""
    null = keep(os.open("/dev/null", os.O_RDWR))
    p = make(3 * GIB)
    assert syscall.write(null, p) == MAX_RW_COUNT
    assert syscall.pwrite(null, p, 0) == MAX_RW_COUNT
    with pytest.raises(OSError, match=failed("sendto", syscall.EMSGSIZE)):
        syscall.sendto(dgram[0], p, 0, None)
    with pytest.raises(OSError, match=failed("sendmsg", syscall.EMSGSIZE)):
        syscall.sendmsg(dgram[0], p, None, None)
    os.write(dgram[0], b"arrives")
    if isinstance(p, bytearray):
        assert syscall.recvfrom(dgram[1], p) == (7, None)
        assert p[:8] == b"arrives\0"


@pytest.mark.skipif(sys.maxsize < 2**32, reason="ABI: 3 GiB exceed a 32-bit address space")
def test_a_buffer_over_2_gib_is_filled_from_its_beginning(huge: mmap.mmap, stream: Pair) -> None:
    place = 2 * GIB + 5
    readers = (READERS[0], READERS[2], READERS[3])
    for i, call in enumerate(readers):
        os.write(stream[0], bytes([i + 1] * 6))
        with memoryview(huge)[place:] as view:
            assert call(stream[1], view) in (6, (6, None), (6, 0, 0, None))
        assert huge[place - 1 : place + 7] == b"\0" + bytes([i + 1] * 6) + b"\0"
        os.write(stream[0], bytes([i + 1] * 6))
        assert call(stream[1], huge) in (6, (6, None), (6, 0, 0, None))
        assert huge[:7] == bytes([i + 1] * 6) + b"\0"


@pytest.mark.skipif(sys.maxsize < 2**32, reason="ABI: 3 GiB exceed a 32-bit address space")
def test_a_datagram_over_2_gib_is_too_long(huge: mmap.mmap, dgram: Pair) -> None:
    with pytest.raises(OSError, match=failed("sendto", syscall.EMSGSIZE)):
        syscall.sendto(dgram[0], huge, 0, None)
    for p in (huge, [huge, huge]):
        with pytest.raises(OSError, match=failed("sendmsg", syscall.EMSGSIZE)):
            syscall.sendmsg(dgram[0], p, None, None)
