"""Frames and Frame: what a PacketRing receives, still in the memory that the kernel wrote it to.

A block is a chain of frames: each begins with a struct tpacket3_hdr that says where the next one is. Where all frames
of a block are equally far apart, as in a flood of short ones, a field of all of them is one strided slice, a column:
it is compared, copied and converted without a line of Python for each frame.
"""

import sys
from _collections_abc import Iterator
from ctypes import sizeof
from itertools import chain
from struct import Struct as Codec
from struct import iter_unpack

from ..base.arguments import u16
from ..base.layout import aligned, codec
from ..constants import TP_STATUS_VLAN_VALID, TPACKET_ALIGNMENT
from ..sockets.addresses import Sockaddr, decode
from .options import tagged, vlan_tag
from .structs import Tpacket3Hdr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from array import array

    from .receive_ring import PacketRing

    _Integers = array[int]
else:
    PacketRing = object  # its module imports this one
    _Integers = object  # array imports collections

_SOCKADDR = aligned(sizeof(Tpacket3Hdr), TPACKET_ALIGNMENT)
_SECOND = 1_000_000_000  # nanoseconds
_TAG = 4  # bytes of a VLAN tag
_header = codec(Tpacket3Hdr)
_lengths = Codec(f"=I{Tpacket3Hdr.len.offset - 4}xII")  # type: ignore[attr-defined]  # next_offset, len, status
# Up to the field after the status, `mac`, the fields are words, but for that one.
_head = Codec("=IIIIIIH")
_NEXT, _SEC, _NSEC, _SNAPLEN, _LEN, _STATUS, _MAC = range(7)
_snapped = Codec("=I8xI8xH")  # next_offset, snaplen, mac
_halfword = Codec("!H")
_AT_ONCE = 32  # frames that are unpacked together: they cost a third of what they cost one by one


class Frame:
    """One frame in the ring, valid until its block is given back."""

    __slots__ = ("_at", "_frames", "_header")

    def __init__(self, frames: "Frames", at: int, header: "tuple[int, ...]") -> None:
        self._frames = frames
        self._at = at
        self._header = header

    @property
    def data(self) -> memoryview:
        """A view of the frame's bytes in the ring, without the VLAN tag that the kernel removed.

        The block is not returned to the kernel while a view of it exists.
        """
        start = self._at + self._header[6]
        return self._frames._memory()[start : start + self._header[3]]

    def copy(self) -> bytes:
        """Return the frame as it was on the wire: a copy of `data` with the VLAN tag restored."""
        return tagged(self.data, self.vlan)

    @property
    def length(self) -> int:
        """The frame's length on the wire, including a VLAN tag; `copy` is shorter if a filter truncated the frame."""
        return self._header[4] + (_TAG if self._header[5] & TP_STATUS_VLAN_VALID else 0)

    @property
    def timestamp(self) -> int:
        """The receive time, in nanoseconds since 1970."""
        return self._header[1] * _SECOND + self._header[2]

    @property
    def vlan(self) -> "tuple[int, int] | None":
        """The VLAN tag that the kernel removed, (TPID, TCI), or None. The TPID is ETH_P_8021Q or ETH_P_8021AD."""
        return vlan_tag(self._header[5], self._header[9], self._header[10])

    @property
    def address(self) -> "Sockaddr":
        """The source: a SockaddrLinklayer with the interface, the protocol and the packet type."""
        start, end = self._at + _SOCKADDR, self._at + self._header[6]
        return decode(self._frames._memory()[start:end].tobytes())


