"""Network interfaces by the names that people have for them."""

import sys
from typing import NoReturn

import pysyscall as syscall


def interface_that_is_up(program: str, name: str) -> syscall.Interface:
    """The interface of this name, or the program's end with a sentence that says why not."""
    try:
        interface = syscall.interface_by_name(name)
    except OSError as error:
        if error.errno == syscall.ENODEV:
            no_interface(f"{program}:", name)
        raise
    if not interface.flags & syscall.IFF_UP:
        sys.exit(f"{program}: the interface {name} is down: ip link set {name} up")
    return interface


def no_interface(begin: str, name: str) -> NoReturn:
    """End the program, which has not found an interface."""
    names = ", ".join(interface.name for interface in syscall.interfaces())
    sys.exit(f"{begin} there is no interface {name}, but {names or 'none at all'}")
