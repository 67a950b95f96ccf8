"""Conn and RawConn: protocols by which an object gives access to its file descriptor."""

from _collections_abc import Callable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol
else:
    Protocol = object


class RawConn(Protocol):
    """Access to a connection's descriptor, which stays open while the function runs. Go RawConn."""

    def control(self, f: "Callable[[int], None]") -> None:
        """Call f with the descriptor."""
        raise NotImplementedError

    def read(self, f: "Callable[[int], bool]") -> None:
        """Call f with the descriptor each time it is readable, until f returns True."""
        raise NotImplementedError

    def write(self, f: "Callable[[int], bool]") -> None:
        """Call f with the descriptor each time it is writable, until f returns True."""
        raise NotImplementedError


class Conn(Protocol):
    """An object that gives access to its descriptor. Go Conn."""

    def syscall_conn(self) -> RawConn:
        """Return the access to the descriptor."""
        raise NotImplementedError
