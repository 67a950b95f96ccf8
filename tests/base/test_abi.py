"""Which machine this is, and which it must not be."""

import importlib.util
import os
import struct
import subprocess
import sys

import pytest

from pysyscall.base import abi

from ..make_stubs import ROOT


def abi_of(machine: str, byteorder: str, is_64_bit: bool, alignment: int = 4) -> str:
    """What the module, loaded anew, finds on such a machine."""
    spec = importlib.util.find_spec(abi.__name__)
    assert spec is not None
    assert spec.loader is not None
    fresh = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "uname", lambda: os.uname_result(("Linux", "host", "6.1", "#1", machine)))
        patch.setattr(sys, "byteorder", byteorder)
        patch.setattr(sys, "maxsize", 2**63 - 1 if is_64_bit else 2**31 - 1)
        patch.setattr(struct, "calcsize", lambda form: alignment + 8)  # of a byte and a 64-bit number
        spec.loader.exec_module(fresh)
    found: str = fresh.ABI
    return found


@pytest.mark.parametrize("platform", ["darwin", "win32", "freebsd14", "cygwin"])
def test_the_import_fails_elsewhere_with_one_clear_sentence(platform: str) -> None:
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); sys.platform = {platform!r}; import pysyscall"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    sentence = f"ImportError: pysyscall calls the Linux kernel, and this system is {platform}"
    assert done.stderr.splitlines()[-1] == sentence


@pytest.mark.parametrize(
    ("machine", "byteorder", "is_64_bit", "name"),
    [
        ("x86_64", "little", True, "x86_64"),
        ("i686", "little", False, "i386"),
        ("i586", "little", False, "i386"),
        ("i386", "little", False, "i386"),
        ("i686", "little", True, "x86_64"),  # under setarch
        ("armv8l", "little", True, "aarch64"),
        ("aarch64", "little", True, "aarch64"),
        ("armv7l", "little", False, "arm"),
        ("armv6l", "little", False, "arm"),
        ("riscv64", "little", True, "riscv64"),
        ("loongarch64", "little", True, "loongarch64"),
        ("ppc64le", "little", True, "ppc64le"),
        ("s390x", "big", True, "s390x"),
        ("mips64", "little", True, "mips64el"),
        ("mips", "little", False, "mipsel"),
    ],
)
def test_each_machine_has_its_abi(machine: str, byteorder: str, is_64_bit: bool, name: str) -> None:
    assert abi_of(machine, byteorder, is_64_bit) == name


@pytest.mark.parametrize(
    ("machine", "name"),
    [("x86_64", "i386"), ("aarch64", "arm"), ("armv8l", "arm"), ("mips64", "mipsel")],
)
def test_a_32_bit_python_under_a_64_bit_kernel_has_the_abi_of_32_bits(machine: str, name: str) -> None:
    assert abi_of(machine, "little", False) == name


@pytest.mark.parametrize(
    ("machine", "byteorder", "is_64_bit"),
    [
        ("sparc64", "big", True),
        ("alpha", "little", True),
        ("", "little", True),
        ("ppc64", "big", True),
        ("ppc", "big", False),
        ("mips", "big", False),
        ("mips64", "big", True),
        ("aarch64_be", "big", True),
        ("armv7b", "big", False),
        ("riscv32", "little", False),
        ("riscv64", "little", False),
        ("s390x", "big", False),
        ("s390", "big", False),
        ("ppc64le", "little", False),
    ],
)
def test_an_unknown_machine_is_refused_by_its_name(machine: str, byteorder: str, is_64_bit: bool) -> None:
    width = 64 if is_64_bit else 32
    with pytest.raises(ImportError, match=rf"^pysyscall knows no ABI of {width}-bit {byteorder}-endian {machine};"):
        abi_of(machine, byteorder, is_64_bit)


def test_x32_is_refused_by_its_name() -> None:
    with pytest.raises(ImportError, match=r"^pysyscall knows no ABI of 32-bit little-endian x32;"):
        abi_of("x86_64", "little", False, alignment=8)


def test_this_machine_is_one_of_them() -> None:
    assert abi.ABI in abi.ABIS


def test_a_python_whose_ctypes_has_no_pythonapi_is_refused_in_one_sentence() -> None:
    """As PyPy's."""
    code = "import ctypes; del ctypes.pythonapi; import pysyscall"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    last = done.stderr.strip().rpartition("\n")[2]
    assert last == f"ImportError: pysyscall needs CPython: ctypes has no pythonapi in {sys.implementation.name}"
