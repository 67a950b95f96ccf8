"""Signals in a blocking call: it goes on (PEP 475), or ends with what the handler raises."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest

import pysyscall as syscall

from .blocking import ALL, RETRIED, Blocking, connect_to_a_full_listener, wait_until_blocked
from .conftest import Keep
from .programs import run_traced
from .texts import IS_GLIBC

SIGNALS = 3
ROOT = Path(__file__).parent.parent


class Raised(Exception):
    pass


@contextmanager
def handler(number: int, function: Callable[[], object]) -> Iterator[list[int]]:
    """Call the function at each signal; the list of the signals that came."""
    came: list[int] = []

    def handle(signum: int, frame: FrameType | None) -> None:
        came.append(signum)
        function()

    before = signal.signal(number, handle)
    try:
        yield came
    finally:
        signal.signal(number, before)


@contextmanager
def interrupted(came: list[int], times: int, finish: Callable[[], object]) -> Iterator[None]:
    """Send this thread so many signals, each while it blocks; then let its call return."""
    main, tid = threading.get_ident(), threading.get_native_id()

    def interrupt() -> None:
        for i in range(times):
            while len(came) < i:
                time.sleep(0.001)
            wait_until_blocked(tid)
            signal.pthread_kill(main, signal.SIGUSR1)
        while len(came) < times:
            time.sleep(0.001)
        wait_until_blocked(tid)
        finish()

    thread = threading.Thread(target=interrupt)
    thread.start()
    try:
        yield
    finally:
        thread.join()


@contextmanager
def interrupted_once() -> Iterator[None]:
    """Send this thread one signal, when it blocks."""
    main, tid = threading.get_ident(), threading.get_native_id()

    def interrupt() -> None:
        wait_until_blocked(tid)
        signal.pthread_kill(main, signal.SIGUSR1)

    thread = threading.Thread(target=interrupt)
    thread.start()
    try:
        yield
    finally:
        thread.join()


@pytest.mark.parametrize("make", RETRIED.values(), ids=RETRIED)
def test_a_signal_whose_handler_returns_does_not_end_the_call(make: Callable[[Keep], Blocking], keep: Keep) -> None:
    blocking = make(keep)
    with handler(signal.SIGUSR1, lambda: None) as came, interrupted(came, SIGNALS, blocking.finish):
        assert blocking.call() == blocking.result
    assert len(came) == SIGNALS


def fail_in_every_way() -> None:
    """What a handler may do with system calls of its own: some succeed, and the last fails."""
    for call in (
        lambda: syscall.close(-1),
        lambda: syscall.getpeername(0),
        lambda: syscall.write(-1, b""),
        lambda: syscall.connect(-1, syscall.SockaddrUnix("/")),
        lambda: syscall.getsockopt_int(0, 0, 0),
    ):
        with pytest.raises(OSError):
            call()


@pytest.mark.parametrize("make", RETRIED.values(), ids=RETRIED)
def test_a_call_that_fails_in_the_handler_does_not_end_the_one_outside(
    make: Callable[[Keep], Blocking], keep: Keep
) -> None:
    blocking = make(keep)
    with handler(signal.SIGUSR1, fail_in_every_way) as came, interrupted(came, SIGNALS, blocking.finish):
        assert blocking.call() == blocking.result
    assert len(came) == SIGNALS


def fail() -> None:
    raise Raised


@pytest.mark.parametrize("make", ALL.values(), ids=ALL)
def test_what_a_handler_raises_ends_the_call(make: Callable[[Keep], Blocking], keep: Keep) -> None:
    blocking = make(keep)
    with handler(signal.SIGUSR1, fail) as came, interrupted_once(), pytest.raises(Raised):
        blocking.call()
    assert came == [signal.SIGUSR1]


@pytest.mark.parametrize("name", ["read", "write-bytearray", "recvfrom", "sendto-bytearray", "recvmsg", "sendmsg"])
def test_a_call_that_a_handler_has_ended_can_be_made_again(name: str, keep: Keep) -> None:
    blocking = RETRIED[name](keep)
    with handler(signal.SIGUSR1, fail), interrupted_once(), pytest.raises(Raised):
        blocking.call()
    blocking.finish()
    assert blocking.call() == blocking.result


@pytest.mark.parametrize("call", [syscall.read, syscall.recvfrom, lambda fd, p: syscall.recvmsg(fd, [p], p)])
def test_a_buffer_can_be_resized_while_what_a_handler_raised_is_handled(
    call: Callable[[int, bytearray], object], stream: tuple[int, int]
) -> None:
    p = bytearray(8)
    with handler(signal.SIGUSR1, fail), interrupted_once(), pytest.raises(Raised) as raised:
        call(stream[0], p)
    p.append(1)
    assert raised.value.__traceback__ is not None  # with every frame's variables


def test_connect_is_never_retried(keep: Keep) -> None:
    blocking = connect_to_a_full_listener(keep)
    with (
        handler(signal.SIGUSR1, lambda: None) as came,
        interrupted_once(),
        pytest.raises(InterruptedError, match="connect: Interrupted system call"),
    ):
        blocking.call()
    assert came == [signal.SIGUSR1]


@pytest.mark.parametrize("name", ALL)
def test_control_c_ends_the_call(name: str) -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.blocking", name],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with child:
        try:
            assert child.stdout is not None
            assert child.stderr is not None
            assert child.stdout.readline() == "ready\n", child.stderr.read()
            wait_until_blocked(child.pid, child.pid)
            child.send_signal(signal.SIGINT)
            _, trace = child.communicate(timeout=60)
        finally:
            child.kill()
    assert trace.rstrip().endswith("KeyboardInterrupt")
    assert "in <lambda>" in trace or "in accepted" in trace
    assert child.returncode == -signal.SIGINT


# Calls that no test can make wait: strace fails them as a signal would


def under_strace(program: str, *arguments: str, inject: Sequence[str], path: str | None = None) -> tuple[str, str]:
    """What a program prints, and what calls it made (on a path), where strace fails some of those."""
    calls = ",".join(each.partition(":")[0] for each in inject)
    with tempfile.NamedTemporaryFile("r") as log:
        options = ["-o", log.name, "-e", f"trace={calls}"]
        options += ["-P", path] if path else []
        options += [word for each in inject for word in ("-e", f"inject={each}")]
        command = ["-f", "-qq", *options, sys.executable, "-c", program, *arguments]
        done = run_traced(*command)
        assert done.returncode == 0, done.stderr
        return done.stdout, log.read()


@pytest.mark.skipif(shutil.which("strace") is None, reason="tool: strace")
@pytest.mark.parametrize(
    ("calls", "line", "printed"),
    [
        ("pread64", "syscall.pread(fd, p, 1), p", "4 bytearray(b'ello')"),
        ("pwrite64", "syscall.pwrite(fd, b'ipp', 2)", "3"),
        ("/^dup[23]", "syscall.dup2(fd, 77)", "None"),
        ("/^dup[23]", "syscall.dup3(fd, 77, 0)", "None"),
        ("/^sendfile", "syscall.sendfile(w, fd, 0, 3)", "3"),
        ("ioctl", "syscall.ioctl(fd, syscall.TIOCINQ, p), int.from_bytes(p, sys.byteorder)", "0 5"),
    ],
)
def test_an_interrupted_call_is_made_again(calls: str, line: str, printed: str, tmp_path: Path) -> None:
    program = f"""if True:
        import os, sys, pysyscall as syscall
        r, w = os.pipe()
        p = bytearray(4)
        fd = os.open(sys.argv[1], os.O_RDWR)
        print({line})
    """
    file = tmp_path / "file"
    file.write_bytes(b"hello")
    output, log = under_strace(program, str(file), inject=[f"{calls}:error=EINTR:when=1..2"], path=str(file))
    assert output == f"{printed}\n"
    assert log.count("EINTR") == 2


@pytest.mark.skipif(shutil.which("strace") is None, reason="tool: strace")
def test_close_is_never_retried(tmp_path: Path) -> None:
    """Whatever it says, the descriptor is gone, and may be another thread's by then."""
    program = """if True:
        import os, sys, pysyscall as syscall
        fd = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
        try:
            syscall.close(fd)
        except InterruptedError as error:
            print(error, flush=True)
        os._exit(0)
    """
    file = str(tmp_path / "file")
    output, log = under_strace(program, file, inject=["close:error=EINTR"], path=file)
    assert output == ("[Errno 4] close: Interrupted system call\n" if IS_GLIBC else "")  # musl returns 0
    assert log.count("close(") == 1


