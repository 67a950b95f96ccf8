"""How processes end: wait4 with what it tells, and exit."""

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
    """What wait4 says of a process: it has exited, was ended or stopped by a signal, or goes on. Go WaitStatus."""

    __slots__ = ()

    def __new__(cls, status: int = 0) -> "WaitStatus":
        return int.__new__(cls, status)

    def exited(self) -> bool:
        """WIFEXITED: it has ended by itself. Go WaitStatus.Exited."""
        return self & 0x7F == _EXITED

    def signaled(self) -> bool:
        """WIFSIGNALED: a signal has ended it. Go WaitStatus.Signaled."""
        return self & 0x7F not in (_EXITED, _STOPPED)

    def stopped(self) -> bool:
        """WIFSTOPPED: a signal has stopped it. Go WaitStatus.Stopped."""
        return self & 0xFF == _STOPPED

    def continued(self) -> bool:
        """WIFCONTINUED: SIGCONT has made it go on. Go WaitStatus.Continued."""
        return self == _CONTINUED

    def core_dump(self) -> bool:
        """WCOREDUMP: a signal has ended it, and it has left a core dump. Go WaitStatus.CoreDump."""
        return self.signaled() and self & _CORE != 0

    def exit_status(self) -> int:
        """WEXITSTATUS: what it gave to exit, 0 to 255; -1 where it has not exited. Go WaitStatus.ExitStatus."""
        return self >> 8 & 0xFF if self.exited() else -1

    def signal(self) -> Signal:
        """WTERMSIG: the signal that ended it, or -1. Go WaitStatus.Signal."""
        return Signal(self & 0x7F if self.signaled() else -1)

    def stop_signal(self) -> Signal:
        """WSTOPSIG: the signal that stopped it, or -1. Go WaitStatus.StopSignal."""
        return Signal(self >> 8 & 0xFF if self.stopped() else -1)

    def trap_cause(self) -> int:
        """The event of a tracee's SIGTRAP stop, such as PTRACE_EVENT_EXEC, 0 for none; or -1.

        Go WaitStatus.TrapCause.
        """
        return self >> 16 if self.stop_signal() == SIGTRAP else -1

    def __repr__(self) -> str:
        return f"WaitStatus({int(self):#x})"


def wait4(pid: int, options: int = 0) -> "tuple[int, WaitStatus, Rusage]":
    """wait4(2): wait until a child ends; its number, what became of it, and what it used. Go Wait4.

    pid: a child's number; -1 is any child, 0 one of this process group, another negative number one of that group.
    options: WNOHANG returns (0, 0, zeros) where none has ended; WUNTRACED and WCONTINUED tell of stops too; WALL tells
    of children that do not send SIGCHLD. ChildProcessError: no such child. A child that is waited for here is no longer
    there for `subprocess`, which then takes its status for 0.
    """
    pid, options = i32("pid", pid), flag_bits("options", options)
    status, usage = c_int(), Rusage()
    before = kept.value
    while (wpid := libc.wait4(pid, byref(status), options, byref(usage))) == -1:
        retry("wait4", before)
    return wpid, WaitStatus(status.value & 0xFFFF_FFFF), usage


def exit(code: int) -> "NoReturn":
    """_exit(2): end this process at once; its parent sees the lowest 8 bits of code. Go Exit.

    No `finally` runs, nothing registered with atexit, and what Python still holds for its files is lost: flush
    sys.stdout before, where Go writes at once. That is right for a forked child, which must not write what its parent
    has yet to write; `sys.exit` is for all other programs.
    """
    _exit(i32("code", code))
