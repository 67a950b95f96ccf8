"""Objects and moments made to break the library: no crash, no lock left behind, no exception lost."""

import copy
import os
import pickle
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from ctypes import get_errno, set_errno
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import pysyscall as syscall

from . import limits
from .limits import needs
from .namespaces import in_namespace
from .programs import ROOT, Program, eventually
from .texts import failed


@needs(limits.FILTER_TOLD)
def test_a_filter_read_back_as_an_int_is_no_overflow() -> None:
    fd = syscall.socket(syscall.AF_INET, syscall.SOCK_DGRAM)
    try:
        syscall.attach_lsf(fd, [syscall.lsf_stmt(syscall.BPF_RET | syscall.BPF_K, 0)] * 4)
        for _ in range(100_000):  # the kernel would write 32 bytes for each
            assert syscall.getsockopt_int(fd, syscall.SOL_SOCKET, syscall.SO_GET_FILTER) == 0
    finally:
        syscall.close(fd)


class Interrupted(Exception):
    pass


@pytest.mark.parametrize("call", ["recvmsg", "sendmsg", "recvfrom", "syscall"])
def test_a_handler_that_raises_leaves_the_buffer_free_and_its_exception_seen(call: str) -> None:
    a, b = syscall.socketpair(syscall.AF_UNIX, syscall.SOCK_DGRAM)
    buffer, oob = bytearray(64), bytearray(64)
    read, flags = syscall.SYS_READ, syscall.MSG_DONTWAIT | syscall.MSG_PEEK
    calls: dict[str, Callable[[], object]] = {
        "recvmsg": lambda: syscall.recvmsg(b, buffer, oob, flags),
        "sendmsg": lambda: syscall.sendmsg(a, buffer, None, None, flags),
        "recvfrom": lambda: syscall.recvfrom(b, buffer, flags),
        "syscall": lambda: syscall.syscall(read, b, buffer, 0),
    }
    with suppress(BlockingIOError):
        calls[call]()  # what it loads is loaded: a module that a handler ends is another matter
    lost: list[object] = []
    raised = 0

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal raised
        raised += 1
        raise Interrupted

    seen = 0
    previous, hook = signal.signal(signal.SIGALRM, interrupt), sys.unraisablehook
    sys.unraisablehook = lost.append
    try:
        deadline = time.monotonic() + 0.7
        while time.monotonic() < deadline:
            try:
                signal.setitimer(signal.ITIMER_REAL, 0.0003)
                while True:
                    with suppress(BlockingIOError):
                        calls[call]()
            except Interrupted:
                seen += 1
            buffer.append(0)
            oob.append(0)
            del buffer[64:], oob[64:]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
        sys.unraisablehook = hook
        syscall.close(a)
        syscall.close(b)
    assert (seen, lost) == (raised, [])
    assert seen > 10


