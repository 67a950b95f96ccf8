"""Our declarations of libc's functions against the headers', by the compiler of each ABI.

The comments of each libc.py name the headers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from .check import Failure
from .claims import Claim, Difference, contradictions, type_claims
from .compiler import ABIS
from .ported import ABIS_32_BIT, PACKAGE, Function, Integer, libc_modules, ported, source

_ABIS: Final = " ".join(ABIS)
_ABIS_64_BIT: Final = " ".join(abi for abi in ABIS if abi not in ABIS_32_BIT)

# How many parameters of a variadic function have a type in C.
VARIADIC: Final = {"fcntl": 2, "ioctl": 2, "open": 2, "openat": 3, "syscall": 1}

DIFFERENCES: Final = (
    Difference("ioctl(op) size", "musl", _ABIS_64_BIT, 4, "the kernel takes 32 bits and drops the rest"),
    Difference("ioctl(op) sign", "musl", _ABIS, 1, "the same 32 bits"),
    Difference("sendmmsg(flags) sign", "musl", _ABIS, 0, "the same 32 bits"),
    Difference("recvmmsg(flags) sign", "musl", _ABIS, 0, "the same 32 bits"),
)


def headers(directory: Path = PACKAGE) -> list[str]:
    """Those that the comments between the declarations name."""
    text = "\n".join(source(module, directory) for module in libc_modules(directory))
    lines = re.findall(r"^# ((?:[\w/]+\.h(?:, )?)+)$", text, re.MULTILINE)
    return ["netinet/in.h", *(header for line in lines for header in line.split(", "))]


def claims(functions: Iterable[Function]) -> Iterator[Claim]:
    """All that we say of functions."""
    for function in functions:
        signature = f"Signature<decltype({function.symbol})>"
        fixed = VARIADIC.get(function.name, len(function.parameters))
        yield Claim(f"{function.name} parameters", f"{signature}::count", fixed)
        yield Claim(f"{function.name} variadic", f"{signature}::is_variadic", int(function.name in VARIADIC))
        for index, (name, ours) in enumerate(function.parameters[:fixed]):
            yield from type_claims(f"{function.name}({name})", ours, f"{signature}::parameter<{index}>", {})
        result = f"{signature}::result"
        if function.result is None:
            yield Claim(f"{function.name} result", f"__is_void({result})", 1)
        else:
            yield from type_claims(f"{function.name} result", function.result, result, {})


def _not_passed_as_int(function: Function, abi: str) -> Iterator[Failure]:
    """What @unconverted, and the `...` of a variadic function, would pass otherwise than C does."""
    register = 4 if abi in ABIS_32_BIT else 8
    first = 0 if not function.is_converted else VARIADIC.get(function.name, len(function.parameters))
    for name, ours in function.parameters[first:]:
        if isinstance(ours, Integer) and not 4 <= ours.size <= register and name not in function.given:
            yield Failure(f"{function.name}({name})", f"an int does not stand for {ours.size} bytes", False, None)


def disagreements(abi: str, libc: str, directory: Path = PACKAGE) -> list[Failure]:
    """What the headers of this ABI and libc say otherwise of the functions that we declare."""
    functions = ported(abi, libc, directory).functions
    unfit = [failure for function in functions for failure in _not_passed_as_int(function, abi)]
    return unfit + contradictions(abi, libc, headers(directory), claims(functions), DIFFERENCES)