# A handler's own failures: strace has a signal come with the failure of the call outside

FAILING_HANDLER = """if True:
    import errno, os, signal, sys, pysyscall as syscall

    came = 0

    def handle(*_):
        global came
        came += 1
        for call in (
            lambda: syscall.close(-1),
            lambda: syscall.write(-1, b"x"),
            lambda: syscall.read(-1, bytearray(1)),
            lambda: os.stat("/nowhere"),
        ):
            try:
                call()
            except OSError:
                pass

    def outcome(call):
        before = came
        try:
            call()
        except OSError as error:
            print(error.strerror.partition(":")[0], errno.errorcode[error.errno], came - before)

    syscall.write(1, b"")
    signal.signal(signal.SIGUSR1, handle)
"""


@pytest.mark.skipif(shutil.which("strace") is None, reason="tool: strace")
def test_a_call_that_fails_in_a_handler_leaves_the_errno_of_the_one_outside() -> None:
    program = f"""{FAILING_HANDLER}
    fd = syscall.socket(syscall.AF_INET, syscall.SOCK_DGRAM)
    address, p, event = syscall.SockaddrInet4(9, bytes((127, 0, 0, 1))), bytearray(1), syscall.EpollEvent()
    epfd = syscall.epoll_create1(syscall.EPOLL_CLOEXEC)
    outcome(lambda: syscall.bind(fd, address))
    outcome(lambda: syscall.connect(fd, address))
    outcome(lambda: syscall.listen(fd))
    outcome(lambda: syscall.accept4(fd, syscall.SOCK_CLOEXEC))
    outcome(lambda: syscall.getsockname(fd))
    outcome(lambda: syscall.recvfrom(fd, p))
    outcome(lambda: syscall.recvmsg(fd, p, None))
    outcome(lambda: syscall.sendto(fd, b"x", 0, address))
    outcome(lambda: syscall.sendmsg(fd, b"x", None, address))
    outcome(lambda: syscall.setsockopt_int(fd, 0, 0, 0))
    outcome(lambda: syscall.getsockopt_int(fd, 0, 0))
    outcome(lambda: syscall.pipe2(syscall.O_CLOEXEC))
    outcome(lambda: syscall.socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM))
    outcome(lambda: syscall.epoll_ctl(epfd, syscall.EPOLL_CTL_ADD, fd, event))
    outcome(lambda: syscall.syscall(syscall.SYS_SETNS, fd, 0))
    outcome(lambda: syscall.unshare(0))
    """
    failures = {
        **{"bind": "EADDRINUSE", "connect": "EINPROGRESS", "listen": "EADDRINUSE", "accept4": "ECONNABORTED"},
        **{"getsockname": "ENOTSOCK", "recvfrom": "ECONNRESET", "recvmsg": "ECONNRESET", "sendto": "ECONNREFUSED"},
        **{"sendmsg": "ECONNREFUSED", "setsockopt": "ENOPROTOOPT", "getsockopt": "ENOPROTOOPT", "pipe2": "EMFILE"},
        **{"socketpair": "EMFILE", "epoll_ctl": "EEXIST", "setns": "EPERM", "unshare": "EPERM"},
    }
    inject = [f"{call}:error={name}:signal=SIGUSR1" for call, name in failures.items()]
    output, _ = under_strace(program, inject=inject)
    expected = [f"{call} {name} 1" for call, name in failures.items()]
    expected[-2] = f"syscall {syscall.SYS_SETNS} EPERM 1"
    assert output.splitlines() == expected


