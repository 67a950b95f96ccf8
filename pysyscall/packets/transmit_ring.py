"""TransmitRing: frames sent from memory shared with the kernel, many with one call."""

import sys
from _collections_abc import Callable, Iterable
from ctypes import sizeof
from itertools import islice
from mmap import PAGESIZE, mmap
from struct import Struct as Codec

from ..base import forks
from ..base.arguments import integer
from ..base.buffers import ReadableBuffer
from ..base.errors import system_error
from ..base.forks import this_process
from ..base.layout import aligned
from ..constants import (
    AF_PACKET,
    EAGAIN,
    PACKET_TX_RING,
    PACKET_VERSION,
    SOCK_CLOEXEC,
    SOCK_RAW,
    SOL_PACKET,
    TP_STATUS_AVAILABLE,
    TP_STATUS_SEND_REQUEST,
    TP_STATUS_SENDING,
    TP_STATUS_WRONG_FORMAT,
    TPACKET_ALIGNMENT,
    TPACKET_V2,
)
from ..io.descriptors import close
from ..sockets.messages import sendto
from ..sockets.options import setsockopt, setsockopt_int
from ..sockets.rare_addresses import SockaddrLinklayer
from ..sockets.sockets import bind, socket
from .structs import Tpacket2Hdr, TpacketReq

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    Writer: TypeAlias = Callable[[memoryview, int, int, bytes], Any]

_DATA = aligned(sizeof(Tpacket2Hdr), TPACKET_ALIGNMENT)
_STATUS: int = Tpacket2Hdr.status.offset  # type: ignore[attr-defined]  # a field's descriptor
_LENGTH: int = Tpacket2Hdr.len.offset  # type: ignore[attr-defined]
_BUSY = TP_STATUS_SEND_REQUEST | TP_STATUS_SENDING | TP_STATUS_WRONG_FORMAT
_LOOKED_AT = 64  # statuses at once
_WRITERS = 2048  # of frames of how many lengths: more than Ethernet's


