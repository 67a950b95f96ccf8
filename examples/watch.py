"""watch: report changes to the files in a directory and in all directories below it.

Uses inotify_init1, inotify_add_watch, poll and read. A watch covers one directory: a new directory gets a watch of its
own, and the files that are in it by then are reported. If events were lost, the program reads the tree again and
reports the differences.
"""

import os
import sys
from contextlib import suppress

import pysyscall as syscall

from .ls import names
from .shared.arguments import program_parser
from .shared.failures import failure
from .shared.printable import printable
from .shared.program import run
from .shared.stopping import stop_signals
from .shared.waiting import readable_before_stop

_EVENTS = (
    syscall.IN_CREATE
    | syscall.IN_DELETE
    | syscall.IN_MOVED_FROM
    | syscall.IN_MOVED_TO
    | syscall.IN_CLOSE_WRITE
    | syscall.IN_ATTRIB
)
_GONE = syscall.IN_DELETE | syscall.IN_MOVED_FROM
_COME = syscall.IN_CREATE | syscall.IN_MOVED_TO


class Tree:
    """A directory tree: its watches, and the paths known to exist."""

    def __init__(self, fd: int, root: str) -> None:
        self.fd = fd
        self.root = root
        self.directories: dict[int, str] = {}  # by watch descriptor
        self.known: dict[str, bool] = {}  # by path: whether it is a directory
        self.begin()

    def begin(self) -> None:
        """Watch the directories that exist now."""
        self.watch(self.root)
        self.look(self.root, told=False)

    def watch(self, directory: str) -> None:
        wd = syscall.inotify_add_watch(self.fd, directory, _EVENTS | syscall.IN_ONLYDIR)
        self.directories[wd] = directory

    def look(self, directory: str, told: bool) -> None:
        """Find, and report if told, the files in a watched directory."""
        for name in names(directory):
            self.come(f"{directory}/{name}", told)

    def come(self, path: str, told: bool = True) -> None:
        """Report a path that exists, if it is new; watch it if it is a directory."""
        with suppress(FileNotFoundError, NotADirectoryError):  # it is gone already, and an event will tell
            try:
                self.take(path, told)
            except PermissionError as error:  # the directory may be closed to this user
                print(f"{path}: {failure(error)}", file=sys.stderr, flush=True)

    def take(self, path: str, told: bool) -> None:
        is_directory = syscall.lstat(path).mode & syscall.S_IFMT == syscall.S_IFDIR
        if path not in self.known:
            self.known[path] = is_directory
            try:
                if is_directory:
                    self.watch(path)
            finally:  # after the watch is set: no event in a reported directory is missed
                if told:
                    tell("created", path)
            if is_directory:
                self.look(path, told)

    def gone(self, path: str) -> None:
        """Forget a path that is gone, and all below it."""
        if self.known.pop(path, False):
            for wd in [wd for wd, each in self.directories.items() if f"{each}/".startswith(f"{path}/")]:
                del self.directories[wd]
                with suppress(OSError):  # the watch of a deleted directory is gone as well
                    syscall.inotify_rm_watch(self.fd, wd)
            for below in [each for each in self.known if each.startswith(f"{path}/")]:
                del self.known[below]
        tell("deleted", path)

    def look_again(self) -> None:
        """Report what has changed without an event."""
        before, self.known = self.known, {}
        self.directories.clear()
        self.begin()
        for path in sorted(before.keys() - self.known.keys()):
            tell("deleted", path)
        for path in sorted(self.known.keys() - before.keys()):
            tell("created", path)

    def happened(self, event: syscall.NamedInotifyEvent) -> bool:
        """Report an event; return False if the root itself is gone."""
        if event.overflow:
            print("events were lost: looking at everything again", file=sys.stderr, flush=True)
            self.look_again()
        elif event.mask & syscall.IN_IGNORED:
            return self.directories.pop(event.wd, "") != self.root
        elif event.wd in self.directories and event.name:
            path = f"{self.directories[event.wd]}/{event.name}"
            if event.mask & _COME:
                self.come(path)
            elif event.mask & _GONE:
                self.gone(path)
            else:
                tell("changed", path)
        return True


def tell(what: str, path: str) -> None:
    print(what, printable(path), flush=True)


def serve(tree: Tree, stop: int) -> None:
    buffer = bytearray(65536)
    while readable_before_stop(tree.fd, stop):
        n = syscall.read(tree.fd, buffer)
        for event in syscall.parse_inotify_events(memoryview(buffer)[:n]):
            if not tree.happened(event):
                print("the directory has gone", file=sys.stderr, flush=True)
                return


def main(argv: list[str] | None = None) -> int:
    parser = program_parser("watch", "Tell what happens to the files of a directory and of all below it.")
    parser.add_argument("path", nargs="?", default=".", metavar="PATH", help="the directory (the working one)")
    arguments = parser.parse_args(argv)
    with stop_signals() as stop:
        try:
            fd = syscall.inotify_init1(syscall.IN_CLOEXEC)
            try:
                tree = Tree(fd, os.path.normpath(arguments.path))
                print(f"watching {arguments.path}...", file=sys.stderr, flush=True)
                serve(tree, stop)
            finally:
                syscall.close(fd)
        except OSError as error:
            sys.exit(failure(error))
    return 0


if __name__ == "__main__":
    run(main)
