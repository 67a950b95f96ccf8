"""run: a program in namespaces of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from ..namespaces import run_in_user_namespace
from ..programs import ROOT


@pytest.fixture(autouse=True)
def _namespaces() -> None:
    """Skipped where this machine makes none."""
    run_in_user_namespace(0, lambda: None)


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "examples.run", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)


def test_it_is_process_1_of_its_own_host() -> None:
    script = "cat /proc/sys/kernel/hostname; id -u; echo $$; cat /proc/1/comm; exit 7"
    done = run("--hostname", "elsewhere", "--", "sh", "-c", script)
    assert (done.returncode, done.stdout, done.stderr) == (7, "elsewhere\n0\n1\nsh\n", "")


def test_a_signal_that_ends_it_is_its_status() -> None:
    """Process 1 is spared by the kernel but for faults: so a child of the shell is, which has its status."""
    assert run("--", "sh", "-c", "sh -c 'kill -9 $$'; exit $?").returncode == 137
    assert run("--", sys.executable, "-c", "import ctypes; ctypes.string_at(0)").returncode == 139


def test_nothing_of_it_is_left_outside() -> None:
    before = Path("/proc/self/mountinfo").read_text()
    assert run("--", "sh", "-c", "test -d /proc/1 && test ! -e /proc/root").returncode == 0
    assert Path("/proc/self/mountinfo").read_text() == before


def test_what_cannot_be_run() -> None:
    done = run("--", "no-such-program")
    assert (done.returncode, done.stderr) == (1, "no-such-program: no such program\n")
    assert run("--root", "/no/such", "--", "true").stderr == "mount failed: no such file or directory\n"
    assert "usage: python3 -m examples.run" in run().stderr
