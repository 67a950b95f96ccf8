"""User and group ids of this process.

The functions that set ids set them in all threads of the process, as in Go: libc does so. Only setfsuid and setfsgid
affect the calling thread alone, as in Go.
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
    """getuid(2): return the real user id. Go Getuid."""
    return libc.getuid()


def geteuid() -> int:
    """geteuid(2): return the effective user id, which permission checks use. Go Geteuid."""
    return libc.geteuid()


def getgid() -> int:
    """getgid(2): return the real group id. Go Getgid."""
    return libc.getgid()


def getegid() -> int:
    """getegid(2): return the effective group id. Go Getegid."""
    return libc.getegid()


def setuid(uid: int) -> None:
    """setuid(2): set the effective user id; with CAP_SETUID also the real and the saved one. Go Setuid."""
    check("setuid", kept.value, libc.setuid(identity("uid", uid)))


def setgid(gid: int) -> None:
    """setgid(2): set the effective group id; with CAP_SETGID also the real and the saved one. Go Setgid."""
    check("setgid", kept.value, libc.setgid(identity("gid", gid)))


def seteuid(euid: int) -> None:
    """setresuid(2): set the effective user id only. Go Seteuid."""
    check("seteuid", kept.value, libc.setresuid(_UNCHANGED, identity("euid", euid), _UNCHANGED))


def setegid(egid: int) -> None:
    """setresgid(2): set the effective group id only. Go Setegid."""
    check("setegid", kept.value, libc.setresgid(_UNCHANGED, identity("egid", egid), _UNCHANGED))


def setreuid(ruid: int, euid: int) -> None:
    """setreuid(2): set the real and the effective user id; -1 leaves one unchanged. Go Setreuid."""
    check("setreuid", kept.value, libc.setreuid(identity("ruid", ruid), identity("euid", euid)))


def setregid(rgid: int, egid: int) -> None:
    """setregid(2): set the real and the effective group id; -1 leaves one unchanged. Go Setregid."""
    check("setregid", kept.value, libc.setregid(identity("rgid", rgid), identity("egid", egid)))


def setresuid(ruid: int, euid: int, suid: int) -> None:
    """setresuid(2): set the real, the effective and the saved user id; -1 leaves one unchanged. Go Setresuid."""
    ruid, euid, suid = identity("ruid", ruid), identity("euid", euid), identity("suid", suid)
    check("setresuid", kept.value, libc.setresuid(ruid, euid, suid))


def setresgid(rgid: int, egid: int, sgid: int) -> None:
    """setresgid(2): set the real, the effective and the saved group id; -1 leaves one unchanged. Go Setresgid."""
    rgid, egid, sgid = identity("rgid", rgid), identity("egid", egid), identity("sgid", sgid)
    check("setresgid", kept.value, libc.setresgid(rgid, egid, sgid))


def setfsuid(uid: int) -> int:
    """setfsuid(2): set the calling thread's user id for file access and return the previous one. Go Setfsuid.

    -1 changes nothing. The kernel and Go report no failure; here a second call checks the result. PermissionError: the
    id was not set.
    """
    return _set_for_files("setfsuid", libc.setfsuid, identity("uid", uid))


def setfsgid(gid: int) -> int:
    """setfsgid(2): set the calling thread's group id for file access and return the previous one. Go Setfsgid.

    -1 changes nothing. PermissionError: the id was not set, see setfsuid.
    """
    return _set_for_files("setfsgid", libc.setfsgid, identity("gid", gid))


def _set_for_files(call: str, function: "Callable[[int], int]", wanted: int) -> int:
    previous = function(wanted) & 0xFFFF_FFFF
    if wanted != _UNCHANGED and function(_UNCHANGED) & 0xFFFF_FFFF != wanted:
        raise system_error(call, EPERM)
    return previous


def getgroups() -> "list[int]":
    """getgroups(2): return the supplementary group ids. Go Getgroups."""
    before = kept.value
    while True:
        n = check("getgroups", kept.value, libc.getgroups(0, None))
        groups = bytearray(4 * n)
        if n == 0:
            return []
        n = libc.getgroups(n, in_place(groups))
        if n != -1:
            return memoryview(groups).cast("I").tolist()[:n]
        if (errno := take_errno(before)) != EINVAL:  # EINVAL: another thread has added groups meanwhile
            raise system_error("getgroups", errno)


def setgroups(gids: "Sequence[int]") -> None:
    """setgroups(2): replace the supplementary group ids. Go Setgroups.

    PermissionError: needs CAP_SETGID, or the user namespace denies setgroups. EINVAL: more than 65,536 ids.
    """
    numbers = [u32("gid", gid) for gid in gids]
    check("setgroups", kept.value, libc.setgroups(len(numbers), pack(f"={len(numbers)}I", *numbers)))
