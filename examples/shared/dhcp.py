"""DHCP messages, and the options of a lease. RFC 2131, RFC 2132."""

import struct
from ipaddress import IPv4Address
from typing import NamedTuple

DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE = range(1, 8)

SERVER_PORT, CLIENT_PORT = 67, 68

# Options.
PAD, END = 0, 255
NETMASK, ROUTER, DNS, DOMAIN = 1, 3, 6, 15
REQUESTED_ADDRESS, LEASE_SECONDS, OVERLOAD, MESSAGE_TYPE, SERVER, PARAMETERS, TEXT, MAX_SIZE = range(50, 58)

_BOOTREQUEST, _BOOTREPLY, _ETHERNET = 1, 2, 1
_COOKIE = bytes((99, 130, 83, 99))
# op, htype, hlen, hops, xid, secs, flags, ciaddr, yiaddr, siaddr, giaddr, chaddr, sname, file, and the cookie
_layout = struct.Struct("!BBBB4sHH4s4s4s4s16s64s128s4s")
_LEAST = 300  # the length of a BOOTP message; some relays and servers drop shorter ones


class Message(NamedTuple):
    """A DHCP message from or to a client."""

    type: int
    xid: bytes
    hardware_addr: bytes
    options: dict[int, bytes]
    client: bytes = bytes(4)  # ciaddr: the client's address
    yours: bytes = bytes(4)  # yiaddr: the address that the server assigns
    seconds: int = 0  # since the client started

    def request(self) -> bytes:
        """Return the bytes of a client's message."""
        head = _layout.pack(
            *(_BOOTREQUEST, _ETHERNET, len(self.hardware_addr), 0, self.xid, min(self.seconds, 0xFFFF), 0),
            *(self.client, self.yours, bytes(4), bytes(4), self.hardware_addr, b"", b"", _COOKIE),
        )
        options = {MESSAGE_TYPE: bytes([self.type]), **self.options}
        body = b"".join(bytes([code, len(value)]) + value for code, value in options.items())
        return (head + body + bytes([END])).ljust(_LEAST, b"\0")

    def address(self, code: int) -> IPv4Address | None:
        """Return the first address in an option, or None."""
        return next(iter(self.addresses(code)), None)

    def addresses(self, code: int) -> list[IPv4Address]:
        """Return the addresses in an option; an empty list if its length is wrong."""
        value = self.options.get(code, b"")
        if len(value) % 4:
            return []
        return [IPv4Address(value[i : i + 4]) for i in range(0, len(value), 4)]

    def number(self, code: int) -> int | None:
        """Return the 32-bit number in an option, or None if it is missing or has another length."""
        value = self.options.get(code, b"")
        return int.from_bytes(value, "big") if len(value) == 4 else None

    def text(self, code: int) -> str:
        """Return the text in an option, with everything but printable ASCII escaped."""
        return ascii(self.options.get(code, b"").rstrip(b"\0").decode("latin-1"))[1:-1]


def parse_reply(raw: bytes) -> Message | None:
    """Parse a server's message; None if it is not one. Truncated options are left out."""
    if len(raw) < _layout.size:
        return None
    op, htype, hlen, _, xid, _, _, client, yours, _, _, chaddr, sname, file, cookie = _layout.unpack_from(raw)
    if (op, htype, cookie) != (_BOOTREPLY, _ETHERNET, _COOKIE) or hlen > len(chaddr):
        return None
    options = _parse_options(raw[_layout.size :])
    overload = options.get(OVERLOAD, b"\0")[:1]
    # An option longer than 255 bytes continues in the next one with its code, in this order. RFC 3396
    for bit, field in ((1, file), (2, sname)):
        if overload and overload[0] & bit:
            for code, value in _parse_options(field).items():
                options[code] = options.get(code, b"") + value
    kind = options.get(MESSAGE_TYPE, b"")
    if len(kind) != 1:
        return None
    return Message(kind[0], xid, chaddr[:hlen], options, client, yours)


def _parse_options(field: bytes) -> dict[int, bytes]:
    options: dict[int, bytes] = {}
    i = 0
    while i < len(field) and field[i] != END:
        if field[i] == PAD:
            i += 1
            continue
        start = i + 2
        end = start + field[i + 1] if start <= len(field) else start
        if end > len(field):
            break
        options[field[i]] = options.get(field[i], b"") + field[start:end]
        i = end
    return options
