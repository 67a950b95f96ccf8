"""TransmitRing: frames sent from memory that the kernel and the program share, many with one call."""

from ctypes import sizeof
from mmap import PAGESIZE, mmap

from ..base.arguments import integer
from ..base.errors import system_error
from ..constants._errnos import EAGAIN
from ..constants._packets import (
    PACKET_TX_RING,
    PACKET_VERSION,
    TP_STATUS_AVAILABLE,
    TP_STATUS_SEND_REQUEST,
    TP_STATUS_SENDING,
    TP_STATUS_WRONG_FORMAT,
    TPACKET_ALIGNMENT,
    TPACKET_V2,
)
from ..constants._sockets import AF_PACKET, SOCK_CLOEXEC, SOCK_RAW, SOL_PACKET
from ..io.descriptors import close
from ..sockets.addresses import SockaddrLinklayer
from ..sockets.messages import sendto
from ..sockets.options import setsockopt, setsockopt_int
from ..sockets.sockets import bind, socket
from .receive_ring import fence
from .structs import Tpacket2Hdr, TpacketReq

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..base.buffers import ReadableBuffer

_DATA = (sizeof(Tpacket2Hdr) + TPACKET_ALIGNMENT - 1) & -TPACKET_ALIGNMENT
_STATUS = Tpacket2Hdr.status.offset // 4  # type: ignore[attr-defined]  # a field's descriptor
_LENGTH = Tpacket2Hdr.len.offset // 4  # type: ignore[attr-defined]
_BUSY = TP_STATUS_SEND_REQUEST | TP_STATUS_SENDING | TP_STATUS_WRONG_FORMAT


class TransmitRing:
    """packet(7) PACKET_TX_RING: send frames on an interface; `put` places one, `flush` sends all that are placed.

    There are at least as many slots as asked for. A slot of slot_size bytes, a power of 2, holds a frame and 32 bytes
    more. PermissionError: CAP_NET_RAW is missing. ENODEV: no such interface.

        with TransmitRing(interface_by_name("eth0").index) as ring:
            for frame in frames:
                ring.put(frame)
            ring.flush()

    A ring is for one thread. Go's syscall has no counterpart.
    """

    def __init__(self, ifindex: int, slots: int = 256, slot_size: int = 2048) -> None:
        self.fd = -1
        slots = integer("slots", slots, 1, 1 << 16)
        slot_size = integer("slot_size", slot_size, 128, 1 << 18)
        if slot_size & (slot_size - 1):
            raise ValueError(f"slot_size must be a power of 2, not {slot_size}")
        integer("slots * slot_size", slots * slot_size, 0, 2**31 - 1)
        address = SockaddrLinklayer(0, ifindex)
        block_size = max(PAGESIZE, slot_size)
        blocks = -(-slots * slot_size // block_size)
        self._slot_size = slot_size
        self._slots = blocks * block_size // slot_size
        self._next = 0
        try:
            # Protocol 0: this socket receives nothing.
            self.fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)
            setsockopt_int(self.fd, SOL_PACKET, PACKET_VERSION, TPACKET_V2)
            setsockopt(self.fd, SOL_PACKET, PACKET_TX_RING, TpacketReq(block_size, blocks, slot_size, self._slots))
            self._memory = memoryview(mmap(self.fd, blocks * block_size))
            words, step = self._memory.cast("I"), slot_size // 4
            self._statuses, self._lengths = words[_STATUS::step], words[_LENGTH::step]
            bind(self.fd, address)
        except BaseException:
            self.close()
            raise

    def __len__(self) -> int:
        return self._slots

    def put(self, frame: "ReadableBuffer") -> None:
        """Place a frame, link-layer header first, in the next slot. BlockingIOError: all slots wait to be sent."""
        data = frame if isinstance(frame, (bytes, bytearray)) else memoryview(frame).tobytes()
        if len(data) > self._slot_size - _DATA:
            raise ValueError(f"frame must be at most {self._slot_size - _DATA} bytes, not {len(data)}")
        self._check_open()
        slot = self._next
        if self._statuses[slot] & _BUSY:
            raise system_error("transmit ring", EAGAIN)
        start = slot * self._slot_size + _DATA
        self._memory[start : start + len(data)] = data
        self._lengths[slot] = len(data)
        fence()
        self._statuses[slot] = TP_STATUS_SEND_REQUEST
        self._next = (slot + 1) % self._slots

    def flush(self, flags: int = 0) -> None:
        """sendto(2): send every frame that is placed, and wait until the interface is done with them.

        With MSG_DONTWAIT it sends those for which the socket's send buffer has room, and does not wait.

        OSError(EINVAL, EMSGSIZE): a frame is too short for its header, or longer than the interface takes; it is taken
        out of the ring. OSError(ENETDOWN): the interface is down. After any error the frames not sent wait for the next
        flush.
        """
        self._check_open()
        try:
            sendto(self.fd, b"", flags, None)
        except OSError:
            self._take_out_refused()
            raise

    def close(self) -> None:
        """Give the ring back; frames that wait are not sent. A second call does nothing."""
        fd, self.fd = self.fd, -1
        self._statuses = self._lengths = self._memory = memoryview(b"")
        if fd >= 0:
            close(fd)

    __del__ = close

    def __enter__(self) -> "TransmitRing":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _check_open(self) -> None:
        if self.fd < 0:
            raise ValueError("the ring is closed")

    def _take_out_refused(self) -> None:
        """Let those behind a refused frame move up into its slot: the kernel does not pass it by."""
        try:
            slot = self._statuses.tolist().index(TP_STATUS_WRONG_FORMAT)
        except ValueError:
            return
        size = self._slot_size - _DATA
        while (following := (slot + 1) % self._slots) != self._next:
            to, source = (each * self._slot_size + _DATA for each in (slot, following))
            self._memory[to : to + size] = self._memory[source : source + size]
            self._lengths[slot] = self._lengths[following]
            fence()
            self._statuses[slot] = TP_STATUS_SEND_REQUEST
            slot = following
        self._statuses[slot] = TP_STATUS_AVAILABLE
        self._next = slot
