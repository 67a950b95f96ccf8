"""Command lines: an argparse parser for the programs, and argument types with limits."""

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable


def program_parser(program: str, description: str) -> ArgumentParser:
    """Return a parser whose messages show the program's name as it is typed."""
    return ArgumentParser(prog=f"python3 -m examples.{program}", description=description)


def host(text: str) -> str:
    """An address or a host name. An empty one is refused: getaddrinfo takes it for this host."""
    if not text.strip():
        raise ArgumentTypeError("an empty name is no address")
    return text


def seconds(text: str) -> float:
    """A time in seconds, from 0 to one day."""
    value = float(text)
    if not 0 <= value <= 86400:  # also refuses NaN
        raise ArgumentTypeError(f"{text!r} is not between 0 and 86400 seconds")
    return value


def integer(lowest: int, highest: int) -> Callable[[str], int]:
    """An integer from lowest to highest."""

    def integer(text: str) -> int:
        value = int(text)
        if not lowest <= value <= highest:
            raise ArgumentTypeError(f"{text!r} is not between {lowest} and {highest}")
        return value

    return integer
