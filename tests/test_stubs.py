"""The committed stubs are those that the sources make, and say what the running package has."""

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

import pysyscall as syscall

from . import make_stubs, wheel
from .make_stubs import ROOT, differences, generate


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the sources and their stubs, to be changed."""
    for part in ("pysyscall", "stubs"):
        shutil.copytree(ROOT / part, tmp_path / "project" / part, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "project"


def names_in(stub: Path) -> set[str]:
    """The public names of a stub: defined, imported as themselves, or taken by a star."""
    names: set[str] = set()
    for statement in ast.parse(stub.read_text()).body:
        if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
            names.add(statement.name)
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            names.add(statement.target.id)
        elif isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*":
            names |= names_in(stub.parent / (statement.module or "") / "__init__.pyi")
        elif isinstance(statement, ast.ImportFrom):
            names |= {alias.name for alias in statement.names if alias.asname == alias.name}
    return names


def test_the_stubs_are_up_to_date(tmp_path: Path) -> None:
    generate(ROOT, tmp_path)
    assert differences(ROOT, tmp_path) == [], f"run {make_stubs.COMMAND}"


@pytest.mark.parametrize(
    ("file", "old", "new", "stub"),
    [
        (
            "io/descriptors.py",
            "def close(fd: int)",
            "def close(fd: int, quietly: bool = False)",
            "stubs/pysyscall/io/descriptors.pyi",
        ),
        ("sockets/sockets.py", "backlog: int", "backlog: float", "stubs/pysyscall/sockets/sockets.pyi"),
        ("constants/common.py", "\nAF_INET 2\n", "\nAF_INET 3\n", "pysyscall/constants/__init__.pyi"),
        ("clocks/structs.py", "    usec: Long", "    micros: Long", "stubs/pysyscall/clocks/structs.pyi"),
        ("__init__.py", "accept accept4 bind", "accept accept4", "pysyscall/__init__.pyi"),
    ],
)
def test_a_change_of_the_public_surface_shows(
    project: Path, tmp_path: Path, file: str, old: str, new: str, stub: str
) -> None:
    changed = project / "pysyscall" / file
    text = changed.read_text()
    assert text.count(old) == 1
    changed.write_text(text.replace(old, new))
    generate(project, tmp_path / "generated")
    assert stub in differences(project, tmp_path / "generated")


def test_a_change_inside_a_function_does_not_show(project: Path, tmp_path: Path) -> None:
    changed = project / "pysyscall" / "system" / "errnos.py"
    changed.write_text(changed.read_text().replace("errno {int(self)}", "number {int(self)}") + "\n\n_private = 1\n")
    generate(ROOT, tmp_path / "before")
    generate(project, tmp_path / "after")
    assert differences(tmp_path / "before", tmp_path / "after") == []


@pytest.mark.parametrize(
    "change",
    [
        lambda project: (project / "stubs" / "pysyscall" / "net" / "byte_order.pyi").unlink(),
        lambda project: (project / "stubs" / "pysyscall" / "more.pyi").touch(),
        lambda project: (project / "stubs" / "pysyscall" / "net" / "byte_order.pyi").write_text("\n"),
        lambda project: (project / "pysyscall" / "__init__.pyi").unlink(),
        lambda project: (project / "pysyscall" / "io" / "waiting.pyi").touch(),
    ],
    ids=["missing", "more", "changed", "missing face", "in the wrong place"],
)
def test_a_stub_changed_by_hand_is_found(project: Path, change: Callable[[Path], object]) -> None:
    assert differences(ROOT, project) == []
    change(project)
    assert len(differences(ROOT, project)) == 1


def test_a_stub_says_no_docstring_so_that_editors_show_the_sources() -> None:
    for path in make_stubs.stubs(ROOT):
        if path.suffix == ".pyi":
            tree = ast.parse((ROOT / path).read_text())
            for node in ast.walk(tree):
                if isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef)):
                    assert ast.get_docstring(node) is None, path


def test_the_stubs_name_what_the_package_has() -> None:
    """stubtest looks from the stubs to the package; this looks back, and needs neither."""
    running = {
        name for name in dir(syscall) if not name.startswith("_") and not isinstance(getattr(syscall, name), ModuleType)
    }
    stubs = names_in(ROOT / "pysyscall" / "__init__.pyi") - {"__version__"}
    assert running - stubs == set()
    absent = {
        line.rpartition(r"\.")[2]
        for line in (ROOT / "stubs" / "absent.txt").read_text().splitlines()
        if re.match(r"pysyscall\(", line)
    }
    assert stubs - running <= absent


def test_no_type_is_invented(project: Path, tmp_path: Path) -> None:
    changed = project / "pysyscall" / "io" / "descriptors.py"
    changed.write_text(changed.read_text().replace("def close(fd: int)", "def close(fd)"))
    with pytest.raises(SystemExit, match="fd has no type"):
        generate(project, tmp_path / "generated")


def test_stubtest_finds_no_difference_between_the_wheel_and_its_stubs(tmp_path: Path) -> None:
    # The stubs alone: stubtest would take the sources of private modules for stubs.
    for stub in wheel.unpacked().rglob("*.pyi"):
        path = tmp_path / stub.relative_to(wheel.unpacked())
        path.parent.mkdir(parents=True, exist_ok=True)
        path.parent.joinpath("__init__.pyi").touch()
        shutil.copyfile(stub, path)
    command = [sys.executable, "-m", "mypy.stubtest", "--ignore-missing-stub", "--ignore-unused-allowlist"]
    command += ["--mypy-config-file", str(ROOT / "pyproject.toml"), "--allowlist", str(ROOT / "stubs" / "absent.txt")]
    environment = {**os.environ, "PYTHONPATH": str(wheel.unpacked()), "MYPYPATH": str(tmp_path)}
    done = subprocess.run([*command, "pysyscall"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
