"""python3 -m pysyscall: what a name means, Go's or ours, and what this machine allows; and names that are not here."""

import inspect
import re
import subprocess
import sys

import pytest

import pysyscall as syscall
from pysyscall.base.abi import ABI, ABIS

from .go.mapping import table
from .programs import ROOT


def ask(*names: str) -> tuple[int, str, str]:
    """The status, the output and the complaints of `python3 -m pysyscall NAME ...`."""
    command = [sys.executable, "-m", "pysyscall", *names]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("name", ["SetsockoptInt", "setsockopt_int"])
def test_a_function_by_gos_name_or_ours(name: str) -> None:
    status, told, complaint = ask(name)
    assert (status, complaint) == (0, "")
    assert told.startswith("setsockopt_int(fd: int, level: int, opt: int, value: int) -> None\n\n")
    assert (inspect.getdoc(syscall.setsockopt_int) or "?") in told
    assert "Go:   func SetsockoptInt(fd int, level int, opt int, value int) (err error)\n" in told
    assert told.endswith("man:  setsockopt(2)\n")


def test_a_function_whose_types_are_not_known_at_run_time_has_its_whole_docstring() -> None:
    told = ask("Recvfrom")[1]
    assert told.startswith(
        "recvfrom(fd: int, p: WriteableBuffer | None, flags: int = 0) -> tuple[int, Sockaddr | None]\n"
    )
    assert (inspect.getdoc(syscall.recvfrom) or "?") in told


def test_a_type_with_its_methods_and_its_members_in_go() -> None:
    told = ask("Timeval")[1]
    assert (inspect.getdoc(syscall.Timeval) or "?") in told
    assert "    .nano() -> int\n    Return the time in nanoseconds. Go Timeval.Nano.\n" in told
    assert "Go:   type Timeval struct { Sec int64; Usec int64 }\n" in told
    told = ask("SockaddrInet4")[1]
    assert "    .port\n    The port, in host order.\n" in told


@pytest.mark.parametrize("name", ["Errno.Temporary", "Errno.temporary"])
def test_a_method(name: str) -> None:
    status, told, _ = ask(name)
    assert status == 0
    assert told.startswith("Errno.temporary() -> bool\n\nWhether trying again may help.")
    assert told.endswith("Go:   func (Errno) Temporary() bool\n")


def test_a_field() -> None:
    assert ask("Timeval.Usec")[:2] == ask("Timeval.usec")[:2] == (0, "Timeval.usec\n\nGo:   field Timeval.Usec int64\n")


def test_a_constant_that_is_the_same_everywhere() -> None:
    status, told, _ = ask("ETH_P_ARP")
    assert status == 0
    assert told == f"ETH_P_ARP = 2054 = 0x806\n\nheader:  <net/ethernet.h>\nABIs:    the same on all {len(ABIS)}\n"


def test_a_constant_that_differs_or_is_missing_somewhere() -> None:
    told = ask("SOL_SOCKET")[1]
    assert told.startswith(f"SOL_SOCKET = {syscall.SOL_SOCKET}\n" if syscall.SOL_SOCKET < 10 else "SOL_SOCKET = 65535")
    assert "header:  <sys/socket.h>\n" in told
    assert "ABIs:    1 on x86_64, i386, aarch64, arm, riscv64, loongarch64, ppc64le, s390x\n" in told
    assert "ABIs:    65535 = 0xffff on mips64el, mipsel\n" in told
    told = ask("MAP_32BIT")[1]
    assert told.startswith("MAP_32BIT = 64" if ABI in {"x86_64", "i386"} else f"MAP_32BIT: {ABI} lacks it\n")
    assert "ABIs:    none on aarch64," in told


def test_several_names_and_among_them_one_that_does_not_exist() -> None:
    status, told, complaint = ask("AF_INET", "SOCK_STREM", "close")
    assert status == 1
    assert told.startswith("AF_INET = 2\n")
    assert "\n\n\nclose(fd: int) -> None\n" in told
    assert complaint == "SOCK_STREM: no such name; near it: SOCK_STREAM\n"


