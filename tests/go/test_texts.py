"""Error and signal texts: Go's, as its sources have them."""

from .texts import OUTPUT, generated


def test_the_texts_are_gos() -> None:
    assert OUTPUT.read_text() == generated()


def test_a_changed_text_is_seen() -> None:
    assert OUTPUT.read_text().replace("broken pipe", "broken tube") != generated()
