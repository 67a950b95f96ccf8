"""Conn and RawConn: how an object lends out its descriptor."""

from _collections_abc import Callable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol
else:
    Protocol = object


class RawConn(Protocol):
    """A connection's descriptor, lent to a function while it is sure to stay open. Go RawConn."""

    def control(self, f: "Callable[[int], None]") -> None:
        """Call f with the descriptor."""
        raise NotImplementedError

    def read(self, f: "Callable[[int], bool]") -> None:
        """Call f with the descriptor each time it is readable, until f says True: done."""
        raise NotImplementedError

    def write(self, f: "Callable[[int], bool]") -> None:
        """Call f with the descriptor each time it is writable, until f says True: done."""
        raise NotImplementedError


class Conn(Protocol):
    """Whatever has a descriptor to lend. Go Conn."""

    def syscall_conn(self) -> RawConn:
        """The descriptor, to be lent."""
        raise NotImplementedError
