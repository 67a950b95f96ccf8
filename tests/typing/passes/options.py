"""Socket options, plain and typed, and the structures that they carry."""

from __future__ import annotations

import os
from ctypes import sizeof

import pysyscall as syscall

fd = syscall.socket(syscall.AF_INET, syscall.SOCK_STREAM)
syscall.setsockopt_int(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1)
nodelay: int = syscall.getsockopt_int(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY)
assert nodelay

timeout = syscall.Timeval(sec=2, usec=500_000)
timeout.usec = 0
syscall.setsockopt_timeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, timeout)
raw = syscall.getsockopt(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, sizeof(syscall.Timeval))
stored = syscall.Timeval.from_buffer_copy(raw)
seconds, nanoseconds = stored.unix()
assert (seconds, nanoseconds, stored.nano()) == (2, 0, 2_000_000_000)
assert stored == timeout

syscall.setsockopt_linger(fd, syscall.SOL_SOCKET, syscall.SO_LINGER, syscall.Linger(onoff=1, linger=3))
linger = syscall.Linger.from_buffer_copy(syscall.getsockopt(fd, syscall.SOL_SOCKET, syscall.SO_LINGER, 8))
assert linger.linger == 3

info = syscall.TCPInfo()
part = syscall.getsockopt(fd, syscall.IPPROTO_TCP, syscall.TCP_INFO, sizeof(info))
info = syscall.TCPInfo.from_buffer_copy(part.ljust(sizeof(info), b"\0"))
assert info.unacked == 0
syscall.close(fd)

group = syscall.IPMreqn(multiaddr=(224, 0, 0, 251), ifindex=1)
assert bytes(group.multiaddr) == b"\xe0\x00\x00\xfb"

ours, theirs = syscall.socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM)
peer: syscall.Ucred = syscall.getsockopt_ucred(ours, syscall.SOL_SOCKET, syscall.SO_PEERCRED)
assert peer.pid == os.getpid()

ready = syscall.FdSet()
ready.set(ours)
nfd = max(ours, theirs) + 1
assert syscall.select(nfd, None, ready, None, syscall.Timeval(1)) == 1
assert ready.is_set(ours)

syscall.set_nonblock(ours, True)
try:
    syscall.read(ours, bytearray(1))
except BlockingIOError as error:
    errno = syscall.Errno(error.errno or 0)
    assert errno.temporary()
    assert errno.name == "EAGAIN"
    assert errno == syscall.EAGAIN
else:
    raise AssertionError("nothing to read")
for each in (ours, theirs):
    syscall.close(each)
