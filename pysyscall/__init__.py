"""Go's `syscall` package for Python on Linux: the kernel's calls through libc, with Go's names in snake_case.

    import pysyscall as syscall

Functions return what Go's return, and raise OSError where Go's return an error. A module is loaded when one of its
names is first asked for: what a program does not use costs it nothing.
"""

from . import constants as _constants
from .abi import no_attribute as _no_attribute

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .ancillary import inet4_pktinfo as inet4_pktinfo
    from .ancillary import inet4_tos as inet4_tos
    from .ancillary import inet4_ttl as inet4_ttl
    from .ancillary import inet6_hoplimit as inet6_hoplimit
    from .ancillary import inet6_pktinfo as inet6_pktinfo
    from .ancillary import inet6_tclass as inet6_tclass
    from .ancillary import parse_inet4_pktinfo as parse_inet4_pktinfo
    from .ancillary import parse_inet4_tos as parse_inet4_tos
    from .ancillary import parse_inet4_ttl as parse_inet4_ttl
    from .ancillary import parse_inet6_hoplimit as parse_inet6_hoplimit
    from .ancillary import parse_inet6_pktinfo as parse_inet6_pktinfo
    from .ancillary import parse_inet6_tclass as parse_inet6_tclass
    from .ancillary import parse_udp_gro as parse_udp_gro
    from .ancillary import udp_segment as udp_segment
    from .batches import MessageBatch as MessageBatch
    from .conn import Conn as Conn
    from .conn import RawConn as RawConn
    from .constants import *
    from .copying import sendfile as sendfile
    from .copying import splice as splice
    from .copying import tee as tee
    from .datagrams import recvfrom as recvfrom
    from .datagrams import recvmsg as recvmsg
    from .datagrams import sendmsg as sendmsg
    from .datagrams import sendmsg_n as sendmsg_n
    from .datagrams import sendto as sendto
    from .descriptors import close as close
    from .descriptors import close_on_exec as close_on_exec
    from .descriptors import dup as dup
    from .descriptors import dup2 as dup2
    from .descriptors import dup3 as dup3
    from .descriptors import pipe as pipe
    from .descriptors import pipe2 as pipe2
    from .descriptors import pread as pread
    from .descriptors import pwrite as pwrite
    from .descriptors import read as read
    from .descriptors import set_nonblock as set_nonblock
    from .descriptors import write as write
    from .errnos import Errno as Errno
    from .errqueue import QueuedError as QueuedError
    from .errqueue import parse_sock_extended_err as parse_sock_extended_err
    from .errqueue import recv_error as recv_error
    from .filters import LsfBranch as LsfBranch
    from .filters import lsf_arp as lsf_arp
    from .filters import lsf_assemble as lsf_assemble
    from .filters import lsf_ethertype as lsf_ethertype
    from .filters import lsf_icmp as lsf_icmp
    from .filters import lsf_prefix as lsf_prefix
    from .filters import lsf_udp_port as lsf_udp_port
    from .ioctls import ioctl as ioctl
    from .lsf import attach_lsf as attach_lsf
    from .lsf import detach_lsf as detach_lsf
    from .lsf import lsf_jump as lsf_jump
    from .lsf import lsf_socket as lsf_socket
    from .lsf import lsf_stmt as lsf_stmt
    from .lsf import set_lsf_promisc as set_lsf_promisc
    from .namespaces import unshare as unshare
    from .net import AddrinfoError as AddrinfoError
    from .net import Interface as Interface
    from .net import htonl as htonl
    from .net import htons as htons
    from .net import interface_by_index as interface_by_index
    from .net import interface_by_name as interface_by_name
    from .net import interfaces as interfaces
    from .net import ntohl as ntohl
    from .net import ntohs as ntohs
    from .net import parse_ip as parse_ip
    from .net import resolve_tcp_addr as resolve_tcp_addr
    from .net import resolve_udp_addr as resolve_udp_addr
    from .net import split_host_port as split_host_port
    from .netlink import NetlinkMessage as NetlinkMessage
    from .netlink import NetlinkRouteAttr as NetlinkRouteAttr
    from .netlink import NetlinkRouteRequest as NetlinkRouteRequest
    from .netlink import netlink_ack as netlink_ack
    from .netlink import netlink_message as netlink_message
    from .netlink import netlink_rib as netlink_rib
    from .netlink import parse_netlink_message as parse_netlink_message
    from .netlink import parse_netlink_route_attr as parse_netlink_route_attr
    from .netlink import parse_route_attr as parse_route_attr
    from .netlink import route_attr as route_attr
    from .packets import getsockopt_tpacket_stats as getsockopt_tpacket_stats
    from .packets import getsockopt_tpacket_stats_v3 as getsockopt_tpacket_stats_v3
    from .packets import packet_fanout as packet_fanout
    from .packets import parse_tpacket_auxdata as parse_tpacket_auxdata
    from .packets import restore_vlan_tag as restore_vlan_tag
    from .packets import setsockopt_packet_mreq as setsockopt_packet_mreq
    from .polling import epoll_create as epoll_create
    from .polling import epoll_create1 as epoll_create1
    from .polling import epoll_ctl as epoll_ctl
    from .polling import epoll_wait as epoll_wait
    from .polling import select as select
    from .rings import Frame as Frame
    from .rings import Frames as Frames
    from .rings import PacketRing as PacketRing
    from .signals import Signal as Signal
    from .sockaddr import Sockaddr as Sockaddr
    from .sockaddr import SockaddrBytes as SockaddrBytes
    from .sockaddr import SockaddrInet4 as SockaddrInet4
    from .sockaddr import SockaddrInet6 as SockaddrInet6
    from .sockaddr import SockaddrLinklayer as SockaddrLinklayer
    from .sockaddr import SockaddrNetlink as SockaddrNetlink
    from .sockaddr import SockaddrUnix as SockaddrUnix
    from .sockaddr import SockaddrVM as SockaddrVM
    from .sockcmsg import SocketControlMessage as SocketControlMessage
    from .sockcmsg import close_unix_rights as close_unix_rights
    from .sockcmsg import cmsg_len as cmsg_len
    from .sockcmsg import cmsg_space as cmsg_space
    from .sockcmsg import parse_socket_control_message as parse_socket_control_message
    from .sockcmsg import parse_unix_credentials as parse_unix_credentials
    from .sockcmsg import parse_unix_rights as parse_unix_rights
    from .sockcmsg import socket_control_message as socket_control_message
    from .sockcmsg import unix_credentials as unix_credentials
    from .sockcmsg import unix_rights as unix_rights
    from .sockets import accept as accept
    from .sockets import accept4 as accept4
    from .sockets import bind as bind
    from .sockets import connect as connect
    from .sockets import getpeername as getpeername
    from .sockets import getsockname as getsockname
    from .sockets import listen as listen
    from .sockets import shutdown as shutdown
    from .sockets import socket as socket
    from .sockets import socketpair as socketpair
    from .sockets import sys_socket as sys_socket
    from .sockopt import bind_to_device as bind_to_device
    from .sockopt import getsockopt as getsockopt
    from .sockopt import getsockopt_icmpv6_filter as getsockopt_icmpv6_filter
    from .sockopt import getsockopt_inet4_addr as getsockopt_inet4_addr
    from .sockopt import getsockopt_int as getsockopt_int
    from .sockopt import getsockopt_ip_mreq as getsockopt_ip_mreq
    from .sockopt import getsockopt_ip_mreqn as getsockopt_ip_mreqn
    from .sockopt import getsockopt_ipv6_mreq as getsockopt_ipv6_mreq
    from .sockopt import getsockopt_ipv6_mtu_info as getsockopt_ipv6_mtu_info
    from .sockopt import getsockopt_ucred as getsockopt_ucred
    from .sockopt import setsockopt as setsockopt
    from .sockopt import setsockopt_byte as setsockopt_byte
    from .sockopt import setsockopt_icmpv6_filter as setsockopt_icmpv6_filter
    from .sockopt import setsockopt_inet4_addr as setsockopt_inet4_addr
    from .sockopt import setsockopt_int as setsockopt_int
    from .sockopt import setsockopt_ip_mreq as setsockopt_ip_mreq
    from .sockopt import setsockopt_ip_mreqn as setsockopt_ip_mreqn
    from .sockopt import setsockopt_ipv6_mreq as setsockopt_ipv6_mreq
    from .sockopt import setsockopt_linger as setsockopt_linger
    from .sockopt import setsockopt_string as setsockopt_string
    from .sockopt import setsockopt_timeval as setsockopt_timeval
    from .structs.addresses import RawSockaddr as RawSockaddr
    from .structs.addresses import RawSockaddrAny as RawSockaddrAny
    from .structs.addresses import RawSockaddrInet4 as RawSockaddrInet4
    from .structs.addresses import RawSockaddrInet6 as RawSockaddrInet6
    from .structs.addresses import RawSockaddrLinklayer as RawSockaddrLinklayer
    from .structs.addresses import RawSockaddrNetlink as RawSockaddrNetlink
    from .structs.addresses import RawSockaddrUnix as RawSockaddrUnix
    from .structs.addresses import RawSockaddrVM as RawSockaddrVM
    from .structs.control import Cmsghdr as Cmsghdr
    from .structs.control import KernelTimespec as KernelTimespec
    from .structs.control import ScmTimestamping as ScmTimestamping
    from .structs.control import SockExtendedErr as SockExtendedErr
    from .structs.events import EpollEvent as EpollEvent
    from .structs.events import FdSet as FdSet
    from .structs.filters import SockFilter as SockFilter
    from .structs.filters import SockFprog as SockFprog
    from .structs.interfaces import Ifmap as Ifmap
    from .structs.interfaces import Ifreq as Ifreq
    from .structs.messages import Iovec as Iovec
    from .structs.messages import Msghdr as Msghdr
    from .structs.netlink import IfAddrmsg as IfAddrmsg
    from .structs.netlink import IfInfomsg as IfInfomsg
    from .structs.netlink import NlAttr as NlAttr
    from .structs.netlink import NlMsgerr as NlMsgerr
    from .structs.netlink import NlMsghdr as NlMsghdr
    from .structs.netlink import RtAttr as RtAttr
    from .structs.netlink import RtGenmsg as RtGenmsg
    from .structs.netlink import RtMsg as RtMsg
    from .structs.netlink import RtNexthop as RtNexthop
    from .structs.options import ICMPv6Filter as ICMPv6Filter
    from .structs.options import Inet4Pktinfo as Inet4Pktinfo
    from .structs.options import Inet6Pktinfo as Inet6Pktinfo
    from .structs.options import IPMreq as IPMreq
    from .structs.options import IPMreqn as IPMreqn
    from .structs.options import IPv6Mreq as IPv6Mreq
    from .structs.options import IPv6MTUInfo as IPv6MTUInfo
    from .structs.options import Linger as Linger
    from .structs.options import TCPInfo as TCPInfo
    from .structs.options import Ucred as Ucred
    from .structs.packets import PacketMreq as PacketMreq
    from .structs.packets import TpacketAuxdata as TpacketAuxdata
    from .structs.packets import TpacketStats as TpacketStats
    from .structs.packets import TpacketStatsV3 as TpacketStatsV3
    from .structs.tcp import TCPInfoFull as TCPInfoFull
    from .structs.times import Timespec as Timespec
    from .structs.times import Timeval as Timeval
    from .syscalls import raw_syscall as raw_syscall
    from .syscalls import raw_syscall6 as raw_syscall6
    from .syscalls import syscall as syscall
    from .syscalls import syscall6 as syscall6
    from .tcp import getsockopt_tcp_info as getsockopt_tcp_info
    from .timestamps import parse_timestamp as parse_timestamp
    from .timestamps import parse_timestamping as parse_timestamping
    from .transmit import TransmitRing as TransmitRing
