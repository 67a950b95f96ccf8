"""inspect.signature and typing.get_type_hints, on all that is public."""

import inspect
import typing
from collections.abc import Iterator

import pytest

import pysyscall as syscall

NAMES = [name for names in syscall._NAMES.values() for name in names.split() if callable(getattr(syscall, name))]  # type: ignore[attr-defined]


def members(kind: type) -> Iterator[tuple[str, object]]:
    """The functions of a public class, and those of its properties."""
    for base in kind.__mro__:
        if base.__module__.startswith("pysyscall"):
            for name, member in vars(base).items():
                if isinstance(member, (staticmethod, classmethod)):
                    member = member.__func__
                for each in (member.fget, member.fset) if isinstance(member, property) else (member,):
                    if inspect.isfunction(each) and (name[0] != "_" or name == "__init__"):
                        yield name, each


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_has_a_signature(name: str) -> None:
    found = getattr(syscall, name)
    inspect.signature(found)
    if isinstance(found, type):
        for _, function in members(found):
            inspect.signature(function)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", NAMES)
def test_the_annotations_of_a_public_name_can_be_evaluated(name: str) -> None:
    found = getattr(syscall, name)
    typing.get_type_hints(found)
    if isinstance(found, type):
        for _, function in members(found):
            typing.get_type_hints(function)


def test_the_annotations_mean_what_they_say() -> None:
    hints = typing.get_type_hints(syscall.recvfrom)
    assert hints["fd"] is int
    assert bytearray in typing.get_args(hints["p"])
    assert hints["return"] == tuple[int, syscall.Sockaddr | None]
