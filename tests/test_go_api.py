"""The package against the list of what Go's syscall exports: go-api.tsv, in the areas that are here.

Functions by name and parameters, types by name, fields by name, width and sign, methods by name. Go's out-parameters
are results here, and what Go cannot say (a default, a name that is better) is listed below.
"""

import csv
import ctypes
import inspect
import re
from pathlib import Path
from typing import NamedTuple

import pytest

import pysyscall as syscall
from pysyscall.abi import ABI

AREAS = {"sockets", "sockopt", "netlink"}


class Row(NamedTuple):
    area: str
    kind: str
    go: str
    signature: str
    python: str


with open(Path(__file__).with_name("go-api.tsv"), newline="", encoding="utf-8") as tsv:
    ROWS = [Row(*row) for row in csv.reader(tsv, delimiter="\t", quoting=csv.QUOTE_NONE)]


def rows(kind: str) -> list[Row]:
    return [row for row in ROWS if row.area in AREAS and row.kind == kind]


# Where the parameters are not Go's one by one.
PARAMETERS = {
    "listen": ["fd", "backlog"],  # Go: s, n
    "pipe": [],  # the two descriptors are returned
    "pipe2": ["flags"],
}
# Where a reader would write the value each time.
DEFAULTS = {
    "accept4": ["flags"],
    "epoll_create1": ["flag"],
    "epoll_ctl": ["event"],
    "listen": ["backlog"],
    "pipe2": ["flags"],
    "recvfrom": ["flags"],
    "recvmsg": ["flags"],
    "select": ["timeout"],
    "sendmsg": ["flags"],
    "sendmsg_n": ["flags"],
    "socket": ["proto"],
    "socketpair": ["proto"],
    "splice": ["flags"],
    "tee": ["flags"],
}


def test_the_list_has_every_area() -> None:
    assert {row.area for row in ROWS} >= AREAS
    assert len(rows("func")) > 50


@pytest.mark.parametrize("row", rows("func"), ids=lambda row: row.go)
def test_a_function_of_gos_is_here_with_its_parameters(row: Row) -> None:
    function = getattr(syscall, row.python)
    assert inspect.isfunction(function)
    given = re.match(r"\((.*?)\)", row.signature)
    assert given is not None
    names = [parameter.split()[0] for parameter in given[1].split(", ") if parameter]
    parameters = inspect.signature(function).parameters
    assert list(parameters) == PARAMETERS.get(row.python, names)
    assert all(parameter.kind is parameter.POSITIONAL_OR_KEYWORD for parameter in parameters.values())
    optional = [name for name, parameter in parameters.items() if parameter.default is not parameter.empty]
    assert optional == DEFAULTS.get(row.python, [])
    assert f"Go {row.go}" in " ".join((function.__doc__ or "").split())


@pytest.mark.parametrize("row", rows("type"), ids=lambda row: row.go)
def test_a_type_of_gos_is_here(row: Row) -> None:
    kind = getattr(syscall, row.python)
    assert isinstance(kind, type)
    assert kind.__name__ == row.go
    assert f"Go {row.go}" in " ".join((kind.__doc__ or "").split())


@pytest.mark.parametrize("row", rows("method"), ids=lambda row: row.go)
def test_a_method_of_gos_is_here(row: Row) -> None:
    kind, _, name = row.python.partition(".")
    method = inspect.getattr_static(getattr(syscall, kind), name)
    assert inspect.isfunction(method)
    given = re.match(r"\((.*?)\)", row.signature)
    assert given is not None
    names = [parameter.split()[0] for parameter in given[1].split(", ") if parameter]
    assert list(inspect.signature(method).parameters) == ["self", *names]


@pytest.mark.parametrize("row", rows("field"), ids=lambda row: row.go)
def test_a_field_of_gos_is_here(row: Row) -> None:
    kind, _, name = row.python.partition(".")
    owner = getattr(syscall, kind)
    assert name in dir(owner)
    field = inspect.getattr_static(owner, name, None)
    if not isinstance(owner, type(ctypes.Structure)):
        return  # an address's property, or a plain attribute
    assert field is not None
    width = re.fullmatch(r"(?:\[(\d+)\])?(u?)(?:int(\d+)|(byte))", row.signature)
    if ABI != "x86_64" or width is None:
        return  # the list is of that ABI
    count, unsigned, bits, byte = width.groups()
    size = 1 if byte else int(bits) // 8
    assert field.size == size * int(count or 1)
    if count is None:
        # All bits set read as -1 where the field is signed.
        raw = bytearray(b"\xff" * ctypes.sizeof(owner))
        value = getattr(owner.from_buffer(raw), name)
        assert value == (2 ** (8 * size) - 1 if unsigned or byte else -1)
