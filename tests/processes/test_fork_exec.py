"""fork_exec: what Go's own tests of it look at, and all fields of ProcAttr and SysProcAttr."""

import os
import pty
import random
import re
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from ctypes import c_int
from pathlib import Path
from typing import Any

import pytest

import pysyscall as syscall
from pysyscall import Credential, ProcAttr, SysProcAttr, SysProcIDMap
from tests.go.plays import needs_strace
from tests.make_stubs import ROOT as ROOT_DIRECTORY

from .. import limits
from ..limits import needs
from ..programs import run_traced
from ..texts import failed
from .children import NOBODY, ROOT, environment, in_child, no_children, python, run, waiting

NAMESPACES = {
    "cgroup": syscall.CLONE_NEWCGROUP,
    "ipc": syscall.CLONE_NEWIPC,
    "mnt": syscall.CLONE_NEWNS,
    "net": syscall.CLONE_NEWNET,
    "pid": syscall.CLONE_NEWPID,
    "time": syscall.CLONE_NEWTIME,
    "user": syscall.CLONE_NEWUSER,
    "uts": syscall.CLONE_NEWUTS,
}
UID, GID = os.getuid(), os.getgid()
NEWUSER = syscall.CLONE_NEWUSER
FORKED = {"pdeathsig": syscall.SIGKILL}  # what posix_spawn cannot do
MAPS: dict[str, Any] = {"uid_mappings": [SysProcIDMap(0, UID, 1)], "gid_mappings": [SysProcIDMap(0, GID, 1)]}


def having(**fields: Any) -> SysProcAttr:
    return SysProcAttr(**fields)


@pytest.fixture(autouse=True)
def _no_child_is_left() -> Iterator[None]:
    yield
    assert no_children()


def test_a_started_process_is_another_one_in_the_same_group() -> None:
    with waiting() as pid:
        assert pid != syscall.getpid()
        assert syscall.getpgid(pid) == syscall.getpgrp()


def test_start_process_has_a_handle_of_0() -> None:
    pid, handle = syscall.start_process("/bin/true", ["true"])
    assert handle == 0
    assert syscall.wait4(pid)[:2] == (pid, 0)


@needs(limits.VFORK)
def test_setpgid() -> None:
    with waiting(SysProcAttr(setpgid=True)) as pid:
        assert syscall.getpgid(pid) == pid


@needs(limits.VFORK)
def test_pgid_is_a_group_that_is_there() -> None:
    with (
        waiting(SysProcAttr(setpgid=True)) as first,
        waiting(SysProcAttr(setpgid=True, pgid=first)) as second,
    ):
        assert syscall.getpgid(second) == first != second


@pytest.mark.parametrize("more", [{}, FORKED], ids=["spawned", "forked"])
def test_setsid(more: dict[str, Any]) -> None:
    said = python("import os; print(os.getsid(0) == os.getpgid(0) == os.getpid())", having(setsid=True, **more))
    assert said.said == "True\n"


@pytest.mark.parametrize("more", [{}, FORKED], ids=["spawned", "forked"])
def test_directory_arguments_and_environment(tmp_path: Path, more: dict[str, Any]) -> None:
    code = "import os, sys; print(os.getcwd(), ascii(sys.argv[1:]), sorted(os.environ.items()))"
    argv: list[str | bytes] = [sys.executable, "-I", "-S", "-c", code, "", "two words", b"\xff\n", "\u00e9"]
    env = ["B=2", "A=", "LC_ALL=C.UTF-8", "PYTHONCOERCECLOCALE=0"]
    ended = run(argv, having(**more), dir=str(tmp_path), env=env)
    variables = [("A", ""), ("B", "2"), ("LC_ALL", "C.UTF-8"), ("PYTHONCOERCECLOCALE", "0")]
    assert ended.said == f"{tmp_path} ['', 'two words', '\\udcff\\n', '\\xe9'] {variables}\n"


def test_a_path_is_relative_to_the_new_directory(tmp_path: Path) -> None:
    (tmp_path / "program").symlink_to("/bin/pwd")
    assert run(["pwd"], dir=str(tmp_path), argv0="./program").said == f"{tmp_path}\n"


def test_no_argument_at_all_is_the_kernels_business() -> None:
    try:
        pid = syscall.fork_exec("/bin/true", [])
    except OSError:
        return
    syscall.wait4(pid)


@needs(limits.VFORK)
def test_a_device_is_no_program() -> None:
    with pytest.raises(PermissionError, match=r"fork_exec: execve: Permission denied"):
        syscall.fork_exec("/dev/null", [], None)


# Terminals


