"""A socket's error queue: reports about packets that were sent.

IP_RECVERR and IPV6_RECVERR queue the ICMP errors of a datagram socket, SO_TIMESTAMPING the transmit timestamps, and
MSG_ZEROCOPY the completion of a send. epoll reports a queued entry as EPOLLERR.
"""

from ctypes import c_char, sizeof

from ..base.arguments import flag_bits
from ..base.buffers import WriteableBuffer
from ..base.errors import system_error
from ..constants import (
    AF_NETLINK,
    AF_UNIX,
    AF_UNSPEC,
    EINVAL,
    EOPNOTSUPP,
    IP_RECVERR,
    IPPROTO_IP,
    IPPROTO_IPV6,
    IPV6_RECVERR,
    MSG_DONTWAIT,
    MSG_ERRQUEUE,
    PACKET_TX_TIMESTAMP,
    SO_DOMAIN,
    SO_TIMESTAMPING_NEW,
    SO_TIMESTAMPING_OLD,
    SOL_PACKET,
    SOL_SOCKET,
    SOL_VSOCK,
    VSOCK_RECVERR,
)
from .addresses import Sockaddr, decode
from .control import SocketControlMessage, parse_socket_control_message
from .messages import recvmsg
from .options import getsockopt_int
from .rare_structs import ScmTimestamping, SockExtendedErr
from .timestamps import parse_timestamping

_KINDS = {
    (IPPROTO_IP, IP_RECVERR),
    (IPPROTO_IPV6, IPV6_RECVERR),
    (SOL_PACKET, PACKET_TX_TIMESTAMP),
    (SOL_VSOCK, VSOCK_RECVERR),
}
_WITHOUT_QUEUE = (AF_UNIX, AF_NETLINK)  # they take MSG_ERRQUEUE for nothing, and would hand out data
# The error and its offender, times, and the statistics of a TCP connection where these were asked for.
_Control = c_char * 2048


class QueuedError:
    """One entry of a socket's error queue.

    n: the number of bytes of the packet in the buffer. flags: MSG_ERRQUEUE, with MSG_TRUNC if the buffer was too short.
    address: the packet's destination, or None. error: what happened. offender: the origin of the report, such as the
    router that sent the ICMP error, or None. messages: all control messages, including the error's own.
    """

    __slots__ = ("address", "error", "flags", "messages", "n", "offender")

    def __init__(
        self,
        n: int,
        flags: int,
        address: "Sockaddr | None",
        error: SockExtendedErr,
        offender: "Sockaddr | None",
        messages: "list[SocketControlMessage]",
    ) -> None:
        self.n = n
        self.flags = flags
        self.address = address
        self.error = error
        self.offender = offender
        self.messages = messages

    @property
    def timestamping(self) -> "ScmTimestamping | None":
        """The transmit timestamps, or None if the entry has none."""
        for m in self.messages:
            if m.header.level == SOL_SOCKET and m.header.type in (SO_TIMESTAMPING_OLD, SO_TIMESTAMPING_NEW):
                return parse_timestamping(m)
        return None

    def __repr__(self) -> str:
        return f"QueuedError(n={self.n}, address={self.address!r}, error={self.error!r}, offender={self.offender!r})"


def recv_error(fd: int, p: "WriteableBuffer", flags: int = 0) -> QueuedError:
    """recvmsg(2) with MSG_ERRQUEUE: return the oldest entry of a socket's error queue, and its packet in p. ip(7).

    For the ICMP error of a UDP datagram the packet is its payload; for a timestamp it begins with the packet's headers.
    BlockingIOError: the queue is empty; the call never waits. EOPNOTSUPP: sockets of this family have no error queue.
    """
    flags = flag_bits("flags", flags)
    if getsockopt_int(fd, SOL_SOCKET, SO_DOMAIN) in _WITHOUT_QUEUE:
        raise system_error("recv_error", EOPNOTSUPP)
    control = _Control()
    n, oobn, got, address = recvmsg(fd, p, control, flags | MSG_ERRQUEUE | MSG_DONTWAIT)
    messages = parse_socket_control_message(control.raw[:oobn])
    for m in messages:
        if (m.header.level, m.header.type) in _KINDS:
            return QueuedError(n, got, address, *parse_sock_extended_err(m), messages)
    raise system_error("recv_error", EINVAL)


def parse_sock_extended_err(m: SocketControlMessage) -> "tuple[SockExtendedErr, Sockaddr | None]":
    """Return the error in a control message of the error queue, and the address of its origin or None. ip(7).

    EINVAL: another type of message, or a truncated one.
    """
    if (m.header.level, m.header.type) not in _KINDS or len(m.data) < sizeof(SockExtendedErr):
        raise system_error("parse_sock_extended_err", EINVAL)
    offender = decode(m.data[sizeof(SockExtendedErr) :])
    return SockExtendedErr.from_buffer_copy(m.data), None if offender.family == AF_UNSPEC else offender
