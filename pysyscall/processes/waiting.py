"""Waiting for processes (wait4 and WaitStatus), and exit."""

from ctypes import byref, c_int
from os import _exit

from ..base.arguments import flag_bits, i32
from ..base.errors import kept, retry
from ..constants import SIGTRAP
from . import libc
from .signals import Signal
from .structs import Rusage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn
else:
    NoReturn = None

_EXITED, _STOPPED, _CONTINUED, _CORE = 0, 0x7F, 0xFFFF, 0x80


class WaitStatus(int):
    """A wait4 status: a process exited, was killed or stopped by a signal, or was continued. Go WaitStatus."""

    __slots__ = ()

    def __new__(cls, status: int = 0) -> "WaitStatus":
        return int.__new__(cls, status)

    def exited(self) -> bool:
        """WIFEXITED: whether the process exited by itself. Go WaitStatus.Exited."""
        return self & 0x7F == _EXITED

    def signaled(self) -> bool:
        """WIFSIGNALED: whether a signal killed the process. Go WaitStatus.Signaled."""
        return self & 0x7F not in (_EXITED, _STOPPED)

    def stopped(self) -> bool:
        """WIFSTOPPED: whether a signal stopped the process. Go WaitStatus.Stopped."""
        return self & 0xFF == _STOPPED

    def continued(self) -> bool:
        """WIFCONTINUED: whether SIGCONT continued the process. Go WaitStatus.Continued."""
        return self == _CONTINUED

    def core_dump(self) -> bool:
        """WCOREDUMP: whether a signal killed the process and it dumped core. Go WaitStatus.CoreDump."""
        return self.signaled() and self & _CORE != 0

    def exit_status(self) -> int:
        """WEXITSTATUS: return the exit status, 0 to 255; -1 if the process did not exit. Go WaitStatus.ExitStatus."""
        return self >> 8 & 0xFF if self.exited() else -1

    def signal(self) -> Signal:
        """WTERMSIG: return the signal that killed the process, or -1. Go WaitStatus.Signal."""
        return Signal(self & 0x7F if self.signaled() else -1)

    def stop_signal(self) -> Signal:
        """WSTOPSIG: return the signal that stopped the process, or -1. Go WaitStatus.StopSignal."""
        return Signal(self >> 8 & 0xFF if self.stopped() else -1)

    def trap_cause(self) -> int:
        """Return the event of a SIGTRAP stop, such as PTRACE_EVENT_EXEC, or 0; -1 for other states.

        Go WaitStatus.TrapCause.
        """
        return self >> 16 if self.stop_signal() == SIGTRAP else -1

    def __repr__(self) -> str:
        return f"WaitStatus({int(self):#x})"


def wait4(pid: int, options: int = 0) -> "tuple[int, WaitStatus, Rusage]":
    """wait4(2): wait until a child ends and return its pid, status and resource usage. Go Wait4.

    pid is a child's pid, -1 for any child, 0 for any child in this process group; another negative number is any child
    in the process group -pid. options: with WNOHANG the result is (0, 0, zeros) if no child has ended. WUNTRACED and
    WCONTINUED also report stopped and continued children, WALL also children that do not send SIGCHLD.
    ChildProcessError: no such child. `subprocess` cannot wait for a child that has been waited for here, and takes its
    status as 0.
    """
    pid, options = i32("pid", pid), flag_bits("options", options)
    status, usage = c_int(), Rusage()
    before = kept.value
    while (wpid := libc.wait4(pid, byref(status), options, byref(usage))) == -1:
        retry("wait4", before)
    return wpid, WaitStatus(status.value & 0xFFFF_FFFF), usage


def exit(code: int) -> "NoReturn":
    """_exit(2): end this process at once; its parent gets the low 8 bits of code. Go Exit.

    No `finally` and no atexit function runs, and the buffers of Python's files are lost: flush sys.stdout before; Go
    does not buffer it. This is right for a forked child, which must not write its parent's buffers. Other programs use
    `sys.exit`.
    """
    _exit(i32("code", code))