def terminal() -> tuple[int, int]:
    """A terminal's two ends, with this process as the leader of its session."""
    os.setsid()
    master, slave = pty.openpty()
    syscall.ioctl(slave, syscall.TIOCSCTTY, 0)
    return master, slave


@needs(limits.CLONE)
def test_foreground_moves_the_terminal_to_the_childs_group() -> None:
    def check(more: dict[str, Any]) -> bool:
        master, slave = terminal()
        seen: list[int] = []
        for number in (signal.SIGTTIN, signal.SIGTTOU):
            signal.signal(number, lambda number, _: seen.append(number))
        reading, writing = os.pipe()
        attr = having(foreground=True, ctty=slave, **more)
        pid = syscall.fork_exec("/bin/cat", ["cat"], ProcAttr(files=[reading, 1, 2], sys=attr))
        try:
            return (os.tcgetpgrp(master), os.getpgid(pid), seen) == (pid, pid, [])
        finally:
            os.close(reading)
            os.close(writing)
            os.waitpid(pid, 0)

    assert in_child(check, {})
    if ROOT:
        assert in_child(check, {"cloneflags": syscall.CLONE_NEWPID})


def test_foreground_with_a_group_that_is_there() -> None:
    def check() -> bool:
        master, slave = terminal()
        with waiting(SysProcAttr(setpgid=True)) as first:
            attr = SysProcAttr(foreground=True, ctty=slave, pgid=first)
            with waiting(attr) as second:
                return os.tcgetpgrp(master) == first == os.getpgid(second)

    assert in_child(check)


def test_setctty_gives_a_terminal_and_noctty_takes_it_away() -> None:
    code = """if True:
        import os
        try:
            os.close(os.open("/dev/tty", os.O_RDWR))
            print("terminal", os.ttyname(3) if TTY else "")
        except OSError as error:
            print(error.errno)
    """
    master, slave = pty.openpty()
    try:
        name = os.ttyname(slave)
        reading, writing = os.pipe()
        command = [sys.executable, "-I", "-S", "-c", code.replace("TTY", "True")]
        files = [0, writing, writing, slave]
        attr = ProcAttr(env=environment(), files=files, sys=SysProcAttr(setsid=True, setctty=True, ctty=3))
        pid = syscall.fork_exec(command[0], command, attr)
        os.close(writing)
        with open(reading) as f:
            assert f.read() == f"terminal {name}\n"
        assert syscall.wait4(pid)[1] == 0
    finally:
        os.close(master)
        os.close(slave)

    def without() -> str:
        _, own = terminal()
        reading, writing = os.pipe()
        command = [sys.executable, "-I", "-S", "-c", code.replace("TTY", "False")]
        attr = ProcAttr(env=environment(), files=[own, writing, writing], sys=SysProcAttr(noctty=True))
        pid = syscall.fork_exec(command[0], command, attr)
        os.close(writing)
        with open(reading) as f:
            said = f.read()
        syscall.wait4(pid)
        return said

    assert in_child(without) == f"{syscall.ENXIO}\n"


def test_what_can_never_be_right_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="both setctty and foreground"):
        syscall.fork_exec("/bin/true", ["true"], ProcAttr(sys=SysProcAttr(setctty=True, foreground=True)))
    with pytest.raises(ValueError, match="no descriptor 3 for ctty"):
        syscall.fork_exec("/bin/true", ["true"], ProcAttr(files=[0, 1, 2], sys=SysProcAttr(setctty=True, ctty=3)))
    for flag in (syscall.CLONE_VM, syscall.CLONE_THREAD, syscall.CLONE_PARENT, syscall.CLONE_FILES, 1):
        with pytest.raises(ValueError, match="cloneflags must be"):
            syscall.fork_exec("/bin/true", ["true"], ProcAttr(sys=SysProcAttr(cloneflags=flag)))


