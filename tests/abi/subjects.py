"""What goes into pysyscall/constants/: per module its headers, and which names are taken from each.

Names and values are the headers' own; only this choice is made by hand. A name belongs to the innermost of these
headers that its definition was reached through. The libc's headers are read before the kernel's, and where both define
a name the libc's value stands, because it is the libc that is called.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Final, NamedTuple


class Header(NamedTuple):
    """A C header, and the names that are taken from it: shell patterns, and those with a ! before them are left out."""

    path: str
    names: str

    def has(self, name: str) -> bool:
        taken = [pattern for pattern in self.names.split() if pattern[0] != "!"]
        left_out = [pattern[1:] for pattern in self.names.split() if pattern[0] == "!"]
        return _any_match(name, taken) and not _any_match(name, left_out)


class Subject(NamedTuple):
    """A module of pysyscall/constants/."""

    module: str
    title: str
    headers: tuple[Header, ...]


def python_name(name: str) -> str:
    """Go's spelling of a C name, where it is not the same: __NR_read is SYS_READ, and __WALL is WALL."""
    return f"SYS_{name[5:].upper()}" if name.startswith("__NR_") else name.removeprefix("__")


def c_name(name: str) -> str:
    """The C name behind one of ours."""
    if name.startswith("SYS_"):
        return f"__NR_{name[4:] if name.endswith('SYSCALL_BASE') else name[4:].lower()}"
    return f"__{name}" if name in {"WALL", "WCLONE", "WNOTHREAD", "WORDSIZE"} else name


