"""The constants of the C headers: each is read from a table when it is first asked for.

A name that this ABI lacks raises AttributeError, which says so. `__init__.pyi` is for type checkers.
"""

from ..base import abi as _abi
from ..loading import load as _load


def _tables(name):
    for module in ("common", "other"):
        yield (globals().get(module) or _load(f"{__name__}.{module}", name)).TABLE


def __getattr__(name):
    reason = ""
    if name[:1].isupper():
        for table in _tables(name):
            try:
                value = _abi.constant(table, name)
            except KeyError:
                continue
            if value is not None:
                globals()[name] = value
                return value
            reason = f": {_abi.ABI} lacks it"
            break
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}{reason}", name=name)


def __dir__():
    return sorted(name for table in _tables("*") for name in _abi.constants(table) if name[0] != "_")
