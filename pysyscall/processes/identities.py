"""User and group ids: whose process this is, and what it may do.

What changes them changes them in all threads of the process, as in Go: libc sees to that. Only setfsuid and setfsgid
concern the calling thread alone, in Go too.
"""

from _collections_abc import Sequence
from struct import pack

from ..base.arguments import identity, u32
from ..base.buffers import in_place
from ..base.errors import check, kept, system_error, take_errno
from ..constants import EINVAL, EPERM
from . import libc

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_UNCHANGED = 0xFFFF_FFFF  # (uid_t) -1


def getuid() -> int:
    """getuid(2): the real user id. Go Getuid."""
    return libc.getuid()


def geteuid() -> int:
    """geteuid(2): the effective user id, which decides what this process may do. Go Geteuid."""
    return libc.geteuid()


def getgid() -> int:
    """getgid(2): the real group id. Go Getgid."""
    return libc.getgid()


def getegid() -> int:
    """getegid(2): the effective group id. Go Getegid."""
    return libc.getegid()


def setuid(uid: int) -> None:
    """setuid(2): set the effective user id; with CAP_SETUID the real and the saved one too. Go Setuid."""
    check("setuid", kept.value, libc.setuid(identity("uid", uid)))


def setgid(gid: int) -> None:
    """setgid(2): set the effective group id; with CAP_SETGID the real and the saved one too. Go Setgid."""
    check("setgid", kept.value, libc.setgid(identity("gid", gid)))


def seteuid(euid: int) -> None:
    """setresuid(2): set the effective user id and leave the other two. Go Seteuid."""
    check("seteuid", kept.value, libc.setresuid(_UNCHANGED, identity("euid", euid), _UNCHANGED))


def setegid(egid: int) -> None:
    """setresgid(2): set the effective group id and leave the other two. Go Setegid."""
    check("setegid", kept.value, libc.setresgid(_UNCHANGED, identity("egid", egid), _UNCHANGED))


def setreuid(ruid: int, euid: int) -> None:
    """setreuid(2): set the real and the effective user id; -1 leaves one as it is. Go Setreuid."""
    check("setreuid", kept.value, libc.setreuid(identity("ruid", ruid), identity("euid", euid)))


def setregid(rgid: int, egid: int) -> None:
    """setregid(2): set the real and the effective group id; -1 leaves one as it is. Go Setregid."""
    check("setregid", kept.value, libc.setregid(identity("rgid", rgid), identity("egid", egid)))


def setresuid(ruid: int, euid: int, suid: int) -> None:
    """setresuid(2): set the real, the effective and the saved user id; -1 leaves one as it is. Go Setresuid."""
    ruid, euid, suid = identity("ruid", ruid), identity("euid", euid), identity("suid", suid)
    check("setresuid", kept.value, libc.setresuid(ruid, euid, suid))


def setresgid(rgid: int, egid: int, sgid: int) -> None:
    """setresgid(2): set the real, the effective and the saved group id; -1 leaves one as it is. Go Setresgid."""
    rgid, egid, sgid = identity("rgid", rgid), identity("egid", egid), identity("sgid", sgid)
    check("setresgid", kept.value, libc.setresgid(rgid, egid, sgid))


def setfsuid(uid: int) -> int:
    """setfsuid(2): set the user id by which this thread opens files; the previous one. Go Setfsuid.

    -1 changes nothing. The kernel reports no failure, and Go returns none; here a second call looks, and what was
    refused raises PermissionError.
    """
    return _set_for_files("setfsuid", libc.setfsuid, identity("uid", uid))


def setfsgid(gid: int) -> int:
    """setfsgid(2): set the group id by which this thread opens files; the previous one. Go Setfsgid.

    -1 changes nothing. PermissionError as in setfsuid.
    """
    return _set_for_files("setfsgid", libc.setfsgid, identity("gid", gid))


def _set_for_files(call: str, function: "Callable[[int], int]", wanted: int) -> int:
    previous = function(wanted) & 0xFFFF_FFFF
    if wanted != _UNCHANGED and function(_UNCHANGED) & 0xFFFF_FFFF != wanted:
        raise system_error(call, EPERM)
    return previous


def getgroups() -> "list[int]":
    """getgroups(2): the supplementary group ids. Go Getgroups."""
    before = kept.value
    while True:
        n = check("getgroups", kept.value, libc.getgroups(0, None))
        groups = bytearray(4 * n)
        if n == 0:
            return []
        n = libc.getgroups(n, in_place(groups))
        if n != -1:
            return memoryview(groups).cast("I").tolist()[:n]
        if (errno := take_errno(before)) != EINVAL:  # which says that another thread has added some meanwhile
            raise system_error("getgroups", errno)


def setgroups(gids: "Sequence[int]") -> None:
    """setgroups(2): replace the supplementary group ids. Go Setgroups.

    PermissionError without CAP_SETGID, or in a user namespace that forbids it. EINVAL: more than NGROUPS_MAX.
    """
    check(
        "setgroups", kept.value, libc.setgroups(len(gids), pack(f"={len(gids)}I", *(u32("gid", gid) for gid in gids)))
    )
