"""Errno: an error number with its name and text, as Go's Errno. AddrinfoError: what has a number of its own."""

from os import strerror

from ..base.abi import ABI, constants, section
from ..constants import (
    EAGAIN,
    EINTR,
    EMFILE,
    ENFILE,
    ENOSYS,
    ENOTEMPTY,
    EOPNOTSUPP,
    ETIMEDOUT,
)
from ..constants.common import TABLE
from .texts import ERRORS, OTHER_ERRORS

# The kinds that Go's oserror and errors packages name, as far as Python raises another exception for the number.
_GOS: "dict[object, tuple[int, ...]]" = {
    FileExistsError: (ENOTEMPTY,),
    NotImplementedError: (ENOSYS, EOPNOTSUPP),
}

_names: "dict[int, str]" = {}
_others = OTHER_ERRORS.get(ABI, {})


class Errno(int):
    """An error number: `Errno(error.errno)` of an OSError. Go Errno."""

    __slots__ = ()

    def __new__(cls, number: int) -> "Errno":
        return int.__new__(cls, number)

    @property
    def name(self) -> str:
        """The constant's name, such as "EAGAIN", or "" where this ABI has none of that value."""
        if not _names:
            # The first of several names is the common one: EAGAIN, not EWOULDBLOCK.
            named = constants(section(TABLE, "errno.h")).items()
            _names.update({value: name for name, value in reversed(named)})
        return _names.get(self, "")

    def error(self) -> str:
        """Go's text: "connection refused". Go Errno.Error."""
        name = self.name
        return _others.get(name) or ERRORS.get(name, f"errno {int(self)}")

    @property
    def text(self) -> str:
        """strerror(3): libc's own text, such as "Connection refused"; musl has none for 36 of the numbers."""
        return strerror(self)

    def is_(self, target: object) -> bool:
        """Whether this is the number target, or of the kind that an exception class stands for. Go Errno.Is.

        That is the class of the OSError that Python raises for this number, and its bases: BlockingIOError (EAGAIN,
        EINPROGRESS and so on), ConnectionError, PermissionError, OSError itself. As in Go, ENOTEMPTY is a
        FileExistsError too, and ENOSYS and EOPNOTSUPP are NotImplementedError (Go's ErrUnsupported).
        """
        if not isinstance(target, type):
            return self == target
        if self in _GOS.get(target, ()):
            return True
        return self != 0 and issubclass(target, OSError) and isinstance(OSError(int(self), ""), target)

    def temporary(self) -> bool:
        """Whether trying again may help. Go Errno.Temporary."""
        return self in (EINTR, EMFILE, ENFILE) or self.timeout()

    def timeout(self) -> bool:
        """Whether time was over, or a non-blocking call would have blocked. Go Errno.Timeout."""
        return self in (EAGAIN, ETIMEDOUT)

    def __repr__(self) -> str:
        return f"Errno({self.name or int(self)})"


class AddrinfoError(OSError):
    """What getaddrinfo says of a name: errno is its EAI_ code, such as EAI_NONAME. Go net.DNSError."""

    def __init__(self, errno: int, text: str) -> None:
        super().__init__(errno, text)
