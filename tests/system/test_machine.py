"""The machine: its names, memory and load, and what only its administrator may do."""

import errno
import os
import re
import resource
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import pysyscall as syscall
from pysyscall.base.abi import ABI

from .. import limits
from ..limits import needs
from ..namespaces import run_in_child, run_in_user_namespace
from ..programs import run_traced

IS_X86 = ABI in ("x86_64", "i386")


def test_uname_is_pythons() -> None:
    ours, theirs = syscall.uname(), os.uname()
    for name in ("sysname", "nodename", "release", "version", "machine"):
        assert getattr(ours, name) == getattr(theirs, name).encode()
    assert ours.domainname == Path("/proc/sys/kernel/domainname").read_bytes().rstrip(b"\n")


@needs(limits.SYSINFO)
def test_sysinfo_is_what_proc_says() -> None:
    info = syscall.sysinfo()
    lines = Path("/proc/meminfo").read_text().splitlines()
    meminfo = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines}
    assert info.totalram * info.unit == meminfo["MemTotal"]
    assert info.totalswap * info.unit == meminfo["SwapTotal"]
    assert 0 < info.freeram <= info.totalram
    uptime = float(Path("/proc/uptime").read_text().split()[0])
    assert uptime - 5 <= info.uptime <= uptime + 1 or "lxcfs" in Path("/proc/mounts").read_text()
    loads = [load / 65536 for load in info.loads]
    assert all(abs(ours - theirs) < 2 for ours, theirs in zip(loads, os.getloadavg(), strict=True))


def test_getpagesize() -> None:
    assert syscall.getpagesize() == resource.getpagesize()


def test_the_machine_is_named() -> None:
    run_in_user_namespace(syscall.CLONE_NEWUTS, name_it)


def name_it() -> None:
    syscall.sethostname(b"elsewhere")
    syscall.setdomainname(bytearray(b"example"))
    assert (socket.gethostname(), syscall.uname().domainname) == ("elsewhere", b"example")
    for call in (syscall.sethostname, syscall.setdomainname):
        with pytest.raises(OSError, match=rf"{call.__name__}: Invalid argument"):
            call(b"x" * 65)


def test_the_kernel_s_messages_are_counted_or_refused() -> None:
    try:
        size = syscall.klogctl(10, None)
    except PermissionError:  # without CAP_SYSLOG
        with pytest.raises(PermissionError, match="klogctl: Operation not permitted"):
            syscall.klogctl(3, bytearray(9))
        return
    buf = bytearray(size)
    n = syscall.klogctl(3, buf)
    assert 0 <= n <= size
    assert n == 0 or re.match(rb"<\d+>", buf)
    with pytest.raises(OSError, match="klogctl: Invalid argument"):
        syscall.klogctl(999, None)


def test_what_an_administrator_may_do_is_refused_to_others() -> None:
    run_in_child(forbidden)


def forbidden() -> None:
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(65534, 65534, 65534)
        os.setresuid(65534, 65534, 65534)
    calls: list[Callable[[], None]] = [
        lambda: syscall.sethostname(b"x"),
        lambda: syscall.setdomainname(b"x"),
        lambda: syscall.reboot(12345),
        lambda: syscall.settimeofday(syscall.Timeval()),
        lambda: syscall.acct("/tmp/none"),
    ]
    for call in calls:
        with pytest.raises(OSError, match=r"Operation not permitted|Function not implemented"):
            call()
    ports: list[Callable[[], None]] = [lambda: syscall.iopl(3), lambda: syscall.ioperm(0x80, 1, 1)]
    for call in ports:
        with pytest.raises(OSError, match=r"Operation not permitted|Function not implemented") as raised:
            call()
        assert IS_X86 or raised.value.errno == errno.ENOSYS  # on x86 too, where the kernel was built without


def test_wrong_commands_and_numbers() -> None:
    with pytest.raises(OverflowError, match="cmd must be in"):
        syscall.reboot(2**32)
    with pytest.raises(OverflowError, match="from_ must be in"):
        syscall.ioperm(-1, 1, 1)
    with pytest.raises(OverflowError, match="level must be in"):
        syscall.iopl(2**32)
    with pytest.raises(ValueError, match="path must not hold a NUL"):
        syscall.acct("\0")


def test_reboot_passes_the_magic_numbers(tmp_path: Path) -> None:
    """The kernel never sees the call: strace takes its number away."""
    log = tmp_path / "log"
    code = "import pysyscall as s; s.reboot(s.LINUX_REBOOT_CMD_HALT); print('done')"
    command = ["-f", "-o", str(log), "-e", "trace=reboot,acct", "-e", "inject=reboot,acct:retval=0"]
    code += "; s.acct(None); s.acct('/some/file')"
    done = run_traced(*command, sys.executable, "-c", code)
    assert (done.stdout, done.stderr) == ("done\n", "")
    said = log.read_text()
    assert re.search(
        r"reboot\(LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_HALT\)\s+= 0 \(INJECTED\)", said
    )
    assert re.search(r"acct\(NULL\)\s+= 0 \(INJECTED\)", said)
    assert re.search(r'acct\("/some/file"\)\s+= 0 \(INJECTED\)', said)
