"""TransmitRing on a cable of its own: every frame placed is sent once, in order, or waits, or is said to be refused."""

import array
import errno
import gc
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from mmap import PAGESIZE

import pytest

import pysyscall as syscall
from examples.tour import laboratory

from .. import limits
from ..conftest import open_descriptors
from ..limits import needs
from ..namespaces import in_namespace, run_as_nobody
from ..test_memory import assert_flat, ctypes_types
from ..test_signals import handler
from ..texts import failed
from .test_options import ETHERTYPE, cable, frame
from .test_receive_ring import mapped

pytestmark = needs(limits.PACKET_RING)

SLOT_HEADERS = 42


@contextmanager
def ring_and_receiver(slots: int = 256, slot_size: int = 2048) -> Iterator[tuple[syscall.TransmitRing, int]]:
    """A ring at the near end, and a socket at the far end."""
    near, far = cable()
    receiver = syscall.lsf_socket(far, ETHERTYPE)
    # Without privileges this is cut to rmem_max, in the kernel's own setting room for some 480 small frames.
    syscall.setsockopt_int(receiver, syscall.SOL_SOCKET, syscall.SO_RCVBUF, 1 << 24)
    with syscall.TransmitRing(near, slots, slot_size) as ring:
        yield ring, receiver


def numbered(number: int, size: int = 50) -> bytes:
    return frame(number.to_bytes(4, "big") + bytes(size - 4))


def received(fd: int) -> list[bytes]:
    """All frames that have come."""
    taken: list[bytes] = []
    room = bytearray(1 << 17)
    while True:
        try:
            n, _ = syscall.recvfrom(fd, room, syscall.MSG_DONTWAIT)
        except BlockingIOError:
            return taken
        taken.append(bytes(room[:n]))


@in_namespace
def test_what_is_placed_is_sent_by_flush_and_not_before() -> None:
    with ring_and_receiver() as (ring, receiver):
        frames = [numbered(i, 46 + i * 97 % 1400) for i in range(20)]
        for each in frames:
            ring.put(each)
        assert received(receiver) == []
        ring.flush()
        assert received(receiver) == frames
        ring.flush()
        assert received(receiver) == []


@in_namespace
@pytest.mark.parametrize(("slots", "slot_size"), [(1, PAGESIZE), (2, 2048), (7, 1024), (256, 2048), (3, 1 << 16)])
def test_round_and_round(slots: int, slot_size: int) -> None:
    with ring_and_receiver(slots, slot_size) as (ring, receiver):
        assert len(ring) >= slots
        sent: list[bytes] = []
        turn = 0
        while len(sent) < 3 * len(ring) + 50:
            turn += 1
            batch = [numbered(len(sent) + i, 46 + (len(sent) + i) * 31 % 900) for i in range(1 + turn % len(ring))]
            for each in batch:
                ring.put(each)
            ring.flush()
            sent += batch
            assert received(receiver) == batch


@in_namespace
def test_a_full_ring_takes_no_more_until_it_is_flushed() -> None:
    with ring_and_receiver(4, 2048) as (ring, receiver):
        for turn in range(3):
            for i in range(len(ring)):
                ring.put(numbered(i + turn))
            with pytest.raises(BlockingIOError, match="transmit ring: Resource temporarily unavailable"):
                ring.put(numbered(99))
            ring.flush()
            assert received(receiver) == [numbered(i + turn) for i in range(len(ring))]


@in_namespace
def test_any_buffer_is_taken_and_copied_at_once() -> None:
    with ring_and_receiver() as (ring, receiver):
        data = numbered(7)
        changing = bytearray(data)
        ring.put(changing)
        changing[:] = bytes(len(changing))
        ring.put(memoryview(data))
        ring.put(array.array("H", data))
        ring.put(memoryview(bytes(byte for pair in zip(data, data, strict=True) for byte in pair))[::2])
        with pytest.raises(TypeError):
            ring.put("text")  # type: ignore[arg-type]
        ring.flush()
        assert received(receiver) == [data] * 4


@in_namespace
def test_the_longest_frame_of_a_slot() -> None:
    with ring_and_receiver(2, 1024) as (ring, receiver):
        longest = numbered(1, 1024 - SLOT_HEADERS - 14)
        ring.put(longest)
        with pytest.raises(ValueError, match="frame must be at most 982 bytes, not 983"):
            ring.put(longest + b"x")
        ring.flush()
        assert received(receiver) == [longest]


# Many at once


