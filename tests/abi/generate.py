"""Generates the tables of pysyscall/constants/ from the C headers: python3 -m tests.abi.generate [--check]."""

from __future__ import annotations

import argparse
import difflib
import re
import sys
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from .compiler import ABIS, versions
from .headers import Definition, definitions, values
from .subjects import SUBJECTS, Subject, is_kernel_header, python_name

DIRECTORY: Final = Path(__file__).parents[2] / "pysyscall" / "constants"
_ABSENT: Final = "-"
_COMMAND: Final = "python3 -m tests.abi.generate"


class Constant(NamedTuple):
    """A name, the header that defines it (the libc's, if on any ABI), and its value on each ABI that has it."""

    name: str
    header: str
    text: str
    values: dict[str, int]


def headers(*, kernel: bool) -> list[str]:
    """The headers that are read together, in their order."""
    known = dict.fromkeys(header.path for subject in SUBJECTS for header in subject.headers)
    paths = [path for path in known if is_kernel_header(path) == kernel]
    # linux/vm_sockets.h speaks of time_t, and leaves it to others to declare it.
    return ["sys/types.h", *paths] if kernel else paths


@cache
def _subject(name: str, path: str) -> Subject | None:
    """Whose constant a name is that this header defines."""
    for subject in SUBJECTS:
        if any(header.path == path and header.has(name) for header in subject.headers):
            return subject
    return None


def _read(abi: str) -> dict[str, tuple[Definition, int]]:
    found: dict[str, tuple[Definition, int]] = {}
    for kernel in (False, True):
        paths = headers(kernel=kernel)
        wanted: dict[str, Definition] = {}
        for definition in definitions(abi, "glibc", paths):
            # glibc defines most enumerators again, as a macro of the same name, which says no value.
            unknown = definition.name not in wanted or wanted[definition.name].text == definition.name
            if unknown and definition.name not in found and _subject(definition.name, definition.header):
                wanted[definition.name] = definition
        numbers = values(abi, "glibc", paths, wanted)
        found |= {name: (definition, numbers[name]) for name, definition in wanted.items() if name in numbers}
    return found


def read_constants() -> list[Constant]:
    """Every constant of every ABI, in the headers' order."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        by_abi = dict(zip(ABIS, pool.map(_read, ABIS), strict=True))
    constants: dict[str, Constant] = {}
    for abi, found in by_abi.items():
        for name, (definition, value) in found.items():
            constant = constants.setdefault(name, Constant(name, definition.header, definition.text, {}))
            if is_kernel_header(constant.header) and not is_kernel_header(definition.header):
                constant = constants[name] = constant._replace(header=definition.header)
            constant.values[abi] = value
    return list(constants.values())


def _prefix(name: str) -> str:
    return name.partition("_")[0] if "_" in name.strip("_") else ""


def _literal(value: int, text: str) -> str:
    """The value in the base that the header writes it in, and in hexadecimal when it is large and composed."""
    if value < 0:
        return str(value)
    if re.match(r"\(*0[xX]", text) or (value >= 0x10000 and not re.fullmatch(r"\d+", text)):
        return f"0x{value:X}"
    if re.fullmatch(r"\(*0[0-7]+\)*", text) and value > 7:
        return f"0o{value:o}"
    return str(value)


def _line(constant: Constant) -> str:
    """A line of a table: the value of most ABIs, and by ABI what is another; or by ABI alone, where that is shorter."""
    written = {abi: _literal(value, constant.text) for abi, value in constant.values.items()}
    default = Counter(written.values()).most_common(1)[0][0]
    others = [f"{abi}={written.get(abi, _ABSENT)}" for abi in ABIS if written.get(abi) != default]
    if len(others) >= len(written):
        default, others = _ABSENT, [f"{abi}={literal}" for abi, literal in written.items()]
    return " ".join([python_name(constant.name), default, *others]) + "\n"


def _paragraphs(header: str, constants: list[Constant]) -> Iterable[str]:
    """Those of a header: one a prefix, ordered by value."""
    comment = f"# <{header}>\n"
    for prefix in dict.fromkeys(_prefix(constant.name) for constant in constants):
        of_prefix = [constant for constant in constants if _prefix(constant.name) == prefix]
        of_prefix.sort(key=lambda constant: next(iter(constant.values.values())))
        yield comment + "".join(map(_line, of_prefix))
        comment = ""


# The headers of what programs with sockets and descriptors use. A table is searched from its top.
_COMMON: Final = (
    "errno.h",
    "sys/socket.h",
    "sys/epoll.h",
    "poll.h",
    "fcntl.h",
    "netinet/in.h",
    "netinet/udp.h",
    "netinet/tcp.h",
    "netdb.h",
    "unistd.h",
    "sys/select.h",
    "sys/eventfd.h",
    "linux/fcntl.h",
    "linux/in6.h",
    "linux/tcp.h",
    "linux/udp.h",
    "linux/un.h",
    "linux/socket.h",
    "linux/errqueue.h",
    "linux/eventpoll.h",
)

_TABLE: Final = '''"""{title}, as text.

A line is a name, its value, and by ABI what is another value; `-` stands where an ABI lacks the constant. `base.abi`
reads the lines.

Generated by `{command}` from the headers of {versions}.
"""

TABLE = """
{lines}"""
'''


def render(constants: list[Constant]) -> dict[str, str]:
    """The text of each table in pysyscall/constants/."""
    by_header: dict[str, list[Constant]] = {path: [] for path in _COMMON}
    for subject in SUBJECTS:
        by_header |= {header.path: [] for header in subject.headers if header.path not in by_header}
    for constant in constants:
        by_header[constant.header].append(constant)
    common = {path: by_header.pop(path) for path in _COMMON}
    return {
        "common.py": _table("The constants that programs with sockets and descriptors use", common),
        "other.py": _table("The other constants", by_header),
    }


def _table(title: str, by_header: dict[str, list[Constant]]) -> str:
    lines = "\n".join(paragraph for path, constants in by_header.items() for paragraph in _paragraphs(path, constants))
    return _TABLE.format(title=title, command=_COMMAND, versions=versions(), lines=lines)


def differences(generated: dict[str, str], directory: Path = DIRECTORY) -> str:
    """How the files on disk differ from what the headers say; empty when they agree."""
    lines: list[str] = []
    for name, new in generated.items():
        path = directory / name
        old = path.read_text() if path.exists() else ""
        lines += difflib.unified_diff(
            old.splitlines(), new.splitlines(), f"committed/{name}", f"headers/{name}", "", "", 0, ""
        )
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog=_COMMAND, description="Generate the tables of constants from the C headers.")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail when the files differ from the headers"
    )
    arguments = parser.parse_args()
    generated = render(read_constants())
    difference = differences(generated)
    if arguments.check:
        print(difference or "pysyscall/constants/ agrees with the headers")
        return 1 if difference else 0
    for name, text in generated.items():
        (DIRECTORY / name).write_text(text)
    print(difference or "nothing changed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
