"""Mistakes to feed to the checks."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from .ported import PACKAGE

Edit = Callable[..., Path]


@pytest.fixture
def edited_package(tmp_path: Path) -> Edit:
    """A copy of the package in which some places of one module were changed."""

    def edit(module: str, *changes: tuple[str, str]) -> Path:
        directory = tmp_path / "pysyscall"
        shutil.copytree(PACKAGE, directory, ignore=shutil.ignore_patterns("__pycache__"))
        text = (directory / module).read_text()
        for old, new in changes:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        (directory / module).write_text(text)
        return directory

    return edit
