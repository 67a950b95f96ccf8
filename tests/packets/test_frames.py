"""The ways to look at the frames of a block: all tell the same, whatever came, and none outlives the block's memory."""

import random
import struct
import time
from array import array
from collections import Counter
from mmap import PAGESIZE

import pytest

import pysyscall as syscall

from .. import limits
from ..limits import needs
from ..namespaces import in_namespace
from ..test_memory import assert_flat
from .test_options import ETHERTYPE, cable, frame
from .test_receive_ring import PROTOCOL, WAIT, ring_and_sender

pytestmark = needs(limits.PACKET_RING)

HEADER_AT = 48  # struct tpacket_block_desc comes before the first frame
TAG = struct.pack("!HH", syscall.ETH_P_8021Q, 5 << 13 | 42)
SERVICE_TAG = struct.pack("!HH", syscall.ETH_P_8021AD, 7)
RANDOM = random.Random(4)

TRAFFIC = {
    "one": [frame(bytes(50))],
    "two": [frame(bytes(50)), frame(b"x" * 50)],
    "equal": [frame(bytes([i]) * 50) for i in range(100)],
    **{f"{n} equal": [frame(bytes([i]) * 50) for i in range(n)] for n in (31, 32, 33, 64, 65)},
    "the last is longer": [*[frame(bytes([i]) * 50) for i in range(20)], frame(bytes(900))],
    "the last is shorter": [*[frame(bytes([i]) * 900) for i in range(20)], frame(bytes(46))],
    "the first is longer": [frame(bytes(900)), *[frame(bytes([i]) * 50) for i in range(20)]],
    "equally far apart": [frame(bytes([i + 1]) * (50 + i % 4)) for i in range(30)],
    "all kinds of lengths": [frame(RANDOM.randbytes(RANDOM.randrange(46, 1400))) for _ in range(200)],
    "all tagged": [frame(bytes([i]) * 50, TAG) for i in range(20)],
    "some tagged": [frame(bytes([i]) * 50, (TAG, b"", SERVICE_TAG)[i % 3]) for i in range(30)],
    "one tagged": [frame(bytes([i]) * 50, TAG if i == 7 else b"") for i in range(20)],
    "the last is tagged": [frame(bytes([i]) * 50, TAG if i == 19 else b"") for i in range(20)],
}


def check(frames: syscall.Frames) -> list[bytes]:
    """That all ways to look at frames tell the same; the frames as they were on the wire."""
    looked = [(each.timestamp, each.length, each.copy()) for each in frames]
    assert list(frames.packets()) == looked
    assert frames.columns() == tuple(list(column) for column in zip(*looked, strict=True))
    assert frames.wire_bytes() == sum(length for _, length, _ in looked)
    block, offsets = frames.block, frames.offsets()
    assert isinstance(offsets, array)
    assert offsets.typecode == "I"
    assert memoryview(offsets).itemsize == 4
    data = [bytes(each.data) for each in frames]
    assert [bytes(block[at : at + len(each)]) for at, each in zip(offsets, data, strict=True)] == data
    assert frames.offsets(12) == array("I", [at + 12 for at in offsets])
    words = block.cast("H")
    ethertypes = Counter(words[at >> 1] for at in frames.offsets(12))
    assert ethertypes == Counter(struct.unpack_from("=H", each, 12)[0] for each in data)
    for byte in (0, 12, 17, 18, 19, 20, 58, 62, 63, 64, 913, 65535):
        halfwords = frames.halfwords(byte)
        assert isinstance(halfwords, array)
        assert halfwords.typecode == "H"
        numbers = [int.from_bytes(each[byte : byte + 2], "big") if byte + 2 <= len(each) else 0 for each in data]
        assert halfwords.tolist() == numbers
        assert frames.counts(byte) == Counter(numbers)
    return [copy for _, _, copy in looked]


@in_namespace
@pytest.mark.parametrize("kind", TRAFFIC)
def test_every_way_to_look_at_frames_tells_the_same(kind: str) -> None:
    near, far = cable()
    sent = TRAFFIC[kind]
    with syscall.PacketRing(far, retire=20) as ring:
        sender = syscall.lsf_socket(near, 0)
        for each in sent:
            syscall.write(sender, each)
        taken: list[bytes] = []
        while len(taken) < len(sent):
            with ring.frames(WAIT) as frames:
                assert len(frames)
                taken += check(frames)
    assert taken == sent


@in_namespace
def test_frames_that_a_filter_cut_have_their_own_lengths() -> None:
    near, far = cable()
    program = [syscall.lsf_stmt(syscall.BPF_RET | syscall.BPF_K, 20)]
    with syscall.PacketRing(far, PROTOCOL, retire=20, filter=program) as ring:
        sender = syscall.lsf_socket(near, 0)
        sent = [frame(RANDOM.randbytes(50 + i % 3 * 500)) for i in range(10)]
        for each in sent:
            syscall.write(sender, each)
        taken: list[tuple[int, bytes]] = []
        while len(taken) < 10:
            with ring.frames(WAIT) as frames:
                assert len(frames)
                check(frames)
                taken += [(length, data) for _, length, data in frames.packets()]
    assert taken == [(len(each), each[:20]) for each in sent]


@in_namespace
def test_a_frame_that_holds_what_looks_like_headers_is_taken_for_none() -> None:
    """Bytes that anybody can send, at the places where headers would be if all frames were as long as the first."""
    near, far = cable()
    with syscall.PacketRing(far, retire=100) as ring:
        sender = syscall.lsf_socket(near, 0)
        short = frame(bytes(50))
        for each in (short, short):
            syscall.write(sender, each)
        with ring.frames(WAIT) as frames:
            assert len(frames) == 2
            start, second = frames.offsets()
            stride, header_size = second - start, start - HEADER_AT
            header = bytes(frames.block[HEADER_AT:start])
        # From the second frame's data on to where a third header would be.
        long = frame((bytes(stride - header_size - 14) + header).ljust(700, b"\0"))
        for each in (short, long, frame(bytes(300))):
            syscall.write(sender, each)
        with ring.frames(WAIT) as frames:
            assert len(frames) == 3
            assert bytes(frames.block[HEADER_AT + 2 * stride :][:header_size]) == header
            assert check(frames) == [short, long, frame(bytes(300))]


