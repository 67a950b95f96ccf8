"""The C compiler that the PyPI package ziglang carries, with the headers of every ABI and of both libcs.

Nothing is ever linked or run: a header is preprocessed, or an assertion is compiled as far as its syntax.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

GLIBC_VERSION: Final = "2.44"

# For each ABI what zig calls it, with glibc and with musl.
_TARGETS: Final = {
    "x86_64": ("x86_64-linux-gnu", "x86_64-linux-musl"),
    "i386": ("x86-linux-gnu", "x86-linux-musl"),
    "aarch64": ("aarch64-linux-gnu", "aarch64-linux-musl"),
    "arm": ("arm-linux-gnueabihf", "arm-linux-musleabihf"),
    "riscv64": ("riscv64-linux-gnu", "riscv64-linux-musl"),
    "loongarch64": ("loongarch64-linux-gnu", "loongarch64-linux-musl"),
    "ppc64le": ("powerpc64le-linux-gnu", "powerpc64le-linux-musl"),
    "s390x": ("s390x-linux-gnu", "s390x-linux-musl"),
    "mips64el": ("mips64el-linux-gnuabi64", "mips64el-linux-muslabi64"),
    "mipsel": ("mipsel-linux-gnueabihf", "mipsel-linux-musleabihf"),
}
ABIS: Final = tuple(_TARGETS)
LIBCS: Final = ("glibc", "musl")

# _GNU_SOURCE shows every name. _FILE_OFFSET_BITS and _TIME_BITS stay unset on purpose: ctypes calls the symbol that
# bears the plain name (`fcntl`, not `fcntl64`; `setsockopt`, not `__setsockopt64`), and on a 32-bit ABI the two macros
# would give F_GETLK, O_LARGEFILE or SO_RCVTIMEO the value that belongs to the other symbol.
_OPTIONS: Final = ("-D_GNU_SOURCE", "-w", "-ferror-limit=0", "-Xclang", "-fno-caret-diagnostics")


def zig() -> Path | None:
    """The compiler, when the package ziglang is installed."""
    spec = find_spec("ziglang")
    return Path(spec.origin).with_name("zig") if spec and spec.origin else None


def _run(arguments: tuple[str, ...], source: str) -> tuple[str, str]:
    compiler = zig()
    if compiler is None:
        raise ModuleNotFoundError("the C compiler comes from the package ziglang, which is not installed")
    cache_dir = os.path.join(tempfile.gettempdir(), f"pysyscall-zig-{os.getuid()}")
    environment = {"ZIG_GLOBAL_CACHE_DIR": cache_dir, "ZIG_LOCAL_CACHE_DIR": cache_dir, **os.environ}
    with tempfile.TemporaryDirectory() as directory:
        probe = os.path.join(directory, "probe.c")
        Path(probe).write_text(source)
        done = subprocess.run(
            [compiler, *arguments, probe], capture_output=True, text=True, env=environment, check=False
        )
    return done.stdout, done.stderr


def _target(abi: str, libc: str) -> str:
    target = _TARGETS[abi][LIBCS.index(libc)]
    return f"{target}.{GLIBC_VERSION}" if libc == "glibc" else target


def preprocess(abi: str, libc: str, source: str) -> str:
    """The preprocessor's output, with the #define lines, and the markers that say which file each line is from."""
    output, errors = _run(("cc", "-target", _target(abi, libc), *_OPTIONS, "-E", "-dD"), source)
    if "error:" in errors:
        raise RuntimeError(errors)
    return output


def diagnose(abi: str, libc: str, source: str, *, cplusplus: bool = False) -> str:
    """What the compiler finds wrong with the source."""
    language = ("-x", "c++", "-std=c++20") if cplusplus else ()
    # Without -c zig would build a libc to link with; with -fsyntax-only, -c writes no object.
    return _run(("cc", "-target", _target(abi, libc), *_OPTIONS, *language, "-fsyntax-only", "-c"), source)[1]


@cache
def versions() -> str:
    """The header set in words: whose it is, and of which versions."""
    compiler = zig()
    if compiler is None:
        raise ModuleNotFoundError("the headers come from the package ziglang, which is not installed")
    number = subprocess.run([compiler, "version"], capture_output=True, text=True, check=True).stdout.strip()
    libc = compiler.with_name("lib") / "libc"
    linux = dict(re.findall(r"LINUX_VERSION_(\w+) (\d+)", (libc / "include/any-linux-any/linux/version.h").read_text()))
    musl = re.search(r'"(.*)"', (libc / "musl/src/internal/version.h").read_text())
    return (
        f"ziglang {number}: Linux {linux['MAJOR']}.{linux['PATCHLEVEL']}, glibc {GLIBC_VERSION}, "
        f"musl {musl[1] if musl else 'unknown'}"
    )
