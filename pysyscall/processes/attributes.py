"""ProcAttr and its parts: the attributes of a new process."""

from _collections_abc import Sequence
from ctypes import c_int

from ..base.arguments import StrOrBytes, StrOrBytesPath


class _Attributes:
    """Equality and repr from the fields in __slots__."""

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

    groups: the supplementary groups, which replace the parent's. no_set_groups: keep the parent's.
    """

    __slots__ = ("gid", "groups", "no_set_groups", "uid")

    def __init__(self, uid: int = 0, gid: int = 0, groups: "Sequence[int]" = (), no_set_groups: bool = False) -> None:
        self.uid = uid
        self.gid = gid
        self.groups = groups
        self.no_set_groups = no_set_groups


class SysProcIDMap(_Attributes):
    """Map `size` ids of a user namespace, from container_id on, to ids outside, from host_id on. Go SysProcIDMap."""

    __slots__ = ("container_id", "host_id", "size")

    def __init__(self, container_id: int = 0, host_id: int = 0, size: int = 0) -> None:
        self.container_id = container_id
        self.host_id = host_id
        self.size = size


class SysProcAttr(_Attributes):
    """Attributes of a new process that only Linux has. Go SysProcAttr.

    chroot: its root directory. credential: its user and groups; None leaves them unchanged.
    setsid: create a session. setpgid: join process group pgid, or create one if pgid is 0.
    setctty: make the child's descriptor ctty its controlling terminal; needs setsid. noctty: detach descriptor 0 as the
    controlling terminal. foreground: as setpgid, and make its process group the foreground process group of the
    terminal that is the parent's descriptor ctty.
    pdeathsig: the signal sent to it when the thread that started it ends, even if the process goes on.
    ptrace: it is traced by the thread that started it, and stops with SIGTRAP at its first instruction.
    cloneflags: new namespaces to start in (CLONE_NEWUSER, CLONE_NEWPID, ...), CLONE_IO, CLONE_UNTRACED.
    unshareflags: what the child unshares; with CLONE_NEWNS all its mounts become private.
    uid_mappings, gid_mappings: the id maps of the CLONE_NEWUSER namespace. Without privileges each has one entry, and
    setgroups is denied. gid_mappings_enable_setgroups: allow setgroups.
    ambient_caps: capabilities, such as CAP_NET_RAW, that it keeps although it is not root.
    use_cgroup_fd: start it in the cgroup whose directory is open as cgroup_fd.
    pid_fd: a c_int that gets a close-on-exec pidfd of the process; -1 if the kernel has none.
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
    """Attributes of a new process. Go ProcAttr.

    dir: its working directory; if empty, the parent's.
    env: its environment, each entry "key=value"; empty by default, as in Go.
    files: files[i] becomes its descriptor i; -1 closes descriptor i. Those of 0 to 2 that files does not reach are
    closed. All others that are not close-on-exec are inherited.
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
