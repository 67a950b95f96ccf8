"""MessageBatch: many datagrams in one call, with recvmmsg and sendmmsg.

All memory is laid out once. Between calls only lengths change. One assignment of a strided memoryview slice sets a
field of all headers.
"""

import sys
from ctypes import Array, addressof, byref, c_char, c_void_p, sizeof

from ..base.arguments import descriptor, flag_bits, integer
from ..base.buffers import ReadableBuffer, is_repeated
from ..base.errors import kept, retry
from ..base.scratch import NAME_SIZE
from ..constants import EINTR, EINVAL, EIO, EMSGSIZE, IPPROTO_UDP, MSG_TRUNC, MSG_WAITFORONE, SO_PROTOCOL, SOL_SOCKET
from . import libc
from .addresses import Sockaddr, raw_bytes
from .answers import LOW, Answers, answer, column
from .ip_control import udp_segment
from .options import getsockopt_int
from .rare_structs import Mmsghdr
from .senders import known
from .structs import Iovec, Msghdr

_MAX_COUNT = 1024  # UIO_MAXIOV: the kernel takes no more at once
_MAX_SEGMENTS = 64  # UDP_MAX_SEGMENTS before Linux 6.9
_MAX_SEGMENTED = 65535 - 40 - 8  # what one packet has room for behind the headers of IPv6 and UDP


