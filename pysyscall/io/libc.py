"""The C library's functions of this subject, as their man pages declare them: see `base.declaration`."""

from ..base.declaration import GivenOff64, Int, Off64Pointer, Pointer, Size, SSize, UInt, ULong, unconverted

# unistd.h, fcntl.h


@unconverted
def read(fd: Int, buf: Pointer, count: Size, /) -> SSize: ...


@unconverted
def write(fd: Int, buf: Pointer, count: Size, /) -> SSize: ...


@unconverted
def pread(fd: Int, buf: Pointer, count: Size, offset: GivenOff64, /) -> SSize: ...


@unconverted
def pwrite(fd: Int, buf: Pointer, count: Size, offset: GivenOff64, /) -> SSize: ...


@unconverted
def close(fd: Int, /) -> Int: ...


@unconverted
def dup(oldfd: Int, /) -> Int: ...


@unconverted
def dup3(oldfd: Int, newfd: Int, flags: Int, /) -> Int: ...


@unconverted
def dup2(oldfd: Int, newfd: Int, /) -> Int: ...


@unconverted
def pipe2(pipefd: Pointer, flags: Int, /) -> Int: ...


# On every ABI of Linux a variadic call passes an int as any other call does.
@unconverted
def fcntl(fd: Int, op: Int, arg: Int, /) -> Int: ...


@unconverted
def splice(fd_in: Int, off_in: Pointer, fd_out: Int, off_out: Pointer, size: Size, flags: UInt, /) -> SSize: ...


@unconverted
def tee(fd_in: Int, fd_out: Int, size: Size, flags: UInt, /) -> SSize: ...


# sys/sendfile.h, sys/ioctl.h


@unconverted
def sendfile(out_fd: Int, in_fd: Int, offset: Off64Pointer, count: Size, /) -> SSize: ...


@unconverted
def ioctl(fd: Int, op: ULong, arg: Pointer, /) -> Int: ...


# sys/epoll.h, sys/select.h


@unconverted
def epoll_create1(flags: Int, /) -> Int: ...


@unconverted
def epoll_ctl(epfd: Int, op: Int, fd: Int, event: Pointer, /) -> Int: ...


@unconverted
def epoll_wait(epfd: Int, events: Pointer, maxevents: Int, timeout: Int, /) -> Int: ...


@unconverted
def select(nfds: Int, readfds: Pointer, writefds: Pointer, exceptfds: Pointer, timeout: Pointer, /) -> Int: ...


# poll.h


@unconverted
def poll(fds: Pointer, nfds: ULong, timeout: Int, /) -> Int: ...


@unconverted
def ppoll(fds: Pointer, nfds: ULong, tmo_p: Pointer, sigmask: Pointer, /) -> Int: ...
