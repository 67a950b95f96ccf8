"""What type checkers and editors see: mypy and pyright of users' scripts and of the examples, and jedi's completion.

Users' scripts and the examples are held against the installed wheel; pyright and jedi look at a checkout too.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

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


def pyright(directory: Path, python: str | Path, *arguments: str) -> str:
    """What pyright has found, as it prints it; its last line counts."""
    if find_spec("pyright") is None:
        pytest.skip("pyright is not installed: python3 -m tests --full")
    command = [sys.executable, "-m", "pyright", "--pythonpath", str(python), *arguments]
    environment = {**os.environ, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
    done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.stdout.strip()


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


def test_pyright_finds_no_error_in_the_examples_of_a_checkout() -> None:
    assert pyright(wheel.copy(), sys.executable, "examples").splitlines()[-1].startswith("0 errors, 0 warnings")


def test_a_program_without_errors_passes_pyright_strict(tmp_path: Path) -> None:
    for script in PASSES:
        (tmp_path / script.name).write_text(script.read_text())
    (tmp_path / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    assert pyright(tmp_path, wheel.python()).splitlines()[-1].startswith("0 errors, 0 warnings")


@pytest.mark.parametrize("installed", ["checkout", "editable", "wheel"])
def test_an_editor_completes_names_and_shows_docstrings(installed: str, tmp_path: Path) -> None:
    """A script at the top of a checkout; and one elsewhere, for a virtual environment with the package."""
    jedi = pytest.importorskip("jedi", reason="jedi is not installed: python3 -m tests --full")
    jedi.settings.cache_directory = tmp_path / "cache"
    if installed == "checkout":
        directory, environment = wheel.copy(), jedi.InterpreterEnvironment()
    else:
        python = wheel.python() if installed == "wheel" else wheel.editable_python()
        directory, environment = tmp_path, jedi.create_environment(python.parent.parent, safe=False)

    def script(code: str) -> Any:
        project = jedi.Project(directory)
        return jedi.Script(code, path=directory / "program.py", project=project, environment=environment)

    completed = {each.name for each in script("import pysyscall as syscall\nsyscall.recv").complete()}
    assert {"recvfrom", "recvmsg"} <= completed
    completed = {each.name for each in script("import pysyscall as syscall\nsyscall.SO_REUSE").complete()}
    assert completed == {"SO_REUSEADDR", "SO_REUSEPORT"}
    [shown] = script("import pysyscall as syscall\nsyscall.recvmsg").help(2, 10)
    assert "Returns the number of bytes, the number of bytes of oob" in " ".join(shown.docstring().split())
