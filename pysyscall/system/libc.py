"""The C library's functions of this subject, as their man pages declare them: see `base.declaration`."""

from ..base.declaration import Long, ULong, prototype

# unistd.h


# Variadic too: each argument is a register's worth.
@prototype
def syscall(number: Long, a1: ULong, a2: ULong, a3: ULong, a4: ULong, a5: ULong, a6: ULong, /) -> Long: ...
