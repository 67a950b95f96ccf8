// Command udp_server returns each UDP datagram to its sender: the article's "Implementing a UDP server using
// syscall.Socket".
package main

import (
	"flag"
	"fmt"
	"net"
	"os"
	"syscall"

	"pysyscall/arguments"
	"pysyscall/failures"
	"pysyscall/netsocket"
	"pysyscall/stopping"
	"pysyscall/waiting"
)

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
	if family == syscall.AF_INET6 {
		err = syscall.SetsockoptInt(fd, syscall.IPPROTO_IPV6, syscall.IPV6_RECVPKTINFO, 1)
	} else {
		err = syscall.SetsockoptInt(fd, syscall.IPPROTO_IP, syscall.IP_PKTINFO, 1)
	}
	if err != nil {
		err = os.NewSyscallError("setsockopt", err)
	} else if err = syscall.Bind(fd, sa); err != nil {
		err = os.NewSyscallError("bind", err)
	}
	if err != nil {
		syscall.Close(fd)
	}
	return fd, err
}

// echo returns each datagram to its sender, from the very address that it was sent to, which is in the control data.
//
// This machine may have many addresses, and a client takes an answer from no other than the one it asked.
func echo(fd, stop int) {
	buffer := make([]byte, 65535)
	control := make([]byte, 256)
	for {
		readable, err := waiting.ReadableBeforeStop(fd, stop)
		if err != nil {
			failures.Exit(failures.Text(err))
		}
		if !readable {
			return
		}
		n, controllen, _, sender, err := syscall.Recvmsg(fd, buffer, control, syscall.MSG_DONTWAIT)
		if err == syscall.EAGAIN {
			continue // the kernel announced a datagram, and then found that its checksum is wrong
		}
		if err != nil {
			err = os.NewSyscallError("recvmsg", err)
		} else {
			err = os.NewSyscallError("sendmsg", syscall.Sendmsg(fd, buffer[:n], control[:controllen], sender, 0))
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, failures.Text(err))
		}
	}
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
	stop, err := stopping.Signals()
	if err != nil {
		failures.Exit(failures.Text(err))
	}
	address, err := netsocket.AddrPort(fd)
	if err != nil {
		failures.Exit(failures.Text(err))
	}
	fmt.Printf("UDP server is listening on port %d...\n", address.Port())
	echo(fd, stop)
}
