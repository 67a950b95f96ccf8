"""The C library's functions of this subject, as their man pages declare them: see `base.declaration`."""

from ..base.declaration import Address, GivenOff64, GivenSize, Int, Pointer, Size, prototype, unconverted

# sys/mman.h


@unconverted
def mmap(addr: Pointer, length: GivenSize, prot: Int, flags: Int, fd: Int, offset: GivenOff64, /) -> Address: ...


@prototype
def munmap(addr: Address, length: Size, /) -> Int: ...


@prototype
def madvise(addr: Pointer, length: Size, advice: Int, /) -> Int: ...


@prototype
def mlock(addr: Pointer, length: Size, /) -> Int: ...


@prototype
def munlock(addr: Pointer, length: Size, /) -> Int: ...


@prototype
def mlockall(flags: Int, /) -> Int: ...


@prototype
def munlockall() -> Int: ...
