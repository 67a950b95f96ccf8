"""Errno: an error number with its name and text, as Go's Errno. AddrinfoError: an error of getaddrinfo."""

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

# The kinds of Go's packages oserror and errors, for numbers that Python maps to another exception.
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
        """The constant's name, such as "EAGAIN", or "" if this ABI has no error of this number."""
        if not _names:
            # The first of several names is the common one: EAGAIN, not EWOULDBLOCK.
            named = constants(section(TABLE, "errno.h")).items()
            _names.update({value: name for name, value in reversed(named)})
        return _names.get(self, "")

    def error(self) -> str:
        """Return Go's text, such as "connection refused". Go Errno.Error."""
        name = self.name
        return _others.get(name) or ERRORS.get(name, f"errno {int(self)}")

    @property
    def text(self) -> str:
        """strerror(3): libc's own text, such as "Connection refused"; musl has none for 36 of the numbers."""
        return strerror(self)

    def is_(self, target: object) -> bool:
        """Whether target is this number, or an exception class that stands for it. Go Errno.Is.

        Such classes are the OSError subclass that Python raises for this number, such as BlockingIOError for EAGAIN,
        and its base classes. As in Go, FileExistsError also stands for ENOTEMPTY, and NotImplementedError (Go's
        ErrUnsupported) for ENOSYS and EOPNOTSUPP.
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
        """Whether a timeout expired, or a non-blocking call would have blocked. Go Errno.Timeout."""
        return self in (EAGAIN, ETIMEDOUT)

    def __repr__(self) -> str:
        return f"Errno({self.name or int(self)})"


class AddrinfoError(OSError):
    """An error of getaddrinfo(3): errno is its EAI_ code, such as EAI_NONAME. Go net.DNSError."""

    def __init__(self, errno: int, text: str) -> None:
        super().__init__(errno, text)
