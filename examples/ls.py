"""ls: list directories like `ls -l`: type and permissions, links, owner, size, time, name.

Uses open, getdents, lstat, readlink and listxattr.
"""

import os
import sys
import time
from contextlib import suppress

import pysyscall as syscall

from .shared.arguments import program_parser
from .shared.failures import failure
from .shared.printable import printable
from .shared.program import run

_TYPES = {
    syscall.S_IFREG: "-",
    syscall.S_IFDIR: "d",
    syscall.S_IFLNK: "l",
    syscall.S_IFIFO: "p",
    syscall.S_IFSOCK: "s",
    syscall.S_IFCHR: "c",
    syscall.S_IFBLK: "b",
}


def names(path: str) -> list[str]:
    """Return the names in a directory, sorted by their bytes."""
    found: list[str] = []
    fd = syscall.open(path, syscall.O_RDONLY | syscall.O_DIRECTORY | syscall.O_CLOEXEC)
    try:
        buffer = bytearray(32768)
        while n := syscall.getdents(fd, buffer):
            _, _, found = syscall.parse_dirent(memoryview(buffer)[:n], -1, found)
    finally:
        syscall.close(fd)
    return sorted(found, key=os.fsencode)


def mode_text(mode: int) -> str:
    """Return the type and permissions as text, such as "drwxr-xr-x"."""
    text = [_TYPES.get(mode & syscall.S_IFMT, "?")]
    for shift, special, letter in ((6, syscall.S_ISUID, "s"), (3, syscall.S_ISGID, "s"), (0, syscall.S_ISVTX, "t")):
        bits = mode >> shift & 7
        execute = "x" if bits & 1 else "-"
        if mode & special:
            execute = letter if bits & 1 else letter.upper()
        text += ["r" if bits & 4 else "-", "w" if bits & 2 else "-", execute]
    return "".join(text)


def time_text(seconds: int) -> str:
    """A time in UTC; the seconds since 1970 where its year does not fit a calendar, which a file's need not."""
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(seconds))
    except (OverflowError, ValueError, OSError):
        return str(seconds)


def has_attributes(path: str) -> bool:
    """Whether a file has extended attributes, shown as a + after its permissions."""
    try:
        return syscall.listxattr(path, None) > 0
    except OSError:  # not supported here, or not permitted
        return False


def line(path: str, name: str) -> str:
    """Return the line about a file, with this name."""
    st = syscall.lstat(path)
    kind = st.mode & syscall.S_IFMT
    size = f"{os.major(st.rdev)}, {os.minor(st.rdev)}" if kind in (syscall.S_IFCHR, syscall.S_IFBLK) else str(st.size)
    moment = time_text(st.mtim.sec)
    more = " "
    if kind == syscall.S_IFLNK:
        target = bytearray(syscall.PATH_MAX)
        name += " -> " + os.fsdecode(bytes(target[: syscall.readlink(path, target)]))
    elif has_attributes(path):
        more = "+"
    return f"{mode_text(st.mode)}{more} {st.nlink:3} {st.uid:5} {st.gid:5} {size:>10} {moment} {printable(name)}"


def show(path: str, hidden: bool) -> None:
    """Print a file, or the files in a directory."""
    if syscall.lstat(path).mode & syscall.S_IFMT != syscall.S_IFDIR:
        print(line(path, path))
        return
    for name in names(path):
        if hidden or not name.startswith("."):
            with suppress(FileNotFoundError):  # it has been removed meanwhile
                print(line(f"{path}/{name}", name))


def main(argv: list[str] | None = None) -> int:
    parser = program_parser("ls", "List directories: type and permissions, links, owner, size, time (UTC), name.")
    parser.add_argument("paths", nargs="*", default=["."], metavar="PATH", help="what to list (the working directory)")
    parser.add_argument("--all", action="store_true", help="include names that begin with a dot")
    arguments = parser.parse_args(argv)
    status = 0
    for path in arguments.paths:
        if len(arguments.paths) > 1:
            print(f"{printable(path)}:")
        try:
            show(path, arguments.all)
        except OSError as error:
            sys.stdout.flush()
            print(f"{printable(path)}: {failure(error)}", file=sys.stderr)
            status = 1
    return status


if __name__ == "__main__":
    run(main)
