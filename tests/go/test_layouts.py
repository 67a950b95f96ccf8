"""The C structures as Go lays them out, and as we do: size, and each field's offset, size and sign."""

from ctypes import Array, Structure, sizeof
from typing import Any, NamedTuple

import pysyscall

from . import oracle
from .mapping import has_data, python_name, still_to_come, table
from .ports import Declaration


class Place(NamedTuple):
    offset: int
    size: int
    signed: bool


def of_go() -> dict[str, Any]:
    (layouts,) = oracle.go([{"ask": "layouts"}])
    assert isinstance(layouts, dict)
    return layouts


def structure(name: str) -> type[Structure]:
    found: type[Structure] = getattr(pysyscall, name)
    return found


def is_signed(kind: type[Structure], name: str) -> bool:
    """Whether a field of ones is negative. Go's arrays have the sign of C's char, and ours are bytes."""
    filled = getattr(kind.from_buffer_copy(b"\xff" * sizeof(kind)), name)
    return isinstance(filled, int) and filled < 0


def test_every_structure_of_these_areas_is_compared() -> None:
    structures = {row.python for row in table() if row.kind == "type" and row.signature == "struct"}
    here = {row.python for row in table() if row.kind == "type" and not still_to_come(row)}
    in_c = {name for name in structures & here if issubclass(getattr(pysyscall, name), Structure)}
    assert of_go().keys() == in_c


def test_sizes_are_gos() -> None:
    layouts = of_go()
    assert {name: sizeof(structure(name)) for name in layouts} == {name: of["size"] for name, of in layouts.items()}


def test_fields_are_where_gos_are() -> None:
    theirs, ours = {}, {}
    for name, layout in of_go().items():
        kind = structure(name)
        for field in layout["fields"]:
            full_name = f"{name}.{field['name']}"
            if has_data(Declaration("field", full_name, "")):
                _, _, member = python_name("field", full_name).partition(".")
                place = getattr(kind, member)
                theirs[full_name] = Place(field["offset"], field["size"], field["signed"])
                ours[full_name] = Place(place.offset, place.size, is_signed(kind, member))
    assert len(theirs) > 100
    assert ours == theirs


def test_the_comparison_of_signs_sees_arrays_as_unsigned() -> None:
    assert isinstance(pysyscall.RawSockaddr().data, Array)
    assert not is_signed(pysyscall.RawSockaddr, "data")
    assert is_signed(pysyscall.Linger, "linger")
