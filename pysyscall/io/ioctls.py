"""ioctl: requests to devices and sockets that have no system call of their own."""

from ctypes import Array, Structure, byref, c_ulong, c_void_p, memmove, sizeof

from ..base.arguments import descriptor, integer
from ..base.buffers import WriteableBuffer, in_place
from ..base.errors import kept, retry
from ..base.scratch import VALUE_SIZE, Scratch, give, take
from . import libc

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# No memory is mapped below this address by default, so that the kernel cannot write to a smaller number.
_LOWEST_ADDRESS = 1 << 16
# The bytes that a request without a size in its number (SIOCGIFINDEX, TCGETS) may access, whatever the size of arg.
_UNSAID = 1024


def ioctl(fd: int, request: int, arg: "int | WriteableBuffer" = 0) -> int:
    """ioctl(2): make a request to a device or a socket, such as SIOCGIFINDEX; return its result, usually 0.

    arg is a structure or a buffer that the request reads or fills, at most 16384 bytes, or a number below 65536. A
    buffer that is too short for the request gets the first bytes of the result. EFAULT: a count inside the buffer, as
    in FS_IOC_FIEMAP, exceeds it. ENOTTY: fd does not support the request. Pointers inside a structure are the caller's
    responsibility. Go has no ioctl; its programs use Syscall(SYS_IOCTL, ...).
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
            # The export is made before the length is read: no other thread can resize arg in between.
            given = arg if type(arg) is bytearray else memoryview(arg)
            start = in_place(given)
            size = len(given) if type(given) is bytearray else given.nbytes
        if size > VALUE_SIZE:
            raise ValueError(f"arg must be at most {VALUE_SIZE} bytes, not {size}")
        # The kernel writes as much as the request says (in bits 16 to 29, if they are set), whatever the size of arg.
        room = max(size, request >> 16 & 0x3FFF or _UNSAID)
        place = byref(slot.header, slot.size - room)
        slot.memory[slot.size - room : slot.size] = bytes(given).ljust(room, b"\0")
        before = kept.value
        while (result := libc.ioctl(fd, op, place)) == -1:  # type: ignore[arg-type]
            retry("ioctl", before)
        memmove(start, place, size)
        return result
    finally:
        given = start = None  # so that no traceback keeps arg exported
        give(slot)
