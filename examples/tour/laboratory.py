"""A private network for experiments: namespaces, veth pairs and addresses, created with pysyscall only.

    enter()                                # move this process into a new network namespace
    with second_host() as pid:             # join eth0 here to eth0 of another host by a veth pair
        ...                                # 10.77.0.1 and fd77::1 here, 10.77.0.2 and fd77::2 there

It needs no root if the machine allows user namespaces. Everything is gone when its processes have ended.
"""

import ipaddress
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from time import monotonic, sleep

import pysyscall as syscall

from ..shared.forked import become

NEAR = ("10.77.0.1/24", "fd77::1/64")
FAR = ("10.77.0.2/24", "fd77::2/64")

_IN6_ADDR_GEN_MODE_NONE = 1  # linux/if_link.h


def enter() -> bool:
    """Move this process into a new network namespace, as root of it, in which only `lo` exists and is up.

    Return True if it needed a new user namespace too, as it has no privileges; it must have only one thread then.
    OSError: the machine forbids it.
    """
    uid, gid = os.geteuid(), os.getegid()
    try:
        syscall.unshare(syscall.CLONE_NEWNET)
        unprivileged = False
    except PermissionError:
        syscall.unshare(syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET)
        unprivileged = True
        # An unprivileged process may map its group only after it has disabled setgroups(2).
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"0 {uid} 1")
        _write("/proc/self/gid_map", f"0 {gid} 1")
    set_up("lo")
    return unprivileged


def has_ipv6(interface: str = "default") -> bool:
    """Whether an interface has IPv6; "default" stands for new interfaces."""
    try:
        with open(f"/proc/sys/net/ipv6/conf/{interface}/disable_ipv6") as f:
            return f.read() == "0\n"
    except FileNotFoundError:
        return False  # the kernel has no IPv6, or the interface's MTU is too small


def add_pair(name: str, peer: str, pid: int | None = None) -> None:
    """Create a veth pair; the peer is in the network namespace of process pid, or in this one."""
    peer_info = bytes(syscall.IfInfomsg()) + _name(peer)
    if pid is not None:
        peer_info += syscall.route_attr(syscall.IFLA_NET_NS_PID, _u32(pid))
    veth = syscall.route_attr(syscall.IFLA_INFO_KIND, b"veth") + syscall.route_attr(
        syscall.IFLA_INFO_DATA, syscall.route_attr(syscall.VETH_INFO_PEER, peer_info)
    )
    body = bytes(syscall.IfInfomsg()) + _name(name) + syscall.route_attr(syscall.IFLA_LINKINFO, veth)
    request(syscall.RTM_NEWLINK, syscall.NLM_F_CREATE | syscall.NLM_F_EXCL, body)


def set_up(name: str) -> None:
    """Set an interface up, without an automatic link-local address.

    With one, the kernel would send frames of its own, to detect duplicates and to find routers.
    """
    if has_ipv6(name):
        mode = syscall.route_attr(syscall.IFLA_INET6_ADDR_GEN_MODE, bytes([_IN6_ADDR_GEN_MODE_NONE]))
        spec = syscall.route_attr(syscall.IFLA_AF_SPEC, syscall.route_attr(syscall.AF_INET6, mode))
        _set_link(name, syscall.IfInfomsg(), spec)
    _set_link(name, syscall.IfInfomsg(flags=syscall.IFF_UP, change=syscall.IFF_UP))


def set_down(name: str) -> None:
    """Set an interface down."""
    _set_link(name, syscall.IfInfomsg(flags=0, change=syscall.IFF_UP))


def set_mtu(name: str, mtu: int) -> None:
    """Set the MTU of an interface, in bytes."""
    _set_link(name, syscall.IfInfomsg(), syscall.route_attr(syscall.IFLA_MTU, _u32(mtu)))


def set_hardware_addr(name: str, addr: bytes) -> None:
    """Set the hardware address of an interface."""
    _set_link(name, syscall.IfInfomsg(), syscall.route_attr(syscall.IFLA_ADDRESS, addr))


def delete(name: str) -> None:
    """Delete an interface; of a veth pair, both ends."""
    index = syscall.interface_by_name(name).index
    request(syscall.RTM_DELLINK, 0, bytes(syscall.IfInfomsg(index=index)))


def add_address(name: str, address: str) -> None:
    """Add an IPv4 or IPv6 address with its prefix length, such as "10.77.0.1/24", to an interface."""
    interface = ipaddress.ip_interface(address)
    header = syscall.IfAddrmsg(
        family=syscall.AF_INET if interface.version == 4 else syscall.AF_INET6,
        prefixlen=interface.network.prefixlen,
        # Without IFA_F_NODAD an IPv6 address is unusable for a second, while the kernel detects duplicates.
        flags=syscall.IFA_F_NODAD if interface.version == 6 else 0,
        index=syscall.interface_by_name(name).index,
    )
    attributes = [(syscall.IFA_LOCAL, interface.packed), (syscall.IFA_ADDRESS, interface.packed)]
    if interface.version == 4 and interface.network.prefixlen < 31:
        attributes.append((syscall.IFA_BROADCAST, interface.network.broadcast_address.packed))
    body = bytes(header) + b"".join(syscall.route_attr(*attribute) for attribute in attributes)
    request(syscall.RTM_NEWADDR, syscall.NLM_F_CREATE | syscall.NLM_F_EXCL, body)


def wait_for_carrier(name: str, seconds: float = 10.0) -> None:
    """Wait until an interface has a carrier, if it was up before its peer: frames sent before that are lost."""
    deadline = monotonic() + seconds
    while not _is_operational(name):
        if monotonic() > deadline:
            raise TimeoutError(f"{name} has no carrier: is the other end of its pair up?")
        sleep(0.001)


