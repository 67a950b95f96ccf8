"""TransmitRing: frames sent from memory shared with the kernel, many with one call.

On an Ethernet interface a slot has two headers before its frame: the ring's, and struct virtio_net_hdr. The latter says
how many bytes of the frame are headers, which the kernel copies. If it copies the whole frame, sending takes a quarter
less CPU time than if it refers to pages of the ring. With this header the kernel leaves out its comparison with the
MTU, so `_writer` has it. Other interfaces have link-layer headers of lengths that only the kernel knows.
"""

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
    ARPHRD_ETHER,
    ARPHRD_LOOPBACK,
    EAGAIN,
    ENODEV,
    ETH_HLEN,
    ETH_P_8021Q,
    PACKET_TX_RING,
    PACKET_VERSION,
    PACKET_VNET_HDR,
    SIOCGIFMTU,
    SIOCGIFNAME,
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
from ..io.ioctls import ioctl
from ..net.structs import Ifreq
from ..sockets.messages import sendto
from ..sockets.options import setsockopt, setsockopt_int
from ..sockets.rare_addresses import SockaddrLinklayer
from ..sockets.sockets import bind, getsockname, socket
from .structs import Tpacket2Hdr, TpacketReq

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    # What writes a frame of some length, and what is before the frame.
    Writer: TypeAlias = tuple[Callable[[memoryview, int, bytes, bytes], Any], bytes]

_VNET_HEADER = 10  # struct virtio_net_hdr
_DATA = aligned(sizeof(Tpacket2Hdr), TPACKET_ALIGNMENT)
_STATUS: int = Tpacket2Hdr.status.offset  # type: ignore[attr-defined]  # a field's descriptor
_LENGTH: int = Tpacket2Hdr.len.offset  # type: ignore[attr-defined]
_BUSY = TP_STATUS_SEND_REQUEST | TP_STATUS_SENDING | TP_STATUS_WRONG_FORMAT
_LOOKED_AT = 64  # statuses at once
_WRITERS = 2048  # of frames of how many lengths: more than Ethernet's
_COPIED = 4096  # the longest frame that the kernel copies; a long copy needs contiguous pages
_VLAN_TAG = 4
_VLAN = ETH_P_8021Q.to_bytes(2, "big")

# A slot from Tpacket2Hdr.len on: len, and zeros up to the frame.
_HEADERS = Codec(f"=I{_DATA - _LENGTH - 4}x")
# The same with struct virtio_net_hdr: flags and gso_type, which are 0, hdr_len, and zeros.
_HEADERS_WITH_VNET = Codec(f"{_HEADERS.format}2xH6x")


