"""What Go's package syscall exports on each Linux port, as Go's own type checker reads it."""

import json
import subprocess
from functools import cache
from typing import Final, NamedTuple

from . import toolchain

# Go's name of each port that we share, and our name of its ABI.
PORTS: Final = {
    "amd64": "x86_64",
    "386": "i386",
    "arm64": "aarch64",
    "arm": "arm",
    "riscv64": "riscv64",
    "loong64": "loongarch64",
    "ppc64le": "ppc64le",
    "s390x": "s390x",
    "mips64le": "mips64el",
    "mipsle": "mipsel",
}


class Declaration(NamedTuple):
    """A function, variable, type, field or method; a field's and a method's name begins with its type's."""

    kind: str
    name: str
    signature: str


class Listing(NamedTuple):
    """All that one port exports."""

    declarations: tuple[Declaration, ...]
    constants: dict[str, int]


@cache
def listing(port: str) -> Listing:
    """The exported names of package syscall on a port."""
    command = [toolchain.program("api")]
    done = subprocess.run(command, env=toolchain.environment(GOARCH=port), capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"GOARCH={port} {command[0]}: {done.stderr}")
    found = json.loads(done.stdout)
    return Listing(
        tuple(Declaration(**declaration) for declaration in found["declarations"]),
        {name: int(value) for name, value in found["constants"].items()},
    )
