"""A pytest plugin, `-p tests.share --share 2/3`: the second of three processes that divide the tests among them.

A file's tests stay together. The files' sizes tell, roughly, how much is in them.
"""

from __future__ import annotations

from pathlib import Path

import pytest


def shares(files: set[Path], count: int) -> list[set[Path]]:
    """So many parts of the files, of much the same size together; the same for every process that asks."""
    parts: list[set[Path]] = [set() for _ in range(count)]
    sizes = [0] * count
    for file in sorted(files, key=lambda file: (-file.stat().st_size, file)):
        least = sizes.index(min(sizes))
        parts[least].add(file)
        sizes[least] += file.stat().st_size
    return parts


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--share", required=True, metavar="NUMBER/COUNT", help="which part of the tests to run")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    number, count = map(int, config.getoption("--share").split("/"))
    files = shares({item.path for item in items}, count)[number - 1]
    config.hook.pytest_deselected(items=[item for item in items if item.path not in files])
    items[:] = [item for item in items if item.path in files]
