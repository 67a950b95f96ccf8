"""<termios.h>, <sys/ioctl.h>: a terminal's settings and window size."""

from ..base.layout import U8, U16, U32, Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    U8x32: TypeAlias = bytes
else:
    U8x32 = U8 * 32


class Termios(Struct):
    """struct termios (c_): a terminal's settings, as libc lays them out. Go Termios.

    The flags are ICRNL, OPOST, CS8, ICANON and so on. cc is indexed by VMIN, VINTR and so on. ispeed and ospeed are
    B9600 and so on; mips has neither. The kernel's structure differs: ioctl_get_termios converts it.
    """

    __slots__ = ()
    iflag: U32
    oflag: U32
    cflag: U32
    lflag: U32
    line: U8
    cc: U8x32
    ispeed: U32
    ospeed: U32
    _order_ = {  # noqa: RUF012
        "ppc64le": "iflag oflag cflag lflag cc line ispeed ospeed",
        **dict.fromkeys(("mips64el", "mipsel"), "iflag oflag cflag lflag line cc"),
    }


class Winsize(Struct):
    """struct winsize (ws_): a terminal's size in characters, and in pixels or 0. Go unix.Winsize."""

    __slots__ = ()
    row: U16
    col: U16
    xpixel: U16
    ypixel: U16
