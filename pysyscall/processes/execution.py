"""Executing programs: in a new process, or in this one."""

from _collections_abc import Sequence
from ctypes import get_errno, set_errno

from ..base.arguments import StrOrBytes, StrOrBytesPath
from ..base.errors import fail, kept
from ..constants import SIGPIPE, SIGXFSZ, SYS_PIDFD_OPEN
from . import fork_executor, libc, spawn_executor
from .attributes import ProcAttr
from .child import SIG_DFL, SIG_IGN, syscall
from .reaping import close_all
from .steps import Plan, Program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn
else:
    NoReturn = None


def fork_exec(argv0: "StrOrBytesPath", argv: "Sequence[StrOrBytes]", attr: "ProcAttr | None" = None) -> int:
    """fork(2), execve(2): start a program in a new process and return its pid, for wait4. Go ForkExec.

    argv0 is the program's path; PATH is not searched. argv are the program's arguments, its name first. attr None is
    ProcAttr(): no environment, and descriptors 0 to 2 closed. The program inherits the signal mask and the ignored
    signals, except SIGPIPE and SIGXFSZ, which Python ignores by itself.

    If a step fails, the OSError names it: "fork_exec: chroot: No such file or directory". No process is left to wait
    for. ValueError: attributes that contradict each other, such as setctty together with foreground.

    If only descriptors, the working directory, a session or a process group are set, the call uses posix_spawn(3) and
    is as fast as `subprocess`. Otherwise it forks, which takes longer the more memory this process has; the child runs
    the functions registered with os.register_at_fork. With cloneflags or use_cgroup_fd the forked child may create the
    new process and exit, which sends one more SIGCHLD. Other threads may run meanwhile.
    """
    moved: list[int] = []
    before = get_errno()
    try:
        plan = Plan(argv0, argv, attr, moved)
        pid = None
        if spawn_executor.can(plan) and not fork_executor.is_under_way():
            pid = spawn_executor.carry_out(plan)
        if pid is None:
            pid = fork_executor.carry_out(plan)
        if plan.pid_fd is not None:
            plan.pid_fd.value = syscall(SYS_PIDFD_OPEN, pid, 0, 0, 0, 0, 0)
        return pid
    finally:
        try:
            close_all(moved)
        except BaseException:
            close_all(moved)  # a signal handler has raised in the middle of it
            raise
        finally:
            set_errno(before)  # posix_spawn and the parts of a start that fail have changed it


def start_process(
    argv0: "StrOrBytesPath", argv: "Sequence[StrOrBytes]", attr: "ProcAttr | None" = None
) -> "tuple[int, int]":
    """fork(2), execve(2): as fork_exec; return the pid and 0, a handle on other systems. Go StartProcess."""
    return fork_exec(argv0, argv, attr), 0


def exec(argv0: "StrOrBytesPath", argv: "Sequence[StrOrBytes]", envv: "Sequence[StrOrBytes]") -> "NoReturn":
    """execve(2): replace the program of this process by another. Go Exec.

    All threads end, no `finally` runs, nothing is flushed. Descriptors that are not close-on-exec stay open. The signal
    mask and the ignored signals are kept, except SIGPIPE and SIGXFSZ, which Python ignores by itself. The call never
    returns; it raises OSError if it fails.
    """
    program = Program(argv0, argv, envv)
    ignored = [number for number in (SIGPIPE, SIGXFSZ) if _was_ignored(number)]
    before = kept.value
    try:
        libc.execve(program.path, program.argv, program.envv)
        fail("exec", before)
    finally:
        for number in ignored:
            libc.signal(number, SIG_IGN)


def _was_ignored(number: int) -> bool:
    """Reset a signal to its default action if it is ignored; return whether it was."""
    action = spawn_executor.Room()
    libc.sigaction(number, None, action)
    if libc.signal(number, SIG_DFL) == SIG_IGN:
        return True
    libc.sigaction(number, action, None)
    return False
