"""What editors see: pyright's errors in users' scripts and in the examples, and jedi's completion.

For the installed wheel, and for a checkout. Both tools come with --full.
"""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from . import wheel
from .test_typing import PASSES


def pyright(directory: Path, python: str | Path, *arguments: str) -> str:
    """What pyright has found, as it prints it; its last line counts."""
    if find_spec("pyright") is None:
        pytest.skip("pyright is not installed: python3 -m tests --full")
    command = [sys.executable, "-m", "pyright", "--pythonpath", str(python), *arguments]
    environment = {**os.environ, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
    done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.stdout.strip()


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
