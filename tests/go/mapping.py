"""From Go's package syscall to ours: the rules, as code, and what follows another one, with the reason."""

import csv
import inspect
import re
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import pysyscall

from .ports import Declaration

_TABLE: Final = Path(pysyscall.__file__).with_name("go-api.tsv")

# Names that arm64 exports and amd64, which go-api.tsv lists, does not. PtraceRegs.Pc is `pc_` here, as PC is a method.
ONLY_ON_ARM64: Final = {"Fstatat", "PtraceRegs.Pc", "PtraceRegs.Pstate", "PtraceRegs.Regs", "PtraceRegs.Sp"}

# Go exports what cgo made of C's padding and reserved members. They hold no data.
_PADDING: Final = re.compile(r"\w+\.(Pad_cgo_\d|X_\w+)")

# Functions that fill their []byte. All others send it, or read it.
_FILLING: Final = {
    *("read", "pread", "recvfrom", "recvmsg"),
    *("getcwd", "getdents", "getxattr", "klogctl", "listxattr", "read_dirent", "readlink"),
    *("ptrace_peek_data", "ptrace_peek_text"),
}

_TYPES: Final = {
    "bool": "bool",
    "string": "Text",
    "error": "object",
    "[4]byte": "ReadableBuffer",
    "[]byte": "ReadableBuffer",
    "*int64": "int",
    "[]string": "Sequence[Text]",
    "[]Timespec": "Sequence[Timespec]",
    "[]Timeval": "Sequence[Timeval]",
    "Signal": "int",  # the constants are plain ints
    **dict.fromkeys(("int", "int64", "uintptr", "byte", "uint32", "uint64", "uint"), "int"),
}
_RESULTS: Final = {
    **_TYPES,
    "string": "str",
    "[4]byte": "bytes",
    "[]byte": "bytes",
    "[]string": "list[str]",
    "[2]int": "tuple[int, int]",
    "Signal": "Signal",
}

# Where a signature is not what the rules make of Go's: what it is, and why.
_STRUCT: Final = "what Go fills is returned"
_MAPPED: Final = "a view that mmap returned, which keeps the memory mapped"
_C_TEXT: Final = "a C array is what ctypes has for Go's pointer"
OWN_SIGNATURES: Final = {
    "byte_ptr_from_string": ("(s: Text) -> Array[c_char]", _C_TEXT),
    "string_byte_ptr": ("(s: Text) -> Array[c_char]", _C_TEXT),
    "slice_ptr_from_strings": ("(ss: Sequence[Text]) -> Array[c_char_p]", _C_TEXT),
    "string_slice_ptr": ("(ss: Sequence[Text]) -> Array[c_char_p]", _C_TEXT),
    "byte_slice_from_string": ("(s: Text) -> bytearray", "a slice can be written to"),
    "string_byte_slice": ("(s: Text) -> bytearray", "a slice can be written to"),
    "fstat": ("(fd: int) -> Stat_t", _STRUCT),
    "fstatfs": ("(fd: int) -> Statfs_t", _STRUCT),
    "getenv": ("(key: str) -> tuple[str, bool]", "os.environ takes no bytes"),
    "gettimeofday": ("() -> Timeval", _STRUCT),
    "ioperm": ("(from_: int, num: int, on: int) -> None", "from is a word of Python's own"),
    "lstat": ("(path: Text) -> Stat_t", _STRUCT),
    "madvise": ("(b: memoryview, advice: int) -> None", _MAPPED),
    "mmap": ("(fd: int, offset: int, length: int, prot: int, flags: int) -> memoryview", _MAPPED),
    "mprotect": ("(b: memoryview, prot: int) -> None", _MAPPED),
    "munmap": ("(b: memoryview) -> None", _MAPPED),
    "parse_dirent": (
        "(buf: ReadableBuffer, max: int, names: Sequence[str]) -> tuple[int, int, list[str]]",
        "names as os.fsdecode shows them",
    ),
    "setenv": ("(key: str, value: str) -> None", "os.environ takes no bytes"),
    "stat": ("(path: Text) -> Stat_t", _STRUCT),
    "statfs": ("(path: Text) -> Statfs_t", _STRUCT),
    "sysinfo": ("() -> Sysinfo_t", _STRUCT),
    "time": ("() -> Time_t", _STRUCT),
    "uname": ("() -> Utsname", _STRUCT),
    "unlinkat": ("(dirfd: int, path: Text, flags: int) -> None", "AT_REMOVEDIR, which Go has forgotten"),
    "unsetenv": ("(key: str) -> None", "os.environ takes no bytes"),
    "ustat": ("(dev: int) -> Ustat_t", _STRUCT),
    "exec": (
        "(argv0: Text, argv: Sequence[Text], envv: Sequence[Text]) -> NoReturn",
        "it returns only where it fails, and then raises",
    ),
    "exit": ("(code: int) -> NoReturn", "Go has no such type"),
    "getrlimit": ("(resource: int) -> Rlimit", _STRUCT),
    "getrusage": ("(who: int) -> Rusage", _STRUCT),
    "ptrace_get_regs": ("(pid: int) -> PtraceRegs", _STRUCT),
    "setfsgid": ("(gid: int) -> int", "the previous one, which Go drops"),
    "setfsuid": ("(uid: int) -> int", "the previous one, which Go drops"),
    "setgroups": ("(gids: Sequence[int]) -> None", "any sequence, where Go has only slices"),
    "times": ("() -> tuple[int, Tms]", _STRUCT),
    "wait4": ("(pid: int, options: int) -> tuple[int, WaitStatus, Rusage]", _STRUCT),
    "listen": ("(fd: int, backlog: int) -> None", "Go names its parameters s and n"),
    "sendto": ("(fd: int, p: ReadableBuffer, flags: int, to: Sockaddr) -> int", "the count, which Go drops"),
    "sendmsg": (
        "(fd: int, p: ReadableBuffer, oob: ReadableBuffer, to: Sockaddr, flags: int) -> int",
        "the count, which Go drops",
    ),
    "attach_lsf": ("(fd: int, i: Iterable[SockFilter]) -> None", "any iterable, where Go has only slices"),
    "pipe": ("() -> tuple[int, int]", "what Go fills is returned"),
    "pipe2": ("(flags: int) -> tuple[int, int]", "what Go fills is returned"),
    "recvfrom": (
        "(fd: int, p: WriteableBuffer, flags: int) -> tuple[int, Sockaddr | None]",
        "a connected stream gives no address",
    ),
    "recvmsg": (
        "(fd: int, p: WriteableBuffer, oob: WriteableBuffer, flags: int) -> tuple[int, int, int, Sockaddr | None]",
        "a connected stream gives no address",
    ),
}


