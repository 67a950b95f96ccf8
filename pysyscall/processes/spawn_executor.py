"""Carries out plain plans with libc's posix_spawn, which does not copy the process's memory.

A plan is plain if it sets only descriptors, the working directory, a session or a process group.
"""

from ctypes import byref, c_int, c_ulong, sizeof

from ..base.errors import system_error
from ..constants import EAGAIN, EBADF, EMFILE, ENOMEM, SIGPIPE, SIGXFSZ
from . import libc
from .locks import fork_lock
from .reaping import end

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ctypes import Array

    from .steps import Plan

_POSIX_SPAWN_SETPGROUP, _POSIX_SPAWN_SETSIGDEF, _POSIX_SPAWN_SETSID = 0x02, 0x04, 0x80  # spawn.h

# The steps that posix_spawn can take. Where libc lacks addchdir_np, it cannot clear close-on-exec by adddup2 either.
_CAN = {"chdir", "close", "dup3", "execve", "fcntl", "setpgid", "setsid", "signals"}
_IS_THERE = hasattr(libc.posix_spawn_file_actions_addchdir_np, "declaration")

# Large enough for a posix_spawnattr_t (336 bytes), a posix_spawn_file_actions_t, a sigset_t or a struct sigaction.
Room = c_ulong * (512 // sizeof(c_ulong))


def can(plan: "Plan") -> bool:
    """Whether posix_spawn can take all steps of a plan."""
    if plan.clone or plan.namespaces or plan.maps:
        return False
    return _IS_THERE and _CAN.issuperset(step[0] for step in plan.steps)


def carry_out(plan: "Plan") -> "int | None":
    """Start the process that a plan describes and return its pid, or None if it failed in an unknown step."""
    pid = c_int()
    try:
        error = _spawn(plan, pid)
        if error == 0:
            return pid.value
    except BaseException:
        if pid.value:
            end(pid.value)
        raise
    only_execve = {"chdir", "setpgid", "setsid"}.isdisjoint(step[0] for step in plan.steps)
    if only_execve and error not in (EAGAIN, EBADF, EMFILE, ENOMEM):
        raise system_error("fork_exec: execve", error)
    return None


def _spawn(plan: "Plan", pid: c_int) -> int:
    """Call posix_spawn(3) with the plan's steps and return its error number, or 0."""
    attributes, actions = Room(), Room()
    libc.posix_spawnattr_init(attributes)
    libc.posix_spawn_file_actions_init(actions)
    try:
        flags, error = _POSIX_SPAWN_SETSIGDEF, 0
        for label, _, arguments, _, _ in plan.steps:
            if label == "setsid":
                flags |= _POSIX_SPAWN_SETSID
            elif label == "setpgid":
                flags |= _POSIX_SPAWN_SETPGROUP
                error = libc.posix_spawnattr_setpgroup(attributes, arguments[2])
            elif label == "chdir":
                error = libc.posix_spawn_file_actions_addchdir_np(actions, plan.directory)
            elif label == "dup3":
                error = libc.posix_spawn_file_actions_adddup2(actions, arguments[1], arguments[2])
            elif label == "fcntl":  # dup2 onto itself clears close-on-exec
                error = libc.posix_spawn_file_actions_adddup2(actions, arguments[1], arguments[1])
            elif label == "close":
                error = libc.posix_spawn_file_actions_addclose(actions, arguments[1])
            if error:
                return error
        libc.posix_spawnattr_setflags(attributes, flags)
        libc.posix_spawnattr_setsigdefault(attributes, _DEFAULT)
        program = plan.program
        with fork_lock._gate_here():
            fork_lock._wait_for_readers()
            return libc.posix_spawn(byref(pid), program.path, actions, attributes, program.argv, program.envv)
    finally:
        libc.posix_spawn_file_actions_destroy(actions)
        libc.posix_spawnattr_destroy(attributes)


def _default_signals() -> "Array[c_ulong]":
    """Return the signals to reset: two that Python ignores, and libc's own, which posix_spawn would set to ignored."""
    signals, width = Room(), 8 * sizeof(c_ulong)
    for number in (SIGPIPE, SIGXFSZ, *range(32, libc.__libc_current_sigrtmin())):
        signals[(number - 1) // width] |= 1 << (number - 1) % width
    return signals


_DEFAULT = _default_signals()
