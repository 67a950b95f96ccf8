"""MessageBatch: many datagrams in one call, recvmmsg and sendmmsg.

All memory is laid out once. Between calls only lengths change, and a whole column of them, one from each header, moves
in a single assignment of strided memoryview slices.
"""

import sys
from ctypes import addressof, c_char, c_void_p, sizeof

from . import libc
from .arguments import c_int, flag_bits, integer
from .constants._sockets import MSG_TRUNC, MSG_WAITFORONE
from .errors import retry
from .sockaddr import raw_bytes, recent, remember
from .structs.messages import Iovec, Mmsghdr, Msghdr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .buffers import ReadableBuffer
    from .sockaddr import Sockaddr

_MAX_COUNT = 1024  # UIO_MAXIOV: the kernel takes no more at once
_NAME_SIZE = 128  # struct sockaddr_storage
# Which four bytes of a size_t hold a length: none here needs the others.
_LOW = 4 if sys.byteorder == "big" and sizeof(c_void_p) == 8 else 0


class MessageBatch:
    """recvmmsg(2), sendmmsg(2): up to count messages of up to size bytes, received or sent in one call.

    control is the room for each message's control data. After `recv`, `payload`, `address`, `control` and `flags` tell
    of message i; before `send`, `put` fills it. What was received can be sent as it stands, each payload to its
    address, so that an echo costs no work a datagram:

        batch = MessageBatch(64, 2048)
        while True:
            batch.send(fd, batch.recv(fd))

    A batch is for one thread at a time. Go's syscall has no counterpart.
    """

    __slots__ = (
        "_control_lengths",
        "_control_size",
        "_controls",
        "_count",
        "_flags",
        "_headers",
        "_lengths",
        "_name_lengths",
        "_names",
        "_none",
        "_payloads",
        "_received",
        "_received_controls",
        "_room",
        "_size",
        "_storage",
    )

    def __init__(self, count: int, size: int, control: int = 0) -> None:
        self._count = count = integer("count", count, 1, _MAX_COUNT)
        self._size = size = integer("size", size, 1, 2**31 - 1)
        self._control_size = control = integer("control", control, 0, 2**20)
        sizes = [count * each for each in (sizeof(Mmsghdr), sizeof(Iovec), _NAME_SIZE, control, size)]
        storage = bytearray(sum(sizes))
        self._storage = c_char.from_buffer(storage)  # as long as this exists, the bytearray stays where it is
        starts = [sum(sizes[:i]) for i in range(5)]
        headers, iovecs, self._names, self._controls, self._payloads = (
            memoryview(storage)[start : start + length] for start, length in zip(starts, sizes, strict=True)
        )
        base = addressof(self._storage)
        self._headers = base
        _link(headers, iovecs, [base + start for start in starts], size, control)

        words = headers.cast("I")
        self._received = _column(words, Mmsghdr, Mmsghdr.len.offset)  # type: ignore[attr-defined]
        self._flags = _column(words, Mmsghdr, Msghdr.flags.offset)  # type: ignore[attr-defined]
        self._name_lengths = _column(words, Mmsghdr, Msghdr.namelen.offset)  # type: ignore[attr-defined]
        self._control_lengths = _column(words, Mmsghdr, Msghdr.controllen.offset + _LOW)  # type: ignore[attr-defined]
        self._lengths = _column(iovecs.cast("I"), Iovec, Iovec.len.offset + _LOW)  # type: ignore[attr-defined]
        self._received_controls = _repeated(0, count)
        self._none = _repeated(0, count)
        self._room = [_repeated(room, count) for room in (size, _NAME_SIZE, control)]

    def __len__(self) -> int:
        return self._count

    def recv(self, fd: int, flags: int = MSG_WAITFORONE) -> int:
        """recvmmsg(2): receive up to count messages; how many came.

        MSG_WAITFORONE waits for the first alone; with MSG_DONTWAIT, BlockingIOError where there is none. An error after
        the first message is kept by the kernel for the next call. recvmmsg's own timeout is not offered: it ends the
        call only after a further message has come.
        """
        fd, flags = c_int("fd", fd), flag_bits("flags", flags)
        if flags & MSG_TRUNC:
            raise ValueError("MSG_TRUNC would make lengths that exceed the buffers: flags(i) tells what was cut")
        self._lengths[:], self._name_lengths[:], self._control_lengths[:] = self._room
        while (n := libc.recvmmsg(fd, c_void_p(self._headers), self._count, flags, None)) == -1:
            retry("recvmmsg")
        self._lengths[:n] = self._received[:n]
        self._received_controls[:n] = self._control_lengths[:n]
        self._control_lengths[:] = self._none  # what came in does not go out
        return n

    def send(self, fd: int, n: int, flags: int = 0, start: int = 0) -> int:
        """sendmmsg(2): send messages start..n-1 as they stand; how many went, which may be fewer.

        Fewer means that the next one failed: `send(fd, n, start=start + sent)` raises its error, or sends on.
        """
        fd, flags = c_int("fd", fd), flag_bits("flags", flags)
        n, start = integer("n", n, 0, self._count), integer("start", start, 0, n)
        first = c_void_p(self._headers + start * sizeof(Mmsghdr))
        while (sent := libc.sendmmsg(fd, first, n - start, flags)) == -1:
            retry("sendmmsg")
        return sent

    def payload(self, i: int) -> memoryview:
        """The bytes of message i, in place: writable, and overwritten by the next `recv` or `put`."""
        start = self._index(i) * self._size
        return self._payloads[start : start + self._lengths[i]]

    def address(self, i: int) -> "Sockaddr | None":
        """Where message i came from or goes to, or None."""
        start = self._index(i) * _NAME_SIZE
        raw = self._names[start : start + min(self._name_lengths[i], _NAME_SIZE)].tobytes()
        try:
            return recent[raw]
        except KeyError:
            return remember(raw)

    def control(self, i: int) -> memoryview:
        """The control messages that message i came with, in place: for parse_socket_control_message."""
        start = self._index(i) * self._control_size
        return self._controls[start : start + self._received_controls[i]]

    def flags(self, i: int) -> int:
        """The flags that message i came with: MSG_TRUNC, its payload was cut; MSG_CTRUNC, its control data was."""
        return self._flags[self._index(i)]

    def put(
        self, i: int, data: "ReadableBuffer", to: "Sockaddr | None" = None, control: "ReadableBuffer" = b""
    ) -> None:
        """Fill message i for `send`: its bytes, where it goes (None: where connected to), and its control messages."""
        raw = b"" if to is None else raw_bytes("to", to)
        self._index(i)
        length = _place(self._payloads, i * self._size, self._size, "data", data)
        control_length = _place(self._controls, i * self._control_size, self._control_size, "control", control)
        self._names[i * _NAME_SIZE : i * _NAME_SIZE + len(raw)] = raw
        self._lengths[i], self._name_lengths[i], self._control_lengths[i] = length, len(raw), control_length

    def _index(self, i: int) -> int:
        if not 0 <= i < self._count:
            raise IndexError(f"message {i} of a batch of {self._count}")
        return i


