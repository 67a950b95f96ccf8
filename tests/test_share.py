"""What `python3 -m tests --jobs N` runs: each test once."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from .make_stubs import ROOT


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_every_test_is_in_one_share_and_a_files_tests_stay_together(tmp_path: Path, count: int) -> None:
    for file in range(5):
        tests = [f"def test_{file}_{i}(): pass\n" for i in range(1 + file * file)]
        (tmp_path / f"test_{file}.py").write_text("".join(tests))
    shares = [passed(tmp_path, f"{number}/{count}") for number in range(1, count + 1)]
    assert sorted(test for share in shares for test in share) == sorted(
        f"test_{file}.py::test_{file}_{i}" for file in range(5) for i in range(1 + file * file)
    )
    files = [{test.partition("::")[0] for test in share} for share in shares]
    assert sum(map(len, files)) == 5
    assert [bool(share) for share in shares] == [number < 5 for number in range(count)]


def passed(folder: Path, share: str) -> list[str]:
    """The tests of a folder that pytest runs as a share."""
    options = ["-p", "tests.share", "--share", share, "-p", "no:cacheprovider", "--rootdir=.", "-rA"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [sys.executable, "-m", "pytest", *options, "."]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    found = re.findall(r"^PASSED (\S+)", done.stdout, re.MULTILINE)
    assert done.returncode == (0 if found else 5), done.stdout + done.stderr
    return found
