"""The addresses met of late: most datagrams come from where another came from before.

They are known by the first bytes of a piece of scratch memory's name, its length in front of it: all of an IPv4 or IPv6
address. `met.get(slot.head.raw, UNMET)` is what a call looks up; `first_sight` makes what is not there.
"""

from ..base.scratch import HEAD_SIZE
from .addresses import decode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    from ..base.scratch import Scratch
    from .addresses import Sockaddr

    Value = TypeVar("Value")

_MOST = 256
UNMET: "Sockaddr" = object()  # type: ignore[assignment]
met: "dict[bytes, Sockaddr | None]" = {}


def first_sight(slot: "Scratch") -> "Sockaddr | None":
    """The address in a slot, or None where its length is 0, met from now on."""
    raw: bytes = slot.name[: slot.length.value]  # type: ignore[assignment]  # a slice of a c_char array is bytes
    address = decode(raw) if raw else None
    if len(raw) <= HEAD_SIZE - 4:
        # remember, without the call: a server of many clients comes by here for each datagram.
        if len(met) >= _MOST:
            met.clear()
        met[slot.head.raw] = address
    return address


# The same for those who have the address alone, without its length in front. No bytes, no address.
_known: "dict[bytes, Sockaddr | None]" = {}


def known(raw: bytes) -> "Sockaddr | None":
    """decode, remembered; None for no bytes."""
    return _known.get(raw) or (remember(_known, raw, decode(raw)) if raw else None)


def remember(met: "dict[bytes, Value]", key: bytes, value: "Value") -> "Value":
    """The value, kept under a key with those met of late."""
    if len(met) >= _MOST:
        met.clear()
    met[key] = value
    return value
