"""The committed stubs are those that the sources make, and name all that the running package has."""

import ast
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

import pysyscall as syscall

from . import make_stubs
from .make_stubs import ROOT, differences, generate

# What the face needs for itself.
NOT_PUBLIC = {"TYPE_CHECKING", "no_attribute"}


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A copy of the sources, to be changed."""
    shutil.copytree(ROOT / "pysyscall", tmp_path / "sources" / "pysyscall")
    return tmp_path / "sources"


def names_in(stub: Path) -> set[str]:
    """The public names of a stub: defined, imported as themselves, or taken by a star."""
    names: set[str] = set()
    for statement in ast.parse(stub.read_text()).body:
        if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
            names.add(statement.name)
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            names.add(statement.target.id)
        elif isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*":
            path = stub.parent / (statement.module or "").replace(".", "/")
            names |= names_in(path / "__init__.pyi" if path.is_dir() else path.with_suffix(".pyi"))
        elif isinstance(statement, ast.ImportFrom):
            names |= {alias.name for alias in statement.names if alias.asname == alias.name}
    return names


def test_the_stubs_are_up_to_date(tmp_path: Path) -> None:
    generate(ROOT, tmp_path)
    assert differences(ROOT / "stubs", tmp_path) == [], f"run {make_stubs.COMMAND}"


@pytest.mark.parametrize(
    ("file", "old", "new", "stub"),
    [
        ("io/descriptors.py", "def close(fd: int)", "def close(fd: int, quietly: bool = False)", "io/descriptors.pyi"),
        ("sockets/sockets.py", "backlog: int", "backlog: float", "sockets/sockets.pyi"),
        ("constants/_sockets.py", "AF_INET: Final = 2", "AF_INET: Final = 3", "constants/_sockets.pyi"),
        ("clocks/structs.py", "    usec: Long", "    micros: Long", "clocks/structs.pyi"),
        ("__init__.py", "    from .sockets.sockets import bind as bind\n", "", "__init__.pyi"),
    ],
)
def test_a_change_of_the_public_surface_shows(
    sources: Path, tmp_path: Path, file: str, old: str, new: str, stub: str
) -> None:
    changed = sources / "pysyscall" / file
    text = changed.read_text()
    assert text.count(old) == 1
    changed.write_text(text.replace(old, new))
    generate(sources, tmp_path / "stubs")
    assert f"pysyscall/{stub}" in differences(ROOT / "stubs", tmp_path / "stubs")


def test_a_change_inside_a_function_does_not_show(sources: Path, tmp_path: Path) -> None:
    changed = sources / "pysyscall" / "system" / "errnos.py"
    changed.write_text(changed.read_text().replace("errno {int(self)}", "number {int(self)}") + "\n\n_private = 1\n")
    generate(ROOT, tmp_path / "before")
    generate(sources, tmp_path / "after")
    assert differences(tmp_path / "before", tmp_path / "after") == []


@pytest.mark.parametrize(
    "change",
    [
        lambda stubs: (stubs / "pysyscall" / "net" / "byte_order.pyi").unlink(),
        lambda stubs: (stubs / "pysyscall" / "more.pyi").touch(),
        lambda stubs: (stubs / "pysyscall" / "net" / "byte_order.pyi").write_text("\n"),
    ],
    ids=["missing", "more", "changed"],
)
def test_a_stub_changed_by_hand_is_found(tmp_path: Path, change: Callable[[Path], object]) -> None:
    committed = ROOT / "stubs"
    shutil.copytree(committed, tmp_path / "stubs")
    assert differences(committed, tmp_path / "stubs") == []
    change(tmp_path / "stubs")
    assert len(differences(committed, tmp_path / "stubs")) == 1


def test_the_stubs_name_what_the_package_has() -> None:
    """stubtest looks from the stubs to the package; this looks back, and needs neither."""
    running = {
        name
        for name in dir(syscall)
        if not name.startswith("_") and not isinstance(getattr(syscall, name), ModuleType) and name not in NOT_PUBLIC
    }
    stubs = names_in(ROOT / "stubs" / "pysyscall" / "__init__.pyi")
    assert running - stubs == set()
    absent = {
        line.rpartition(r"\.")[2]
        for line in (ROOT / "stubs" / "absent.txt").read_text().splitlines()
        if re.match(r"pysyscall\(", line)
    }
    assert stubs - running <= absent


def test_no_type_is_invented(sources: Path) -> None:
    changed = sources / "pysyscall" / "io" / "descriptors.py"
    changed.write_text(changed.read_text().replace("def close(fd: int)", "def close(fd)"))
    with pytest.raises(SystemExit, match="fd has no type"):
        generate(sources, sources / "stubs")