@pytest.mark.skipif(shutil.which("strace") is None, reason="tool: strace")
def test_a_call_on_a_file_that_fails_as_a_handlers_does_keeps_its_errno(tmp_path: Path) -> None:
    program = f"""{FAILING_HANDLER}
    fd, p = os.open(sys.argv[1], os.O_RDWR), bytearray(4)
    for name, call in (
        ("pread", lambda: syscall.pread(fd, p, 0)),
        ("pwrite", lambda: syscall.pwrite(fd, b"x", 0)),
        ("read", lambda: syscall.read(fd, p)),
        ("write", lambda: syscall.write(fd, b"x")),
        ("ioctl", lambda: syscall.ioctl(fd, syscall.TIOCINQ, p)),
        ("fcntl", lambda: syscall.fcntl_int(fd, syscall.F_SETFD, 0)),
        ("dup3", lambda: syscall.dup3(fd, 77, syscall.O_CLOEXEC)),
        ("close", lambda: syscall.close(fd)),
    ):
        outcome(call)
    sys.stdout.flush()
    os._exit(0)
    """
    file = tmp_path / "file"
    file.write_bytes(b"hello")
    failures = {"pread64": "EIO", "pwrite64": "ENOSPC", "read": "EIO", "write": "EDQUOT", "ioctl": "EPERM"}
    failures |= {"/^fcntl": "EBUSY", "dup3": "EMFILE", "close": "EIO"}
    inject = [f"{call}:error={name}:signal=SIGUSR1" for call, name in failures.items()]
    output, _ = under_strace(program, str(file), inject=inject, path=str(file))
    names = [call.strip("/^").removesuffix("64") for call in failures]
    assert output.splitlines() == [f"{call} {error} 1" for call, error in zip(names, failures.values(), strict=True)]


