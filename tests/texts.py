"""Error texts, which each C library has its own of."""

from __future__ import annotations

import ctypes
import os
import re

IS_GLIBC = hasattr(ctypes.CDLL(None), "gnu_get_libc_version")


def failed(call: str, number: int | None) -> str:
    """Return a pattern of the message of an OSError that this call, itself a pattern, raises with this errno."""
    assert number is not None
    return f"{call}: {re.escape(os.strerror(number))}"
