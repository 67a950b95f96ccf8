"""Packet timestamps: the control messages of SO_TIMESTAMP, SO_TIMESTAMPNS and SO_TIMESTAMPING.

Each option has an old form, whose seconds are a long, and a new one, whose name ends in _NEW and whose seconds have 64
bits on every ABI. This module parses both.
"""

from struct import Struct as Codec

from ..base.errors import system_error
from ..constants import (
    EINVAL,
    SO_TIMESTAMP_NEW,
    SO_TIMESTAMP_OLD,
    SO_TIMESTAMPING_NEW,
    SO_TIMESTAMPING_OLD,
    SO_TIMESTAMPNS_NEW,
    SO_TIMESTAMPNS_OLD,
    SOL_SOCKET,
)
from .control import SocketControlMessage, payload
from .rare_structs import KernelTimespec, ScmTimestamping

_LONGS = Codec("@2l")
_QUADS = Codec("=2q")
# By the message's type, which is the option: a time's two numbers, and how many nanoseconds the second one counts.
_SINGLE = {
    SO_TIMESTAMP_OLD: (_LONGS, 1000),
    SO_TIMESTAMP_NEW: (_QUADS, 1000),
    SO_TIMESTAMPNS_OLD: (_LONGS, 1),
    SO_TIMESTAMPNS_NEW: (_QUADS, 1),
}
_TRIPLE = {SO_TIMESTAMPING_OLD: Codec("@6l"), SO_TIMESTAMPING_NEW: Codec("=6q")}


def parse_timestamp(m: SocketControlMessage) -> int:
    """Parse an SCM_TIMESTAMP or SCM_TIMESTAMPNS message: the receive time, in nanoseconds since 1970. socket(7).

    EINVAL: another type of message, or a truncated one.
    """
    if m.header.type not in _SINGLE:
        raise system_error("parse_timestamp", EINVAL)
    codec, unit = _SINGLE[m.header.type]
    seconds, rest = codec.unpack_from(payload("parse_timestamp", m, SOL_SOCKET, m.header.type, codec.size))
    return int(seconds * 1_000_000_000 + rest * unit)


def parse_timestamping(m: SocketControlMessage) -> ScmTimestamping:
    """Parse an SCM_TIMESTAMPING message: software and hardware timestamps of a received or sent packet.

    The option SO_TIMESTAMPING enables it, for instance SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE.
    EINVAL: another type of message, or a truncated one.
    https://docs.kernel.org/networking/timestamping.html
    """
    if m.header.type not in _TRIPLE:
        raise system_error("parse_timestamping", EINVAL)
    codec = _TRIPLE[m.header.type]
    times = codec.unpack_from(payload("parse_timestamping", m, SOL_SOCKET, m.header.type, codec.size))
    timestamping = ScmTimestamping()
    for i in range(3):
        timestamping.ts[i] = KernelTimespec(*times[2 * i : 2 * i + 2])
    return timestamping
