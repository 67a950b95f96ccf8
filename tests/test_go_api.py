"""The package against the list of what Go's syscall exports, where there is no Go to ask: go-api.tsv alone.

The rules, and the exceptions from them, are those of tests/go/mapping.py.
"""

import ctypes
import inspect
import re

import pytest

import pysyscall as syscall
from pysyscall.base.abi import ABI

from .go.mapping import AREAS_HERE, Row, own_signature, table, wanted_signature

# Parameters that a caller may leave out. Go has none.
DEFAULTS = {
    "accept4": ["flags"],
    "epoll_create1": ["flag"],
    "epoll_ctl": ["event"],
    "faccessat": ["flags"],
    "fchmodat": ["flags"],
    "fchownat": ["flags"],
    "futimes": ["tv"],
    "futimesat": ["tv"],
    "listen": ["backlog"],
    "mount": ["data"],
    "nanosleep": ["leftover"],
    "open": ["perm"],
    "openat": ["mode"],
    "parse_dirent": ["names"],
    "pipe2": ["flags"],
    "raw_syscall": ["a1", "a2", "a3"],
    "raw_syscall6": ["a1", "a2", "a3", "a4", "a5", "a6"],
    "recvfrom": ["flags"],
    "recvmsg": ["flags"],
    "select": ["timeout"],
    "sendmsg": ["flags"],
    "sendmsg_n": ["flags"],
    "setxattr": ["flags"],
    "socket": ["proto"],
    "socketpair": ["proto"],
    "splice": ["flags"],
    "syscall": ["a1", "a2", "a3"],
    "syscall6": ["a1", "a2", "a3", "a4", "a5", "a6"],
    "tee": ["flags"],
    "unlinkat": ["flags"],
    "utime": ["buf"],
    "utimes": ["tv"],
    "utimes_nano": ["ts"],
}


def rows(*kinds: str) -> list[Row]:
    return [row for row in table() if row.area in AREAS_HERE and row.kind in kinds]


def says_which(row: Row, documented: object) -> bool:
    """Whether the docstring names what it is in Go."""
    return (
        re.search(rf"\bGo(?: net)?(?:'s)? {re.escape(row.go)}\b", " ".join((inspect.getdoc(documented) or "").split()))
        is not None
    )


@pytest.mark.parametrize("row", rows("func", "method"), ids=lambda row: row.go)
def test_a_function_of_gos_is_here_with_its_signature(row: Row) -> None:
    assert own_signature(row.python) == wanted_signature(row)


@pytest.mark.parametrize("row", rows("func"), ids=lambda row: row.go)
def test_a_function_of_gos_says_which_it_is_and_what_may_be_left_out(row: Row) -> None:
    function = getattr(syscall, row.python)
    assert says_which(row, function)
    parameters = inspect.signature(function).parameters.values()
    optional = [parameter.name for parameter in parameters if parameter.default is not parameter.empty]
    assert optional == DEFAULTS.get(row.python, [])


@pytest.mark.parametrize("row", rows("type"), ids=lambda row: row.go)
def test_a_type_of_gos_is_here_and_says_which_it_is(row: Row) -> None:
    kind = getattr(syscall, row.python)
    assert isinstance(kind, type)
    assert kind.__name__ == row.go
    assert says_which(row, kind)


@pytest.mark.parametrize("row", rows("field"), ids=lambda row: row.go)
def test_a_field_of_gos_is_here_in_its_width_and_sign(row: Row) -> None:
    kind, _, name = row.python.partition(".")
    owner = getattr(syscall, kind)
    assert name in dir(owner)
    width = re.fullmatch(r"(?:\[(\d+)\])?(u?)(?:int(\d+)|(byte))", row.signature)
    if not issubclass(owner, ctypes.Structure) or width is None or ABI != "x86_64":
        return  # an address's property, a structure or pointer; and the list is of that ABI
    count, unsigned, bits, byte = width.groups()
    size = 1 if byte else int(bits) // 8
    assert getattr(owner, name).size == size * int(count or 1)
    if count is None:
        raw = bytearray(b"\xff" * ctypes.sizeof(owner))
        assert getattr(owner.from_buffer(raw), name) == (2 ** (8 * size) - 1 if unsigned or byte else -1)
