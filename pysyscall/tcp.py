"""TCP_INFO: the state of a connection."""

from ctypes import sizeof

from .sockopt import getsockopt
from .structs.tcp import TCPInfoFull


def getsockopt_tcp_info(fd: int, level: int, opt: int) -> "tuple[TCPInfoFull, int]":
    """getsockopt(2) of a struct tcp_info, and how many bytes of it the kernel knows. Go unix.GetsockoptTCPInfo.

    level is IPPROTO_TCP and opt TCP_INFO. A field that begins at that length or later is 0, and says nothing:
    TCPInfoFull.rcv_wnd.offset is where one begins. tcp(7).
    """
    raw = getsockopt(fd, level, opt, sizeof(TCPInfoFull))
    return TCPInfoFull.from_buffer_copy(raw.ljust(sizeof(TCPInfoFull), b"\0")), len(raw)
