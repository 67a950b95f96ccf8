"""What an emulator of another machine (qemu-user) may lack, found by CPython's own modules or by a bare call.

    @needs(limits.TRUNCATION)       a test, or marks=needs(...) of a parameter
    pytestmark = needs(limits.X)    a file

Where the probe finds that it is lacking, the test is skipped, and the reason begins with `emulator:`; with `--full`
such a skip is a failure. No probe asks which machine this is, and none calls the package under test.
"""

import array
import ctypes
import errno
import fcntl
import os
import signal
import socket
import struct
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial

import pytest

from pysyscall import SYS_CLONE3  # a number, of which there are several

SOL_PACKET, SOL_XDP, SOL_UDP = 263, 283, 17
_libc = ctypes.CDLL(None, use_errno=True)


class Limit:
    """A thing that the kernel does, and a probe that ends with an OSError or AssertionError where it does not."""

    def __init__(self, what: str, probe: Callable[[], object]) -> None:
        self._what = what
        self._probe = probe

    @cache  # noqa: B019  # they live as long as the run
    def reason(self) -> str | None:
        """Why a test that needs it is skipped; None where it is there, and where this user may not ask."""
        try:
            self._probe()
        except PermissionError:
            return None
        except (OSError, AssertionError) as error:
            return f"emulator: {self._what}: {str(error).partition(chr(10))[0] or 'not so'}"
        return None


def needs(*limits: Limit) -> pytest.MarkDecorator:
    """Mark a test with what it needs; tests/conftest.py looks."""
    return pytest.mark.needs(*limits)


def skip_where_lacking(limits: tuple[Limit, ...]) -> None:
    for limit in limits:
        if reason := limit.reason():
            pytest.skip(reason)


def option(
    level: int, name: int, value: int | bytes | None, told: int = 4, *, of: tuple[int, int, int] | None = None
) -> Limit:
    """An option that can be set, unless the value is None, and then tells so many bytes; 0 where it cannot be asked."""
    kind = of or KINDS.get(level, (socket.AF_INET, socket.SOCK_DGRAM, 0))

    def probe() -> None:
        with socket.socket(*kind) as s:
            if value is not None:
                s.setsockopt(level, name, value)
            if told:
                room = value.ljust(told, b"\0") if isinstance(value, bytes) else bytes(told)
                found = s.getsockopt(level, name, len(room))
                assert len(found) == told, f"{len(found)} of {told} bytes"

    return Limit(f"option {name} of level {level}", probe)


UDP4 = (socket.AF_INET, socket.SOCK_DGRAM, 0)
UDP6 = (socket.AF_INET6, socket.SOCK_DGRAM, 0)
TCP4 = (socket.AF_INET, socket.SOCK_STREAM, 0)
KINDS = {
    socket.IPPROTO_IPV6: UDP6,
    socket.IPPROTO_TCP: TCP4,
    socket.IPPROTO_ICMPV6: (socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6),
    SOL_PACKET: (socket.AF_PACKET, socket.SOCK_RAW, 0),
    SOL_XDP: (44, socket.SOCK_RAW, 0),
}

SOL = socket.SOL_SOCKET
TIMESTAMPNS = option(SOL, 35, 1)
TIMESTAMPING = option(SOL, 37, 16)
PEEK_OFF = option(SOL, 42, 1, of=(socket.AF_UNIX, socket.SOCK_STREAM, 0))
ZEROCOPY = option(SOL, 60, 1, of=TCP4)
TCP_INFO = option(socket.IPPROTO_TCP, socket.TCP_INFO, None, 104)
IPV6_PKTINFO = option(socket.IPPROTO_IPV6, 49, 1)  # IPV6_RECVPKTINFO
IP_MULTICAST_ALL = option(socket.IPPROTO_IP, 49, 1)
IP_MULTICAST_IF = option(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, None)
IPV6_MULTICAST_IF = option(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, 1)
ICMPV6_FILTER_TOLD = option(socket.IPPROTO_ICMPV6, 1, None, 32)
PACKET_AUXDATA = option(SOL_PACKET, 8, 1)
PACKET_STATISTICS = option(SOL_PACKET, 6, None, 8)
PACKET_IGNORE_OUTGOING = option(SOL_PACKET, 23, 1)
PACKET_RING = option(SOL_PACKET, 5, struct.pack("4I", 65536, 1, 2048, 32), 0)
PACKET_FANOUT = option(SOL_PACKET, 18, None)
PACKET_MEMBERSHIP = option(SOL_PACKET, 1, struct.pack("iHH8s", 1, 1, 0, b""), 0)
XDP_RING = option(SOL_XDP, 2, 64, 0)


