"""Network interfaces, looked up by name."""

import sys
from typing import NoReturn

import pysyscall as syscall


def interface_that_is_up(program: str, name: str) -> syscall.Interface:
    """Return the interface of this name; exit with an error message if there is none or it is down."""
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
    """Exit with an error message that lists the interfaces."""
    names = ", ".join(interface.name for interface in syscall.interfaces())
    sys.exit(f"{begin} there is no interface {name}, but {names or 'none at all'}")
