"""The machine: its names, memory and load, and calls for its administrator."""

from ctypes import byref
from mmap import PAGESIZE

from ..base.arguments import StrOrBytesPath, c_path, i32, integer, u32
from ..base.buffers import ReadableBuffer, WriteableBuffer, readable, writable
from ..base.errors import check, kept, retry
from ..constants import LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2
from . import kernel, libc
from .structs import Sysinfo_t, Utsname

_LONG_MAX = 2**31 - 1


def uname() -> Utsname:
    """uname(2): return the names of the kernel and of this machine. Go Uname."""
    buf = Utsname()
    check("uname", kept.value, libc.uname(byref(buf)))
    return buf


def sysinfo() -> Sysinfo_t:
    """sysinfo(2): return memory, swap, load averages and uptime. Go Sysinfo."""
    info = Sysinfo_t()
    check("sysinfo", kept.value, libc.sysinfo(byref(info)))
    return info


def getpagesize() -> int:
    """getpagesize(2): return the size of a memory page in bytes. Go Getpagesize."""
    return PAGESIZE


def sethostname(p: "ReadableBuffer") -> None:
    """sethostname(2): set the host name of this UTS namespace, at most 64 bytes. Go Sethostname.

    PermissionError: needs CAP_SYS_ADMIN in that namespace. EINVAL: p is too long.
    """
    check("sethostname", kept.value, libc.sethostname(*readable(p)))


def setdomainname(p: "ReadableBuffer") -> None:
    """setdomainname(2): set the NIS domain name of this UTS namespace; errors as sethostname. Go Setdomainname."""
    check("setdomainname", kept.value, libc.setdomainname(*readable(p)))


def klogctl(typ: int, buf: "WriteableBuffer | None") -> int:
    """klogctl(3), the kernel's syslog(2): read or control the kernel log; return the kernel's result. Go Klogctl.

    typ: 2 waits for messages and removes them, 3 reads the last ones, 9 returns the number of unread bytes, 10 the size
    of the log buffer. PermissionError: needs CAP_SYSLOG; 3 and 10 need it only if the sysctl dmesg_restrict is set.
    """
    typ = i32("typ", typ)
    before = kept.value
    while (n := libc.klogctl(typ, *writable(buf))) == -1:
        retry("klogctl", before)
    return n


def acct(path: "StrOrBytesPath | None") -> None:
    """acct(2): write a record of each process that ends to a file; None turns this off (not in Go). Go Acct.

    PermissionError: needs CAP_SYS_PACCT. ENOSYS: the kernel was built without process accounting.
    """
    check("acct", kept.value, libc.acct(None if path is None else c_path("path", path)))


def ioperm(from_: int, num: int, on: int) -> None:
    """ioperm(2): allow or forbid this thread num I/O ports from from_ on. Go Ioperm.

    PermissionError: needs CAP_SYS_RAWIO. ENOSYS: only x86 has it.
    """
    first, num = integer("from_", from_, 0, _LONG_MAX), integer("num", num, 0, _LONG_MAX)
    check("ioperm", kept.value, kernel.ioperm(first, num, i32("on", on)))


def iopl(level: int) -> None:
    """iopl(2): set this thread's I/O privilege level, 0 to 3. Go Iopl.

    PermissionError: raising it needs CAP_SYS_RAWIO. ENOSYS: only x86 has it.
    """
    check("iopl", kept.value, kernel.iopl(i32("level", level)))


def reboot(cmd: int) -> None:
    """reboot(2): restart or halt the machine at once: LINUX_REBOOT_CMD_RESTART and so on. Go Reboot.

    Cached data is not written to the disks: call sync before. In a PID namespace other than the initial one it kills
    the namespace's init process, and so all its processes. PermissionError: needs CAP_SYS_BOOT. EINVAL: unknown cmd.
    """
    check("reboot", kept.value, kernel.reboot(LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, u32("cmd", cmd), b""))
