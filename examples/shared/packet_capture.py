"""All frames of an interface, by a ring shared with the kernel or by a call for each: two ways with one result."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import pysyscall as syscall

_AT_ONCE = 256  # frames that are taken before a caller has its turn again
_RETIRE = 8  # milliseconds for which the kernel keeps a block that is not full
_NOTHING = [syscall.lsf_stmt(syscall.BPF_RET | syscall.BPF_K, 0)]


class Columns(NamedTuple):
    """Of a number of frames: when each came, its length on the wire, and what there is of it, as of a Packet."""

    times: list[int]
    lengths: list[int]
    data: list[bytes]


class Packet(NamedTuple):
    """A frame: when it came, in nanoseconds since 1970, its length on the wire, and what there is of it."""

    time: int
    length: int
    data: bytes


class RingCapture:
    """packet(7) PACKET_RX_RING: frames come in blocks, without a call or a copy for each."""

    def __init__(self, ifindex: int, program: Sequence[syscall.SockFilter] | None) -> None:
        self._ring = syscall.PacketRing(ifindex, retire=_RETIRE, filter=program)
        self._patience = 0
        self.fd = self._ring.fd  # to wait for frames

    def take(self, taken: Columns, most: int | None) -> None:
        """Add the frames of the next block, if there is one, up to so many."""
        with self._ring.frames(self._patience) as frames:
            times, lengths, data = frames.columns()
        taken.times.extend(times[:most])
        taken.lengths.extend(lengths[:most])
        taken.data.extend(data[:most])

    def count(self, most: int | None) -> tuple[int, int]:
        """How many frames the next block has, up to so many, and how many bytes."""
        with self._ring.frames(self._patience) as frames:
            if most is None or len(frames) <= most:
                return len(frames), frames.wire_bytes()
            return most, sum(frame.length for frame in islice(frames, most))

    def finish(self) -> None:
        """Let no further frame in: those that have come are still there to be taken."""
        syscall.attach_lsf(self.fd, _NOTHING)
        self._patience = 10 * _RETIRE

    def dropped(self) -> int:
        """How many frames found no room."""
        return self._ring.statistics().drops

    def close(self) -> None:
        self._ring.close()


class CallCapture:
    """recvmsg(2): a call for each frame, with the time and the VLAN tag in control messages."""

    def __init__(self, ifindex: int, program: Sequence[syscall.SockFilter] | None = None) -> None:
        self._room, self._control = bytearray(1 << 17), bytearray(256)
        # Protocol 0 receives nothing before all is set and bind names the interface.
        self.fd = syscall.socket(syscall.AF_PACKET, syscall.SOCK_RAW | syscall.SOCK_NONBLOCK | syscall.SOCK_CLOEXEC, 0)
        try:
            syscall.setsockopt_int(self.fd, syscall.SOL_PACKET, syscall.PACKET_AUXDATA, 1)
            syscall.setsockopt_int(self.fd, syscall.SOL_SOCKET, syscall.SO_TIMESTAMPNS, 1)
            if program is not None:
                syscall.attach_lsf(self.fd, program)
            syscall.bind(self.fd, syscall.SockaddrLinklayer(syscall.htons(syscall.ETH_P_ALL), ifindex))
        except BaseException:
            self.close()
            raise

    def take(self, taken: Columns, most: int | None) -> None:
        """Add frames that have come, up to so many. Where an error ends them, those before it are added."""
        for _, packet in islice(self.both_ways(), _AT_ONCE if most is None else min(most, _AT_ONCE)):
            taken.times.append(packet.time)
            taken.lengths.append(packet.length)
            taken.data.append(packet.data)

    def both_ways(self) -> Iterator[tuple[bool, Packet]]:
        """All frames that have come so far, and whether each was going out."""
        while True:
            try:
                n, controllen, _, source = syscall.recvmsg(self.fd, self._room, self._control)
            except BlockingIOError:
                return
            assert isinstance(source, syscall.SockaddrLinklayer)
            outgoing = source.pkttype == syscall.PACKET_OUTGOING
            yield outgoing, self._packet(bytes(self._room[:n]), self._control[:controllen])

    def _packet(self, frame: bytes, control: bytearray) -> Packet:
        time, auxdata = 0, syscall.TpacketAuxdata()
        for m in syscall.parse_socket_control_message(control):
            if m.header.type == syscall.SO_TIMESTAMPNS:
                time = syscall.parse_timestamp(m)
            elif m.header.type == syscall.PACKET_AUXDATA:
                auxdata = syscall.parse_tpacket_auxdata(m)
        whole = syscall.restore_vlan_tag(frame, auxdata)
        return Packet(time, auxdata.len + len(whole) - len(frame), whole)

    def finish(self) -> None:
        """Let no further frame in: those that have come are still there to be taken."""
        syscall.attach_lsf(self.fd, _NOTHING)

    def dropped(self) -> int:
        """How many frames found no room."""
        return syscall.getsockopt_tpacket_stats(self.fd, syscall.SOL_PACKET, syscall.PACKET_STATISTICS).drops

    def close(self) -> None:
        syscall.close(self.fd)

    def __enter__(self) -> CallCapture:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