@pytest.mark.skipif(shutil.which("strace") is None, reason="tool: strace")
@pytest.mark.parametrize(
    "start",
    [
        "exec(fail)",
        "thread = threading.Thread(target=lambda: exec('import pysyscall; pysyscall.read')); thread.start()\n"
        "thread.join(); exec(fail)",
        "exec(load); thread = threading.Thread(target=lambda: os.fork() or (exec(fail), os._exit(0)))\n"
        "thread.start(); thread.join(); os.wait()",
    ],
    ids=["the first thread", "loaded by another thread", "a child of another thread"],
)
def test_errno_is_kept_wherever_python_runs_its_handlers(start: str) -> None:
    load = FAILING_HANDLER.removeprefix("if True:")
    fail = f"{load}\n    outcome(lambda: syscall.getsockname(0)); sys.stdout.flush()"
    program = f"import os, textwrap, threading\nload, fail = map(textwrap.dedent, ({load!r}, {fail!r}))\n{start}"
    output, _ = under_strace(program, inject=["getsockname:error=ENOTCONN:signal=SIGUSR1"])
    call, error, came = output.split()
    assert (call, error) == ("getsockname", "ENOTCONN")
    # Python 3.13 puts off handlers in such a child.
    assert came == "1" or ("fork" in start and sys.version_info >= (3, 13))


# The time that remains


@contextmanager
def every(seconds: float, at_most: int) -> Iterator[list[int]]:
    """A signal comes again and again; after so many the wait has been begun anew too often."""

    def count() -> None:
        assert len(came) < at_most, "the wait does not end"

    with handler(signal.SIGALRM, count) as came:
        signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
        try:
            yield came
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)


