"""PacketRing on a cable of its own: every frame once and whole, whatever its consumer does, or counted as dropped."""

import errno
import gc
import os
import signal
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from mmap import PAGESIZE
from pathlib import Path

import pytest

import pysyscall as syscall
from examples.shared.forked import become
from examples.tour import laboratory

from .. import limits
from ..blocking import wait_until_blocked
from ..conftest import open_descriptors
from ..limits import needs
from ..namespaces import in_namespace, run_as_nobody
from ..programs import eventually
from ..test_memory import assert_flat, ctypes_types
from ..test_signals import Raised, fail, handler, interrupted, interrupted_once
from .test_options import ETHERTYPE, NEAR_ADDR, cable, frame

pytestmark = needs(limits.PACKET_RING)

PROTOCOL = syscall.htons(ETHERTYPE)
WAIT = 10_000  # milliseconds, for what comes at once


class Sender:
    """Sends numbered frames from the near end."""

    def __init__(self, near: int) -> None:
        self.fd = syscall.lsf_socket(near, 0)
        self.sent: list[bytes] = []

    def send(self, count: int = 1, size: Callable[[int], int] = lambda number: 46) -> None:
        for _ in range(count):
            number = len(self.sent)
            data = frame(number.to_bytes(4, "big") * (size(number) // 4))
            self.sent.append(data)
            syscall.write(self.fd, data)


@contextmanager
def ring_and_sender(
    blocks: int = 64, block_size: int = 1 << 20, retire: int = 8
) -> Iterator[tuple[syscall.PacketRing, Sender]]:
    near, far = cable()
    with syscall.PacketRing(far, PROTOCOL, blocks=blocks, block_size=block_size, retire=retire) as ring:
        yield ring, Sender(near)


class Receiver:
    """Takes all that a ring gets, and accounts for what it drops."""

    def __init__(self, ring: syscall.PacketRing) -> None:
        self.ring = ring
        self.taken: list[bytes] = []
        self.drops = 0
        self._packets = 0

    def take_all(self, sent: int) -> None:
        """Take until each of so many frames, from the first on, has come or is counted as dropped."""
        deadline = time.monotonic() + 30
        while self._packets < sent or len(self.taken) < sent - self.drops:
            assert time.monotonic() < deadline, f"{len(self.taken)} have come, {self.drops} of {self._packets} dropped"
            with self.ring.frames(100) as frames:
                self.taken += [bytes(each.data) for each in frames]
            stats = self.ring.statistics()
            self._packets, self.drops = self._packets + stats.packets, self.drops + stats.drops


def take(ring: syscall.PacketRing, count: int) -> list[bytes]:
    """So many frames, or more where the last block has more."""
    taken: list[bytes] = []
    while len(taken) < count:
        with ring.frames(WAIT) as frames:
            assert len(frames), f"only {len(taken)} of {count} frames have come"
            taken += [bytes(each.data) for each in frames]
    return taken


@in_namespace
def test_a_frame_comes_with_all_that_the_kernel_tells_of_it() -> None:
    near, far = cable()
    with syscall.PacketRing(far) as ring:
        before = time.time_ns()
        syscall.write(syscall.lsf_socket(near, 0), frame(b"hello" * 10))
        with ring.frames(WAIT) as frames:
            after = time.time_ns()
            assert len(frames) == 1
            (only,) = frames
            assert only.data == frame(b"hello" * 10)
            assert not only.data.readonly
            assert only.length == 64
            assert before <= only.timestamp <= after
            assert only.vlan is None
            address = only.address
            assert frames.wire_bytes() == 64
    assert isinstance(address, syscall.SockaddrLinklayer)
    assert (address.ifindex, address.pkttype, address.addr) == (far, syscall.PACKET_HOST, NEAR_ADDR)
    assert (address.protocol, address.hatype) == (PROTOCOL, syscall.ARPHRD_ETHER)


@in_namespace
def test_interface_0_is_every_interface() -> None:
    near, far = cable()
    with syscall.PacketRing() as ring:
        syscall.write(syscall.lsf_socket(near, 0), frame(b"hello" * 10))
        seen: list[tuple[int, int, bytes]] = []
        while len(seen) < 2:
            with ring.frames(WAIT) as frames:
                assert len(frames)
                for each in frames:
                    address = each.address
                    assert isinstance(address, syscall.SockaddrLinklayer)
                    seen.append((address.ifindex, address.pkttype, bytes(each.data)))
    data = frame(b"hello" * 10)
    assert seen == [(near, syscall.PACKET_OUTGOING, data), (far, syscall.PACKET_HOST, data)]


@in_namespace
@pytest.mark.parametrize("tpid", [syscall.ETH_P_8021Q, syscall.ETH_P_8021AD])
def test_the_vlan_tag_that_the_kernel_took_out_is_told(tpid: int) -> None:
    near, far = cable()
    tag = struct.pack("!HH", tpid, 5 << 13 | 42)
    with syscall.PacketRing(far) as ring:
        sender = syscall.lsf_socket(near, 0)
        tags = tag, b"", struct.pack("!HH", tpid, 0)
        for tagged in tags:
            syscall.write(sender, frame(b"x" * 50, tagged))
        told: list[tuple[object, bytes, int]] = []
        copied: list[bytes] = []
        total = 0
        while len(told) < 3:
            with ring.frames(WAIT) as frames:
                assert len(frames)
                told += [(each.vlan, bytes(each.data), each.length) for each in frames]
                copied += [each.copy() for each in frames]
                total += frames.wire_bytes()
    untagged = frame(b"x" * 50)
    assert told == [((tpid, 5 << 13 | 42), untagged, 68), (None, untagged, 64), ((tpid, 0), untagged, 68)]
    assert copied == [frame(b"x" * 50, tagged) for tagged in tags]
    assert total == 68 + 64 + 68


# Round and round


@in_namespace
@pytest.mark.parametrize(("blocks", "block_size"), [(1, PAGESIZE), (2, PAGESIZE), (5, 2 * PAGESIZE)])
def test_every_frame_comes_once_in_order_and_whole_however_often_the_ring_comes_round(
    blocks: int, block_size: int
) -> None:
    with ring_and_sender(blocks=blocks, block_size=block_size, retire=1) as (ring, sender):
        receiver = Receiver(ring)
        while len(sender.sent) < 2000:
            # Of lengths that end at ever new places in the ring.
            sender.send(2 * blocks * block_size // PAGESIZE, lambda number: 46 + number * 7919 % 1200)
            receiver.take_all(len(sender.sent))
        # In a small ring the kernel may hand over a block before it is full, and have no other.
        assert len(receiver.taken) == 2000 - receiver.drops > 1000
        numbers = [int.from_bytes(data[14:18], "big") for data in receiver.taken]
        assert receiver.taken == [sender.sent[number] for number in sorted(set(numbers))]


@in_namespace
def test_under_a_flood_what_is_not_dropped_is_whole_and_in_order() -> None:
    """Another process sends as fast as it can, for several times round the ring."""
    near, far = cable()
    total = 60_000
    with syscall.PacketRing(far, PROTOCOL, blocks=4, block_size=8 * PAGESIZE, retire=1) as ring:
        pid = os.fork()
        if pid == 0:
            become(flood, near, total)
        taken, last = 0, -1
        packets = drops = 0
        deadline = time.monotonic() + 60
        while True:
            with ring.frames(100) as frames:
                numbers = [int.from_bytes(each.data[14:18], "big") for each in frames]
                for number, each in zip(numbers, frames, strict=True):
                    assert each.data == frame(number.to_bytes(4, "big") * (12 + number % 200))
                assert numbers == sorted(numbers)
                assert not numbers or numbers[0] > last
                last = max([last, *numbers])
                taken += len(numbers)
            stats = ring.statistics()
            packets, drops = packets + stats.packets, drops + stats.drops
            if packets == total and not numbers:
                break
            assert time.monotonic() < deadline
        assert os.waitpid(pid, 0)[1] == 0
    assert taken == total - drops
    assert taken > 1000


def flood(near: int, total: int) -> None:
    fd = syscall.lsf_socket(near, 0)
    batch = syscall.MessageBatch(500, 1000)
    for start in range(0, total, 500):
        for i in range(500):
            number = start + i
            batch.put(i, frame(number.to_bytes(4, "big") * (12 + number % 200)))
        sent = 0
        while sent < 500:
            sent += batch.send(fd, 500, start=sent)


@in_namespace
def test_a_full_ring_drops_and_counts_and_then_goes_on() -> None:
    with ring_and_sender(blocks=2, block_size=PAGESIZE) as (ring, sender):
        sender.send(100, lambda number: 1000)
        packets = drops = 0
        stats = ring.statistics()
        packets, drops = stats.packets, stats.drops
        assert packets == 100
        taken = take(ring, 100 - drops)
        assert 2 <= len(taken) == 100 - drops < 10
        assert taken == sender.sent[: len(taken)]
        assert ring.statistics() == syscall.TpacketStatsV3()
        sender.send(3)
        assert take(ring, 3) == sender.sent[-3:]
        stats = ring.statistics()
        assert (stats.packets, stats.drops) == (3, 0)


@in_namespace
def test_blocks_are_given_back_in_order() -> None:
    with ring_and_sender(blocks=2, block_size=PAGESIZE) as (ring, sender):
        sender.send(6, lambda number: 1000)
        with ring.frames(WAIT) as first:
            with ring.frames(WAIT) as second:
                contents = [bytes(each.data) for frames in (first, second) for each in frames]
            assert 0 not in ring._statuses  # the kernel's
            with pytest.raises(BufferError, match="every block of the ring is in use"):
                ring.frames(0)
            sender.send(10, lambda number: 1000)
            assert [bytes(each.data) for each in first] == contents[: len(first)]
        ring.statistics()
        sender.send(6, lambda number: 1000)
        dropped = ring.statistics().drops
        assert take(ring, 6 - dropped) == sender.sent[16 : 22 - dropped]
        assert dropped <= 2


# Consumers that leave early


@in_namespace
def test_a_loop_that_is_left_early_gives_the_block_back() -> None:
    # A block takes three frames and is handed over when the fourth comes, not at a time.
    with ring_and_sender(blocks=2, block_size=PAGESIZE, retire=65535) as (ring, sender):
        sender.send(4, lambda number: PAGESIZE // 4)
        for turn in range(10):
            with ring.frames(WAIT) as frames:
                assert len(frames) == 3
                for each in frames:
                    assert each.data == sender.sent[6 * turn]
                    break
            sender.send(3, lambda number: PAGESIZE // 4)
            with suppress(Raised), ring.frames(WAIT) as frames:
                for each in frames:
                    assert each.data == sender.sent[6 * turn + 3]
                    raise Raised
            sender.send(3, lambda number: PAGESIZE // 4)
        assert ring.statistics().drops == 0


@in_namespace
def test_a_forgotten_with_gives_the_block_back_when_its_frames_are_gone() -> None:
    with ring_and_sender(blocks=2, block_size=PAGESIZE) as (ring, sender):
        for turn in range(10):
            sender.send()
            for each in ring.frames(WAIT):
                assert each.data == sender.sent[turn]
        assert ring.statistics().drops == 0
        # Also where only the garbage collector finds that they are gone.
        del each
        for _ in range(10):
            sender.send()
            cycle: list[object] = [ring.frames(WAIT)]
            cycle.append(cycle)
            del cycle
            gc.collect()
        assert ring.statistics().drops == 0


@in_namespace
def test_frames_of_a_block_given_back_say_so() -> None:
    with ring_and_sender(blocks=2, block_size=PAGESIZE, retire=65535) as (ring, sender):
        sender.send(PAGESIZE // 60)  # more than a block holds, so that the first is handed over full
        with ring.frames(WAIT) as frames:
            iterator = iter(frames)
            each = next(iterator)
        for use in (lambda: each.data, lambda: each.address, lambda: next(iterator), frames.wire_bytes):
            with pytest.raises(ValueError, match="the block of this frame has been given back"):
                use()
        assert (each.length, each.vlan) == (58, None)
        assert each.timestamp > 0
        frames.__exit__()


@in_namespace
def test_old_frames_that_go_do_not_give_back_the_block_that_is_in_use_now() -> None:
    with ring_and_sender(blocks=1, block_size=PAGESIZE) as (ring, sender):
        sender.send()
        with ring.frames(WAIT) as old:
            pass
        sender.send()
        with ring.frames(WAIT) as frames:
            del old
            with pytest.raises(BufferError):
                ring.frames(0)
            assert [bytes(each.data) for each in frames] == sender.sent[1:]


# Views


@in_namespace
def test_a_view_that_outlives_its_block_keeps_it_and_never_turns_to_garbage() -> None:
    # Blocks are handed over when they are full alone, however slowly they fill.
    with ring_and_sender(blocks=3, block_size=PAGESIZE, retire=60_000) as (ring, sender):
        sender.send(100, lambda number: 1000)
        with ring.frames(WAIT) as frames:
            full = len(frames)
            kept = next(iter(frames)).data
        part = kept[14:18].cast("I")
        value = bytes(part)
        # The rest of the ring is still of use, once.
        assert take(ring, 2 * full) == sender.sent[full : 3 * full]
        with pytest.raises(BufferError, match="by a view of a frame"):
            ring.frames(0)
        assert kept == sender.sent[0]
        kept.release()
        assert bytes(part) == value  # as long as a part of it lives, so does the block
        with pytest.raises(BufferError):
            ring.frames(0)
        del part, kept
        with ring.frames(0) as frames:
            assert len(frames) == 0
        ring.statistics()
        sender.send(full + 1, lambda number: 1000)
        assert take(ring, full) == sender.sent[100 : 100 + full]
        assert ring.statistics().drops == 0


@in_namespace
def test_with_a_view_alive_it_still_waits_for_frames() -> None:
    near, far = cable()
    with syscall.PacketRing(far, PROTOCOL, blocks=3, block_size=PAGESIZE, retire=1) as ring:
        sender = Sender(near)
        sender.send()
        with ring.frames(WAIT) as frames:
            (kept,) = (each.data for each in frames)
        used, before = time.process_time(), time.monotonic()
        with ring.frames(300) as frames:
            assert len(frames) == 0
        assert time.monotonic() - before >= 0.3
        assert time.process_time() - used < 0.15
        timer = threading.Timer(0.1, sender.send)
        timer.start()
        assert take(ring, 1) == sender.sent[1:]
        timer.join()
        assert kept == sender.sent[0]
        laboratory.set_down("far")
        with pytest.raises(OSError, match="Network is down"):
            ring.frames(WAIT)


def mapped(inode: str) -> int:
    """How many bytes of this process's memory are a socket's."""
    total = 0
    for line in Path("/proc/self/maps").read_text().splitlines():
        if line.endswith(inode):
            start, end = (int(part, 16) for part in line.split()[0].split("-"))
            total += end - start
    return total


@in_namespace
def test_a_view_that_is_alive_at_close_stays_whole_and_the_memory_goes_with_it() -> None:
    near, far = cable()
    sender = Sender(near)
    before = open_descriptors()
    ring = syscall.PacketRing(far, PROTOCOL, blocks=2, block_size=PAGESIZE, retire=1)
    inode = os.readlink(f"/proc/self/fd/{ring.fd}")
    sender.send()
    with ring.frames(WAIT) as frames:
        (kept,) = (each.data for each in frames)
        ring.close()
        ring.close()
        assert [bytes(each.data) for each in frames] == sender.sent
    for msec in (-1, 0):
        with pytest.raises(ValueError, match="the ring is closed"):
            ring.frames(msec)
    with pytest.raises(OSError, match="getsockopt: Bad file descriptor"):
        ring.statistics()
    sender.send(100, lambda number: 1000)
    assert kept == sender.sent[0]
    assert mapped(inode) == 2 * PAGESIZE
    del kept, frames
    assert mapped(inode) == 0
    assert open_descriptors() == before


@in_namespace
def test_a_ring_that_nobody_has_is_closed() -> None:
    _, far = cable()
    before = open_descriptors()
    syscall.PacketRing(far)
    assert open_descriptors() == before
    ring = syscall.PacketRing(far)
    inode = os.readlink(f"/proc/self/fd/{ring.fd}")
    assert mapped(inode) == 64 << 20
    with pytest.raises(Raised), ring:
        raise Raised
    assert mapped(inode) == 0
    assert open_descriptors() == before
    with pytest.raises(ValueError, match="the ring is closed"):
        ring.frames()


@in_namespace
def test_rings_leave_no_memory_behind() -> None:
    with ring_and_sender(blocks=2, block_size=PAGESIZE, retire=1) as (ring, sender):
        data = frame(bytes(46))

        def call() -> None:
            for _ in range(10):
                syscall.write(sender.fd, data)
            with ring.frames(WAIT) as frames:
                for each in frames:
                    assert each.data == data
                    assert (each.length, each.vlan) == (60, None)
                    each.address  # noqa: B018

        assert_flat(call, 1000)

        def objects() -> int:
            for _ in range(10):
                syscall.PacketRing(1, blocks=1, block_size=PAGESIZE)
            gc.collect()
            return len(gc.get_objects()) + ctypes_types()

        objects()
        assert objects() == objects()


# Interfaces


@in_namespace
def test_an_interface_that_goes_down_says_so_and_frames_come_again_when_it_is_up() -> None:
    with ring_and_sender(blocks=4, block_size=PAGESIZE, retire=1) as (ring, sender):
        sender.send()
        assert take(ring, 1) == sender.sent
        for msec in (WAIT, 0):
            laboratory.set_down("far")
            with pytest.raises(OSError, match="packet ring: Network is down") as caught:
                ring.frames(msec)
            assert caught.value.errno == errno.ENETDOWN
            with ring.frames(10) as frames:  # said once
                assert len(frames) == 0
            laboratory.set_up("far")
            laboratory.wait_for_carrier("near")
            laboratory.wait_for_carrier("far")
            sender.send(2)
            assert take(ring, 2) == sender.sent[-2:]


@in_namespace
def test_one_that_waits_is_told_that_the_interface_goes_down_or_away() -> None:
    with ring_and_sender() as (ring, _):
        main = threading.get_native_id()

        def after_a_while(change: Callable[[str], None]) -> None:
            wait_until_blocked(main)
            change("far")

        for change in (laboratory.set_down, laboratory.delete):
            thread = threading.Thread(target=after_a_while, args=(change,))
            thread.start()
            with pytest.raises(OSError, match="packet ring: Network is down"):
                ring.frames()
            thread.join()
            if change is laboratory.set_down:
                laboratory.set_up("far")


@in_namespace
def test_what_came_before_the_interface_went_down_is_still_given() -> None:
    with ring_and_sender(retire=100) as (ring, sender):
        sender.send(5)
        laboratory.set_down("far")
        with pytest.raises(OSError, match="Network is down"):
            ring.frames(WAIT)
        assert take(ring, 5) == sender.sent


# Filters


@in_namespace
def test_a_filter_is_in_force_from_the_first_frame_and_may_cut() -> None:
    near, far = cable()
    wanted = syscall.lsf_assemble(
        syscall.lsf_stmt(syscall.BPF_LD | syscall.BPF_B | syscall.BPF_ABS, 17),
        syscall.LsfBranch(syscall.BPF_JMP | syscall.BPF_JSET | syscall.BPF_K, 1, jt="odd"),
        syscall.lsf_stmt(syscall.BPF_RET | syscall.BPF_K, 0),
        "odd",
        syscall.lsf_stmt(syscall.BPF_RET | syscall.BPF_K, 20),
    )
    with syscall.PacketRing(far, PROTOCOL, filter=iter(wanted)) as ring:
        sender = Sender(near)
        sender.send(10, lambda number: 100)
        assert take(ring, 5) == [data[:20] for data in sender.sent[1::2]]
        assert ring.statistics().packets == 5
        sender.send(2, lambda number: 100)
        with ring.frames(WAIT) as frames:
            assert [each.length for each in frames] == [114]
            assert frames.wire_bytes() == 114


@in_namespace
def test_a_frame_that_no_block_has_room_for_is_cut() -> None:
    near, far = cable()
    for name in ("near", "far"):
        laboratory.set_mtu(name, 3 * PAGESIZE)
    with syscall.PacketRing(far, PROTOCOL, blocks=2, block_size=PAGESIZE) as ring:
        data = frame(os.urandom(2 * PAGESIZE))
        syscall.write(syscall.lsf_socket(near, 0), data)
        with ring.frames(WAIT) as frames:
            (only,) = frames
            assert only.length == len(data)
            assert PAGESIZE // 2 < len(only.data) < PAGESIZE
            assert only.data == data[: len(only.data)]


# Several processes


def report(ring: syscall.PacketRing, share: int, to: int) -> None:
    """Write to a pipe, for each frame that comes, whose it is and its number; without end."""
    while True:
        with ring.frames() as frames:
            for each in frames:
                os.write(to, bytes([share]) + each.data[14:18])


@in_namespace
@pytest.mark.parametrize("mode", [syscall.PACKET_FANOUT_LB, syscall.PACKET_FANOUT_HASH, syscall.PACKET_FANOUT_CPU])
def test_processes_of_a_fanout_group_get_each_frame_once_together(mode: int) -> None:
    near, far = cable()
    sender = Sender(near)
    reading, writing = os.pipe()
    pids = []
    for share in range(3):
        pid = os.fork()
        if pid == 0:
            with syscall.PacketRing(far, PROTOCOL, blocks=256, block_size=4 * PAGESIZE, retire=1) as ring:
                syscall.packet_fanout(ring.fd, 7, mode)
                os.write(writing, bytes([share]) + b"join")
                report(ring, share, writing)
        pids.append(pid)
    with os.fdopen(reading, "rb") as f:
        joined = [f.read(5) for _ in pids]
        assert sorted(joined) == [bytes([share]) + b"join" for share in range(3)]
        count = 900
        sender.send(count)
        reports = [f.read(5) for _ in range(count)]
        for pid in pids:
            laboratory.end(pid)
        os.close(writing)
        assert f.read() == b""
    numbers = [int.from_bytes(each[1:], "big") for each in reports]
    assert sorted(numbers) == list(range(count))
    shares = [[number for each, number in zip(reports, numbers, strict=True) if each[0] == share] for share in range(3)]
    assert shares == [sorted(share) for share in shares]
    if mode == syscall.PACKET_FANOUT_LB:
        assert [len(share) for share in shares] == [300, 300, 300]


# Waiting


@in_namespace
def test_where_nothing_comes_there_are_no_frames_and_waiting_costs_nothing() -> None:
    with ring_and_sender(blocks=4, block_size=PAGESIZE, retire=1) as (ring, sender):
        for _ in range(6):  # a block that was given back wakes nobody
            sender.send()
            take(ring, 1)
        used, before = time.process_time(), time.monotonic()
        for msec in (0, 300):
            with ring.frames(msec) as frames:
                assert (len(frames), list(frames), frames.wire_bytes()) == (0, [], 0)
        assert time.monotonic() - before >= 0.3
        assert time.process_time() - used < 0.1


@in_namespace
def test_a_signal_does_not_end_the_wait_and_a_handler_that_raises_loses_nothing() -> None:
    with ring_and_sender(retire=1) as (ring, sender):
        with handler(signal.SIGUSR1, lambda: None) as came:
            with interrupted(came, 3, sender.send), ring.frames() as frames:
                assert [bytes(each.data) for each in frames] == sender.sent
            assert len(came) == 3
        with handler(signal.SIGUSR1, fail), interrupted_once(), pytest.raises(Raised):
            ring.frames()
        sender.send()
        assert take(ring, 1) == sender.sent[1:]


# What is refused


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"blocks": 0}, "blocks must be in 1..65536, not 0"),
        ({"blocks": 65537}, "blocks must be in 1..65536, not 65537"),
        ({"block_size": 0}, "block_size must be in"),
        ({"block_size": PAGESIZE + 1}, "block_size must be a multiple of"),
        ({"block_size": 2**31}, "block_size must be in"),
        ({"blocks": 4, "block_size": 2**29}, r"blocks \* block_size must be in"),
        ({"retire": -1}, "retire must be in 0..65535, not -1"),
        ({"retire": 65536}, "retire must be in 0..65535, not 65536"),
        ({"protocol": 65536}, "protocol must be in"),
        ({"ifindex": 2**31}, "ifindex must be in"),
    ],
)
def test_numbers_out_of_range_are_refused(options: dict[str, int], complaint: str) -> None:
    with pytest.raises((OverflowError, ValueError), match=complaint):
        syscall.PacketRing(**options)  # type: ignore[arg-type]


@in_namespace
def test_what_fails_leaves_no_descriptor() -> None:
    _, far = cable()
    before = open_descriptors()
    with pytest.raises(OSError, match="bind: No such device"):
        syscall.PacketRing(2**31 - 1)
    with pytest.raises(OSError, match="attach_lsf: Invalid argument"):
        syscall.PacketRing(far, filter=[])
    with pytest.raises(TypeError):
        syscall.PacketRing(far, filter=[1])  # type: ignore[list-item]
    with syscall.PacketRing(far) as ring:
        for msec in (2**31, -(2**31) - 1):
            with pytest.raises(OverflowError, match="msec must be in"):
                ring.frames(msec)
    assert open_descriptors() == before


def test_without_the_capability_it_is_a_permission_error() -> None:
    def ask() -> None:
        with pytest.raises(PermissionError, match="socket: Operation not permitted"):
            syscall.PacketRing()

    run_as_nobody(ask)


@in_namespace
def test_an_interface_that_is_down_at_first_says_so() -> None:
    cable()
    laboratory.set_down("far")
    with syscall.PacketRing(syscall.interface_by_name("far").index, PROTOCOL, retire=1) as ring:
        with pytest.raises(OSError, match="Network is down"):
            ring.frames(WAIT)
        laboratory.set_up("far")
        eventually(lambda: syscall.interface_by_name("far").flags & syscall.IFF_RUNNING)
        laboratory.wait_for_carrier("near")
        sender = Sender(syscall.interface_by_name("near").index)
        sender.send()
        assert take(ring, 1) == sender.sent
