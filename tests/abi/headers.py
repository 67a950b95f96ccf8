"""Reads the constants out of the headers: the preprocessor gives the names, the compiler the values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from .compiler import diagnose, preprocess

# A constant that no header defines: an assertion of equality with it always fails, and clang then says both values.
_IMPOSSIBLE: Final = "((_BitInt(128))1 << 100)"

_MARKER: Final = re.compile(r'# \d+ "(?P<file>[^"]*)"(?: (?P<flag>[12]))?')
_MACRO: Final = re.compile(r"#define ([A-Za-z_]\w*) (\S.*)")
_ENUM: Final = re.compile(r"\benum\b[^{};()]*\{([^}]*)\}")
_ENUMERATOR: Final = re.compile(r"(?:^|,)\s*([A-Za-z_]\w*)\s*(?:=\s*([^,]*?)\s*)?(?=,|$)")
_VALUE: Final = re.compile(r"^(\w+):\d+:\d+: note: expression evaluates to '(-?\d+) == ", re.MULTILINE)


class Definition(NamedTuple):
    """A macro or an enumerator, the header that led to it, and its value as it is written there."""

    name: str
    header: str
    text: str


def includes(headers: Iterable[str]) -> str:
    """One #include a header, of those that this libc has."""
    return "".join(f"#if __has_include(<{header}>)\n#include <{header}>\n#endif\n" for header in headers)


def definitions(abi: str, libc: str, headers: Iterable[str]) -> Iterator[Definition]:
    """Every object-like macro and enumerator that the headers define, the macros first."""
    code: dict[str, list[str]] = {header: [] for header in headers}
    # The files that are open at a line, and of each the header, of those asked for, that it belongs to: itself, or
    # else that of the file which includes it.
    owners: list[str] = []
    longest_first = sorted(code, key=len, reverse=True)  # /sys/time.h ends with /time.h too
    for line in preprocess(abi, libc, includes(code)).splitlines():
        if marker := _MARKER.match(line):
            if marker["flag"] == "1":
                enclosing = owners[-1] if owners else ""
                owners.append(
                    next((header for header in longest_first if marker["file"].endswith(f"/{header}")), enclosing)
                )
            elif marker["flag"] == "2":
                owners.pop()
        elif owners and owners[-1]:
            if macro := _MACRO.match(line):
                yield Definition(macro[1], owners[-1], macro[2])
            elif not line.startswith("#"):
                code[owners[-1]].append(line)
    for header, lines in code.items():
        for body in _ENUM.findall(" ".join(lines)):
            for name, written in _ENUMERATOR.findall(_without_brackets(body)):
                yield Definition(name, header, written)


def _without_brackets(code: str) -> str:
    """Commas inside brackets do not separate enumerators."""
    while True:
        code, count = re.subn(r"\([^()]*\)", "", code)
        if not count:
            return code


def values(abi: str, libc: str, headers: Iterable[str], names: Iterable[str]) -> dict[str, int]:
    """The value of each name that is an integer constant expression, with the sign that C gives it."""
    # `| 0` refuses what is no integer (a string, a pointer, a floating-point number). The line marker makes clang
    # report the constant's name in place of the file's.
    probes = "".join(
        f'# 1 "{name}"\n_Static_assert((_BitInt(128))(({name}) | 0) == {_IMPOSSIBLE}, "");\n' for name in names
    )
    return {name: int(value) for name, value in _VALUE.findall(diagnose(abi, libc, includes(headers) + probes))}
