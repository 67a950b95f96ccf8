"""What mypy sees: users' scripts, and the examples, held against the installed wheel."""

import json
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from . import wheel

SCRIPTS = Path(__file__).parent / "typing"
PASSES = sorted((SCRIPTS / "passes").glob("*.py"))
FLAGGED = sorted((SCRIPTS / "flagged").glob("*.py"))

Error = tuple[int, str]  # line and code


@cache
def mypy() -> dict[str, dict[Error, str]]:
    """The message of each error in each script."""
    with TemporaryDirectory() as directory:
        for script in PASSES + FLAGGED:
            (Path(directory) / script.name).write_text(script.read_text())
        shutil.copytree(wheel.copy() / "examples", Path(directory) / "examples")
        command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir=cache", "--output=json"]
        command += ["--python-executable", str(wheel.python()), "examples"]
        command += [script.name for script in PASSES + FLAGGED]
        done = subprocess.run(command, cwd=directory, capture_output=True, text=True)
    assert done.returncode == 1, done.stdout + done.stderr  # 2 would be a failure of mypy itself
    errors: dict[str, dict[Error, str]] = {}
    for line in done.stdout.splitlines():
        told = json.loads(line)
        if told["severity"] == "error":
            errors.setdefault(told["file"], {})[told["line"], told["code"]] = told["message"]
    return errors


def marked(script: Path) -> set[Error]:
    marks = (
        (number, re.search(r"# error: (\S+)", line)) for number, line in enumerate(script.read_text().splitlines(), 1)
    )
    return {(number, mark[1]) for number, mark in marks if mark}


@pytest.mark.parametrize("script", PASSES, ids=lambda script: script.stem)
def test_a_program_without_errors_passes_mypy_strict(script: Path) -> None:
    assert mypy().get(script.name, {}) == {}


@pytest.mark.parametrize("script", PASSES, ids=lambda script: script.stem)
def test_the_same_program_works(script: Path, tmp_path: Path) -> None:
    wheel.run(wheel.python(), "-I", script, cwd=tmp_path)


@pytest.mark.parametrize("script", FLAGGED, ids=lambda script: script.stem)
def test_mypy_flags_each_marked_line_and_no_other(script: Path) -> None:
    found, expected = mypy().get(script.name, {}), marked(script)
    assert expected
    assert expected - found.keys() == set(), "not flagged"
    assert {error: message for error, message in found.items() if error not in expected} == {}


def test_the_examples_pass_mypy_strict() -> None:
    assert {name: errors for name, errors in mypy().items() if name.startswith("examples")} == {}
