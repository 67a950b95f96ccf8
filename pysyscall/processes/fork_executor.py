"""Carries out any plan with fork: the child takes its steps in turn."""

import gc
import sys
import warnings
from ctypes import c_int, memmove, sizeof
from itertools import chain, starmap
from os import fork, pipe2, read, write
from os import open as open_file

from ..base.errors import system_error
from ..constants import EPIPE, O_CLOEXEC, O_RDWR, SIG_BLOCK, SIG_SETMASK, SYS_CLOSE, SYS_UNSHARE, SYS_WRITE
from . import child, libc, reaping
from .locks import fork_lock
from .reaping import close_all, close_last, end, keep, wait_for
from .steps import duplicate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ctypes import Array, c_ulong

    from .child import Signals, Step
    from .steps import Plan

_ALL_SIGNALS = b"\xff" * 128
_Pair = c_int * 2

# The signal masks to restore after the forks under way, all in the thread that holds fork_lock. There are several if a
# signal handler forks while it interrupts a fork; only the first is the thread's own, before all signals were blocked.
_masks: "list[Array[c_ulong]]" = []


# CPython from 3.12 on warns of a fork beside other threads. From 3.15 on, if a filter makes an error of the warning, it
# is raised in the parent and the pid of the child is lost. The child here takes no locks of other threads.
_UNWARNED = ("ignore", None, DeprecationWarning, reaping.__name__, 0)


def is_under_way() -> bool:
    """Whether this thread is in the middle of a fork, with all signals blocked: a signal handler asks this."""
    return bool(_masks) and fork_lock._gate._is_owned()


def carry_out(plan: "Plan") -> int:
    """Start the process that a plan describes and return its pid."""
    start = _Start(plan)
    try:
        pid = start.run()
        start.close()
        return pid
    except BaseException:
        for _ in range(100):
            start.undo()
            if start.is_undone:
                break
        raise


class _Start:
    """One start of a process: the descriptors and processes that it must clean up."""

    __slots__ = (
        "errors",
        "failed",
        "forked",
        "is_undone",
        "loose",
        "maps",
        "number",
        "pid",
        "plan",
        "steps",
        "told",
    )

    def __init__(self, plan: "Plan") -> None:
        self.plan = plan
        self.steps = plan.steps
        self.errors: list[int] = []  # a pipe, and so are the next two
        self.told: list[int] = []  # by the child: the pid of the new process, or that it is in its namespaces
        self.maps: list[int] = []
        self.loose: list[int] = []  # descriptors that are open for a moment
        self.forked: list[int] = []  # the process that fork has made, until it is waited for
        self.number: list[bytes] = []  # the pid that it reported, if it had to create another process
        self.pid = 0  # the new process
        self.failed = False  # the new process has reported an error, and exits
        self.is_undone = False

    def run(self) -> int:
        plan = self.plan
        self._pipe(self.errors)
        if plan.clone or plan.namespaces or plan.maps:
            self._prepare(plan)
        with fork_lock._gate_here():
            fork_lock._wait_for_readers()
            _fork(self.steps, self.errors[1], plan.signals, self.forked, self.loose)
        close_last(self.errors)
        if plan.clone:
            self._take_over()
        else:
            self.pid = self.forked[0]
        if self.maps:
            self._write_maps()
        report = read(self.errors[0], sizeof(_Pair))
        if report:
            self.failed = True
            errno, place = _Pair.from_buffer_copy(report)
            raise system_error(f"fork_exec: {self.steps[place][0]}", errno)
        if not self.pid:
            raise system_error("fork_exec: clone", EPIPE)  # killed before it could say more
        return self.pid

    def _prepare(self, plan: "Plan") -> None:
        """Add the steps for clone, unshare and the wait for the id maps."""
        steps: list[Step] = []
        if plan.clone or plan.maps:
            self._pipe(self.told)
        if plan.clone:
            steps.append(("clone", child.clone, (plan.clone, self.told[1], _Pair()), None, False))
        elif plan.namespaces:
            steps.append(("unshare", child.syscall, (SYS_UNSHARE, plan.namespaces, 0, 0, 0, 0, 0), None, False))
        if plan.maps:
            self._pipe(self.maps)
            reading, writing = self.maps
            if not plan.clone:
                told = (SYS_WRITE, self.told[1], b"\0", 1, 0, 0, 0)
                steps.append(("write", child.syscall, told, None, False))
            steps.append(("close", child.syscall, (SYS_CLOSE, writing, 0, 0, 0, 0, 0), None, False))
            steps.append(("read", child.wait_for_maps, (reading, _Pair()), None, False))
        self.steps = steps + plan.steps

    def _pipe(self, ends: "list[int]") -> None:
        """Fill ends with a close-on-exec pipe (read end, write end) that the new process needs no number of.

        Whatever a signal handler raises meanwhile, each descriptor is in one list that `close` goes through.
        """
        plan, unfit = self.plan, self.loose
        try:
            ends.extend(chain.from_iterable(starmap(pipe2, ((O_CLOEXEC,),))))
        except OSError as error:
            raise system_error("fork_exec: pipe2", error.errno or 0) from None
        for i in (0, 1):
            while ends[i] < plan.least or ends[i] in plan.taken:
                duplicate(unfit, ends[i], max(plan.least, ends[i] + 1))
                ends[i], unfit[-1] = unfit[-1], ends[i]
        close_all(unfit)

    def _take_over(self) -> None:
        """Read from the forked child the pid of the process that it created, and wait until the child exits."""
        close_last(self.told)
        if not self.number:
            self.number.extend(starmap(read, ((self.told[0], sizeof(c_int)),)))
        if self.number[0]:
            self.pid = c_int.from_buffer_copy(self.number[0]).value
        wait_for(self.forked[0])
        self.forked.clear()

    def _write_maps(self) -> None:
        """Write the id maps of the new process as soon as it is in its user namespace, and let it continue."""
        close_last(self.told)
        if self.pid if self.plan.clone else read(self.told[0], 1):
            _write_maps(self.pid, self.plan.maps, self.loose)
            write(self.maps[1], b"\0")

    def undo(self) -> None:
        """Leave no process and no descriptor behind."""
        try:
            if self.plan.clone and self.forked:
                self._take_over()
            pid = self.pid or (self.forked[0] if self.forked else 0)
            if pid and self.failed:
                wait_for(pid)
            elif pid:
                end(pid)
            self.forked.clear()
            self.pid = 0
            self.close()
            self.is_undone = True
        except BaseException:
            return  # raised by a signal handler: the caller calls undo again

    def close(self) -> None:
        for pipe in (self.errors, self.told, self.maps, self.loose):
            close_all(pipe)


