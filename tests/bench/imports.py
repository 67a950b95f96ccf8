"""What an import costs: fresh interpreters, one after the other."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from mmap import PAGESIZE

from .contest import Contest, Floor, Sample
from .processes import ROOT, WORK_CPU, sample_of, started

CODE = """
import sys
from time import perf_counter, process_time
sys.path.insert(0, {root!r})
def resident():
    with open("/proc/self/statm") as f:
        return int(f.read().split()[1]) * {page} / 2**20
resident()
memory, wall, cpu = resident(), perf_counter(), process_time()
{statement}
cpu, wall = process_time() - cpu, perf_counter() - wall
print('{{"operations": 1, "wall": %r, "cpu": %r, "memory": %r}}' % (wall, cpu, resident() - memory))
"""

# All of these are loaded with the package; PacketRing and what it stands on are loaded when it is asked for.
UDP = "from pysyscall import AF_INET, SOCK_DGRAM, SockaddrInet4, bind, close, recvfrom, sendto, socket"
RING = "from pysyscall import PacketRing"


def contests(quick: bool) -> Iterator[Contest]:
    contest = Contest("import, in an interpreter of its own", "imports", ("cpu", "rate", "memory"), "CPython: socket")
    contest.turns = 1 if quick else 20
    contest.floors = (
        Floor("pysyscall: with a UDP server's calls", "CPython: socket", "cpu", 1, least=False),
        Floor("pysyscall: alone", None, "memory", 8, least=False),
    )
    contest.contenders = {
        "CPython: socket": partial(fresh, "import socket"),
        "CPython: ctypes": partial(fresh, "import ctypes"),
        "pysyscall: alone": partial(fresh, "import pysyscall"),
        "pysyscall: with a UDP server's calls": partial(fresh, UDP),
        "pysyscall: with a ring": partial(fresh, RING),
    }
    for statement in ("import socket", RING):
        fresh(statement)  # so that all are compiled
    yield contest


def fresh(statement: str) -> Sample:
    code = CODE.format(root=str(ROOT), page=PAGESIZE, statement=statement)
    command = [sys.executable, "-I", "-c", code]
    with started(command, WORK_CPU, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        return sample_of(process)