else:
    # The same again, for a running Python. A test holds the two together.
    _NAMES = {
        "ancillary": (
            "inet4_pktinfo inet4_tos inet4_ttl inet6_hoplimit inet6_pktinfo inet6_tclass parse_inet4_pktinfo "
            "parse_inet4_tos parse_inet4_ttl parse_inet6_hoplimit parse_inet6_pktinfo parse_inet6_tclass "
            "parse_udp_gro udp_segment"
        ),
        "batches": "MessageBatch",
        "conn": "Conn RawConn",
        "copying": "sendfile splice tee",
        "datagrams": "recvfrom recvmsg sendmsg sendmsg_n sendto",
        "descriptors": "close close_on_exec dup dup2 dup3 pipe pipe2 pread pwrite read set_nonblock write",
        "errnos": "Errno",
        "errqueue": "QueuedError parse_sock_extended_err recv_error",
        "filters": "LsfBranch lsf_arp lsf_assemble lsf_ethertype lsf_icmp lsf_prefix lsf_udp_port",
        "ioctls": "ioctl",
        "lsf": "attach_lsf detach_lsf lsf_jump lsf_socket lsf_stmt set_lsf_promisc",
        "namespaces": "unshare",
        "net": (
            "AddrinfoError Interface htonl htons interface_by_index interface_by_name interfaces ntohl ntohs "
            "parse_ip resolve_tcp_addr resolve_udp_addr split_host_port"
        ),
        "netlink": (
            "NetlinkMessage NetlinkRouteAttr NetlinkRouteRequest netlink_ack netlink_message netlink_rib "
            "parse_netlink_message parse_netlink_route_attr parse_route_attr route_attr"
        ),
        "packets": (
            "getsockopt_tpacket_stats getsockopt_tpacket_stats_v3 packet_fanout parse_tpacket_auxdata "
            "restore_vlan_tag setsockopt_packet_mreq"
        ),
        "polling": "epoll_create epoll_create1 epoll_ctl epoll_wait select",
        "rings": "Frame Frames PacketRing",
        "signals": "Signal",
        "sockaddr": (
            "Sockaddr SockaddrBytes SockaddrInet4 SockaddrInet6 SockaddrLinklayer SockaddrNetlink SockaddrUnix "
            "SockaddrVM"
        ),
        "sockcmsg": (
            "SocketControlMessage close_unix_rights cmsg_len cmsg_space parse_socket_control_message "
            "parse_unix_credentials parse_unix_rights socket_control_message unix_credentials unix_rights"
        ),
        "sockets": "accept accept4 bind connect getpeername getsockname listen shutdown socket socketpair sys_socket",
        "sockopt": (
            "bind_to_device getsockopt getsockopt_icmpv6_filter getsockopt_inet4_addr getsockopt_int "
            "getsockopt_ip_mreq getsockopt_ip_mreqn getsockopt_ipv6_mreq getsockopt_ipv6_mtu_info "
            "getsockopt_ucred setsockopt setsockopt_byte setsockopt_icmpv6_filter setsockopt_inet4_addr "
            "setsockopt_int setsockopt_ip_mreq setsockopt_ip_mreqn setsockopt_ipv6_mreq setsockopt_linger "
            "setsockopt_string setsockopt_timeval"
        ),
        "structs.addresses": (
            "RawSockaddr RawSockaddrAny RawSockaddrInet4 RawSockaddrInet6 RawSockaddrLinklayer RawSockaddrNetlink "
            "RawSockaddrUnix RawSockaddrVM"
        ),
        "structs.control": "Cmsghdr KernelTimespec ScmTimestamping SockExtendedErr",
        "structs.events": "EpollEvent FdSet",
        "structs.filters": "SockFilter SockFprog",
        "structs.interfaces": "Ifmap Ifreq",
        "structs.messages": "Iovec Msghdr",
        "structs.netlink": "IfAddrmsg IfInfomsg NlAttr NlMsgerr NlMsghdr RtAttr RtGenmsg RtMsg RtNexthop",
        "structs.options": (
            "ICMPv6Filter Inet4Pktinfo Inet6Pktinfo IPMreq IPMreqn IPv6Mreq IPv6MTUInfo Linger TCPInfo Ucred"
        ),
        "structs.packets": "PacketMreq TpacketAuxdata TpacketStats TpacketStatsV3",
        "structs.tcp": "TCPInfoFull",
        "structs.times": "Timespec Timeval",
        "syscalls": "raw_syscall raw_syscall6 syscall syscall6",
        "tcp": "getsockopt_tcp_info",
        "timestamps": "parse_timestamp parse_timestamping",
        "transmit": "TransmitRing",
    }
    _MODULES = {name: module for module, names in _NAMES.items() for name in names.split()}
    # Loaded together: a program that has opened its sockets, and then gives up its root directory or the right to read
    # these files, is to have what it needs to go on.
    _TOGETHER = ("sockets", "sockaddr", "descriptors", "datagrams", "sockopt", "polling", "errnos")
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
