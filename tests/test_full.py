"""What `python3 -m tests --full` makes of a skip."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from .make_stubs import ROOT

TESTS = """
import pytest

@pytest.fixture
def tool():
    pytest.skip("curl is not installed")

def test_passes():
    pass

def test_kernel():
    pytest.skip("kernel: EPERM: no packet sockets")

@pytest.mark.skipif(True, reason="ABI: 64 bits")
def test_abi():
    pass

@pytest.mark.xfail
def test_expected():
    assert False

def test_tool_refused():
    pytest.skip("curl is not installed")

def test_fixture_refused(tool):
    pass

def test_emulator_refused():
    pytest.skip("emulator: vfork: posix_spawn of no program succeeds")

@pytest.mark.skip(reason="not today")
def test_marked_refused():
    pass

@pytest.mark.parametrize("nothing", [])
def test_empty_refused(nothing):
    pass
"""

MODULE = """
import pytest

pytest.importorskip("no_such_module")
"""


@pytest.mark.skipif(pytest.version_tuple < (8,), reason="tool: pytest 8 or later, as pyproject.toml says")
def test_only_an_unavoidable_skip_passes(tmp_path: Path) -> None:
    (tmp_path / "test_each.py").write_text(TESTS)
    (tmp_path / "test_module_refused.py").write_text(MODULE)
    options = ["-p", "tests.full", "-p", "no:cacheprovider", "--rootdir=.", "--continue-on-collection-errors", "-rA"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [sys.executable, "-m", "pytest", *options, "."]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 1, done.stdout + done.stderr
    refused = set(re.findall(r"^(?:FAILED|ERROR) ([^\s[]+)", done.stdout, re.MULTILINE))
    each = {f"test_each.py::test_{name}_refused" for name in ("tool", "fixture", "emulator", "marked", "empty")}
    assert refused == {"test_module_refused.py", *each}
