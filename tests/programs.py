"""The examples as processes, each with its output in memory files, where a test looks for what it waits for."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

import pysyscall as syscall

ROOT = Path(__file__).parent.parent
SECONDS = 30.0  # for what comes at once, on a machine that is busy with something else


def tool(name: str) -> str:
    """Where a system tool is; without it the test is skipped."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed: apt-get install {name}")
    return found


def eventually(condition: Callable[[], object]) -> None:
    """Wait until a condition is true, and fail where it never is."""
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.005)


class Program:
    """`python3 -m examples.NAME ARGUMENTS`, killed at the end of a `with` block if it has not ended by itself.

    inherit: it gets the descriptors that preexec has made.
    """

    def __init__(
        self,
        name: str,
        *arguments: str,
        command: Sequence[str] = (),
        preexec: Callable[[], None] | None = None,
        inherit: bool = False,
    ) -> None:
        self._files = {name: os.memfd_create(name) for name in ("stdout", "stderr")}
        self._process = subprocess.Popen(
            command or [sys.executable, "-m", f"examples.{name}", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=self._files["stdout"],
            stderr=self._files["stderr"],
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            preexec_fn=preexec,
            close_fds=not inherit,
        )
        self.pid = self._process.pid

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *exception: object) -> None:
        self._process.kill()
        self._process.wait()
        for file in self._files.values():
            os.close(file)

    def output(self, stream: str = "stdout") -> bytes:
        """All that it has written so far."""
        fd = self._files[stream]
        return os.pread(fd, os.fstat(fd).st_size, 0)

    @property
    def stderr(self) -> str:
        return self.output("stderr").decode()

    def wait_for(self, pattern: str, stream: str = "stderr") -> re.Match[str]:
        """Wait until it has written something; fail where it ends without."""
        deadline = time.monotonic() + SECONDS
        while True:
            ended = not self.running()
            found = re.search(pattern, self.output(stream).decode())
            if found:
                return found
            assert not ended, f"ended without {pattern!r}: {self.stderr}"
            assert time.monotonic() < deadline, f"no {pattern!r}: {self.stderr}"
            time.sleep(0.005)

    def running(self) -> bool:
        return self._process.poll() is None

    def wait(self, seconds: float = SECONDS) -> int:
        """Its exit status, once it has ended; minus the signal's number where a signal ended it."""
        return self._process.wait(seconds)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send it a signal; its exit status."""
        self._process.send_signal(number)
        return self.wait()

    def descriptors(self) -> dict[int, str]:
        """Its descriptors, and what each is."""
        folder = Path(f"/proc/{self.pid}/fd")
        found = {}
        for name in os.listdir(folder):
            with suppress(FileNotFoundError):  # closed meanwhile
                found[int(name)] = os.readlink(folder / name)
        return found

    def memory(self) -> int:
        """How many bytes of memory it has in use."""
        pages = Path(f"/proc/{self.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def cpu_seconds(self) -> float:
        """How long it has computed so far, kernel included."""
        after_name = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        ticks = int(after_name[11]) + int(after_name[12])
        return ticks / os.sysconf("SC_CLK_TCK")


LOADED_SOCKET = """
import atexit, runpy, sys
atexit.register(lambda: print("loaded:", sorted({"socket", "_socket"} & set(sys.modules)), file=sys.stderr))
sys.argv[0] = sys.argv[1].rpartition(".")[2]
runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
"""


def watching_imports(name: str, *arguments: str) -> Program:
    """A program that ends its stderr with `loaded: []`, or the socket modules that it has loaded."""
    return Program(name, command=[sys.executable, "-c", LOADED_SOCKET, f"examples.{name}", *arguments])


def traceable() -> None:
    """Let strace attach to this process: Yama (Ubuntu) lets a user who is not root trace nothing but children."""
    with suppress(OSError):  # EINVAL: this kernel has no Yama
        syscall.raw_syscall(syscall.SYS_PRCTL, syscall.PR_SET_PTRACER, syscall.PR_SET_PTRACER_ANY)


@contextmanager
def tracing(pid: int, log: Path, *options: str) -> Iterator[None]:
    """Have strace write down all calls of a process that is `traceable`, while the block lasts."""
    command = [tool("strace"), "-f", "-qq", "-p", str(pid), "-o", str(log), *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as strace:
        try:
            eventually(lambda: f"TracerPid:\t{strace.pid}\n" in Path(f"/proc/{pid}/status").read_text())
            yield
        finally:
            strace.terminate()
            errors = strace.communicate()[1]
    assert errors == ""


def run_traced(*arguments: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """Run strace to its end, with a program of its own, which does not go on without it, whatever happens."""
    command = [tool("strace"), *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True, start_new_session=True) as strace:
        try:
            output, errors = strace.communicate(timeout=timeout)
        finally:
            with suppress(ProcessLookupError):  # all have ended
                os.killpg(strace.pid, signal.SIGKILL)
    return subprocess.CompletedProcess(command, strace.returncode, output, errors)


def traced_calls(log: Path) -> list[str]:
    """The names of the calls that strace has written down, but for those of memory.

    Where the machine has 32 bits, a call with a time of 64 goes by the name of the other.
    """
    made = re.findall(r"^(?:\d+ +)?(\w+?)(?:_time64)?\(", log.read_text(), re.MULTILINE)
    return [call for call in made if call not in ("brk", "mmap", "munmap", "madvise")]