class TransmitRing:
    """packet(7) PACKET_TX_RING: send frames on an interface; `put` queues a frame, `flush` sends all queued frames.

    The ring has at least slots slots. A slot of slot_size bytes, a power of 2, holds 42 bytes of headers and a frame.
    On other interfaces than Ethernet's and the loopback interface there are 32 bytes of headers. PermissionError: needs
    CAP_NET_RAW. ENODEV: no such interface. Needs Linux 4.6.

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
        self._ifindex = ifindex
        self._longest = 0  # the longest frame that the interface is known to take
        self._writers: dict[int, Writer] = {}  # by length
        self._tagged: dict[int, Writer] = {}  # of frames that are longer than that by a VLAN tag
        try:
            # Protocol 0: this socket receives nothing.
            self.fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)
            setsockopt_int(self.fd, SOL_PACKET, PACKET_VERSION, TPACKET_V2)
            bind(self.fd, address)
            self._link = self._link_type()
            self._vnet_header = _VNET_HEADER if self._link in (ARPHRD_ETHER, ARPHRD_LOOPBACK) else 0
            if self._vnet_header:
                setsockopt_int(self.fd, SOL_PACKET, PACKET_VNET_HDR, 1)
            setsockopt(self.fd, SOL_PACKET, PACKET_TX_RING, TpacketReq(block_size, blocks, slot_size, self._slots))
            self._memory = memoryview(mmap(self.fd, blocks * block_size))
            self._statuses = self._memory.cast("I")[_STATUS // 4 :: slot_size // 4]
            self._requests = memoryview(TP_STATUS_SEND_REQUEST.to_bytes(4, sys.byteorder) * self._slots).cast("I")
        except BaseException:
            self.close()
            raise

    def __len__(self) -> int:
        return self._slots

    def put(self, frame: "ReadableBuffer") -> None:
        """Queue a frame, link-layer header first, in the next slot.

        BlockingIOError: all slots are in use. ENODEV: the interface is gone.
        """
        if self._next == self._limit or self._forks != forks.count:
            self._check_usable()
            if not self._room():
                raise system_error("transmit ring", EAGAIN)
        data = frame if type(frame) is bytes else memoryview(frame).tobytes()
        write, headers = self._writers.get(len(data)) or self._writer(data)
        write(self._memory, self._next % self._slots * self._slot_size + _LENGTH, headers, data)
        self._next += 1

    def put_all(self, frames: "Iterable[ReadableBuffer]") -> None:
        """Queue each of these frames, as `put` does. If the ring is full, `flush` is called, which waits.

        The last frames remain queued until the next `flush`. After an error of `flush` or `put`, such as ValueError for
        a frame that is too long, all frames before it are queued; no later frame has been taken from an iterator.
        """
        self._check_usable()
        frames, memory, size = iter(frames), self._memory, self._slot_size
        writers, expected, (write, headers) = self._writers, 0, self._writer(b"")
        while True:
            while not (room := self._room()):
                self.flush()
            at = start = self._next % self._slots * size + _LENGTH
            try:
                for frame in islice(frames, room):
                    data = frame if type(frame) is bytes else memoryview(frame).tobytes()
                    length = len(data)
                    if length != expected:
                        write, headers = writers.get(length) or self._writer(data)
                        expected = length if length in writers else -1
                    write(memory, at, headers, data)
                    at += size
            finally:
                placed = (at - start) // size
                self._next += placed
            if placed < room:
                return

    def flush(self, flags: int = 0) -> None:
        """sendto(2): send all queued frames, and wait until the interface has sent them.

        With MSG_DONTWAIT the call sends the frames that fit into the socket's send buffer, and does not wait.

        EINVAL: a frame is shorter than its header. EMSGSIZE: a frame is longer than the interface allows: its MTU, a
        header and a VLAN tag. Such a frame is removed from the ring. ENETDOWN: the interface is down. After any error,
        unsent frames remain queued until the next flush. A lower MTU that is set later is not noticed for lengths that
        have been sent: a new ring has it.
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

    def _writer(self, data: bytes) -> "Writer":
        """What writes frames of this one's length into a slot, and the headers that they have there."""
        length, vnet = len(data), self._vnet_header
        longest = self._slot_size - _DATA - vnet
        if length > longest:
            raise ValueError(f"frame must be at most {longest} bytes, not {length}")
        is_tagged = self._link == ARPHRD_ETHER and data[12:14] == _VLAN
        if is_tagged and (writer := self._tagged.get(length)):
            return writer
        if vnet and length > self._longest:
            self._longest = self._mtu() + ETH_HLEN
        size = length + vnet
        if vnet and length > self._longest + is_tagged * _VLAN_TAG:
            size = self._slot_size  # a length beyond the slot, which the kernel refuses with EMSGSIZE
        copied = length if length <= _COPIED else 0
        headers = _HEADERS_WITH_VNET.pack(size, copied) if vnet else _HEADERS.pack(size)
        writer = Codec(f"{len(headers)}s{length}s").pack_into, headers
        if size < self._slot_size:
            writers = self._tagged if vnet and length > self._longest else self._writers
            if len(writers) >= _WRITERS:
                writers.clear()
            writers[length] = writer
        return writer

    def _link_type(self) -> int:
        """ARPHRD_ETHER or another: the kind of the interface that the socket is bound to."""
        address = getsockname(self.fd)
        return address.hatype if isinstance(address, SockaddrLinklayer) else 0

    def _mtu(self) -> int:
        """The interface's maximum transmission unit, asked in the ring's own network namespace."""
        request = Ifreq()
        while True:
            request.ifindex = self._ifindex
            ioctl(self.fd, SIOCGIFNAME, request)
            try:
                ioctl(self.fd, SIOCGIFMTU, request)
            except OSError as error:
                if error.errno != ENODEV:  # as when it has got another name since
                    raise
            else:
                return request.mtu

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
