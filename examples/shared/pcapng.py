"""Files of captured frames, for tshark and Wireshark: the pcapng format.

https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-02.html: a section header, an interface, and a block for each
frame. All in this machine's byte order, which the section header shows.
"""

import os
import struct
from collections.abc import Iterable
from functools import lru_cache
from typing import BinaryIO

_SECTION, _INTERFACE, _PACKET = 0x0A0D0D0A, 1, 6
_BYTE_ORDER = 0x1A2B3C4D
_ETHERNET = 1
_IF_NAME, _IF_TSRESOL, _END_OF_OPTIONS = 2, 9, 0
_NANOSECONDS = b"\x09"  # the power of ten of a time's unit


class PcapngWriter:
    """Writes the frames of one Ethernet interface to a file."""

    def __init__(self, file: BinaryIO, interface_name: str) -> None:
        self._file = file
        # Version 1.0; the section goes on to the end of the file.
        self._write(_SECTION, struct.pack("=IHHq", _BYTE_ORDER, 1, 0, -1))
        options = _option(_IF_NAME, os.fsencode(interface_name)) + _option(_IF_TSRESOL, _NANOSECONDS)
        self._write(_INTERFACE, struct.pack("=HHI", _ETHERNET, 0, 0) + options + _option(_END_OF_OPTIONS, b""))

    def write(self, packets: Iterable[tuple[int, int, bytes]]) -> None:
        """Write frames: when each came, in nanoseconds since 1970, its length on the wire, and what there is of it."""
        blocks: list[bytes] = []
        append = blocks.append
        layout, size = _frame_block(0), 0
        for time, length, frame in packets:
            if len(frame) != size:
                size = len(frame)
                layout = _frame_block(size)
            total = layout.size
            append(layout.pack(_PACKET, total, 0, time >> 32, time & 0xFFFF_FFFF, size, length, frame, total))
        self._file.write(b"".join(blocks))

    def _write(self, kind: int, body: bytes) -> None:
        length = struct.pack("=I", 12 + len(body))
        self._file.write(struct.pack("=I", kind) + length + body + length)


@lru_cache
def _frame_block(size: int) -> struct.Struct:
    """A block with a frame of so many bytes."""
    return struct.Struct(f"=7I{size}s{-size % 4}xI")


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("=HH", code, len(value)) + _padded(value)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
