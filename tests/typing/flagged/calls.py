"""Calls with what the kernel could not be given: mypy must flag each marked line, with this code, and no other."""

import pysyscall as syscall

LOOPBACK = bytes((127, 0, 0, 1))
address = syscall.SockaddrInet4(80, LOOPBACK)
fd = syscall.socket(syscall.AF_INET, syscall.SOCK_STREAM)

syscall.socket("inet", syscall.SOCK_STREAM)  # error: arg-type
syscall.socket(syscall.AF_INET)  # error: call-arg
syscall.socket(syscall.AF_INET, syscall.SOCK_STREAM, protocol=0)  # error: call-arg
syscall.bind(fd, ("127.0.0.1", 80))  # error: arg-type
syscall.bind(fd, syscall.SockaddrInet4)  # error: arg-type
syscall.connect(fd, "127.0.0.1:80")  # error: arg-type
syscall.connect(fd, b"\x02\0\0\x50")  # error: arg-type
syscall.listen(fd, None)  # error: arg-type
syscall.close(None)  # error: arg-type
syscall.close(open("/dev/null"))  # error: arg-type
closed = syscall.close(fd)  # error: func-returns-value

syscall.write(fd, "text")  # error: arg-type
syscall.read(fd, b"read-only")  # error: arg-type
syscall.read(fd, 4096)  # error: arg-type
text: bytes = syscall.read(fd, bytearray(16))  # error: assignment
syscall.pread(fd, bytearray(16))  # error: call-arg
syscall.sendto(fd, "text", 0, address)  # error: arg-type
syscall.sendto(fd, b"bytes", address, 0)  # error: arg-type
syscall.sendto(fd, b"bytes", 0)  # error: call-arg
syscall.recvfrom(fd, b"read-only")  # error: arg-type
syscall.recvmsg(fd, [bytearray(16), b"read-only"], None)  # error: list-item
syscall.recvmsg(fd, bytearray(16), b"read-only")  # error: arg-type
syscall.sendmsg(fd, ["text"], None, None)  # error: list-item

n, sender = syscall.recvfrom(fd, bytearray(16))
sender.family  # error: union-attr
if sender is not None:
    sender.port  # error: attr-defined
n, peer, flags = syscall.recvmsg(fd, bytearray(16), None)  # error: misc
accepted: int = syscall.accept(fd)  # error: assignment

syscall.setsockopt_int(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, "1")  # error: arg-type
syscall.setsockopt_timeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, 1.5)  # error: arg-type
syscall.setsockopt_timeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, syscall.Linger(1, 0))  # error: arg-type
syscall.setsockopt(fd, syscall.SOL_SOCKET, syscall.SO_MARK, 1)  # error: arg-type
syscall.getsockopt(fd, syscall.SOL_SOCKET, syscall.SO_MARK)  # error: call-arg
option: int = syscall.getsockopt(fd, syscall.SOL_SOCKET, syscall.SO_MARK, 4)  # error: assignment

events = (syscall.EpollEvent * 4)()
syscall.epoll_wait(fd, [syscall.EpollEvent()], 0)  # error: arg-type
syscall.epoll_wait(fd, (syscall.Timeval * 4)(), 0)  # error: arg-type
syscall.epoll_wait(fd, events, 0.5)  # error: arg-type
syscall.epoll_ctl(fd, syscall.EPOLL_CTL_ADD, fd, syscall.EPOLLIN)  # error: arg-type
events[0].fds  # error: attr-defined
syscall.select(4, {fd}, None, None)  # error: arg-type

syscall.htons(b"\0\x50")  # error: arg-type
syscall.parse_ip(LOOPBACK)  # error: arg-type
syscall.interface_by_name(1)  # error: arg-type
syscall.interface_by_name("lo").addr  # error: attr-defined
[resolved] = syscall.resolve_tcp_addr("tcp", "localhost:80")
resolved.name  # error: union-attr
