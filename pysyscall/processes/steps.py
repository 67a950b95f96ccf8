"""Turns a ProcAttr into a list of steps, in Go's order, that a new process takes before execve.

An executor carries them out: spawn_executor if libc's posix_spawn can take them all, otherwise fork_executor.
"""

from ctypes import byref, c_char_p, c_int, c_void_p, sizeof
from os import getpid
from struct import pack
from sys import getfilesystemencodeerrors, getfilesystemencoding

from .. import constants
from ..base.abi import ABI
from ..base.arguments import c_path, c_string, flag_bits, i32, instance, integer, u32
from ..base.errors import fail, kept, system_error
from ..constants import (
    AT_FDCWD,
    CLONE_INTO_CGROUP,
    CLONE_IO,
    CLONE_NEWCGROUP,
    CLONE_NEWIPC,
    CLONE_NEWNET,
    CLONE_NEWNS,
    CLONE_NEWPID,
    CLONE_NEWTIME,
    CLONE_NEWUSER,
    CLONE_NEWUTS,
    CLONE_PARENT,
    CLONE_UNTRACED,
    EINVAL,
    F_DUPFD_CLOEXEC,
    F_SETFD,
    MS_PRIVATE,
    MS_REC,
    O_CLOEXEC,
    O_WRONLY,
    PR_CAP_AMBIENT,
    PR_CAP_AMBIENT_RAISE,
    PR_SET_KEEPCAPS,
    PR_SET_PDEATHSIG,
    PTRACE_TRACEME,
    SIGCHLD,
    SYS_CAPGET,
    SYS_CAPSET,
    SYS_CHDIR,
    SYS_CHROOT,
    SYS_CLONE,
    SYS_CLONE3,
    SYS_CLOSE,
    SYS_DUP3,
    SYS_EXECVE,
    SYS_FCNTL,
    SYS_GETPID,
    SYS_IOCTL,
    SYS_MOUNT,
    SYS_OPENAT,
    SYS_PRCTL,
    SYS_PTRACE,
    SYS_SETPGID,
    SYS_SETSID,
    SYS_UNSHARE,
    SYS_WRITE,
    TIOCNOTTY,
    TIOCSCTTY,
    TIOCSPGRP,
)
from .attributes import Credential, ProcAttr, SysProcAttr
from .child import Signals, add_capabilities, restore_signals, signal_if_orphaned, syscall
from .reaping import keep
from .structs import CapUserData, CapUserHeader, CloneArgs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from ctypes import Array
    from typing import Any

    from ..base.arguments import StrOrBytes, StrOrBytesPath
    from .attributes import SysProcIDMap
    from .child import Step

_NAMESPACES = (
    *(CLONE_NEWCGROUP, CLONE_NEWIPC, CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWTIME, CLONE_NEWUSER),
    CLONE_NEWUTS,
)
# What a process cannot set for itself with unshare: it must be set when the process is created.
_NEEDS_CLONE = CLONE_NEWPID | CLONE_NEWTIME | CLONE_IO | CLONE_UNTRACED
_CLONEFLAGS = sum(_NAMESPACES) | _NEEDS_CLONE

# On i386 and arm the calls without "32" take 16-bit ids.
_SYS_SETUID, _SYS_SETGID, _SYS_SETGROUPS = (
    getattr(constants, f"{name}32", 0) or getattr(constants, name)
    for name in ("SYS_SETUID", "SYS_SETGID", "SYS_SETGROUPS")
)
_LINUX_CAPABILITY_VERSION_3 = 0x20080522  # linux/capability.h
_TwoCapUserData = CapUserData * 2
_ENCODING, _ERRORS = getfilesystemencoding(), getfilesystemencodeerrors()
_arrays: "dict[int, type[Array[c_char_p]]]" = {}


