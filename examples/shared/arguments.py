"""Command lines, for argparse: a program's name as people type it, and arguments in their bounds or a refusal."""

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable


def program_parser(program: str, description: str) -> ArgumentParser:
    """The parser of a program's command line."""
    return ArgumentParser(prog=f"python3 -m examples.{program}", description=description)


def host(text: str) -> str:
    """An address or a name. An empty one would be this machine's."""
    if not text.strip():
        raise ArgumentTypeError("an empty name is no address")
    return text


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
