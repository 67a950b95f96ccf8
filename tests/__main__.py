"""python3 -m tests: everything that must hold, in one command, from a fresh clone and any CPython from 3.10 on.

Makes `.venv`, installs the project there with its test extra, and runs ruff, mypy and pytest. Whatever is no
option of this command goes to pytest: `python3 -m tests -k epoll`.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from . import machines

ROOT = Path(__file__).resolve().parent.parent
LEAST = (3, 10)
NOTHING_COLLECTED = 5  # pytest's exit status

# Command, and the Debian package that has it.
SYSTEM_TOOLS = {
    "strace": "strace",
    "curl": "curl",
    "dnsmasq": "dnsmasq-base",
    "ip": "iproute2",
    "wrk": "wrk",
    "tshark": "tshark",
}


class Share:
    """A pytest process that runs its part of the tests: the first shows its progress, the others all when they end."""

    def __init__(self, command: list[str], environment: dict[str, str], folder: Path, number: int, count: int) -> None:
        self._report = folder / f"{number}.xml"
        self._log = None if number == 1 else open(folder / f"{number}.log", "w+")  # noqa: SIM115  # closed by __exit__
        share = [] if count == 1 else ["-p", "tests.share", "--share", f"{number}/{count}"]
        self._process = subprocess.Popen(
            [*command, f"--junitxml={self._report}", *share],
            cwd=ROOT,
            env=environment,
            stdout=self._log,
            stderr=self._log and subprocess.STDOUT,
        )

    def __enter__(self) -> Share:
        return self

    def __exit__(self, *exception: object) -> None:
        self._process.kill()
        self._process.wait()
        if self._log:
            self._log.close()

    def wait(self) -> int:
        """Its exit status, once it has ended."""
        status = self._process.wait()
        if self._log:
            self._log.seek(0)
            print(self._log.read(), flush=True)
        return status

    def count(self) -> tuple[int, int, int]:
        """How many tests there were; of these failed, or in error; and skipped."""
        if not self._report.exists():
            return 0, 0, 0
        suites = [suite.attrib for suite in ElementTree.parse(self._report).getroot().iter("testsuite")]
        tests, failures, errors, skipped = (
            sum(int(suite[kind]) for suite in suites) for kind in ("tests", "failures", "errors", "skipped")
        )
        return tests, failures + errors, skipped


class Run:
    """The steps of one run: each has its line with its time, and its output where it fails."""

    def __init__(self) -> None:
        self.passed = 0
        self.failed = 0
        self.skipped = 0
        self.failures: list[str] = []

    def step(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        """Run a command that says nothing unless it fails."""
        start = time.monotonic()
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        if done.returncode:
            print(done.stdout + done.stderr, flush=True)
        self._line(name, start, done.returncode == 0)
        self.passed += done.returncode == 0
        self.failed += done.returncode != 0

    def tests(
        self, name: str, python: Path, arguments: list[str], environment: dict[str, str], processes: int = 1
    ) -> None:
        """Run pytest, in so many processes at once, and count the tests."""
        start = time.monotonic()
        command = [str(python), "-m", "pytest", "--durations=10", *arguments]
        with TemporaryDirectory() as folder, ExitStack() as stack:
            shares = [
                stack.enter_context(Share(command, environment, Path(folder), number, processes))
                for number in range(1, processes + 1)
            ]
            statuses = [share.wait() for share in shares]
            counts = [share.count() for share in shares]
        if any(tests for tests, _, _ in counts):
            statuses = [0 if status == NOTHING_COLLECTED else status for status in statuses]
        for status, (tests, bad, skipped) in zip(statuses, counts, strict=True):
            self.passed += tests - bad - skipped
            self.failed += bad or (status != 0)  # pytest itself: nothing collected, a crash, an interrupt
            self.skipped += skipped
        self._line(name, start, not any(statuses))

    def _line(self, name: str, start: float, passed: bool) -> None:
        print(f"{'ok' if passed else 'FAILED':6} {time.monotonic() - start:6.1f} s  {name}", flush=True)
        if not passed:
            self.failures.append(name)

    def summary(self) -> int:
        """Say what failed, and the counts on the last line: tests, and each other step as one."""
        for name in self.failures:
            print(f"failed: {name}")
        if self.skipped:
            print(f"{self.skipped} skipped")
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failures else 0


def environment(venv: Path) -> dict[str, str]:
    """The environment of a command inside a virtual environment."""
    path = [str(venv / "bin"), os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"]
    return {**os.environ, "VIRTUAL_ENV": str(venv), "PATH": os.pathsep.join(path)}


def install(python: str, venv: Path, extras: str) -> Path:
    """The Python of a virtual environment with the project and these extras; quick where nothing changed."""
    inside = venv / "bin" / "python"
    stamp = venv / "installed"
    wanted = hashlib.sha256(extras.encode() + (ROOT / "pyproject.toml").read_bytes()).hexdigest()
    # A virtual environment does not survive its Python's removal, nor being moved.
    if inside.exists() and stamp.exists() and stamp.read_text() == f"{wanted} {venv}":
        return inside
    start = time.monotonic()
    if not inside.exists():
        made = subprocess.run([python, "-m", "venv", str(venv)], capture_output=True, text=True)
        if made.returncode:
            # Debian packs ensurepip, without which venv makes no pip, apart from Python.
            shutil.rmtree(venv, ignore_errors=True)
            print(made.stdout + made.stderr)
            sys.exit(f"{python} cannot make {venv.name}; on Debian: apt-get install python3-venv")
    pip = [str(inside), "-m", "pip", "--disable-pip-version-check", "install", "--editable", f".[{extras}]"]
    installed = subprocess.run(pip, cwd=ROOT, capture_output=True, text=True)
    if installed.returncode:
        print(installed.stdout + installed.stderr)
        sys.exit(f"failed in {ROOT}: {' '.join(pip)}")
    stamp.write_text(f"{wanted} {venv}")
    print(f"{'ok':6} {time.monotonic() - start:6.1f} s  {venv.name} with the extras {extras}", flush=True)
    return inside


def pythons() -> dict[str, str]:
    """Each minor version of CPython on the PATH and in pyenv, from 3.10 on."""
    found: dict[str, str] = {}
    directories = [Path(entry) for entry in os.environ.get("PATH", os.defpath).split(os.pathsep)]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    directories += sorted(pyenv.glob("versions/*/bin"))
    for directory in directories:
        for candidate in sorted(directory.glob("python3.*")):
            if re.fullmatch(r"python3\.\d+", candidate.name) and candidate.name not in found:
                code = "import sys; print(sys.implementation.name, *sys.version_info[:2])"
                told = subprocess.run([str(candidate), "-c", code], capture_output=True, text=True).stdout.split()
                if told[:1] == ["cpython"] and (int(told[1]), int(told[2])) >= LEAST:
                    found[candidate.name] = str(candidate)
    return dict(sorted(found.items(), key=lambda item: int(item[0].partition(".")[2])))


def missing_tools() -> None:
    """Say which programs the tests would use are not there, and how to get them."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
    missing = [tool for tool in SYSTEM_TOOLS if shutil.which(tool, path=path) is None]
    if missing:
        print(f"missing: {', '.join(missing)}; on Debian: apt-get install {' '.join(SYSTEM_TOOLS[t] for t in missing)}")