def test_epoll_wait_goes_on_with_the_time_that_remains(keep: Keep) -> None:
    epoll = keep(syscall.epoll_create1(syscall.EPOLL_CLOEXEC))
    events = (syscall.EpollEvent * 1)()
    with every(0.02, at_most=1000) as came:
        start = time.monotonic()
        assert syscall.epoll_wait(epoll, events, 300) == 0
        assert time.monotonic() - start >= 0.3
    assert came


def test_select_goes_on_with_the_time_that_remains() -> None:
    timeout = syscall.Timeval(0, 300_000)
    with every(0.02, at_most=1000) as came:
        start = time.monotonic()
        assert syscall.select(0, None, None, None, timeout) == 0
        assert time.monotonic() - start >= 0.3
    assert came
    assert timeout.nano() == 0


@pytest.mark.parametrize(
    "wait",
    [
        lambda: syscall.poll((syscall.PollFd * 0)(), 300),
        lambda: syscall.ppoll((syscall.PollFd * 0)(), syscall.Timespec(0, 300_000_000)),
        lambda: syscall.ppoll((syscall.PollFd * 0)(), syscall.Timespec(0, 300_000_000), ()),
    ],
    ids=["poll", "ppoll", "ppoll with a mask"],
)
def test_poll_goes_on_with_the_time_that_remains(wait: Callable[[], int]) -> None:
    with every(0.02, at_most=1000) as came:
        start = time.monotonic()
        assert wait() == 0
        assert time.monotonic() - start >= 0.3
    assert came


def test_a_signal_never_cuts_a_short_wait(keep: Keep) -> None:
    epoll = keep(syscall.epoll_create1(syscall.EPOLL_CLOEXEC))
    events = (syscall.EpollEvent * 1)()
    with every(0.0013, at_most=100_000):
        for _ in range(50):
            start = time.monotonic()
            assert syscall.epoll_wait(epoll, events, 10) == 0
            assert time.monotonic() - start >= 0.01
            start = time.monotonic()
            assert syscall.select(0, None, None, None, syscall.Timeval(0, 10_000)) == 0
            assert time.monotonic() - start >= 0.01
            start = time.monotonic()
            assert syscall.poll((syscall.PollFd * 0)(), 10) == 0
            assert time.monotonic() - start >= 0.01
            start = time.monotonic()
            assert syscall.ppoll((syscall.PollFd * 0)(), syscall.Timespec(0, 10_000_000)) == 0
            assert time.monotonic() - start >= 0.01


def test_a_wait_for_ever_stays_one(keep: Keep) -> None:
    r, w = map(keep, syscall.pipe2(syscall.O_CLOEXEC))
    fds = syscall.FdSet()
    fds.set(r)
    timer = threading.Timer(0.2, lambda: os.write(w, b"x"))
    with every(0.01, at_most=100_000) as came:
        timer.start()
        assert syscall.select(r + 1, fds, None, None, None) == 1
    timer.join()
    assert came


def test_a_handler_may_make_the_calls_that_it_interrupts(keep: Keep) -> None:
    a, b = map(keep, syscall.socketpair(syscall.AF_UNIX, syscall.SOCK_DGRAM))
    own = keep(syscall.socket(syscall.AF_INET, syscall.SOCK_DGRAM))
    syscall.bind(own, syscall.SockaddrInet4(0, bytes((127, 0, 0, 1))))
    address = syscall.getsockname(own)
    inner: list[tuple[int, syscall.Sockaddr | None]] = []

    def receive() -> None:
        syscall.sendto(own, b"inside", 0, address)
        inner.append(syscall.recvfrom(own, bytearray(10)))

    p = bytearray(10)
    with handler(signal.SIGUSR1, receive) as came, interrupted(came, SIGNALS, lambda: os.write(b, b"out")):
        assert syscall.recvfrom(a, p) == (3, None)
    assert p[:3] == b"out"
    assert inner == [(6, address)] * SIGNALS
