"""PacketRing: frames received through memory that the kernel and the program share, without a call or a copy for each.

The ring is TPACKET_V3 of packet(7): blocks that the kernel fills with frames and hands over whole, by a status word.
"""

import sys
from ctypes import c_uint8, sizeof
from math import ceil, inf
from mmap import mmap
from struct import Struct as Codec
from time import monotonic, sleep

from . import libc
from .arguments import c_int, integer, u16
from .constants._interfaces import ETH_P_8021Q, ETH_P_ALL
from .constants._packets import (
    PACKET_RX_RING,
    PACKET_STATISTICS,
    PACKET_VERSION,
    TP_STATUS_KERNEL,
    TP_STATUS_USER,
    TP_STATUS_VLAN_TPID_VALID,
    TP_STATUS_VLAN_VALID,
    TPACKET_ALIGNMENT,
    TPACKET_V3,
)
from .constants._polling import EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLLERR, EPOLLIN
from .constants._sockets import AF_PACKET, SO_ERROR, SOCK_CLOEXEC, SOCK_RAW, SOL_PACKET, SOL_SOCKET
from .descriptors import close
from .errors import system_error
from .lsf import attach_lsf
from .net import htons
from .polling import epoll_create1, epoll_ctl, epoll_wait
from .sockaddr import SockaddrLinklayer, decode
from .sockets import bind, socket
from .sockopt import getsockopt, getsockopt_int, setsockopt, setsockopt_int
from .structs.base import codec
from .structs.events import EpollEvent
from .structs.rings import Tpacket3Hdr, TpacketBlockDesc, TpacketReq3

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from .sockaddr import Sockaddr
    from .structs.filters import SockFilter

_PAGE = 4096
_PAUSE = 0.001
_header = codec(Tpacket3Hdr)
_lengths = Codec(f"=I{Tpacket3Hdr.len.offset - 4}xI")  # type: ignore[attr-defined]  # next_offset and len alone
_SOCKADDR = (sizeof(Tpacket3Hdr) + TPACKET_ALIGNMENT - 1) & -TPACKET_ALIGNMENT
_STATUS = TpacketBlockDesc.block_status.offset // 4  # type: ignore[attr-defined]  # a field's descriptor


class Frame:
    """One frame in the ring, valid until its block is given back."""

    __slots__ = ("_at", "_frames", "_header")

    def __init__(self, frames: "Frames", at: int, header: "tuple[int, ...]") -> None:
        self._frames = frames
        self._at = at
        self._header = header

    @property
    def data(self) -> memoryview:
        """The frame's bytes in the ring. As long as a view of them lives, the kernel does not get the block back."""
        start = self._at + self._header[6]
        return self._frames._memory()[start : start + self._header[3]]

    @property
    def length(self) -> int:
        """How long the frame was on the wire; `data` is shorter where a filter cut it."""
        return self._header[4]

    @property
    def timestamp(self) -> int:
        """When it came, in nanoseconds since 1970."""
        return self._header[1] * 1_000_000_000 + self._header[2]

    @property
    def vlan(self) -> "tuple[int, int] | None":
        """The VLAN tag that the kernel took out, (TPID, TCI), or None. The TPID is ETH_P_8021Q or ETH_P_8021AD."""
        status, tci, tpid = self._header[5], self._header[9], self._header[10]
        if not status & TP_STATUS_VLAN_VALID:
            return None
        return (tpid if status & TP_STATUS_VLAN_TPID_VALID else ETH_P_8021Q), tci

    @property
    def address(self) -> "Sockaddr":
        """Where it came from and how: a SockaddrLinklayer with the interface, the protocol and the packet's type."""
        start = self._at + _SOCKADDR
        return decode(self._frames._memory()[start : start + 20].tobytes())


class Frames:
    """The frames of one block: iterate within `with`, which gives the block back at its end."""

    __slots__ = ("_count", "_first", "_index", "_ring", "_view")

    def __init__(self, ring: "PacketRing", index: int, view: memoryview, count: int, first: int) -> None:
        self._ring = ring
        self._index = index
        self._view: memoryview | None = view
        self._count = count
        self._first = first

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> "Iterator[Frame]":
        at = self._first
        for _ in range(self._count):
            header = _header.unpack_from(self._memory(), at)
            yield Frame(self, at, header)
            at += header[0]

    def wire_bytes(self) -> int:
        """The lengths of all frames together, for whoever only counts."""
        view, at, total, unpack = self._memory(), self._first, 0, _lengths.unpack_from
        for _ in range(self._count):
            following, length = unpack(view, at)
            total += length
            at += following
        return total

    def __enter__(self) -> "Frames":
        return self

    def __exit__(self, *exception: object) -> None:
        if self._view is not None:
            self._view = None
            self._ring._done(self._index)

    def _memory(self) -> memoryview:
        if self._view is None:
            raise ValueError("the block of this frame has been given back")
        return self._view