def _any_match(name: str, patterns: list[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def is_kernel_header(path: str) -> bool:
    """The kernel's headers are read apart from the libc's, since the two redefine each other's structures."""
    return path.startswith(("linux/", "asm/"))


SUBJECTS: Final = (
    Subject(
        "_files",
        "Files and directories",
        (
            Header("limits.h", "PATH_MAX NAME_MAX PIPE_BUF IOV_MAX NGROUPS_MAX HOST_NAME_MAX XATTR_*_MAX __WORDSIZE"),
            Header("sys/select.h", "FD_SETSIZE"),
            Header("fcntl.h", "O_* F_* FD_* LOCK_* DN_* RWF_* RWH_* POSIX_FADV_* SYNC_FILE_* SPLICE_* FALLOC_* AT_*"),
            Header(
                "fcntl.h", "RESOLVE_* OPENAT2_* UTIME_* S_* SEEK_* R_OK W_OK X_OK F_OK MAX_HANDLE_SZ F*NDELAY FASYNC"
            ),
            Header("fcntl.h", "FAPPEND FFSYNC FNONBLOCK"),
            Header("sys/stat.h", "S_* STATX_* UTIME_* ACCESSPERMS ALLPERMS DEFFILEMODE"),
            Header("unistd.h", "STDIN_FILENO STDOUT_FILENO STDERR_FILENO ?_OK SEEK_* CLOSE_RANGE_* F_*LOCK F_TEST L_*"),
            Header("dirent.h", "DT_* MAXNAMLEN"),
            Header("sys/uio.h", "UIO_MAXIOV RWF_*"),
            Header("sys/file.h", "LOCK_* L_*"),
            Header("sys/xattr.h", "XATTR_*"),
            Header("sys/statvfs.h", "ST_*"),
            Header("sys/random.h", "GRND_*"),
            Header("linux/fcntl.h", "O_* F_* FD_* AT_* DN_* RWH_*"),
            Header("linux/openat2.h", "RESOLVE_*"),
            Header("linux/falloc.h", "FALLOC_*"),
            Header("linux/stat.h", "STATX_* S_*"),
            Header("linux/fs.h", "FS_* FI* BLK* RENAME_* RWF_* SEEK_* SYNC_FILE_* XATTR_* FILE_DEDUPE_*"),
            Header("linux/xattr.h", "XATTR_*"),
            Header("linux/close_range.h", "CLOSE_RANGE_*"),
        ),
    ),
    Subject("_errnos", "Error numbers", (Header("errno.h", "E*"),)),
    Subject(
        "_signals",
        "Signals",
        (
            Header(
                "signal.h",
                "SIG* !SIGSTKSZ !SIGRTM* !SIG_ERR SA_* SI_* SS_* ILL_* FPE_* SEGV_* BUS_* TRAP_* CLD_* POLL_* NSIG",
            ),
            Header("sys/signalfd.h", "SFD_*"),
        ),
    ),
    Subject(
        "_clocks",
        "Clocks and timers",
        (
            Header("time.h", "CLOCK_* CLOCKS_PER_SEC TIMER_* ADJ_* STA_* TIME_* MOD_*"),
            Header("sys/time.h", "ITIMER_*"),
            Header("sys/timerfd.h", "TFD_*"),
            Header("sys/timex.h", "ADJ_* STA_* TIME_* MOD_* NTP_* MAXTC"),
            Header("linux/time.h", "CLOCK_* ITIMER_*"),
            Header("linux/timerfd.h", "TFD_*"),
        ),
    ),
    Subject(
        "_sockets",
        "Sockets of every family",
        (
            Header("sys/socket.h", "AF_* PF_* SOCK_* SOL_* SO_* SOMAXCONN MSG_* SCM_* SHUT_* SIOC* FIO*"),
            Header("sys/un.h", "SIOC* UNIX_PATH_MAX"),
            Header("netdb.h", "AI_* EAI_* NI_* IPPORT_*"),
            Header("linux/socket.h", "SO_* SCM_* SOCK_*"),
            Header("linux/un.h", "SIOC* UNIX_PATH_MAX"),
            Header("linux/errqueue.h", "SO_* SCM_*"),
            Header("linux/net_tstamp.h", "SOF_* HWTSTAMP_* SCM_TS_*"),
            Header("linux/vm_sockets.h", "SO_* VMADDR_* VM_* SOL_* VSOCK_*"),
        ),
    ),
    Subject(
        "_internet",
        "IPv4, IPv6 and what they carry",
        (
            Header("netinet/in.h", "IPPROTO_* IP_* IPV6_* IPPORT_* MCAST_* SOL_* SCM_* IN_* INADDR_* INET_* INET6_*"),
            Header("netinet/ip.h", "IP_* IPVERSION IPTOS_* IPOPT_* MAX_IPOPTLEN MAXTTL IPDEFTTL"),
            Header("netinet/ip6.h", "IP6*"),
            Header("netinet/tcp.h", "TCP_* TCPOPT_* TCPOLEN_* TCPI_* SOL_* TH_*"),
            Header("netinet/udp.h", "UDP_* SOL_*"),
            Header("netinet/ip_icmp.h", "ICMP_*"),
            Header("netinet/icmp6.h", "ICMP6_* ICMPV6_* MLD_* ND_*"),
            Header("netinet/igmp.h", "IGMP_*"),
            Header("linux/in.h", "IPPROTO_* IP_* MCAST_*"),
            Header("linux/in6.h", "IPPROTO_* IPV6_*"),
            Header("linux/ipv6.h", "IPV6_*"),
            Header("linux/tcp.h", "TCP_* TCPI_* TCPF_*"),
            Header("linux/udp.h", "UDP_* TCP_ENCAP_*"),
            Header("linux/icmp.h", "ICMP_* NR_ICMP_TYPES"),
            Header("linux/icmpv6.h", "ICMPV6_* MLD2_*"),
            Header("linux/igmp.h", "IGMP* IGMPV3_*"),
            Header("linux/mptcp.h", "MPTCP_*"),
            Header("linux/netfilter_ipv4.h", "SO_ORIGINAL_DST"),
            Header("linux/netfilter_ipv6/ip6_tables.h", "IP6T_SO_ORIGINAL_DST"),
        ),
    ),
    Subject(
        "_packets",
        "Packet sockets and socket filters",
        (
            Header("netpacket/packet.h", "PACKET_*"),
            Header("linux/if_packet.h", "PACKET_* TP_* TPACKET_*"),
            Header("linux/bpf_common.h", "BPF_*"),
            Header("linux/filter.h", "BPF_* SKF_*"),
            Header("linux/if_xdp.h", "XDP_* XSK_*"),
        ),
    ),
    Subject(
        "_netlink",
        "Netlink and rtnetlink",
        (
            Header("linux/netlink.h", "NETLINK_* NLM_* NLMSG_* NLMSGERR_* NLA_* NL_* NET_MAJOR MAX_LINKS"),
            Header("linux/rtnetlink.h", "RTNL_* RTM_* RTN_* RTA_* RTAX_* RTPROT_* RT_* RTNH_* RTMGRP_* RTNLGRP_*"),
            Header("linux/rtnetlink.h", "RTEXT_* PREFIX_* TCA_*"),
            Header("linux/if_link.h", "IFLA_* MACVLAN_* IPVLAN_* IF_OPER_* IF_LINK_* XDP_* VXLAN_* GENEVE_*"),
            Header("linux/if_addr.h", "IFA_* IFAPROT_*"),
            Header("linux/neighbour.h", "NDA_* NTF_* NUD_* NDTPA_* NDTA_*"),
            Header("linux/genetlink.h", "GENL_* CTRL_*"),
            Header("linux/veth.h", "VETH_*"),
            Header("linux/if.h", "IF_OPER_* IF_LINK_*"),
        ),
    ),
    Subject(
        "_interfaces",
        "Network interfaces and their hardware",
        (
            Header("net/if.h", "IF_NAMESIZE IFF_* IFHWADDRLEN IFNAMSIZ"),
            Header("net/ethernet.h", "ETH_* ETHERTYPE_* ETHER_* ETHERMTU ETHERMIN"),
            Header("net/if_arp.h", "ARPOP_* ARPHRD_* ATF_* ARPD_* MAX_ADDR_LEN"),
            Header("net/route.h", "RTF_* RTCF_* RT_CLASS_* RTMSG_*"),
            Header("sys/ioctl.h", "SIOC*"),
            Header("linux/if.h", "IFF_* IF_* IFNAMSIZ IFALIASZ ALTIFNAMSIZ"),
            Header("linux/hdlc/ioctl.h", "ENCODING_* PARITY_*"),
            Header("linux/if_ether.h", "ETH_*"),
            Header("linux/if_arp.h", "ARPOP_* ARPHRD_* ATF_*"),
            Header("linux/sockios.h", "SIOC* SOCK_IOC_TYPE"),
            Header("linux/if_tun.h", "TUN* IFF_*"),
            Header("linux/if_bridge.h", "BRCTL_* BR_* SIOC* BRIDGE_* IFLA_BRIDGE_* MDB*"),
            Header("linux/if_vlan.h", "*_VLAN_*CMD VLAN_*"),
            Header("linux/route.h", "RTF_*"),
            Header("linux/ipv6_route.h", "RTF_* RTMSG_*"),
        ),
    ),
    Subject(
        "_terminals",
        "Terminals, and ioctls of any descriptor",
        (
            Header("sys/ioctl.h", "TIOCM_* N_*"),
            Header("sys/ttydefaults.h", "C*"),
            Header("termios.h", "B* C* E* F* HUPCL I* N* O* P* T* V* X* !B[0-9]* !BAUD_MAX !BOTHER !EXTA !EXTB"),
            # glibc 2.42 gave the baud rates other values, for its own new versions of the functions in <termios.h>;
            # older glibcs, musl and the kernel's ioctls know these.
            Header("asm/termbits.h", "B[0-9]* BOTHER EXTA EXTB"),
            # The kernel's numbers contain the size of the kernel's struct termios, and <termios.h> has another one.
            Header("asm/termios.h", ""),
            Header("linux/serial.h", ""),
            Header("asm/ioctls.h", "TIOC* TC* FIO*"),
        ),
    ),
    Subject(
        "_polling",
        "Waiting for many descriptors, and for the file system",
        (
            Header("poll.h", "POLL*"),
            Header("sys/epoll.h", "EPOLL* EPIOC*"),
            Header("sys/eventfd.h", "EFD_*"),
            Header("sys/inotify.h", "IN_*"),
            Header("sys/fanotify.h", "FAN_* FANOTIFY_METADATA_VERSION"),
            Header("linux/eventpoll.h", "EPOLL* EPIOC*"),
        ),
    ),
    Subject(
        "_memory",
        "Memory mappings",
        (
            Header(
                "sys/mman.h", "MAP_* !MAP_FAILED PROT_* MS_* MADV_* POSIX_MADV_* MCL_* MREMAP_* MFD_* MLOCK_* PKEY_*"
            ),
            Header("linux/mman.h", "MAP_* PROT_* MLOCK_* MS_* MADV_* PKEY_* MCL_* MREMAP_*"),
            Header("linux/memfd.h", "MFD_*"),
        ),
    ),
    Subject(
        "_mounts",
        "Mounts",
        (
            Header(
                "sys/mount.h", "MS_* MNT_* UMOUNT_* OPEN_TREE_* MOVE_MOUNT_* FSOPEN_* FSPICK_* FSMOUNT_* FSCONFIG_*"
            ),
            Header("sys/mount.h", "MOUNT_ATTR_* STATMOUNT_* LSMT_* LISTMOUNT_* BLK*"),
            Header("linux/mount.h", "MS_* MNT_* OPEN_TREE_* MOVE_MOUNT_* FSOPEN_* FSPICK_* FSMOUNT_* FSCONFIG_*"),
            Header("linux/mount.h", "MOUNT_ATTR_* STATMOUNT_* LSMT_* LISTMOUNT_*"),
        ),
    ),
    Subject(
        "_processes",
        "Processes, their limits, capabilities and tracing",
        (
            Header("sched.h", "SCHED_* CSIGNAL CLONE_* CPU_SETSIZE"),
            Header("sys/wait.h", "W* __WALL __WCLONE __WNOTHREAD P_*"),
            Header("sys/prctl.h", "PR_*"),
            Header("sys/ptrace.h", "PTRACE_* PT_*"),
            Header("sys/resource.h", "RLIMIT_* RLIM_* RLIM64_* RUSAGE_* PRIO_*"),
            Header("sys/reboot.h", "RB_*"),
            Header("sys/procfs.h", "ELF_*"),
            Header("sys/personality.h", "ADDR_* *_PERSONALITY PER_* MMAP_PAGE_ZERO READ_IMPLIES_EXEC SHORT_INODE"),
            Header("sys/personality.h", "STICKY_TIMEOUTS UNAME26 WHOLE_SECONDS FDPIC_FUNCPTRS"),
            Header("sys/pidfd.h", "PIDFD_*"),
            Header("linux/sched.h", "CSIGNAL CLONE_* SCHED_* UNSHARE_*"),
            Header("linux/prctl.h", "PR_*"),
            Header("linux/ptrace.h", "PTRACE_*"),
            Header("asm/ptrace.h", "PTRACE_* PT_*"),
            Header("linux/capability.h", "CAP_* _LINUX_CAPABILITY_*"),
            Header("linux/reboot.h", "LINUX_REBOOT_*"),
            Header("linux/futex.h", "FUTEX_* FUTEX2_*"),
            Header("linux/nsfs.h", "NS_*"),
            Header("linux/seccomp.h", "SECCOMP_*"),
        ),
    ),
    Subject(
        "_syscall_numbers",
        "The kernel's numbers of its calls",
        (Header("asm/unistd.h", "__NR_[a-z_]* !__NR_syscalls __NR_*SYSCALL_BASE"),),
    ),
)
