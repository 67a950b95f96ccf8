"""What is left of a start that fails: descriptors and children, whatever signal handlers raise meanwhile.

A handler runs between two steps of Python, such as a call and the assignment of its result. So what must not be lost
goes from one owner to the next within one call of C: map, starmap and extend make no such steps.
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
    """Close descriptors and forget them, each in one step."""
    any(map(close, map(descriptors.pop, [-1] * len(descriptors))))


def close_last(descriptors: "list[int]") -> None:
    """The same with the last one alone, if there are two."""
    if len(descriptors) == 2:
        any(map(close, map(descriptors.pop, (-1,))))


def wait_for(pid: int) -> None:
    """Wait until a child has ended, if it is still there to be waited for."""
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
            pass  # it runs as somebody else, whom this process may not kill
        except BaseException:
            continue  # a signal handler's, for which the child must not stay
        return
