"""The processes that do the work: each alone on a CPU, as far as there are two, and what it takes of it."""

from __future__ import annotations

import json
import os
import pickle
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, NamedTuple

import pysyscall as syscall
from examples.shared.forked import become
from examples.tour import laboratory

from .contest import Sample, Wrong

ROOT = Path(__file__).resolve().parent.parent.parent
_CPUS = sorted(os.sched_getaffinity(0))
LOAD_CPU, WORK_CPU = _CPUS[0], _CPUS[-1]
ANY_CPU = None  # the scheduler's choice


def pin(cpu: int | None) -> None:
    """Stay on a CPU, and do not outlive the parent process."""
    os.sched_setaffinity(0, _CPUS if cpu is ANY_CPU else {cpu})
    syscall.raw_syscall(syscall.SYS_PRCTL, syscall.PR_SET_PDEATHSIG, signal.SIGKILL)


def cpu_seconds(pid: int) -> float:
    """How long a process has computed so far, in the kernel too, all its threads together: clock_getcpuclockid(3)."""
    return time.clock_gettime(~pid << 3 | 2)


class Stopwatch:
    """What this process takes from here on."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def sample(self, operations: int, dropped: int = 0) -> Sample:
        return Sample(operations, time.perf_counter() - self._wall, time.process_time() - self._cpu, dropped)


def forked(function: Callable[..., Sample], *args: object) -> Sample:
    """The sample of function(*args) in a process of its own, on the CPU for the work."""
    reading, writing = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        become(_report, writing, function, *args)
    os.close(writing)
    with os.fdopen(reading, "rb") as f:
        told = f.read()
    os.waitpid(pid, 0)
    if not told:
        raise Wrong(f"{function.__name__} has failed")
    sample: Sample = pickle.loads(told)
    return sample


def _report(writing: int, function: Callable[..., Sample], *args: object) -> None:
    pin(WORK_CPU)
    try:
        sample = function(*args)
    except Wrong as wrong:
        sys.exit(f"{function.__name__}: {wrong}")
    os.write(writing, pickle.dumps(sample))


def started(command: Sequence[object], cpu: int | None, **files: Any) -> subprocess.Popen[str]:
    """A program on a CPU."""
    return subprocess.Popen([str(word) for word in command], cwd=ROOT, preexec_fn=partial(pin, cpu), text=True, **files)


def program(command: Sequence[object], cpu: int = WORK_CPU, stdin: IO[Any] | int = subprocess.DEVNULL) -> Sample:
    """The sample that a program in C or Go writes at its end."""
    with started(command, cpu, stdin=stdin, stdout=subprocess.PIPE) as process:
        return sample_of(process)


def sample_of(process: subprocess.Popen[str]) -> Sample:
    """The sample that a program in C or Go writes to its stdout."""
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise Wrong(f"{process.args!r} has failed")
    return Sample(**json.loads(line))


class Server(NamedTuple):
    pid: int
    port: int

    def under(self, load: Sequence[object]) -> Sample:
        """The operations and the time of a load generator, and the CPU time that they take the server."""
        before = cpu_seconds(self.pid)
        seen = program(load, LOAD_CPU)
        return seen._replace(cpu=cpu_seconds(self.pid) - before)

    def under_many(self, load: Sequence[object], count: int) -> Sample:
        """The same of so many load generators at once, and of a server in several processes, on any CPUs."""
        before = self._cpu_seconds_of_all()
        with ExitStack() as stack:
            generators = [stack.enter_context(started(load, ANY_CPU, stdout=subprocess.PIPE)) for _ in range(count)]
            seen = [sample_of(each) for each in generators]
        cpu = self._cpu_seconds_of_all() - before
        return Sample(sum(each.operations for each in seen), max(each.wall for each in seen), cpu)

    def _cpu_seconds_of_all(self) -> float:
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return sum(cpu_seconds(int(pid)) for pid in (str(self.pid), *children))


@contextmanager
def server(command: Sequence[object], cpu: int | None = WORK_CPU) -> Iterator[Server]:
    """A server that tells its port on its first line, killed at the end. What else it says goes into a file."""
    with (
        TemporaryFile() as said,
        started(command, cpu, stdin=subprocess.DEVNULL, stdout=said, stderr=said) as process,
    ):
        try:
            while b"\n" not in (told := os.pread(said.fileno(), 4096, 0)) and process.poll() is None:
                time.sleep(0.005)
            port = re.search(rb"(?:port |:)(\d+)\D*$", told.partition(b"\n")[0])
            if port is None:
                raise Wrong(f"{process.args!r} tells no port: {told!r}")
            yield Server(process.pid, int(port[1]))
        finally:
            process.kill()


@contextmanager
def forked_server(function: Callable[[int], object], fd: int, port: int) -> Iterator[Server]:
    """A server that is function(fd) in a process of its own, killed at the end."""
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        pin(WORK_CPU)
        become(function, fd)
    try:
        yield Server(pid, port)
    finally:
        laboratory.end(pid)
