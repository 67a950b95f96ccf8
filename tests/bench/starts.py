"""Programs started and waited for: what that takes of the CPU, the parent and the child together."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from functools import partial

from . import native
from .contest import Contest, Floor, Sample
from .processes import ROOT, WORK_CPU, sample_of, started

# Each contender is an interpreter of its own, which has imported nothing else: what fork copies, it copies of that.
CODE = """
import os, sys
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from time import perf_counter
sys.path.insert(0, {root!r})
ballast = bytearray({size} << 20)
ballast[::4096] = b"." * len(ballast[::4096])
program, environment = {program!r}, dict(os.environ)
{prepare}
def used():
    both = getrusage(RUSAGE_SELF), getrusage(RUSAGE_CHILDREN)
    return sum(each.ru_utime + each.ru_stime for each in both)
start()
cpu, wall = used(), perf_counter()
for _ in range({count}):
    start()
cpu, wall = used() - cpu, perf_counter() - wall
print('{{"operations": %d, "wall": %r, "cpu": %r}}' % ({count}, wall, cpu))
"""

POPEN = """
from subprocess import Popen
def start():
    if Popen([program], env=environment{more}).wait():
        raise SystemExit("it has failed")
"""

FORK_EXEC = """
import pysyscall as syscall
environment = [name + "=" + value for name, value in environment.items()]
def start():
    sys = syscall.SysProcAttr({more})
    pid = syscall.fork_exec(program, [program], syscall.ProcAttr(env=environment, files=[0, 1, 2], sys=sys))
    if syscall.wait4(pid)[1]:
        raise SystemExit("it has failed")
"""

# What the two do for another user's program, here for the same user's, so that root is not needed.
USER = ", user=os.getuid()"
CREDENTIAL = "credential=syscall.Credential(os.getuid(), os.getgid(), no_set_groups=True)"
NAMESPACE = "cloneflags=syscall.CLONE_NEWUSER"


def contests(quick: bool) -> Iterator[Contest]:
    yield contest("a small process", 0, 5 if quick else 200, 1 if quick else 5)
    size = 1 if quick else 1024
    yield contest(f"a process of {size} MiB more", size, 3 if quick else 10, 1 if quick else 2)


def contest(parent: str, size: int, count: int, turns: int) -> Contest:
    made = Contest(f"a program started and waited for, by {parent}", "starts", ("cpu", "rate"), "CPython: Popen")
    made.turns = turns
    made.contenders = {
        "CPython: Popen": partial(fresh, POPEN, "", size, count),
        "pysyscall: fork_exec": partial(fresh, FORK_EXEC, "", size, count),
        "CPython: Popen(user=...)": partial(fresh, POPEN, USER, size, count),
        "pysyscall: fork_exec, with a credential": partial(fresh, FORK_EXEC, CREDENTIAL, size, count),
        "pysyscall: fork_exec, in a namespace": partial(fresh, FORK_EXEC, NAMESPACE, size, count),
    }
    made.floors = (
        Floor("pysyscall: fork_exec", "CPython: Popen", "cpu", 1.2, least=False),
        Floor("pysyscall: fork_exec, with a credential", "CPython: Popen(user=...)", "cpu", 1.7, least=False),
        Floor("pysyscall: fork_exec, in a namespace", "CPython: Popen(user=...)", "cpu", 1.7, least=False),
    )
    return made


def fresh(prepare: str, more: str, size: int, count: int) -> Sample:
    program = native.c("nothing", static=True)
    code = CODE.format(root=str(ROOT), size=size, count=count, program=program, prepare=prepare.format(more=more))
    with started([sys.executable, "-I", "-c", code], WORK_CPU, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as p:
        return sample_of(p)
