"""Go's `syscall` package for Python on Linux: the kernel's calls through libc, with Go's names in snake_case.

    import pysyscall as syscall

Functions return what Go's return, and raise OSError where Go's return an error. What programs with sockets and
descriptors call is in memory at once; other modules are loaded when one of their names is first asked for.
"""

import builtins as _builtins
import sys as _sys

from .loading import load as _load
from .loading import load_at_once as _load_at_once

__version__ = "0.1.0"

# Every public name but the constants, by the module that has it. `__init__.pyi` and stubs/ are generated from this.
_NAMES = {
    "clocks.clock": "adjtimex gettimeofday nanosleep settimeofday time",
    "clocks.conversions": "nsec_to_timespec nsec_to_timeval timespec_to_nsec timeval_to_nsec",
    "clocks.file_times": "futimes futimesat utime utimes utimes_nano",
    "clocks.rare_structs": "Time_t Timex Utimbuf",
    "clocks.structs": "Timespec Timeval",
    "environment": "clearenv environ getenv setenv unsetenv",
    "files.attributes": "getxattr listxattr removexattr setxattr",
    "files.directories": "chdir fchdir getcwd getdents getwd parse_dirent read_dirent",
    "files.locking": "fcntl_flock flock",
    "files.names": "link mkdir mkdirat mkfifo mknod mknodat readlink rename renameat rmdir symlink unlink unlinkat",
    "files.opening": (
        "creat fallocate fdatasync fsync ftruncate open openat seek stderr stdin stdout sync sync_file_range truncate"
    ),
    "files.permissions": "access chmod chown faccessat fchmod fchmodat fchown fchownat lchown",
    "files.status": "fstat fstatfs lstat stat statfs statx ustat",
    "files.structs": "Dirent Flock_t Fsid InotifyEvent Stat_t Statfs_t StatxTimestamp Statx_t Ustat_t",
    "files.watching": (
        "NamedInotifyEvent inotify_add_watch inotify_init inotify_init1 inotify_rm_watch parse_inotify_events"
    ),
    "io.commands": "fcntl_int",
    "io.copying": "sendfile splice tee",
    "io.descriptors": "close close_on_exec dup dup2 dup3 pipe pipe2 pread pwrite read set_nonblock write",
    "io.ioctls": "ioctl",
    "io.lending": "Conn RawConn",
    "io.structs": "EpollEvent FdSet PollFd",
    "io.waiting": "epoll_create epoll_create1 epoll_ctl epoll_wait poll ppoll select",
    "memory.mapping": "madvise mlock mlockall mmap mprotect munlock munlockall munmap",
    "mounts.mounting": "chroot mount pivot_root unmount",
    "net.addresses": "format_ip parse_ip split_host_port",
    "net.byte_order": "htonl htons ntohl ntohs",
    "net.interface": "IPNet Interface interface_by_index interface_by_name interfaces",
    "net.resolving": "resolve_tcp_addr resolve_udp_addr",
    "net.structs": "Ifmap Ifreq",
    "netlink.messages": "NetlinkMessage netlink_ack netlink_message parse_netlink_message",
    "netlink.routes": (
        "NetlinkRouteAttr NetlinkRouteRequest netlink_rib parse_netlink_route_attr parse_route_attr route_attr"
    ),
    "netlink.structs": (
        "IfAddrmsg IfInfomsg IfaCacheinfo NdMsg NdUseroptmsg NlAttr NlMsgerr NlMsghdr RtAttr RtGenmsg RtMsg RtNexthop"
    ),
    "packets.assembler": "LsfBranch lsf_arp lsf_assemble lsf_ethertype lsf_icmp lsf_prefix lsf_udp_port",
    "packets.filters": "attach_lsf detach_lsf lsf_jump lsf_socket lsf_stmt set_lsf_promisc",
    "packets.frames": "Frame Frames",
    "packets.options": (
        "getsockopt_tpacket_stats getsockopt_tpacket_stats_v3 packet_fanout parse_tpacket_auxdata restore_vlan_tag "
        "setsockopt_packet_mreq"
    ),
    "packets.receive_ring": "PacketRing",
    "packets.structs": "PacketMreq SockFilter SockFprog TpacketAuxdata TpacketStats TpacketStatsV3",
    "packets.transmit_ring": "TransmitRing",
    "processes.attributes": "Credential ProcAttr SysProcAttr SysProcIDMap",
    "processes.execution": "exec fork_exec start_process",
    "processes.identities": (
        "getegid geteuid getgid getgroups getuid setegid seteuid setfsgid setfsuid setgid setgroups setregid "
        "setresgid setresuid setreuid setuid"
    ),
    "processes.limits": "getpriority getrlimit getrusage setpriority setrlimit times umask",
    "processes.locks": "fork_lock",
    "processes.namespaces": "setns unshare",
    "processes.sessions": "getpgid getpgrp getpid getppid gettid setpgid setsid",
    "processes.signalling": "kill pause tgkill",
    "processes.signals": "Signal",
    "processes.structs": "PtraceRegs Rlimit Rusage Tms",
    "processes.threads": "all_threads_syscall all_threads_syscall6",
    "processes.tracing": (
        "ptrace_attach ptrace_cont ptrace_detach ptrace_get_event_msg ptrace_get_regs ptrace_peek_data "
        "ptrace_peek_text ptrace_poke_data ptrace_poke_text ptrace_set_options ptrace_set_regs ptrace_single_step "
        "ptrace_syscall"
    ),
    "processes.waiting": "WaitStatus exit wait4",
    "raw": "raw_syscall raw_syscall6 syscall syscall6",
    "sockets.address_structs": "RawSockaddrInet4 RawSockaddrInet6 RawSockaddrUnix",
    "sockets.addresses": "Sockaddr SockaddrBytes SockaddrInet4 SockaddrInet6 SockaddrUnix",
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
    "sockets.rare_address_structs": "RawSockaddrLinklayer RawSockaddrNetlink RawSockaddrVM RawSockaddrXDP",
    "sockets.rare_addresses": "SockaddrLinklayer SockaddrNetlink SockaddrVM SockaddrXDP",
    "sockets.rare_options": (
        "getsockopt_icmpv6_filter getsockopt_ipv6_mtu_info getsockopt_tcp_info setsockopt_group_req "
        "setsockopt_group_source_req setsockopt_icmpv6_filter setsockopt_ip_mreq_source"
    ),
    "sockets.rare_structs": (
        "GroupReq GroupSourceReq ICMPv6Filter IPMreqSource IPv6MTUInfo KernelTimespec RawSockaddr RawSockaddrAny "
        "RawSockaddrStorage ScmTimestamping SockExtendedErr TCPInfo TCPInfoFull"
    ),
    "sockets.options": (
        "bind_to_device getsockopt getsockopt_inet4_addr getsockopt_int getsockopt_sockaddr getsockopt_string "
        "setsockopt setsockopt_byte setsockopt_inet4_addr setsockopt_int setsockopt_string"
    ),
    "sockets.sockets": (
        "accept accept4 bind connect getpeername getsockname listen shutdown socket socket_disable_ipv6 socketpair "
        "sys_socket"
    ),
    "sockets.struct_options": (
        "getsockopt_ip_mreq getsockopt_ip_mreqn getsockopt_ipv6_mreq getsockopt_ucred setsockopt_ip_mreq "
        "setsockopt_ip_mreqn setsockopt_ipv6_mreq setsockopt_linger setsockopt_timeval"
    ),
    "sockets.structs": ("Cmsghdr IPMreq IPMreqn IPv6Mreq Inet4Pktinfo Inet6Pktinfo Iovec Linger Msghdr Ucred"),
    "sockets.timestamps": "parse_timestamp parse_timestamping",
    "strings": (
        "byte_ptr_from_string byte_slice_from_string slice_ptr_from_strings string_byte_ptr string_byte_slice "
        "string_slice_ptr"
    ),
    "system.errnos": "AddrinfoError Errno",
    "system.machine": "acct getpagesize ioperm iopl klogctl reboot setdomainname sethostname sysinfo uname",
    "system.structs": "Sysinfo_t Utsname",
    "terminals.settings": "ioctl_get_termios ioctl_get_winsize ioctl_set_termios ioctl_set_winsize",
    "terminals.structs": "Termios Winsize",
}

