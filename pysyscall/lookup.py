"""Looks up Go's names and ours, for `python3 -m pysyscall NAME` and for the message of an AttributeError.

Nothing else needs this module, so that it may be slow to import.
"""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Iterator
from functools import cache
from pkgutil import get_data
from typing import NamedTuple

import pysyscall

from .base.abi import ABI, ABIS, constant
from .constants import common, other

_MAN_PAGE = re.compile(r"\b([a-z_]\w*)\((\d)\)")


class GoName(NamedTuple):
    """A name that Go's package syscall exports on amd64 (no constants), and its name in Python."""

    area: str
    kind: str  # func, type, method, field or var
    go: str
    signature: str
    python: str

    def declaration(self) -> str:
        """Return the declaration in Go."""
        if self.signature == "struct":
            fields = [row for row in go_names() if row.kind == "field" and row.go.startswith(f"{self.go}.")]
            members = "; ".join(f"{row.go.partition('.')[2]} {row.signature}" for row in fields)
            return f"type {self.go} struct {{ {members} }}"
        if self.kind == "func":
            return f"func {self.go}{self.signature}"
        if self.kind == "method":
            kind, _, name = self.go.partition(".")
            return f"func ({kind}) {name}{self.signature}"
        return f"{self.kind} {self.go} {self.signature}"


@cache
def go_names() -> tuple[GoName, ...]:
    """Return all rows of go-api.tsv."""
    table = get_data("pysyscall", "go-api.tsv") or b""
    return tuple(GoName(*line.split("\t")) for line in table.decode().splitlines()[1:])


def find(name: str) -> object:
    """Return the object that a Python name stands for; the name may have dots. AttributeError: there is none."""
    found: object = pysyscall
    for part in name.split("."):
        found = getattr(found, part)
    return found


def is_here(name: str) -> bool:
    try:
        find(name)
    except AttributeError:
        return False
    return True


def hint(name: str) -> str:
    """Return what to append to the message of an AttributeError: the name that was probably meant."""
    for row in go_names():
        if row.go == name:
            return f": Go's {name} is {row.python} here" if is_here(row.python) else f": Go's {name} is not here yet"
    names = near(name)
    return f"; did you mean {' or '.join(names)}?" if names else ""


def near(name: str) -> list[str]:
    """Return the Python names that may have been meant, the closest first."""
    known: dict[str, list[str]] = {}
    for each in dir(pysyscall):
        known.setdefault(_plain(each), []).append(each)
    plain = _plain(name)
    matches = [plain] if plain in known else difflib.get_close_matches(plain, known, 3, 0.8)
    return [each for match in matches for each in known[match]]


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def describe(name: str) -> str | None:
    """Return the description of a name, Go's or ours; None if there is no such name."""
    for table in (common.TABLE, other.TABLE):
        if f"\n{name} " in table:
            return "\n".join(_constant(table, name))
    rows = [row for row in go_names() if name in (row.go, row.python)]
    python = rows[0].python if rows else name
    if not is_here(python):
        return None
    found = find(python)
    documentation = (inspect.getdoc(found) or "") if callable(found) or isinstance(found, property) else ""
    facts = [f"Go:   {row.declaration()}" for row in rows]
    facts += [f"man:  {page}({part})" for page, part in dict.fromkeys(_MAN_PAGE.findall(documentation))]
    if isinstance(found, type):
        return _paragraphs(_signature(python, found), documentation, *_members(found), "\n".join(facts))
    return _paragraphs(_signature(python, found), documentation, "\n".join(facts))


def _paragraphs(*texts: str) -> str:
    return "\n\n".join(text for text in texts if text)


def _constant(table: str, name: str) -> Iterator[str]:
    """Yield the lines about a constant: its value, its header, and its value on each ABI if these differ."""
    by_value: dict[int | None, list[str]] = {}
    for abi in ABIS:
        by_value.setdefault(constant(table, name, abi), []).append(abi)
    value = constant(table, name)
    yield f"{name}: {ABI} lacks it" if value is None else f"{name} = {_number(value)}"
    yield ""
    start = table.rindex("\n# <", 0, table.index(f"\n{name} ")) + 3
    yield f"header:  {table[start : table.index('>', start) + 1]}"
    if len(by_value) == 1:
        yield f"ABIs:    the same on all {len(ABIS)}"
    else:
        for number, abis in by_value.items():
            yield f"ABIs:    {'none' if number is None else _number(number)} on {', '.join(abis)}"


def _number(value: int) -> str:
    return f"{value}" if -10 < value < 10 else f"{value} = {value:#x}"


class _Annotation:
    """An annotation as in the source; inspect would show it in quotes."""

    def __init__(self, annotation: object) -> None:
        self._text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)

    def __repr__(self) -> str:
        return self._text


def _signature(name: str, found: object) -> str:
    if not callable(found):
        return name
    signature = inspect.signature(found)
    parameters = []
    for parameter in signature.parameters.values():
        typed = parameter.annotation is not parameter.empty
        if parameter.name != "self":
            parameters.append(parameter.replace(annotation=_Annotation(parameter.annotation)) if typed else parameter)
    result = signature.return_annotation
    if result is not signature.empty and not isinstance(found, type):
        result = _Annotation(result)
    return f"{name}{signature.replace(parameters=parameters, return_annotation=result)}"


def _members(kind: type) -> Iterator[str]:
    """Yield the descriptions of the public methods and properties that a class defines."""
    for name, member in vars(kind).items():
        function = member.__func__ if isinstance(member, (staticmethod, classmethod)) else member
        if not name.startswith("_") and (inspect.isfunction(function) or isinstance(function, property)):
            head = _signature(f".{name}", function) if inspect.isfunction(function) else f".{name}"
            documentation = inspect.getdoc(function) or ""
            yield "\n".join(f"    {line}".rstrip() for line in [head, *documentation.splitlines()])
