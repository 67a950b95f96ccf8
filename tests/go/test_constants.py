"""Go's constants on every port that we share, against ours on the same ABI."""

from ctypes import sizeof

import pytest

import pysyscall
from pysyscall.base.abi import ABI

from .comparison import compare_constants, known_constants
from .differences import DIFFERENCES, LACKS
from .ports import PORTS, listing


@pytest.mark.parametrize("port", PORTS)
def test_constants_are_gos_or_differ_as_known(port: str) -> None:
    compared = compare_constants(port)
    differing, lacking = known_constants(port)
    assert len(compared.equal) > 1800
    assert compared.differing == differing
    assert compared.lacking == lacking


def test_no_difference_is_listed_twice() -> None:
    for rows in (DIFFERENCES, LACKS):
        listed = [(name, port) for row in rows for name in row.names.split() for port in row.ports.split()]
        assert len(listed) == len(set(listed))


def test_sizes_of_structures_are_gos() -> None:
    (port,) = (port for port, abi in PORTS.items() if abi == ABI)
    theirs, ours = {}, {}
    for constant, size in listing(port).constants.items():
        if constant.startswith("Sizeof"):
            name = constant.removeprefix("Sizeof")
            name = f"Raw{name}" if name.startswith("Sockaddr") else name
            theirs[name] = size
            ours[name] = sizeof(getattr(pysyscall, name))
    assert len(theirs) > 20
    assert ours == theirs
