"""From a C result to a value or an `OSError`.

libc reports a failure as -1 and leaves the reason in errno, which ctypes keeps for each thread. The result is looked at
first and errno only then: after a success it holds whatever came before.

Between a call that fails and the look at its errno, Python may run a signal handler, in which other calls fail. So each
call notes, before it is made, what ctypes keeps (`before = kept.value`), and when it has failed it takes its own errno
and puts that back: whoever was interrupted finds the errno of its own call. ctypes code other than this library's, in a
handler, has to do the same.
"""

import os
from _thread import get_native_id
from ctypes import c_int, c_void_p, get_errno, py_object, pythonapi, set_errno
from os import strerror

from ..constants import EINTR

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


class _Asked:
    """The errno that ctypes keeps for this thread, asked of ctypes."""

    @property
    def value(self) -> int:
        return get_errno()


def _main_threads() -> "c_int | _Asked":
    """The memory in which ctypes keeps the main thread's errno, which takes half the time to look at.

    Handlers run in that thread alone. In a child that another thread has forked, that thread is the main one, and takes
    over the memory.
    """
    set_errno(EINTR)  # from here on ctypes keeps one
    pointer = pythonapi["PyCapsule_GetPointer"]
    pointer.restype, pointer.argtypes = c_void_p, [py_object, c_void_p]
    try:
        capsule = _of_this_thread()["ctypes.error_object"]
        found = c_int.from_address(pointer(capsule, b"_ctypes pymem"))
    except (KeyError, ValueError):
        return _Asked()  # this Python keeps it elsewhere
    if get_native_id() != os.getpid():
        return _Asked()
    found.owner = capsule  # type: ignore[attr-defined]  # the memory lives as long as this does

    def take_over() -> None:
        _of_this_thread()["ctypes.error_object"] = capsule

    os.register_at_fork(after_in_child=take_over)
    return found


def _of_this_thread() -> "dict[str, object]":
    """What extension modules keep for this thread, ctypes its errno among it."""
    get, keep = pythonapi["PyThreadState_GetDict"], pythonapi["Py_IncRef"]
    get.restype, keep.argtypes = py_object, [py_object]
    found: dict[str, object] = get()
    keep(found)  # ctypes takes the reference for a new one, and it is borrowed
    return found


kept = _main_threads()


def system_error(call: str, errno: int) -> OSError:
    """The exception that Python has for this errno, its message opening with the call as Go's `os.NewSyscallError`."""
    return OSError(errno, f"{call}: {strerror(errno)}")


def take_errno(before: int) -> int:
    """The errno of the call that has just returned -1; what was kept before that call is kept again."""
    errno = get_errno()
    set_errno(before)
    return errno


def fail(call: str, before: int) -> "NoReturn":
    """Raise what errno says of the call that has just returned -1."""
    raise system_error(call, take_errno(before))


def check(call: str, before: int, result: int) -> int:
    """The result, or what errno says where it is -1: `check("dup", kept.value, libc.dup(fd))`."""
    if result == -1:
        fail(call, before)
    return result


def retry(call: str, before: int, *expected: int) -> int:
    """Return after EINTR, for the caller's loop to call again; raise what errno says otherwise (PEP 475).

    An errno that the caller expects, and has another way for, is returned too. Python runs the signal handlers between
    the two calls; one that raises ends the loop.
    """
    errno = take_errno(before)
    if errno != EINTR and errno not in expected:
        raise system_error(call, errno)
    return errno
