"""Socket addresses of the families that few programs use; their layouts are those of `rare_address_structs`."""

from ..base.arguments import integer
from ..constants import AF_NETLINK, AF_PACKET, AF_VSOCK, AF_XDP
from .rare_address_structs import RawSockaddrLinklayer, RawSockaddrNetlink, RawSockaddrVM, RawSockaddrXDP
from .sockaddr import Sockaddr, field

_MAX_ADDR_LEN = 32  # linux/netdevice.h: the longest hardware address


class SockaddrLinklayer(Sockaddr):
    """struct sockaddr_ll: an interface, a protocol and a hardware address. Go SockaddrLinklayer.

    `protocol` is in network order, as in Go: htons(ETH_P_ALL). `addr` has at most 32 bytes (20 for InfiniBand); `halen`
    is its length by default. The kernel sets `hatype` (ARPHRD_ETHER) and `pkttype` (PACKET_HOST) on received packets.
    """

    __slots__ = ()
    __match_args__ = ("protocol", "ifindex", "hatype", "pkttype", "halen", "addr")
    _family = AF_PACKET
    _layout = RawSockaddrLinklayer
    _head = RawSockaddrLinklayer.addr.offset  # type: ignore[attr-defined]  # a field's descriptor

    def __init__(
        self,
        protocol: int = 0,
        ifindex: int = 0,
        hatype: int = 0,
        pkttype: int = 0,
        halen: "int | None" = None,
        addr: "bytes | bytearray | memoryview" = b"",
    ) -> None:
        addr = bytes(memoryview(addr))
        if len(addr) > _MAX_ADDR_LEN:
            raise ValueError(f"addr must be at most {_MAX_ADDR_LEN} bytes, not {len(addr)}")
        halen = len(addr) if halen is None else integer("halen", halen, 0, _MAX_ADDR_LEN)
        if halen < len(addr):
            raise ValueError(f"halen must be at least addr's length, {len(addr)}, not {halen}")
        raw = self._encode(protocol, ifindex, hatype, pkttype, halen)
        self._raw = (raw[: self._head] + addr.ljust(halen, b"\0")).ljust(len(raw), b"\0")

    @field
    def protocol(self) -> int:
        """The Ethernet protocol, in network order: ntohs makes it ETH_P_IP and so on."""

    @field
    def ifindex(self) -> int:
        """The interface's index; 0 matches any."""

    @field
    def hatype(self) -> int:
        """The hardware type: ARPHRD_ETHER and so on."""

    @field
    def pkttype(self) -> int:
        """The packet type: PACKET_HOST, PACKET_BROADCAST, PACKET_OUTGOING and so on."""

    @field
    def halen(self) -> int:
        """The length of the hardware address."""

    @property
    def addr(self) -> bytes:
        """The hardware address: `halen` bytes."""
        return self._raw[self._head : self._head + self.halen]

    @classmethod
    def _canonical(cls, raw: bytes) -> "bytes | None":
        if len(raw) < cls._head or not raw[11] <= min(len(raw) - cls._head, _MAX_ADDR_LEN):
            return None
        return raw[: cls._head + raw[11]].ljust(cls._codec.size, b"\0")

    def __str__(self) -> str:
        interface = f"%{self.ifindex}" if self.ifindex else ""
        protocol = f"/0x{self._raw[2:4].hex()}" if self.protocol else ""
        return f"{self.addr.hex(':') or '*'}{interface}{protocol}"


class SockaddrNetlink(Sockaddr):
    """struct sockaddr_nl: a netlink port (0 is the kernel) and a mask of multicast groups. Go SockaddrNetlink."""

    __slots__ = ()
    __match_args__ = ("pid", "groups")
    _family = AF_NETLINK
    _layout = RawSockaddrNetlink

    def __init__(self, pid: int = 0, groups: int = 0) -> None:
        self._raw = self._encode(pid, groups)

    @field
    def pad(self) -> int:
        """Always 0."""

    @field
    def pid(self) -> int:
        """The netlink port: 0 for the kernel; for a process often its process id."""

    @field
    def groups(self) -> int:
        """A mask of multicast groups."""

    def __str__(self) -> str:
        return f"{self.pid}/{self.groups:#x}" if self.groups else f"{self.pid}"


class SockaddrVM(Sockaddr):
    """struct sockaddr_vm: a port and a context id, of a virtual machine or its host. Go unix.SockaddrVM. vsock(7).

    `cid` is VMADDR_CID_HOST, VMADDR_CID_LOCAL (this machine), VMADDR_CID_ANY and so on; VMADDR_PORT_ANY lets the kernel
    choose a port. `flags` is VMADDR_FLAG_TO_HOST and so on.
    """

    __slots__ = ()
    __match_args__ = ("port", "cid", "flags")
    _family = AF_VSOCK
    _layout = RawSockaddrVM

    def __init__(self, port: int = 0, cid: int = 0, flags: int = 0) -> None:
        self._raw = self._encode(port, cid, flags)

    @field
    def port(self) -> int:
        """The 32-bit port."""

    @field
    def cid(self) -> int:
        """The context id: the machine."""

    @field
    def flags(self) -> int:
        """VMADDR_FLAG_TO_HOST and so on."""

    def __str__(self) -> str:
        return f"{self.cid}:{self.port}"


class SockaddrXDP(Sockaddr):
    """struct sockaddr_xdp: the queue of an interface that an AF_XDP socket uses. Go unix.SockaddrXDP.

    `flags` is XDP_COPY, XDP_ZEROCOPY, XDP_USE_NEED_WAKEUP and so on. `shared_umem_fd`, with XDP_SHARED_UMEM, is the
    socket whose memory is shared. See the kernel's Documentation/networking/af_xdp.rst.
    """

    __slots__ = ()
    __match_args__ = ("flags", "ifindex", "queue_id", "shared_umem_fd")
    _family = AF_XDP
    _layout = RawSockaddrXDP

    def __init__(self, flags: int = 0, ifindex: int = 0, queue_id: int = 0, shared_umem_fd: int = 0) -> None:
        self._raw = self._encode(flags, ifindex, queue_id, shared_umem_fd)

    @field
    def flags(self) -> int:
        """XDP_COPY and so on."""

    @field
    def ifindex(self) -> int:
        """The interface's index."""

    @field
    def queue_id(self) -> int:
        """The number of the interface's queue."""

    @field
    def shared_umem_fd(self) -> int:
        """The descriptor of the socket whose memory is shared."""

    def __str__(self) -> str:
        return f"{self.ifindex}:{self.queue_id}"