def timestamp(name: int) -> Limit:
    """A timestamp option that is told under its own name. glibc asks for the 32-bit one where there is no other."""

    def probe() -> None:
        with socket.socket(*UDP4) as s:
            s.bind(("127.0.0.1", 0))
            s.settimeout(5)
            s.setsockopt(SOL, name, 1)
            s.sendto(b"x", s.getsockname())
            told = [type for _, type, _ in s.recvmsg(1, 64)[1]]
            assert told == [name], f"{name} tells {told}"

    return Limit(f"option {name} of SOL_SOCKET, a timestamp", probe)


def _device() -> None:
    with socket.socket(*UDP4) as s:
        s.setsockopt(SOL, socket.SO_BINDTODEVICE, b"lo\0")
        assert s.getsockopt(SOL, socket.SO_BINDTODEVICE, 16) == b"lo\0"


DEVICE_TOLD = Limit("SO_BINDTODEVICE is told", _device)


def _filter() -> None:
    """Set and read a filter of one instruction, which keeps all."""
    instruction = struct.pack("HBBI", 6, 0, 0, 0xFFFFFFFF)
    program = ctypes.create_string_buffer(instruction, len(instruction))
    with socket.socket(*UDP4) as s:
        s.setsockopt(SOL, 26, struct.pack("HP", 1, ctypes.addressof(program)))
        room, length = ctypes.create_string_buffer(8), ctypes.c_uint(1)
        code = _libc.getsockopt(s.fileno(), SOL, 26, room, ctypes.byref(length))
        _raise(ctypes.get_errno() if code else 0)
        assert (room.raw, length.value) == (instruction, 1)


FILTER_TOLD = Limit("SO_GET_FILTER", _filter)


def _fails_with(number: int, call: Callable[[], object]) -> None:
    """Call what must fail so."""
    try:
        call()
    except OSError as error:
        if error.errno != number:
            raise
    else:
        raise AssertionError("it does not fail")


def _detached() -> None:
    with socket.socket(*UDP4) as s:
        _fails_with(errno.ENOENT, lambda: s.setsockopt(SOL, 27, 0))


DETACH_FILTER = Limit("SO_DETACH_FILTER", _detached)


def _type() -> None:
    _fails_with(errno.EINVAL, lambda: socket.socket(socket.AF_INET, 1000))


SOCKET_TYPE = Limit("a socket of type 1000 is EINVAL", _type)


def _group() -> None:
    aligned = "I4x" if struct.calcsize("P") == 8 else "I"
    address = struct.pack("HH4s", socket.AF_INET, 0, socket.inet_aton("224.0.0.99")).ljust(128, b"\0")
    with socket.socket(*UDP4) as s:
        s.setsockopt(socket.IPPROTO_IP, 42, struct.pack(aligned, 1) + address)


GROUP_REQ = Limit("MCAST_JOIN_GROUP", _group)


def _peer_name() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as s:
        assert len(s.getsockopt(SOL, 28, 16)) == 16


PEER_NAME = Limit("SO_PEERNAME", _peer_name)


def _path_mtu() -> None:
    with socket.socket(*UDP6) as s:
        _fails_with(errno.ENOTCONN, lambda: s.getsockopt(socket.IPPROTO_IPV6, 61, 32))


PATH_MTU = Limit("IPV6_PATHMTU of a socket that is not connected is ENOTCONN", _path_mtu)


def _text() -> None:
    with socket.socket(*TCP4) as s:
        name = s.getsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, 16)
        assert len(name) == 16, f"{len(name)} of 16 bytes"
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, name.rstrip(b"\0"))


TEXT_OPTIONS = Limit("TCP_CONGESTION is a text", _text)


def _cut() -> None:
    with socket.socket(*UDP4) as s:
        for size in (0, 1, 3, 8):
            room, length = ctypes.create_string_buffer(8), ctypes.c_uint(size)
            code = _libc.getsockopt(s.fileno(), SOL, socket.SO_TYPE, room, ctypes.byref(length))
            _raise(ctypes.get_errno() if code else 0)
            expected = struct.pack("i", socket.SOCK_DGRAM)[:size]
            assert (length.value, room.raw) == (len(expected), expected.ljust(8, b"\0")), (
                f"of {size} bytes: {room.raw!r}"
            )


CUT_OPTIONS = Limit("getsockopt cuts an int to the room there is", _cut)


def _original_destination() -> None:
    with socket.socket(*TCP4) as s, suppress(FileNotFoundError):
        s.getsockopt(socket.IPPROTO_IP, 80, 16)


ORIGINAL_DESTINATION = Limit("SO_ORIGINAL_DST", _original_destination)


def _netlink(protocol: int) -> None:
    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol).close()