@pytest.mark.parametrize(
    ("wrong", "error", "match"),
    [
        ({"argv0": "/bin/a\0b"}, ValueError, "argv0 must not hold a NUL"),
        ({"argv0": 1}, TypeError, "not int"),
        ({"argv": ["a\0"]}, ValueError, r"argv\[0\] must not hold a NUL"),
        ({"argv": "true"}, TypeError, "argv must be a sequence"),
        ({"env": {"A": "1"}}, TypeError, "env must be a sequence"),
        ({"env": ["A=1", 2]}, TypeError, r"env\[1\] must be str or bytes"),
        ({"dir": "a\0b"}, ValueError, "dir must not hold a NUL"),
        ({"files": [0, "1"]}, TypeError, r"files\[1\] must be an integer"),
        ({"files": [-2]}, OverflowError, r"files\[0\] must be in -1"),
        ({"files": [2**32]}, OverflowError, r"files\[0\] must be in -1"),
        ({"sys": 1}, TypeError, r"attr.sys must be a SysProcAttr, not int"),
        ({"sys": SysProcAttr(chroot="a\0b")}, ValueError, "chroot must not hold a NUL"),
        ({"sys": SysProcAttr(credential=Credential(-1))}, OverflowError, "uid must be in"),
        ({"sys": SysProcAttr(credential=Credential(groups=[0, 2**32]))}, OverflowError, r"groups\[1\] must be in"),
        ({"sys": having(credential="root")}, TypeError, "credential must be a Credential"),
        ({"sys": having(pgid=2**31)}, OverflowError, "pgid must be in"),
        ({"sys": having(unshareflags=2**32)}, OverflowError, "unshareflags must be in"),
        ({"sys": having(pdeathsig=2**31)}, OverflowError, "pdeathsig must be in"),
        ({"sys": SysProcAttr(uid_mappings=[SysProcIDMap(0, -1, 1)])}, OverflowError, r"uid_mappings\[0\].host_id"),
        ({"sys": SysProcAttr(ambient_caps=[-1])}, OverflowError, r"ambient_caps\[0\]"),
        ({"sys": having(pid_fd=3)}, TypeError, "pid_fd must be a c_int"),
    ],
)
def test_wrong_arguments(wrong: dict[str, Any], error: type[Exception], match: str) -> None:
    wrong = dict(wrong)
    argv0, argv = wrong.pop("argv0", "/bin/true"), wrong.pop("argv", ["true"])
    before = os.listdir("/proc/self/fd")
    with pytest.raises(error, match=match):
        syscall.fork_exec(argv0, argv, ProcAttr(**wrong))
    assert os.listdir("/proc/self/fd") == before


# Namespaces


LACKING = {
    ("cloneflags", "pid"): limits.CLONE,
    ("cloneflags", "time"): limits.CLONE3,
    ("cloneflags", "user"): limits.USER_NAMESPACE,
    ("unshareflags", "pid"): limits.PID_NAMESPACE,
    ("unshareflags", "user"): limits.USER_NAMESPACE,
}


@pytest.mark.parametrize(
    ("way", "name"),
    [
        pytest.param(way, name, marks=[needs(LACKING[way, name])] if (way, name) in LACKING else [])
        for way in ("cloneflags", "unshareflags")
        for name in NAMESPACES
    ],
)
def test_each_namespace(way: str, name: str) -> None:
    flags = NAMESPACES[name]
    if not ROOT:
        flags |= syscall.CLONE_NEWUSER
    if way == "unshareflags" and name in ("pid", "time"):
        # It is for the children's children; in a new PID namespace the first of them is number 1.
        command = "/bin/sh -c 'echo $$'; :" if name == "pid" else "readlink /proc/self/ns/time; :"
        said = run(["/bin/sh", "-c", command], having(unshareflags=flags)).said.strip()
        assert said == "1" if name == "pid" else said != os.readlink("/proc/self/ns/time")
        return
    said = run(["/bin/readlink", f"/proc/self/ns/{name}"], having(**{way: flags})).said
    assert said.strip().startswith(f"{name}:[")
    assert said.strip() != os.readlink(f"/proc/self/ns/{name}")


@needs(limits.CLONE3)
def test_all_namespaces_at_once() -> None:
    code = f"import os; print(*(os.readlink('/proc/self/ns/' + name) for name in {[*NAMESPACES]}), os.getpid())"
    *said, pid = python(code, SysProcAttr(cloneflags=sum(NAMESPACES.values()), **MAPS)).said.split()
    ours = [os.readlink(f"/proc/self/ns/{name}") for name in NAMESPACES]
    assert len(said) == 8
    assert set(said).isdisjoint(ours)
    assert pid == "1"


@needs(limits.USER_NAMESPACE)
@pytest.mark.parametrize("setgroups", [False, True])
@pytest.mark.parametrize("way", ["cloneflags", "unshareflags"])
def test_a_user_namespace_with_maps(way: str, setgroups: bool) -> None:
    attr = having(**{way: syscall.CLONE_NEWUSER}, gid_mappings_enable_setgroups=setgroups, **MAPS)
    code = "import os; print(os.getuid(), os.getgid(), open('/proc/self/setgroups').read().strip())"
    if setgroups and (not ROOT or way == "unshareflags"):
        with pytest.raises(PermissionError, match="fork_exec: gid_map: Operation not permitted"):
            python(code, attr)
        return
    assert python(code, attr).said == f"0 0 {'allow' if setgroups else 'deny'}\n"


