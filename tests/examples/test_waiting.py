"""Waiting for a descriptor until a deadline."""

import os
from time import monotonic

from examples.shared.waiting import readable_before


def test_what_can_be_read_is_readable_until_the_deadline(stream: tuple[int, int]) -> None:
    reading, writing = stream
    assert not readable_before(monotonic() + 0.01, reading)
    os.write(writing, b"x")
    assert readable_before(monotonic() + 60, reading)
    assert not readable_before(monotonic(), reading)  # a flood must not keep a program past its deadline
