"""The C library's functions as their man pages declare them, and nothing else.

One declaration says all: mypy checks callers against the signature, ctypes is set up from it, and the tests hold it
against the headers of every ABI. No checks, no retries, no exceptions here: the modules above have done, or do, those.

    @prototype   converts every argument to its declared type.
    @unconverted does not, which saves some 80 ns an argument. Only for functions whose arguments are pointers and
    integers
                 that the caller has brought into the range of a C int, and whose result fits one; ctypes then passes
                 them as int, and every ABI widens that to a register. For the calls that move data.

Annotations must be evaluated here, and cheaply: `from __future__ import annotations` would keep them as strings. They
have two faces instead of `typing.Annotated`, as importing typing takes twice the time of importing ctypes.
"""

import ctypes
from ctypes import CDLL, c_void_p

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias, TypeVar

    from . import buffers

    Function = TypeVar("Function", bound=Callable[..., Any])

    Int: TypeAlias = int
    UInt: TypeAlias = int
    Long: TypeAlias = int
    ULong: TypeAlias = int
    Size: TypeAlias = int
    SSize: TypeAlias = int
    Off64: TypeAlias = int
    Socklen: TypeAlias = int
    String: TypeAlias = bytes | None
    Pointer: TypeAlias = buffers.Pointer
    Off64Pointer: TypeAlias = buffers.Pointer
    Address: TypeAlias = int | None
else:
    Int = ctypes.c_int
    UInt = ctypes.c_uint
    Long = ctypes.c_long
    ULong = ctypes.c_ulong
    Size = ctypes.c_size_t
    SSize = ctypes.c_ssize_t
    Off64 = ctypes.c_int64
    Socklen = ctypes.c_uint32
    String = ctypes.c_char_p
    Pointer = c_void_p
    Off64Pointer = ctypes.POINTER(ctypes.c_int64)
    Address = c_void_p

_libc = CDLL(None, use_errno=True)


def prototype(declaration: "Function") -> "Function":
    """The libc function of this name, its arguments and result converted as declared."""
    function = _function(declaration)
    types = list(declaration.__annotations__.values())
    function.restype = types.pop()
    function.argtypes = types
    return function  # type: ignore[no-any-return]


def unconverted(declaration: "Function") -> "Function":
    """The libc function of this name as ctypes finds it: see this module's docstring."""
    return _function(declaration)  # type: ignore[no-any-return]


def _function(declaration: "Any") -> "Any":
    """A foreign function, with the declaration beside it for the tests; a missing symbol says so when called."""
    name = declaration.__name__
    types = declaration.__annotations__.values()
    # A 32-bit glibc gives the plain name an off_t of 32 bits; musl has the plain name alone, with 64.
    has_off_t = Off64 is not Long and (Off64 in types or Off64Pointer in types)
    symbols = (name + "64", name) if has_off_t else (name,)
    for symbol in symbols:
        try:
            function: Any = _libc[symbol]
        except AttributeError:
            continue
        function.declaration = declaration
        return function

    def absent(*arguments: object) -> int:
        raise NotImplementedError(f"this C library has no {name}")

    return absent


# sys/socket.h


@prototype
def socket(domain: Int, type: Int, protocol: Int, /) -> Int: ...


@prototype
def socketpair(domain: Int, type: Int, protocol: Int, sv: Pointer, /) -> Int: ...


@prototype
def bind(sockfd: Int, addr: Pointer, addrlen: Socklen, /) -> Int: ...


@prototype
def listen(sockfd: Int, backlog: Int, /) -> Int: ...


@unconverted
def accept4(sockfd: Int, addr: Pointer, addrlen: Pointer, flags: Int, /) -> Int: ...


@prototype
def connect(sockfd: Int, addr: Pointer, addrlen: Socklen, /) -> Int: ...


@prototype
def shutdown(sockfd: Int, how: Int, /) -> Int: ...


@prototype
def getsockname(sockfd: Int, addr: Pointer, addrlen: Pointer, /) -> Int: ...


@prototype
def getpeername(sockfd: Int, addr: Pointer, addrlen: Pointer, /) -> Int: ...


@prototype
def getsockopt(sockfd: Int, level: Int, optname: Int, optval: Pointer, optlen: Pointer, /) -> Int: ...


@prototype
def setsockopt(sockfd: Int, level: Int, optname: Int, optval: Pointer, optlen: Socklen, /) -> Int: ...


@unconverted
def sendto(sockfd: Int, buf: Pointer, len: Size, flags: Int, dest_addr: Pointer, addrlen: Socklen, /) -> SSize: ...


@unconverted
def recvfrom(sockfd: Int, buf: Pointer, len: Size, flags: Int, src_addr: Pointer, addrlen: Pointer, /) -> SSize: ...


@unconverted
def sendmsg(sockfd: Int, msg: Pointer, flags: Int, /) -> SSize: ...


@unconverted
def recvmsg(sockfd: Int, msg: Pointer, flags: Int, /) -> SSize: ...


@unconverted
def sendmmsg(sockfd: Int, msgvec: Pointer, vlen: UInt, flags: Int, /) -> Int: ...


@unconverted
def recvmmsg(sockfd: Int, msgvec: Pointer, vlen: UInt, flags: Int, timeout: Pointer, /) -> Int: ...


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


# Variadic too: each argument is a register's worth.
@prototype
def syscall(number: Long, a1: ULong, a2: ULong, a3: ULong, a4: ULong, a5: ULong, a6: ULong, /) -> Long: ...


# sys/sendfile.h, sys/ioctl.h, sched.h


@prototype
def sendfile(out_fd: Int, in_fd: Int, offset: Off64Pointer, count: Size, /) -> SSize: ...


@prototype
def ioctl(fd: Int, op: ULong, arg: Pointer, /) -> Int: ...


@prototype
def unshare(flags: Int, /) -> Int: ...


# sys/epoll.h, sys/select.h


@prototype
def epoll_create1(flags: Int, /) -> Int: ...


@unconverted
def epoll_ctl(epfd: Int, op: Int, fd: Int, event: Pointer, /) -> Int: ...


@unconverted
def epoll_wait(epfd: Int, events: Pointer, maxevents: Int, timeout: Int, /) -> Int: ...


@prototype
def select(nfds: Int, readfds: Pointer, writefds: Pointer, exceptfds: Pointer, timeout: Pointer, /) -> Int: ...


@unconverted
def getpid() -> Int: ...


# netdb.h, net/if.h


@prototype
def getaddrinfo(node: String, service: String, hints: Pointer, res: Pointer, /) -> Int: ...


@prototype
def freeaddrinfo(res: Address, /) -> None: ...


@prototype
def gai_strerror(errcode: Int, /) -> String: ...


@prototype
def if_nametoindex(ifname: String, /) -> UInt: ...
