"""ptrace: a child of the test's, observed and steered; the tracer is one thread."""

import ctypes
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import pysyscall as syscall
from pysyscall import ProcAttr, PtraceRegs, SysProcAttr

from .. import limits
from ..limits import needs
from ..texts import failed
from .children import environment

WORD = ctypes.sizeof(ctypes.c_long)


@pytest.fixture
def tracee() -> Iterator[int]:
    """A process that stands before its first instruction."""
    attr = ProcAttr(env=environment(), files=[0, 1, 2], sys=SysProcAttr(ptrace=True))
    pid = syscall.fork_exec("/bin/sh", ["sh", "-c", "(exit 3); exit 7"], attr)
    wpid, status, _ = syscall.wait4(pid)
    assert (wpid, status.stop_signal(), status.trap_cause()) == (pid, syscall.SIGTRAP, 0)
    yield pid
    try:
        syscall.kill(pid, syscall.SIGKILL)
        while not syscall.wait4(pid, syscall.WALL)[1].signaled():
            pass
    except (ProcessLookupError, ChildProcessError):
        pass


def stack(pid: int) -> tuple[int, int]:
    """Where its stack is."""
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        if line.endswith("[stack]"):
            start, _, end = line.split()[0].partition("-")
            return int(start, 16), int(end, 16)
    raise AssertionError("no stack")


@needs(limits.PTRACE)
def test_it_goes_on_and_ends(tracee: int) -> None:
    syscall.ptrace_cont(tracee)
    while True:
        _, status, _ = syscall.wait4(tracee)
        if status.exited():
            break
        syscall.ptrace_cont(tracee, status.stop_signal())
    assert status.exit_status() == 7


@needs(limits.PTRACE)
def test_registers_are_read_and_set(tracee: int) -> None:
    regs = syscall.ptrace_get_regs(tracee)
    assert regs == syscall.ptrace_get_regs(tracee)
    code = [
        line.split()[0].split("-") for line in Path(f"/proc/{tracee}/maps").read_text().splitlines() if "r-x" in line
    ]
    assert any(int(start, 16) <= regs.pc() < int(end, 16) for start, end in code)
    changed = PtraceRegs.from_buffer_copy(regs)
    changed.set_pc(regs.pc() + 64)
    assert changed != regs
    syscall.ptrace_set_regs(tracee, changed)
    assert syscall.ptrace_get_regs(tracee).pc() == regs.pc() + 64
    syscall.ptrace_set_regs(tracee, regs)
    assert syscall.ptrace_get_regs(tracee) == regs
    with pytest.raises(OverflowError, match="pc must be in"):
        changed.set_pc(-1)
    with pytest.raises(TypeError, match="regs must be PtraceRegs"):
        syscall.ptrace_set_regs(tracee, bytes(regs))  # type: ignore[arg-type]


@needs(limits.PTRACE)
def test_one_instruction_at_a_time(tracee: int) -> None:
    places = []
    for _ in range(20):
        places.append(syscall.ptrace_get_regs(tracee).pc())
        try:
            syscall.ptrace_single_step(tracee)
        except OSError as error:
            if error.errno != syscall.EIO:
                raise
            pytest.skip(f"kernel: it has no single steps here: {error}")
        assert syscall.wait4(tracee)[1].trap_cause() == 0
    assert len(set(places)) > 10
    low, high = stack(tracee)
    regs = syscall.ptrace_get_regs(tracee)
    # Go has i386's as a signed number.
    pointers = [getattr(regs, name) % 256**WORD for name in ("rsp", "esp", "sp") if hasattr(regs, name)]
    assert all(low <= pointer < high for pointer in pointers)


@needs(limits.PTRACE)
def test_memory_is_read_and_written_at_any_place_and_length(tracee: int) -> None:
    _, high = stack(tracee)
    place = high - 256
    whole = bytearray(128)
    assert syscall.ptrace_peek_data(tracee, place, whole) == 128
    with open(f"/proc/{tracee}/mem", "rb") as f:
        f.seek(place)
        assert f.read(128) == whole
    for start in range(WORD + 1):
        for length in (0, 1, 3, WORD - 1, WORD, WORD + 1, 2 * WORD, 29):
            out = (ctypes.c_char * length)()
            assert syscall.ptrace_peek_text(tracee, place + start, out) == length
            assert bytes(out) == whole[start : start + length]
            data = bytes((start + i) % 251 + 1 for i in range(length))
            poke = syscall.ptrace_poke_text if start % 2 else syscall.ptrace_poke_data
            assert poke(tracee, place + start, data) == length
            whole[start : start + length] = data
            now = bytearray(128)
            assert syscall.ptrace_peek_data(tracee, place, now) == 128
            assert now == whole


