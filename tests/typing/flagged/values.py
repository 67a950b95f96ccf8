"""Addresses and structures: fields and keywords that they have not, or not of that type, or not to be set."""

import pysyscall as syscall

LOOPBACK = bytes((127, 0, 0, 1))
address = syscall.SockaddrInet4(80, LOOPBACK)

syscall.SockaddrInet4("80", LOOPBACK)  # error: arg-type
syscall.SockaddrInet4(80, "127.0.0.1")  # error: arg-type
syscall.SockaddrInet4(port=80, address=LOOPBACK)  # error: call-arg
syscall.SockaddrInet6(80, bytes(16), zone="eth0")  # error: call-arg
syscall.SockaddrInet6(80, bytes(16), "eth0")  # error: arg-type
syscall.SockaddrUnix(5)  # error: arg-type
syscall.SockaddrLinklayer(proto=3)  # error: call-arg
syscall.SockaddrNetlink(pid="self")  # error: arg-type
address.port = 8080  # error: misc
address.addr = LOOPBACK  # error: misc
address.prot  # error: attr-defined
address.zone_id  # error: attr-defined
port: str = address.port  # error: assignment

timeout = syscall.Timeval(sec=1, usec=2)
syscall.Timeval(secs=1)  # error: call-arg
syscall.Timeval(sec="1")  # error: arg-type
syscall.Timeval(1, 2, 3)  # error: call-arg
syscall.Linger(on=1)  # error: call-arg
syscall.EpollEvent(event=syscall.EPOLLIN)  # error: call-arg
syscall.IPMreq(multiaddr="224.0.0.251")  # error: arg-type
timeout.usecs  # error: attr-defined
timeout.secs = 1  # error: attr-defined
timeout.sec = "1"  # error: assignment
timeout.sec = 1.5  # error: assignment
timeout.nanos()  # error: attr-defined
syscall.Timeval.from_buffer_copy(bytes(16)).usecs  # error: attr-defined

event = syscall.EpollEvent(syscall.EPOLLIN, fd=3)
event.evnts  # error: attr-defined
event.event = syscall.EPOLLOUT  # error: attr-defined
event.fd = None  # error: assignment

message = syscall.parse_netlink_message(b"")[0]
message.header.typ  # error: attr-defined
message.heder  # error: attr-defined
message.header.type = "RTM_NEWLINK"  # error: assignment
syscall.Errno(syscall.EAGAIN).temporay()  # error: attr-defined
syscall.Errno("EAGAIN")  # error: arg-type
