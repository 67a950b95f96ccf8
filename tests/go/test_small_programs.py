"""ls, watch and run, each in Go and in Python: what they print of the same files and commands, and how they end."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.programs import ROOT, Program, eventually

from . import toolchain

LANGUAGES = ("Go", "Python")


def start(language: str, name: str) -> list[str]:
    return [str(toolchain.program(name))] if language == "Go" else [sys.executable, "-m", f"examples.{name}"]


def ended(language: str, name: str, *arguments: str) -> tuple[int, str, str]:
    command = [*start(language, name), *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout, done.stderr


def both(name: str, *arguments: str) -> tuple[int, str, str]:
    go, python = (ended(language, name, *arguments) for language in LANGUAGES)
    assert python == go
    return python


def test_ls_prints_the_same(tmp_path: Path) -> None:
    (tmp_path / "directory").mkdir(mode=0o1777)
    (tmp_path / "program").touch(mode=0o4755)
    (tmp_path / "link").symlink_to("program")
    os.mkfifo(tmp_path / "fifo")
    for i in range(500):
        (tmp_path / f"{i:03}-{'x' * 100}").touch()
    status, said, complaints = both("ls", str(tmp_path), "/dev", "/etc/passwd", "/no/such")
    assert (status, complaints) == (1, "/no/such: lstat failed: no such file or directory\n")
    assert said.count("\n") > 504
    both("ls", "--all", "/usr")


def changes(root: Path) -> list[tuple[Callable[[], object], int]]:
    """What is done to a tree, and how many lines tell of it."""
    return [
        (lambda: (root / "file").write_bytes(b"x"), 2),
        (lambda: (root / "before" / "a").mkdir(), 1),
        (lambda: (root / "before" / "a" / "b").touch(), 2),
        (lambda: (root / "before").rename(root / "after"), 4),
        (lambda: (root / "after" / "a" / "b").unlink(), 1),
    ]


def watched(language: str, root: Path) -> str:
    """What is told of these changes."""
    (root / "before").mkdir(parents=True)
    with Program("watch", command=[*start(language, "watch"), str(root)]) as program:
        program.wait_for("watching ")
        lines = 0
        for change, more in changes(root):
            change()
            lines += more
            wanted = lines
            eventually(lambda wanted=wanted: program.output().count(b"\n") >= wanted)  # type: ignore[misc]
        assert program.stop() == 0
        return program.output().decode().replace(str(root), "ROOT")


def test_watch_tells_the_same(tmp_path: Path) -> None:
    go, python = (watched(language, tmp_path / language) for language in LANGUAGES)
    assert python == go
    assert "created ROOT/after/a/b\n" in go


SCRIPT = "hostname 2>/dev/null || cat /proc/sys/kernel/hostname; id -u; echo $$; set -- /proc/[0-9]*; echo $#; exit 7"


def test_run_runs_a_command_in_namespaces_of_its_own() -> None:
    status, said, complaints = both("run", "--hostname", "elsewhere", "--", "sh", "-c", SCRIPT)
    assert (status, complaints) == (7, "")
    assert said.split() == ["elsewhere", "0", "1", "1"]


def test_run_tells_how_a_command_ended() -> None:
    assert both("run", "--", "sh", "-c", "exit 0")[0] == 0
    status, _, complaints = both("run", "--", "no-such-program")
    assert (status, complaints) == (1, "no-such-program: no such program\n")
    assert both("run", "--root", "/no/such", "--", "true")[::2] == (1, "mount failed: no such file or directory\n")


@pytest.mark.parametrize("language", LANGUAGES)
def test_run_has_a_network_with_nothing_in_it(language: str) -> None:
    status, said, _ = ended(language, "run", "--", "cat", "/proc/net/dev")
    assert status == 0
    assert [line.split(":")[0].strip() for line in said.splitlines()[2:]] == ["lo"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_of_it_is_left_outside(language: str) -> None:
    before = Path("/proc/self/mountinfo").read_text()
    script = "mount | wc -l; mkdir -p /tmp/x; hostname nowhere 2>/dev/null; true"
    assert ended(language, "run", "--", "sh", "-c", script)[0] == 0
    assert Path("/proc/self/mountinfo").read_text() == before