@needs(limits.USER_NAMESPACE)
def test_a_user_namespace_with_many_ids() -> None:
    maps = [SysProcIDMap(0, 1000, 5), SysProcIDMap(100, 3000, 2)]
    attr = SysProcAttr(cloneflags=syscall.CLONE_NEWUSER, uid_mappings=maps, gid_mappings=maps)
    attr.gid_mappings_enable_setgroups = True
    if not ROOT:
        with pytest.raises(PermissionError, match="fork_exec: gid_map: Operation not permitted"):
            run(["/bin/true"], attr)
        return
    attr.credential = Credential(101, 3, [100, 4])
    process = status(attr)
    assert (process["Uid"], process["Gid"], process["Groups"]) == (["101"] * 4, ["3"] * 4, ["4", "100"])
    ended = run(["/bin/cat", "/proc/self/uid_map"], attr)
    assert ended.said.split() == ["0", "1000", "5", "100", "3000", "2"]


@needs(limits.USER_NAMESPACE)
def test_a_credential_with_no_groups_where_setgroups_is_denied() -> None:
    attr = having(cloneflags=syscall.CLONE_NEWUSER, credential=Credential(), **MAPS)
    assert python("import os; print(os.getuid(), os.getgid())", attr).said == "0 0\n"


@needs(limits.USER_NAMESPACE)
def test_group_cleanup_in_a_user_namespace() -> None:
    uid, gid = UID, GID
    attr = having(cloneflags=syscall.CLONE_NEWUSER, credential=Credential(0, 0), **MAPS)
    assert run(["/usr/bin/id"], attr).said.startswith("uid=0(root) gid=0(root) groups=0(root)")
    assert (os.getuid(), os.getgid()) == (uid, gid)


def test_a_network_of_its_own_has_lo_alone() -> None:
    attr = SysProcAttr(unshareflags=syscall.CLONE_NEWNET | (0 if ROOT else syscall.CLONE_NEWUSER))
    said = python("print(open('/proc/net/dev').read())", attr).said
    assert [line.partition(":")[0].strip() for line in said.splitlines() if ":" in line] == ["lo"]


MOUNT = """if True:
    import ctypes, os, sys
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"none", sys.argv[1].encode(), b"tmpfs", 0, None):
        sys.exit(os.strerror(ctypes.get_errno()))
    print(os.listdir(sys.argv[1]))
"""


def test_mounts_of_an_unshared_namespace_are_its_own(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    flags = syscall.CLONE_NEWNS | (0 if ROOT else syscall.CLONE_NEWUSER)
    maps = {} if ROOT else MAPS
    ended = run(
        [sys.executable, "-I", "-S", "-c", MOUNT, str(tmp_path)],
        having(unshareflags=flags, **maps),
    )
    assert (ended.said, ended.status) == ("[]\n", 0)
    assert os.listdir(tmp_path) == ["file"]


def test_chroot_in_a_mount_namespace(tmp_path: Path) -> None:
    copy_with_libraries("/bin/cat", tmp_path)
    flags = syscall.CLONE_NEWNS | (0 if ROOT else syscall.CLONE_NEWUSER)
    maps = {} if ROOT else MAPS
    for attr in (
        having(chroot=tmp_path, unshareflags=flags, **maps),
        having(chroot=os.fsencode(tmp_path), cloneflags=flags, **maps),
    ):
        with waiting(attr) as pid:
            assert os.readlink(f"/proc/{pid}/root") == str(tmp_path)
        with pytest.raises(FileNotFoundError, match="fork_exec: execve: "):
            run(["/bin/true"], attr)


def copy_with_libraries(program: str, root: Path) -> None:
    """Put a program into another root, with what it needs to run there."""
    listed = subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout
    for path in (program, *re.findall(r"(/\S+) \(0x", listed)):
        target = root / path[1:]
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)


@needs(limits.CLONE)
def test_a_pid_namespace_has_this_process_as_its_first() -> None:
    for flags in (syscall.CLONE_NEWPID, syscall.CLONE_NEWPID | syscall.CLONE_NEWTIME):
        attr = SysProcAttr(cloneflags=flags | (0 if ROOT else syscall.CLONE_NEWUSER))
        ended = python("import os; print(os.getpid(), os.getppid())", attr)
        assert ended.said == "1 0\n"
        assert ended.pid > 1


def cgroup_here() -> Path:
    """This process's cgroup, of the second version; a skip where the machine has only the first."""
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, where, kind, *_ = line.split()
        if kind == "cgroup2":
            own = next(line[4:] for line in Path("/proc/self/cgroup").read_text().splitlines() if line[:3] == "0::")
            return Path(where, own)
    pytest.skip("no cgroup2 file system is mounted")


