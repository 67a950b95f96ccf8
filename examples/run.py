"""run: run a program in new user, PID, mount, UTS and network namespaces; the network is empty.

Uses fork_exec with id maps, mount, pivot_root, sethostname and exec. It needs no root privileges. This process starts a
new one, which is process 1 of its PID namespace: it sets up its root directory, and executes the program.
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
    """Start this program again in the new namespaces and return its pid."""
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
    """Make a directory, with all mounts below it, the root, and mount a proc file system for the new PID namespace."""
    mount(None, "/", None, syscall.MS_REC | syscall.MS_PRIVATE)  # these mounts are not visible outside
    if root == "/":
        mount("root", _PLACE, "tmpfs", 0)
        root = f"{_PLACE}/root"
        mkdir(root, 0o755)
        mount("/", root, None, syscall.MS_BIND | syscall.MS_REC)
    else:
        mount(root, root, None, syscall.MS_BIND | syscall.MS_REC)
    chdir(root)
    pivot_root(".", ".")  # the old root is stacked on the new one
    unmount(".", syscall.MNT_DETACH)
    chdir("/")
    mount("proc", "/proc", "proc", syscall.MS_NOSUID | syscall.MS_NODEV | syscall.MS_NOEXEC)


def become(arguments: argparse.Namespace) -> None:
    """Set up the new process and execute the program."""
    sethostname(os.fsencode(arguments.hostname))
    make_root(arguments.root)
    program = which(arguments.command[0])
    if program is None:
        sys.exit(f"{arguments.command[0]}: no such program")
    exec(program, arguments.command, environ())


def ended(pid: int) -> int:
    """Wait for a process and return its exit status, or 128 plus the signal that killed it."""
    _, status, _ = syscall.wait4(pid)
    return 128 + status.signal() if status.signaled() else status.exit_status()


def main(argv: list[str] | None = None) -> int:
    parser = program_parser("run", "Run a program in namespaces of its own.")
    parser.add_argument("--root", default="/", metavar="DIR", help="its root directory (%(default)s)")
    parser.add_argument("--hostname", default="container", metavar="NAME", help="its host's name (%(default)s)")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("command", nargs="+", metavar="COMMAND", help="the program and its arguments, after --")
    arguments = parser.parse_args(argv)
    try:
        if arguments.inside:
            become(arguments)
        return ended(start(arguments))
    except OSError as error:
        sys.exit(failure(error))


if __name__ == "__main__":
    run(main)