def _fork(steps: "list[Step]", errors: int, signals: "Signals", forked: "list[int]", opened: "list[int]") -> None:
    """Fork and let the child take the steps; in the parent forked holds the child's pid as soon as it exists.

    opened holds a descriptor that is open meanwhile.

    The child must not handle signals: the handlers, and asyncio's wakeup descriptor, are the parent's. It must not
    collect garbage either: a finalizer could remove what the parent still uses.
    """
    mask, report = signals.mask, _Pair()
    before = mask.__class__()
    collecting, depth = gc.isenabled(), len(_masks)
    libc.pthread_sigmask(SIG_BLOCK, None, before)
    memmove(mask, _masks[0] if depth else before, sizeof(before))
    try:
        _masks.append(mask)
        libc.pthread_sigmask(SIG_BLOCK, _ALL_SIGNALS, None)
        signals.look(opened)
        gc.disable()
        try:
            _keep_fork(forked)
        except OSError as error:
            raise system_error("fork_exec: fork", error.errno or 0) from None
        finally:
            if forked == [0]:
                child.take(steps, errors, report)
    finally:
        # Each in its own `finally`: a blocked signal is delivered now, and its handler may raise.
        try:
            libc.pthread_sigmask(SIG_SETMASK, before, None)
        finally:
            try:
                if collecting:
                    gc.enable()
            finally:
                del _masks[depth:]


def _keep_fork(forked: "list[int]") -> None:
    """keep(forked, fork), without CPython's warning."""
    if getattr(sys.flags, "context_aware_warnings", False):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            keep(forked, fork)
        return
    # catch_warnings would undo what other threads do to the filters meanwhile.
    filters = warnings.filters
    filters.insert(0, _UNWARNED)  # type: ignore[attr-defined]  # typeshed has a Sequence, which is a list
    try:
        keep(forked, fork)
    finally:
        filters.remove(_UNWARNED)  # type: ignore[attr-defined]


def _write_maps(pid: int, maps: "list[tuple[str, bytes]]", opened: "list[int]") -> None:
    for name, content in maps:
        try:
            keep(opened, open_file, f"/proc/{pid}/{name}", O_RDWR | O_CLOEXEC)
            write(opened[0], content)
        except OSError as error:
            raise system_error(f"fork_exec: {name}", error.errno or 0) from None
        finally:
            close_all(opened)