def check(run: Run, python: Path, inside: dict[str, str]) -> None:
    """The steps before the tests."""
    tool = [str(python), "-m"]
    run.step("ruff check", [*tool, "ruff", "check", "."], inside)
    run.step("ruff format", [*tool, "ruff", "format", "--check", "."], inside)
    run.step("mypy: package and tests", [*tool, "mypy", "pysyscall", "tests"], inside)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python3 -m tests", description=__doc__.partition("\n")[0])
    parser.add_argument("--full", action="store_true", help="install the heavier tools too, and let no test be skipped")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="run the tests in N processes at once")
    parser.add_argument(
        "--all-pythons", action="store_true", help="run the tests under every CPython from 3.10 on that is found"
    )
    parser.add_argument(
        "--machine", metavar="ARCH-SUITE", help="run the tests on another machine, in a root of Debian's (needs root)"
    )
    parser.add_argument("--python", default="python3", help="with --machine: which of its Pythons")
    options, for_pytest = parser.parse_known_args()
    if options.machine:
        counts = machines.run(options.machine, for_pytest, options.python)
        print(f"{options.machine}: {counts.skipped} skipped")
        print(f"{counts.passed} passed, {counts.failed} failed")
        return 1 if counts.failed else 0
    if options.full:
        missing_tools()
    extras = "test,full" if options.full else "test"
    if options.full:
        for_pytest = ["-p", "tests.full", "-rs", *for_pytest]

    run = Run()
    venv = ROOT / ".venv"
    python = install(sys.executable, venv, extras)
    check(run, python, environment(venv))
    if options.all_pythons:
        for name, interpreter in pythons().items():
            venv = ROOT / f".venv-{name.removeprefix('python')}"
            run.tests(
                f"pytest, {name}", install(interpreter, venv, extras), for_pytest, environment(venv), options.jobs
            )
    else:
        run.tests("pytest", python, for_pytest, environment(venv), options.jobs)
    return run.summary()


if __name__ == "__main__":
    if sys.version_info < LEAST:
        sys.exit(f"Python {sys.version.split()[0]} is too old: pysyscall needs 3.10 or later")
    sys.exit(main())
