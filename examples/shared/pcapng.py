"""Files of captured frames, for tshark and Wireshark: the pcapng format.

https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-02.html: a section header, an interface, and a block for each
frame. All in this machine's byte order, which the section header shows.
"""

import os
import struct
import sys
from array import array
from functools import lru_cache
from typing import BinaryIO

_SECTION, _INTERFACE, _PACKET = 0x0A0D0D0A, 1, 6
_BYTE_ORDER = 0x1A2B3C4D
_ETHERNET = 1
_IF_NAME, _IF_TSRESOL, _END_OF_OPTIONS = 2, 9, 0
_HEAD = 28  # bytes of a block before the frame
_TIME, _LENGTH = 3, 6  # words of it
_NANOSECONDS = b"\x09"  # the power of ten of a time's unit


class PcapngWriter:
    """Writes the frames of one Ethernet interface to a file."""

    def __init__(self, file: BinaryIO, interface_name: str) -> None:
        self._file = file
        # Version 1.0; the section goes on to the end of the file.
        self._write(_SECTION, struct.pack("=IHHq", _BYTE_ORDER, 1, 0, -1))
        options = _option(_IF_NAME, os.fsencode(interface_name)) + _option(_IF_TSRESOL, _NANOSECONDS)
        self._write(_INTERFACE, struct.pack("=HHI", _ETHERNET, 0, 0) + options + _option(_END_OF_OPTIONS, b""))

    def write(self, times: list[int], lengths: list[int], frames: list[bytes]) -> None:
        """Write frames: when each came, in nanoseconds since 1970, its length on the wire, and what there is of it."""
        alike = frames and list(map(len, frames)) == [len(frames[0])] * len(frames)
        self._file.write((_blocks_of_one_size if alike else _blocks)(times, lengths, frames))

    def _write(self, kind: int, body: bytes) -> None:
        length = struct.pack("=I", 12 + len(body))
        self._file.write(struct.pack("=I", kind) + length + body + length)


def _blocks(times: list[int], lengths: list[int], frames: list[bytes]) -> bytes:
    blocks: list[bytes] = []
    append = blocks.append
    layout, size = _layout(0), 0
    for time, length, frame in zip(times, lengths, frames, strict=True):
        if len(frame) != size:
            size = len(frame)
            layout = _layout(size)
        total = layout.size
        append(layout.pack(_PACKET, total, 0, time >> 32, time & 0xFFFF_FFFF, size, length, frame, total))
    return b"".join(blocks)


def _blocks_of_one_size(times: list[int], lengths: list[int], frames: list[bytes]) -> bytearray:
    """The same in a fraction of the time: what is between two frames are the same bytes, but for time and length."""
    first = _blocks(times[:1], lengths[:1], frames[:1])
    head, tail = first[:_HEAD], first[_HEAD + len(frames[0]) :]
    blocks = bytearray().join((head, (tail + head).join(frames), tail))
    words, stride = memoryview(blocks).cast("I"), len(first) // 4
    halves = memoryview(array("Q", times)).cast("B").cast("I")
    low, high = (halves[::2], halves[1::2]) if sys.byteorder == "little" else (halves[1::2], halves[::2])
    words[_TIME::stride], words[_TIME + 1 :: stride] = high, low
    if lengths != lengths[:1] * len(lengths):  # else each has that of the first
        words[_LENGTH::stride] = memoryview(array("I", lengths))
    return blocks


@lru_cache
def _layout(size: int) -> struct.Struct:
    """A block with a frame of so many bytes."""
    return struct.Struct(f"=7I{size}s{-size % 4}xI")


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("=HH", code, len(value)) + _padded(value)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
