"""ProcAttr and what it is made of: how a new process is to begin."""

from _collections_abc import Sequence
from ctypes import c_int

from ..base.arguments import StrOrBytes, StrOrBytesPath


class _Attributes:
    """Fields that compare and show themselves."""

    __slots__: "tuple[str, ...]" = ()

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    __hash__ = None  # type: ignore[assignment]  # the fields can change

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__slots__)
        return f"{type(self).__name__}({fields})"


class Credential(_Attributes):
    """The user and the groups of a new process. Go Credential.

    groups: the supplementary ones, instead of the parent's; no_set_groups leaves the parent's.
    """

    __slots__ = ("gid", "groups", "no_set_groups", "uid")

    def __init__(self, uid: int = 0, gid: int = 0, groups: "Sequence[int]" = (), no_set_groups: bool = False) -> None:
        self.uid = uid
        self.gid = gid
        self.groups = groups
        self.no_set_groups = no_set_groups


class SysProcIDMap(_Attributes):
    """`size` ids in a user namespace, from container_id on, and the ids that they are outside. Go SysProcIDMap."""

    __slots__ = ("container_id", "host_id", "size")

    def __init__(self, container_id: int = 0, host_id: int = 0, size: int = 0) -> None:
        self.container_id = container_id
        self.host_id = host_id
        self.size = size


class SysProcAttr(_Attributes):
    """What Linux can give a new process. Go SysProcAttr.

    chroot: its root directory. credential: its user and groups; None leaves them.
    setsid: it leads a session. setpgid: it is in process group pgid, or 0 for one of its own.
    setctty: descriptor ctty of its own is its terminal, which needs setsid. noctty: it gives up descriptor 0 as its
    terminal. foreground: its process group, as setpgid, is the foreground one of descriptor ctty of the parent's.
    pdeathsig: the signal that it gets when the thread that starts it ends, not only the process.
    ptrace: it is traced by the thread that starts it, and stops with SIGTRAP at its first instruction.
    cloneflags: namespaces of its own from birth (CLONE_NEWUSER, CLONE_NEWPID, ...), CLONE_IO, CLONE_UNTRACED.
    unshareflags: what it unshares; with CLONE_NEWNS its mounts are private.
    uid_mappings, gid_mappings: the ids of its CLONE_NEWUSER; without privileges one of a kind, and setgroups is denied
    unless gid_mappings_enable_setgroups.
    ambient_caps: capabilities, such as CAP_NET_RAW, that it keeps although it is not root.
    use_cgroup_fd: it begins in the cgroup whose directory is open as cgroup_fd.
    pid_fd: gets a pidfd, close-on-exec, when the process has started; -1 where the kernel gives none.
    """

    __slots__ = (
        "ambient_caps",
        "cgroup_fd",
        "chroot",
        "cloneflags",
        "credential",
        "ctty",
        "foreground",
        "gid_mappings",
        "gid_mappings_enable_setgroups",
        "noctty",
        "pdeathsig",
        "pgid",
        "pid_fd",
        "ptrace",
        "setctty",
        "setpgid",
        "setsid",
        "uid_mappings",
        "unshareflags",
        "use_cgroup_fd",
    )

    def __init__(
        self,
        *,
        chroot: "StrOrBytesPath" = "",
        credential: "Credential | None" = None,
        ptrace: bool = False,
        setsid: bool = False,
        setpgid: bool = False,
        setctty: bool = False,
        noctty: bool = False,
        ctty: int = 0,
        foreground: bool = False,
        pgid: int = 0,
        pdeathsig: int = 0,
        cloneflags: int = 0,
        unshareflags: int = 0,
        uid_mappings: "Sequence[SysProcIDMap]" = (),
        gid_mappings: "Sequence[SysProcIDMap]" = (),
        gid_mappings_enable_setgroups: bool = False,
        ambient_caps: "Sequence[int]" = (),
        use_cgroup_fd: bool = False,
        cgroup_fd: int = 0,
        pid_fd: "c_int | None" = None,
    ) -> None:
        self.chroot = chroot
        self.credential = credential
        self.ptrace = ptrace
        self.setsid = setsid
        self.setpgid = setpgid
        self.setctty = setctty
        self.noctty = noctty
        self.ctty = ctty
        self.foreground = foreground
        self.pgid = pgid
        self.pdeathsig = pdeathsig
        self.cloneflags = cloneflags
        self.unshareflags = unshareflags
        self.uid_mappings = uid_mappings
        self.gid_mappings = gid_mappings
        self.gid_mappings_enable_setgroups = gid_mappings_enable_setgroups
        self.ambient_caps = ambient_caps
        self.use_cgroup_fd = use_cgroup_fd
        self.cgroup_fd = cgroup_fd
        self.pid_fd = pid_fd


class ProcAttr(_Attributes):
    """How a new process begins. Go ProcAttr.

    dir: its working directory, the parent's where it is empty.
    env: its environment, "key=value" each; empty where none is given, as in Go.
    files: files[i] becomes its descriptor i, and -1 closes that. 0 to 2 are closed where there are fewer; all others
    that are not close-on-exec are inherited.
    """

    __slots__ = ("dir", "env", "files", "sys")

    def __init__(
        self,
        dir: "StrOrBytesPath" = "",
        env: "Sequence[StrOrBytes]" = (),
        files: "Sequence[int]" = (),
        sys: "SysProcAttr | None" = None,
    ) -> None:
        self.dir = dir
        self.env = env
        self.files = files
        self.sys = sys
