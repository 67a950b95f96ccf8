"""Which machine this is: the one place that decides it.

Ten ABIs are known, by the names that the kernel and Debian use for them. Everything that differs from one to the next
(a constant's value, a structure's padding) asks here.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from typing import Final as Final
else:
    Final = None  # so that the constants' `NAME: Final = value` needs no typing module at run time

if sys.platform != "linux":
    raise ImportError(f"pysyscall calls the Linux kernel, and this system is {sys.platform}")

_ABIS_32_BIT = {"i386", "arm", "mipsel"}

ABIS: "Final" = (
    "x86_64",
    "i386",
    "aarch64",
    "arm",
    "riscv64",
    "loongarch64",
    "ppc64le",
    "s390x",
    "mips64el",
    "mipsel",
)


def _name(machine: str, byteorder: str, is_64_bit: bool) -> str:
    """The ABI of a process, from `uname -m`, `sys.byteorder` and the width of its pointers.

    A 32-bit Python under a 64-bit kernel reads the kernel's machine name, and both byte orders of MIPS read `mips`.
    """
    if machine in {"x86_64", "i386", "i486", "i586", "i686"}:
        abi = "x86_64" if is_64_bit else "i386"
    elif machine.startswith(("aarch64", "arm")):
        abi = "aarch64" if is_64_bit else "arm"
    elif machine in {"mips", "mips64"}:
        abi = "mips64el" if is_64_bit else "mipsel"
    else:
        abi = machine
    big_endian = abi == "s390x"
    if abi not in ABIS or (byteorder == "big") != big_endian or is_64_bit != (abi not in _ABIS_32_BIT):
        width = 64 if is_64_bit else 32
        raise ImportError(
            f"pysyscall knows no ABI of {width}-bit {byteorder}-endian {machine}; it knows {', '.join(ABIS)}"
        )
    return abi


ABI: "Final" = _name(os.uname().machine, sys.byteorder, sys.maxsize > 2**32)


class _Absent(int):
    """The value of a constant that this ABI lacks, until `drop_absent` takes its name away."""


_ABSENT = _Absent()
_absent_names: "set[str]" = set()


def by_abi(default: "int | None" = None, /, **values: "int | None") -> int:
    """This ABI's value: its own keyword's, or the default; with neither, or with None, the ABI lacks the constant."""
    value = values.get(ABI, default)
    return _ABSENT if value is None else value


def drop_absent(namespace: "MutableMapping[str, object]") -> None:
    """Take out of a module the constants that this ABI lacks. To be called on the module's last line."""
    names = [name for name, value in namespace.items() if value is _ABSENT]
    for name in names:
        del namespace[name]
    _absent_names.update(names)


def no_attribute(module: str, name: str) -> AttributeError:
    """What `module.name` raises: it says so when other ABIs have the name and only this one lacks it."""
    reason = f": {ABI} lacks it" if name in _absent_names else ""
    return AttributeError(f"module {module!r} has no attribute {name!r}{reason}", name=name)
