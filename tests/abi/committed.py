"""The committed constants as each ABI sees them, read from pysyscall/constants/ itself and not from the generator."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Final, NamedTuple
from unittest.mock import patch

from pysyscall.base import abi as pysyscall_abi

from .check import Failure, check, equals
from .differences import musl_values
from .generate import DIRECTORY, headers
from .subjects import c_name, is_kernel_header

_HEADER_OR_NAME: Final = re.compile(r"^# <(?P<header>.*)>$|^(?P<name>\w+): Final = ", re.MULTILINE)


class Constant(NamedTuple):
    value: int
    header: str


@cache
def _compiled(source: str) -> CodeType:
    return compile(source, "constants", "exec")


@cache
def constants(abi: str, directory: Path = DIRECTORY) -> dict[str, Constant]:
    """Every constant that this ABI has, with the header that its module says it is from."""
    found: dict[str, Constant] = {}
    for path in sorted(directory.glob("_[a-z]*.py")):
        source = path.read_text()
        namespace: dict[str, object] = {"__name__": f"pysyscall.constants.{path.stem}"}
        with patch.multiple(pysyscall_abi, ABI=abi, _absent_names=set()):
            exec(_compiled(source), namespace)
        header = ""
        for line in _HEADER_OR_NAME.finditer(source):
            header = line["header"] or header
            value = namespace.get(line["name"])
            if isinstance(value, int):
                found[line["name"]] = Constant(value, header)
    return found


def disagreements(abi: str, libc: str, directory: Path = DIRECTORY) -> list[Failure]:
    """The constants that the headers of this ABI and libc contradict, but for the table of what musl has otherwise."""
    ours = constants(abi, directory)
    by_table = musl_values(abi) if libc == "musl" else {}
    expected = {name: constant.value for name, constant in ours.items()} | by_table
    assertions = {name: equals(name, c_name(name), value) for name, value in expected.items()}
    kernels = {name for name, constant in ours.items() if is_kernel_header(constant.header)}

    # musl defines by itself much of what is the kernel's; of glibc we have left some such definitions out on purpose.
    in_libc = assertions.keys() if libc == "musl" else assertions.keys() - kernels
    failures = check(abi, libc, headers(kernel=False), [assertions[name] for name in in_libc])
    undefined = {failure.label for failure in failures if failure.undefined}
    in_kernel = undefined | (assertions.keys() - in_libc)
    failures = [failure for failure in failures if not failure.undefined]
    for failure in check(abi, libc, headers(kernel=True), [assertions[name] for name in in_kernel]):
        # musl may lack what only glibc defines, but not what is the kernel's.
        if libc == "glibc" or not failure.undefined or failure.label in kernels or failure.label in by_table:
            failures.append(failure)
    return failures
