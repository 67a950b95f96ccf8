"""ptrace: observing and controlling another process. ptrace(2).

The tracer is a thread: only the thread that attached to a process, or started it with SysProcAttr(ptrace=True), may
trace it. In other threads the calls raise ProcessLookupError. Go programs lock a goroutine to its thread; in Python,
make all calls in one thread, not in a thread pool or with asyncio.to_thread. All calls but ptrace_attach need a stopped
process: wait4 reports the stop.
"""

from ctypes import addressof, c_size_t, c_ulong, sizeof
from sys import byteorder, maxsize

from ..base.arguments import flag_bits, i32, integer
from ..base.buffers import Export, ReadableBuffer, WriteableBuffer
from ..base.errors import check, kept
from ..constants import (
    PTRACE_ATTACH,
    PTRACE_CONT,
    PTRACE_DETACH,
    PTRACE_GETEVENTMSG,
    PTRACE_GETREGSET,
    PTRACE_PEEKDATA,
    PTRACE_PEEKTEXT,
    PTRACE_POKEDATA,
    PTRACE_POKETEXT,
    PTRACE_SETOPTIONS,
    PTRACE_SETREGSET,
    PTRACE_SINGLESTEP,
    PTRACE_SYSCALL,
    SYS_PTRACE,
)
from ..system.libc import syscall
from .structs import PtraceRegs

_NT_PRSTATUS = 1  # linux/elf.h: the general registers
_WORD = sizeof(c_ulong)
_Iovec = c_size_t * 2


def ptrace_attach(pid: int) -> None:
    """ptrace(2) PTRACE_ATTACH: trace a process and stop it with SIGSTOP; wait4 reports the stop. Go PtraceAttach.

    PermissionError: another user's process, already traced, or Yama's ptrace_scope forbids it.
    """
    _ptrace("ptrace_attach", PTRACE_ATTACH, pid)


def ptrace_detach(pid: int) -> None:
    """ptrace(2) PTRACE_DETACH: stop tracing a process, and continue it. Go PtraceDetach."""
    _ptrace("ptrace_detach", PTRACE_DETACH, pid)


def ptrace_cont(pid: int, signal: int = 0) -> None:
    """ptrace(2) PTRACE_CONT: continue a process, and deliver a signal if it is not 0. Go PtraceCont."""
    _ptrace("ptrace_cont", PTRACE_CONT, pid, 0, i32("signal", signal))


def ptrace_syscall(pid: int, signal: int = 0) -> None:
    """ptrace(2) PTRACE_SYSCALL: continue a process until it enters or leaves a system call. Go PtraceSyscall.

    The stop signal is SIGTRAP, or SIGTRAP | 0x80 with the option PTRACE_O_TRACESYSGOOD.
    """
    _ptrace("ptrace_syscall", PTRACE_SYSCALL, pid, 0, i32("signal", signal))


def ptrace_single_step(pid: int) -> None:
    """ptrace(2) PTRACE_SINGLESTEP: continue a process for one instruction. Go PtraceSingleStep."""
    _ptrace("ptrace_single_step", PTRACE_SINGLESTEP, pid)


def ptrace_set_options(pid: int, options: int) -> None:
    """ptrace(2) PTRACE_SETOPTIONS: set the options, such as PTRACE_O_TRACEEXEC to stop at execve. Go PtraceSetOptions.

    `WaitStatus.trap_cause` returns the event of a stop.
    """
    _ptrace("ptrace_set_options", PTRACE_SETOPTIONS, pid, 0, flag_bits("options", options) & 0xFFFF_FFFF)


def ptrace_get_event_msg(pid: int) -> int:
    """ptrace(2) PTRACE_GETEVENTMSG: return the event's message, such as the pid of a child. Go PtraceGetEventMsg."""
    message = c_ulong()
    _ptrace("ptrace_get_event_msg", PTRACE_GETEVENTMSG, pid, 0, addressof(message))
    return message.value


def ptrace_get_regs(pid: int) -> PtraceRegs:
    """ptrace(2) PTRACE_GETREGSET: return the registers of a stopped process. Go PtraceGetRegs."""
    regs = PtraceRegs()
    _ptrace_regs("ptrace_get_regs", PTRACE_GETREGSET, pid, regs)
    return regs


