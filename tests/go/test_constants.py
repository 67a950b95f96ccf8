"""Go's constants on every port that we share, against ours on the same ABI."""

from ctypes import sizeof
from typing import NamedTuple

import pytest

import pysyscall
from pysyscall.abi import ABI
from tests.abi.committed import constants
from tests.abi.differences import GO_ONLY

from .differences import DIFFERENCES, LACKS
from .mapping import still_to_come, table
from .ports import PORTS, listing


class Pair(NamedTuple):
    go: int
    ours: int


def of_c(port: str) -> dict[str, int]:
    """Go's constants on a port, but for the sizes of its own structures."""
    return {name: value for name, value in listing(port).constants.items() if not name.startswith("Sizeof")}


@pytest.mark.parametrize("port", PORTS)
def test_values_are_gos_or_differ_as_known(port: str) -> None:
    ours = constants(PORTS[port])
    differing = {
        name: Pair(value, ours[name].value)
        for name, value in of_c(port).items()
        if name in ours and ours[name].value != value
    }
    known = {
        name: Pair(row.go, row.headers)
        for row in DIFFERENCES
        if port in row.ports.split()
        for name in row.names.split()
    }
    assert differing == known


@pytest.mark.parametrize("port", PORTS)
def test_names_are_here_or_known_to_be_gos_alone(port: str) -> None:
    theirs = of_c(port).keys()
    lacking = {name for row in LACKS if port in row.ports.split() for name in row.names.split()}
    assert theirs - constants(PORTS[port]).keys() == lacking | (theirs & GO_ONLY.keys())


def test_no_difference_is_listed_twice() -> None:
    for rows in (DIFFERENCES, LACKS):
        listed = [(name, port) for row in rows for name in row.names.split() for port in row.ports.split()]
        assert len(listed) == len(set(listed))


def test_sizes_of_structures_are_gos() -> None:
    (port,) = (port for port, abi in PORTS.items() if abi == ABI)
    to_come = {row.python for row in table() if still_to_come(row)}
    theirs, ours = {}, {}
    for constant, size in listing(port).constants.items():
        if constant.startswith("Sizeof"):
            name = constant.removeprefix("Sizeof")
            name = f"Raw{name}" if name.startswith("Sockaddr") else name
            if name not in to_come:
                theirs[name] = size
                ours[name] = sizeof(getattr(pysyscall, name))
    assert len(theirs) > 20
    assert ours == theirs
