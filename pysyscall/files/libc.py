"""The C library's functions of this subject, as their man pages declare them: see `base.declaration`."""

from ..base.declaration import GivenOff64, Int, Loff, Off64, Pointer, Size, SSize, String, UInt, prototype, unconverted

# fcntl.h


# open and openat are variadic in C. On every Linux ABI a variadic call passes an int as any other call does.
@unconverted
def open(pathname: String, flags: Int, mode: UInt, /) -> Int: ...


@unconverted
def openat(dirfd: Int, pathname: String, flags: Int, mode: UInt, /) -> Int: ...


@prototype
def fallocate(fd: Int, mode: Int, offset: Off64, len: Off64, /) -> Int: ...


@prototype
def sync_file_range(fd: Int, offset: Loff, nbytes: Loff, flags: UInt, /) -> Int: ...


# unistd.h


@prototype
def faccessat(dirfd: Int, pathname: String, mode: Int, flags: Int, /) -> Int: ...


@prototype
def fchown(fd: Int, owner: UInt, group: UInt, /) -> Int: ...


@prototype
def fchownat(dirfd: Int, pathname: String, owner: UInt, group: UInt, flags: Int, /) -> Int: ...


@prototype
def link(oldpath: String, newpath: String, /) -> Int: ...


@prototype
def symlink(target: String, linkpath: String, /) -> Int: ...


@prototype
def unlinkat(dirfd: Int, pathname: String, flags: Int, /) -> Int: ...


@prototype
def readlink(pathname: String, buf: Pointer, bufsiz: Size, /) -> SSize: ...


@prototype
def chdir(path: String, /) -> Int: ...


@prototype
def fchdir(fd: Int, /) -> Int: ...


@prototype
def sync() -> None: ...


@prototype
def fsync(fd: Int, /) -> Int: ...


@prototype
def fdatasync(fd: Int, /) -> Int: ...


@prototype
def ftruncate(fd: Int, length: Off64, /) -> Int: ...


@prototype
def truncate(path: String, length: Off64, /) -> Int: ...


@unconverted
def lseek(fd: Int, offset: GivenOff64, whence: Int, /) -> Off64: ...


# stdio.h


@prototype
def renameat(olddirfd: Int, oldpath: String, newdirfd: Int, newpath: String, /) -> Int: ...


# sys/stat.h


@prototype
def fchmod(fd: Int, mode: UInt, /) -> Int: ...


@prototype
def fchmodat(dirfd: Int, pathname: String, mode: UInt, flags: Int, /) -> Int: ...


@prototype
def mkdirat(dirfd: Int, pathname: String, mode: UInt, /) -> Int: ...


# sys/xattr.h


@prototype
def getxattr(path: String, name: String, value: Pointer, size: Size, /) -> SSize: ...


@prototype
def listxattr(path: String, list: Pointer, size: Size, /) -> SSize: ...


@prototype
def setxattr(path: String, name: String, value: Pointer, size: Size, flags: Int, /) -> Int: ...


@prototype
def removexattr(path: String, name: String, /) -> Int: ...


# sys/file.h


@prototype
def flock(fd: Int, operation: Int, /) -> Int: ...


# sys/inotify.h


@prototype
def inotify_init1(flags: Int, /) -> Int: ...


@prototype
def inotify_add_watch(fd: Int, pathname: String, mask: UInt, /) -> Int: ...


@prototype
def inotify_rm_watch(fd: Int, wd: Int, /) -> Int: ...
