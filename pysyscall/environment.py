"""The environment: os.environ, which Python, C code and the programs that this process starts share."""

import os

from .base.arguments import text
from .base.errors import system_error
from .constants import EINVAL


def getenv(key: str) -> "tuple[str, bool]":
    """getenv(3): a variable's value, and whether there is one; "" and False where not. Go Getenv."""
    value = os.environ.get(key) if text("key", key) else None
    return ("", False) if value is None else (value, True)


def setenv(key: str, value: str) -> None:
    """setenv(3): set a variable, for this process and those that it starts. Go Setenv.

    OSError(EINVAL): key is empty, or has "=" in it. ValueError: a NUL. Another thread whose C code reads the
    environment at that moment may crash, as with any program on glibc before 2.41.
    """
    if not text("key", key) or "=" in key:
        raise system_error("setenv", EINVAL)
    if "\0" in key or "\0" in text("value", value):
        raise ValueError(f"a variable must not hold a NUL: {key!r}, {value!r}")
    os.environ[key] = value


def unsetenv(key: str) -> None:
    """unsetenv(3): remove a variable; nothing happens where there is none. Go Unsetenv."""
    if text("key", key) and "=" not in key:
        os.environ.pop(key, None)


def clearenv() -> None:
    """clearenv(3): remove all variables that Python knows of. Go Clearenv.

    Those that C code has set behind Python's back stay, as in Go with cgo.
    """
    os.environ.clear()


def environ() -> "list[str]":
    """All variables, "key=value" each. Go Environ."""
    return [f"{key}={value}" for key, value in os.environ.items()]