@pytest.mark.parametrize("call", ["read", "recvmsg", "ioctl"])
def test_a_buffer_that_is_another_each_time_is_asked_once(call: str) -> None:
    # Before Python 3.12 no class can be a buffer, and the call refuses it.
    source = (
        "import pysyscall as s\n"
        "class Two:\n"
        "    def __init__(self): self.n = 0\n"
        "    def __buffer__(self, flags):\n"
        "        self.n += 1\n"
        "        return memoryview(bytearray(16 if self.n % 2 else 1 << 20))\n"
        "r, w = s.socketpair(s.AF_UNIX, s.SOCK_STREAM)\n"
        "data = b'x' * 60000\n"
        "for _ in range(200):\n"
        "    s.write(w, data)\n"
        f"    try: {call_source(call)}\n"
        "    except (TypeError, ValueError, OSError): pass\n"
        "    s.recvfrom(r, bytearray(1 << 20), s.MSG_DONTWAIT)\n"
    )
    done = subprocess.run([sys.executable, "-c", source], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def call_source(call: str) -> str:
    return {
        "read": "s.read(r, Two())",
        "recvmsg": "s.recvmsg(r, Two(), None)",
        "ioctl": "s.ioctl(r, s.FIONREAD, Two())",
    }[call]


def test_an_arrays_own_idea_of_its_length_is_not_believed() -> None:
    class Longer(syscall.EpollEvent * 1):  # type: ignore[misc]
        def __len__(self) -> int:
            return 4000

    class LongerToo(syscall.PollFd * 1):  # type: ignore[misc]
        def __len__(self) -> int:
            return 4000

    epfd = syscall.epoll_create1(syscall.EPOLL_CLOEXEC)
    pairs = [syscall.pipe() for _ in range(100)]
    try:
        for _, writing in pairs:
            syscall.epoll_ctl(epfd, syscall.EPOLL_CTL_ADD, writing, syscall.EpollEvent(syscall.EPOLLOUT))
        assert syscall.epoll_wait(epfd, Longer(), 0) == 1
        descriptors = LongerToo()
        descriptors[0] = syscall.PollFd(pairs[0][1], syscall.POLLOUT)
        assert syscall.poll(descriptors, 0) == syscall.ppoll(descriptors, syscall.Timespec()) == 1
    finally:
        for fd in (epfd, *(fd for pair in pairs for fd in pair)):
            syscall.close(fd)


def test_bytes_that_grow_when_looked_at_send_what_they_hold() -> None:
    class Growing(bytes):
        looks = 0

        def __len__(self) -> int:
            type(self).looks += 1
            return 3 if self.looks < 3 else 300

    a, b = syscall.socketpair(syscall.AF_UNIX, syscall.SOCK_DGRAM)
    try:
        batch = syscall.MessageBatch(1, 1000)
        batch.put(0, Growing(b"abc"))
        assert batch.send(a, 1) == 1
        buffer = bytearray(1000)
        assert syscall.recvfrom(b, buffer)[0] == 3
    finally:
        syscall.close(a)
        syscall.close(b)


def test_no_address_is_longer_than_the_kernel_takes() -> None:
    assert len(bytes(syscall.Sockaddr.from_bytes(b"\xff" * 128))) == 128
    with pytest.raises(ValueError, match="at most 128 bytes"):
        syscall.Sockaddr.from_bytes(b"\xff" * 129)


def test_only_a_sockaddr_is_an_address() -> None:
    class Other:
        _raw = "text"

    with pytest.raises(TypeError, match="to must be a Sockaddr"):
        syscall.sendto(0, b"", 0, Other())  # type: ignore[arg-type]


@pytest.mark.parametrize("family", [syscall.AF_UNIX, syscall.AF_NETLINK])
def test_a_family_without_an_error_queue_neither_waits_nor_loses_data(family: int) -> None:
    fd = syscall.socket(family, syscall.SOCK_DGRAM)
    try:
        with pytest.raises(OSError, match=failed("recv_error", syscall.EOPNOTSUPP)):
            syscall.recv_error(fd, bytearray(100))
    finally:
        syscall.close(fd)


@pytest.mark.parametrize("proto", [0, 2, 11, syscall.RTM_NEWLINK, syscall.RTM_DELADDR, syscall.RTM_SETLINK])
def test_a_question_that_the_kernel_would_not_answer_is_refused(proto: int) -> None:
    with pytest.raises(OSError, match="netlink_rib: Invalid argument"):
        syscall.netlink_rib(proto, 0)


def test_an_address_inside_a_structure_is_not_copied() -> None:
    program = syscall.SockFprog.of([syscall.lsf_stmt(syscall.BPF_RET | syscall.BPF_K, 0)])
    for copier in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="holds an address"):
            copier(program)


def answered(url: str) -> bool:
    with Program("http_client", url) as client:
        return client.wait() == 0


@in_namespace
def test_the_http_server_serves_without_standard_descriptors() -> None:
    port = 18090
    command = f"exec {shlex.quote(sys.executable)} -m examples.http_server --port {port} 0<&- 1>&- 2>&-"
    pid = os.spawnvpe(os.P_NOWAIT, "sh", ["sh", "-c", command], {**os.environ, "PYTHONPATH": str(ROOT)})
    try:
        url = f"http://127.0.0.1:{port}/"
        eventually(lambda: answered(url))
    finally:
        os.kill(pid, signal.SIGTERM)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


