"""Asks the C compiler of an ABI whether what we say about C is so."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from .compiler import diagnose
from .headers import includes

# An assertion that always fails, after all others: without its failure the compiler gave up before it had read them.
_END: Final = "end of assertions"
_TEMPLATES: Final = "templates"

_DIAGNOSTIC: Final = re.compile(r"^([^:\n]+):\d+:\d+: (error|note): (.*)$", re.MULTILINE)
_EVALUATED: Final = re.compile(r"expression evaluates to '(-?\d+) == ")


class Assertion(NamedTuple):
    """A condition in C, and what to call it when it does not hold: the name of a constant, a field, a function."""

    label: str
    condition: str


class Failure(NamedTuple):
    """An assertion that does not hold; undefined: to which these headers give no meaning.

    found: the left side of its `==`, where clang could compute it.
    """

    label: str
    message: str
    undefined: bool
    found: int | None


def check(
    abi: str, libc: str, headers: Iterable[str], assertions: Iterable[Assertion], *, templates: str | None = None
) -> list[Failure]:
    """The assertions that fail after these headers, of those that the libc has. One run of the compiler.

    templates: what the assertions need of C++, and that they and the headers are to be read as C++.
    """
    # The line marker makes clang report the label in place of the file's name.
    source = "".join(f'# 1 "{label}"\n_Static_assert({condition}, "");\n' for label, condition in assertions)
    source += f'# 1 "{_END}"\n_Static_assert(0, "");\n'
    if templates:
        source = f'# 1 "{_TEMPLATES}"\n{templates}{source}'
    source = includes(headers) + source
    output = diagnose(abi, libc, source, cplusplus=templates is not None)
    labels = {line[5:-1] for line in source.splitlines() if line.startswith("# 1 ")} - {_TEMPLATES}
    failures: dict[str, Failure] = {}
    for label, kind, message in _DIAGNOSTIC.findall(output):
        if label == _TEMPLATES and kind == "error":
            raise RuntimeError(f"{abi} {libc}: in the templates, so that no assertion has it: {message}")
        if label not in labels:
            continue  # in a header: the libc's and the kernel's redefine each other's structures
        if kind == "error" and label not in failures:
            failures[label] = Failure(label, message, not message.startswith("static assertion failed"), None)
        elif evaluated := _EVALUATED.match(message):
            failures[label] = failures[label]._replace(found=int(evaluated[1]))
    if failures.pop(_END, None) is None:
        raise RuntimeError(f"{abi} {libc}: the compiler did not reach the end:\n{output[-2000:]}")
    return list(failures.values())


def equals(label: str, expression: str, value: int) -> Assertion:
    """That an integer constant expression has this value, and this sign: -1 is not 0xffffffff."""
    literal = f"{value}ULL" if value >= 1 << 63 else str(value)
    return Assertion(label, f"(_BitInt(128))(({expression}) | 0) == (_BitInt(128)){literal}")
