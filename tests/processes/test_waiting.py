"""wait4, WaitStatus and exit."""

import os
import signal

import pytest

import pysyscall as syscall
from pysyscall import WaitStatus

from ..texts import IS_GLIBC
from .children import in_child, run


def test_a_status_tells_as_the_macros_of_c_do() -> None:
    for number in range(2**16):
        status = WaitStatus(number)
        assert status.exited() == os.WIFEXITED(number)
        if number & 0xFF != 0x7F or number >> 8 or IS_GLIBC:  # stopped by signal 0, which there is not
            assert status.stopped() == os.WIFSTOPPED(number)
        assert status.continued() == os.WIFCONTINUED(number)
        # C leaves open what 0xFF in the lower half is: Go takes it for a signal's, glibc for none.
        # musl's macros differ where the kernel makes no such status: a signal or none, with an exit status behind it.
        is_made = number & 0xFF == 0 or (number < 0x100 and number & 0x7F != 0)
        if number & 0x7F != 0x7F and (is_made or IS_GLIBC):
            assert status.signaled() == os.WIFSIGNALED(number)
            assert status.core_dump() == (os.WIFSIGNALED(number) and os.WCOREDUMP(number))
        assert status.exit_status() == (os.WEXITSTATUS(number) if os.WIFEXITED(number) else -1)
        assert status.stop_signal() == (os.WSTOPSIG(number) if status.stopped() else -1)


def test_a_status_shows_itself() -> None:
    assert repr(WaitStatus(0x057F)) == "WaitStatus(0x57f)"
    assert isinstance(WaitStatus(9).signal(), syscall.Signal)
    assert WaitStatus(9).signal().name == "SIGKILL"
    assert WaitStatus(syscall.PTRACE_EVENT_EXEC << 16 | syscall.SIGTRAP << 8 | 0x7F).trap_cause() == (
        syscall.PTRACE_EVENT_EXEC
    )


def test_an_exit_status_and_a_signal() -> None:
    assert run(["/bin/sh", "-c", "exit 7"]).status.exit_status() == 7
    ended = run(["/bin/sh", "-c", "kill -TERM $$"]).status
    assert (ended.signaled(), ended.signal(), ended.exit_status()) == (True, syscall.SIGTERM, -1)


def test_a_child_is_stopped_continued_and_ended() -> None:
    pid = syscall.fork_exec("/bin/sleep", ["sleep", "60"])
    assert syscall.wait4(pid, syscall.WNOHANG)[:2] == (0, 0)
    syscall.kill(pid, syscall.SIGSTOP)
    wpid, status, _ = syscall.wait4(pid, syscall.WUNTRACED)
    assert (wpid, status.stopped(), status.stop_signal()) == (pid, True, syscall.SIGSTOP)
    syscall.kill(pid, syscall.Signal(syscall.SIGCONT))
    assert syscall.wait4(pid, syscall.WCONTINUED)[1].continued()
    syscall.kill(pid, syscall.SIGKILL)
    assert syscall.wait4(-1)[:2] == (pid, syscall.SIGKILL)
    with pytest.raises(ChildProcessError, match="wait4: "):
        syscall.wait4(pid)


def test_what_a_child_has_used() -> None:
    pid = syscall.fork_exec("/bin/sh", ["sh", "-c", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"])
    _, _, usage = syscall.wait4(pid)
    assert usage.utime.nano() + usage.stime.nano() > 0
    assert usage.maxrss > 100
    assert usage.minflt > 0


def test_a_signal_with_a_handler_does_not_end_the_wait() -> None:
    def wait() -> tuple[int, list[int]]:
        seen: list[int] = []
        signal.signal(signal.SIGUSR1, lambda number, _: seen.append(number))
        command = f"kill -USR1 {os.getpid()}; exit 3"
        pid = syscall.fork_exec("/bin/sh", ["sh", "-c", command])
        return syscall.wait4(pid)[1].exit_status(), seen

    assert in_child(wait) == (3, [signal.SIGUSR1])


@pytest.mark.parametrize("code", [0, 3, 255, 256 + 7, -1])
def test_exit_ends_the_process_with_the_lowest_bits(code: int) -> None:
    pid = os.fork()
    if pid == 0:
        try:
            syscall.exit(code)
        finally:
            os._exit(99)
    assert syscall.wait4(pid)[1].exit_status() == code & 0xFF


def test_wrong_arguments() -> None:
    with pytest.raises(OverflowError, match="pid must be in"):
        syscall.wait4(2**31)
    with pytest.raises(OSError) as caught:
        syscall.wait4(-1, 0x70000000)
    assert caught.value.errno == syscall.EINVAL
    with pytest.raises(TypeError, match="code must be an integer"):
        syscall.exit("1")  # type: ignore[arg-type]