def _link(headers: memoryview, iovecs: memoryview, addresses: "list[int]", size: int, control: int) -> None:
    """Point each header at its buffers, for good."""
    _, iovecs_at, names_at, controls_at, payloads_at = addresses
    for i in range(len(headers) // sizeof(Mmsghdr)):
        iovec = Iovec.from_buffer(iovecs, i * sizeof(Iovec))
        iovec.base = payloads_at + i * size
        header = Mmsghdr.from_buffer(headers, i * sizeof(Mmsghdr)).hdr
        header.name, header.iov, header.iovlen = names_at + i * _NAME_SIZE, iovecs_at + i * sizeof(Iovec), 1
        if control:
            header.control = controls_at + i * control


def _column(words: memoryview, row: "type[Mmsghdr | Iovec]", offset: int) -> memoryview:
    """One 32-bit field of every structure in an array of them."""
    return words[offset // 4 :: sizeof(row) // 4]


def _repeated(value: int, count: int) -> memoryview:
    return memoryview(bytearray(value.to_bytes(4, sys.byteorder) * count)).cast("I")


def _place(area: memoryview, start: int, room: int, name: str, data: "ReadableBuffer") -> int:
    """Copy data into its place; its length."""
    view = memoryview(data)
    if view.nbytes > room:
        raise ValueError(f"{name} must be at most {room} bytes, not {view.nbytes}")
    # tobytes, as a view of anything but plain bytes cannot be assigned.
    area[start : start + view.nbytes] = data if type(data) is bytes else view.tobytes()
    return view.nbytes
