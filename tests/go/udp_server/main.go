// Command udp_server returns each UDP datagram to its sender: the article's "Implementing a UDP server using
// syscall.Socket".
package main

import (
	"flag"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
	"unsafe"

	"pysyscall/arguments"
	"pysyscall/failures"
	"pysyscall/netsocket"
	"pysyscall/stopping"
)

const ipMulticastAll = 49 // IP_MULTICAST_ALL of linux/in.h

// listen makes a UDP socket with a local address and port.
func listen(ipAddr string, port int) (int, error) {
	address, err := net.ResolveUDPAddr("udp", net.JoinHostPort(ipAddr, fmt.Sprint(port)))
	if err != nil {
		return -1, err
	}
	sa, family := netsocket.Sockaddr(address.AddrPort().Addr().Unmap(), address.Port)
	fd, err := syscall.Socket(family, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, syscall.IPPROTO_UDP)
	if err != nil {
		return -1, os.NewSyscallError("socket", err)
	}
	if err = syscall.Bind(fd, sa); err != nil {
		syscall.Close(fd)
		err = os.NewSyscallError("bind", err)
	}
	return fd, err
}

func complain(call string, err error) {
	fmt.Fprintln(os.Stderr, failures.Text(os.NewSyscallError(call, err)))
}

// echo is the article's loop: it returns each datagram to its sender.
func echo(fd int, stop *stopping.Receiver) {
	buffer := make([]byte, 65535)
	for {
		n, sender, err := syscall.Recvfrom(fd, buffer, 0)
		if stop.Stopped() {
			return
		}
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			complain("recvfrom", err)
		} else if err = syscall.Sendto(fd, buffer[:n], 0, sender); err != nil {
			complain("sendto", err)
		}
	}
}

// echoFromWhereAsked is the same on all addresses of this machine: each answer from the very one that was asked.
//
// A client takes it from no other. Which one that was is in the control data.
func echoFromWhereAsked(fd, family int, stop *stopping.Receiver) error {
	if family == syscall.AF_INET6 {
		if err := syscall.SetsockoptInt(fd, syscall.IPPROTO_IPV6, syscall.IPV6_RECVPKTINFO, 1); err != nil {
			return os.NewSyscallError("setsockopt", err)
		}
		// As a socket for IPv4 has it.
		if err := syscall.SetsockoptInt(fd, syscall.IPPROTO_IP, ipMulticastAll, 1); err != nil {
			return os.NewSyscallError("setsockopt", err)
		}
	}
	// For IPv4 on a socket for IPv6 too.
	if err := syscall.SetsockoptInt(fd, syscall.IPPROTO_IP, syscall.IP_PKTINFO, 1); err != nil {
		return os.NewSyscallError("setsockopt", err)
	}
	buffer := make([]byte, 65535)
	control := make([]byte, 256)
	for {
		n, controllen, _, sender, err := syscall.Recvmsg(fd, buffer, control, 0)
		if stop.Stopped() {
			return nil
		}
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			complain("recvmsg", err)
		} else if err = syscall.Sendmsg(fd, buffer[:n], sourceOfAnswer(control[:controllen]), sender, 0); err != nil {
			complain("sendmsg", err)
		}
	}
}

// sourceOfAnswer is, of the control data of a datagram, that of its answer: the address to send it from.
//
// The way is the routing table's to choose, not that by which the datagram came, but for a link-local address, which
// each interface may have. Who asked by multicast or broadcast is answered from the interface's own address: nobody may
// send from such an address.
func sourceOfAnswer(control []byte) []byte {
	messages, err := syscall.ParseSocketControlMessage(control)
	if err != nil {
		return nil
	}
	for _, m := range messages {
		if m.Header.Level == syscall.IPPROTO_IP && m.Header.Type == syscall.IP_PKTINFO {
			info := syscall.Inet4Pktinfo{}
			copy(info.Spec_dst[:], m.Data[4:8])
			copy(info.Addr[:], m.Data[8:12])
			return message(syscall.IPPROTO_IP, syscall.IP_PKTINFO, unsafe.Pointer(&info), syscall.SizeofInet4Pktinfo)
		}
	}
	for _, m := range messages {
		if m.Header.Level == syscall.IPPROTO_IPV6 && m.Header.Type == syscall.IPV6_PKTINFO {
			info := *(*syscall.Inet6Pktinfo)(unsafe.Pointer(&m.Data[0]))
			address := netip.AddrFrom16(info.Addr)
			if address.IsMulticast() {
				return nil
			}
			if !address.IsLinkLocalUnicast() {
				info.Ifindex = 0
			}
			return message(syscall.IPPROTO_IPV6, syscall.IPV6_PKTINFO, unsafe.Pointer(&info), syscall.SizeofInet6Pktinfo)
		}
	}
	return nil
}

// message is a control message with a structure in it.
func message(level, kind int32, structure unsafe.Pointer, size int) []byte {
	raw := make([]byte, syscall.CmsgSpace(size))
	header := (*syscall.Cmsghdr)(unsafe.Pointer(&raw[0]))
	header.Level, header.Type = level, kind
	header.SetLen(syscall.CmsgLen(size))
	copy(raw[syscall.CmsgLen(0):], unsafe.Slice((*byte)(structure), size))
	return raw
}

func main() {
	ipAddr := flag.String("ip-addr", "0.0.0.0", "listen on this address")
	port := arguments.Port(8080, "listen on this port, 0 for a free one")
	arguments.Parse(0)
	fd, err := listen(*ipAddr, *port)
	if err != nil {
		failures.Exit(failures.Text(err))
	}
	defer syscall.Close(fd)
	stop, err := stopping.NewReceiver(fd)
	if err != nil {
		failures.Exit(failures.Text(err))
	}
	defer stop.Close()
	address, err := netsocket.AddrPort(fd)
	if err != nil {
		failures.Exit(failures.Text(err))
	}
	fmt.Printf("UDP server is listening on port %d...\n", address.Port())
	if !address.Addr().Unmap().IsUnspecified() {
		echo(fd, stop)
		return
	}
	family := syscall.AF_INET
	if address.Addr().Is6() {
		family = syscall.AF_INET6
	}
	if err = echoFromWhereAsked(fd, family, stop); err != nil {
		failures.Exit(failures.Text(err))
	}
}
