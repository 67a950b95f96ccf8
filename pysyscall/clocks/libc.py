"""The C library's functions of this subject, as their man pages declare them: see `base.declaration`."""

from ..base.declaration import Int, Pointer, String, prototype

# sys/time.h


@prototype
def gettimeofday(tv: Pointer, tz: Pointer, /) -> Int: ...


@prototype
def settimeofday(tv: Pointer, tz: Pointer, /) -> Int: ...


# time.h, sys/stat.h, sys/timex.h


@prototype
def nanosleep(duration: Pointer, rem: Pointer, /) -> Int: ...


@prototype
def utimensat(dirfd: Int, pathname: String, times: Pointer, flags: Int, /) -> Int: ...


@prototype
def futimens(fd: Int, times: Pointer, /) -> Int: ...


@prototype
def adjtimex(buf: Pointer, /) -> Int: ...