class TransmitRing:
    """packet(7) PACKET_TX_RING: send frames on an interface; `put` queues a frame, `flush` sends all queued frames.

    The ring has at least slots slots. A slot of slot_size bytes, a power of 2, holds a 32-byte header and a frame.
    PermissionError: needs CAP_NET_RAW. ENODEV: no such interface.

        with TransmitRing(interface_by_name("eth0").index) as ring:
            ring.put_all(frames)
            ring.flush()

    Only one thread of the process that created a ring may use it: in a child process all methods except `close` raise
    ValueError. Go's syscall has no counterpart.
    """

    # As long as __init__ has not come to them.
    fd: int = -1
    _next = _limit = 0

    def __init__(self, ifindex: int, slots: int = 256, slot_size: int = 2048) -> None:
        slots = integer("slots", slots, 1, 1 << 16)
        slot_size = integer("slot_size", slot_size, 128, 1 << 18)
        if slot_size & (slot_size - 1):
            raise ValueError(f"slot_size must be a power of 2, not {slot_size}")
        integer("slots * slot_size", slots * slot_size, 0, 2**31 - 1)
        address = SockaddrLinklayer(0, ifindex)
        block_size = max(PAGESIZE, slot_size)
        blocks = -(-slots * slot_size // block_size)
        self._process, self._forks = this_process(), forks.count
        self._slot_size = slot_size
        self._slots = blocks * block_size // slot_size
        # Frames are counted from the ring's first on; frame i is in slot i % slots. Those up to `_first` the kernel
        # has been asked to send, those up to `_next` are placed, and up to `_limit` there is room.
        self._first = self._next = self._limit = 0
        self._writers: dict[int, Writer] = {}
        try:
            # Protocol 0: this socket receives nothing.
            self.fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)
            setsockopt_int(self.fd, SOL_PACKET, PACKET_VERSION, TPACKET_V2)
            setsockopt(self.fd, SOL_PACKET, PACKET_TX_RING, TpacketReq(block_size, blocks, slot_size, self._slots))
            self._memory = memoryview(mmap(self.fd, blocks * block_size))
            self._statuses = self._memory.cast("I")[_STATUS // 4 :: slot_size // 4]
            self._requests = memoryview(TP_STATUS_SEND_REQUEST.to_bytes(4, sys.byteorder) * self._slots).cast("I")
            bind(self.fd, address)
        except BaseException:
            self.close()
            raise

    def __len__(self) -> int:
        return self._slots

    def put(self, frame: "ReadableBuffer") -> None:
        """Queue a frame, link-layer header first, in the next slot. BlockingIOError: all slots are in use."""
        if self._next == self._limit or self._forks != forks.count:
            self._check_usable()
            if not self._room():
                raise system_error("transmit ring", EAGAIN)
        data = frame if type(frame) is bytes else memoryview(frame).tobytes()
        length = len(data)
        write = self._writers.get(length) or self._writer(length)
        write(self._memory, self._next % self._slots * self._slot_size + _LENGTH, length, data)
        self._next += 1

    def put_all(self, frames: "Iterable[ReadableBuffer]") -> None:
        """Queue each of these frames, as `put` does. If the ring is full, `flush` is called, which waits.

        The last frames remain queued until the next `flush`. After an error of `flush`, or at a frame that is too long
        (ValueError), all frames before it are queued; no later frame has been taken from an iterator.
        """
        self._check_usable()
        frames, memory, size = iter(frames), self._memory, self._slot_size
        expected, write = 0, self._writer(0)
        while True:
            while not (room := self._room()):
                self.flush()
            at = start = self._next % self._slots * size + _LENGTH
            try:
                for frame in islice(frames, room):
                    data = frame if type(frame) is bytes else memoryview(frame).tobytes()
                    length = len(data)
                    if length != expected:
                        expected, write = length, self._writer(length)
                    write(memory, at, length, data)
                    at += size
            finally:
                placed = (at - start) // size
                self._next += placed
            if placed < room:
                return

    def flush(self, flags: int = 0) -> None:
        """sendto(2): send all queued frames, and wait until the interface has sent them.

        With MSG_DONTWAIT the call sends the frames that fit into the socket's send buffer, and does not wait.

        EINVAL: a frame is shorter than its header. EMSGSIZE: a frame is longer than the interface allows. Such a frame
        is removed from the ring. ENETDOWN: the interface is down. After any error, unsent frames remain queued until
        the next flush.
        """
        self._check_usable()
        self._request()
        try:
            sendto(self.fd, b"", flags, None)
        except OSError:
            self._take_out_refused()
            raise

    def close(self) -> None:
        """Close the ring; queued frames are not sent. A second call does nothing."""
        fd, self.fd = self.fd, -1
        self._statuses = self._memory = memoryview(b"")
        self._next = self._limit = 0  # so that the next `put` looks
        if fd >= 0:
            close(fd)

    __del__ = close

    def __enter__(self) -> "TransmitRing":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _check_usable(self) -> None:
        if self.fd < 0:
            raise ValueError("the ring is closed")
        if self._process != this_process():
            raise ValueError("the ring belongs to the process that made it, and this is a child of it")

    def _room(self) -> int:
        """How many slots from the next on, up to the ring's end, are known to be free; none where the ring is full.

        A free slot stays free: the kernel writes to a slot only when it has sent what is in it.
        """
        if self._next == self._limit:
            slot = self._next % self._slots
            most = min(_LOOKED_AT, self._slots - slot, self._first + self._slots - self._next)
            for status in self._statuses[slot : slot + most].tolist():
                if status & _BUSY:
                    break
                self._limit += 1
        return self._limit - self._next

    def _writer(self, length: int) -> "Writer":
        """What writes a frame of this length into a slot: the length, and behind the rest of the header the frame."""
        if length > self._slot_size - _DATA:
            raise ValueError(f"frame must be at most {self._slot_size - _DATA} bytes, not {length}")
        if len(self._writers) >= _WRITERS:
            self._writers.clear()
        write = self._writers[length] = Codec(f"=I{_DATA - _LENGTH - 4}x{length}s").pack_into
        return write

    def _request(self) -> None:
        """Tell the kernel of the frames that are placed: their statuses, up to the ring's end and from its start."""
        while count := min(self._next - self._first, self._slots - self._first % self._slots):
            slot = self._first % self._slots
            self._statuses[slot : slot + count] = self._requests[:count]
            self._first += count

    def _take_out_refused(self) -> None:
        """Let those behind a refused frame move up into its slot: the kernel does not pass it by."""
        try:
            slot = self._statuses.tolist().index(TP_STATUS_WRONG_FORMAT)
        except ValueError:
            return
        end = self._next % self._slots
        while (following := (slot + 1) % self._slots) != end:
            to, source = (each * self._slot_size for each in (slot, following))
            self._memory[to + _LENGTH : to + self._slot_size] = self._memory[
                source + _LENGTH : source + self._slot_size
            ]
            self._statuses[slot] = TP_STATUS_SEND_REQUEST
            slot = following
        self._statuses[slot] = TP_STATUS_AVAILABLE
        self._first = self._next = self._next - 1
