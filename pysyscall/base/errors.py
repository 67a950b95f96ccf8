"""From a C result to a value or an `OSError`.

libc reports a failure as -1 and leaves the reason in errno, which ctypes keeps for each thread. The result is looked at
first and errno only then: after a success it holds whatever came before.
"""

from ctypes import get_errno, set_errno
from os import strerror

from ..constants import EINTR

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


def system_error(call: str, errno: int) -> OSError:
    """The exception that Python has for this errno, its message opening with the call as Go's `os.NewSyscallError`."""
    return OSError(errno, f"{call}: {strerror(errno)}")


def fail(call: str) -> "NoReturn":
    """Raise what errno says of the call that has just returned -1."""
    raise system_error(call, take_errno())


def take_errno() -> int:
    """The errno of the call that has just returned -1.

    Between that call and this, Python may run a signal handler, and a call that fails in there overwrites errno. So
    EINTR is left behind, for the call outside: it is what a call that a signal has interrupted failed with. ctypes code
    other than this library's, in a handler, should put back the errno that it finds.
    """
    errno = get_errno()
    set_errno(EINTR)
    return errno


def check(call: str, result: int) -> int:
    """The result, or what errno says where it is -1. For calls that a signal must not start anew."""
    if result == -1:
        fail(call)
    return result


def retry(call: str) -> None:
    """Return after EINTR, for the caller's loop to call again; raise what errno says otherwise (PEP 475).

    Python runs the signal handlers between the two calls; one that raises ends the loop.
    """
    errno = take_errno()
    if errno != EINTR:
        raise system_error(call, errno)
