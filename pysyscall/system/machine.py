"""The machine: its names, memory and load, and what only its administrator may do."""

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
    """uname(2): the names of the kernel and of this machine. Go Uname."""
    buf = Utsname()
    check("uname", kept.value, libc.uname(byref(buf)))
    return buf


def sysinfo() -> Sysinfo_t:
    """sysinfo(2): memory, swap, load averages, and the time since the start. Go Sysinfo."""
    info = Sysinfo_t()
    check("sysinfo", kept.value, libc.sysinfo(byref(info)))
    return info


def getpagesize() -> int:
    """getpagesize(2): the bytes of a page of memory. Go Getpagesize."""
    return PAGESIZE


def sethostname(p: "ReadableBuffer") -> None:
    """sethostname(2): name the machine, in this UTS namespace; at most 64 bytes. Go Sethostname.

    PermissionError: needs CAP_SYS_ADMIN there. EINVAL: too long.
    """
    check("sethostname", kept.value, libc.sethostname(*readable(p)))


def setdomainname(p: "ReadableBuffer") -> None:
    """setdomainname(2): name the machine's NIS domain, as sethostname. Go Setdomainname."""
    check("setdomainname", kept.value, libc.setdomainname(*readable(p)))


def klogctl(typ: int, buf: "WriteableBuffer | None") -> int:
    """klogctl(3), the kernel's syslog(2): read the kernel's messages into buf, and more; what it returns. Go Klogctl.

    typ: 2 waits for messages and takes them, 3 reads the last ones, 10 tells how many bytes there are. PermissionError:
    needs CAP_SYSLOG.
    """
    typ = i32("typ", typ)
    before = kept.value
    while (n := libc.klogctl(typ, *writable(buf))) == -1:
        retry("klogctl", before)
    return n


def acct(path: "StrOrBytesPath | None") -> None:
    """acct(2): write a record of each process that ends to a file; None ends that (Go cannot). Go Acct.

    PermissionError: needs CAP_SYS_PACCT. ENOSYS: the kernel was built without.
    """
    check("acct", kept.value, libc.acct(None if path is None else c_path("path", path)))


def ioperm(from_: int, num: int, on: int) -> None:
    """ioperm(2): allow or forbid this thread num I/O ports from one on. Only x86: ENOSYS elsewhere. Go Ioperm."""
    first, num = integer("from_", from_, 0, _LONG_MAX), integer("num", num, 0, _LONG_MAX)
    check("ioperm", kept.value, kernel.ioperm(first, num, i32("on", on)))


def iopl(level: int) -> None:
    """iopl(2): set this thread's I/O privilege level, 0 to 3. Only x86: ENOSYS elsewhere. Go Iopl."""
    check("iopl", kept.value, kernel.iopl(i32("level", level)))


def reboot(cmd: int) -> None:
    """reboot(2): stop or start the machine anew, at once, with LINUX_REBOOT_CMD_RESTART and so on. Go Reboot.

    Nothing is written to the disks before: see sync. In a pid namespace of its own it ends that namespace's processes.
    PermissionError: needs CAP_SYS_BOOT. EINVAL: no such command.
    """
    check("reboot", kept.value, kernel.reboot(LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, u32("cmd", cmd), b""))
