"""The C library's functions of this subject, as their man pages declare them: see `base.declaration`."""

from ..base.declaration import Int, prototype, unconverted

# sched.h


@prototype
def unshare(flags: Int, /) -> Int: ...


@prototype
def setns(fd: Int, nstype: Int, /) -> Int: ...


# unistd.h


@unconverted
def getpid() -> Int: ...
