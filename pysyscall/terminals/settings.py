"""A terminal's settings and window size, read and set."""

from struct import Struct as Codec

from ..base.abi import ABI, ABIS_MIPS
from ..base.arguments import instance
from ..constants import CBAUD
from ..io.ioctls import ioctl
from .structs import Termios, Winsize

_IS_MIPS = ABI in ABIS_MIPS
_CC = 23 if _IS_MIPS else 19
# The kernel's struct termios has fewer control characters than libc's. Only on ppc64le it has speeds, and c_line after
# c_cc.
_kernel = Codec("=4I19sB2I" if ABI == "ppc64le" else f"=4IB{_CC}s")


def ioctl_get_termios(fd: int, request: int) -> Termios:
    """ioctl(2) TCGETS, TIOCGLCKTRMIOS: return a terminal's settings. Go unix.IoctlGetTermios. termios(3).

    The kernel's structure is converted to libc's. ENOTTY: fd is not a terminal.
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

    TCSETS takes effect at once, TCSETSW after all output has been sent; TCSETSF also discards unread input. The speed
    is taken from cflag. A background process gets SIGTTOU. ENOTTY: fd is not a terminal.
    """
    instance("value", Termios, value)
    flags, cc = (value.iflag, value.oflag, value.cflag, value.lflag), value.cc[:_CC]
    if ABI == "ppc64le":
        raw = _kernel.pack(*flags, cc, value.line, value.ispeed, value.ospeed)
    else:
        raw = _kernel.pack(*flags, value.line, cc)
    ioctl(fd, request, bytearray(raw))


def ioctl_get_winsize(fd: int, request: int) -> Winsize:
    """ioctl(2) TIOCGWINSZ: return a terminal's window size. Go unix.IoctlGetWinsize. ioctl_tty(2).

    ENOTTY: fd is not a terminal.
    """
    made = Winsize()
    ioctl(fd, request, made)
    return made


def ioctl_set_winsize(fd: int, request: int, value: Winsize) -> None:
    """ioctl(2) TIOCSWINSZ: set a terminal's window size. Go unix.IoctlSetWinsize. ioctl_tty(2).

    If the size changes, the foreground process group gets SIGWINCH. ENOTTY: fd is not a terminal.
    """
    instance("value", Winsize, value)
    ioctl(fd, request, value)
