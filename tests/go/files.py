"""What the oracle is asked about files, times and the machine, and our answers."""

import os
from collections.abc import Callable
from random import Random
from typing import Any, Final

import pysyscall as syscall

# Files of every type, and paths that lead nowhere.
PATHS: Final = (
    "/",
    "/dev/null",
    "/dev/tty",
    "/etc/passwd",
    "/usr/bin",
    "/bin",
    "/sys",
    "/no/such",
    "/etc/passwd/x",
    "",
    "x" * 300,
    "a\0b",
)


def parse_dirent_question(random: Random) -> dict[str, Any]:
    def record() -> bytes:
        name = random.choice([b".", b"..", random.randbytes(random.randrange(1, 30)), b"name"]).replace(b"/", b"-")
        raw = random.randbytes(16) + bytes(2) + random.randbytes(1) + name + b"\0"
        raw += bytes(-len(raw) % 8)
        length = random.choice([len(raw)] * 20 + [0, 17, 18, 19, 24, len(raw) + 8, 2**16 - 1])
        return raw[:16] + length.to_bytes(2, "little") + raw[18:]

    raw = b"".join(record() for _ in range(random.randrange(8)))
    raw = random.choice([raw, raw, raw, raw[: random.randrange(len(raw) + 1)]])
    return {"raw": raw.hex(), "max": random.choice([-1, -1, 0, 1, 3])}


def is_cut_short(q: dict[str, Any]) -> bool:
    """Whether the search comes to a record that is shorter than its own head."""
    raw, start, left = bytes.fromhex(q["raw"]), 0, q["max"]
    while left and len(raw) - start >= 18:
        length = int.from_bytes(raw[start + 16 : start + 18], "little")
        if length > len(raw) - start:
            return False
        if length < 19:
            return True
        left -= raw[start + 19 : start + length].split(b"\0")[0] not in (b".", b"..")
        start += length
    return False


def stat_question(random: Random) -> dict[str, Any]:
    return {"path": random.choice(PATHS).encode().hex(), "call": random.choice(["stat", "lstat", "fstat"])}


def statfs_question(random: Random) -> dict[str, Any]:
    return {"path": random.choice(PATHS).encode().hex()}


def faccessat_question(random: Random) -> dict[str, Any]:
    flags = random.choice([0, syscall.AT_EACCESS, syscall.AT_SYMLINK_NOFOLLOW, syscall.AT_EACCESS | 0x100, 1])
    return {"path": random.choice(PATHS).encode().hex(), "mode": random.randrange(9), "flags": flags}


def c_string_question(random: Random) -> dict[str, Any]:
    return {"text": bytes(random.choice(b"\0abc\xff") for _ in range(random.randrange(6))).hex()}


def parse_dirent(q: dict[str, Any]) -> Any:
    consumed, count, names = syscall.parse_dirent(bytes.fromhex(q["raw"]), q["max"])
    return [consumed, count, [os.fsencode(name).hex() for name in names]]


def stat(q: dict[str, Any]) -> Any:
    path = bytes.fromhex(q["path"])
    if q["call"] == "fstat":
        fd = syscall.open(path, syscall.O_RDONLY | syscall.O_NONBLOCK)
        try:
            st = syscall.fstat(fd)
        finally:
            syscall.close(fd)
    else:
        st = getattr(syscall, q["call"])(path)
    names = ("dev", "ino", "nlink", "mode", "uid", "gid", "rdev", "size", "blksize", "blocks")
    times = {name: [getattr(st, name).sec, getattr(st, name).nsec] for name in ("mtim", "ctim")}
    return {name: getattr(st, name) for name in names} | times


def statfs(q: dict[str, Any]) -> Any:
    st = syscall.statfs(bytes.fromhex(q["path"]))
    names = ("type", "bsize", "blocks", "namelen", "frsize", "flags")
    return {name: getattr(st, name) for name in names} | {"fsid": list(st.fsid.val)}


def faccessat(q: dict[str, Any]) -> Any:
    syscall.faccessat(syscall.AT_FDCWD, bytes.fromhex(q["path"]), q["mode"], q["flags"])
    return "yes"


def c_string(q: dict[str, Any]) -> Any:
    return syscall.byte_slice_from_string(bytes.fromhex(q["text"])).hex()


