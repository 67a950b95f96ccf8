"""Cleaning up descriptors and children of a failed start, even if signal handlers raise meanwhile.

A Python signal handler may run between a call and the assignment of its result. So a resource that must not be lost is
passed on within one C call: map, starmap and extend cannot be interrupted by a handler.
"""

from itertools import starmap
from os import close, kill, waitpid

from ..constants import SIGKILL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def keep(results: "list[int]", function: "Callable[..., int]", *arguments: object) -> None:
    """results.append(function(*arguments)), as one step."""
    results.extend(starmap(function, (arguments,)))


def close_all(descriptors: "list[int]") -> None:
    """Remove and close all descriptors, each in one step."""
    any(map(close, map(descriptors.pop, [-1] * len(descriptors))))


def close_last(descriptors: "list[int]") -> None:
    """Remove and close the last of two descriptors; do nothing if there are not two."""
    if len(descriptors) == 2:
        any(map(close, map(descriptors.pop, (-1,))))


def wait_for(pid: int) -> None:
    """Wait until a child has ended, if it has not been waited for."""
    try:  # noqa: SIM105  # contextlib takes longer to import than this package
        waitpid(pid, 0)
    except ChildProcessError:
        pass  # another thread waits for all children, or SIGCHLD is ignored


def end(pid: int) -> None:
    """Kill a child and wait until it has ended."""
    while True:
        try:
            kill(pid, SIGKILL)
            wait_for(pid)
        except OSError:
            pass  # it runs as another user, and this process may not kill it
        except BaseException:
            continue  # raised by a signal handler: the child must be killed all the same
        return
