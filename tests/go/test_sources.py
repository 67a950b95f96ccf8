"""The Go sources as Go's own tools want them."""

import subprocess

from .toolchain import HERE, environment, goroot


def go_tool(*command: str) -> str:
    root = goroot()
    assert root is not None
    tool = [str(root / "bin" / command[0]), *command[1:]]
    done = subprocess.run(tool, cwd=HERE, env=environment(), capture_output=True, text=True)
    return done.stdout + done.stderr


def test_gofmt() -> None:
    assert go_tool("gofmt", "-l", ".") == ""


def test_vet() -> None:
    assert go_tool("go", "vet", "./...") == ""
