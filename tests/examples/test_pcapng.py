"""Files of frames: what a reader of pcapng finds in them is what was written, of however many frames and bytes."""

import io
import struct
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.shared.pcapng import PcapngWriter

Packet = tuple[int, int, bytes]

TIMES = st.integers(0, 2**63)
LENGTHS = st.integers(0, 2**32 - 1)
OF_ANY_SIZE = st.lists(st.tuples(TIMES, LENGTHS, st.binary(max_size=70)), max_size=20)


def written(*parts: list[Packet]) -> bytes:
    file = io.BytesIO()
    writer = PcapngWriter(file, "eth0")
    for packets in parts:
        times, lengths, frames = ([packet[i] for packet in packets] for i in range(3))
        writer.write(times, lengths, frames)  # type: ignore[arg-type]
    return file.getvalue()


def blocks(file: bytes) -> Iterator[tuple[int, bytes]]:
    """The kind and the body of each block."""
    at = 0
    while at < len(file):
        kind, length = struct.unpack_from("=II", file, at)
        assert length % 4 == 0
        assert struct.unpack_from("=I", file, at + length - 4) == (length,)
        yield kind, file[at + 8 : at + length - 4]
        at += length


def read(file: bytes) -> list[Packet]:
    packets = []
    for kind, body in list(blocks(file))[2:]:
        assert kind == 6  # an enhanced packet
        interface, high, low, size, length = struct.unpack_from("=IIIII", body)
        assert interface == 0
        assert len(body) == 20 + size + -size % 4
        assert body[20 + size :] == bytes(-size % 4)
        packets.append((high << 32 | low, length, body[20 : 20 + size]))
    return packets


@given(OF_ANY_SIZE)
def test_frames_of_any_size(packets: list[Packet]) -> None:
    assert read(written(packets)) == packets


@given(st.integers(0, 70).flatmap(lambda n: st.lists(st.tuples(TIMES, LENGTHS, st.binary(min_size=n, max_size=n)))))
def test_frames_of_one_size(packets: list[Packet]) -> None:
    assert read(written(packets)) == packets


@pytest.mark.parametrize("size", [*range(65), 1514, 65535])
def test_many_frames_at_once_are_written_as_each_alone_and_as_among_others(size: int) -> None:
    packets = [(10**18 * i + i, size + i, bytes([i + 1]) * size) for i in range(9)]
    other = [(1, 2, bytes(size + 1))]
    header = len(written())
    together = written(packets)
    assert together == written(*([packet] for packet in packets))
    assert together == written(packets + other)[: -len(written(other)) + header]
    assert read(together) == packets


def test_nothing_is_written_of_no_frames() -> None:
    assert written([]) == written()
    assert [kind for kind, _ in blocks(written())] == [0x0A0D0D0A, 1]
