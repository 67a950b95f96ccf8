"""The ABI of this process.

Ten ABIs are supported, by the names that the kernel and Debian use. All code that depends on the ABI (constants,
structure layouts) uses `ABI`.
"""

import os
import sys

if sys.platform != "linux":
    raise ImportError(f"pysyscall calls the Linux kernel, and this system is {sys.platform}")

import ctypes  # after the check: another system may have none
import struct

if not hasattr(ctypes, "pythonapi"):
    raise ImportError(f"pysyscall needs CPython: ctypes has no pythonapi in {sys.implementation.name}")

ABIS_32_BIT = {"i386", "arm", "mipsel"}
ABIS_MIPS = {"mips64el", "mipsel"}

ABIS = (
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
    if abi not in ABIS or (byteorder == "big") != big_endian or is_64_bit != (abi not in ABIS_32_BIT):
        width = 64 if is_64_bit else 32
        raise ImportError(
            f"pysyscall knows no ABI of {width}-bit {byteorder}-endian {machine}; it knows {', '.join(ABIS)}"
        )
    return abi


def _machine() -> str:
    """`uname -m`, or "x32", for which uname says x86_64 too: x32 aligns 64-bit integers to 8 bytes, i386 to 4."""
    machine = os.uname().machine
    return "x32" if machine == "x86_64" and sys.maxsize < 2**32 and struct.calcsize("bq") == 16 else machine


ABI = _name(_machine(), sys.byteorder, sys.maxsize > 2**32)


# In the tables of `constants`, stands for the value on an ABI that lacks the constant.
ABSENT = "-"


def constant(table: str, name: str, abi: "str | None" = None) -> "int | None":
    """Return the value of a constant on an ABI, by default this one; None if that ABI lacks it. KeyError: no such name.

    The table is text, and a line is parsed when its constant is first used: parsing all lines would take longer than
    loading the rest of what a program with sockets needs.
    """
    start = table.find(f"\n{name} ") if name.isidentifier() else -1
    if start < 0:
        raise KeyError(name)
    return _read(table[start + 1 : table.index("\n", start + 1)].split(), abi or ABI)


def constants(table: str, prefix: str = "", abi: "str | None" = None) -> "dict[str, int]":
    """Return the constants with this prefix and their values on an ABI, in the table's order."""
    found = {}
    end = -1
    while (start := table.find(f"\n{prefix}", end + 1)) >= 0:
        if (end := table.find("\n", start + 1)) < 0:
            break
        fields = table[start + 1 : end].split()
        end -= 1  # the search for the next line starts at this line's newline
        if fields and fields[0].isidentifier() and (value := _read(fields, abi or ABI)) is not None:
            found[fields[0]] = value
    return found


def section(table: str, header: str) -> str:
    """Return the lines of one header."""
    start = table.index(f"\n# <{header}>\n")
    return table[start : table.index("\n#", start + 1) + 1]


def _read(fields: "list[str]", abi: str) -> "int | None":
    """Parse a line: the name, the value on most ABIs, and `abi=value` for each ABI that differs."""
    value = fields[1]
    for other in fields[2:]:
        if other.startswith(f"{abi}="):
            value = other[len(abi) + 1 :]
    return None if value == ABSENT else int(value, 0)