class Frames:
    """The frames of one block. Use them in a `with` statement, which returns the block to the kernel at its end.

    Without `with` the block is returned when this object and its frames are gone. There are several ways to read
    them, from the most detailed to the fastest: iteration, which yields Frames; `packets` and `columns`; `offsets`;
    `halfwords` and `counts`; `wire_bytes`.
    """

    __slots__ = ("_count", "_first", "_length", "_ring", "_view")

    def __init__(self, ring: "PacketRing", view: memoryview, count: int, first: int, length: int) -> None:
        self._ring = ring
        self._view: memoryview | None = view
        self._count = count
        self._first = first
        self._length = min(length + 7 & -8, len(view))  # of what is in the block

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> "Iterator[Frame]":
        at = self._first
        for _ in range(self._count):
            # No view is kept here: a loop that was left would withhold the block.
            header = _header.unpack_from(self._memory(), at)
            yield Frame(self, at, header)
            at += header[0]

    def packets(self) -> "Iterator[tuple[int, int, bytes]]":
        """Return for each frame the receive time in nanoseconds since 1970, its length on the wire, and its bytes.

        These are `timestamp`, `length` and `copy` of Frame, in a fifth of the time. All are copied at the call,
        so that they can be used after the block has been returned to the kernel.
        """
        raw = self._copied()
        even = self._even_columns(raw)
        return _packets(raw, self._first, self._count) if even is None else zip(*even, strict=True)

    def columns(self) -> "tuple[list[int], list[int], list[bytes]]":
        """Return what `packets` returns, as three lists: the times, the lengths and the bytes of all frames."""
        raw = self._copied()
        if even := self._even_columns(raw):
            return *even[:2], list(even[2])
        times: list[int] = []
        lengths: list[int] = []
        frames: list[bytes] = []
        for time, length, data in _packets(raw, self._first, self._count):
            times.append(time)
            lengths.append(length)
            frames.append(data)
        return times, lengths, frames

    @property
    def block(self) -> memoryview:
        """A view of the memory of the block, for `offsets`.

        The block is not returned to the kernel while a view of it exists.
        """
        return self._memory()[:]

    def offsets(self, byte: int = 0) -> "_Integers":
        """Return the offset in `block` of this byte of each frame: an `array("I")`, to read a few bytes of each.

        A VLAN tag that the kernel removed is not in the block. If a frame is too short, other bytes are at its offset.

            first = numpy.frombuffer(frames.block, "u1")[frames.offsets()]
        """
        view, at = self._memory(), self._first
        byte = u16("byte", byte)
        words, halves = view.cast("I"), view.cast("H")
        stride = self._stride(words)
        if stride and _is_constant(_column(words, at, _MAC, stride, self._count)):
            return self._ring._even_offsets(at + halves[(at >> 1) + 2 * _MAC] + byte, stride, self._count)
        found: list[int] = []
        append = found.append
        for _ in range(self._count):
            append(at + halves[(at >> 1) + 2 * _MAC] + byte)
            at += words[at >> 2]
        return self._ring._array("I", found)

    def halfwords(self, byte: int) -> "_Integers":
        """Return the 16-bit number at this byte of each frame, from network to host order: an `array("H")`.

        It is what the instruction BPF_LD | BPF_H | BPF_ABS loads. Bytes are counted without the VLAN tag that the
        kernel removed. 0 stands for a frame that is too short.
        """
        view, at, count = self._memory(), self._first, self._count
        byte = u16("byte", byte)
        words = view.cast("I")
        stride = self._stride(words)
        _, size, mac = _snapped.unpack_from(view, at) if count else (0, 0, 0)
        if stride and all(_is_constant(_column(words, at, field, stride, count)) for field in (_SNAPLEN, _MAC)):
            if byte + 2 > size:
                return self._ring._array("H", bytes(2 * count))
            start = at + mac + byte
            column = view[start : start + stride * (count - 1) + 2].cast("H")[:: stride >> 1]
            found = self._ring._array("H", column.tobytes())
            if sys.byteorder == "little":
                found.byteswap()
            return found
        numbers: list[int] = []
        append, unpack, number_at = numbers.append, _snapped.unpack_from, _halfword.unpack_from
        for _ in range(count):
            following, size, mac = unpack(view, at)
            append(number_at(view, at + mac + byte)[0] if byte + 2 <= size else 0)
            at += following
        return self._ring._array("H", numbers)

    def counts(self, byte: int) -> "dict[int, int]":
        """Return a dict: each number that `halfwords` returns, and how many frames have it.

        `ethertypes.update(frames.counts(12))` counts those of many blocks, if ethertypes is a Counter.
        """
        numbers = self.halfwords(byte)
        raw = numbers.tobytes()
        if raw and raw[2:] == raw[:-2]:  # all are equal
            return {numbers[0]: len(numbers)}
        counts: dict[int, int] = {}
        for number in numbers:
            counts[number] = counts.get(number, 0) + 1
        return counts

    def wire_bytes(self) -> int:
        """Return the sum of the lengths of all frames, for programs that only count."""
        view = self._memory()
        words = view.cast("I")
        first, count = self._first, self._count
        stride = self._stride(words)
        if stride:
            status = words[(first >> 2) + _STATUS]
            tag = _TAG if status & TP_STATUS_VLAN_VALID else 0
            # `len` and `status` are one word of 8 bytes.
            if _is_constant(_column(view.cast("Q"), first, _LEN, stride, count, 8)):
                return (words[(first >> 2) + _LEN] + tag) * count
            if _is_constant(_column(words, first, _STATUS, stride, count)):
                return sum(_column(words, first, _LEN, stride, count).tolist()) + tag * count
        at, total, unpack = first, 0, _lengths.unpack_from
        for _ in range(count):
            following, length, status = unpack(view, at)
            total += length
            if status & TP_STATUS_VLAN_VALID:
                total += _TAG
            at += following
        return total

    def __enter__(self) -> "Frames":
        return self

    def __exit__(self, *exception: object) -> None:
        self._view = None
        self._ring._give_back()

    def __del__(self) -> None:
        if hasattr(self, "_ring"):  # not where __init__ has failed
            self.__exit__()

    def _memory(self) -> memoryview:
        if self._view is None:
            raise ValueError("the block of this frame has been given back")
        return self._view

    def _copied(self) -> bytes:
        """All that the kernel wrote to the block."""
        return self._memory()[: self._length].tobytes()

    def _even_columns(self, raw: bytes) -> "tuple[list[int], list[int], Iterator[bytes]] | None":
        """The columns of frames that are equally far apart and have as many bytes, none with a VLAN tag; or None."""
        view, first, count = memoryview(raw), self._first, self._count
        words = view.cast("I")
        stride = self._stride(words)
        if not stride:
            return None
        secs, nsecs, snaplens, lengths, statuses, macs = (
            _column(words, first, field, stride, count) for field in range(_SEC, _MAC + 1)
        )
        _, second, _, size, length, status, mac = _head.unpack_from(raw, first)
        end = first + stride * count
        even = all(map(_is_constant, (snaplens, statuses, macs))) and mac + size <= stride and end <= len(raw)
        if not even or status & TP_STATUS_VLAN_VALID:
            return None
        if _is_constant(secs):
            base = second * _SECOND
            times = [base + nsec for nsec in nsecs.tolist()]
        else:
            times = [sec * _SECOND + nsec for sec, nsec in zip(secs, nsecs, strict=True)]
        frame = f"{mac}x{size}s{stride - mac - size}x"
        rest = end - stride * (count % _AT_ONCE)
        data: Iterator[tuple[bytes, ...]] = iter_unpack(frame, view[rest:end])
        if rest > first:
            data = chain(iter_unpack(frame * _AT_ONCE, view[first:rest]), data)
        return times, [length] * count if _is_constant(lengths) else lengths.tolist(), chain.from_iterable(data)

    def _stride(self, words: memoryview) -> int:
        """How far apart the frames are, if each is equally far from the next; otherwise 0."""
        count = self._count - 1  # the last one has no next
        if count < 1:
            return 0
        stride: int = words[self._first >> 2]
        if (stride | self._first) & 7 or stride < _header.size:
            return 0
        if self._first + count * stride + _header.size > self._length:
            return 0
        return stride if _is_constant(_column(words, self._first, _NEXT, stride, count)) else 0


def _column(words: memoryview, first: int, field: int, stride: int, count: int, size: int = 4) -> memoryview:
    """One word of the header of every frame, of so many bytes."""
    start, step = (first + 4 * field) // size, stride // size
    return words[start : start + step * (count - 1) + 1 : step]


def _is_constant(column: memoryview) -> bool:
    """Whether all its items are equal. They are compared where they are, in a third of the time that copies take."""
    return column[1:] == column[:-1]


def _packets(raw: bytes, at: int, count: int) -> "Iterator[tuple[int, int, bytes]]":
    """The packets of any frames."""
    unpack, second, base = _head.unpack_from, 0, 0
    for _ in range(count):
        following, sec, nsec, size, length, status, mac = unpack(raw, at)
        if sec != second:
            second, base = sec, sec * _SECOND
        data = raw[at + mac : at + mac + size]
        if status & TP_STATUS_VLAN_VALID:
            header = _header.unpack_from(raw, at)
            yield base + nsec, length + _TAG, tagged(data, vlan_tag(status, header[9], header[10]))
        else:
            yield base + nsec, length, data
        at += following