@in_namespace
@pytest.mark.parametrize("spread", [1, 3])
def test_times_are_right_in_a_block_that_goes_on_into_the_next_second(spread: int) -> None:
    with ring_and_sender(blocks=2, block_size=PAGESIZE, retire=60_000) as (ring, sender):
        sender.send(4, lambda number: 46 + 20 * (number % spread))
        second = int(time.time())
        while int(time.time()) == second:
            time.sleep(0.01)
        with ring.frames(0) as frames:
            assert len(frames) == 0
        sender.send(60, lambda number: 46 + 20 * (number % spread))  # more than have room
        with ring.frames(WAIT) as frames:
            assert check(frames) == sender.sent[: len(frames)]
            times = [timestamp // 1_000_000_000 for timestamp, _, _ in frames.packets()]
        assert len(times) > 4
        assert times[0] < times[-1]
        assert times == sorted(times)


@in_namespace
def test_blocks_one_after_another_have_their_own_offsets() -> None:
    """Frames of one length and then another, so that what is remembered of the last block does not fit."""
    with ring_and_sender(blocks=4, block_size=4 * PAGESIZE, retire=50) as (ring, sender):
        for size in (46, 46, 200, 46, 1000, 46):
            for count in (3, 20, 5):
                if size * count > 3 * PAGESIZE:
                    continue
                before = len(sender.sent)
                sender.send(count, lambda number, size=size: size)  # type: ignore[misc]
                taken: list[bytes] = []
                while len(taken) < count:
                    with ring.frames(WAIT) as frames:
                        assert len(frames)
                        block = frames.block
                        data = [bytes(each.data) for each in frames]
                        pairs = zip(frames.offsets(), data, strict=True)
                        taken += [bytes(block[at : at + len(each)]) for at, each in pairs]
                        del block
                assert taken == sender.sent[before:]


@in_namespace
def test_no_frames_are_none_in_every_way() -> None:
    with ring_and_sender() as (ring, _), ring.frames(0) as frames:
        assert list(frames.packets()) == []
        assert frames.columns() == ([], [], [])
        assert list(frames.offsets()) == []
        assert list(frames.halfwords(12)) == []
        assert frames.counts(12) == {}
        assert frames.wire_bytes() == 0
        assert len(frames.block) == 0


# Memory


@in_namespace
@pytest.mark.parametrize("lengths", [[50, 50, 50], [50, 500, 60]])
def test_packets_are_copies_and_the_rest_is_refused_once_the_block_is_given_back(lengths: list[int]) -> None:
    with ring_and_sender(blocks=1, block_size=2 * PAGESIZE, retire=50) as (ring, sender):
        sender.send(3, lambda number: lengths[number])
        with ring.frames(WAIT) as frames:
            count = len(frames)
            packets = frames.packets()
            first = next(packets)[2]
            offsets, ethertypes = frames.offsets(), frames.halfwords(12)
        assert count
        sender.send(3, lambda number: 100)
        with ring.frames(WAIT):
            assert [first, *(data for _, _, data in packets)] == sender.sent[:count]
        for use in (
            frames.packets,
            frames.columns,
            frames.offsets,
            lambda: frames.halfwords(12),
            lambda: frames.counts(12),
            frames.wire_bytes,
            lambda: frames.block,
        ):
            with pytest.raises(ValueError, match="the block of this frame has been given back"):
                use()
        assert len(offsets) == count
        assert ethertypes.tolist() == [ETHERTYPE] * count


@in_namespace
def test_a_view_of_the_block_keeps_it() -> None:
    with ring_and_sender(blocks=1, block_size=PAGESIZE, retire=1) as (ring, sender):
        sender.send()
        with ring.frames(WAIT) as frames:
            block, (at,) = frames.block, frames.offsets()
            frames.packets()  # keeps nothing
            frames.columns()
            frames.halfwords(12)
            frames.wire_bytes()
        sender.send()
        assert block[at : at + len(sender.sent[0])] == sender.sent[0]
        with pytest.raises(BufferError, match="in use"):
            ring.frames(0)
        part = block.cast("I")[1:]
        block.release()
        with pytest.raises(BufferError, match="in use"):
            ring.frames(0)
        part.release()
        del part, block
        with ring.frames(0):
            pass
        sender.send()
        with ring.frames(WAIT) as frames:
            assert check(frames) == sender.sent[-1:]


@in_namespace
def test_looking_leaves_no_memory_behind() -> None:
    with ring_and_sender(blocks=2, block_size=4 * PAGESIZE, retire=1) as (ring, sender):
        sender.send(10)
        sender.send(3, lambda number: 46 + number)
        with ring.frames(WAIT) as frames:

            def call() -> None:
                for _ in frames.packets():
                    pass
                frames.columns()
                frames.offsets()
                frames.halfwords(12)
                frames.wire_bytes()
                len(frames.block)

            assert_flat(call, 10_000)


@in_namespace
@pytest.mark.parametrize("byte", [-1, 65536])
def test_a_byte_out_of_range_is_refused(byte: int) -> None:
    with ring_and_sender() as (ring, _), ring.frames(0) as frames:
        for use in (frames.offsets, frames.halfwords):
            with pytest.raises(OverflowError, match="byte must be in"):
                use(byte)
