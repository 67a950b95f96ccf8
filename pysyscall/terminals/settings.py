"""A terminal's settings and size, read and set."""

from struct import Struct as Codec

from ..base.abi import ABI, ABIS_MIPS
from ..base.arguments import instance
from ..constants import CBAUD
from ..io.ioctls import ioctl
from .structs import Termios, Winsize

_IS_MIPS = ABI in ABIS_MIPS
_CC = 23 if _IS_MIPS else 19
# The kernel's struct termios: fewer characters than libc's, and speeds on ppc64le alone, where the line comes later.
_kernel = Codec("=4I19sB2I" if ABI == "ppc64le" else f"=4IB{_CC}s")


def ioctl_get_termios(fd: int, request: int) -> Termios:
    """ioctl(2) TCGETS, TIOCGLCKTRMIOS: a terminal's settings. Go unix.IoctlGetTermios. termios(3).

    What the kernel fills in is translated to libc's structure. ENOTTY: fd is no terminal.
    """
    raw = bytearray(_kernel.size)
    ioctl(fd, request, raw)
    iflag, oflag, cflag, lflag, *rest = _kernel.unpack(raw)
    cc, line = rest[:2] if ABI == "ppc64le" else (rest[1], rest[0])
    made = Termios(iflag=iflag, oflag=oflag, cflag=cflag, lflag=lflag, line=line, cc=cc.ljust(32, b"\0"))
    if not _IS_MIPS:
        made.ispeed = made.ospeed = cflag & CBAUD
    return made


def ioctl_set_termios(fd: int, request: int, value: Termios) -> None:
    """ioctl(2) TCSETS, TCSETSW or TCSETSF: set a terminal's settings. Go unix.IoctlSetTermios. termios(3).

    Now, when all output has gone, or then and with what came in thrown away. The speed is the one in cflag. A process
    in the background is sent SIGTTOU. ENOTTY: fd is no terminal.
    """
    instance("value", Termios, value)
    flags, cc = (value.iflag, value.oflag, value.cflag, value.lflag), value.cc[:_CC]
    if ABI == "ppc64le":
        raw = _kernel.pack(*flags, cc, value.line, value.ispeed, value.ospeed)
    else:
        raw = _kernel.pack(*flags, value.line, cc)
    ioctl(fd, request, bytearray(raw))


def ioctl_get_winsize(fd: int, request: int) -> Winsize:
    """ioctl(2) TIOCGWINSZ: a terminal's size. ENOTTY: fd is no terminal. Go unix.IoctlGetWinsize. ioctl_tty(2)."""
    made = Winsize()
    ioctl(fd, request, made)
    return made


def ioctl_set_winsize(fd: int, request: int, value: Winsize) -> None:
    """ioctl(2) TIOCSWINSZ: set a terminal's size; SIGWINCH tells its foreground processes. Go unix.IoctlSetWinsize."""
    instance("value", Winsize, value)
    ioctl(fd, request, value)