@needs(limits.CLONE3)
def test_a_cgroup() -> None:
    new = cgroup_here() / (f"test-{os.getpid()}" if ROOT else "")
    if ROOT:
        new.mkdir()
    fd = os.open(new, os.O_PATH)
    try:
        attr = SysProcAttr(use_cgroup_fd=True, cgroup_fd=fd)
        if not ROOT:
            with pytest.raises(PermissionError, match="fork_exec: clone: Permission denied"):
                run(["/bin/true"], attr)
            return
        said = run(["/bin/cat", "/proc/self/cgroup"], attr).said
        assert next(line for line in said.splitlines() if line[:3] == "0::").endswith(f"/{new.name}")
    finally:
        os.close(fd)
        if ROOT:
            new.rmdir()


@needs(limits.CLONE3)
def test_what_is_no_cgroup(tmp_path: Path) -> None:
    fd = os.open(tmp_path, os.O_RDONLY)
    try:
        with pytest.raises(OSError, match="fork_exec: clone: ") as caught:
            run(["/bin/true"], SysProcAttr(use_cgroup_fd=True, cgroup_fd=fd))
    finally:
        os.close(fd)
    assert caught.value.errno == syscall.EBADF


# A pidfd


@pytest.mark.parametrize("way", ["spawned", "forked", pytest.param("cloned", marks=needs(limits.CLONE))])
def test_a_pidfd(way: str) -> None:
    pid_fd = c_int(-5)
    attr = SysProcAttr(pid_fd=pid_fd)
    if way == "forked":
        attr.pdeathsig = syscall.SIGKILL
    if way == "cloned":
        attr.cloneflags = syscall.CLONE_NEWPID | (0 if ROOT else syscall.CLONE_NEWUSER)
    pid = syscall.fork_exec("/bin/sleep", ["sleep", "60"], ProcAttr(files=[0, 1, 2], sys=attr))
    try:
        info = Path(f"/proc/self/fdinfo/{pid_fd.value}").read_text()
        assert f"Pid:\t{pid}\n" in info
        assert not os.get_inheritable(pid_fd.value)
        signal.pidfd_send_signal(pid_fd.value, signal.SIGKILL)
        assert select.select([pid_fd.value], [], [], 60)[0]
    finally:
        syscall.kill(pid, syscall.SIGKILL)
        assert syscall.wait4(pid)[1].signal() == syscall.SIGKILL
        os.close(pid_fd.value)


@needs(limits.VFORK)
def test_a_pidfd_stays_as_it_is_where_nothing_starts() -> None:
    pid_fd = c_int(-5)
    with pytest.raises(FileNotFoundError):
        syscall.fork_exec("/nowhere", [""], ProcAttr(sys=SysProcAttr(pid_fd=pid_fd)))
    assert pid_fd.value == -5


# Identities


def test_a_credential_sets_all_ids_and_groups() -> None:
    if not ROOT:
        process = status(having(cloneflags=NEWUSER, credential=Credential(0, 0), **MAPS))
        assert [process[name] for name in ("Uid", "Gid")] == [["0"] * 4, ["0"] * 4]
        return
    process = status(having(credential=Credential(NOBODY, NOBODY - 1, [7, 8])))
    assert [process[name] for name in ("Uid", "Gid", "Groups")] == [["65534"] * 4, ["65533"] * 4, ["7", "8"]]
    process = status(having(credential=Credential(0, 0)))
    assert [process[name] for name in ("Uid", "Gid", "Groups")] == [["0"] * 4, ["0"] * 4, []]


def test_no_set_groups_leaves_the_parents_groups() -> None:
    def check() -> bool:
        if ROOT:
            os.setgroups([5, 6])
        uid, gid = (NOBODY, NOBODY) if ROOT else (UID, GID)
        process = status(having(credential=Credential(uid, gid, no_set_groups=True)))
        return [process["Uid"][0], *process["Groups"]] == [str(uid), *(str(group) for group in os.getgroups())]

    assert in_child(check)


def test_a_user_who_is_not_root_may_set_no_groups() -> None:
    def check() -> bool:
        if ROOT:
            os.setresuid(NOBODY, NOBODY, NOBODY)
        with pytest.raises(PermissionError, match="fork_exec: setgroups: Operation not permitted"):
            run(["/bin/true"], SysProcAttr(credential=Credential(NOBODY, NOBODY)))
        return no_children()

    assert in_child(check)


def status(attr: SysProcAttr) -> dict[str, list[str]]:
    """What /proc/self/status says of a process, with the words of each line."""
    ended = run(["/bin/cat", "/proc/self/status"], attr)
    assert ended.status == 0
    lines = (line.partition(":") for line in ended.said.splitlines())
    return {name: words.split() for name, _, words in lines}


