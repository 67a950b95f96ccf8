// Package netsocket is the article's netSocket: a socket's descriptor, with read, write, accept and close; and how the
// programs make addresses of what package net resolves.
package netsocket

import (
	"net"
	"net/netip"
	"os"
	"syscall"
)

// Socket is a socket: non-blocking, and close-on-exec from birth.
type Socket struct{ Fd int }

func (s Socket) Read(p []byte) (int, error) {
	n, err := syscall.Read(s.Fd, p)
	if err != nil {
		return 0, os.NewSyscallError("read", err)
	}
	return n, nil
}

func (s Socket) Write(p []byte) (int, error) {
	n, err := syscall.Write(s.Fd, p)
	if err != nil {
		return 0, os.NewSyscallError("write", err)
	}
	return n, nil
}

func (s Socket) Accept() (Socket, error) {
	for {
		fd, _, err := syscall.Accept4(s.Fd, syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC)
		switch err {
		case nil:
			return Socket{fd}, nil
		case syscall.EINTR:
		default:
			return Socket{-1}, os.NewSyscallError("accept4", err)
		}
	}
}

func (s Socket) Close() error { return os.NewSyscallError("close", syscall.Close(s.Fd)) }

// New makes a stream socket.
func New(family int) (Socket, error) {
	// No ForkLock: the descriptor is close-on-exec from the same call.
	fd, err := syscall.Socket(family, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	return Socket{fd}, os.NewSyscallError("socket", err)
}

// Listen makes a socket that listens; port 0 takes a free one.
func Listen(ip netip.Addr, port int) (Socket, error) {
	sa, family := Sockaddr(ip, port)
	s, err := New(family)
	if err != nil {
		return s, err
	}
	if err = syscall.SetsockoptInt(s.Fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		err = os.NewSyscallError("setsockopt", err)
	} else if err = syscall.Bind(s.Fd, sa); err != nil {
		err = os.NewSyscallError("bind", err)
	} else if err = syscall.Listen(s.Fd, 4096); err != nil { // what SOMAXCONN is since Linux 5.4
		err = os.NewSyscallError("listen", err)
	}
	if err != nil {
		s.Close()
	}
	return s, err
}

// Sockaddr is an IPv4 or IPv6 address, with its zone if it has one, and a port; and the address's family.
func Sockaddr(ip netip.Addr, port int) (syscall.Sockaddr, int) {
	if ip.Is4() {
		return &syscall.SockaddrInet4{Port: port, Addr: ip.As4()}, syscall.AF_INET
	}
	sa := &syscall.SockaddrInet6{Port: port, Addr: ip.As16()}
	if zone := ip.Zone(); zone != "" {
		if ifi, err := net.InterfaceByName(zone); err == nil {
			sa.ZoneId = uint32(ifi.Index)
		}
	}
	return sa, syscall.AF_INET6
}

// AddrPort is the address that a socket has.
func AddrPort(fd int) (netip.AddrPort, error) {
	sa, err := syscall.Getsockname(fd)
	switch sa := sa.(type) {
	case *syscall.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port)), nil
	case *syscall.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(sa.Addr), uint16(sa.Port)), nil
	}
	return netip.AddrPort{}, os.NewSyscallError("getsockname", err)
}