class PacketRing:
    """packet(7) PACKET_RX_RING: receive the frames of an interface, or of all (0), through shared memory.

    protocol is in network order, htons(ETH_P_ALL) or one Ethernet protocol; `filter` a program as attach_lsf takes it,
    in force from the first frame on. blocks of block_size bytes (a multiple of the page) are allocated once; the kernel
    hands one over when it is full, or retire milliseconds after its first frame. `fd` takes socket options: fanout,
    membership. PermissionError: CAP_NET_RAW is missing.

        with PacketRing(interface_by_name("eth0").index) as ring:
            with ring.frames(1000) as frames:
                for frame in frames:
                    print(frame.timestamp, frame.length, frame.data[:14].hex())

    A memoryview of a frame's data keeps its block from being filled again, so that it never turns to garbage; the
    frames that find no block meanwhile are dropped, and counted. A ring is for one thread. Go's syscall has no
    counterpart.
    """

    def __init__(
        self,
        ifindex: int = 0,
        protocol: "int | None" = None,
        *,
        blocks: int = 64,
        block_size: int = 1 << 20,
        retire: int = 8,
        filter: "Iterable[SockFilter] | None" = None,
    ) -> None:
        blocks = integer("blocks", blocks, 1, 1 << 16)
        block_size = integer("block_size", block_size, _PAGE, 1 << 30)
        if block_size % _PAGE:
            raise ValueError(f"block_size must be a multiple of {_PAGE}, not {block_size}")
        integer("blocks * block_size", blocks * block_size, 0, 2**31 - 1)
        address = SockaddrLinklayer(htons(ETH_P_ALL) if protocol is None else u16("protocol", protocol), ifindex)
        self._next = 0
        self._handed: dict[int, bool] = {}  # the blocks that are not the kernel's, in order: whether they are done with
        self._epfd = -1
        self._map: mmap | None = None
        # Protocol 0: nothing is received before the ring and the filter are there.
        self.fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)
        try:
            setsockopt_int(self.fd, SOL_PACKET, PACKET_VERSION, TPACKET_V3)
            request = TpacketReq3(block_size, blocks, 2048, blocks * (block_size // 2048), retire, 0, 0)
            setsockopt(self.fd, SOL_PACKET, PACKET_RX_RING, request)
            self._map = mmap(self.fd, blocks * block_size)
            # A block's array has one reference more for each memoryview made of it: so its live views are counted.
            self._blocks: list[Any] = [
                (c_uint8 * block_size).from_buffer(self._map, i * block_size) for i in range(blocks)
            ]
            self._alone = sys.getrefcount(self._blocks[0])
            self._statuses = memoryview(self._map).cast("I")[_STATUS :: block_size // 4]
            self._epfd = epoll_create1(EPOLL_CLOEXEC)
            epoll_ctl(self._epfd, EPOLL_CTL_ADD, self.fd, EpollEvent(EPOLLIN))
            self._events = (EpollEvent * 1)()
            if filter is not None:
                attach_lsf(self.fd, filter)
            bind(self.fd, address)
        except BaseException:
            self.close()
            raise

    def frames(self, msec: int = -1) -> Frames:
        """The next block's frames, after waiting up to msec milliseconds (-1: for ever); none where time is over.

        OSError(ENETDOWN): the interface has gone down; frames come again when it is up again. BufferError: the ring has
        come round to a block whose frames still have live views.
        """
        msec = c_int("msec", msec)
        if self._map is None:
            raise ValueError("the ring is closed")
        index = self._next
        deadline = monotonic() + msec / 1000 if msec >= 0 else inf
        self._give_back()
        if index in self._handed:
            raise BufferError("every block of the ring is in use: by `with`, or by a view of a frame")
        while not self._statuses[index] & TP_STATUS_USER:
            left = deadline - monotonic()
            if left <= 0 or not self._wait(left):
                return Frames(self, -1, memoryview(b""), 0, 0)
        fence()
        view = memoryview(self._blocks[index]).cast("B")
        description = TpacketBlockDesc.from_buffer_copy(view)
        self._handed[index] = False
        self._next = (index + 1) % len(self._blocks)
        return Frames(self, index, view, description.num_pkts, description.offset_to_first_pkt)

    def _wait(self, seconds: float) -> bool:
        """Wait for a block, up to so long; False where time is over."""
        if self._handed:
            # The kernel calls the ring readable for as long as it has not all blocks back, so there is no waiting for
            # more.
            sleep(min(seconds, _PAUSE))
            self._give_back()
            return True
        woken = epoll_wait(self._epfd, self._events, -1 if seconds == inf else ceil(seconds * 1000))
        if woken and self._events[0].events & EPOLLERR and (error := getsockopt_int(self.fd, SOL_SOCKET, SO_ERROR)):
            raise system_error("packet ring", error)
        return bool(woken)

    def statistics(self) -> "tuple[int, int]":
        """getsockopt(2) PACKET_STATISTICS: frames that passed the filter and frames dropped, since the last call."""
        packets, drops, _ = Codec("=III").unpack(getsockopt(self.fd, SOL_PACKET, PACKET_STATISTICS, 12))
        return packets, drops

    def close(self) -> None:
        """Give the ring back; its memory goes with the last view of a frame. A second call does nothing."""
        for fd in (self.fd, self._epfd):
            if fd >= 0:
                close(fd)
        self.fd = self._epfd = -1
        self._map = None
        self._blocks = []
        self._statuses = memoryview(b"")

    def __enter__(self) -> "PacketRing":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _done(self, index: int) -> None:
        if index in self._handed:
            self._handed[index] = True
            self._give_back()

    def _give_back(self) -> None:
        """Hand blocks to the kernel, in order, up to the first that is in use."""
        for index, done in list(self._handed.items()):
            if not done or sys.getrefcount(self._blocks[index]) != self._alone:
                return
            fence()
            del self._handed[index]
            self._statuses[index] = TP_STATUS_KERNEL


def fence() -> None:
    """Keep what comes before from being seen after, by the kernel or here, on machines that reorder memory accesses.

    A call through ctypes lets go of the interpreter's lock and takes it again, and the two order memory.
    """
    libc.getpid()
