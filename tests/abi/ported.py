"""The package as the Python of any ABI would load it, and the C types that its declarations then stand for.

ctypes lays out structures for the machine that it runs on. But one 64-bit ABI has the C types of every other, and in a
32-bit one only a few differ: with those put in their place, ctypes lays out for all ten.
"""

from __future__ import annotations

import ctypes
import importlib
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Final, NamedTuple, TypeAlias
from unittest.mock import patch

import pysyscall

PACKAGE: Final = Path(pysyscall.__path__[0])
ABIS_32_BIT: Final = ("i386", "arm", "mipsel")


class Integer(NamedTuple):
    """is_signed: None for a plain char, which has a sign or none from ABI to ABI."""

    size: int
    is_signed: bool | None


class Pointer(NamedTuple):
    target: CType | None


class Elements(NamedTuple):
    """An array."""

    element: CType
    length: int


class Record(NamedTuple):
    """A structure or union, by the name of its class."""

    name: str


CType: TypeAlias = Integer | Pointer | Elements | Record


class Field(NamedTuple):
    name: str
    offset: int
    size: int
    type: CType


class Layout(NamedTuple):
    """How a structure or union of ours lies in memory on one ABI."""

    name: str
    module: str
    doc: str
    is_union: bool
    size: int
    alignment: int
    fields: tuple[Field, ...]


class Function(NamedTuple):
    """A function that libc.py declares, and the symbol that it is called by."""

    name: str
    symbol: str
    is_converted: bool
    parameters: tuple[tuple[str, CType], ...]
    result: CType | None
    given: tuple[str, ...] = ()  # of an unconverted function, parameters that a ctypes object stands for


class _PointerMark:
    """The base of what stands in for a pointer."""


class _SignedMark:
    """The base of what stands in for a signed integer."""


class _UnsignedMark:
    """The base of what stands in for an unsigned integer."""


def _stand_in(name: str, mark: type, simple: Any, **members: object) -> Any:
    return type(simple)(name, (mark, simple), members)


def _aligned_to_4(name: str, mark: type, simple: Any) -> Any:
    fields = [("value", simple)]
    return _stand_in(name, mark, ctypes.Structure, _pack_=4, _layout_="ms", _fields_=fields)


class _Library:
    """A CDLL of which nothing is called."""

    def __init__(self, libc: str) -> None:
        self._libc = libc

    def __getitem__(self, symbol: str) -> SimpleNamespace:
        # musl's headers have no pread64: its off_t is of 64 bits on every ABI.
        if self._libc == "musl" and symbol.endswith("64"):
            raise AttributeError(symbol)
        return SimpleNamespace(__name__=symbol)


def _ctypes(abi: str, libc: str) -> ModuleType:
    """ctypes with the types of this ABI."""
    module = ModuleType("ctypes")
    vars(module).update(vars(ctypes))
    is_32_bit = abi in ABIS_32_BIT
    signed, unsigned = (ctypes.c_int32, ctypes.c_uint32) if is_32_bit else (ctypes.c_int64, ctypes.c_uint64)
    types = dict.fromkeys(("c_long", "c_ssize_t"), signed) | dict.fromkeys(("c_ulong", "c_size_t"), unsigned)
    types |= {name: _stand_in(name, _PointerMark, unsigned) for name in ("c_void_p", "c_char_p")}
    if abi == "i386":
        for name in ("c_int64", "c_longlong"):
            types[name] = _aligned_to_4(name, _SignedMark, ctypes.c_int64)
        for name in ("c_uint64", "c_ulonglong"):
            types[name] = _aligned_to_4(name, _UnsignedMark, ctypes.c_uint64)
    libraries = dict.fromkeys(("CDLL", "PyDLL"), lambda *_, **__: _Library(libc))
    vars(module).update(types, **libraries, pythonapi=_Library(libc))
    return module


