"""Where the constants in Go's tables, frozen for each port in some year, differ from today's C headers."""

from typing import Final, NamedTuple

from .ports import PORTS

_ALL: Final = " ".join(PORTS)

_GROWN: Final = "a bound or a mask that has grown with Linux since"
_SIGN: Final = "the same bits: unsigned in C, negative in Go's untyped constants"
_FILE64: Final = "Go's Flock_t has 64-bit offsets on every port, and these names the values of F_GETLK64 and so on"
_DIRECTORY: Final = "Go's holds x86's O_DIRECTORY, which is another flag on this port"
_SYNC: Final = "Go has O_DSYNC's value, from before Linux told the two apart"
_BASE: Final = "Go counts the calls' numbers from the base, and took the base itself for one of them"
_OWN: Final = "Go's own, not C's"
_LIBC: Final = "in the kernel's header, but not for this port"
_SIZE: Final = "where this port has the call under the other of its two names"
_OLD_CALLS: Final = "a call of arm's first ABI alone, which today's EABI lacks"


class Difference(NamedTuple):
    """Names with one value in Go on these ports, and another one in the headers."""

    names: str
    ports: str
    go: int
    headers: int
    reason: str


class Lack(NamedTuple):
    """Names that Go has on these ports, and that the headers of these ports have not."""

    names: str
    ports: str
    reason: str


DIFFERENCES: Final = (
    Difference("AF_MAX", "amd64 386 arm", 39, 46, _GROWN),
    Difference("AF_MAX", "mips64le", 40, 46, _GROWN),
    Difference("AF_MAX", "arm64 ppc64le s390x mipsle", 41, 46, _GROWN),
    Difference("AF_MAX", "riscv64", 42, 46, _GROWN),
    Difference("IFA_MAX", "amd64 386 arm64 arm ppc64le mips64le", 7, 11, _GROWN),
    Difference("IFA_MAX", "riscv64 s390x mipsle", 8, 11, _GROWN),
    Difference("IFA_MAX", "loong64", 10, 11, _GROWN),
    Difference("IFLA_MAX", "amd64 386 arm", 29, 69, _GROWN),
    Difference("IFLA_MAX", "ppc64le mips64le", 34, 69, _GROWN),
    Difference("IFLA_MAX", "arm64", 36, 69, _GROWN),
    Difference("IFLA_MAX", "riscv64", 38, 69, _GROWN),
    Difference("IFLA_MAX", "s390x mipsle", 39, 69, _GROWN),
    Difference("IFLA_MAX", "loong64", 58, 69, _GROWN),
    Difference("MS_RMT_MASK", "amd64 386 arm64 arm ppc64le s390x mips64le mipsle", 0x800051, 0x2800051, _GROWN),
    Difference("PTRACE_O_MASK", "amd64 386 arm", 0x7F, 0x3000FF, _GROWN),
    Difference("PTRACE_O_MASK", "arm64 riscv64 ppc64le mips64le mipsle", 0x1000FF, 0x3000FF, _GROWN),
    Difference("RTAX_FEATURE_MASK", "loong64 s390x", 0xF, 0x1F, _GROWN),
    Difference("RTAX_MAX", "amd64 386 arm", 14, 17, _GROWN),
    Difference("RTAX_MAX", "arm64 ppc64le mips64le mipsle", 15, 17, _GROWN),
    Difference("RTAX_MAX", "riscv64 s390x", 16, 17, _GROWN),
    Difference("RTA_MAX", "amd64 386 arm", 16, 31, _GROWN),
    Difference("RTA_MAX", "arm64 ppc64le mips64le mipsle", 17, 31, _GROWN),
    Difference("RTA_MAX", "riscv64", 20, 31, _GROWN),
    Difference("RTA_MAX", "s390x", 22, 31, _GROWN),
    Difference("RTA_MAX", "loong64", 30, 31, _GROWN),
    Difference("RTM_MAX", "amd64 386 arm", 79, 123, _GROWN),
    Difference("RTM_MAX", "arm64 ppc64le mips64le mipsle", 87, 123, _GROWN),
    Difference("RTM_MAX", "riscv64 s390x", 91, 123, _GROWN),
    Difference("RTM_MAX", "loong64", 119, 123, _GROWN),
    Difference("RTM_NR_FAMILIES", "amd64 386 arm", 16, 27, _GROWN),
    Difference("RTM_NR_FAMILIES", "arm64 ppc64le mips64le mipsle", 18, 27, _GROWN),
    Difference("RTM_NR_FAMILIES", "riscv64 s390x", 19, 27, _GROWN),
    Difference("RTM_NR_FAMILIES", "loong64", 26, 27, _GROWN),
    Difference("RTM_NR_MSGTYPES", "amd64 386 arm", 64, 108, _GROWN),
    Difference("RTM_NR_MSGTYPES", "arm64 ppc64le mips64le mipsle", 72, 108, _GROWN),
    Difference("RTM_NR_MSGTYPES", "riscv64 s390x", 76, 108, _GROWN),
    Difference("RTM_NR_MSGTYPES", "loong64", 104, 108, _GROWN),
    Difference("RTNH_COMPARE_MASK", "s390x", 0x11, 0x59, _GROWN),
    Difference("SOMAXCONN", "amd64 386 arm64 arm riscv64 ppc64le s390x mips64le mipsle", 128, 4096, _GROWN),
    Difference("EPOLLET", "amd64 386 arm", -(2**31), 2**31, _SIGN),
    Difference("MS_NOUSER", _ALL, -(2**31), 2**31, _SIGN),
    Difference("PR_SET_PTRACER_ANY", "arm64 riscv64 ppc64le s390x mips64le", -1, 2**64 - 1, _SIGN),
    Difference("RLIM_INFINITY", "amd64 arm64 riscv64 ppc64le s390x mips64le", -1, 2**64 - 1, _SIGN),
    Difference("RLIM_INFINITY", "386 arm", -1, 2**32 - 1, _SIGN),
    Difference("RLIM_INFINITY", "mipsle", -1, 2**31 - 1, "glibc's rlim_t of 32 bits ends at 2**31 on mips"),
    Difference("F_GETLK", "386 arm", 12, 5, _FILE64),
    Difference("F_SETLK", "386 arm", 13, 6, _FILE64),
    Difference("F_SETLKW", "386 arm", 14, 7, _FILE64),
    Difference("F_GETLK", "mipsle", 33, 14, _FILE64),
    Difference("F_SETLK", "mipsle", 34, 6, _FILE64),
    Difference("F_SETLKW", "mipsle", 35, 7, _FILE64),
    Difference("O_TMPFILE", "arm64 ppc64le", 0o20200000, 0o20040000, _DIRECTORY),
    Difference("O_SYNC O_FSYNC O_RSYNC", "arm", 0o10000, 0o4010000, _SYNC),
    Difference("SYS_OABI_SYSCALL_BASE", "arm", 0, 0x900000, _BASE),
)

# Beside the names of tests.abi.differences.GO_ONLY, which no header has for any port.
LACKS: Final = (
    Lack("ImplementsGetwd", _ALL, _OWN),
    Lack("PTRACE_GETREGS PTRACE_SETREGS", "arm64 s390x", _LIBC),
    Lack("SYS_SYNC_FILE_RANGE2", "arm64", _SIZE),
    Lack(
        "SYS_ALARM SYS_GETRLIMIT SYS_IPC SYS_MMAP SYS_READDIR SYS_SELECT SYS_SOCKETCALL SYS_STIME SYS_SYSCALL"
        " SYS_TIME SYS_UMOUNT SYS_UTIME",
        "arm",
        _OLD_CALLS,
    ),
)
