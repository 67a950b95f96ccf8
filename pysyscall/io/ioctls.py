"""ioctl: the call for everything that has no call of its own."""

from ctypes import Array, Structure, byref, c_ulong, c_void_p, memmove, sizeof

from ..base.arguments import descriptor, integer
from ..base.buffers import WriteableBuffer, in_place
from ..base.errors import kept, retry
from ..base.scratch import VALUE_SIZE, Scratch, give, take
from . import libc

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# The kernel never maps memory below this, so a number under it cannot be taken for a place to write to.
_LOWEST_ADDRESS = 1 << 16
# What requests without a size in their number (SIOCGIFINDEX, TCGETS) may move, whatever room arg has.
_UNSAID = 1024


def ioctl(fd: int, request: int, arg: "int | WriteableBuffer" = 0) -> int:
    """ioctl(2): a request to a device or a socket, such as SIOCGIFINDEX; usually 0.

    arg is a structure or buffer that the request reads and fills, at most 16384 bytes of it, or a small number for the
    requests that take one. A buffer too short for its request is filled as far as it goes; one with a count inside
    (FS_IOC_FIEMAP) that promises more than there is raises OSError(EFAULT). ENOTTY: the descriptor knows no such
    request. Pointers inside a structure are the caller's responsibility. Go has no ioctl of its own:
    Syscall(SYS_IOCTL, ...).
    """
    if type(fd) is not int or type(request) is not int or (fd | request) >> 31:
        fd, request = descriptor("fd", fd), integer("request", request, 0, 2**32 - 1)
    op = request if request < 1 << 31 else c_ulong(request)
    if type(arg) is int or hasattr(arg, "__index__"):
        number = c_void_p(integer("arg", arg, 0, _LOWEST_ADDRESS - 1))
        before = kept.value
        while (result := libc.ioctl(fd, op, number)) == -1:  # type: ignore[arg-type]  # c_ulong is what op is in C
            retry("ioctl", before)
        return result
    given: Any
    start: Any
    try:
        slot = take()
    except IndexError:
        slot = Scratch()
    try:
        if isinstance(arg, (Structure, Array)):
            given, start, size = arg, byref(arg), sizeof(arg)
        else:
            # The export comes before the length, and both of the same view: no other thread can resize arg between.
            given = arg if type(arg) is bytearray else memoryview(arg)
            start = in_place(given)
            size = len(given) if type(given) is bytearray else given.nbytes
        if size > VALUE_SIZE:
            raise ValueError(f"arg must be at most {VALUE_SIZE} bytes, not {size}")
        # The kernel writes as much as the request says, not as much as arg has room for. Bits 16 to 29 tell, if any.
        room = max(size, request >> 16 & 0x3FFF or _UNSAID)
        place = byref(slot.header, slot.size - room)
        slot.memory[slot.size - room : slot.size] = bytes(given).ljust(room, b"\0")
        before = kept.value
        while (result := libc.ioctl(fd, op, place)) == -1:  # type: ignore[arg-type]
            retry("ioctl", before)
        memmove(start, place, size)
        return result
    finally:
        given = start = None  # no traceback is to keep arg locked
        give(slot)
