"""The C library's functions of this subject, as their man pages declare them: see `base.declaration`."""

from .declaration import Int, Pointer, Size, unconverted

# sys/mman.h


@unconverted
def mprotect(addr: Pointer, len: Size, prot: Int, /) -> Int: ...
