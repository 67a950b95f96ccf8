"""Numbers on a command line, for argparse: in their bounds, or a clear refusal."""

from argparse import ArgumentTypeError
from collections.abc import Callable


def seconds(text: str) -> float:
    """A time: not negative, nor beyond a day."""
    value = float(text)
    if not 0 <= value <= 86400:  # NaN is not either
        raise ArgumentTypeError(f"{text!r} is not between 0 and 86400 seconds")
    return value


def integer(lowest: int, highest: int) -> Callable[[str], int]:
    """A whole number from lowest to highest."""

    def integer(text: str) -> int:
        value = int(text)
        if not lowest <= value <= highest:
            raise ArgumentTypeError(f"{text!r} is not between {lowest} and {highest}")
        return value

    return integer