def ptrace_set_regs(pid: int, regs: PtraceRegs) -> None:
    """ptrace(2) PTRACE_SETREGSET: set the registers of a stopped process. Go PtraceSetRegs."""
    if not isinstance(regs, PtraceRegs):
        raise TypeError(f"regs must be PtraceRegs, not {type(regs).__name__}")
    _ptrace_regs("ptrace_set_regs", PTRACE_SETREGSET, pid, regs)


def ptrace_peek_text(pid: int, addr: int, out: "WriteableBuffer") -> int:
    """ptrace(2) PTRACE_PEEKTEXT: fill out from a stopped process's memory at addr. Go PtracePeekText.

    Returns the number of bytes read, fewer than out holds where mapped memory ends. EIO: addr is not mapped. The kernel
    is called for each word.
    """
    return _peek("ptrace_peek_text", PTRACE_PEEKTEXT, pid, addr, out)


def ptrace_peek_data(pid: int, addr: int, out: "WriteableBuffer") -> int:
    """ptrace(2) PTRACE_PEEKDATA: on Linux the same as ptrace_peek_text. Go PtracePeekData."""
    return _peek("ptrace_peek_data", PTRACE_PEEKDATA, pid, addr, out)


def ptrace_poke_text(pid: int, addr: int, data: "ReadableBuffer") -> int:
    """ptrace(2) PTRACE_POKETEXT: write data to a stopped process's memory at addr. Go PtracePokeText.

    Returns the number of bytes written, fewer than data holds where mapped memory ends. Write-protected memory, such as
    code, is written too. EIO: addr is not mapped.
    """
    return _poke("ptrace_poke_text", PTRACE_POKETEXT, PTRACE_PEEKTEXT, pid, addr, data)


def ptrace_poke_data(pid: int, addr: int, data: "ReadableBuffer") -> int:
    """ptrace(2) PTRACE_POKEDATA: on Linux the same as ptrace_poke_text. Go PtracePokeData."""
    return _poke("ptrace_poke_data", PTRACE_POKEDATA, PTRACE_PEEKDATA, pid, addr, data)


def _ptrace(name: str, request: int, pid: int, addr: int = 0, data: int = 0) -> None:
    check(name, kept.value, syscall(SYS_PTRACE, request, i32("pid", pid), addr, data, 0, 0))


def _ptrace_regs(name: str, request: int, pid: int, regs: PtraceRegs) -> None:
    iovec = _Iovec(addressof(regs), sizeof(regs))
    _ptrace(name, request, pid, _NT_PRSTATUS, addressof(iovec))


def _peek(name: str, request: int, pid: int, addr: int, out: "WriteableBuffer") -> int:
    export = Export(out, writable=True)
    try:
        with memoryview(out).cast("B") as view:
            return _read(name, request, pid, _place(addr, len(view)), view)
    finally:
        export.release()


def _read(name: str, request: int, pid: int, addr: int, view: memoryview) -> int:
    """Read aligned words, so that no word crosses the end of mapped memory."""
    word, count = c_ulong(), 0
    while count < len(view):
        skipped = (addr + count) % _WORD
        try:
            _ptrace(name, request, pid, addr + count - skipped, addressof(word))
        except OSError:
            if count:
                return count
            raise
        part = bytes(word)[skipped : skipped + len(view) - count]
        view[count : count + len(part)] = part
        count += len(part)
    return count


def _poke(name: str, request: int, peek: int, pid: int, addr: int, data: "ReadableBuffer") -> int:
    raw, count = memoryview(data).tobytes(), 0
    addr = _place(addr, len(raw))
    while count < len(raw):
        skipped = (addr + count) % _WORD
        part = raw[count : count + _WORD - skipped]
        word = bytearray(part)
        try:
            if len(part) < _WORD:
                word = bytearray(_WORD)
                _read(name, peek, pid, addr + count - skipped, memoryview(word))
                word[skipped : skipped + len(part)] = part
            _ptrace(name, request, pid, addr + count - skipped, int.from_bytes(word, byteorder))
        except OSError:
            if count:
                return count
            raise
        count += len(part)
    return count


def _place(addr: int, size: int) -> int:
    """Check that size bytes from addr on fit into the address space."""
    return integer("addr", addr, 0, 2 * maxsize + 2 - size)
