"""Our declarations of libc's functions against the headers', on every ABI and with both libcs."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

from pysyscall.base.abi import ABI

from . import prototypes
from .claims import Difference
from .compiler import ABIS, LIBCS, zig
from .conftest import Edit
from .ported import PACKAGE, ctype, functions, libc_modules, ported, source
from .prototypes import DIFFERENCES, VARIADIC, disagreements

needs_zig = pytest.mark.skipif(zig() is None, reason="no C compiler: the package ziglang is not installed")


def labels(abi: str, libc: str, directory: Path) -> set[str]:
    return {failure.label for failure in disagreements(abi, libc, directory)}


@needs_zig
@pytest.mark.parametrize("libc", LIBCS)
@pytest.mark.parametrize("abi", ABIS)
def test_every_function_is_declared_as_in_the_headers(abi: str, libc: str) -> None:
    assert disagreements(abi, libc) == []


@pytest.mark.parametrize("libc", LIBCS)
def test_every_declaration_is_checked(libc: str) -> None:
    trees = [ast.parse(source(module)) for module in libc_modules()]
    nodes = [node for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)]
    declared = {node.name for node in nodes}
    assert len(declared) == len(nodes)
    assert {function.name for function in ported(ABI, libc).functions} == declared
    assert declared >= VARIADIC.keys()


@pytest.mark.skipif(ABI == "i386", reason="on i386 ctypes aligns no integer to 8 bytes, as most other ABIs do")
def test_ctypes_itself_is_set_up_as_declared() -> None:
    theirs = {function.name: function._replace(symbol="") for function in ported(ABI, "musl").functions}
    ours = [
        (function, getattr(module, function.name))
        for module in (importlib.import_module(f"pysyscall.{name}") for name in libc_modules())
        for function in functions(module)
    ]
    assert len(ours) > 30  # an old libc may lack some
    for function, foreign in ours:
        assert function._replace(symbol="") == theirs[function.name]
        if function.is_converted:
            assert [ctype(kind) for kind in foreign.argtypes] == [kind for _, kind in function.parameters]
        assert (foreign.restype and ctype(foreign.restype)) == function.result


@pytest.mark.parametrize("abi", ["i386", "x86_64"])
def test_only_a_32_bit_glibc_has_other_symbols_for_offsets_of_64_bits(abi: str) -> None:
    renamed = {
        libc: {function.symbol for function in ported(abi, libc).functions if function.symbol != function.name}
        for libc in LIBCS
    }
    wide = "fallocate ftruncate lseek mmap pread pwrite sendfile truncate"
    expected = {f"{name}64" for name in wide.split()} if abi == "i386" else set()
    assert renamed == {"glibc": expected, "musl": set()}


# Mistakes


@needs_zig
@pytest.mark.parametrize("libc", LIBCS)
@pytest.mark.parametrize("abi", ["s390x", "i386"])
def test_each_wrong_declaration_is_found(edited_package: Edit, abi: str, libc: str) -> None:
    directory = edited_package(
        "*/libc.py",
        # A parameter missing, one too many, of another sign, of another width, a number and a pointer confused.
        ("listen(sockfd: Int, backlog: Int,", "listen(sockfd: Int,"),
        ("shutdown(sockfd: Int, how: Int,", "shutdown(sockfd: Int, how: Int, more: Int,"),
        ("getsockname(sockfd: Int,", "getsockname(sockfd: UInt,"),
        ("connect(sockfd: Int,", "connect(sockfd: Long,"),
        ("bind(sockfd: Int, addr: Pointer,", "bind(sockfd: Pointer, addr: Size,"),
        (
            "sendfile(out_fd: Int, in_fd: Int, offset: Off64Pointer,",
            "sendfile(out_fd: Int, in_fd: Int, offset: String,",
        ),
        # Results: some where there is none, none where there is some, of another sign.
        ("freeaddrinfo(res: Address, /) -> None", "freeaddrinfo(res: Address, /) -> Int"),
        ("gai_strerror(errcode: Int, /) -> String", "gai_strerror(errcode: Int, /) -> None"),
        ("if_nametoindex(ifname: String, /) -> UInt", "if_nametoindex(ifname: String, /) -> Int"),
        ("def getpid() -> Int", "def getpid() -> Pointer"),
        # Not in C.
        ("def dup(oldfd: Int, /) -> Int", "def duplicate(oldfd: Int, /) -> Int"),
    )
    assert labels(abi, libc, directory) == {
        *("listen parameters", "shutdown parameters", "shutdown(more) size", "shutdown(more) sign"),
        "getsockname(sockfd) sign",
        *(["connect(sockfd) size"] if abi == "s390x" else []),
        *("bind(sockfd) pointer", "bind(addr) sign"),
        *("sendfile(offset) target size", "sendfile(offset) target char"),
        *("freeaddrinfo result size", "freeaddrinfo result sign"),
        *("gai_strerror result", "if_nametoindex result sign"),
        "getpid result pointer",
        *("duplicate parameters", "duplicate variadic", "duplicate(oldfd) size", "duplicate(oldfd) sign"),
        *("duplicate result size", "duplicate result sign"),
    }


@needs_zig
def test_a_mistake_on_one_width_is_found_there_and_nowhere_else(edited_package: Edit) -> None:
    directory = edited_package(
        "*/libc.py",
        ("def read(fd: Int, buf: Pointer, count: Size,", "def read(fd: Int, buf: Pointer, count: UInt,"),
        (
            "write(fd: Int, buf: Pointer, count: Size, /) -> SSize",
            "write(fd: Int, buf: Pointer, count: Size, /) -> Int",
        ),
        (
            "def setsockopt(sockfd: Int, level: Int, optname: Int, optval: Pointer, optlen: Socklen,",
            "def setsockopt(sockfd: Int, level: Int, optname: Int, optval: Pointer, optlen: Size,",
        ),
        (
            "def ftruncate(fd: Int, length: Off64,",
            "def ftruncate(fd: Int, length: SSize,",
        ),
        ("@prototype\ndef truncate(", "@unconverted\ndef truncate("),
        ("a5: ULong, a6: ULong", "a5: ULong, a6: Off64"),
    )
    assert labels("ppc64le", "musl", directory) == {"read(count) size", "write result size", "setsockopt(optlen) size"}
    assert labels("mipsel", "musl", directory) == {"ftruncate(length) size", "truncate(length)", "syscall(a6)"}


@needs_zig
def test_the_symbol_for_a_narrow_off_t_is_found(edited_package: Edit) -> None:
    directory = edited_package("base/declaration.py", ('(name + "64", name) if has_off_t', "(name,) if has_off_t"))
    narrow = {f"{name}(offset) size" for name in ("fallocate", "lseek", "mmap", "pread", "pwrite")}
    narrow |= {f"{name}(length) size" for name in ("ftruncate", "truncate")}
    narrow |= {"fallocate(len) size", "lseek result size", "sendfile(offset) target size"}
    assert labels("arm", "glibc", directory) == narrow
    assert labels("arm", "musl", directory) == set()


@needs_zig
def test_a_comment_without_its_header_is_found(edited_package: Edit) -> None:
    directory = edited_package("*/libc.py", ("# sys/epoll.h, sys/select.h\n", "# sys/select.h\n"))
    found = {label.partition("(")[0].partition(" ")[0] for label in labels("arm", "musl", directory)}
    assert found == {"epoll_create1", "epoll_ctl", "epoll_wait"}


@needs_zig
@pytest.mark.parametrize("variadic", [{"fcntl": 2, "ioctl": 2}, {**VARIADIC, "listen": 2}, {**VARIADIC, "ioctl": 3}])
def test_what_is_variadic_is_known_exactly(monkeypatch: pytest.MonkeyPatch, variadic: dict[str, int]) -> None:
    monkeypatch.setattr(prototypes, "VARIADIC", variadic)
    assert labels("arm", "glibc", PACKAGE)


@needs_zig
@pytest.mark.parametrize("label", ["read(count) size", "read(number) size"])
def test_the_table_may_not_claim_a_difference_that_is_none(monkeypatch: pytest.MonkeyPatch, label: str) -> None:
    monkeypatch.setattr(
        prototypes, "DIFFERENCES", (*DIFFERENCES, Difference(label, "glibc musl", "arm x86_64", 4, "invented"))
    )
    assert labels("arm", "musl", PACKAGE) == {label}


@needs_zig
def test_a_difference_must_be_in_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prototypes, "DIFFERENCES", ())
    assert labels("riscv64", "glibc", PACKAGE) == set()
    assert labels("riscv64", "musl", PACKAGE) == {difference.label for difference in DIFFERENCES}
