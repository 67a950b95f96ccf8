"""The committed constants as each ABI sees them, read from pysyscall/constants/ itself and not from the generator."""

from __future__ import annotations

import runpy
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from pysyscall.base.abi import constants as read

from .check import Failure, check, equals
from .differences import musl_values
from .generate import DIRECTORY, headers
from .subjects import c_name, is_kernel_header

TABLES: Final = ("common.py", "other.py")


class Constant(NamedTuple):
    value: int
    header: str


@cache
def constants(abi: str, directory: Path = DIRECTORY) -> dict[str, Constant]:
    """Every constant that this ABI has, with the header that its table says it is from."""
    found: dict[str, Constant] = {}
    for name in TABLES:
        table: str = runpy.run_path(str(directory / name))["TABLE"]
        for part in table.split("\n# <")[1:]:
            header, _, lines = part.partition(">\n")
            found |= {name: Constant(value, header) for name, value in read(f"\n{lines}\n", "", abi).items()}
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
