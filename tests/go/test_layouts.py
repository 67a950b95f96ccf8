"""The C structures as Go lays them out, and as we do: size, and each field's offset, size and sign."""

from ctypes import Array, Structure, sizeof

import pysyscall

from .comparison import compare_fields, is_signed, layouts_of_go, structure
from .mapping import table


def test_every_structure_of_these_areas_is_compared() -> None:
    structures = {row.python for row in table() if row.kind == "type" and row.signature == "struct"}
    assert layouts_of_go().keys() == {name for name in structures if issubclass(getattr(pysyscall, name), Structure)}


def test_sizes_are_gos() -> None:
    layouts = layouts_of_go()
    # Behind an array of no length Go leaves room, so that its address is within the structure.
    last = {name: of["fields"][-1] for name, of in layouts.items()}
    theirs = {name: of["size"] if last[name]["size"] else last[name]["offset"] for name, of in layouts.items()}
    assert {name: sizeof(structure(name)) for name in layouts} == theirs


def test_fields_are_where_gos_are() -> None:
    ours, theirs = compare_fields()
    assert len(theirs) > 100
    assert ours == theirs


def test_the_comparison_of_signs_sees_arrays_as_unsigned() -> None:
    assert isinstance(pysyscall.ICMPv6Filter().data, Array)
    assert not is_signed(pysyscall.ICMPv6Filter, "data")
    assert not is_signed(pysyscall.RawSockaddr, "data")
    assert is_signed(pysyscall.Linger, "linger")