@in_namespace
@pytest.mark.parametrize(("slots", "slot_size"), [(1, PAGESIZE), (4, 2048), (7, 1024), (256, 2048)])
def test_put_all_places_any_number_and_waits_where_the_ring_is_full(slots: int, slot_size: int) -> None:
    with ring_and_receiver(slots, slot_size) as (ring, receiver):
        for count in (0, 1, len(ring) - 1, len(ring), len(ring) + 1, 3 * len(ring) + 2, 500):
            frames = [numbered(i, 46 + i * 31 % 900) for i in range(count)]
            ring.put_all(frames[:3])
            ring.put_all(iter(frames[3:]))
            ring.flush()
            assert received(receiver) == frames


@in_namespace
def test_put_and_put_all_go_together() -> None:
    with ring_and_receiver(8, 1024) as (ring, receiver):
        frames = [numbered(i) for i in range(60)]
        for start in range(0, 60, 4):
            ring.put(frames[start])
            ring.put_all(frames[start + 1 : start + 4])
            if start % 8:
                ring.flush()
        ring.flush()
        assert received(receiver) == frames


@in_namespace
def test_put_all_takes_any_buffer() -> None:
    with ring_and_receiver() as (ring, receiver):
        data = numbered(7)
        changing = bytearray(data)
        ring.put_all([changing, memoryview(data), array.array("H", data), data])
        changing[:] = bytes(len(changing))
        ring.flush()
        assert received(receiver) == [data] * 4
        with pytest.raises(TypeError):
            ring.put_all(["text"])  # type: ignore[list-item]
        with pytest.raises(TypeError):
            ring.put_all(5)  # type: ignore[arg-type]


@in_namespace
def test_what_came_before_an_error_is_placed_and_no_frame_is_lost() -> None:
    with ring_and_receiver(4, 4096) as (ring, receiver):
        frames = [numbered(i) for i in range(20)]
        left = iter([*frames[:6], bytes(5000), *frames[6:]])
        with pytest.raises(ValueError, match="frame must be at most 4054 bytes, not 5000"):
            ring.put_all(left)
        assert received(receiver) == frames[:4]
        ring.flush()
        assert received(receiver) == frames[4:6]

        left = iter([*frames[:2], b"too short", *frames[2:]])
        with pytest.raises(OSError, match="sendto: Invalid argument"):
            ring.put_all(left)
        ring.put_all(left)
        ring.flush()
        assert received(receiver) == frames

        def failing() -> Iterator[bytes]:
            yield from frames[:7]
            raise KeyError

        with pytest.raises(KeyError):
            ring.put_all(failing())
        ring.flush()
        assert received(receiver) == frames[:7]


@in_namespace
@pytest.mark.skipif(shutil.which("tc") is None, reason="tool: tc (Debian: iproute2)")
def test_frames_in_flight_are_never_overwritten() -> None:
    """Behind a slow queue, where the interface has frames for long after the kernel was told of them."""
    with ring_and_receiver(4, 2048) as (ring, receiver):
        slow = ["tc", "qdisc", "add", "dev", "near", "root", "tbf", "rate", "400kbit", "burst", "200", "limit", "9999"]
        done = subprocess.run(slow, check=False, capture_output=True, text=True)
        if "unknown" in done.stderr:
            pytest.skip(f"kernel: {done.stderr.strip()}")
        assert done.returncode == 0, done.stderr
        frames = [numbered(i) for i in range(60)]
        full = 0
        for each in frames:
            while True:
                try:
                    ring.put(each)
                    break
                except BlockingIOError:
                    full += 1
                    ring.flush(syscall.MSG_DONTWAIT)
            ring.flush(syscall.MSG_DONTWAIT)
        assert full
        ring.put_all(reversed(frames))
        ring.flush()
        assert received(receiver) == [*frames, *reversed(frames)]


# What is refused


@in_namespace
@pytest.mark.parametrize(
    ("refused", "number"),
    [(frame(bytes(3000)), errno.EMSGSIZE), (b"\xff" * 13, errno.EINVAL), (b"", errno.EINVAL)],
    ids=["too long", "too short", "empty"],
)
@pytest.mark.parametrize("place", [0, 1, 7])
@pytest.mark.parametrize("before", [0, 3, 6])
def test_a_refused_frame_is_said_and_those_behind_it_are_sent_by_the_next_flush(
    refused: bytes, number: int, place: int, before: int
) -> None:
    """Wherever in the ring it stands."""
    with ring_and_receiver(8, 4096) as (ring, receiver):
        for i in range(before):
            ring.put(numbered(i))
        ring.flush()
        received(receiver)
        frames = [numbered(100 + i, 46 + i) for i in range(len(ring) - 1)]
        for each in [*frames[:place], refused, *frames[place:]]:
            ring.put(each)
        with pytest.raises(OSError, match="sendto: ") as caught:
            ring.flush()
        assert caught.value.errno == number
        assert received(receiver) == frames[:place]
        ring.flush()
        assert received(receiver) == frames[place:]
        for i in range(len(ring)):
            ring.put(numbered(i))
        ring.flush()
        assert received(receiver) == [numbered(i) for i in range(len(ring))]


