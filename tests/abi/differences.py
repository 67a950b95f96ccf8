"""Where the authorities differ from one another, and which one we follow."""

from __future__ import annotations

from typing import Final, NamedTuple

_ALL: Final = "x86_64 i386 aarch64 arm riscv64 loongarch64 ppc64le s390x mips64el mipsel"

_OLDER: Final = "a bound that grows with Linux, and musl's is older: glibc's"
_LIMIT: Final = "a limit of the libc's own, and glibc has the kernel's"
_BUFFER: Final = "the size of a buffer, where more is safe: glibc's"
_SEARCH: Final = "musl counts O_PATH as an access mode; the kernel and Go do not"
_LARGE: Final = "the kernel sets the flag by itself on a 64-bit ABI, so that glibc and Go have 0"
_TIME64: Final = (
    "musl's time_t has 64 bits on every ABI. The kernel takes both options, each with its own structure; "
    "ours is the one whose time is two longs, as in glibc's plain symbols"
)
_FILE64: Final = (
    "musl's off_t has 64 bits on every ABI. The kernel takes both commands, each with its own structure; "
    "ours is the one of glibc's plain symbols"
)
_RLIMIT64: Final = "musl's rlim_t has 64 bits on every ABI; ours is as wide as the rlim_t of glibc's plain symbols"
_TERMIOS: Final = "an argument of the libc's own function, which the kernel never sees: glibc's"
_LENGTH: Final = "the length of an array in the libc's struct termios, which is not the kernel's: glibc's"
_MIPS_LOCK: Final = "the kernel's header defines it only for itself, and the value seen is asm-generic's: glibc's"
_MIPS_RENAME: Final = "glibc and Go say MAP_ANONYMOUS, the kernel's header a flag that Linux never had: glibc's"


class MuslDifference(NamedTuple):
    names: str
    abis: str
    ours: int
    musl: int
    reason: str


# musl's headers, or with them the kernel's, where they say something else than glibc's.
MUSL: Final = (
    MuslDifference("AF_MAX PF_MAX", _ALL, 46, 45, _OLDER),
    MuslDifference("SOMAXCONN", _ALL, 4096, 128, _OLDER),
    MuslDifference("HOST_NAME_MAX", _ALL, 64, 255, _LIMIT),
    MuslDifference("NGROUPS_MAX", _ALL, 65536, 32, _LIMIT),
    MuslDifference("NI_MAXHOST", _ALL, 1025, 255, _BUFFER),
    MuslDifference("O_ACCMODE", _ALL, 0o3, 0o10000003, _SEARCH),
    MuslDifference("O_LARGEFILE", "x86_64 riscv64 loongarch64 s390x", 0, 0o100000, _LARGE),
    MuslDifference("O_LARGEFILE", "aarch64", 0, 0o400000, _LARGE),
    MuslDifference("O_LARGEFILE", "ppc64le", 0, 0o200000, _LARGE),
    MuslDifference("O_LARGEFILE", "mips64el", 0, 0o20000, _LARGE),
    MuslDifference("SO_TIMESTAMP SCM_TIMESTAMP", "i386 arm mipsel", 29, 63, _TIME64),
    MuslDifference("SO_TIMESTAMPNS SCM_TIMESTAMPNS", "i386 arm mipsel", 35, 64, _TIME64),
    MuslDifference("SO_TIMESTAMPING SCM_TIMESTAMPING", "i386 arm mipsel", 37, 65, _TIME64),
    MuslDifference("SO_RCVTIMEO", "i386 arm", 20, 66, _TIME64),
    MuslDifference("SO_RCVTIMEO", "mipsel", 0x1006, 66, _TIME64),
    MuslDifference("SO_SNDTIMEO", "i386 arm", 21, 67, _TIME64),
    MuslDifference("SO_SNDTIMEO", "mipsel", 0x1005, 67, _TIME64),
    MuslDifference("SO_VM_SOCKETS_CONNECT_TIMEOUT", "i386 arm mipsel", 6, 8, _TIME64),
    MuslDifference("SIOCGSTAMP", "i386 arm", 0x8906, 0x80108906, _TIME64),
    MuslDifference("SIOCGSTAMP", "mipsel", 0x8906, 0x40108906, _TIME64),
    MuslDifference("SIOCGSTAMPNS", "i386 arm", 0x8907, 0x80108907, _TIME64),
    MuslDifference("SIOCGSTAMPNS", "mipsel", 0x8907, 0x40108907, _TIME64),
    MuslDifference("F_GETLK", "i386 arm", 5, 12, _FILE64),
    MuslDifference("F_SETLK", "i386 arm", 6, 13, _FILE64),
    MuslDifference("F_SETLKW", "i386 arm", 7, 14, _FILE64),
    MuslDifference("F_GETLK", "mipsel", 14, 33, _FILE64),
    MuslDifference("F_SETLK", "mipsel", 6, 34, _FILE64),
    MuslDifference("F_SETLKW", "mipsel", 7, 35, _FILE64),
    MuslDifference("F_GETLK64", "mipsel", 33, 12, _MIPS_LOCK),
    MuslDifference("F_SETLK64", "mipsel", 34, 13, _MIPS_LOCK),
    MuslDifference("F_SETLKW64", "mipsel", 35, 14, _MIPS_LOCK),
    MuslDifference("RLIM_INFINITY RLIM_SAVED_CUR RLIM_SAVED_MAX", "i386 arm", 2**32 - 1, 2**64 - 1, _RLIMIT64),
    MuslDifference("RLIM_INFINITY RLIM_SAVED_CUR RLIM_SAVED_MAX", "mipsel", 2**31 - 1, 2**64 - 1, _RLIMIT64),
    MuslDifference("TCSANOW", "mips64el mipsel", 0x540E, 0, _TERMIOS),
    MuslDifference("TCSADRAIN", "mips64el mipsel", 0x540F, 1, _TERMIOS),
    MuslDifference("TCSAFLUSH", "mips64el mipsel", 0x5410, 2, _TERMIOS),
    MuslDifference("NCCS", "ppc64le", 32, 19, _LENGTH),
    MuslDifference("MAP_RENAME", "mips64el mipsel", 0x800, 0x20, _MIPS_RENAME),
)


