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
    """A copy of the package in which some places were changed, each in the one file of a pattern that has it."""

    def edit(pattern: str, *changes: tuple[str, str]) -> Path:
        directory = tmp_path / "pysyscall"
        shutil.copytree(PACKAGE, directory, ignore=shutil.ignore_patterns("__pycache__"))
        texts = {path: path.read_text() for path in directory.glob(pattern)}
        for old, new in changes:
            assert sum(text.count(old) for text in texts.values()) == 1, old
            texts = {path: text.replace(old, new) for path, text in texts.items()}
        for path, text in texts.items():
            types = "declaration" if path.name == "libc.py" else "layout"  # a change may name any of them
            text = text.replace("from ..base", f"from ..base.{types} import *\nfrom ..base", 1)
            path.write_text(text)
        return directory

    return edit
