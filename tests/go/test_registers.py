"""PtraceRegs has Go's fields on every port, in Go's order and of Go's types, but for those that depart on purpose."""

import pytest

from .ports import PORTS
from .registers import DEPARTURES, Departure, differing, go_fields, own_fields


@pytest.mark.parametrize("port", PORTS)
def test_registers_are_gos(port: str) -> None:
    assert differing(port) == []


@pytest.mark.parametrize("departure", DEPARTURES, ids=lambda departure: departure.port)
def test_what_departs_is_there_as_listed(departure: Departure) -> None:
    go, ours = go_fields(departure.port), own_fields(departure.port)
    assert [name for name in go if go[name] != ours.get(name)] == [*departure.go]
    assert [name for name in ours if ours[name] != go.get(name)] == [*departure.ours]
