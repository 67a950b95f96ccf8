"""Other programs: started beside this one, or in its place."""

from _collections_abc import Sequence

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
    """fork(2), execve(2): start a program in a new process; its number, to be waited for with wait4. Go ForkExec.

    argv0 is the program's path, which is not looked for in PATH; argv are its arguments, its own name first. attr None
    is ProcAttr(): no environment, and descriptors 0 to 2 closed. The signals that are blocked here are blocked there;
    those that are ignored stay so, but for SIGPIPE and SIGXFSZ, which Python ignores by itself.

    The OSError of a step that fails names it: "fork_exec: chroot: No such file or directory". Then there is no process,
    and none to be waited for. ValueError: what can never be right, such as setctty together with foreground.

    Descriptors, a directory, a session and a process group cost as little as they do with `subprocess`; for all else
    this process is copied, which takes longer the more memory it has. With cloneflags or use_cgroup_fd the copy makes
    the new process and ends, so that one SIGCHLD more may come. Other threads may do whatever they like meanwhile. The
    copy runs what os.register_at_fork has for children.
    """
    moved: list[int] = []
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
        close_all(moved)


def start_process(
    argv0: "StrOrBytesPath", argv: "Sequence[StrOrBytes]", attr: "ProcAttr | None" = None
) -> "tuple[int, int]":
    """fork(2), execve(2): fork_exec, and 0, where other systems have a handle. Go StartProcess."""
    return fork_exec(argv0, argv, attr), 0


def exec(argv0: "StrOrBytesPath", argv: "Sequence[StrOrBytes]", envv: "Sequence[StrOrBytes]") -> "NoReturn":
    """execve(2): run another program in this process, instead of this one. Go Exec.

    All threads end, no `finally` runs, nothing is flushed. What is not close-on-exec stays open. Blocked and ignored
    signals stay so, but for SIGPIPE and SIGXFSZ, which Python ignores by itself. It returns only to raise OSError.
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
    """Give a signal its default if it is ignored; whether it was."""
    action = spawn_executor.Room()
    libc.sigaction(number, None, action)
    if libc.signal(number, SIG_DFL) == SIG_IGN:
        return True
    libc.sigaction(number, action, None)
    return False
