"""Control messages (ancillary data) of sendmsg and recvmsg. cmsg(3).

A control message is a header, its data, and padding; several follow one another. This module has their common format,
and the two of Unix sockets: descriptors and credentials.
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
    """CMSG_LEN(3): return the length of a control message with datalen bytes of data, without padding. Go CmsgLen."""
    return sizeof(Cmsghdr) + integer("datalen", datalen, 0, _MAX_DATA)


def cmsg_space(datalen: int) -> int:
    """CMSG_SPACE(3): return the length of a control message with datalen bytes of data and padding. Go CmsgSpace."""
    return sizeof(Cmsghdr) + aligned(integer("datalen", datalen, 0, _MAX_DATA), _ALIGNMENT)


def socket_control_message(level: int, type: int, data: "ReadableBuffer") -> bytes:
    """Build a padded control message for sendmsg; several may be concatenated. cmsg(3).

    level is SOL_SOCKET, IPPROTO_IP and so on; type is one of that level, such as SCM_RIGHTS.
    """
    payload = memoryview(data).tobytes()
    header = Cmsghdr(cmsg_len(len(payload)), i32("level", level), i32("type", type))
    return bytes(header) + payload.ljust(aligned(len(payload), _ALIGNMENT), b"\0")


def parse_socket_control_message(b: "ReadableBuffer") -> "list[SocketControlMessage]":
    """Parse the control messages that recvmsg stored, `oob[:oobn]`. Go ParseSocketControlMessage. cmsg(3).

    EINVAL: the length of a message is less than its header's, or extends beyond b. If recvmsg's flags have MSG_CTRUNC,
    messages are missing, and the last one may be shorter than its type requires.
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
    """Build an SCM_RIGHTS message, which passes at most 253 descriptors to another process. unix(7). Go UnixRights."""
    return socket_control_message(SOL_SOCKET, SCM_RIGHTS, b"".join(_INT.pack(descriptor("fd", fd)) for fd in fds))


def parse_unix_rights(m: SocketControlMessage) -> "list[int]":
    """Return the descriptors in an SCM_RIGHTS message. unix(7). Go ParseUnixRights.

    They are open in this process, which must close them. EINVAL: another type of message, or a truncated descriptor
    (Go panics).
    """
    data = payload("parse_unix_rights", m, SOL_SOCKET, SCM_RIGHTS, 0)
    if len(data) % _INT.size:
        raise system_error("parse_unix_rights", EINVAL)
    return [fd for (fd,) in _INT.iter_unpack(data)]


def close_unix_rights(b: "ReadableBuffer | list[SocketControlMessage]", taken: "Iterable[int]" = ()) -> int:
    """close(2): close all descriptors in received control data except those in taken; return how many. unix(7).

    The descriptors in SCM_RIGHTS and SCM_PIDFD messages are open in this process when recvmsg returns, even if the
    program did not expect them or the control data was truncated (MSG_CTRUNC). b is `oob[:oobn]`, or the messages.
    Invalid data ends the search. An error of close is raised after all have been closed.
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
    """Build an SCM_CREDENTIALS message: the sender's ids, which the kernel verifies. unix(7). Go UnixCredentials.

    sendmsg raises PermissionError if they are not the sender's own and it lacks the capability to set others.
    """
    instance("ucred", Ucred, ucred)
    return socket_control_message(SOL_SOCKET, SCM_CREDENTIALS, bytes(ucred))


def parse_unix_credentials(m: SocketControlMessage) -> Ucred:
    """Return the sender's ids in an SCM_CREDENTIALS message, enabled by SO_PASSCRED. unix(7). Go ParseUnixCredentials.

    EINVAL: another type of message, or a truncated one.
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