# Loaded at once, each after those that it imports.
_AT_ONCE = (
    *("base.abi", "base.arguments", "constants", "constants.common", "base.errors", "base.buffers", "base.declaration"),
    *("base.libc", "base.scratch", "base.fields", "base.layout"),
    *("io.libc", "io.descriptors"),
    *("sockets.libc", "sockets.sockaddr", "sockets.address_structs", "sockets.addresses", "sockets.senders"),
    *("sockets.sockets", "sockets.options", "sockets.messages"),
)
# Held in memory at once, and executed when one of their names is first asked for.
_HELD = (
    *("clocks.structs", "system.texts", "system.errnos", "io.structs", "io.waiting"),
    *("sockets.structs", "sockets.struct_options", "sockets.control", "sockets.ip_control"),
    *("sockets.rare_address_structs", "sockets.rare_addresses"),
)

_MODULES = {name: module for module, names in _NAMES.items() for name in names.split()}


class _NoSuchName(AttributeError):
    """An AttributeError that looks for the name that was meant, which takes a while, only when it is shown."""

    __module__, __qualname__ = "builtins", "AttributeError"

    def __str__(self):
        try:
            return super().__str__() + _load(f"{__name__}.lookup", self.name).hint(self.name)
        except ImportError:
            return super().__str__()


def __getattr__(name):
    if name == "__all__":
        # A star leaves alone what the one who writes it has already: the package's usual name, and Python's own.
        return [each for each in __dir__() if each != "syscall" and each not in vars(_builtins)]
    if name in _MODULES:
        value = getattr(_load(f"{__name__}.{_MODULES[name]}", name), name)
    else:
        try:
            value = getattr(_constants, name)
        except AttributeError as error:
            message = str(error).replace(_constants.__name__, __name__)
            raise (AttributeError if message.endswith("lacks it") else _NoSuchName)(message, name=name) from None
    globals()[name] = value
    return value


def __dir__():
    return sorted({*_MODULES, *dir(_constants), "__version__"})


_load_at_once(_sys.modules[__name__], _AT_ONCE, _HELD)
_constants = _sys.modules[f"{__name__}.constants"]
for _module in _AT_ONCE:
    if _module in _NAMES:
        _loaded = vars(_sys.modules[f"{__name__}.{_module}"])
        globals().update({name: _loaded[name] for name in _NAMES[_module].split()})
