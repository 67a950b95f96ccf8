"""Files of captured frames, for tshark and Wireshark: the pcapng format.

https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-02.html: a section header, an interface, and a block for each
frame. All in this machine's byte order, which the section header shows.
"""

import os
import struct
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

    def write(self, time: int, frame: bytes, length: int) -> None:
        """Write a frame: when it came, in nanoseconds since 1970, what there is of it, and its length on the wire."""
        head = struct.pack("=IIIII", 0, time >> 32, time & 0xFFFF_FFFF, len(frame), length)
        self._write(_PACKET, head + _padded(frame))

    def _write(self, kind: int, body: bytes) -> None:
        length = struct.pack("=I", 12 + len(body))
        self._file.write(struct.pack("=I", kind) + length + body + length)


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("=HH", code, len(value)) + _padded(value)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
