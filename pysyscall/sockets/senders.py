"""The addresses met of late: most datagrams come from where another came from before.

They are known by the first bytes of a piece of scratch memory's name, its length in front of it: all of an IPv4 or IPv6
address. `met[slot.head.raw]` is what a call looks up; where that is a KeyError, `first_sight` makes what is not there.
Not `met.get`: in a free-threaded CPython 3.13 that costs other threads than the one that made the dict 30 µs.
"""

from ..base.scratch import HEAD_SIZE
from .addresses import decode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    from ..base.scratch import Scratch
    from .addresses import Sockaddr

    Value = TypeVar("Value")

# So many are known at most, which takes less than 3 MB. Others are made each time, which costs less than to make room
# for each; after so many of those, whoever sends now has replaced whoever sent then.
_MOST = 8192
_OTHERS = 4096
_others = 0
met: "dict[bytes, Sockaddr | None]" = {}


def first_sight(slot: "Scratch") -> "Sockaddr | None":
    """The address in a slot, or None where its length is 0; met from now on, if there is room."""
    global _others
    raw: bytes = slot.name[: slot.length.value]  # type: ignore[assignment]  # a slice of a c_char array is bytes
    address = decode(raw) if raw else None
    if len(met) >= _MOST:
        _others += 1
        if _others < _OTHERS:
            return address
        _others = 0
        met.clear()
    if len(raw) <= HEAD_SIZE - 4:
        met[slot.head.raw] = address
    return address


# The same for those who have the address alone, without its length in front. No bytes, no address.
_known: "dict[bytes, Sockaddr | None]" = {}


def known(raw: bytes) -> "Sockaddr | None":
    """decode, remembered; None for no bytes."""
    try:
        return _known[raw]
    except KeyError:
        return remember(_known, raw, decode(raw)) if raw else None


def remember(cache: "dict[bytes, Value]", key: bytes, value: "Value") -> "Value":
    """The value, kept under a key with those met of late."""
    if len(cache) >= _MOST:
        cache.clear()
    cache[key] = value
    return value
