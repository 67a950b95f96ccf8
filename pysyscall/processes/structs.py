"""<sys/resource.h>, <sys/times.h>, <linux/resource.h>: limits, usage. <sys/user.h>, <sys/procfs.h>, <asm/ptrace.h>:
registers. <linux/sched.h>, <linux/capability.h>: what clone3 and capset take.
"""

import ctypes

from ..base.abi import ABI, ABIS_MIPS
from ..base.arguments import integer
from ..base.layout import I32, U32, U64, Long, Struct, ULong
from ..clocks.structs import Timeval

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ctypes import Array
    from typing import Any, TypeAlias

    ULongs: TypeAlias = Array[ctypes.c_ulong]
else:
    U32x16 = ctypes.c_uint32 * 16
    ULong10, ULong16, ULong18, ULong31, ULong32, ULong45 = (ctypes.c_ulong * n for n in (10, 16, 18, 31, 32, 45))


class Rlimit(Struct):
    """struct rlimit64 (rlim_): the soft limit `cur` and the hard limit `max` of a resource. Go Rlimit."""

    __slots__ = ()
    cur: U64
    max: U64


class Rusage(Struct):
    """struct rusage (ru_): the resource usage of processes. Go Rusage.

    utime and stime: user and system CPU time. maxrss: the maximum resident set size, in KiB. minflt and majflt: page
    faults without and with I/O. inblock and oublock: file system input and output, in blocks of 512 bytes. nvcsw and
    nivcsw: voluntary and involuntary context switches. On Linux the other fields are 0.
    """

    __slots__ = ()
    utime: Timeval
    stime: Timeval
    maxrss: Long
    ixrss: Long
    idrss: Long
    isrss: Long
    minflt: Long
    majflt: Long
    nswap: Long
    inblock: Long
    oublock: Long
    msgsnd: Long
    msgrcv: Long
    nsignals: Long
    nvcsw: Long
    nivcsw: Long


class Tms(Struct):
    """struct tms (tms_): user and system CPU time of a process and its waited-for children, in ticks. Go Tms."""

    __slots__ = ()
    utime: Long
    stime: Long
    cutime: Long
    cstime: Long


class CloneArgs(Struct):
    """struct clone_args: the argument of clone3(2)."""

    __slots__ = ()
    flags: U64
    pidfd: U64
    child_tid: U64
    parent_tid: U64
    exit_signal: U64
    stack: U64
    stack_size: U64
    tls: U64
    set_tid: U64
    set_tid_size: U64
    cgroup: U64


class CapUserHeader(Struct):
    """struct __user_cap_header_struct: the layout version and the thread of capget(2)."""

    __slots__ = ()
    version: U32
    pid: I32


class CapUserData(Struct):
    """struct __user_cap_data_struct: 32 capabilities of each set; an array of two holds all 64."""

    __slots__ = ()
    effective: U32
    permitted: U32
    inheritable: U32


class PtracePsw(Struct):
    """psw_t: the program status word of s390x. Go PtracePsw."""

    __slots__ = ()
    mask: U64
    addr: U64