@needs(limits.PTRACE)
def test_where_memory_ends(tracee: int) -> None:
    _, high = stack(tracee)
    out = bytearray(b"." * 64)
    assert syscall.ptrace_peek_data(tracee, high - 13, out) == 13
    assert out[13:] == b"." * 51
    assert syscall.ptrace_poke_data(tracee, high - 13, b"x" * 64) == 13
    assert syscall.ptrace_peek_data(tracee, high - 13, out) == 13
    assert out[:14] == b"x" * 13 + b"."
    for function in (syscall.ptrace_peek_data, syscall.ptrace_peek_text):
        with pytest.raises(OSError, match=failed(r"ptrace_peek_\w+", syscall.EIO)) as caught:
            function(tracee, 8, out)
        assert caught.value.errno == syscall.EIO
    with pytest.raises(OSError) as caught:
        syscall.ptrace_poke_data(tracee, 8, b"123")
    assert caught.value.errno == syscall.EIO
    assert syscall.ptrace_peek_data(tracee, 8, bytearray()) == 0


@needs(limits.PTRACE)
def test_wrong_arguments(tracee: int) -> None:
    for addr in (-1, 2 * sys.maxsize + 2, 2 * sys.maxsize):
        with pytest.raises(OverflowError, match="addr must be in"):
            syscall.ptrace_peek_data(tracee, addr, bytearray(8))
        with pytest.raises(OverflowError, match="addr must be in"):
            syscall.ptrace_poke_data(tracee, addr, bytes(8))
    with pytest.raises(TypeError, match="read-only"):
        syscall.ptrace_peek_data(tracee, 8, b"12345678")  # type: ignore[arg-type]
    with pytest.raises(OverflowError, match="pid must be in"):
        syscall.ptrace_cont(2**32 + tracee)
    out = bytearray(8)
    with pytest.raises(OSError):
        syscall.ptrace_peek_data(tracee, 8, out)
    out += b"1"  # nobody holds it any more


@needs(limits.PTRACE)
def test_events_tell_their_cause_and_message(tracee: int) -> None:
    syscall.ptrace_set_options(tracee, syscall.PTRACE_O_TRACEFORK | syscall.PTRACE_O_TRACEEXIT)
    causes = {}
    children = set()
    syscall.ptrace_cont(tracee)
    while True:
        wpid, status, _ = syscall.wait4(-1, syscall.WALL)
        if not status.stopped():
            if wpid == tracee:
                break
            continue
        cause = status.trap_cause()
        if wpid == tracee and cause > 0:
            causes[cause] = syscall.ptrace_get_event_msg(wpid)
        if wpid != tracee:
            children.add(wpid)
        passed = 0 if status.stop_signal() in (syscall.SIGTRAP, syscall.SIGSTOP) else status.stop_signal()
        syscall.ptrace_cont(wpid, passed)
    assert causes[syscall.PTRACE_EVENT_FORK] in children
    assert causes[syscall.PTRACE_EVENT_EXIT] == 7 << 8


@needs(limits.PTRACE)
def test_system_calls_are_stops_of_their_own(tracee: int) -> None:
    syscall.ptrace_set_options(tracee, syscall.PTRACE_O_TRACESYSGOOD)
    stops = 0
    syscall.ptrace_syscall(tracee)
    while stops < 10:
        _, status, _ = syscall.wait4(tracee)
        stops += status.stop_signal() == syscall.SIGTRAP | 0x80
        syscall.ptrace_syscall(tracee)


@needs(limits.PTRACE)
def test_attach_and_detach() -> None:
    pid = syscall.fork_exec("/bin/sleep", ["sleep", "60"])
    try:
        syscall.ptrace_attach(pid)
        while (stopped := syscall.wait4(pid)[1].stop_signal()) == syscall.SIGTRAP:
            syscall.ptrace_cont(pid)  # its execve was still under way
        assert stopped == syscall.SIGSTOP
        with pytest.raises(PermissionError, match="ptrace_attach: "):
            syscall.ptrace_attach(pid)
        found: list[int] = []

        def elsewhere() -> None:
            try:
                syscall.ptrace_cont(pid)
            except OSError as error:
                found.append(error.errno or 0)

        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
        assert found == [syscall.ESRCH]
        syscall.ptrace_detach(pid)
        with pytest.raises(ProcessLookupError, match="ptrace_detach: "):
            syscall.ptrace_detach(pid)
    finally:
        os.kill(pid, signal.SIGKILL)
        syscall.wait4(pid)


def test_the_program_counter_on_this_abi() -> None:
    regs = PtraceRegs()
    assert regs.pc() == 0
    regs.set_pc(2 * sys.maxsize + 1)
    assert regs.pc() == 2 * sys.maxsize + 1
