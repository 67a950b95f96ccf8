"""Every name that Go's package syscall exports is here under the rules' name."""

from .comparison import compare_signatures
from .mapping import (
    ONLY_ON_ARM64,
    OWN_SIGNATURES,
    has_data,
    present,
    python_name,
    signature_by_rule,
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


def test_every_name_is_here() -> None:
    assert [row.python for row in table() if not present(row.python)] == []


def test_signatures_follow_the_rules_or_are_known_exceptions() -> None:
    ours, wanted = compare_signatures()
    assert ours == wanted


def test_no_exception_from_the_rules_is_superfluous() -> None:
    by_rule = {row.python: signature_by_rule(row) for row in table() if row.python in OWN_SIGNATURES}
    assert by_rule.keys() == OWN_SIGNATURES.keys()
    assert [name for name in by_rule if by_rule[name] == OWN_SIGNATURES[name][0]] == []
