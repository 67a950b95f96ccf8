"""Control messages: what travels beside the data of sendmsg and recvmsg.

One is a header, its data, and padding; several stand one after another. Here are their frame, and the two that Unix
sockets carry: descriptors and credentials.
"""

from _collections_abc import Iterable, Iterator
from ctypes import c_size_t, sizeof
from struct import Struct as Codec

from ..base.arguments import descriptor, i32, instance, integer
from ..base.buffers import ReadableBuffer
from ..base.errors import system_error
from ..base.layout import aligned
from ..constants import EINVAL, SCM_CREDENTIALS, SCM_PIDFD, SCM_RIGHTS, SOL_SOCKET
from ..io.descriptors import close
from .structs import Cmsghdr, Ucred

_ALIGNMENT = sizeof(c_size_t)
_MAX_DATA = 2**31 - 1
_INT = Codec("=i")


class SocketControlMessage:
    """A control message: its header, and the bytes after it. Go SocketControlMessage."""

    __slots__ = ("data", "header")

    def __init__(self, header: Cmsghdr, data: bytes) -> None:
        self.header = header
        self.data = data

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SocketControlMessage):
            return NotImplemented
        return (self.header, self.data) == (other.header, other.data)

    __hash__ = None  # type: ignore[assignment]  # the fields can change

    def __repr__(self) -> str:
        return f"SocketControlMessage(header={self.header!r}, data={self.data!r})"


def cmsg_len(datalen: int) -> int:
    """CMSG_LEN(3): the length of a control message with so many bytes of data, without padding. Go CmsgLen."""
    return sizeof(Cmsghdr) + integer("datalen", datalen, 0, _MAX_DATA)


def cmsg_space(datalen: int) -> int:
    """CMSG_SPACE(3): the room that a control message with so many bytes of data takes. Go CmsgSpace."""
    return sizeof(Cmsghdr) + aligned(integer("datalen", datalen, 0, _MAX_DATA), _ALIGNMENT)


def socket_control_message(level: int, type: int, data: "ReadableBuffer") -> bytes:
    """A control message for sendmsg, padded: several may be joined. cmsg(3).

    level is SOL_SOCKET, IPPROTO_IP and so on, type one of that level's, such as SCM_RIGHTS.
    """
    payload = memoryview(data).tobytes()
    header = Cmsghdr(cmsg_len(len(payload)), i32("level", level), i32("type", type))
    return bytes(header) + payload.ljust(aligned(len(payload), _ALIGNMENT), b"\0")


def parse_socket_control_message(b: "ReadableBuffer") -> "list[SocketControlMessage]":
    """Take apart the control messages that recvmsg received, `oob[:oobn]`. Go ParseSocketControlMessage.

    OSError(EINVAL): a message's length is less than its header's, or more than there is. MSG_CTRUNC among recvmsg's
    flags says that something is missing: the last message may be shorter than its type asks.
    """
    raw = memoryview(b).tobytes()
    messages = []
    for header, start in _headers(raw):
        end = start + header.len
        if header.len < sizeof(Cmsghdr) or end > len(raw):
            raise system_error("parse_socket_control_message", EINVAL)
        messages.append(SocketControlMessage(header, raw[start + sizeof(Cmsghdr) : end]))
    return messages


def payload(call: str, m: SocketControlMessage, level: int, type: int, size: int) -> bytes:
    """The data of a message of this level and type, so many bytes at least, or OSError(EINVAL)."""
    if (m.header.level, m.header.type) != (level, type) or len(m.data) < size:
        raise system_error(call, EINVAL)
    return m.data


def unix_rights(*fds: int) -> bytes:
    """An SCM_RIGHTS message: descriptors for another process, at most 253 of them. unix(7). Go UnixRights."""
    return socket_control_message(SOL_SOCKET, SCM_RIGHTS, b"".join(_INT.pack(descriptor("fd", fd)) for fd in fds))


def parse_unix_rights(m: SocketControlMessage) -> "list[int]":
    """The descriptors in an SCM_RIGHTS message: they are this process's now, and its to close. Go ParseUnixRights.

    OSError(EINVAL): another type of message, or a descriptor that is cut (there Go panics).
    """
    data = payload("parse_unix_rights", m, SOL_SOCKET, SCM_RIGHTS, 0)
    if len(data) % _INT.size:
        raise system_error("parse_unix_rights", EINVAL)
    return [fd for (fd,) in _INT.iter_unpack(data)]


def close_unix_rights(b: "ReadableBuffer | list[SocketControlMessage]", taken: "Iterable[int]" = ()) -> int:
    """close(2) every descriptor in received control data but those taken; how many it closed.

    For whatever a program did not ask for: the descriptors in SCM_RIGHTS and SCM_PIDFD messages are open in this
    process from the moment recvmsg returns, those of a message that was cut (MSG_CTRUNC) too. b is `oob[:oobn]`, or the
    messages. Data that is no control message ends the search. An error of close is raised after the last.
    """
    done = set(taken)
    closed, failure = 0, None
    for fd in _descriptors(b):
        if fd >= 0 and fd not in done:
            done.add(fd)
            try:
                close(fd)
                closed += 1
            except OSError as error:
                failure = failure or error
    if failure:
        raise failure
    return closed


def unix_credentials(ucred: Ucred) -> bytes:
    """An SCM_CREDENTIALS message: who sends, as the kernel then vouches. unix(7). Go UnixCredentials.

    sendmsg raises PermissionError where they are not the sender's own and it has no capability to say so.
    """
    instance("ucred", Ucred, ucred)
    return socket_control_message(SOL_SOCKET, SCM_CREDENTIALS, bytes(ucred))


def parse_unix_credentials(m: SocketControlMessage) -> Ucred:
    """The sender in an SCM_CREDENTIALS message, which SO_PASSCRED asks for. Go ParseUnixCredentials.

    OSError(EINVAL): another type of message, or one that is cut.
    """
    return Ucred.from_buffer_copy(payload("parse_unix_credentials", m, SOL_SOCKET, SCM_CREDENTIALS, sizeof(Ucred)))


def _headers(raw: bytes) -> "Iterator[tuple[Cmsghdr, int]]":
    """Each header and where it stands. It is the caller's to look at a header's length before it asks for the next."""
    start = 0
    while len(raw) - start >= sizeof(Cmsghdr):
        header = Cmsghdr.from_buffer_copy(raw, start)
        yield header, start
        start += aligned(header.len, _ALIGNMENT)


def _descriptors(b: "ReadableBuffer | list[SocketControlMessage]") -> "Iterator[int]":
    for level, type, data in contents(b):
        if level == SOL_SOCKET and type in (SCM_RIGHTS, SCM_PIDFD):
            yield from (fd for (fd,) in _INT.iter_unpack(data[: len(data) // _INT.size * _INT.size]))


def contents(b: "ReadableBuffer | list[SocketControlMessage]") -> "Iterator[tuple[int, int, bytes]]":
    """Level, type and data of each message, the last as far as it goes."""
    if isinstance(b, list):
        yield from ((m.header.level, m.header.type, m.data) for m in b)
        return
    raw = memoryview(b).tobytes()
    for header, start in _headers(raw):
        if header.len < sizeof(Cmsghdr):
            return
        yield header.level, header.type, raw[start + sizeof(Cmsghdr) : start + header.len]