def test_a_name_that_resembles_none() -> None:
    assert ask("qqqqq") == (1, "", "qqqqq: no such name\n")


def test_every_public_name_can_be_described() -> None:
    from pysyscall.lookup import describe

    undescribed = [name for name in dir(syscall) if not name.startswith("__") and not describe(name)]
    assert undescribed == []
    here = [row for row in table() if hasattr(syscall, row.python.partition(".")[0])]
    assert [row.go for row in here if row.kind == "func" and row.go not in (describe(row.go) or "")] == []


def test_help_says_what_a_name_can_be() -> None:
    status, told, _ = ask("--help")
    assert status == 0
    assert "SetsockoptInt" in told


def test_the_version() -> None:
    assert ask("--version")[1] == f"pysyscall {syscall.__version__}\n"
    assert re.fullmatch(r"\d+\.\d+\.\d+", syscall.__version__)


def test_without_a_name_it_tells_of_this_machine_in_lines_of_a_hundred_characters() -> None:
    status, told, complaint = ask()
    assert (status, complaint) == (0, "")
    assert [line for line in told.splitlines() if not line.startswith(" ")] == [
        *("machine", "sockets", "families", "namespaces", "interfaces")
    ]
    assert f"  ABI                     {ABI} " in told
    assert [line for line in told.splitlines() if len(line) > 100 or line != line.rstrip()] == []


@pytest.mark.parametrize("arguments", ["", "recvmsg MessageBatch Sockaddr"])
def test_a_reader_that_goes_away_makes_no_noise(arguments: str) -> None:
    command = f"{sys.executable} -m pysyscall {arguments} | head -n 1"
    done = subprocess.run(["sh", "-c", command], cwd=ROOT, capture_output=True, text=True)
    assert (done.stdout.count("\n"), done.stderr) == (1, "")


# The AttributeError


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("SetsockoptInt", ": Go's SetsockoptInt is setsockopt_int here"),
        ("Socketpair", ": Go's Socketpair is socketpair here"),
        ("SOCK_STREM", "; did you mean SOCK_STREAM?"),
        ("sock_stream", "; did you mean SOCK_STREAM?"),
        ("recvFrom", "; did you mean recvfrom?"),
        ("recv_from", "; did you mean recvfrom?"),
        ("SockaddrInet5", "; did you mean SockaddrInet6 or SockaddrInet4 or RawSockaddrInet6?"),
        ("qqqqq", "has no attribute 'qqqqq'"),
    ],
)
def test_a_name_that_is_not_here_names_what_may_be_meant(name: str, end: str) -> None:
    with pytest.raises(AttributeError) as caught:
        getattr(syscall, name)
    assert str(caught.value).startswith(f"module 'pysyscall' has no attribute {name!r}")
    assert str(caught.value).endswith(end)
    assert caught.value.name == name


def test_a_traceback_shows_it_as_a_plain_attribute_error() -> None:
    code = "import pysyscall as syscall; syscall.SetsockoptInt"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    last = (
        "AttributeError: module 'pysyscall' has no attribute 'SetsockoptInt': Go's SetsockoptInt is setsockopt_int here"
    )
    assert done.stderr.splitlines()[-1] == last


def test_a_constant_that_this_abi_lacks_says_so_and_names_no_other() -> None:
    lacking = "MAP_32BIT" if ABI not in {"x86_64", "i386"} else "PTRACE_GETFDPIC"
    with pytest.raises(AttributeError, match=rf"has no attribute '{lacking}': {ABI} lacks it$"):
        getattr(syscall, lacking)


def test_asking_whether_a_name_is_here_looks_for_no_other() -> None:
    code = """
import sys, pysyscall
assert not hasattr(pysyscall, "SO_NONSENSE")
assert getattr(pysyscall, "SetsockoptInt", None) is None
print({"difflib", "inspect", "pysyscall.lookup"} & set(sys.modules))
"""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}){code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "set()\n"