# The calls with input that cannot be, by the names that the oracle has for them.
REFUSALS: Final[dict[str, Callable[[], object]]] = {
    "open none": lambda: syscall.open("/no/such", syscall.O_RDONLY, 0),
    "open directory": lambda: syscall.open("/", syscall.O_WRONLY, 0),
    "open nul": lambda: syscall.open("a\0b", syscall.O_RDONLY, 0),
    "openat no fd": lambda: syscall.openat(-1, "x", syscall.O_RDONLY, 0),
    "access mode": lambda: syscall.access("/", 8),
    "faccessat flags": lambda: syscall.faccessat(-100, "/", 0, 1),
    "fchmodat flags": lambda: syscall.fchmodat(-100, "/dev/null", 0o666, 1),
    "truncate negative": lambda: syscall.truncate("/no/such", -1),
    "ftruncate no fd": lambda: syscall.ftruncate(-1, 0),
    "fallocate length": lambda: syscall.fallocate(0, 0, 0, -1),
    "seek no fd": lambda: syscall.seek(-1, 0, 0),
    "seek whence": lambda: syscall.seek(0, 0, 99),
    "readlink file": lambda: syscall.readlink("/", bytearray(9)),
    "readlink empty": lambda: syscall.readlink("/proc/self/exe", bytearray()),
    "link none": lambda: syscall.link("/no/such", "/no/other"),
    "rename none": lambda: syscall.rename("/no/such", "/no/other"),
    "rmdir file": lambda: syscall.rmdir("/dev/null"),
    "unlink none": lambda: syscall.unlink("/no/such"),
    "mkdir exists": lambda: syscall.mkdir("/", 0o700),
    "chdir file": lambda: syscall.chdir("/dev/null"),
    "fchdir no fd": lambda: syscall.fchdir(-1),
    "getcwd short": lambda: syscall.getcwd(bytearray(1)),
    "getdents no fd": lambda: syscall.getdents(-1, bytearray(99)),
    "getxattr name": lambda: syscall.getxattr("/", "nonsense", None),
    "flock how": lambda: syscall.flock(0, 0),
    "inotify flags": lambda: syscall.inotify_init1(1),
    "inotify watch": lambda: syscall.inotify_add_watch(0, "/", 0),
    "inotify rm": lambda: syscall.inotify_rm_watch(0, 1),
    "stat none": lambda: syscall.stat("/no/such"),
    "fstat no fd": lambda: syscall.fstat(-1),
    "statfs none": lambda: syscall.statfs("/no/such"),
    "ustat none": lambda: syscall.ustat(0),
    "utimes one": lambda: syscall.utimes("/", [syscall.Timeval()]),
    "utimes microsecond": lambda: syscall.utimes("/dev/null", [syscall.Timeval(), syscall.Timeval(0, 1_000_000)]),
    "utimes none": lambda: syscall.utimes("/no/such", [syscall.Timeval(), syscall.Timeval()]),
    "nanosleep negative": lambda: syscall.nanosleep(syscall.Timespec(-1)),
    "settimeofday": lambda: syscall.settimeofday(syscall.Timeval(0, 2_000_000)),
    "mmap length": lambda: syscall.mmap(-1, 0, 0, 3, 0x22),
    "mmap offset": lambda: syscall.mmap(-1, 1, 4096, 3, 0x22),
    "mmap no fd": lambda: syscall.mmap(-1, 0, 4096, 3, 1),
    "mlockall flags": lambda: syscall.mlockall(0),
    "unmount none": lambda: syscall.unmount("/no/such", 0),
    "mount type": lambda: syscall.mount("x", "/no/such", "tmpfs", 0, ""),
    "chroot none": lambda: syscall.chroot("/no/such"),
    "reboot command": lambda: syscall.reboot(12345),
    "klogctl type": lambda: syscall.klogctl(999, None),
    "setenv empty": lambda: syscall.setenv("", "x"),
    "setenv equals": lambda: syscall.setenv("a=b", "x"),
    "setenv nul": lambda: syscall.setenv("a", "\0"),
    "string nul": lambda: syscall.byte_slice_from_string("\0"),
}


def refusal(q: dict[str, Any]) -> Any:
    REFUSALS[q["call"]]()
    return "done"