class Program:
    """The arguments of execve: path, arguments and environment."""

    __slots__ = ("argv", "envv", "path")

    def __init__(self, argv0: "StrOrBytesPath", argv: "Sequence[StrOrBytes]", envv: "Sequence[StrOrBytes]") -> None:
        self.path = c_path("argv0", argv0)
        self.argv = _strings("argv", argv)
        self.envv = _strings("env", envv)


class Plan:
    """A new process: its program, the steps that lead to it, and what its parent must do."""

    __slots__ = ("clone", "directory", "least", "maps", "namespaces", "pid_fd", "program", "signals", "steps", "taken")

    def __init__(
        self,
        argv0: "StrOrBytesPath",
        argv: "Sequence[StrOrBytes]",
        attr: "ProcAttr | None",
        moved: "list[int]",
    ) -> None:
        """moved: a list to which the descriptors are added that the caller must close afterwards."""
        attr = ProcAttr() if attr is None else attr
        instance("attr", ProcAttr, attr)
        sys = attr.sys
        files = [integer(f"files[{i}]", fd, -1, 2**31 - 1) for i, fd in enumerate(attr.files)]
        self.program = Program(argv0, argv, attr.env)
        self.directory = c_path("dir", attr.dir)
        self.signals = Signals()
        self.steps: list[Step] = []
        # The namespaces that the child creates first; or the clone call, where fork is not enough.
        self.namespaces = 0
        self.clone: tuple[Any, ...] | None = None
        self.maps: list[tuple[str, bytes]] = []  # the files in /proc/PID that the parent writes
        self.pid_fd: c_int | None = None
        # The executor's own descriptors must not be below `least` or in `taken`.
        self.least, self.taken = max(len(files), 3), set(files)
        if sys is None:
            self._add_signals()
            self._add_directory()
            self._add_files(files, moved)
        else:
            instance("attr.sys", SysProcAttr, sys)
            self._check(sys, len(files))
            self.taken.add(sys.ctty)
            self.pid_fd = sys.pid_fd
            self._set_clone(sys)
            self._add_session(sys)
            self._add_signals()
            self._add_namespaces(sys)
            self._add_identity(sys)
            self._add_directory()
            self._add_death_signal(sys)
            self._add_files(files, moved)
            self._add_terminal(sys)
            if sys.ptrace:
                self._add("ptrace", SYS_PTRACE, PTRACE_TRACEME)
        self._add("execve", SYS_EXECVE, self.program.path, self.program.argv, self.program.envv)

    def _add(
        self,
        label: str,
        number: int,
        a1: "Any" = 0,
        a2: "Any" = 0,
        a3: "Any" = 0,
        a4: "Any" = 0,
        a5: "Any" = 0,
        result: "Any" = None,
        may_fail: bool = False,
    ) -> None:
        self.steps.append((label, syscall, (number, a1, a2, a3, a4, a5, 0), result, may_fail))

    def _check(self, sys: SysProcAttr, files: int) -> None:
        """Refuse what Go refuses."""
        if sys.setctty and sys.foreground:
            raise ValueError("both setctty and foreground are set in SysProcAttr")
        if sys.setctty and sys.ctty >= files:
            raise ValueError(f"setctty is set, but files has no descriptor {sys.ctty} for ctty")
        if sys.pid_fd is not None and type(sys.pid_fd) is not c_int:
            raise TypeError(f"pid_fd must be a c_int, not {type(sys.pid_fd).__name__}")

    def _set_clone(self, sys: SysProcAttr) -> None:
        flags = integer("cloneflags", sys.cloneflags, 0, 2**64 - 1)
        if unknown := flags & ~_CLONEFLAGS:
            raise ValueError(f"cloneflags must be namespaces, CLONE_IO and CLONE_UNTRACED, not {unknown:#x}")
        if not flags & _NEEDS_CLONE and not sys.use_cgroup_fd:
            self.namespaces = flags
        elif flags & CLONE_NEWTIME or sys.use_cgroup_fd:
            args = CloneArgs(flags | CLONE_PARENT)  # CLONE_PARENT allows no exit signal
            if sys.use_cgroup_fd:
                args.flags |= CLONE_INTO_CGROUP
                args.cgroup = integer("cgroup_fd", sys.cgroup_fd, 0, 2**31 - 1)
            self.clone = (SYS_CLONE3, byref(args), sizeof(args), 0, 0, 0, 0)
        else:
            flags |= CLONE_PARENT | SIGCHLD
            self.clone = (SYS_CLONE, 0, flags, 0, 0, 0, 0) if ABI == "s390x" else (SYS_CLONE, flags, 0, 0, 0, 0, 0)

    def _add_session(self, sys: SysProcAttr) -> None:
        if sys.ambient_caps:
            self._add("prctl", SYS_PRCTL, PR_SET_KEEPCAPS, 1)
        if sys.setsid:
            self._add("setsid", SYS_SETSID)
        pgid = i32("pgid", sys.pgid)
        if sys.setpgid or sys.foreground:
            self._add("setpgid", SYS_SETPGID, 0, pgid)
        if sys.foreground:
            pgrp = c_int(pgid)
            if pgid == 0:
                self._add("getpid", SYS_GETPID, result=pgrp)
            self._add("ioctl", SYS_IOCTL, i32("ctty", sys.ctty), TIOCSPGRP, byref(pgrp))

    def _add_signals(self) -> None:
        self.steps.append(("signals", restore_signals, (self.signals,), None, False))

    def _add_namespaces(self, sys: SysProcAttr) -> None:
        flags = flag_bits("unshareflags", sys.unshareflags) & 0xFFFF_FFFF
        self.maps = _maps(sys)
        if flags:
            self._add("unshare", SYS_UNSHARE, flags)
        if flags & CLONE_NEWUSER:
            fd = c_void_p()
            for name, content in self.maps:
                self._add(name, SYS_OPENAT, AT_FDCWD, b"/proc/self/" + name.encode(), O_WRONLY | O_CLOEXEC, result=fd)
                self._add(name, SYS_WRITE, fd, content, len(content))
                self._add(name, SYS_CLOSE, fd)
            self.maps = []
        if flags & CLONE_NEWNS:
            self._add("mount", SYS_MOUNT, b"none", b"/", 0, MS_REC | MS_PRIVATE)

    def _add_identity(self, sys: SysProcAttr) -> None:
        if sys.chroot:
            self._add("chroot", SYS_CHROOT, c_path("chroot", sys.chroot))
        if sys.credential is not None:
            credential = sys.credential
            instance("credential", Credential, credential)
            groups = [u32(f"groups[{i}]", group) for i, group in enumerate(credential.groups)]
            denied = sys.gid_mappings and not sys.gid_mappings_enable_setgroups and not groups
            if not denied and not credential.no_set_groups:
                self._add("setgroups", _SYS_SETGROUPS, len(groups), pack(f"={len(groups)}I", *groups))
            self._add("setgid", _SYS_SETGID, u32("gid", credential.gid))
            self._add("setuid", _SYS_SETUID, u32("uid", credential.uid))
        if sys.ambient_caps:
            self._add_capabilities(sys.ambient_caps)

    def _add_capabilities(self, capabilities: "Sequence[int]") -> None:
        capabilities = [integer(f"ambient_caps[{i}]", cap, 0, 2**31 - 1) for i, cap in enumerate(capabilities)]
        if any(cap >= 64 for cap in capabilities):
            raise system_error("fork_exec: ambient_caps", EINVAL)
        bits = sum(1 << cap for cap in set(capabilities))
        data = _TwoCapUserData()
        header = byref(CapUserHeader(_LINUX_CAPABILITY_VERSION_3))
        self._add("capget", SYS_CAPGET, header, data)
        self.steps.append(("capset", add_capabilities, (data, (bits & 0xFFFF_FFFF, bits >> 32)), None, False))
        self._add("capset", SYS_CAPSET, header, data)
        for cap in capabilities:
            self._add("prctl", SYS_PRCTL, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap)

    def _add_directory(self) -> None:
        if self.directory:
            self._add("chdir", SYS_CHDIR, self.directory)

    def _add_death_signal(self, sys: SysProcAttr) -> None:
        if sys.pdeathsig:
            sig = i32("pdeathsig", sys.pdeathsig)
            self._add("prctl", SYS_PRCTL, PR_SET_PDEATHSIG, sig)
            self.steps.append(("kill", signal_if_orphaned, (getpid(), sig), None, False))

    def _add_files(self, files: "list[int]", moved: "list[int]") -> None:
        """Go's two passes; the first runs in the parent, and chooses descriptors that are free in parent and child."""
        for i, fd in enumerate(files):
            if 0 <= fd < i:  # overwritten before it is needed
                duplicate(moved, fd, self.least)
                while moved[-1] in self.taken:
                    duplicate(moved, fd, self.least)
                files[i] = moved[-1]
        for i, fd in enumerate(files):
            if fd == -1:
                self._add("close", SYS_CLOSE, i, may_fail=True)
            elif fd == i:
                self._add("fcntl", SYS_FCNTL, fd, F_SETFD, 0)
            else:
                self._add("dup3", SYS_DUP3, fd, i)
        for i in range(len(files), 3):
            self._add("close", SYS_CLOSE, i, may_fail=True)

    def _add_terminal(self, sys: SysProcAttr) -> None:
        if sys.noctty:
            self._add("ioctl", SYS_IOCTL, 0, TIOCNOTTY)
        if sys.setctty:
            self._add("ioctl", SYS_IOCTL, i32("ctty", sys.ctty), TIOCSCTTY, 1)


