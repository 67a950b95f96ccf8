"""These tests need Go: without it they are skipped. What they run is built once, before any of them forks."""

import pytest

from . import toolchain


@pytest.fixture(scope="session", autouse=True)
def _go() -> None:
    if toolchain.goroot() is None:
        pytest.skip(f"no Go: {toolchain.HOW_TO_GET_GO}")
    toolchain.built()
