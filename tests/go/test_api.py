"""Every name that Go's package syscall exports is here under the rules' name, or is known to be still to come."""

from .comparison import compare_signatures
from .mapping import (
    ALREADY_HERE,
    AREAS_HERE,
    AREAS_TO_COME,
    ONLY_ON_ARM64,
    OWN_SIGNATURES,
    has_data,
    present,
    python_name,
    signature_by_rule,
    still_to_come,
    table,
)
from .ports import listing


def test_the_table_is_what_go_exports_on_amd64() -> None:
    declared = {(d.kind, d.name, d.signature) for d in listing("amd64").declarations if has_data(d)}
    assert declared == {(row.kind, row.go, row.signature) for row in table()}


def test_the_table_has_what_go_exports_on_arm64() -> None:
    declared = {d.name for d in listing("arm64").declarations if has_data(d)}
    assert declared - {row.go for row in table()} == ONLY_ON_ARM64


def test_names_follow_the_rules() -> None:
    assert [row.python for row in table()] == [python_name(row.kind, row.go) for row in table()]


def test_every_area_is_either_here_or_still_to_come() -> None:
    assert {row.area for row in table()} == AREAS_HERE | AREAS_TO_COME
    assert not AREAS_HERE & AREAS_TO_COME


def test_every_name_is_either_present_or_still_to_come() -> None:
    lacking = {row.python for row in table() if not present(row.python)}
    assert lacking == {row.python for row in table() if still_to_come(row)}


def test_names_here_before_their_area_belong_to_one_that_is_to_come() -> None:
    assert {row.python for row in table() if row.area in AREAS_TO_COME} >= ALREADY_HERE


def test_signatures_follow_the_rules_or_are_known_exceptions() -> None:
    ours, wanted = compare_signatures()
    assert ours == wanted


def test_no_exception_from_the_rules_is_superfluous() -> None:
    by_rule = {row.python: signature_by_rule(row) for row in table() if row.python in OWN_SIGNATURES}
    assert by_rule.keys() == OWN_SIGNATURES.keys()
    assert [name for name in by_rule if by_rule[name] == OWN_SIGNATURES[name][0]] == []
