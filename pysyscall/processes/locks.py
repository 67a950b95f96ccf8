"""fork_lock: keeps what is half made from the programs that other threads start."""

from _thread import RLock, allocate_lock, get_ident
from os import getpid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any


class RWMutex:
    """A lock that one thread holds for writing, or many for reading: Go sync.RWMutex.

    `with lock:` holds it for writing, `with lock.r_locker():` for reading. A reader waits for a writer that waits. The
    thread that holds it may take it again, and so may a signal handler that interrupted it, where Go's would wait for
    ever.
    """

    __slots__ = ("_gate", "_pid", "_readers", "_waiting")

    def __init__(self) -> None:
        # A writer holds the gate, and readers pass through it. What they do is safe from signal handlers, which may run
        # between any two steps: the gate can be taken again, and each step on the list is one call.
        self._gate: Any = RLock()
        self._readers: list[int] = []  # their threads
        self._waiting: Any = None  # what a writer sleeps on until a reader goes
        self._pid = getpid()

    def lock(self) -> None:
        """Hold it for writing: wait until nobody else holds it."""
        self._gate_here().acquire()
        try:
            self._wait_for_readers()
        except BaseException:
            self._gate.release()
            raise

    def unlock(self) -> None:
        """Hold it no longer for writing. RuntimeError: this thread does not."""
        self._gate.release()

    def try_lock(self) -> bool:
        """lock, if nobody else holds it; whether it is held now."""
        if not self._gate_here().acquire(blocking=False):
            return False
        if self._others():
            self._gate.release()
            return False
        return True

    def r_lock(self) -> None:
        """Hold it for reading: wait until nobody else holds it for writing."""
        with self._gate_here():
            self._readers.append(get_ident())

    def r_unlock(self) -> None:
        """Hold it no longer for reading. RuntimeError: nobody does."""
        self._gate_here()
        reader = get_ident()
        try:
            if reader in self._readers:
                self._readers.remove(reader)
            else:
                self._readers.pop()  # another thread's, as Go allows
        except IndexError:
            raise RuntimeError("r_unlock of a lock that nobody holds for reading") from None
        _wake(self._waiting)

    def try_r_lock(self) -> bool:
        """r_lock, if nobody else holds it for writing; whether it is held now."""
        if not self._gate_here().acquire(timeout=0.01):  # long enough for a reader on its way
            return False
        self._readers.append(get_ident())
        self._gate.release()
        return True

    def r_locker(self) -> "ReadLocker":
        """The same lock, held for reading where it is locked."""
        return ReadLocker(self)

    def __enter__(self) -> "RWMutex":
        self.lock()
        return self

    def __exit__(
        self, kind: "type[BaseException] | None", error: "BaseException | None", traceback: "TracebackType | None"
    ) -> None:
        self.unlock()

    def _gate_here(self) -> "Any":
        """The gate; in a forked child without what other threads held, who are not there.

        That is seen to here, since what os.register_at_fork has is run by every fork of every program.
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
        interrupted = self._waiting  # of this thread, which waits in here and runs a signal handler meanwhile
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
    """An RWMutex as one that is locked for reading: Go sync.Locker."""

    __slots__ = ("_mutex",)

    def __init__(self, mutex: RWMutex) -> None:
        self._mutex = mutex

    def lock(self) -> None:
        """r_lock."""
        self._mutex.r_lock()

    def unlock(self) -> None:
        """r_unlock."""
        self._mutex.r_unlock()

    def __enter__(self) -> "ReadLocker":
        self._mutex.r_lock()
        return self

    def __exit__(
        self, kind: "type[BaseException] | None", error: "BaseException | None", traceback: "TracebackType | None"
    ) -> None:
        self._mutex.r_unlock()


fork_lock: RWMutex = RWMutex()
"""Held for writing by fork_exec while it makes a child. Go ForkLock.

Who makes a descriptor that programs inherit, and marks it afterwards, holds it for reading meanwhile: descriptors here
are inherited unless O_CLOEXEC, SOCK_CLOEXEC and so on say otherwise. It does not bind `subprocess`, which closes all
descriptors in its children, nor os.fork. A forked child has it free, but for what its own thread held.
"""