class MessageBatch:
    """recvmmsg(2), sendmmsg(2): up to count messages of up to size bytes, received or sent in one call.

    count is at most 1024, and count * size less than 2 GiB: all of it is allocated at once. control is the room for
    each message's control data. `recv` replaces all messages by messages 0 to n-1, and `put` fills one. `payload`,
    `address`, `control` and `flags` return the parts of message i. Received messages can be sent as they are, each
    payload to its address, so that an echo server does no work per datagram:

        batch = MessageBatch(64, 2048)
        while True:
            batch.send(fd, batch.recv(fd))

    `send_udp` is faster if many messages go to one address.

    Only one thread may use a batch at a time. Go's syscall has no counterpart.
    """

    __slots__ = (
        "_answers",
        "_control_lengths",
        "_control_size",
        "_controls",
        "_count",
        "_filled",
        "_flags",
        "_header_bytes",
        "_headers",
        "_held_controls",
        "_lengths",
        "_moved",
        "_name_lengths",
        "_names",
        "_none",
        "_payloads",
        "_room",
        "_segment",
        "_size",
        "_storage",
    )

    def __init__(self, count: int, size: int, control: int = 0) -> None:
        self._count = count = integer("count", count, 1, _MAX_COUNT)
        self._size = size = integer("size", size, 1, 2**31 - 1)
        integer("count * size", count * size, 0, 2**31 - 1)
        self._control_size = control = integer("control", control, 0, 2**20)
        self._filled = 0  # how many messages there are
        sizes = [count * each for each in (sizeof(Mmsghdr), sizeof(Iovec), NAME_SIZE, control, size)]
        storage = bytearray(sum(sizes))
        self._storage = c_char.from_buffer(storage)  # as long as this exists, the bytearray stays where it is
        starts = [sum(sizes[:i]) for i in range(5)]
        headers, iovecs, self._names, self._controls, self._payloads = (
            memoryview(storage)[start : start + length] for start, length in zip(starts, sizes, strict=True)
        )
        base = addressof(self._storage)
        self._headers, self._header_bytes = base, headers
        self._segment: tuple[int, bytes, Array[c_char]] = (0, b"", (c_char * 0)())
        self._answers: Answers | None = None
        _link(headers, iovecs, [base + start for start in starts], size, control)

        words = headers.cast("I")
        self._moved = column(words, Mmsghdr, Mmsghdr.len.offset)  # type: ignore[attr-defined]
        self._flags = column(words, Mmsghdr, Msghdr.flags.offset)  # type: ignore[attr-defined]
        self._name_lengths = column(words, Mmsghdr, Msghdr.namelen.offset)  # type: ignore[attr-defined]
        self._control_lengths = column(words, Mmsghdr, Msghdr.controllen.offset + LOW)  # type: ignore[attr-defined]
        self._lengths = column(iovecs.cast("I"), Iovec, Iovec.len.offset + LOW)  # type: ignore[attr-defined]
        self._held_controls = _repeated(0, count)
        self._none = _repeated(0, count)
        self._room = [_repeated(room, count) for room in (size, NAME_SIZE, control)]

    def __len__(self) -> int:
        return self._count

    def recv(self, fd: int, flags: int = MSG_WAITFORONE) -> int:
        """recvmmsg(2): receive up to count messages and return their number.

        The call waits only for the first message: MSG_WAITFORONE is always added to flags. With MSG_DONTWAIT it raises
        BlockingIOError if there is none. The kernel keeps an error after the first message for the next call.
        recvmmsg's timeout is not offered, as it takes effect only when another message arrives. The caller must close
        received descriptors, see close_unix_rights; MSG_CMSG_CLOEXEC makes them close-on-exec.
        """
        if type(fd) is not int or type(flags) is not int or (fd | flags) >> 31:
            fd, flags = descriptor("fd", fd), flag_bits("flags", flags)
        if flags & MSG_TRUNC:
            raise ValueError("MSG_TRUNC would make lengths that exceed the buffers: flags(i) tells what was cut")
        # Without it, a signal while recvmmsg waits for another message would make the socket's next call fail with
        # ERESTARTSYS, which user space should never see.
        flags |= MSG_WAITFORONE
        self._filled = 0
        self._lengths[:], self._name_lengths[:], self._control_lengths[:] = self._room
        before = kept.value
        while (n := libc.recvmmsg(fd, c_void_p(self._headers), self._count, flags, None)) == -1:
            retry("recvmmsg", before)
        self._lengths[:n] = self._moved[:n]
        if self._control_size:
            self._held_controls[:n] = self._control_lengths[:n]
            self._control_lengths[:] = self._none  # what came in does not go out
        self._filled = n
        return n

    def send(self, fd: int, n: int, flags: int = 0, start: int = 0, *, control: bool = False) -> int:
        """sendmmsg(2): send messages start to n-1 and return how many were sent, which may be fewer.

        If fewer were sent, the next one failed: `send(fd, n, start=start + sent)` raises its error or continues. On a
        stream the last message may have been sent in part, see `sent`. With MSG_ZEROCOPY the kernel reads the payloads
        after the call: keep the batch, and do not call `recv` or `put`, until `recv_error` reports completion. musl's
        sendmmsg makes one system call per message.

        Received control data is not sent. control=True sends a part of it, so that an answer leaves from the address
        that the request was sent to, even if the socket is bound to all addresses: the source address from IP_PKTINFO
        or IPV6_RECVPKTINFO, without the interface. For multicast and broadcast requests it is the address that
        IP_PKTINFO reports, or the kernel's choice. An AF_INET6 socket that also receives IPv4 needs both options.
        """
        if type(fd) is not int or type(flags) is not int or (fd | flags) >> 31:
            fd, flags = descriptor("fd", fd), flag_bits("flags", flags)
        n, start = integer("n", n, 0, self._filled), integer("start", start, 0, n)
        answers = self._answer(start, n) if control and self._control_size else None
        headers = answers.address if answers else self._headers
        first = c_void_p(headers + start * sizeof(Mmsghdr))
        before = kept.value
        while (sent := libc.sendmmsg(fd, first, n - start, flags)) == -1:
            retry("sendmmsg", before)
        if answers:
            self._moved[start : start + sent] = answers.moved[start : start + sent]
        return sent

    def send_udp(self, fd: int, n: int, flags: int = 0, start: int = 0, *, control: bool = False) -> int:
        """sendmsg(2) with UDP_SEGMENT: as `send`, but on a UDP socket similar messages are sent together.

        Messages are similar if they have the same destination and length (the last may be shorter) and no control data,
        or with control=True the same source. The kernel takes up to 64 of them, 65,487 bytes in all, as one packet, and
        splits it into datagrams as late as possible. Other messages, and those that are too long for the interface, are
        sent as by `send`. udp(7).
        """
        n, start = integer("n", n, 0, self._filled), integer("start", start, 0, n)
        count = self._alike(start, n) if n - start > 1 else 0
        source = b""
        if count > 1 and control and self._control_size:
            controls = self._controls_of_answers(start, start + count)
            source = controls[0]
            count = count if all(each is source for each in controls) else 0
        if count < 2 or getsockopt_int(fd, SOL_SOCKET, SO_PROTOCOL) != IPPROTO_UDP:
            return self.send(fd, n, flags, start, control=control)
        fd, flags = descriptor("fd", fd), flag_bits("flags", flags)
        length = self._lengths[start]
        if self._segment[:2] != (length, source):
            segment = source + udp_segment(length)
            self._segment = length, source, (c_char * len(segment)).from_buffer_copy(segment)
        header = Msghdr.from_buffer_copy(self._header_bytes, start * sizeof(Mmsghdr))
        header.iovlen = count  # the buffers of those that follow follow
        header.control, header.controllen = addressof(self._segment[2]), sizeof(self._segment[2])
        before = kept.value
        while libc.sendmsg(fd, byref(header), flags) == -1:
            # A datagram does not fit into one packet, or the device does not support segmentation.
            if retry("sendmsg", before, EINVAL, EIO, EMSGSIZE) != EINTR:
                return self.send(fd, n, flags, start, control=control)
        self._moved[start : start + count] = self._lengths[start : start + count]
        return count

    def _answer(self, start: int, n: int) -> Answers:
        """Headers for these messages with the control data of answers."""
        if self._answers is None:
            self._answers = Answers(self._header_bytes, self._control_size)
        self._answers.fill(start, self._controls_of_answers(start, n), self._name_lengths)
        return self._answers

    def _controls_of_answers(self, start: int, n: int) -> "list[bytes]":
        """The control data that each message goes out with: its own where `put` gave it some."""
        size = self._control_size
        if n - start == 1 and not self._control_lengths[start]:
            return [answer(self._controls[start * size : start * size + self._held_controls[start]].tobytes())]
        held = self._held_controls[start:n]
        area = self._controls[start * size : n * size]
        own = self._control_lengths[start:n]
        if n > start and not any(own) and is_repeated(held) and is_repeated(area, size):
            return [answer(area[: held[0]].tobytes())] * (n - start)
        raw = area.tobytes()
        parts = (raw[i * size : i * size + length] for i, length in enumerate(held))
        return [part if sent else answer(part) for part, sent in zip(parts, own, strict=True)]

    def _alike(self, start: int, n: int) -> int:
        """How many messages from start on can go as one: all up to n, as far as one packet goes, or none."""
        count = min(n - start, _MAX_SEGMENTS)
        length = self._lengths[start] if count else 0
        if not 0 < length <= _MAX_SEGMENTED:
            return 0
        end = start + min(count, _MAX_SEGMENTED // length)
        alike = (
            is_repeated(self._lengths[start : end - 1])
            and 0 < self._lengths[end - 1] <= length
            and is_repeated(self._name_lengths[start:end])
            and is_repeated(self._names[start * NAME_SIZE : end * NAME_SIZE], NAME_SIZE)
            and not any(self._control_lengths[start:end])
        )
        return end - start if alike else 0

    def sent(self, i: int) -> int:
        """Return how many bytes of message i `send` has sent."""
        return self._moved[self._index(i)]

    def payload(self, i: int) -> memoryview:
        """Return a writable view of the bytes of message i, which the next `recv` or `put` overwrites."""
        start = self._index(i) * self._size
        return self._payloads[start : start + self._lengths[i]]

    def address(self, i: int) -> "Sockaddr | None":
        """Return the source or destination address of message i, or None."""
        start = self._index(i) * NAME_SIZE
        return known(self._names[start : start + min(self._name_lengths[i], NAME_SIZE)].tobytes())

    def control(self, i: int) -> memoryview:
        """Return a view of the control messages of message i, for parse_socket_control_message."""
        start = self._index(i) * self._control_size
        return self._controls[start : start + self._held_controls[i]]

    def flags(self, i: int) -> int:
        """Return the flags of received message i: MSG_TRUNC, MSG_CTRUNC: payload, control data truncated."""
        return self._flags[self._index(i)]

    def put(
        self, i: int, data: "ReadableBuffer", to: "Sockaddr | None" = None, control: "ReadableBuffer" = b""
    ) -> None:
        """Fill message i for `send`: its bytes, its destination (None: the connected peer) and its control messages.

        Messages before it that have not been filled are empty and have no destination.
        """
        raw = b"" if to is None else raw_bytes("to", to)
        if not 0 <= i < self._count:
            raise IndexError(f"there is no message {i} in a batch of {self._count}")
        parts = raw, _fitting("data", data, self._size), _fitting("control", control, self._control_size)
        areas = (self._names, NAME_SIZE), (self._payloads, self._size), (self._controls, self._control_size)
        for (area, stride), part in zip(areas, parts, strict=True):
            area[i * stride : i * stride + len(part)] = part
        for j in range(self._filled, i):
            self._describe(j, 0, 0, 0)
        self._describe(i, *map(len, parts))
        self._filled = max(self._filled, i + 1)

    def _describe(self, i: int, name_length: int, length: int, control_length: int) -> None:
        self._name_lengths[i], self._lengths[i], self._control_lengths[i] = name_length, length, control_length
        self._held_controls[i], self._flags[i], self._moved[i] = control_length, 0, 0

    def _index(self, i: int) -> int:
        if not 0 <= i < self._filled:
            raise IndexError(f"there is no message {i}, but {self._filled} of at most {self._count}")
        return i


def _link(headers: memoryview, iovecs: memoryview, addresses: "list[int]", size: int, control: int) -> None:
    """Point each header at its buffers, for good."""
    _, iovecs_at, names_at, controls_at, payloads_at = addresses
    for i in range(len(headers) // sizeof(Mmsghdr)):
        iovec = Iovec.from_buffer(iovecs, i * sizeof(Iovec))
        iovec.base = payloads_at + i * size
        header = Mmsghdr.from_buffer(headers, i * sizeof(Mmsghdr)).hdr
        header.name, header.iov, header.iovlen = names_at + i * NAME_SIZE, iovecs_at + i * sizeof(Iovec), 1
        if control:
            header.control = controls_at + i * control


def _repeated(value: int, count: int) -> memoryview:
    return memoryview(bytearray(value.to_bytes(4, sys.byteorder) * count)).cast("I")


def _fitting(name: str, data: "ReadableBuffer", room: int) -> "bytes":
    """The data in a form that can be assigned to a memoryview of bytes, or ValueError where there is no room."""
    with memoryview(data) as view:
        if view.nbytes > room:
            raise ValueError(f"{name} must be at most {room} bytes, not {view.nbytes}")
        return data if type(data) is bytes else view.tobytes()
