"""From a C result to a value or an `OSError`.

libc returns -1 on failure and stores the reason in errno, of which ctypes keeps a copy for each thread. The result is
checked first, and errno only if it is -1: after a success errno is stale.

Between a call that fails and the reading of its errno, Python may run a signal handler, whose calls may fail too. So
every call saves the copy first (`before = kept.value`), and after a failure reads its own errno and restores the saved
one. Thus the interrupted call finds its own errno. Other ctypes code in a signal handler must do the same.
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
    """ctypes' copy of errno for this thread, by get_errno."""

    @property
    def value(self) -> int:
        return get_errno()


def _main_threads() -> "c_int | _Asked":
    """ctypes' copy of errno for the main thread, in place: reading it takes half the time of get_errno.

    Signal handlers run in the main thread only. After a fork in another thread, that thread is the child's main thread
    and takes the memory over.
    """
    set_errno(EINTR)  # makes ctypes allocate the copy
    pointer = pythonapi["PyCapsule_GetPointer"]
    pointer.restype, pointer.argtypes = c_void_p, [py_object, c_void_p]
    try:
        capsule = _of_this_thread()["ctypes.error_object"]
        found = c_int.from_address(pointer(capsule, b"_ctypes pymem"))
    except (KeyError, ValueError):
        return _Asked()  # this version of ctypes keeps the copy elsewhere
    if get_native_id() != os.getpid():
        return _Asked()
    found.owner = capsule  # type: ignore[attr-defined]  # keeps the memory alive

    def take_over() -> None:
        _of_this_thread()["ctypes.error_object"] = capsule

    os.register_at_fork(after_in_child=take_over)
    return found


def _of_this_thread() -> "dict[str, object]":
    """The thread state's dict, in which ctypes keeps its copy of errno."""
    get, keep = pythonapi["PyThreadState_GetDict"], pythonapi["Py_IncRef"]
    get.restype, keep.argtypes = py_object, [py_object]
    found: dict[str, object] = get()
    keep(found)  # the reference is borrowed, and ctypes takes it for a new one
    return found


kept = _main_threads()


def system_error(call: str, errno: int) -> OSError:
    """The exception that Python has for this errno, its message opening with the call as Go's `os.NewSyscallError`."""
    return OSError(errno, f"{call}: {strerror(errno)}")


def take_errno(before: int) -> int:
    """Return the errno of the call that has just returned -1, and restore the copy saved before it."""
    errno = get_errno()
    set_errno(before)
    return errno


def fail(call: str, before: int) -> "NoReturn":
    """Raise the OSError for the call that has just returned -1."""
    raise system_error(call, take_errno(before))


def check(call: str, before: int, result: int) -> int:
    """Return the result, or raise OSError if it is -1: `check("dup", kept.value, libc.dup(fd))`."""
    if result == -1:
        fail(call, before)
    return result


def retry(call: str, before: int, *expected: int) -> int:
    """After a call that returned -1: return if errno is EINTR, so that the caller's loop calls again (PEP 475).

    An errno in `expected` is returned too; any other is raised as OSError. Python runs the signal handlers before the
    next call; an exception in one of them ends the loop.
    """
    errno = take_errno(before)
    if errno != EINTR and errno not in expected:
        raise system_error(call, errno)
    return errno
