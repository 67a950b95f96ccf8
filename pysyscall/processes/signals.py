"""Signal: a signal's number with its name and text, as Go's Signal."""

from ..base.abi import constants
from ..constants.other import TABLE
from ..system.texts import SIGNALS

# Aliases of other names.
_ALIASES = ("SIGCLD", "SIGIOT", "SIGPOLL")
_NAMES = {
    value: name
    for name, value in constants(TABLE, "SIG").items()
    if name[3:].isalnum() and name not in _ALIASES and not name.startswith("SIGEV")
}


class Signal(int):
    """A signal's number, such as `Signal(SIGTERM)`. Go Signal."""

    __slots__ = ()

    def __new__(cls, number: int) -> "Signal":
        return int.__new__(cls, number)

    @property
    def name(self) -> str:
        """The constant's name, such as "SIGTERM", or "" if this ABI has no signal of this number."""
        return _NAMES.get(self, "")

    @property
    def text(self) -> str:
        """strsignal(3): libc's own text, such as "Terminated"."""
        from signal import strsignal  # here, as it imports enum, which is slow, and text is rarely used

        return strsignal(self) or "" if self.name else ""

    def string(self) -> str:
        """Return Go's text, such as "terminated". Go Signal.String."""
        return SIGNALS.get(self.name, f"signal {int(self)}")

    def signal(self) -> None:
        """Do nothing: in Go this method marks the type as an os.Signal. Go Signal.Signal."""

    def __repr__(self) -> str:
        return f"Signal({self.name or int(self)})"
