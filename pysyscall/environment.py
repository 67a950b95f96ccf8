"""The environment: os.environ, shared with C code and inherited by the programs that this process starts."""

import os

from .base.arguments import text
from .base.errors import system_error
from .constants import EINVAL


def getenv(key: str) -> "tuple[str, bool]":
    """getenv(3): return a variable's value and whether it is set; ("", False) if not. Go Getenv."""
    value = os.environ.get(key) if text("key", key) else None
    return ("", False) if value is None else (value, True)


def setenv(key: str, value: str) -> None:
    """setenv(3): set a variable, for this process and the programs that it starts. Go Setenv.

    EINVAL: key is empty or contains "=". ValueError: key or value contains a NUL. On glibc before 2.41, C code that
    reads the environment in another thread at that moment may crash, as in any program.
    """
    if not text("key", key) or "=" in key:
        raise system_error("setenv", EINVAL)
    if "\0" in key or "\0" in text("value", value):
        raise ValueError(f"a variable must not hold a NUL: {key!r}, {value!r}")
    os.environ[key] = value


def unsetenv(key: str) -> None:
    """unsetenv(3): remove a variable; do nothing if it is not set. Go Unsetenv."""
    if text("key", key) and "=" not in key:
        os.environ.pop(key, None)


def clearenv() -> None:
    """clearenv(3): remove all variables in os.environ. Go Clearenv.

    Variables that only C code has set remain, as in Go with cgo.
    """
    os.environ.clear()


def environ() -> "list[str]":
    """environ(7): return all variables, each as "key=value". Go Environ."""
    return [f"{key}={value}" for key, value in os.environ.items()]
