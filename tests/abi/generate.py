"""Generates pysyscall/constants/ from the C headers: python3 -m tests.abi.generate [--check]."""

from __future__ import annotations

import argparse
import difflib
import re
import sys
import textwrap
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
_LINE_LENGTH: Final = 120
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


def _expression(constant: Constant) -> tuple[str, list[str]]:
    """The value as an expression: a literal, or the arguments of by_abi."""
    written = {abi: _literal(value, constant.text) for abi, value in constant.values.items()}
    default, count = Counter(written.values()).most_common(1)[0]
    if count == len(ABIS):
        return default, []
    with_default = [default]
    with_default += [f"{abi}={written.get(abi)}" for abi in ABIS if written.get(abi) != default]
    by_name = [f"{abi}={literal}" for abi, literal in written.items()]
    return "", with_default if len(with_default) <= len(by_name) else by_name


def _assignment(constant: Constant) -> str:
    literal, arguments = _expression(constant)
    if literal:
        return f"{python_name(constant.name)}: Final = {literal}\n"
    joined = ", ".join(arguments)
    target = f"{python_name(constant.name)}: Final"
    line = f"{target} = by_abi({joined})\n"
    if len(line) <= _LINE_LENGTH + 1:
        return line
    if len(joined) + 4 <= _LINE_LENGTH:
        return f"{target} = by_abi(\n    {joined}\n)\n"
    return f"{target} = by_abi(\n" + "".join(f"    {argument},\n" for argument in arguments) + ")\n"


def _paragraphs(constants: list[Constant]) -> Iterable[str]:
    """One a header and prefix, ordered by value."""
    for header in dict.fromkeys(constant.header for constant in constants):
        comment = f"# <{header}>\n"
        of_header = [constant for constant in constants if constant.header == header]
        for prefix in dict.fromkeys(_prefix(constant.name) for constant in of_header):
            of_prefix = [constant for constant in of_header if _prefix(constant.name) == prefix]
            of_prefix.sort(key=lambda constant: next(iter(constant.values.values())))
            yield comment + "".join(map(_assignment, of_prefix))
            comment = ""


def _module(subject: Subject, constants: list[Constant]) -> str:
    order = [header.path for header in subject.headers]
    constants = sorted(constants, key=lambda constant: order.index(constant.header))
    paths = dict.fromkeys(constant.header for constant in constants)
    head = textwrap.fill(f'"""{subject.title}: {", ".join(f"<{path}>" for path in paths)}.', _LINE_LENGTH)
    made = textwrap.fill(f"Generated by `{_COMMAND}` from the headers of {versions()}.", _LINE_LENGTH)
    body = "\n".join(_paragraphs(constants))
    imports = ["Final"]
    if "by_abi(" in body:
        imports.append("by_abi")
    if any(len(constant.values) < len(ABIS) for constant in constants):
        imports.append("drop_absent")
    names = ", ".join(imports)
    end = "\ndrop_absent(globals())\n" if "drop_absent" in imports else "\n"
    return f'{head}\n\n{made}\n"""\n\nfrom ..base.abi import {names}\n\n{body}{end}del {names}\n'


# The module to look into first is the one that most programs need.
_LOAD_ORDER: Final = (
    "_sockets",
    "_errnos",
    "_polling",
    "_files",
    "_internet",
    "_packets",
    "_interfaces",
    "_netlink",
    "_signals",
    "_clocks",
    "_processes",
    "_memory",
    "_mounts",
    "_terminals",
    "_syscall_numbers",
)

_PACKAGE: Final = '''"""The constants of the C headers, one module a subject.

A module is loaded when a name is asked for that those before it have not: together they take longer than all the rest
of the library. A name that this ABI lacks raises AttributeError, which says so.

Generated by `{command}`.
"""

from ..base.abi import TYPE_CHECKING, no_attribute

if TYPE_CHECKING:
{imports}
else:
    _MODULES = (
{modules}
    )
    _loaded = set()

    def _load(module):
        if module not in _loaded:
            public = vars(__import__(module, globals(), None, ("",), 1))
            globals().update({{name: value for name, value in public.items() if name[0] != "_"}})
            _loaded.add(module)

    def __getattr__(name):
        if name == "__all__":
            return __dir__()
        if name[0].isupper():
            for module in _MODULES:
                _load(module)
                if name in globals():
                    return globals()[name]
        raise no_attribute(__name__, name)

    def __dir__():
        for module in _MODULES:
            _load(module)
        return sorted(name for name in globals() if name[0].isupper() and name != "TYPE_CHECKING")
'''


def _package() -> str:
    imports = "\n".join(f"    from .{module} import *" for module in sorted(_LOAD_ORDER))
    modules = "\n".join(f'        "{module}",' for module in _LOAD_ORDER)
    return _PACKAGE.format(command=_COMMAND, imports=imports, modules=modules)


def render(constants: list[Constant]) -> dict[str, str]:
    """The text of each file of pysyscall/constants/."""
    by_module: dict[str, list[Constant]] = {subject.module: [] for subject in SUBJECTS}
    for constant in constants:
        subject = _subject(constant.name, constant.header)
        if subject:
            by_module[subject.module].append(constant)
    files = {f"{subject.module}.py": _module(subject, by_module[subject.module]) for subject in SUBJECTS}
    return {"__init__.py": _package(), **files}


def differences(generated: dict[str, str], directory: Path = DIRECTORY) -> str:
    """How the files on disk differ from what the headers say; empty when they agree."""
    committed = {path.name: path.read_text() for path in sorted(directory.glob("*.py"))}
    lines: list[str] = []
    for name in sorted(committed.keys() | generated.keys()):
        old, new = committed.get(name, ""), generated.get(name, "")
        lines += difflib.unified_diff(
            old.splitlines(), new.splitlines(), f"committed/{name}", f"headers/{name}", "", "", 0, ""
        )
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog=_COMMAND, description="Generate pysyscall/constants/ from the C headers.")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail when the files differ from the headers"
    )
    arguments = parser.parse_args()
    generated = render(read_constants())
    difference = differences(generated)
    if arguments.check:
        print(difference or "pysyscall/constants/ agrees with the headers")
        return 1 if difference else 0
    DIRECTORY.mkdir(exist_ok=True)
    for path in DIRECTORY.glob("*.py"):
        if path.name not in generated:
            path.unlink()
    for name, text in generated.items():
        (DIRECTORY / name).write_text(text)
    print(difference or "nothing changed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
