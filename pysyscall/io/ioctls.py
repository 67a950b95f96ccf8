"""ioctl: the call for everything that has no call of its own."""

from ctypes import c_char, c_void_p, memmove

from ..base.arguments import i32, integer
from ..base.buffers import WriteableBuffer, writable
from ..base.errors import retry
from . import libc

# Most requests do not say how much the kernel writes, and none that moves a fixed structure exceeds this.
_ROOM = 1 << 14
_Scratch = c_char * _ROOM
# The kernel never maps memory below this, so a number under it cannot be taken for a place to write to.
_LOWEST_ADDRESS = 1 << 16


def ioctl(fd: int, request: int, arg: "int | WriteableBuffer" = 0) -> int:
    """ioctl(2): a request to a device or a socket, such as SIOCGIFINDEX; usually 0.

    arg is a structure or buffer that the request reads and fills, at most 16384 bytes of it, or a small number for the
    requests that take one. ENOTTY: the descriptor knows no such request. Pointers inside a structure are the caller's
    responsibility. Go has no ioctl of its own: Syscall(SYS_IOCTL, ...).
    """
    fd, request = i32("fd", fd), integer("request", request, 0, 2**32 - 1)
    if isinstance(arg, int):
        number = c_void_p(integer("arg", arg, 0, _LOWEST_ADDRESS - 1))
        while (result := libc.ioctl(fd, request, number)) == -1:
            retry("ioctl")
        return result
    # The kernel writes as much as the request says, not as much as arg has room for.
    scratch = _Scratch()
    if (size := writable(arg)[1]) > _ROOM:
        raise ValueError(f"arg must be at most {_ROOM} bytes, not {size}")
    given = memoryview(arg).tobytes()[:_ROOM]  # another thread may resize arg at any time
    memmove(scratch, given, len(given))
    while (result := libc.ioctl(fd, request, scratch)) == -1:
        retry("ioctl")
    pointer, room = writable(arg)
    memmove(pointer, scratch, min(len(given), room))  # type: ignore[arg-type]  # byref() is a pointer
    return result
