"""run: a program in namespaces of its own: its users, processes, mounts, host name, and a network with nothing in it.

Stands on fork_exec with id maps, mount, pivot_root, sethostname and exec. No root is needed. This process becomes the
parent of a new one, which is process 1 of its namespace: it makes its root, and becomes the program.
"""

import argparse
import os
import sys
from shutil import which
from signal import SIGKILL

import pysyscall as syscall

# What is called where this program's own files may be hidden already.
from pysyscall import chdir, environ, exec, mkdir, mount, pivot_root, sethostname, unmount

from .shared.arguments import program_parser
from .shared.failures import failure
from .shared.program import run

_NAMESPACES = (
    syscall.CLONE_NEWUSER
    | syscall.CLONE_NEWPID
    | syscall.CLONE_NEWNS
    | syscall.CLONE_NEWUTS
    | syscall.CLONE_NEWIPC
    | syscall.CLONE_NEWNET
)
_PLACE = "/proc"  # where the program sees a proc of its own in the end


def start(arguments: argparse.Namespace) -> int:
    """Start this program once more, in the namespaces; its process number."""
    inside = ["-m", "examples.run", "--inside", "--root", arguments.root, "--hostname", arguments.hostname, "--"]
    attributes = syscall.ProcAttr(
        env=environ(),
        files=(0, 1, 2),
        sys=syscall.SysProcAttr(
            cloneflags=_NAMESPACES,
            uid_mappings=[syscall.SysProcIDMap(0, os.getuid(), 1)],
            gid_mappings=[syscall.SysProcIDMap(0, os.getgid(), 1)],
            pdeathsig=SIGKILL,
        ),
    )
    return syscall.fork_exec(sys.executable, [sys.executable, *inside, *arguments.command], attributes)


def make_root(root: str) -> None:
    """Take a directory, with all that is mounted below it, for the root, and mount a proc of the new processes."""
    mount(None, "/", None, syscall.MS_REC | syscall.MS_PRIVATE)  # nothing of this shows outside
    if root == "/":
        mount("root", _PLACE, "tmpfs", 0)
        root = f"{_PLACE}/root"
        mkdir(root, 0o755)
        mount("/", root, None, syscall.MS_BIND | syscall.MS_REC)
    else:
        mount(root, root, None, syscall.MS_BIND | syscall.MS_REC)
    chdir(root)
    pivot_root(".", ".")  # the old root lies on top of the new one
    unmount(".", syscall.MNT_DETACH)
    chdir("/")
    mount("proc", "/proc", "proc", syscall.MS_NOSUID | syscall.MS_NODEV | syscall.MS_NOEXEC)


def become(arguments: argparse.Namespace) -> None:
    """The new process's part."""
    sethostname(os.fsencode(arguments.hostname))
    make_root(arguments.root)
    program = which(arguments.command[0])
    if program is None:
        sys.exit(f"{arguments.command[0]}: no such program")
    exec(program, arguments.command, environ())


def ended(pid: int) -> int:
    """Wait for a process; its exit status, or 128 and the signal that ended it."""
    _, status, _ = syscall.wait4(pid)
    return 128 + status.signal() if status.signaled() else status.exit_status()


def main(argv: list[str] | None = None) -> int:
    parser = program_parser("run", "Run a program in namespaces of its own.")
    parser.add_argument("--root", default="/", metavar="DIR", help="its root directory (%(default)s)")
    parser.add_argument("--hostname", default="container", metavar="NAME", help="its host's name (%(default)s)")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("command", nargs="+", metavar="COMMAND", help="the program and its arguments, behind --")
    arguments = parser.parse_args(argv)
    try:
        if arguments.inside:
            become(arguments)
        return ended(start(arguments))
    except OSError as error:
        sys.exit(failure(error))


if __name__ == "__main__":
    run(main)
