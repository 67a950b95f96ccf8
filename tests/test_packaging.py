"""The wheel and the source distribution: what they hold, and that they work where they are installed."""

import tarfile
from email import message_from_string
from pathlib import Path, PurePath
from zipfile import ZipFile

import pysyscall as syscall

from . import wheel

METADATA = ".dist-info"


def names(path: Path) -> list[str]:
    with ZipFile(path) as archive:
        return sorted(archive.namelist())


def metadata(name: str) -> dict[str, list[str]]:
    """A file of headers in the wheel: the values of each."""
    with ZipFile(wheel.wheel()) as archive:
        [path] = [path for path in archive.namelist() if path.endswith(f"{METADATA}/{name}")]
        message = message_from_string(archive.read(path).decode())
    return {key: message.get_all(key, []) for key in message}


def test_the_wheel_is_for_any_machine_and_any_python_3() -> None:
    assert wheel.wheel().name.endswith("-py3-none-any.whl")
    assert metadata("WHEEL")["Tag"] == ["py3-none-any"]
    assert metadata("WHEEL")["Root-Is-Purelib"] == ["true"]
    assert metadata("METADATA")["Requires-Python"] == [">=3.10"]


def test_the_wheel_depends_on_nothing() -> None:
    unconditional = [line for line in metadata("METADATA").get("Requires-Dist", []) if "extra ==" not in line]
    assert unconditional == []


def test_the_wheel_holds_the_package_with_its_stubs_and_nothing_else() -> None:
    held = [name for name in names(wheel.wheel()) if not PurePath(name).parts[0].endswith(METADATA)]
    sources = {path.relative_to(wheel.copy()) for path in (wheel.copy() / "pysyscall").rglob("*")}
    stubs = {path.relative_to(wheel.copy() / "stubs") for path in (wheel.copy() / "stubs" / "pysyscall").rglob("*")}
    expected = sorted(str(path) for path in sources | stubs if path.suffix)
    assert held == expected
    assert {"pysyscall/py.typed", "pysyscall/__init__.py", "pysyscall/__init__.pyi"} <= set(held)


def test_each_stub_in_the_wheel_lies_beside_its_module() -> None:
    held = set(names(wheel.wheel()))
    stubs = [name for name in names(wheel.wheel()) if name.endswith(".pyi")]
    assert len(stubs) == len(set(stubs)) > 20
    assert [name for name in stubs if name.removesuffix("i") not in held] == []


def test_the_version_is_said_in_one_place() -> None:
    assert metadata("METADATA")["Version"] == [syscall.__version__]


def test_the_source_distribution_holds_all_that_git_tracks_and_makes_the_same_wheel() -> None:
    with tarfile.open(wheel.sdist()) as archive:
        held = {str(PurePath(*PurePath(name).parts[1:])) for name in archive.getnames()}
    tracked = {str(path.relative_to(wheel.copy())) for path in wheel.copy().rglob("*") if path.is_file()}
    assert tracked - held == set()
    assert names(wheel.wheel_of_sdist()) == names(wheel.wheel())


def test_the_installed_package_works_and_is_the_installed_one() -> None:
    code = "import pysyscall; print(pysyscall.__file__); print(pysyscall.AF_INET); pysyscall.close(pysyscall.dup(1))"
    python = wheel.python()
    file, value = wheel.run(python, "-c", code, cwd=python.parent).split()
    assert file.startswith(str(python.parent.parent))
    assert value == "2"
