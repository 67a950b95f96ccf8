"""Error and signal texts: Go's, as its sources have them."""

import pytest

from pysyscall.system.texts import ERRORS, OTHER_ERRORS, SIGNALS
from tests.abi.committed import constants

from .ports import PORTS
from .texts import OUTPUT, generated, table


def test_the_texts_are_gos() -> None:
    assert OUTPUT.read_text() == generated()


def test_a_changed_text_is_seen() -> None:
    assert OUTPUT.read_text().replace("broken pipe", "broken tube") != generated()


@pytest.mark.parametrize(("port", "abi"), PORTS.items())
def test_each_text_of_each_port_of_gos_is_held(port: str, abi: str) -> None:
    ours = {"errors": {**ERRORS, **OTHER_ERRORS.get(abi, {})}, "signals": SIGNALS}
    headers = {"errors": "errno.h", "signals": "signal.h"}
    for variable, texts in ours.items():
        named = {
            constant.value: texts.get(name)
            for name, constant in reversed(constants(abi).items())
            if constant.header == headers[variable] and name.startswith(("E", "SIG"))
        }
        assert {number: named.get(number) for number in table(port, variable)} == table(port, variable)