@in_namespace
def test_the_longest_frame_of_an_interface() -> None:
    """Its MTU and the headers of Ethernet and of one VLAN; a larger MTU counts as soon as it is set."""
    with ring_and_receiver(8, 4096) as (ring, receiver):
        plain, tagged = bytes(12) + b"\x88\xb5" + bytes(1500), bytes(12) + b"\x81\0\0\7\x88\xb5" + bytes(1500)
        for sent in (plain, tagged):
            ring.put(sent)
            ring.flush()
        for refused in (plain + bytes(4), tagged + b"x", plain + b"x"):
            ring.put_all([tagged, refused, tagged])
            with pytest.raises(OSError, match=failed("sendto", errno.EMSGSIZE)):
                ring.flush()
            ring.flush()
        laboratory.set_mtu("near", 2000)
        laboratory.set_mtu("far", 2000)
        received(receiver)
        ring.put(plain + bytes(500))
        ring.flush()
        assert received(receiver) == [plain + bytes(500)]


@in_namespace
def test_a_full_frame_with_a_tag_is_not_measured_each_time() -> None:
    tagged = bytes(12) + b"\x81\0\0\7\x88\xb5" + bytes(1500)
    with ring_and_receiver(8, 2048) as (ring, _):
        for each in (tagged, tagged[:-4], tagged):
            ring.put(each)
        laboratory.delete("near")  # nobody can be asked now
        ring.put(tagged)
        with pytest.raises(OSError, match=failed("ioctl", errno.ENODEV)):
            ring.put(tagged[:-4] + b"x")


@in_namespace
def test_an_interface_without_ethernet_takes_its_mtu() -> None:
    try:
        tun = syscall.open("/dev/net/tun", syscall.O_RDWR | syscall.O_NONBLOCK | syscall.O_CLOEXEC)
    except OSError as error:
        pytest.skip(f"kernel: no /dev/net/tun: {error}")
    request = syscall.Ifreq("tun0")
    request.flags = syscall.IFF_TUN | syscall.IFF_NO_PI
    syscall.ioctl(tun, syscall.TUNSETIFF, request)
    laboratory.set_up("tun0")
    with syscall.TransmitRing(syscall.interface_by_name("tun0").index, 4) as ring:
        packet = b"\x45" + bytes(1499)
        ring.put_all([packet, packet + b"x", packet[:12] + b"\x81\0" + packet[14:] + b"x"])
        for _ in range(2):
            with pytest.raises(OSError, match=failed("sendto", errno.EMSGSIZE)):
                ring.flush()
        read = bytearray(3000)
        while read[0] != 0x45:  # the kernel's own, of IPv6
            n = syscall.read(tun, read)
        assert bytes(read[:n]) == packet
    syscall.close(tun)


@in_namespace
@pytest.mark.parametrize("length", [4095, 4096, 4097, 9000])
def test_long_frames(length: int) -> None:
    """Longer ones are not copied in one piece."""
    with ring_and_receiver(4, 16384) as (ring, receiver):
        for each in ("near", "far"):
            laboratory.set_mtu(each, 9000)
        frames = [numbered(i, length - 14) for i in range(3)]
        ring.put_all(frames)
        ring.flush()
        assert received(receiver) == frames


@in_namespace
def test_each_of_several_refused_frames_is_said() -> None:
    with ring_and_receiver(8, 4096) as (ring, receiver):
        good = [numbered(i) for i in range(4)]
        for each in (b"", good[0], good[1], b"x", b"y", good[2], frame(bytes(3000)), good[3]):
            ring.put(each)
        told: list[int | None] = []
        while len(told) < 4:
            with pytest.raises(OSError) as caught:
                ring.flush()
            told.append(caught.value.errno)
        assert told == [errno.EINVAL, errno.EINVAL, errno.EINVAL, errno.EMSGSIZE]
        ring.flush()
        assert received(receiver) == good


