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
// A client takes it from no other. Which one that was is in the control data, and goes back with the answer.
func echoFromWhereAsked(fd, family int, stop *stopping.Receiver) error {
	var err error
	if family == syscall.AF_INET6 {
		err = syscall.SetsockoptInt(fd, syscall.IPPROTO_IPV6, syscall.IPV6_RECVPKTINFO, 1)
	} else {
		err = syscall.SetsockoptInt(fd, syscall.IPPROTO_IP, syscall.IP_PKTINFO, 1)
	}
	if err != nil {
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
		} else if err = syscall.Sendmsg(fd, buffer[:n], control[:controllen], sender, 0); err != nil {
			complain("sendmsg", err)
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
	if !address.Addr().IsUnspecified() {
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