CAPS = [syscall.CAP_SYS_TIME, syscall.CAP_SYSLOG]
BITS = [f"{1 << syscall.CAP_SYS_TIME | 1 << syscall.CAP_SYSLOG:016x}"]


@needs(limits.USER_NAMESPACE)
def test_ambient_capabilities_in_a_user_namespace() -> None:
    maps = {"uid_mappings": [SysProcIDMap(NOBODY, UID, 1)], "gid_mappings": [SysProcIDMap(NOBODY, GID, 1)]}
    attr = having(cloneflags=NEWUSER, credential=Credential(NOBODY, NOBODY), ambient_caps=CAPS, **maps)
    process = status(attr)
    assert (process["Uid"], process["CapEff"], process["CapAmb"]) == (["65534"] * 4, BITS, BITS)


def test_ambient_capabilities_of_another_user() -> None:
    if not ROOT:
        with pytest.raises(PermissionError, match="fork_exec: capset: Operation not permitted"):
            run(["/bin/true"], having(ambient_caps=CAPS))
        return
    process = status(having(credential=Credential(NOBODY, NOBODY), ambient_caps=CAPS))
    assert (process["Uid"], process["CapEff"], process["CapAmb"]) == (["65534"] * 4, BITS, BITS)


def test_a_capability_that_there_is_not() -> None:
    for cap in (63, 64, 1000):
        with pytest.raises(OSError, match="fork_exec: ") as caught:
            run(["/bin/true"], SysProcAttr(ambient_caps=[cap]))
        assert caught.value.errno in (syscall.EINVAL, syscall.EPERM)


# A parent that dies


@pytest.mark.parametrize("as_nobody", [False, True])
def test_pdeathsig_ends_the_child_with_its_parent(as_nobody: bool) -> None:
    reading, writing = os.pipe()

    def parent() -> None:
        attr = SysProcAttr(pdeathsig=syscall.SIGTERM)
        if as_nobody and ROOT:
            attr.credential = Credential(NOBODY, NOBODY)
        syscall.fork_exec("/bin/sleep", ["sleep", "600"], ProcAttr(files=[-1, writing], sys=attr))

    try:
        in_child(parent)
        os.close(writing)
        writing = -1
        assert select.select([reading], [], [], 60)[0]  # its end is closed: nobody has it any more
        assert os.read(reading, 1) == b""
    finally:
        os.close(reading)
        if writing != -1:
            os.close(writing)


# Descriptors


def is_inheritable(fd: int) -> bool:
    """Whether a descriptor is open here, and will be in programs that are started."""
    try:
        return os.get_inheritable(fd)
    except OSError:
        return False


def test_descriptors_in_forty_orders() -> None:
    rng = random.Random(1)
    code = "import os; print(*(os.fstat(i).st_ino if os.path.exists(f'/proc/self/fd/{i}') else 0 for i in range(20)))"
    for round_ in range(40):
        own = [os.memfd_create(f"file {i}") for i in range(12)]
        inherited = os.open("/dev/null", os.O_RDONLY)
        os.set_inheritable(inherited, True)
        try:
            reading, writing = os.pipe()
            files = [rng.choice([*own, 0, -1]) for _ in range(rng.randrange(3, 9))]
            files[1] = writing
            attr = ProcAttr(env=environment(), files=files)
            if round_ % 2:
                attr.sys = SysProcAttr(pdeathsig=syscall.SIGKILL)
            pid = syscall.fork_exec(sys.executable, [sys.executable, "-I", "-S", "-c", code], attr)
            os.close(writing)
            expected = [0 if fd == -1 else None if fd == writing else os.fstat(fd).st_ino for fd in files]
            with open(reading) as f:
                said = [int(word) for word in f.read().split()]
            assert syscall.wait4(pid)[1] == 0
            assert [None if want is None else got for want, got in zip(expected, said, strict=False)] == expected
            others = [fd for fd, inode in enumerate(said) if fd >= len(files) and inode]
            assert others == [fd for fd in range(len(files), 20) if is_inheritable(fd)]
        finally:
            for fd in (*own, inherited):
                os.close(fd)


def test_descriptors_swapped_and_shifted(tmp_path: Path) -> None:
    for more in ({}, FORKED):
        files = []
        for name in "abc":
            (tmp_path / name).write_text(name)
            files.append(os.open(tmp_path / name, os.O_RDONLY))
        try:
            reading, writing = os.pipe()
            code = "import os; print(*(os.read(i, 1).decode() for i in range(3, 6)))"
            order = [0, writing, writing, files[2], files[0], files[1]]
            attr = ProcAttr(env=environment(), files=order, sys=having(**more))
            pid = syscall.fork_exec(sys.executable, [sys.executable, "-I", "-S", "-c", code], attr)
            os.close(writing)
            with open(reading) as f:
                assert f.read() == "c a b\n"
            syscall.wait4(pid)
        finally:
            for fd in files:
                os.close(fd)


