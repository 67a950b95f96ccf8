"""Errno: an error number with its name and text, as Go's Errno."""

from os import strerror

from ..constants import _errnos
from ..constants._errnos import (
    EACCES,
    EAGAIN,
    EEXIST,
    EINTR,
    EMFILE,
    ENFILE,
    ENOENT,
    ENOSYS,
    ENOTEMPTY,
    EOPNOTSUPP,
    EPERM,
    ETIMEDOUT,
)
from .texts import ERRORS

# The kinds of error that Go's oserror and errors packages name, by the exception that Python has for each.
_KINDS: "dict[object, tuple[int, ...]]" = {
    PermissionError: (EACCES, EPERM),
    FileExistsError: (EEXIST, ENOTEMPTY),
    FileNotFoundError: (ENOENT,),
    NotImplementedError: (ENOSYS, EOPNOTSUPP),
}


class Errno(int):
    """An error number: `Errno(error.errno)` of an OSError. Go Errno."""

    __slots__ = ()

    @property
    def name(self) -> str:
        """The constant's name, such as "EAGAIN", or "" where this ABI has none of that value."""
        # The first of several names is the common one: EAGAIN, not EWOULDBLOCK.
        return next((name for name, value in vars(_errnos).items() if name[0] == "E" and value == self), "")

    def error(self) -> str:
        """Go's text: "connection refused". Go Errno.Error."""
        return ERRORS.get(self.name, f"errno {int(self)}")

    @property
    def text(self) -> str:
        """strerror(3): libc's own text, such as "Connection refused"."""
        return strerror(self)

    def is_(self, target: object) -> bool:
        """Whether this is the number target, or of the kind that an exception class stands for. Go Errno.Is.

        PermissionError: EACCES, EPERM. FileExistsError: EEXIST, ENOTEMPTY. FileNotFoundError: ENOENT.
        NotImplementedError (Go's ErrUnsupported): ENOSYS, EOPNOTSUPP.
        """
        return self == target or (isinstance(target, type) and self in _KINDS.get(target, ()))

    def temporary(self) -> bool:
        """Whether trying again may help. Go Errno.Temporary."""
        return self in (EINTR, EMFILE, ENFILE) or self.timeout()

    def timeout(self) -> bool:
        """Whether time was over, or a non-blocking call would have blocked. Go Errno.Timeout."""
        return self in (EAGAIN, ETIMEDOUT)

    def __repr__(self) -> str:
        return f"Errno({self.name or int(self)})"
