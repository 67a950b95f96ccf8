"""Go's `syscall` package for Python on Linux: the kernel's calls through libc, with Go's names in snake_case.

    import pysyscall as syscall

Functions return what Go's return, and raise OSError where Go's return an error. A module is loaded when one of its
names is first asked for: what a program does not use costs it nothing.
"""

from . import constants as _constants
from .base.abi import no_attribute as _no_attribute

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .clocks.structs import Timespec as Timespec
    from .clocks.structs import Timeval as Timeval
    from .constants import *
    from .io.copying import sendfile as sendfile
    from .io.copying import splice as splice
    from .io.copying import tee as tee
    from .io.descriptors import close as close
    from .io.descriptors import close_on_exec as close_on_exec
    from .io.descriptors import dup as dup
    from .io.descriptors import dup2 as dup2
    from .io.descriptors import dup3 as dup3
    from .io.descriptors import fcntl_int as fcntl_int
    from .io.descriptors import pipe as pipe
    from .io.descriptors import pipe2 as pipe2
    from .io.descriptors import pread as pread
    from .io.descriptors import pwrite as pwrite
    from .io.descriptors import read as read
    from .io.descriptors import set_nonblock as set_nonblock
    from .io.descriptors import write as write
    from .io.ioctls import ioctl as ioctl
    from .io.lending import Conn as Conn
    from .io.lending import RawConn as RawConn
    from .io.structs import EpollEvent as EpollEvent
    from .io.structs import FdSet as FdSet
    from .io.waiting import epoll_create as epoll_create
    from .io.waiting import epoll_create1 as epoll_create1
    from .io.waiting import epoll_ctl as epoll_ctl
    from .io.waiting import epoll_wait as epoll_wait
    from .io.waiting import select as select
    from .net.addresses import parse_ip as parse_ip
    from .net.addresses import split_host_port as split_host_port
    from .net.byte_order import htonl as htonl
    from .net.byte_order import htons as htons
    from .net.byte_order import ntohl as ntohl
    from .net.byte_order import ntohs as ntohs
    from .net.interface import Interface as Interface
    from .net.interface import IPNet as IPNet
    from .net.interface import interface_by_index as interface_by_index
    from .net.interface import interface_by_name as interface_by_name
    from .net.interface import interfaces as interfaces
    from .net.resolving import AddrinfoError as AddrinfoError
    from .net.resolving import resolve_tcp_addr as resolve_tcp_addr
    from .net.resolving import resolve_udp_addr as resolve_udp_addr
    from .net.structs import Ifmap as Ifmap
    from .net.structs import Ifreq as Ifreq
    from .netlink.messages import NetlinkMessage as NetlinkMessage
    from .netlink.messages import netlink_ack as netlink_ack
    from .netlink.messages import netlink_message as netlink_message
    from .netlink.messages import parse_netlink_message as parse_netlink_message
    from .netlink.routes import NetlinkRouteAttr as NetlinkRouteAttr
    from .netlink.routes import NetlinkRouteRequest as NetlinkRouteRequest
    from .netlink.routes import netlink_rib as netlink_rib
    from .netlink.routes import parse_netlink_route_attr as parse_netlink_route_attr
    from .netlink.routes import parse_route_attr as parse_route_attr
    from .netlink.routes import route_attr as route_attr
    from .netlink.structs import IfaCacheinfo as IfaCacheinfo
    from .netlink.structs import IfAddrmsg as IfAddrmsg
    from .netlink.structs import IfInfomsg as IfInfomsg
    from .netlink.structs import NdMsg as NdMsg
    from .netlink.structs import NdUseroptmsg as NdUseroptmsg
    from .netlink.structs import NlAttr as NlAttr
    from .netlink.structs import NlMsgerr as NlMsgerr
    from .netlink.structs import NlMsghdr as NlMsghdr
    from .netlink.structs import RtAttr as RtAttr
    from .netlink.structs import RtGenmsg as RtGenmsg
    from .netlink.structs import RtMsg as RtMsg
    from .netlink.structs import RtNexthop as RtNexthop
    from .packets.assembler import LsfBranch as LsfBranch
    from .packets.assembler import lsf_arp as lsf_arp
    from .packets.assembler import lsf_assemble as lsf_assemble
    from .packets.assembler import lsf_ethertype as lsf_ethertype
    from .packets.assembler import lsf_icmp as lsf_icmp
    from .packets.assembler import lsf_prefix as lsf_prefix
    from .packets.assembler import lsf_udp_port as lsf_udp_port
    from .packets.filters import attach_lsf as attach_lsf
    from .packets.filters import detach_lsf as detach_lsf
    from .packets.filters import lsf_jump as lsf_jump
    from .packets.filters import lsf_socket as lsf_socket
    from .packets.filters import lsf_stmt as lsf_stmt
    from .packets.filters import set_lsf_promisc as set_lsf_promisc
    from .packets.options import getsockopt_tpacket_stats as getsockopt_tpacket_stats
    from .packets.options import getsockopt_tpacket_stats_v3 as getsockopt_tpacket_stats_v3
    from .packets.options import packet_fanout as packet_fanout
    from .packets.options import parse_tpacket_auxdata as parse_tpacket_auxdata
    from .packets.options import restore_vlan_tag as restore_vlan_tag
    from .packets.options import setsockopt_packet_mreq as setsockopt_packet_mreq
    from .packets.receive_ring import Frame as Frame
    from .packets.receive_ring import Frames as Frames
    from .packets.receive_ring import PacketRing as PacketRing
    from .packets.structs import PacketMreq as PacketMreq
    from .packets.structs import SockFilter as SockFilter
    from .packets.structs import SockFprog as SockFprog
    from .packets.structs import TpacketAuxdata as TpacketAuxdata
    from .packets.structs import TpacketStats as TpacketStats
    from .packets.structs import TpacketStatsV3 as TpacketStatsV3
    from .packets.transmit_ring import TransmitRing as TransmitRing
    from .processes.namespaces import setns as setns
    from .processes.namespaces import unshare as unshare
    from .processes.signals import Signal as Signal
    from .raw import raw_syscall as raw_syscall
    from .raw import raw_syscall6 as raw_syscall6
    from .raw import syscall as syscall
    from .raw import syscall6 as syscall6
    from .sockets.addresses import Sockaddr as Sockaddr
    from .sockets.addresses import SockaddrBytes as SockaddrBytes
    from .sockets.addresses import SockaddrInet4 as SockaddrInet4
    from .sockets.addresses import SockaddrInet6 as SockaddrInet6
    from .sockets.addresses import SockaddrLinklayer as SockaddrLinklayer
    from .sockets.addresses import SockaddrNetlink as SockaddrNetlink
    from .sockets.addresses import SockaddrUnix as SockaddrUnix
    from .sockets.addresses import SockaddrVM as SockaddrVM
    from .sockets.batches import MessageBatch as MessageBatch
    from .sockets.control import SocketControlMessage as SocketControlMessage
    from .sockets.control import close_unix_rights as close_unix_rights
    from .sockets.control import cmsg_len as cmsg_len
    from .sockets.control import cmsg_space as cmsg_space
    from .sockets.control import parse_socket_control_message as parse_socket_control_message
    from .sockets.control import parse_unix_credentials as parse_unix_credentials
    from .sockets.control import parse_unix_rights as parse_unix_rights
    from .sockets.control import socket_control_message as socket_control_message
    from .sockets.control import unix_credentials as unix_credentials
    from .sockets.control import unix_rights as unix_rights
    from .sockets.error_queue import QueuedError as QueuedError
    from .sockets.error_queue import parse_sock_extended_err as parse_sock_extended_err
    from .sockets.error_queue import recv_error as recv_error
    from .sockets.ip_control import inet4_pktinfo as inet4_pktinfo
    from .sockets.ip_control import inet4_tos as inet4_tos
    from .sockets.ip_control import inet4_ttl as inet4_ttl
    from .sockets.ip_control import inet6_hoplimit as inet6_hoplimit
    from .sockets.ip_control import inet6_pktinfo as inet6_pktinfo
    from .sockets.ip_control import inet6_tclass as inet6_tclass
    from .sockets.ip_control import parse_inet4_pktinfo as parse_inet4_pktinfo
    from .sockets.ip_control import parse_inet4_tos as parse_inet4_tos
    from .sockets.ip_control import parse_inet4_ttl as parse_inet4_ttl
    from .sockets.ip_control import parse_inet6_hoplimit as parse_inet6_hoplimit
    from .sockets.ip_control import parse_inet6_pktinfo as parse_inet6_pktinfo
    from .sockets.ip_control import parse_inet6_tclass as parse_inet6_tclass
    from .sockets.ip_control import parse_udp_gro as parse_udp_gro
    from .sockets.ip_control import udp_segment as udp_segment
    from .sockets.messages import recvfrom as recvfrom
    from .sockets.messages import recvmsg as recvmsg
    from .sockets.messages import sendmsg as sendmsg
    from .sockets.messages import sendmsg_n as sendmsg_n
    from .sockets.messages import sendto as sendto
    from .sockets.options import bind_to_device as bind_to_device
    from .sockets.options import getsockopt as getsockopt
    from .sockets.options import getsockopt_icmpv6_filter as getsockopt_icmpv6_filter
    from .sockets.options import getsockopt_inet4_addr as getsockopt_inet4_addr
    from .sockets.options import getsockopt_int as getsockopt_int
    from .sockets.options import getsockopt_ip_mreq as getsockopt_ip_mreq
    from .sockets.options import getsockopt_ip_mreqn as getsockopt_ip_mreqn
    from .sockets.options import getsockopt_ipv6_mreq as getsockopt_ipv6_mreq
    from .sockets.options import getsockopt_ipv6_mtu_info as getsockopt_ipv6_mtu_info
    from .sockets.options import getsockopt_tcp_info as getsockopt_tcp_info
    from .sockets.options import getsockopt_ucred as getsockopt_ucred
    from .sockets.options import setsockopt as setsockopt
    from .sockets.options import setsockopt_byte as setsockopt_byte
    from .sockets.options import setsockopt_icmpv6_filter as setsockopt_icmpv6_filter
    from .sockets.options import setsockopt_inet4_addr as setsockopt_inet4_addr
    from .sockets.options import setsockopt_int as setsockopt_int
    from .sockets.options import setsockopt_ip_mreq as setsockopt_ip_mreq
    from .sockets.options import setsockopt_ip_mreqn as setsockopt_ip_mreqn
    from .sockets.options import setsockopt_ipv6_mreq as setsockopt_ipv6_mreq
    from .sockets.options import setsockopt_linger as setsockopt_linger
    from .sockets.options import setsockopt_string as setsockopt_string
    from .sockets.options import setsockopt_timeval as setsockopt_timeval
    from .sockets.sockets import accept as accept
    from .sockets.sockets import accept4 as accept4
    from .sockets.sockets import bind as bind
    from .sockets.sockets import connect as connect
    from .sockets.sockets import getpeername as getpeername
    from .sockets.sockets import getsockname as getsockname
    from .sockets.sockets import listen as listen
    from .sockets.sockets import shutdown as shutdown
    from .sockets.sockets import socket as socket
    from .sockets.sockets import socketpair as socketpair
    from .sockets.sockets import sys_socket as sys_socket
    from .sockets.structs import Cmsghdr as Cmsghdr
    from .sockets.structs import ICMPv6Filter as ICMPv6Filter
    from .sockets.structs import Inet4Pktinfo as Inet4Pktinfo
    from .sockets.structs import Inet6Pktinfo as Inet6Pktinfo
    from .sockets.structs import Iovec as Iovec
    from .sockets.structs import IPMreq as IPMreq
    from .sockets.structs import IPMreqn as IPMreqn
    from .sockets.structs import IPv6Mreq as IPv6Mreq
    from .sockets.structs import IPv6MTUInfo as IPv6MTUInfo
    from .sockets.structs import KernelTimespec as KernelTimespec
    from .sockets.structs import Linger as Linger
    from .sockets.structs import Msghdr as Msghdr
    from .sockets.structs import RawSockaddr as RawSockaddr
    from .sockets.structs import RawSockaddrAny as RawSockaddrAny
    from .sockets.structs import RawSockaddrInet4 as RawSockaddrInet4
    from .sockets.structs import RawSockaddrInet6 as RawSockaddrInet6
    from .sockets.structs import RawSockaddrLinklayer as RawSockaddrLinklayer
    from .sockets.structs import RawSockaddrNetlink as RawSockaddrNetlink
    from .sockets.structs import RawSockaddrUnix as RawSockaddrUnix
    from .sockets.structs import RawSockaddrVM as RawSockaddrVM
    from .sockets.structs import ScmTimestamping as ScmTimestamping
    from .sockets.structs import SockExtendedErr as SockExtendedErr
    from .sockets.structs import TCPInfo as TCPInfo
    from .sockets.structs import TCPInfoFull as TCPInfoFull
    from .sockets.structs import Ucred as Ucred
    from .sockets.timestamps import parse_timestamp as parse_timestamp
    from .sockets.timestamps import parse_timestamping as parse_timestamping
    from .system.errnos import Errno as Errno