@pytest.mark.parametrize("more", [{}, FORKED], ids=["spawned", "forked"])
def test_without_files_the_first_three_are_closed(more: dict[str, Any], tmp_path: Path) -> None:
    command = f"ls /proc/self/fd > {tmp_path}/said"  # descriptor 1, and the directory, which gets 0
    pid = syscall.fork_exec("/bin/sh", ["sh", "-c", command], ProcAttr(env=environment(), sys=having(**more)))
    syscall.wait4(pid)
    said = {int(word) for word in (tmp_path / "said").read_text().split()}
    assert said == {0, 1, *(fd for fd in range(3, 1024) if is_inheritable(fd))}


@needs(limits.VFORK)
def test_a_descriptor_that_is_not_open() -> None:
    free = os.open("/dev/null", os.O_RDONLY)
    os.close(free)
    for files in ([0, 1, 2, free], [0, free], [free, free], [0, 1, 2, 2**31 - 1], [*range(3), *[0] * 20, 15]):
        for more in ({}, FORKED):
            if files[-1] == 15 and os.path.exists("/proc/self/fd/15"):
                continue
            with pytest.raises(OSError, match=r"fork_exec: \w+: Bad file descriptor") as caught:
                syscall.fork_exec("/bin/true", ["true"], ProcAttr(files=files, sys=having(**more)))
            assert caught.value.errno == syscall.EBADF


# Signals


@needs(limits.SIGNALS)
@pytest.mark.parametrize("more", [{}, FORKED], ids=["spawned", "forked"])
def test_signals_that_the_program_starts_with(more: dict[str, Any]) -> None:
    def check() -> list[int]:
        signal.pthread_sigmask(signal.SIG_SETMASK, [signal.SIGUSR2, signal.SIGRTMAX])
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGUSR1, lambda *_: None)
        process = status(having(**more))
        return [int(process[name][0], 16) for name in ("SigBlk", "SigIgn", "SigCgt")]

    blocked = 1 << signal.SIGUSR2 - 1 | 1 << signal.SIGRTMAX - 1
    ignored = 1 << signal.SIGHUP - 1
    assert in_child(check) == [blocked, ignored, 0]


HANDLED = """if True:
    import signal, sys
    sys.path.insert(0, sys.argv[1])
    import pysyscall as syscall
    for number in (signal.SIGUSR1, signal.SIGRTMAX):
        signal.signal(number, lambda *_: None)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    pid = syscall.fork_exec("/bin/true", ["true"], syscall.ProcAttr(sys=syscall.SysProcAttr(pdeathsig=9)))
    sys.exit(syscall.wait4(pid)[1].exit_status())
"""


def test_no_handler_of_the_parents_can_run_in_the_child(tmp_path: Path) -> None:
    if reason := needs_strace():
        pytest.skip(reason)
    trace = tmp_path / "trace"
    command = ["-f", "-o", str(trace), "-e", "trace=rt_sigaction,rt_sigprocmask,execve", sys.executable]
    done = run_traced(*command, "-c", HANDLED, str(ROOT_DIRECTORY))
    assert (done.returncode, done.stderr) == (0, "")
    lines = trace.read_text().splitlines()
    child = next(line.split()[0] for line in lines if '/bin/true", ["true"]' in line)
    calls = [line.split(None, 1)[1] for line in lines if line.split()[0] == child]
    before = calls[: next(i for i, call in enumerate(calls) if call.startswith("execve("))]
    unblocked = max(i for i, call in enumerate(before) if call.startswith("rt_sigprocmask(SIG_SETMASK, []"))
    for name in ("SIGUSR1", f"SIGRT_{signal.SIGRTMAX - 32}", "SIGINT", "SIGPIPE", "SIGXFSZ"):
        reset = [i for i, call in enumerate(before) if call.startswith(f"rt_sigaction({name}, {{sa_handler=SIG_DFL")]
        assert len(reset) == 1, name
        assert reset[0] < unblocked
    assert not any("SIGHUP, {" in call for call in before)


# Failures


