"""TransmitRing: frames sent from memory that the kernel and the program share, many with one call."""

from ctypes import sizeof
from mmap import mmap

from .arguments import integer
from .constants._errnos import EAGAIN, EINVAL
from .constants._packets import (
    PACKET_TX_RING,
    PACKET_VERSION,
    TP_STATUS_AVAILABLE,
    TP_STATUS_SEND_REQUEST,
    TP_STATUS_WRONG_FORMAT,
    TPACKET_ALIGNMENT,
    TPACKET_V2,
)
from .constants._sockets import AF_PACKET, SOCK_CLOEXEC, SOCK_RAW, SOL_PACKET
from .datagrams import sendto
from .descriptors import close
from .errors import system_error
from .rings import fence
from .sockaddr import SockaddrLinklayer
from .sockets import bind, socket
from .sockopt import setsockopt, setsockopt_int
from .structs.rings import Tpacket2Hdr, TpacketReq

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .buffers import ReadableBuffer

_PAGE = 4096
_DATA = (sizeof(Tpacket2Hdr) + TPACKET_ALIGNMENT - 1) & -TPACKET_ALIGNMENT


class TransmitRing:
    """packet(7) PACKET_TX_RING: send frames on an interface; `put` places one, `flush` sends all that are placed.

    A slot of slot_size bytes, a power of 2, holds a frame and 32 bytes more. PermissionError: CAP_NET_RAW is missing.

        with TransmitRing(interface_by_name("eth0").index) as ring:
            for frame in frames:
                ring.put(frame)
            ring.flush()

    A ring is for one thread. Go's syscall has no counterpart.
    """

    def __init__(self, ifindex: int, slots: int = 256, slot_size: int = 2048) -> None:
        slots = integer("slots", slots, 1, 1 << 16)
        slot_size = integer("slot_size", slot_size, 128, 1 << 18)
        if slot_size & (slot_size - 1):
            raise ValueError(f"slot_size must be a power of 2, not {slot_size}")
        block_size = max(_PAGE, slot_size)
        blocks = -(-slots * slot_size // block_size)
        self._slot_size = slot_size
        self._slots = blocks * block_size // slot_size
        self._next = 0
        # Protocol 0: this socket receives nothing.
        self.fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)
        try:
            setsockopt_int(self.fd, SOL_PACKET, PACKET_VERSION, TPACKET_V2)
            setsockopt(self.fd, SOL_PACKET, PACKET_TX_RING, TpacketReq(block_size, blocks, slot_size, self._slots))
            self._memory = memoryview(mmap(self.fd, blocks * block_size))
            words, step = self._memory.cast("I"), slot_size // 4
            self._statuses, self._lengths = words[0::step], words[1::step]
            bind(self.fd, SockaddrLinklayer(0, ifindex))
        except BaseException:
            close(self.fd)
            raise

    def __len__(self) -> int:
        return self._slots

    def put(self, frame: "ReadableBuffer") -> None:
        """Place a frame, link-layer header first, in the next slot.

        BlockingIOError: all slots wait to be sent. OSError(EINVAL): the frame that was in the slot was refused as
        malformed.
        """
        data = memoryview(frame).cast("B") if type(frame) is not bytes else frame
        if len(data) > self._slot_size - _DATA:
            raise ValueError(f"frame must be at most {self._slot_size - _DATA} bytes, not {len(data)}")
        if self.fd < 0:
            raise ValueError("the ring is closed")
        slot = self._next
        status = self._statuses[slot]
        if status == TP_STATUS_WRONG_FORMAT:
            self._statuses[slot] = TP_STATUS_AVAILABLE
            raise system_error("transmit ring", EINVAL)
        if status != TP_STATUS_AVAILABLE:
            raise system_error("transmit ring", EAGAIN)
        start = slot * self._slot_size + _DATA
        self._memory[start : start + len(data)] = data
        self._lengths[slot] = len(data)
        fence()
        self._statuses[slot] = TP_STATUS_SEND_REQUEST
        self._next = (slot + 1) % self._slots

    def flush(self, flags: int = 0) -> int:
        """sendto(2): send every frame that is placed; the number of bytes. MSG_DONTWAIT does not wait for their end.

        OSError(EINVAL): a frame was refused as malformed, and those after it wait. OSError(ENETDOWN): the interface is
        down.
        """
        return sendto(self.fd, b"", flags, None)

    def close(self) -> None:
        """Give the ring back. A second call does nothing."""
        fd, self.fd = self.fd, -1
        if fd >= 0:
            self._statuses = self._lengths = self._memory = memoryview(b"")
            close(fd)

    def __enter__(self) -> "TransmitRing":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
