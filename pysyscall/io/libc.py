"""The C library's functions of this subject, as their man pages declare them: see `base.declaration`."""

from ..base.declaration import Int, Off64, Off64Pointer, Pointer, Size, SSize, UInt, ULong, prototype, unconverted

# unistd.h, fcntl.h


@unconverted
def read(fd: Int, buf: Pointer, count: Size, /) -> SSize: ...


@unconverted
def write(fd: Int, buf: Pointer, count: Size, /) -> SSize: ...


@prototype
def pread(fd: Int, buf: Pointer, count: Size, offset: Off64, /) -> SSize: ...


@prototype
def pwrite(fd: Int, buf: Pointer, count: Size, offset: Off64, /) -> SSize: ...


@unconverted
def close(fd: Int, /) -> Int: ...


@prototype
def dup(oldfd: Int, /) -> Int: ...


@prototype
def dup3(oldfd: Int, newfd: Int, flags: Int, /) -> Int: ...


@prototype
def dup2(oldfd: Int, newfd: Int, /) -> Int: ...


@prototype
def pipe2(pipefd: Pointer, flags: Int, /) -> Int: ...


# On every ABI of Linux a variadic call passes an int as any other call does.
@prototype
def fcntl(fd: Int, op: Int, arg: Int, /) -> Int: ...


@prototype
def splice(fd_in: Int, off_in: Pointer, fd_out: Int, off_out: Pointer, size: Size, flags: UInt, /) -> SSize: ...


@prototype
def tee(fd_in: Int, fd_out: Int, size: Size, flags: UInt, /) -> SSize: ...


# sys/sendfile.h, sys/ioctl.h


@prototype
def sendfile(out_fd: Int, in_fd: Int, offset: Off64Pointer, count: Size, /) -> SSize: ...


@prototype
def ioctl(fd: Int, op: ULong, arg: Pointer, /) -> Int: ...


# sys/epoll.h, sys/select.h


@prototype
def epoll_create1(flags: Int, /) -> Int: ...


@unconverted
def epoll_ctl(epfd: Int, op: Int, fd: Int, event: Pointer, /) -> Int: ...


@prototype
def poll(fds: Pointer, nfds: ULong, timeout: Int, /) -> Int: ...


@unconverted
def epoll_wait(epfd: Int, events: Pointer, maxevents: Int, timeout: Int, /) -> Int: ...


@prototype
def select(nfds: Int, readfds: Pointer, writefds: Pointer, exceptfds: Pointer, timeout: Pointer, /) -> Int: ...
