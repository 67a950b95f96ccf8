"""What the tests hold against Go, and `python3 -m tests.compare` counts: names, constants, layouts and answers."""

from collections import Counter
from ctypes import Structure, sizeof
from typing import Any, Final, NamedTuple

import pysyscall
from tests.abi.committed import constants
from tests.abi.differences import GO_ONLY

from . import oracle
from .by_design import DEPARTURES
from .differences import DIFFERENCES, LACKS
from .inputs import questions
from .mapping import has_data, own_signature, present, python_name, table, wanted_signature
from .ports import PORTS, Declaration, listing

EACH: Final = 2000  # questions of a kind


class Pair(NamedTuple):
    """A constant's value in Go, and in the headers."""

    go: int
    ours: int


class Constants(NamedTuple):
    """Go's constants on a port: those equal to ours, those with another value, and those that we have not."""

    equal: set[str]
    differing: dict[str, Pair]
    lacking: set[str]


def compare_constants(port: str) -> Constants:
    """All of a port's, but for the sizes of Go's own structures."""
    ours = {name: constant.value for name, constant in constants(PORTS[port]).items()}
    theirs = {name: value for name, value in listing(port).constants.items() if not name.startswith("Sizeof")}
    equal = {name for name, value in theirs.items() if ours.get(name) == value}
    differing = {name: Pair(theirs[name], ours[name]) for name in theirs.keys() & ours.keys() - equal}
    return Constants(equal, differing, theirs.keys() - ours.keys())


def known_constants(port: str) -> tuple[dict[str, Pair], set[str]]:
    """The differences that are listed, and the names that are listed as Go's alone."""
    here = [row for row in DIFFERENCES if port in row.ports.split()]
    differing = {name: Pair(row.go, row.headers) for row in here for name in row.names.split()}
    lacking = {name for row in LACKS if port in row.ports.split() for name in row.names.split()}
    return differing, lacking | (listing(port).constants.keys() & GO_ONLY.keys())


def compare_signatures() -> tuple[dict[str, str], dict[str, str]]:
    """The signatures that our functions and methods have, and those that they must have."""
    ours, wanted = {}, {}
    for row in table():
        if row.kind in {"func", "method"} and present(row.python):
            ours[row.python] = own_signature(row.python)
            wanted[row.python] = wanted_signature(row)
    return ours, wanted


class Place(NamedTuple):
    """Where a field stands, its size, and whether it may be negative; of an array that says nothing."""

    offset: int
    size: int
    signed: bool


def structure(name: str) -> type[Structure]:
    found: type[Structure] = getattr(pysyscall, name)
    return found


def layouts_of_go() -> dict[str, Any]:
    """Go's layouts of the C structures of these areas."""
    (layouts,) = oracle.go([{"ask": "layouts"}])
    assert isinstance(layouts, dict)
    return layouts


def compare_fields() -> tuple[dict[str, Place], dict[str, Place]]:
    """The places of all fields of these structures: ours, and Go's."""
    ours, theirs = {}, {}
    for name, layout in layouts_of_go().items():
        kind = structure(name)
        for field in layout["fields"]:
            full_name = f"{name}.{field['name']}"
            if has_data(Declaration("field", full_name, "")):
                _, _, member = python_name("field", full_name).partition(".")
                place = getattr(kind, member)
                theirs[full_name] = Place(field["offset"], field["size"], field["signed"])
                ours[full_name] = Place(place.offset, place.size, is_signed(kind, member))
    return ours, theirs


def is_signed(kind: type[Structure], name: str) -> bool:
    """Whether a field of ones is negative. Go's arrays have the sign of C's char, and ours are bytes."""
    filled = getattr(kind.from_buffer_copy(b"\xff" * sizeof(kind)), name)
    return isinstance(filled, int) and filled < 0


class Answers(NamedTuple):
    """The answers to all questions of a kind: how many are Go's, which depart from Go's by design, which are wrong."""

    same: int
    departures: Counter[str]
    wrong: list[dict[str, Any]]


def compare_answers(ask: str) -> Answers:
    """Ask Go and ourselves."""
    asked = questions(ask, EACH)
    wrong = []
    departures: Counter[str] = Counter()
    for question, go in zip(asked, oracle.go(asked), strict=True):
        expected = go
        for departure in DEPARTURES:
            if departure.ask == ask and departure.concerns(question, go):
                expected = departure.ours(question, go)
                departures[departure.reason] += 1
                break
        ours = oracle.ours(question)
        if ours != expected:
            wrong.append({"question": question, "go": go, "expected": expected, "ours": ours})
    return Answers(len(asked) - departures.total() - len(wrong), departures, wrong)
