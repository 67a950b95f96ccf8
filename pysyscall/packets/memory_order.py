"""In which order the kernel and this process see what the other writes to the memory of a ring.

Each slot or block of a ring has a status word that says whose it is. Whoever gives it away must have finished with the
rest before the other sees the word, and whoever gets it must read the rest after the word. x86 keeps that order by
itself. Weaker machines (ARM, POWER, RISC-V, LoongArch, MIPS) need an instruction for it that Python does not have.

What is relied on instead, and only here:

- A foreign function that ctypes loads by CDLL is called between PyEval_SaveThread and PyEval_RestoreThread. With a GIL
  these release a lock and take it again. Without one (a free-threaded build) they store the thread's state and swap it
  back, both as sequentially consistent atomics. Either way a release comes before an acquire of the same memory, which
  keeps every load and store before the call in front of those after it; only a store may still be seen after a later
  load, and no ring asks for that. No compiler moves memory accesses over the call either. A PyDLL would promise none of
  this.
- A system call runs in the thread that makes it, so that the kernel finds in it what the thread has written.
- A store that is made only if a load has found a certain value is never seen before that load.

PacketRing needs the first, by `fence`: after it has seen that a block is its own, and before it gives one back.
TransmitRing needs no fence: the kernel looks at its slots only within sendto(2), and a slot that the kernel has done
with is written to only after its status was found to say so.
"""

from ..processes import libc


def fence() -> None:
    """Keep the loads and stores before this call in front of those after it."""
    libc.getpid()
