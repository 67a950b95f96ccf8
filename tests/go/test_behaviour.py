"""Thousands of generated inputs, valid and broken: what Go makes of each, we make of it too, or differ on purpose."""

from collections import Counter

import pytest

from . import oracle
from .by_design import DEPARTURES
from .inputs import KINDS, questions

_EACH = 2000


@pytest.mark.parametrize("ask", KINDS)
def test_answers_are_gos_or_depart_from_them_by_design(ask: str) -> None:
    asked = questions(ask, _EACH)
    wrong = []
    used: Counter[int] = Counter()
    for question, go in zip(asked, oracle.go(asked), strict=True):
        expected = go
        for row, departure in enumerate(DEPARTURES):
            if departure.ask == ask and departure.concerns(question, go):
                expected = departure.ours(question, go)
                used[row] += 1
                break
        ours = oracle.ours(question)
        if ours != expected:
            wrong.append({"question": question, "go": go, "expected": expected, "ours": ours})
    assert wrong[:3] == []
    assert [d.reason for row, d in enumerate(DEPARTURES) if d.ask == ask and not used[row]] == []


def test_every_departure_is_about_a_question_that_is_asked() -> None:
    assert {departure.ask for departure in DEPARTURES} <= set(KINDS)


def test_questions_are_answered_and_refused() -> None:
    """Inputs of which all were broken, or all valid, would show little."""
    for ask in ("encode", "parse_control", "parse_rights", "parse_netlink", "parse_attributes", "parse_ip"):
        answers = oracle.go(questions(ask, _EACH))
        assert 0.1 < sum(answer == oracle.REFUSED for answer in answers) / _EACH < 0.9


def test_the_oracle_survives_a_panic() -> None:
    broken = {"ask": "parse_rights", "level": 1, "type": 1, "data": "0102030405"}
    assert oracle.go([broken, {"ask": "signal", "number": 2}]) == [oracle.REFUSED, "interrupt"]