NO_MAP = [SysProcIDMap(0, 0, 0)]
FAILURES: dict[str, tuple[dict[str, Any], str, int]] = {
    "execve": ({"argv0": "/nowhere"}, "execve", syscall.ENOENT),
    "execve, forked": ({"argv0": "/nowhere", "sys": having(**FORKED)}, "execve", syscall.ENOENT),
    "no program": ({"argv0": "/etc/passwd"}, "execve", syscall.EACCES),
    "chdir": ({"dir": "/nowhere"}, "chdir", syscall.ENOENT),
    "chdir, forked": ({"dir": "/nowhere", "sys": having(**FORKED)}, "chdir", syscall.ENOENT),
    "setpgid": ({"sys": having(setpgid=True, pgid=1)}, "setpgid", syscall.EPERM),
    "setpgid of a leader": ({"sys": having(setsid=True, setpgid=True)}, "setpgid", syscall.EPERM),
    "ioctl": ({"sys": having(noctty=True)}, "ioctl", syscall.ENOTTY),
    "prctl": ({"sys": having(pdeathsig=1000)}, "prctl", syscall.EINVAL),
    "unshare": ({"sys": having(unshareflags=1)}, "unshare", syscall.EINVAL),
    "uid_map": ({"sys": having(cloneflags=NEWUSER, uid_mappings=NO_MAP)}, "uid_map", syscall.EINVAL),
    "uid_map, cloned": (
        {"sys": having(cloneflags=NEWUSER | syscall.CLONE_NEWPID, uid_mappings=NO_MAP)},
        "uid_map",
        syscall.EINVAL,
    ),
    "uid_map, unshared": ({"sys": having(unshareflags=NEWUSER, uid_mappings=NO_MAP)}, "uid_map", syscall.EINVAL),
    "maps without a namespace": ({"sys": having(uid_mappings=NO_MAP)}, "uid_map", syscall.EPERM),
    "setgid": (
        {"sys": having(cloneflags=NEWUSER, credential=Credential(0, 5, no_set_groups=True), **MAPS)},
        "setgid",
        syscall.EINVAL,
    ),
    "execve, cloned": (
        {"argv0": "/nowhere", "sys": having(cloneflags=NEWUSER | syscall.CLONE_NEWPID)},
        "execve",
        syscall.ENOENT,
    ),
}


@needs(limits.VFORK, limits.USER_NAMESPACE, limits.CLONE)
@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_names_its_step_and_leaves_nothing(name: str) -> None:
    attributes, step, errno = FAILURES[name]
    given = {"sys": None, **attributes}
    before = sorted(os.listdir("/proc/self/fd"))
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    argv0 = given.pop("argv0", "/bin/true")
    with pytest.raises(OSError) as caught, open("/dev/null") as null:
        syscall.fork_exec(argv0, ["true"], ProcAttr(files=[null.fileno(), 1, 2], **given))
    assert (caught.value.errno, caught.value.strerror) == (errno, f"fork_exec: {step}: {os.strerror(errno)}")
    assert no_children()
    assert sorted(os.listdir("/proc/self/fd")) == before
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == mask


def test_chroot_to_nowhere() -> None:
    more = {} if ROOT else {"unshareflags": NEWUSER}
    with pytest.raises(FileNotFoundError, match="fork_exec: chroot: No such file or directory"):
        run(["/bin/true"], having(chroot="/nowhere", **more))


def test_a_limit_of_descriptors(tmp_path: Path) -> None:
    def check() -> int:
        limit = syscall.getrlimit(syscall.RLIMIT_NOFILE)
        limit.cur = 20
        syscall.setrlimit(syscall.RLIMIT_NOFILE, limit)
        while True:
            try:
                os.open("/dev/null", os.O_RDONLY)
            except OSError:
                break
        with pytest.raises(OSError, match=failed("fork_exec: pipe2", syscall.EMFILE)) as caught:
            syscall.fork_exec("/bin/true", ["true"], ProcAttr(sys=SysProcAttr(pdeathsig=9)))
        assert no_children()
        return caught.value.errno or 0

    assert in_child(check) == syscall.EMFILE


# Attributes


def test_attributes_compare_and_show_themselves() -> None:
    assert Credential(1, 2, [3]) == Credential(1, 2, [3]) != Credential(1, 2, [4])
    assert repr(SysProcIDMap(0, 1000, 1)) == "SysProcIDMap(container_id=0, host_id=1000, size=1)"
    assert ProcAttr(sys=SysProcAttr(setsid=True)) == ProcAttr(sys=SysProcAttr(setsid=True)) != ProcAttr()
    assert "setsid=True" in repr(ProcAttr(sys=SysProcAttr(setsid=True)))
    with pytest.raises(AttributeError):
        SysProcAttr().setsidd = True  # type: ignore[attr-defined]


@needs(limits.VFORK)
def test_what_is_started_is_not_found_in_path() -> None:
    with pytest.raises(FileNotFoundError):
        syscall.fork_exec("true", ["true"], ProcAttr(dir="/", env=environment()))