def duplicate(descriptors: "list[int]", fd: int, least: int) -> None:
    """Duplicate fd to the lowest free close-on-exec descriptor from least on, and add it to descriptors."""
    before = kept.value
    keep(descriptors, syscall, SYS_FCNTL, fd, F_DUPFD_CLOEXEC, least, 0, 0, 0)
    if descriptors[-1] == -1:
        descriptors.pop()
        fail("fork_exec: fcntl", before)


def _strings(name: str, values: "Sequence[StrOrBytes]") -> "Array[c_char_p]":
    """Return a NULL-terminated array of strings. Array types are never freed, so that few sizes are used."""
    if isinstance(values, (str, bytes, dict)):
        raise TypeError(f"{name} must be a sequence of str or bytes, not {type(values).__name__}")
    # Converts all at once, which is faster than c_string for each; c_string names the one that is wrong.
    strings: list[Any] = [value.encode(_ENCODING, _ERRORS) if type(value) is str else value for value in values]
    if not {bytes}.issuperset(map(type, strings)) or b"\0".join(strings).count(0) >= max(len(strings), 1):
        strings = [c_string(f"{name}[{i}]", value) for i, value in enumerate(values)]
    size = len(strings).bit_length()
    kind = _arrays.get(size)
    if kind is None:
        kind = _arrays[size] = c_char_p * (1 << size)
    return kind(*strings)


def _maps(sys: SysProcAttr) -> "list[tuple[str, bytes]]":
    """Return the id maps as (file name, content), in the order in which the kernel accepts them."""
    maps = []
    if sys.gid_mappings:
        maps.append(("setgroups", b"allow" if sys.gid_mappings_enable_setgroups else b"deny"))
        maps.append(("gid_map", _lines("gid_mappings", sys.gid_mappings)))
    if sys.uid_mappings:
        maps.append(("uid_map", _lines("uid_mappings", sys.uid_mappings)))
    return maps


def _lines(name: str, mappings: "Sequence[SysProcIDMap]") -> bytes:
    lines = []
    for i, each in enumerate(mappings):
        ids = (("container_id", each.container_id), ("host_id", each.host_id), ("size", each.size))
        numbers = [u32(f"{name}[{i}].{field}", value) for field, value in ids]
        lines.append("{} {} {}\n".format(*numbers))
    return "".join(lines).encode()
