"""PacketRing: frames received through memory shared with the kernel, without a call or a copy for each.

The ring is TPACKET_V3 of packet(7): the kernel fills blocks with frames, and hands over whole blocks by a status word.
"""

import sys
from _collections_abc import Iterable
from ctypes import c_uint8
from math import ceil, inf
from mmap import PAGESIZE, mmap
from time import monotonic, sleep

from ..base.arguments import i32, integer, u16
from ..base.errors import system_error
from ..base.forks import this_process
from ..constants import (
    AF_PACKET,
    EPOLL_CLOEXEC,
    EPOLL_CTL_ADD,
    EPOLLERR,
    EPOLLIN,
    ETH_P_ALL,
    PACKET_RX_RING,
    PACKET_STATISTICS,
    PACKET_VERSION,
    SO_ERROR,
    SOCK_CLOEXEC,
    SOCK_RAW,
    SOL_PACKET,
    SOL_SOCKET,
    TP_STATUS_KERNEL,
    TP_STATUS_USER,
    TPACKET_V3,
)
from ..io.descriptors import close
from ..io.structs import EpollEvent
from ..io.waiting import epoll_create1, epoll_ctl, epoll_wait
from ..net.byte_order import htons
from ..sockets.options import getsockopt_int, setsockopt, setsockopt_int
from ..sockets.rare_addresses import SockaddrLinklayer
from ..sockets.sockets import bind, socket
from .filters import attach_lsf
from .frames import Frames
from .memory_order import fence
from .options import getsockopt_tpacket_stats_v3
from .structs import SockFilter, TpacketBlockDesc, TpacketReq3, TpacketStatsV3

TYPE_CHECKING = False
if TYPE_CHECKING:
    from array import array
    from typing import Any


_PAUSE = 0.001
_STATUS = TpacketBlockDesc.block_status.offset // 4  # type: ignore[attr-defined]  # a field's descriptor


