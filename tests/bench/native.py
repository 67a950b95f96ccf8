"""The programs in C and Go, built when they are first needed, and again when their source has changed."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
from functools import cache
from pathlib import Path

from tests.abi import compiler
from tests.go import toolchain

from .contest import Missing

HERE = Path(__file__).parent


@cache
def c(name: str, static: bool = False) -> str:
    """The path of a program in C, of the source c/NAME.c; static: one that needs no library."""
    sources = [*sorted((HERE / "c").glob("*.h")), HERE / "c" / f"{name}.c"]
    zig = compiler.zig()
    found = [str(zig), "cc"] if zig else [path for path in [shutil.which("cc")] if path]
    if not found:
        raise Missing("no C compiler: pip install ziglang")
    command = [*found, "-O2", "-Wall", "-Wextra", "-Werror"]
    if static:
        command += ["-target", f"{platform.machine()}-linux-musl"] if zig else ["-static"]
    return _built(name, sources, [*command, str(sources[-1]), "-o"], compiler_cache())


@cache
def go() -> str:
    """The path of the program in Go, of the source go/."""
    root = toolchain.goroot()
    if root is None:
        raise Missing(f"no Go: {toolchain.HOW_TO_GET_GO}")
    sources = [HERE / "go" / "go.mod", HERE / "go" / "main.go"]
    return _built("bench-go", sources, [str(root / "bin" / "go"), "build", "-o"], toolchain.environment())


@cache
def go_twin(name: str) -> str:
    """The path of the Go twin of a program of ours."""
    if toolchain.goroot() is None:
        raise Missing(f"no Go: {toolchain.HOW_TO_GET_GO}")
    return toolchain.program(name)


def compiler_cache() -> dict[str, str]:
    cache_dir = str(toolchain.private_directory("pysyscall-bench") / "zig")
    return {"ZIG_GLOBAL_CACHE_DIR": cache_dir, "ZIG_LOCAL_CACHE_DIR": cache_dir, **os.environ}


def _built(name: str, sources: list[Path], command: list[str], environment: dict[str, str]) -> str:
    digest = hashlib.sha256(repr(command).encode() + b"".join(source.read_bytes() for source in sources))
    target = toolchain.private_directory("pysyscall-bench") / f"{name}-{digest.hexdigest()[:16]}"
    if not target.exists():
        made = target.with_name(f"{target.name}.{os.getpid()}")
        done = subprocess.run(
            [*command, str(made)], cwd=sources[-1].parent, env=environment, capture_output=True, text=True
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}\n{done.stderr}")
        made.rename(target)
    return str(target)
