"""The project as it is shipped: built from a clean copy of what git tracks, and installed where only it is."""

import atexit
import importlib.util
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).resolve().parent.parent


@cache
def directory() -> Path:
    """Where all this is made, until Python ends."""
    made = Path(mkdtemp(prefix="pysyscall-wheel-"))
    atexit.register(shutil.rmtree, made)
    return made


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


@cache
def copy() -> Path:
    """The files that git tracks, as they are now."""
    if not (ROOT / ".git").exists():
        pytest.skip("needs a git clone: what is shipped is what git tracks")
    into = directory() / "copy"
    for name in run("git", "ls-files", "-z").split("\0"):
        if name and (ROOT / name).is_file():
            (into / name).parent.mkdir(parents=True, exist_ok=True)
            (into / name).write_bytes((ROOT / name).read_bytes())
    return into


def need(module: str) -> None:
    """Skip the test where this Python has no such module."""
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"tool: {module}, for {sys.executable}")


def build(source: Path, into: Path) -> Path:
    """The wheel of a source tree or distribution, by pip as a user builds it, but with the hatchling that is here."""
    need("pip")
    need("hatchling")
    options = ["--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--disable-pip-version-check"]
    run(sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", into, source)
    [wheel] = into.glob("*.whl")
    return wheel


@cache
def wheel() -> Path:
    return build(copy(), directory() / "wheel")


@cache
def unpacked() -> Path:
    """A directory with what the wheel installs, and nothing else."""
    into = directory() / "unpacked"
    with ZipFile(wheel()) as archive:
        archive.extractall(into)
    return into


@cache
def sdist() -> Path:
    into = directory() / "sdist"
    need("hatchling")
    run(sys.executable, "-m", "hatchling", "build", "--target", "sdist", "--directory", into, cwd=copy())
    [archive] = into.glob("*.tar.gz")
    return archive


@cache
def wheel_of_sdist() -> Path:
    return build(sdist(), directory() / "wheel-of-sdist")


@cache
def python() -> Path:
    """The Python of a virtual environment with the wheel and nothing else."""
    return _installed(wheel(), directory() / "venv")


@cache
def editable_python() -> Path:
    """The Python of a virtual environment with an editable install of the copy and nothing else."""
    need("hatchling")
    into = directory() / "editable"
    into.mkdir()
    code = "import sys; from hatchling.build import build_editable; build_editable(sys.argv[1])"
    run(sys.executable, "-c", code, into, cwd=copy())
    [built] = into.glob("*.whl")
    return _installed(built, directory() / "venv-editable")


def _installed(built: Path, venv: Path) -> Path:
    run(sys.executable, "-m", "venv", "--without-pip", venv)
    inside = venv / "bin" / "python"
    options = ["--quiet", "--no-index", "--disable-pip-version-check"]
    run(sys.executable, "-m", "pip", "--python", inside, "install", *options, built)
    return inside
