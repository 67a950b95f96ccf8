"""The package against the list of what Go's syscall exports, where there is no Go to ask: go-api.tsv alone.

The rules, and the exceptions from them, are those of tests/go/mapping.py.
"""

import ctypes
import inspect
import re

import pytest

import pysyscall as syscall
from pysyscall.base.abi import ABI, ABIS_MIPS

from .go.mapping import Row, own_signature, table, wanted_signature

# Parameters that a caller may leave out. Go has none.
DEFAULTS = {
    "accept4": ["flags"],
    "epoll_create1": ["flag"],
    "epoll_ctl": ["event"],
    "faccessat": ["flags"],
    "fchmodat": ["flags"],
    "fchownat": ["flags"],
    "fork_exec": ["attr"],
    "futimes": ["tv"],
    "futimesat": ["tv"],
    "listen": ["backlog"],
    "mount": ["data"],
    "nanosleep": ["leftover"],
    "open": ["perm"],
    "openat": ["mode"],
    "parse_dirent": ["names"],
    "pipe2": ["flags"],
    "ptrace_cont": ["signal"],
    "ptrace_syscall": ["signal"],
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
    "start_process": ["attr"],
    "syscall": ["a1", "a2", "a3"],
    "syscall6": ["a1", "a2", "a3", "a4", "a5", "a6"],
    "tee": ["flags"],
    "unlinkat": ["flags"],
    "utime": ["buf"],
    "utimes": ["tv"],
    "utimes_nano": ["ts"],
    "wait4": ["options"],
}


def rows(*kinds: str) -> list[Row]:
    return [row for row in table() if row.kind in kinds]


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


def owner(row: Row) -> type:
    """The class that a field is of."""
    kind: type = getattr(syscall, row.python.partition(".")[0])
    return kind


def field(row: Row) -> str:
    return row.python.partition(".")[2]


# The list is of linux/amd64, as are its registers.
FIELDS = [row for row in rows("field") if ABI == "x86_64" or owner(row) is not syscall.PtraceRegs]
if ABI in ABIS_MIPS:  # libc's termios has no speeds there
    FIELDS = [row for row in FIELDS if row.go not in ("Termios.Ispeed", "Termios.Ospeed")]


@pytest.mark.parametrize("row", FIELDS, ids=lambda row: row.go)
def test_a_field_of_gos_is_here(row: Row) -> None:
    assert field(row) in dir(owner(row))


# Widths are those of linux/amd64.
IN_STRUCTURES = [row for row in FIELDS if ABI == "x86_64" and issubclass(owner(row), ctypes.Structure)]


def go_size(signature: str) -> int:
    """The bytes of a type of Go's on linux/amd64, of which the list is."""
    if signature.startswith("*"):
        return 8
    if array := re.fullmatch(r"\[(\d+)\](.*)", signature):
        return int(array[1]) * go_size(array[2])
    if number := re.fullmatch(r"u?int(\d+)", signature):
        return int(number[1]) // 8
    return 1 if signature == "byte" else ctypes.sizeof(getattr(syscall, signature))


@pytest.mark.parametrize("row", IN_STRUCTURES, ids=[row.go for row in IN_STRUCTURES])
def test_a_structures_field_has_gos_width(row: Row) -> None:
    assert getattr(owner(row), field(row)).size == go_size(row.signature)


@pytest.mark.parametrize(
    "row",
    [row for row in IN_STRUCTURES if re.fullmatch(r"u?int\d+|byte", row.signature)],
    ids=lambda row: getattr(row, "go", None),  # of no row at all on other machines
)
def test_a_structures_number_has_gos_sign(row: Row) -> None:
    kind = owner(row)
    assert issubclass(kind, ctypes.Structure)
    ones = kind.from_buffer(bytearray(b"\xff" * ctypes.sizeof(kind)))
    signed = row.signature.startswith("int")
    assert getattr(ones, field(row)) == (-1 if signed else 2 ** (8 * go_size(row.signature)) - 1)
