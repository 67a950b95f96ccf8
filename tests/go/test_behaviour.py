"""Thousands of generated inputs, valid and broken: what Go makes of each, we make of it too, or differ on purpose."""

import pytest

from . import files, oracle
from .by_design import DEPARTURES
from .comparison import EACH, compare_answers
from .inputs import KINDS, questions


@pytest.mark.parametrize("ask", KINDS)
def test_answers_are_gos_or_depart_from_them_by_design(ask: str) -> None:
    answers = compare_answers(ask)
    assert answers.wrong[:3] == []
    assert {departure.reason for departure in DEPARTURES if departure.ask == ask} == answers.departures.keys()


def test_every_departure_is_about_a_question_that_is_asked() -> None:
    assert {departure.ask for departure in DEPARTURES} <= set(KINDS)


def test_questions_are_answered_and_refused() -> None:
    """Inputs of which all were broken, or all valid, would show little."""
    for ask in ("encode", "parse_control", "parse_rights", "parse_netlink", "parse_attributes", "parse_ip"):
        answers = oracle.go(questions(ask, EACH))
        assert 0.1 < sum(answer == oracle.REFUSED for answer in answers) / EACH < 0.9


def test_the_oracle_survives_a_panic() -> None:
    broken = {"ask": "parse_rights", "level": 1, "type": 1, "data": "0102030405"}
    assert oracle.go([broken, {"ask": "signal", "number": 2}]) == [oracle.REFUSED, "interrupt"]


@pytest.mark.parametrize("call", files.REFUSALS)
def test_what_cannot_be_is_refused_as_by_go(call: str) -> None:
    (go,) = oracle.go([{"ask": "refusal", "call": call}])
    assert oracle.ours({"ask": "refusal", "call": call}) == go
    assert go != "done"


def test_go_refuses_nothing_else() -> None:
    (names,) = oracle.go([{"ask": "refusal"}])
    assert set(names) == set(files.REFUSALS)
