"""System calls of this subject that libc does not wrap, or wraps with another layout: called by number, see
`base.declaration`.
"""

from ..base.declaration import Long, Pointer, Size, String, by_number, by_number_unconverted


@by_number
def mknodat(dirfd: Long, pathname: String, mode: Long, dev: Long, /) -> Long: ...


@by_number
def faccessat(dirfd: Long, pathname: String, mode: Long, /) -> Long: ...


@by_number
def faccessat2(dirfd: Long, pathname: String, mode: Long, flags: Long, /) -> Long: ...


@by_number
def fchmodat2(dirfd: Long, pathname: String, mode: Long, flags: Long, /) -> Long: ...


@by_number
def getcwd(buf: Pointer, size: Size, /) -> Long: ...


@by_number
def getdents64(fd: Long, dirp: Pointer, count: Size, /) -> Long: ...


@by_number
def ustat(dev: Long, ubuf: Pointer, /) -> Long: ...


# The calls with 64-bit fields have other names on 32-bit ABIs.


@by_number_unconverted
def newfstatat(dirfd: Long, pathname: String, statbuf: Pointer, flags: Long, /) -> Long: ...


@by_number_unconverted
def fstatat64(dirfd: Long, pathname: String, statbuf: Pointer, flags: Long, /) -> Long: ...


@by_number_unconverted
def fstat(fd: Long, statbuf: Pointer, /) -> Long: ...


@by_number_unconverted
def fstat64(fd: Long, statbuf: Pointer, /) -> Long: ...


@by_number
def statx(dirfd: Long, pathname: String, flags: Long, mask: Long, statxbuf: Pointer, /) -> Long: ...


@by_number
def statfs(path: String, buf: Pointer, /) -> Long: ...


@by_number
def statfs64(path: String, size: Size, buf: Pointer, /) -> Long: ...


@by_number
def fstatfs(fd: Long, buf: Pointer, /) -> Long: ...


@by_number
def fstatfs64(fd: Long, size: Size, buf: Pointer, /) -> Long: ...


@by_number
def fcntl(fd: Long, op: Long, arg: Pointer, /) -> Long: ...


@by_number
def fcntl64(fd: Long, op: Long, arg: Pointer, /) -> Long: ...