class Row(NamedTuple):
    """A line of go-api.tsv: what Go exports on amd64, but for constants, and the name that it has here."""

    area: str
    kind: str
    go: str
    signature: str
    python: str


@cache
def table() -> tuple[Row, ...]:
    """All of go-api.tsv."""
    with _TABLE.open(newline="") as f:
        return tuple(Row(**row) for row in csv.DictReader(f, delimiter="\t"))


def has_data(declaration: Declaration) -> bool:
    """Whether a declaration is anything but padding."""
    return declaration.kind != "field" or not _PADDING.fullmatch(declaration.name)


def python_name(kind: str, go: str) -> str:
    """The name that the rules make of Go's: a type keeps its own, all others become snake_case."""
    if kind == "type":
        return go
    owner, dot, name = go.rpartition(".")
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name.replace("Pv6", "PV6")).lower()
    return f"{owner}{dot}{name}{'_' if name == 'is' else ''}"


def wanted_signature(row: Row) -> str:
    """The signature that a function or method must have: what the rules make of Go's, or one of the exceptions."""
    return OWN_SIGNATURES[row.python][0] if row.python in OWN_SIGNATURES else signature_by_rule(row)


def signature_by_rule(row: Row) -> str:
    """Go's parameters in their order under their names, and its results without the error."""
    parameters, results = _split(row.signature)
    taken = [_parameter(name, kind, row.python in _FILLING) for name, kind in parameters]
    given = [_RESULTS.get(kind) or _named(kind) for _, kind in results if kind not in {"error", "Errno"}]
    together = f"tuple[{', '.join(given)}]" if len(given) > 1 else "".join(given) or "None"
    return f"({', '.join(taken)}) -> {together}"


def own_signature(name: str) -> str:
    """The signature that our function has, in the rules' words.

    Defaults are left out, and so is what a parameter takes beyond Go's: None for nil, a sequence of buffers, a buffer
    for its address.
    """
    function = _find(name)
    assert callable(function)
    signature = inspect.signature(function)
    taken = []
    for parameter in signature.parameters.values():
        kind = re.sub(r" \| (None|Sequence\[\w+Buffer\])", "", _annotation(parameter.annotation))
        if parameter.name != "self":
            taken.append(f"{'*' if parameter.kind is parameter.VAR_POSITIONAL else ''}{parameter.name}: {kind}")
    return f"({', '.join(taken)}) -> {_annotation(signature.return_annotation)}"


def present(name: str) -> bool:
    """Whether we have a name, or a type's member."""
    try:
        _find(name)
    except AttributeError:
        return False
    return True


def _find(name: str) -> object:
    found: object = pysyscall
    for part in name.split("."):
        found = getattr(found, part)
    return found


def _annotation(annotation: object) -> str:
    text = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    text = text.replace("bytes | bytearray | memoryview", "ReadableBuffer")
    text = text.replace("SyscallArgument", "int")
    text = re.sub(r"(Sequence\[(\w+)\]) \| Array\[\2\]", r"\1", text)
    return re.sub(r"StrOrBytes(Path)?|str \| bytes", "Text", text)


def _parameter(name: str, kind: str, fills: bool) -> str:
    if kind.startswith("..."):
        return f"*{name}: {_TYPES[kind[3:]]}"
    if kind == "[]byte" and fills:
        return f"{name}: WriteableBuffer"
    if kind.startswith("[]") and kind not in _TYPES:
        return f"{name}: Array[{kind[2:]}]"
    return f"{name}: {_TYPES.get(kind) or _named(kind)}"


def _named(kind: str) -> str:
    return f"list[{_TYPES.get(kind[2:], kind[2:])}]" if kind.startswith("[]") else kind.removeprefix("*")


def _split(go: str) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """A Go signature's parameters and results, each a name, which results may lack, and a type."""
    taken, _, given = go[1:].partition(")")
    return _variables(taken), _variables(given.strip(" ()"))


def _variables(listed: str) -> list[tuple[str, str]]:
    return [(name, kind) for name, _, kind in (variable.rpartition(" ") for variable in listed.split(", ")) if kind]