def _is_operational(name: str) -> bool:
    for message in syscall.parse_netlink_message(syscall.netlink_rib(syscall.RTM_GETLINK, syscall.AF_UNSPEC)):
        if message.header.type == syscall.RTM_NEWLINK:
            values = {attribute.attr.type: attribute.value for attribute in syscall.parse_netlink_route_attr(message)}
            if values[syscall.IFLA_IFNAME] == _c_string(name):
                return values[syscall.IFLA_OPERSTATE][0] == syscall.IF_OPER_UP
    return False


def request(kind: int, flags: int, body: bytes) -> None:
    """Send a request to rtnetlink, and raise OSError if the kernel refuses it."""
    fd = syscall.socket(syscall.AF_NETLINK, syscall.SOCK_RAW | syscall.SOCK_CLOEXEC, syscall.NETLINK_ROUTE)
    try:
        message = syscall.netlink_message(kind, syscall.NLM_F_REQUEST | syscall.NLM_F_ACK | flags, 1, body)
        syscall.sendto(fd, message, 0, syscall.SockaddrNetlink())
        answer = bytearray(8192)
        n, _ = syscall.recvfrom(fd, answer)
        for reply in syscall.parse_netlink_message(answer[:n]):
            syscall.netlink_ack(reply)
    finally:
        syscall.close(fd)


def refusal() -> str:
    """Try in a child process whether this machine allows a private network: return "", or the reason why not."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            enter()
            with second_host():
                pass
        except OSError as error:
            limit = " (the limit is /proc/sys/user/max_*_namespaces)" if error.errno == syscall.ENOSPC else ""
            os.write(writing, f"{error.strerror}{limit}".encode())
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(0)
    os.close(writing)
    with open(reading) as f:
        reason = f.read()
    os.waitpid(pid, 0)
    return reason


def end(pid: int) -> None:
    """Kill a child process if it still runs, and wait for it."""
    with suppress(ProcessLookupError, ChildProcessError):
        if os.waitpid(pid, os.WNOHANG) == (0, 0):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def idle() -> None:
    """Wait forever: the kernel of a second host answers ARP and pings by itself."""
    while True:
        signal.pause()


@contextmanager
def second_host(
    function: Callable[..., object] = idle,
    *args: object,
    near: Sequence[str] = NEAR,
    far: Sequence[str] = FAR,
    interface: str = "eth0",
) -> Iterator[int]:
    """Create a second host for the block: a process in its own network namespace, joined to this one by a veth pair.

    Both ends are named `interface`, and have the addresses `near` here and `far` there; IPv6 addresses are left out if
    the machine has no IPv6. The process runs function(*args), for example os.execv with a program, and is killed at the
    end of the block. Return its pid. OSError: the machine forbids a network.
    """
    theirs, ours = os.pipe()
    told, telling = os.pipe()
    network = None
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        os.close(theirs)
        os.close(telling)
        become(_live_on_second_host, ours, told, interface, far, function, *args)
    try:
        os.close(ours)
        os.close(told)
        _expect(theirs)  # it has its network namespace
        network = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)  # keeps the network alive if the process ends
        add_pair(interface, interface, pid)
        # The end that is set up second has its carrier at once, the first one a little later.
        os.write(telling, b"\0")
        _expect(theirs)  # its interface is up
        _configure(interface, near)
        os.write(telling, b"\0")
        _expect(theirs)  # its interface has a carrier
        yield pid
    finally:
        os.close(theirs)
        os.close(telling)
        # The kernel removes a network namespace some time after its last process; this removes the interface now.
        with suppress(OSError):
            delete(interface)
        if network is not None:
            os.close(network)
        end(pid)


def _live_on_second_host(
    ours: int, told: int, interface: str, far: Sequence[str], function: Callable[..., object], *args: object
) -> None:
    """Set up the second host in its process, and run its function."""
    try:
        syscall.unshare(syscall.CLONE_NEWNET)
    except OSError as error:
        os.write(ours, bytes([error.errno or 1]))
        sys.exit(1)
    os.write(ours, b"\0")
    for step in (partial(_configure, interface, far), partial(wait_for_carrier, interface)):
        if not os.read(told, 1):
            sys.exit(1)  # the first host has failed
        step()
        os.write(ours, b"\0")
    os.close(ours)
    os.close(told)
    function(*args)


def _configure(interface: str, addresses: Sequence[str]) -> None:
    set_up("lo")
    for address in addresses:
        if ":" not in address or has_ipv6():
            add_address(interface, address)
    set_up(interface)


def _expect(pipe: int) -> None:
    """Wait until the second host has completed a step; raise OSError if it failed."""
    word = os.read(pipe, 1)
    if word != b"\0":
        errno = word[0] if word else syscall.ECHILD
        raise OSError(errno, f"unshare: {os.strerror(errno)}" if word else "the second host has died")


def _write(file: str, text: str) -> None:
    try:
        with open(file, "w") as f:
            f.write(text)
    except OSError as error:
        raise OSError(error.errno, f"{file}: {os.strerror(error.errno or 0)}") from None


def _set_link(name: str, info: syscall.IfInfomsg, attributes: bytes = b"") -> None:
    info.index = syscall.interface_by_name(name).index
    request(syscall.RTM_NEWLINK, 0, bytes(info) + attributes)


def _name(name: str) -> bytes:
    return syscall.route_attr(syscall.IFLA_IFNAME, _c_string(name))


def _c_string(name: str) -> bytes:
    return os.fsencode(name) + b"\0"


def _u32(value: int) -> bytes:
    return value.to_bytes(4, sys.byteorder)
