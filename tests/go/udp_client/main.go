// Command udp_client sends a UDP datagram and prints the answer: the article's "Implementing a UDP client using
// syscall.Socket".
package main

import (
	"flag"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"

	"pysyscall/arguments"
	"pysyscall/failures"
	"pysyscall/netsocket"
	"pysyscall/waiting"
)

// ask returns the answer, or nil after so long without one.
func ask(ipAddr string, port int, message []byte, timeout time.Duration) ([]byte, error) {
	server, err := net.ResolveUDPAddr("udp", net.JoinHostPort(ipAddr, fmt.Sprint(port)))
	if err != nil {
		return nil, err
	}
	sa, family := netsocket.Sockaddr(server.AddrPort().Addr().Unmap(), server.Port)
	fd, err := syscall.Socket(family, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, syscall.IPPROTO_UDP)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	defer syscall.Close(fd)
	// The original does not connect. So it would take anybody's datagram for the answer, and wait for ever when the
	// server's host says that nobody listens there: the kernel tells a connected socket only.
	if err := syscall.Connect(fd, sa); err != nil {
		return nil, os.NewSyscallError("connect", err)
	}
	if err := syscall.Sendto(fd, message, 0, nil); err != nil {
		return nil, os.NewSyscallError("sendto", err)
	}
	buffer := make([]byte, 65535)
	deadline := time.Now().Add(timeout)
	for {
		readable, err := waiting.ReadableBefore(deadline, fd)
		if err != nil || !readable {
			return nil, err
		}
		n, _, err := syscall.Recvfrom(fd, buffer, syscall.MSG_DONTWAIT)
		if err == syscall.EAGAIN {
			continue // the kernel announced a datagram, and then found that its checksum is wrong
		}
		return buffer[:max(n, 0)], os.NewSyscallError("recvfrom", err)
	}
}

func main() {
	ipAddr := flag.String("ip-addr", "127.0.0.1", "the server's address")
	port := arguments.Port(8080, "the server's port")
	message := flag.String("message", "Hello, UDP server!", "what to send")
	timeout := arguments.Seconds("timeout", 5, "how long to wait for the answer")
	arguments.Parse(0)
	answer, err := ask(*ipAddr, *port, []byte(*message), *timeout)
	if err != nil {
		failures.Exit(failures.Text(err))
	}
	if answer == nil {
		seconds := arguments.Format(*timeout)
		failures.Exit(fmt.Sprintf("no answer from %s port %d in %s seconds", *ipAddr, *port, seconds))
	}
	fmt.Println("received response:", string(answer))
}