class PtraceRegs(Struct):
    """The registers of a traced process, with Go's names on each ABI. Go PtraceRegs.

    On aarch64 and riscv64 the field of the program counter is `pc_`, as every ABI has the method `pc`. Fields that the
    kernel does not fill are left out: on s390x all after orig_gpr2. On mips the kernel fills 45 registers, `regs`; Go
    has the structure of an old core dump there, and its program counter is always 0.
    """

    __slots__ = ()
    if TYPE_CHECKING:
        r15: int
        r14: int
        r13: int
        r12: int
        rbp: int
        rbx: int
        r11: int
        r10: int
        r9: int
        r8: int
        rax: int
        rcx: int
        rdx: int
        rsi: int
        rdi: int
        orig_rax: int
        rip: int
        cs: int
        eflags: int
        rsp: int
        ss: int
        fs_base: int
        gs_base: int
        ds: int
        es: int
        fs: int
        gs: int
        # Other ABIs'.
        eip: int
        esp: int
        eax: int
        orig_eax: int
        sp: int
        pc_: int
        pstate: int
        era: int
        nip: int
        psw: PtracePsw
        regs: ULongs
        uregs: ULongs
        gpr: ULongs
        gprs: ULongs
    elif ABI == "x86_64":
        r15: ULong
        r14: ULong
        r13: ULong
        r12: ULong
        rbp: ULong
        rbx: ULong
        r11: ULong
        r10: ULong
        r9: ULong
        r8: ULong
        rax: ULong
        rcx: ULong
        rdx: ULong
        rsi: ULong
        rdi: ULong
        orig_rax: ULong
        rip: ULong
        cs: ULong
        eflags: ULong
        rsp: ULong
        ss: ULong
        fs_base: ULong
        gs_base: ULong
        ds: ULong
        es: ULong
        fs: ULong
        gs: ULong
    elif ABI == "i386":
        ebx: Long
        ecx: Long
        edx: Long
        esi: Long
        edi: Long
        ebp: Long
        eax: Long
        xds: Long
        xes: Long
        xfs: Long
        xgs: Long
        orig_eax: Long
        eip: Long
        xcs: Long
        eflags: Long
        esp: Long
        xss: Long
    elif ABI == "aarch64":
        regs: ULong31
        sp: ULong
        pc_: ULong
        pstate: ULong
    elif ABI == "arm":
        uregs: ULong18
    elif ABI == "riscv64":
        pc_: ULong
        ra: ULong
        sp: ULong
        gp: ULong
        tp: ULong
        t0: ULong
        t1: ULong
        t2: ULong
        s0: ULong
        s1: ULong
        a0: ULong
        a1: ULong
        a2: ULong
        a3: ULong
        a4: ULong
        a5: ULong
        a6: ULong
        a7: ULong
        s2: ULong
        s3: ULong
        s4: ULong
        s5: ULong
        s6: ULong
        s7: ULong
        s8: ULong
        s9: ULong
        s10: ULong
        s11: ULong
        t3: ULong
        t4: ULong
        t5: ULong
        t6: ULong
    elif ABI == "loongarch64":
        regs: ULong32
        orig_a0: ULong
        era: ULong
        badv: ULong
        reserved: ULong10
    elif ABI == "ppc64le":
        gpr: ULong32
        nip: ULong
        msr: ULong
        orig_gpr3: ULong
        ctr: ULong
        link: ULong
        xer: ULong
        ccr: ULong
        softe: ULong
        trap: ULong
        dar: ULong
        dsisr: ULong
        result: ULong
    elif ABI == "s390x":
        psw: PtracePsw
        gprs: ULong16
        acrs: U32x16
        orig_gpr2: ULong
    else:
        regs: ULong45

    def pc(self) -> int:
        """Return the program counter, the address of the next instruction. Go PtraceRegs.PC."""
        owner, place = self._counter()
        value: int = owner[place] if isinstance(place, int) else getattr(owner, place)
        return value & (2 * _LONG_MAX + 1)

    def set_pc(self, pc: int) -> None:
        """Set the program counter, the address at which execution continues. Go PtraceRegs.SetPC."""
        pc = integer("pc", pc, 0, 2 * _LONG_MAX + 1)
        owner, place = self._counter()
        if isinstance(place, int):
            owner[place] = pc
        else:
            setattr(owner, place, pc if ABI != "i386" or pc <= _LONG_MAX else pc - 2 * (_LONG_MAX + 1))

    def _counter(self) -> "tuple[Any, str | int]":
        """Return where the program counter is: a structure and a field name, or an array and an index."""
        if ABI == "s390x":
            return self.psw, "addr"
        if ABI == "arm":
            return self.uregs, 15
        if ABI in ABIS_MIPS:
            return self.regs, 34 if ABI == "mips64el" else 40  # EF_CP0_EPC
        return self, {"x86_64": "rip", "i386": "eip", "loongarch64": "era", "ppc64le": "nip"}.get(ABI, "pc_")


_LONG_MAX = (1 << 8 * ctypes.sizeof(ctypes.c_long) - 1) - 1