@in_namespace
def test_while_the_interface_is_down_frames_wait() -> None:
    with ring_and_receiver(4, 2048) as (ring, receiver):
        for turn in range(2):
            laboratory.set_down("near")
            ring.put(numbered(turn))
            for _ in range(2):
                with pytest.raises(OSError, match="sendto: Network is down"):
                    ring.flush()
            laboratory.set_up("near")
            laboratory.wait_for_carrier("near")
            laboratory.wait_for_carrier("far")
            ring.put(numbered(turn + 10))
            ring.flush()
            assert received(receiver) == [numbered(turn), numbered(turn + 10)]


@in_namespace
def test_an_interface_that_is_gone_says_so() -> None:
    with ring_and_receiver() as (ring, _):
        ring.put(numbered(1))
        laboratory.delete("near")
        with pytest.raises(OSError, match="sendto: No such device or address") as caught:
            ring.flush()
        assert caught.value.errno == errno.ENXIO


@in_namespace
def test_without_waiting_everything_is_sent_in_the_end() -> None:
    with ring_and_receiver() as (ring, receiver):
        frames = [numbered(i) for i in range(1000)]
        left = list(frames)
        taken: list[bytes] = []
        while left:
            try:
                ring.put(left[0])
                left.pop(0)
            except BlockingIOError:
                ring.flush(syscall.MSG_DONTWAIT)
                taken += received(receiver)
        ring.flush()
        assert taken + received(receiver) == frames


@in_namespace
def test_a_signal_in_a_flush_loses_nothing() -> None:
    with ring_and_receiver() as (ring, receiver), handler(signal.SIGALRM, lambda: None) as came:
        signal.setitimer(signal.ITIMER_REAL, 0.0003, 0.0003)
        taken: list[bytes] = []
        sent: list[bytes] = []
        while len(came) < 20:
            for _ in range(200):
                sent.append(numbered(len(sent)))
                ring.put(sent[-1])
            ring.flush()
            taken += received(receiver)
        signal.setitimer(signal.ITIMER_REAL, 0)
        assert taken == sent


# The end


@in_namespace
def test_use_after_close_says_so() -> None:
    near, _ = cable()
    before = open_descriptors()
    ring = syscall.TransmitRing(near)
    inode = os.readlink(f"/proc/self/fd/{ring.fd}")
    assert mapped(inode) == 256 * 2048
    ring.put(numbered(1))
    ring.close()
    ring.close()
    with pytest.raises(ValueError, match="the ring is closed"):
        ring.put(numbered(1))
    with pytest.raises(ValueError, match="the ring is closed"):
        ring.flush()
    assert mapped(inode) == 0
    syscall.TransmitRing(near)
    with pytest.raises(OSError, match="bind: No such device"):
        syscall.TransmitRing(2**31 - 1)
    with syscall.TransmitRing(near) as ring:
        ring.put(numbered(1))
    assert ring.fd == -1
    assert open_descriptors() == before


@in_namespace
def test_rings_leave_no_memory_behind() -> None:
    with ring_and_receiver(4, 2048) as (ring, receiver):
        data, room = numbered(1), bytearray(2000)

        def call() -> None:
            ring.put(data)
            ring.flush()
            syscall.recvfrom(receiver, room)

        assert_flat(call)

        def objects() -> int:
            for _ in range(10):
                syscall.TransmitRing(1, 1, PAGESIZE)
            gc.collect()
            return len(gc.get_objects()) + ctypes_types()

        objects()
        assert objects() == objects()


@pytest.mark.parametrize(
    ("slots", "slot_size", "complaint"),
    [
        (0, 2048, "slots must be in 1..65536, not 0"),
        (65537, 2048, "slots must be in 1..65536, not 65537"),
        (1, 64, "slot_size must be in 128..262144, not 64"),
        (1, 2**19, "slot_size must be in"),
        (1, 3000, "slot_size must be a power of 2, not 3000"),
        (65536, 2**18, r"slots \* slot_size must be in"),
    ],
)
def test_numbers_out_of_range_are_refused(slots: int, slot_size: int, complaint: str) -> None:
    with pytest.raises((OverflowError, ValueError), match=complaint):
        syscall.TransmitRing(1, slots, slot_size)


def test_without_the_capability_it_is_a_permission_error() -> None:
    def ask() -> None:
        with pytest.raises(PermissionError, match="socket: Operation not permitted"):
            syscall.TransmitRing(1)

    run_as_nobody(ask)
