"""What `python3 -m tests --machine` and the probes of tests/limits.py say where something is not there."""

import errno
import fcntl
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from . import machines
from .limits import Limit, skip_where_lacking
from .namespaces import run_in_child

STATUS = 3  # neither 0 nor the 1 of tests that failed


def ended(capsys: pytest.CaptureFixture[str], machine: str) -> tuple[object, str]:
    """The status and the words with which a run ends before it has begun."""
    with pytest.raises(SystemExit) as left:
        machines.run(machine, [])
    return left.value.code, capsys.readouterr().err


@pytest.mark.parametrize("machine", ["sparc-sid", "i386-jessie", "i386", "sid", ""])
def test_what_is_no_machine_is_said(machine: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests", "--machine", machine or "-"],
        cwd=machines.ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "is no ARCH-SUITE: ARCH is one of amd64, arm64, " in done.stderr


def test_missing_keys_are_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(machines, "KEYRING", str(tmp_path / "none.gpg"))
    monkeypatch.setattr(os, "geteuid", lambda: 0)  # it is asked first
    status, said = ended(capsys, "i386-sid")
    assert status == STATUS
    assert said == f"--machine needs Debian's keys, {tmp_path}/none.gpg: apt-get install debian-archive-keyring\n"


def test_a_user_who_is_not_root_is_told() -> None:
    def check() -> None:
        if os.geteuid() == 0:
            os.setresuid(65534, 65534, 65534)
        with pytest.raises(SystemExit) as left:
            machines.run("i386-sid", [])
        assert left.value.code == STATUS

    run_in_child(check)


def test_a_root_is_for_one_run_at_a_time(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(machines, "KEYRING", os.devnull)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("PYSYSCALL_MACHINES", str(tmp_path))
    with open(tmp_path / "i386-sid.lock", "w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        status, said = ended(capsys, "i386-sid")
    assert (status, said) == (STATUS, f"another run has the root of i386-sid: {tmp_path}/i386-sid\n")


def fails(error: BaseException) -> Callable[[], object]:
    def probe() -> object:
        raise error

    return probe


def test_what_an_emulator_lacks_is_a_skip_with_its_words() -> None:
    unknown = OSError(errno.ENOPROTOOPT, "Protocol not available")
    for error, words in ((unknown, str(unknown)), (AssertionError(), "not so")):
        with pytest.raises(pytest.skip.Exception) as skipped:
            skip_where_lacking((Limit("there", lambda: None), Limit("SO_NEW", fails(error))))
        assert str(skipped.value) == f"emulator: SO_NEW: {words}"


def test_what_is_there_or_may_not_be_asked_is_no_skip() -> None:
    skip_where_lacking((Limit("there", lambda: None), Limit("forbidden", fails(PermissionError()))))
    with pytest.raises(ValueError, match="a fault of the probe"):
        skip_where_lacking((Limit("wrong", fails(ValueError("a fault of the probe"))),))
