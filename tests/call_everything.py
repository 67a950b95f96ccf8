"""Calls what `import pysyscall` has in memory: every function and class, and every constant, with whatever arguments.

For programs that can load no module any more. Whether a call succeeds is nothing to them, but it must be the kernel or
the library itself that says no.
"""

import os
import re
from types import FunctionType

import pysyscall as syscall
from pysyscall.base.abi import constants
from pysyscall.constants import common

PUBLIC = [
    name
    for module in (*syscall._AT_ONCE, *syscall._HELD)  # type: ignore[attr-defined]
    for name in syscall._NAMES.get(module, "").split()  # type: ignore[attr-defined]
]
CONSTANTS = {name: value for name, value in constants(common.TABLE).items() if name[0] != "_"}


def arguments(called: object) -> list[object]:
    """Something for each parameter that has no default."""
    if not isinstance(called, FunctionType):
        return []
    count = called.__code__.co_argcount - len(called.__defaults__ or ())
    return [argument(name, called.__annotations__[name]) for name in called.__code__.co_varnames[:count]]


def argument(name: str, declared: type | str) -> object:
    """Something of that type, as far as that is easy to tell."""
    annotation = declared.__name__ if isinstance(declared, type) else declared
    if name in {"msec", "timeout"}:
        return 0
    if array := re.match(r"Array\[(\w+)\]", annotation):
        return (getattr(syscall, array[1]) * 1)()
    if "SocketControlMessage" in annotation:
        return syscall.parse_socket_control_message(syscall.udp_segment(100))[0]
    if "Buffer" in annotation or annotation.startswith("bytes"):
        return bytearray(16)
    if "Sockaddr" in annotation:
        return syscall.SockaddrInet4(9, bytes(4))
    if "Iterable" in annotation:
        return ()
    kind = annotation.partition(" | ")[0]
    return getattr(syscall, kind)() if kind in PUBLIC else "lo" if "str" in annotation else -1


def call_everything() -> None:
    for name, value in CONSTANTS.items():
        assert getattr(syscall, name) == value, name
    for name in PUBLIC:
        called = getattr(syscall, name)
        try:
            result = called(*arguments(called))
            if name in {"pipe", "pipe2"}:
                os.close(result[0])
                os.close(result[1])
        except OSError as error:
            errno = syscall.Errno(error.errno or 0)
            if not (str(error) and errno.name and errno.error()):
                raise AssertionError(f"{name}: {error!r} has no name") from error
        except (TypeError, ValueError, OverflowError):
            pass