else:
    # The same again, for a running Python. A test holds the two together.
    _NAMES = {
        "clocks.structs": "Timespec Timeval",
        "io.copying": "sendfile splice tee",
        "io.descriptors": (
            "close close_on_exec dup dup2 dup3 fcntl_int pipe pipe2 pread pwrite read set_nonblock write"
        ),
        "io.ioctls": "ioctl",
        "io.lending": "Conn RawConn",
        "io.structs": "EpollEvent FdSet",
        "io.waiting": "epoll_create epoll_create1 epoll_ctl epoll_wait select",
        "net.addresses": "parse_ip split_host_port",
        "net.byte_order": "htonl htons ntohl ntohs",
        "net.interface": "IPNet Interface interface_by_index interface_by_name interfaces",
        "net.resolving": "AddrinfoError resolve_tcp_addr resolve_udp_addr",
        "net.structs": "Ifmap Ifreq",
        "netlink.messages": "NetlinkMessage netlink_ack netlink_message parse_netlink_message",
        "netlink.routes": (
            "NetlinkRouteAttr NetlinkRouteRequest netlink_rib parse_netlink_route_attr parse_route_attr route_attr"
        ),
        "netlink.structs": (
            "IfAddrmsg IfInfomsg IfaCacheinfo NdMsg NdUseroptmsg NlAttr NlMsgerr NlMsghdr RtAttr RtGenmsg RtMsg "
            "RtNexthop"
        ),
        "packets.assembler": "LsfBranch lsf_arp lsf_assemble lsf_ethertype lsf_icmp lsf_prefix lsf_udp_port",
        "packets.filters": "attach_lsf detach_lsf lsf_jump lsf_socket lsf_stmt set_lsf_promisc",
        "packets.options": (
            "getsockopt_tpacket_stats getsockopt_tpacket_stats_v3 packet_fanout parse_tpacket_auxdata restore_vlan_tag "
            "setsockopt_packet_mreq"
        ),
        "packets.receive_ring": "Frame Frames PacketRing",
        "packets.structs": "PacketMreq SockFilter SockFprog TpacketAuxdata TpacketStats TpacketStatsV3",
        "packets.transmit_ring": "TransmitRing",
        "processes.namespaces": "setns unshare",
        "processes.signals": "Signal",
        "raw": "raw_syscall raw_syscall6 syscall syscall6",
        "sockets.addresses": (
            "Sockaddr SockaddrBytes SockaddrInet4 SockaddrInet6 SockaddrLinklayer SockaddrNetlink SockaddrUnix "
            "SockaddrVM"
        ),
        "sockets.batches": "MessageBatch",
        "sockets.control": (
            "SocketControlMessage close_unix_rights cmsg_len cmsg_space parse_socket_control_message "
            "parse_unix_credentials parse_unix_rights socket_control_message unix_credentials unix_rights"
        ),
        "sockets.error_queue": "QueuedError parse_sock_extended_err recv_error",
        "sockets.ip_control": (
            "inet4_pktinfo inet4_tos inet4_ttl inet6_hoplimit inet6_pktinfo inet6_tclass parse_inet4_pktinfo "
            "parse_inet4_tos parse_inet4_ttl parse_inet6_hoplimit parse_inet6_pktinfo parse_inet6_tclass parse_udp_gro "
            "udp_segment"
        ),
        "sockets.messages": "recvfrom recvmsg sendmsg sendmsg_n sendto",
        "sockets.options": (
            "bind_to_device getsockopt getsockopt_icmpv6_filter getsockopt_inet4_addr getsockopt_int "
            "getsockopt_ip_mreq getsockopt_ip_mreqn getsockopt_ipv6_mreq getsockopt_ipv6_mtu_info getsockopt_tcp_info "
            "getsockopt_ucred setsockopt setsockopt_byte setsockopt_icmpv6_filter setsockopt_inet4_addr setsockopt_int "
            "setsockopt_ip_mreq setsockopt_ip_mreqn setsockopt_ipv6_mreq setsockopt_linger setsockopt_string "
            "setsockopt_timeval"
        ),
        "sockets.sockets": (
            "accept accept4 bind connect getpeername getsockname listen shutdown socket socketpair sys_socket"
        ),
        "sockets.structs": (
            "Cmsghdr ICMPv6Filter IPMreq IPMreqn IPv6MTUInfo IPv6Mreq Inet4Pktinfo Inet6Pktinfo Iovec KernelTimespec "
            "Linger Msghdr RawSockaddr RawSockaddrAny RawSockaddrInet4 RawSockaddrInet6 RawSockaddrLinklayer "
            "RawSockaddrNetlink RawSockaddrUnix RawSockaddrVM ScmTimestamping SockExtendedErr TCPInfo TCPInfoFull "
            "Ucred"
        ),
        "sockets.timestamps": "parse_timestamp parse_timestamping",
        "system.errnos": "Errno",
    }
    _MODULES = {name: module for module, names in _NAMES.items() for name in names.split()}
    # Loaded together: a program that has opened its sockets, and then gives up its root directory or the right to read
    # these files, is to have what it needs to go on.
    _TOGETHER = ("sockets.sockets", "sockets.addresses", "io.descriptors", "sockets.messages", "sockets.options")
    _TOGETHER += ("io.waiting", "system.errnos")
    _TOGETHER += ("constants._polling", "constants._internet")

    def _load(module, name):
        try:
            return __import__(module, globals(), None, ("",), 1)
        except ImportError as error:
            reason = "a program that changes its root or its user asks for it before"
            raise ImportError(
                f"{name} is loaded only now, and cannot be: {error}; {reason}", name=error.name
            ) from error

    def __getattr__(name):
        if name == "__all__":
            return __dir__()
        module = _MODULES.get(name)
        if module in _TOGETHER:
            for each in _TOGETHER:
                _load(each, name)
        origin = _load(module, name) if module else _constants
        try:
            value = globals()[name] = getattr(origin, name)
        except AttributeError:
            raise _no_attribute(__name__, name) from None
        return value

    def __dir__():
        return sorted({*_MODULES, *dir(_constants)})