@needs(limits.USER_NAMESPACE)
@pytest.mark.parametrize("seed", [1, 2])
def test_arguments_of_all_kinds_get_a_python_error_from_every_call_of_the_other_half(seed: int) -> None:
    command = [sys.executable, "-X", "faulthandler", "-m", "tests.hostile_calls", str(seed)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
    if "unshare: " in done.stderr:
        pytest.skip(f"kernel: {done.stderr}")
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")


@pytest.mark.parametrize(
    "call",
    [
        lambda fd: syscall.fstat(fd),
        lambda fd: syscall.fchmod(fd, 0o600),
        lambda fd: syscall.ftruncate(fd, 0),
        lambda fd: syscall.seek(fd, 0, 0),
        lambda fd: syscall.flock(fd, syscall.LOCK_UN),
        lambda fd: syscall.getdents(fd, bytearray(100)),
        lambda fd: syscall.openat(fd, "none", 0),
        lambda fd: syscall.mmap(fd, 0, 1, syscall.PROT_READ, syscall.MAP_PRIVATE),
        lambda fd: syscall.inotify_rm_watch(fd, 1),
        lambda fd: syscall.ioctl_get_termios(fd, syscall.TCGETS),
        lambda fd: syscall.setns(fd, 0),
    ],
)
def test_a_bool_is_no_descriptor(call: Callable[[int], object]) -> None:
    with pytest.raises(TypeError, match=r"fd must be an integer, not bool"):
        call(True)


class AnyNumber(int):
    """It says that it is in every range."""

    def __index__(self) -> "AnyNumber":
        return self

    def __le__(self, other: object) -> bool:
        return True

    __lt__ = __gt__ = __ge__ = __le__


@pytest.mark.filterwarnings("ignore:__index__ returned non-int:DeprecationWarning")
@pytest.mark.parametrize(
    "call",
    [
        lambda number: syscall.close(number),
        lambda number: syscall.kill(number, 0),
        lambda number: syscall.setgroups([number]),
        lambda number: syscall.PollFd(number),
        lambda number: syscall.ICMPv6Filter().data.__setitem__(0, number),
        lambda number: syscall.ICMPv6Filter().data.__setitem__(slice(0, 1), [number]),
        lambda number: syscall.SockaddrInet4(number),
    ],
    ids=["close", "kill", "setgroups", "field", "element", "slice", "address"],
)
def test_a_number_that_compares_as_it_likes_is_not_cut(call: Callable[[int], object]) -> None:
    fd = os.open(os.devnull, os.O_RDONLY)
    try:
        with pytest.raises(OverflowError, match=f"not {2**32 + fd}$"):
            call(AnyNumber(2**32 + fd))
        os.fstat(fd)
    finally:
        os.close(fd)


class Other(bytes):
    """It says that it is 4 other bytes, and holds no NUL."""

    def __contains__(self, other: object) -> bool:
        return False

    def __len__(self) -> int:
        return 4

    def __bytes__(self) -> bytes:
        return Other(b"abc")


@pytest.mark.parametrize(
    "call",
    [
        lambda name: syscall.lstat(name),
        lambda name: syscall.getxattr("/", name, None),
        lambda name: syscall.fork_exec("/bin/true", [name]),
        lambda name: syscall.byte_slice_from_string(name),
    ],
    ids=["path", "name", "argument", "string"],
)
def test_a_name_that_denies_its_nul_is_not_cut(call: Callable[[bytes], object]) -> None:
    with pytest.raises(ValueError, match="must not hold a NUL"):
        call(Other(b"/\0nowhere"))


def test_an_address_is_of_the_bytes_that_are_there() -> None:
    with pytest.raises(ValueError, match="addr must be 4 bytes, not 3"):
        syscall.SockaddrInet4(1, Other(b"xyz"))
    with pytest.raises(ValueError, match="multiaddr must be 4 bytes, not 3"):
        syscall.IPMreqn(Other(b"xyz"))


def test_a_filter_is_of_the_instructions_that_are_there() -> None:
    class Shorter(syscall.SockFilter):
        def __bytes__(self) -> bytes:
            return b""

    a, b = syscall.socketpair(syscall.AF_UNIX, syscall.SOCK_DGRAM)
    try:
        keep_3 = Shorter(syscall.BPF_RET | syscall.BPF_K, 0, 0, 3)
        syscall.attach_lsf(b, [keep_3])
        syscall.write(a, b"hello")
        assert syscall.read(b, bytearray(9)) == 3
    finally:
        syscall.close(a)
        syscall.close(b)


class SaysTwo(Sequence[object]):
    """A sequence of 2 by its length, whatever is in it; what is in it can be looked at once."""

    def __init__(self, *items: object) -> None:
        self.items = iter(items)

    def __len__(self) -> int:
        return 2

    def __getitem__(self, i: object) -> Any:
        raise IndexError

    def __iter__(self) -> Iterator[object]:
        return self.items


def test_times_are_as_many_as_there_are(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    before = os.stat(file)
    for found in ((), (5,), (5, 6, 7)):
        with pytest.raises(OSError, match="utimes_nano: Invalid argument"):
            syscall.utimes_nano(file, SaysTwo(*map(syscall.Timespec, found)))  # type: ignore[arg-type]
        with pytest.raises(OSError, match="utimes: Invalid argument"):
            syscall.utimes(file, SaysTwo(*map(syscall.Timeval, found)))  # type: ignore[arg-type]
    assert os.stat(file) == before
    syscall.utimes_nano(file, SaysTwo(syscall.Timespec(5), syscall.Timespec(6)))  # type: ignore[arg-type]
    assert (os.stat(file).st_atime, os.stat(file).st_mtime) == (5, 6)


def test_groups_are_as_many_as_there_are() -> None:
    with pytest.raises(OverflowError, match="gid must be"):
        syscall.setgroups(SaysTwo(1, 2, 2**32))  # type: ignore[arg-type]
    with suppress(PermissionError):  # of a user; never struct.error
        syscall.setgroups(SaysTwo(*os.getgroups()))  # type: ignore[arg-type]


def test_an_array_in_a_structure_is_of_the_elements_that_are_there() -> None:
    class SaysEight(tuple):  # type: ignore[type-arg]
        __slots__ = ()

        def __len__(self) -> int:
            return 8

    with pytest.raises(ValueError, match="must have 8 elements, not 1"):
        syscall.ICMPv6Filter(SaysEight((1,)))


@pytest.mark.parametrize("call", [syscall.madvise, syscall.mprotect], ids=["madvise", "mprotect"])
def test_memory_that_goes_while_a_number_is_asked_for_is_let_alone(call: Callable[[memoryview, int], None]) -> None:
    flags = syscall.MAP_PRIVATE | syscall.MAP_ANON
    mapped = syscall.mmap(-1, 0, 65536, syscall.PROT_READ | syscall.PROT_WRITE, flags)

    class Unmapping:
        def __index__(self) -> int:
            syscall.munmap(mapped)
            return 0

    with pytest.raises(ValueError, match="released"):
        call(mapped, Unmapping())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "call",
    [
        lambda: syscall.nanosleep(syscall.Timespec(-1)),
        lambda: syscall.resolve_tcp_addr("tcp", "[fe80::1%no-such]:1"),
        pytest.param(lambda: syscall.fork_exec("/nowhere", ["nowhere"]), marks=needs(limits.VFORK)),
        pytest.param(
            lambda: syscall.fork_exec("/bin/true", ["true"], syscall.ProcAttr(dir="/nowhere")),
            marks=needs(limits.VFORK),
        ),
        lambda: syscall.fork_exec("/nowhere", [""], syscall.ProcAttr(sys=syscall.SysProcAttr(pdeathsig=9))),
    ],
    ids=["nanosleep", "getaddrinfo", "posix_spawn", "posix_spawn, and fork", "fork"],
)
def test_a_failure_leaves_the_errno_that_ctypes_keeps(call: Callable[[], object]) -> None:
    # It is of the call that a signal handler, which makes this one, has interrupted.
    before = get_errno()
    set_errno(77)
    try:
        with pytest.raises(OSError, match=": "):
            call()
        assert get_errno() == 77
    finally:
        set_errno(before)


@pytest.mark.parametrize("thread", ["main", "another"])
def test_what_fails_when_a_buffer_is_given_back_leaves_the_errno_of_the_call(thread: str) -> None:
    # Before Python 3.12 no class can be a buffer, and the call refuses it.
    source = (
        "import errno, sys, threading, pysyscall as s\n"
        "class Failing:\n"
        "    def __buffer__(self, flags): return memoryview(bytearray(8))\n"
        "    def __release_buffer__(self, view):\n"
        "        try: s.close(-1)\n"
        "        except OSError: pass\n"
        "a, b = s.socketpair(s.AF_UNIX, s.SOCK_STREAM | s.SOCK_NONBLOCK)\n"
        "def run():\n"
        "    for call, expected in (\n"
        "        (lambda: s.read(a, Failing()), errno.EAGAIN), (lambda: s.pread(a, Failing(), 0), errno.ESPIPE),\n"
        "        (lambda: s.recvfrom(a, Failing()), errno.EAGAIN), (lambda: s.write(99, Failing()), errno.EBADF),\n"
        "        (lambda: s.readlink('/nowhere', Failing()), errno.ENOENT),\n"
        "    ):\n"
        "        try: call()\n"
        "        except TypeError: assert sys.version_info < (3, 12)\n"
        "        except OSError as error: assert error.errno == expected, error\n"
        "    print('done')\n"
        f"if {thread == 'main'}: run()\n"
        "else:\n"
        "    t = threading.Thread(target=run, daemon=True); t.start(); t.join(20)\n"
    )
    done = subprocess.run([sys.executable, "-c", source], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")
