"""fork_lock: keeps other threads from starting programs while a descriptor is not yet close-on-exec."""

from _thread import RLock, allocate_lock, get_ident
from os import getpid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any


class RWMutex:
    """A lock that one thread holds for writing, or many for reading: Go sync.RWMutex.

    `with lock:` holds it for writing, `with lock.r_locker():` for reading. New readers wait behind a waiting writer. A
    thread that holds the lock may lock it again, also in a signal handler; Go's lock would deadlock.
    """

    __slots__ = ("_gate", "_pid", "_readers", "_waiting")

    def __init__(self) -> None:
        # A writer holds the gate, and readers pass through it. Signal handlers may run between any two steps. They do
        # no harm: the gate is reentrant, and each change of the list is one call.
        self._gate: Any = RLock()
        self._readers: list[int] = []  # the ids of their threads
        self._waiting: Any = None  # the lock on which a writer waits for readers
        self._pid = getpid()

    def lock(self) -> None:
        """Lock it for writing: wait until no other thread holds it. Go RWMutex.Lock."""
        self._gate_here().acquire()
        try:
            self._wait_for_readers()
        except BaseException:
            self._gate.release()
            raise

    def unlock(self) -> None:
        """Release it for writing. RuntimeError: this thread does not hold it. Go RWMutex.Unlock."""
        self._gate.release()

    def try_lock(self) -> bool:
        """Lock it for writing if no other thread holds it; return whether it did. Go RWMutex.TryLock."""
        if not self._gate_here().acquire(blocking=False):
            return False
        if self._others():
            self._gate.release()
            return False
        return True

    def r_lock(self) -> None:
        """Lock it for reading: wait until no other thread holds it for writing. Go RWMutex.RLock."""
        with self._gate_here():
            self._readers.append(get_ident())

    def r_unlock(self) -> None:
        """Release it for reading. RuntimeError: no thread holds it for reading. Go RWMutex.RUnlock."""
        self._gate_here()
        reader = get_ident()
        try:
            if reader in self._readers:
                self._readers.remove(reader)
            else:
                self._readers.pop()  # another thread's, which Go allows
        except IndexError:
            raise RuntimeError("r_unlock of a lock that nobody holds for reading") from None
        _wake(self._waiting)

    def try_r_lock(self) -> bool:
        """Lock it for reading if no other thread holds it for writing; return whether it did. Go RWMutex.TryRLock."""
        if not self._gate_here().acquire(timeout=0.01):  # long enough for a reader that passes through
            return False
        self._readers.append(get_ident())
        self._gate.release()
        return True

    def r_locker(self) -> "ReadLocker":
        """Return a locker whose lock and unlock are r_lock and r_unlock. Go RWMutex.RLocker."""
        return ReadLocker(self)

    def __enter__(self) -> "RWMutex":
        self.lock()
        return self

    def __exit__(
        self, kind: "type[BaseException] | None", error: "BaseException | None", traceback: "TracebackType | None"
    ) -> None:
        self.unlock()

    def _gate_here(self) -> "Any":
        """Return the gate; in a forked child, first drop what the parent's other threads held.

        os.register_at_fork is not used for this: it would slow down every fork of every program.
        """
        if self._pid != getpid():
            if self._gate.acquire(blocking=False):
                self._gate.release()
            else:
                self._gate = RLock()
            me = get_ident()
            self._readers = [reader for reader in self._readers if reader == me]
            self._waiting = None
            self._pid = getpid()
        return self._gate

    def _others(self) -> bool:
        """Whether other threads hold it for reading."""
        me = get_ident()
        return any(reader != me for reader in self._readers)

    def _wait_for_readers(self) -> None:
        """Wait, with the gate held, until no other thread holds it for reading."""
        interrupted = self._waiting  # set if a signal handler of this thread runs while it waits here
        while self._others():
            waiting = allocate_lock()
            waiting.acquire()
            self._waiting = waiting
            if self._others():
                waiting.acquire()  # until r_unlock
        self._waiting = interrupted
        _wake(interrupted)


def _wake(waiting: "Any") -> None:
    if waiting is not None:
        try:  # noqa: SIM105  # contextlib takes longer to import than this package
            waiting.release()
        except RuntimeError:
            pass  # another reader has woken it


class ReadLocker:
    """An RWMutex seen as a lock for reading: Go sync.Locker."""

    __slots__ = ("_mutex",)

    def __init__(self, mutex: RWMutex) -> None:
        self._mutex = mutex

    def lock(self) -> None:
        """Lock the RWMutex for reading."""
        self._mutex.r_lock()

    def unlock(self) -> None:
        """Release the RWMutex for reading."""
        self._mutex.r_unlock()

    def __enter__(self) -> "ReadLocker":
        self._mutex.r_lock()
        return self

    def __exit__(
        self, kind: "type[BaseException] | None", error: "BaseException | None", traceback: "TracebackType | None"
    ) -> None:
        self._mutex.r_unlock()


fork_lock: RWMutex = RWMutex()
"""Held for writing by fork_exec while it creates a child. Go ForkLock.

Hold it for reading while you create a descriptor and set close-on-exec afterwards, where O_CLOEXEC, SOCK_CLOEXEC and so
on cannot be used. `subprocess`, which closes all descriptors in its children, and os.fork do not take this lock. In a
forked child it is free, except for what the forking thread held.
"""