def ctype(declared: Any) -> CType:
    """What a ctypes type, or one that stands in for it, is in C."""
    size = ctypes.sizeof(declared)
    if issubclass(declared, _PointerMark | ctypes.c_void_p | ctypes.c_char_p):
        is_text = declared.__name__ == "c_char_p"
        return Pointer(Integer(1, None) if is_text else None)
    if issubclass(declared, ctypes._Pointer):
        return Pointer(ctype(declared._type_))
    if issubclass(declared, ctypes.Array):
        return Elements(ctype(declared._type_), declared._length_)
    if issubclass(declared, _SignedMark | _UnsignedMark):
        return Integer(size, issubclass(declared, _SignedMark))
    if issubclass(declared, ctypes.Structure | ctypes.Union):
        return Record(declared.__name__)
    code = declared._type_
    if code not in "cbBhHiIlLqQ":
        raise TypeError(f"{declared.__name__} is neither an integer nor a pointer: tests/abi/ported.py has to learn it")
    return Integer(size, None if code == "c" else code.islower())


def layout(declared: Any) -> Layout:
    """How ctypes lays out a class, the fields of its base class included."""
    members = [member for cls in reversed(declared.__mro__) for member in vars(cls).get("_fields_", ())]
    fields = tuple(
        Field(name, getattr(declared, name).offset, ctypes.sizeof(kind), ctype(kind)) for name, kind in members
    )
    return Layout(
        declared.__name__,
        declared.__module__.partition(".")[2],
        declared.__doc__ or "",
        issubclass(declared, ctypes.Union),
        ctypes.sizeof(declared),
        ctypes.alignment(declared),
        fields,
    )


def layouts(modules: Iterable[ModuleType]) -> list[Layout]:
    """Of all structures and unions that these modules define."""
    classes = {
        value: None
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, ctypes.Structure | ctypes.Union)
        and value.__module__ == module.__name__
        and value._fields_
    }
    return [layout(value) for value in classes]


def function(declared: Any) -> Function:
    """What libc.py says of a function."""
    types = dict(declared.declaration.__annotations__)
    result = types.pop("return")
    return Function(
        declared.declaration.__name__,
        declared.__name__,
        getattr(declared, "argtypes", None) is not None,
        tuple((name, ctype(kind)) for name, kind in types.items()),
        None if result is None else ctype(result),
        tuple(name for name, kind in types.items() if kind.__name__.startswith("Given")),
    )


def functions(module: ModuleType) -> list[Function]:
    """All that this libc.py declares."""
    return [function(value) for value in vars(module).values() if hasattr(value, "declaration")]


def struct_modules(directory: Path = PACKAGE) -> list[str]:
    """The modules of structures: each subject's structs.py and rare_structs.py, by its name within the package."""
    return _modules(directory, "structs")


def libc_modules(directory: Path = PACKAGE) -> list[str]:
    """The modules of libc's functions: each subject's libc.py, by its name within the package."""
    return _modules(directory, "libc")


def _modules(directory: Path, name: str) -> list[str]:
    return sorted(
        ".".join(path.relative_to(directory).with_suffix("").parts) for path in directory.rglob(f"*{name}.py")
    )


def source(module: str, directory: Path = PACKAGE) -> str:
    """The text of a module that is named within the package."""
    return directory.joinpath(*module.split(".")).with_suffix(".py").read_text()


class Ported(NamedTuple):
    """What the package declares, as one ABI and libc see it."""

    layouts: list[Layout]
    functions: list[Function]


# What works with this machine's memory as it is loaded, and declares nothing.
_OF_THIS_MACHINE: Final = {f"pysyscall.base.{name}" for name in ("buffers", "errors", "forks", "scratch")}


@cache
def ported(abi: str, libc: str, directory: Path = PACKAGE) -> Ported:
    """Load every structs.py and libc.py anew, under this ABI."""
    others = {
        name: module
        for name, module in sys.modules.items()
        if name.partition(".")[0] != "pysyscall" or name in _OF_THIS_MACHINE
    }
    package = ModuleType("pysyscall")
    package.__path__ = [str(directory)]
    with patch.dict(sys.modules, others | {"pysyscall": package, "ctypes": _ctypes(abi, libc)}, clear=True):
        vars(importlib.import_module("pysyscall.base.abi"))["ABI"] = abi
        modules = [importlib.import_module(f"pysyscall.{name}") for name in struct_modules(directory)]
        declaring = [importlib.import_module(f"pysyscall.{name}") for name in libc_modules(directory)]
        structures = layouts(modules)
    return Ported(structures, [function for module in declaring for function in functions(module)])