NETFILTER = Limit("netlink sockets of netfilter", partial(_netlink, 12))


def _truncation() -> None:
    """qemu gives control data more room than the caller has, and writes beyond it."""
    a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with a, b:
        a.sendmsg([b"x"], [(SOL, socket.SCM_RIGHTS, array.array("i", [a.fileno(), b.fileno()]))])
        _, messages, flags, _ = b.recvmsg(1, socket.CMSG_LEN(4))
        for _, _, data in messages:
            for fd in array.array("i", data[: len(data) // 4 * 4]):
                os.close(fd)
        assert flags & socket.MSG_CTRUNC, "a cut descriptor is lost, and MSG_CTRUNC not told"


TRUNCATION = Limit("recvmsg tells of control data that was cut", _truncation)


def _nothing() -> None:
    a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with a, b:
        a.send(b"abc")
        assert b.recvmsg_into([])[2] == socket.MSG_TRUNC


NO_BUFFERS = Limit("recvmsg into no buffer tells MSG_TRUNC", _nothing)


def _wait_for_one() -> None:
    """recvmmsg on a packet socket; qemu hands the flag to recvmsg, where such a socket knows it not."""
    room = ctypes.create_string_buffer(8)
    buffers = ctypes.create_string_buffer(struct.pack("PN", ctypes.addressof(room), len(room)))
    header = ctypes.create_string_buffer(struct.pack("PI0PPNPNi0P", 0, 0, ctypes.addressof(buffers), 1, 0, 0, 0), 128)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as s:
        code = _libc.recvmmsg(s.fileno(), header, 1, socket.MSG_DONTWAIT | 0x10000, None)
        assert code < 0
        assert ctypes.get_errno() == errno.EAGAIN, os.strerror(ctypes.get_errno())


WAIT_FOR_ONE = Limit("MSG_WAITFORONE on a packet socket", _wait_for_one)


def _malformed() -> None:
    """sendmsg with a control message that is shorter than its own header; qemu crashes where its length is 0."""

    def send(length: int) -> int:
        room = struct.calcsize("Nii")
        control = ctypes.create_string_buffer(struct.pack("Nii", length, SOL, socket.SCM_RIGHTS))
        header = struct.pack("PI0PPNPNi0P", 0, 0, 0, 0, ctypes.addressof(control), room, 0)
        a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        with a, b:
            return ctypes.get_errno() if _libc.sendmsg(a.fileno(), header, 0) < 0 else 0

    for length in (3, 0):
        code = _in_child(partial(send, length))
        assert code == errno.EINVAL, f"of length {length}: " + ("it is sent" if code == 0 else f"{code}")


MALFORMED_CONTROL = Limit("sendmsg refuses malformed control data", _malformed)


def _control_sent() -> None:
    with socket.socket(*UDP4) as a, socket.socket(*UDP4) as b:
        b.bind(("127.0.0.1", 0))
        a.sendmsg([b"x"], [(socket.IPPROTO_IP, socket.IP_TTL, struct.pack("i", 9))], 0, b.getsockname())


CONTROL_SENT = Limit("sendmsg takes IP_TTL", _control_sent)


def _segments() -> None:
    with socket.socket(*UDP4) as a, socket.socket(*UDP4) as b:
        b.bind(("127.0.0.1", 0))
        b.settimeout(5)
        b.setsockopt(SOL_UDP, 104, 1)
        a.sendmsg([b"abcd"], [(SOL_UDP, 103, struct.pack("H", 2))], 0, b.getsockname())
        _, messages, _, _ = b.recvmsg(10, 64)
        told = [struct.unpack("i", data)[0] for _, _, data in messages]
        assert told == [2], f"UDP_GRO tells {told}"


SEGMENTS = Limit("UDP_SEGMENT and UDP_GRO", _segments)


def _memory() -> None:
    """A 32-bit qemu cuts the number of bytes, where the kernel would count in larger units."""
    told = subprocess.run(["cat", "/proc/meminfo"], capture_output=True, text=True, check=True).stdout
    info = ctypes.create_string_buffer(512)
    _raise(ctypes.get_errno() if _libc.sysinfo(info) else 0)
    fields = struct.unpack_from("@10L2H2LI", info)  # struct sysinfo: totalram is the fifth, mem_unit the last
    assert fields[4] * fields[-1] == int(told.split()[1]) * 1024, f"{fields[4]} x {fields[-1]} bytes of memory"


SYSINFO = Limit("sysinfo tells all memory", _memory)


def _in_child(function: Callable[[], int]) -> int:
    """The errno that a function returns in a process of its own."""
    pid = os.fork()
    if pid == 0:
        code = 255
        try:
            code = function()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _raise(number: int) -> None:
    if number:
        raise OSError(number, os.strerror(number))


def _unshare(flags: int) -> None:
    _raise(_in_child(lambda: ctypes.get_errno() if _libc.unshare(flags) else 0))


USER_NAMESPACE = Limit("unshare(CLONE_NEWUSER)", partial(_unshare, 0x10000000))


def _clone3() -> None:
    """clone3 with no room for its arguments, which is EINVAL."""
    _libc.syscall(SYS_CLONE3, None, ctypes.c_size_t(0))
    assert ctypes.get_errno() == errno.EINVAL, os.strerror(ctypes.get_errno())


CLONE3 = Limit("clone3", _clone3)


def _said(*command: str) -> str:
    """What a program of iproute2 or util-linux writes, which makes namespaces."""
    done = subprocess.run(command, capture_output=True, text=True)
    if "not permitted" in done.stderr:
        raise PermissionError
    assert done.returncode == 0, f"{command[-1]}: {done.returncode}: {done.stderr.strip()}"
    return done.stdout


# qemu starts a thread of its own in each program, which the kernel refuses where children go elsewhere.
PID_NAMESPACE = Limit("a program after unshare(CLONE_NEWPID)", lambda: _said("unshare", "--pid", "true"))


def _vfork() -> None:
    """A child of vfork shares its parent's memory, and the parent waits: so posix_spawn learns what failed."""
    with tempfile.TemporaryDirectory() as empty:
        try:
            pid = os.posix_spawn(f"{empty}/none", ["none"], {})
        except FileNotFoundError:
            return
        os.waitpid(pid, 0)
        raise AssertionError("posix_spawn of no program succeeds")


VFORK = Limit("vfork", _vfork)


def _clone() -> None:
    """libc's clone with a signal and a namespace, of a child with a stack of its own."""
    child = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)(lambda _: 0)
    stack = ctypes.create_string_buffer(1 << 20)
    top = (ctypes.addressof(stack) + len(stack)) & ~15
    # CLONE_NEWUTS
    pid = _libc.clone(child, ctypes.c_void_p(top), 0x04000000 | signal.SIGCHLD, None)
    _raise(ctypes.get_errno() if pid < 0 else 0)
    os.waitpid(pid, 0)


CLONE = Limit("clone with a namespace", _clone)
PTRACE = Limit("ptrace", lambda: _raise(_in_child(lambda: ctypes.get_errno() if _libc.ptrace(0, 0, None, None) else 0)))


def _status(field: str) -> int:
    said = subprocess.run(["cat", "/proc/self/status"], capture_output=True, text=True, check=True).stdout
    return int(next(line.split()[1] for line in said.splitlines() if line.startswith(f"{field}:")), 16)


def _signals() -> None:
    caught = _status("SigCgt")
    assert caught == 0, f"a program that has just started catches signals {caught:#x}"


def _threads() -> None:
    count = _status("Threads")
    assert count == 1, f"a program that has just started has {count} threads"


SIGNALS = Limit("a program's signals are its own", _signals)
THREADS = Limit("a program's threads are its own", _threads)


# A veth pair in a network of its own.
_VETH = ("unshare", "--net", "ip", "link", "add", "eth0", "type", "veth", "peer", "name", "eth1")
LINKS = Limit("ip link add type veth", lambda: _said(*_VETH))


def _netlink_types() -> None:
    """A message of a type that no kernel knows goes out; what the answer says is of no matter here."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as s:
        s.sendto(struct.pack("=IHHII4x", 20, 9998, 1, 1, 0), (0, 0))


NETLINK_TYPES = Limit("netlink messages of any type", _netlink_types)


def _rename() -> None:
    """SIOCSIFNAME of an interface that is not there."""
    with socket.socket(*UDP4) as s:
        request = b"no such".ljust(16, b"\0") + b"other".ljust(24, b"\0")
        _fails_with(errno.ENODEV, lambda: fcntl.ioctl(s, 0x8923, request))


RENAME = Limit("SIOCSIFNAME", _rename)


def _pipe_to_nowhere() -> None:
    """pipe2 with no room for the descriptors leaves none open."""
    before = os.listdir("/proc/self/fd")
    code, number = _libc.pipe2(None, 0), ctypes.get_errno()
    left = [int(fd) for fd in os.listdir("/proc/self/fd") if fd not in before]
    for fd in left:
        with suppress(OSError):  # the listing's own
            os.close(fd)
    assert (code, number) == (-1, errno.EFAULT)
    assert len(left) < 2, "a pipe with nowhere to put its descriptors is left open"


PIPE_TO_NOWHERE = Limit("pipe2(NULL)", _pipe_to_nowhere)