def musl_values(abi: str) -> dict[str, int]:
    """What musl says on this ABI, of the constants where it differs from us."""
    return {name: row.musl for row in MUSL if abi in row.abis.split() for name in row.names.split()}


# Names of Go's tables that today's headers do not define, and why.
GO_ONLY: Final = {
    "PathMax": "PATH_MAX in Go's own spelling",
    "EPOLL_NONBLOCK": "glibc dropped it: epoll_create1 never took such a flag",
    "SIGUNUSED": "glibc 2.26 dropped it: the signal is SIGSYS",
    "RTM_NEWNVLAN": "Linux corrected the misspelling: RTM_NEWVLAN",
    "PR_CLEAR_SECCOMP_FILTER": "in no kernel that was released",
    "PR_GET_SECCOMP_FILTER": "in no kernel that was released",
    "PR_SECCOMP_FILTER_EVENT": "in no kernel that was released",
    "PR_SECCOMP_FILTER_SYSCALL": "in no kernel that was released",
    "PR_SET_SECCOMP_FILTER": "in no kernel that was released",
    "SYS_FSTATAT": "the kernel's name is newfstatat: SYS_NEWFSTATAT",
    "SYS_MADVISE1": "i386 dropped the second name of madvise: SYS_MADVISE",
    "SYS_ARCH_SPECIFIC_SYSCALL": "no call, but where an architecture's own would begin",
    "SYS_LINUX_SYSCALLS": "no call, but how many mips has",
    "SYS_O32_LINUX_SYSCALLS": "no call, but how many mips has",
    "SYS_N32_LINUX_SYSCALLS": "no call, but how many mips has",
    "SYS_64_LINUX_SYSCALLS": "no call, but how many mips has",
} | dict.fromkeys(
    (
        "IFF_802_1Q_VLAN",
        "IFF_BONDING",
        "IFF_BRIDGE_PORT",
        "IFF_DISABLE_NETPOLL",
        "IFF_DONT_BRIDGE",
        "IFF_EBRIDGE",
        "IFF_ISATAP",
        "IFF_LIVE_ADDR_CHANGE",
        "IFF_MACVLAN",
        "IFF_MACVLAN_PORT",
        "IFF_MASTER_8023AD",
        "IFF_MASTER_ALB",
        "IFF_MASTER_ARPMON",
        "IFF_OVS_DATAPATH",
        "IFF_SLAVE_INACTIVE",
        "IFF_SLAVE_NEEDARP",
        "IFF_SUPP_NOFCS",
        "IFF_TEAM_PORT",
        "IFF_TX_SKB_SHARING",
        "IFF_UNICAST_FLT",
        "IFF_WAN_HDLC",
        "IFF_XMIT_DST_RELEASE",
    ),
    "a private flag of the kernel's, which left the public headers with Linux 3.14",
)