class PacketRing:
    """packet(7) PACKET_RX_RING: receive the frames of an interface, or of all (0), through shared memory.

    protocol is in network order, htons(ETH_P_ALL) or one Ethernet protocol. filter is a program as for attach_lsf, in
    force from the first frame on. The blocks, each of block_size bytes (a multiple of the page size), are allocated
    once. The kernel hands over a block when it is full, or retire milliseconds after its first frame (0: the kernel's
    choice); this is the latency. A frame that does not fit into a block is truncated. `fd` is for socket options, such
    as fanout and membership. PermissionError: needs CAP_NET_RAW. ENODEV: no such interface. ENOMEM: no memory for the
    blocks.

        with PacketRing(interface_by_name("eth0").index) as ring:
            with ring.frames(1000) as frames:
                for frame in frames:
                    print(frame.timestamp, frame.length, frame.data[:14].hex())

    While a memoryview of a frame's data exists, the kernel does not reuse its block or those after it, so that the data
    stays valid. The kernel drops and counts frames that find no free block. Only one thread of the process that created
    a ring may use it: in a child process all methods except `close` raise ValueError, and no block is returned. Go's
    syscall has no counterpart.
    """

    # As long as __init__ has not come to them.
    fd: int = -1
    _epfd = -1
    _map: "mmap | None" = None

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
        from array import array  # imports collections: no program without a ring is to wait for it

        self._process = this_process()
        self._next = 0
        self._array = array
        self._even = (0, 0), array("I")
        self._handed: dict[int, int] = {}  # the blocks that are not the kernel's, in order
        blocks = integer("blocks", blocks, 1, 1 << 16)
        block_size = integer("block_size", block_size, PAGESIZE, 1 << 30)
        if block_size % PAGESIZE:
            raise ValueError(f"block_size must be a multiple of {PAGESIZE}, not {block_size}")
        integer("blocks * block_size", blocks * block_size, 0, 2**31 - 1)
        retire = u16("retire", retire)
        address = SockaddrLinklayer(htons(ETH_P_ALL) if protocol is None else u16("protocol", protocol), ifindex)
        try:
            # Protocol 0: nothing is received before the ring and the filter are there.
            self.fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)
            setsockopt_int(self.fd, SOL_PACKET, PACKET_VERSION, TPACKET_V3)
            # TPACKET_V3 packs frames as they come; of a frame's size it only asks that it divides the block.
            request = TpacketReq3(block_size, blocks, block_size, blocks, retire, 0, 0)
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
        """Wait up to msec milliseconds (-1: forever) for the next block and return its frames; empty on timeout.

        ENETDOWN: the interface has gone down; reception resumes when it is up again. BufferError: the next block of the
        ring is still in use.
        """
        msec = i32("msec", msec)
        if self._map is None:
            raise ValueError("the ring is closed")
        self._check_process()
        deadline = monotonic() + msec / 1000 if msec >= 0 else inf
        while self._is_ready(deadline):
            frames = self._next_block()
            if frames._count:
                return frames
            frames.__exit__()  # the kernel hands over an empty block where a large frame does not fit into what is left
        return Frames(self, memoryview(b""), 0, 0, 0)

    def _is_ready(self, deadline: float) -> bool:
        """Wait for the next block; False on timeout."""
        self._give_back()
        if self._next in self._handed:
            raise BufferError("every block of the ring is in use: by `with`, or by a view of a frame")
        while not self._statuses[self._next] & TP_STATUS_USER:
            left = max(0.0, deadline - monotonic())
            if not self._wait(left) or left == 0:
                return False
        return True

    def _next_block(self) -> Frames:
        fence()
        index = self._next
        view = memoryview(self._blocks[index]).cast("B")
        description = TpacketBlockDesc.from_buffer_copy(view)
        frames = Frames(self, view, description.num_pkts, description.offset_to_first_pkt, description.blk_len)
        self._next = (index + 1) % len(self._blocks)
        self._handed[index] = index
        return frames

    def _wait(self, seconds: float) -> bool:
        """Wait up to so many seconds for a block; False on timeout."""
        woken = epoll_wait(self._epfd, self._events, -1 if seconds == inf else min(ceil(seconds * 1000), 2**31 - 1))
        if woken and self._events[0].events & EPOLLERR and (error := getsockopt_int(self.fd, SOL_SOCKET, SO_ERROR)):
            raise system_error("packet ring", error)
        if woken and not self._statuses[self._next] & TP_STATUS_USER:
            # The kernel calls the ring readable for as long as it has not all blocks back: there is no waiting for
            # more.
            sleep(min(seconds, _PAUSE))
            self._give_back()
        return bool(woken)

    def statistics(self) -> TpacketStatsV3:
        """getsockopt(2) PACKET_STATISTICS: frames that passed the filter, and drops among them, since the last call."""
        if self._map is not None:
            self._check_process()  # the call resets them to 0
        return getsockopt_tpacket_stats_v3(self.fd, SOL_PACKET, PACKET_STATISTICS)

    def close(self) -> None:
        """Close the ring; its memory is unmapped when the last view of a frame is gone. A second call does nothing."""
        descriptors, self.fd, self._epfd = (self.fd, self._epfd), -1, -1
        self._map = None
        self._blocks = []
        self._statuses = memoryview(b"")
        self._handed = {}
        for fd in descriptors:
            if fd >= 0:
                close(fd)

    __del__ = close

    def __enter__(self) -> "PacketRing":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _even_offsets(self, start: int, stride: int, count: int) -> "array[int]":
        """So many numbers that are a stride apart. From one block to the next they are mostly the same."""
        if self._even[0] != (start, stride) or len(self._even[1]) < count:
            self._even = (start, stride), self._array("I", range(start, start + count * stride, stride))
        return self._even[1][:count]

    def _check_process(self) -> None:
        if self._process != this_process():
            raise ValueError("the ring belongs to the process that made it, and this is a child of it")

    def _give_back(self) -> None:
        """Hand blocks to the kernel, in order, up to the first that has a view."""
        if self._process != this_process():
            return  # the blocks are in use in the process that this is a child of
        for index in list(self._handed):
            if sys.getrefcount(self._blocks[index]) != self._alone:
                return
            fence()
            # Where the garbage collector has come in between, and deleted a Frames, the block is given back already.
            if self._handed.pop(index, None) is not None:
                self._statuses[index] = TP_STATUS_KERNEL
