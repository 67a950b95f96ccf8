// Command bench makes the loops of the benchmarks with Go's package syscall.
//
//	bench echo COUNT SIZE             a datagram received and sent again
//	bench pair COUNT SIZE             a message written and read
//	bench send PORT COUNT SIZE GROUP  datagrams, a group for each byte of credit on stdin, two groups ahead of it
//	bench capture INTERFACE SIZE      frames of SIZE bytes until a longer one comes
package main

import (
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"strconv"
	"syscall"
	"time"
	"unsafe"
)

const ethernetProtocol = 0x88b5

func check(call string, err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, os.NewSyscallError(call, err))
		os.Exit(1)
	}
}

func number(i int) int {
	n, err := strconv.Atoi(os.Args[i])
	check(os.Args[i], err)
	return n
}

func cpu() time.Duration {
	var usage syscall.Rusage
	check("getrusage", syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// measure runs a loop of so many operations, and says what it took.
func measure(loop func() (operations, dropped int)) {
	cpuAtStart, start := cpu(), time.Now()
	operations, dropped := loop()
	fmt.Printf("{\"operations\": %d, \"wall\": %.9f, \"cpu\": %.9f, \"dropped\": %d}\n",
		operations, time.Since(start).Seconds(), (cpu() - cpuAtStart).Seconds(), dropped)
}

func wrongUnless(count, wanted int) {
	if count != wanted {
		fmt.Fprintf(os.Stderr, "%d came of %d\n", count, wanted)
		os.Exit(1)
	}
}

// udp makes a socket on a free port of the loopback.
func udp() (int, *syscall.SockaddrInet4) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	check("socket", err)
	check("bind", syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	name, err := syscall.Getsockname(fd)
	check("getsockname", err)
	return fd, name.(*syscall.SockaddrInet4)
}

func echo(count, size int) {
	fd, own := udp()
	buffer := make([]byte, size)
	check("sendto", syscall.Sendto(fd, buffer, 0, own))
	measure(func() (int, int) {
		received := 0
		for i := 0; i < count; i++ {
			n, sender, err := syscall.Recvfrom(fd, buffer, 0)
			check("recvfrom", err)
			received += n
			check("sendto", syscall.Sendto(fd, buffer, 0, sender))
		}
		wrongUnless(received, count*size)
		return count, 0
	})
}

func throughAPair(count, size int) {
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	check("socketpair", err)
	buffer := make([]byte, size)
	measure(func() (int, int) {
		received := 0
		for i := 0; i < count; i++ {
			_, err := syscall.Write(pair[0], buffer)
			check("write", err)
			n, err := syscall.Read(pair[1], buffer)
			check("read", err)
			received += n
		}
		wrongUnless(received, count*size)
		return count, 0
	})
}

func send(port, count, size, group int) {
	fd, _ := udp()
	check("connect", syscall.Connect(fd, &syscall.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}))
	payload := make([]byte, size)
	for i := range payload {
		payload[i] = 'x'
	}
	credit := make([]byte, 1)
	measure(func() (int, int) {
		for sent := 0; sent < count; sent++ {
			if sent%group == 0 && sent >= 2*group {
				n, err := syscall.Read(0, credit)
				check("read", err)
				wrongUnless(n, 1)
			}
			_, err := syscall.Write(fd, payload)
			check("write", err)
		}
		return count, 0
	})
}

// drops asks the kernel for PACKET_STATISTICS, a structure for which the package has no function.
func drops(fd int) int {
	const solPacket, packetStatistics = 263, 6
	var statistics struct{ packets, drops uint32 }
	length := uint32(unsafe.Sizeof(statistics))
	_, _, errno := syscall.Syscall6(syscall.SYS_GETSOCKOPT, uintptr(fd), solPacket, packetStatistics,
		uintptr(unsafe.Pointer(&statistics)), uintptr(unsafe.Pointer(&length)), 0)
	if errno != 0 {
		check("getsockopt", errno)
	}
	return int(statistics.drops)
}

func capture(name string, size int) {
	device, err := net.InterfaceByName(name)
	check("interface", err)
	fd, err := syscall.Socket(syscall.AF_PACKET, syscall.SOCK_RAW, 0)
	check("socket", err)
	protocol := binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, ethernetProtocol))
	check("bind", syscall.Bind(fd, &syscall.SockaddrLinklayer{Protocol: protocol, Ifindex: device.Index}))
	fmt.Fprintln(os.Stderr, "ready")
	buffer := make([]byte, 2048)
	measure(func() (int, int) {
		for frames := 0; ; frames++ {
			n, _, err := syscall.Recvfrom(fd, buffer, 0)
			check("recvfrom", err)
			if n != size {
				return frames, drops(fd)
			}
		}
	})
}

func main() {
	switch os.Args[1] {
	case "echo":
		echo(number(2), number(3))
	case "pair":
		throughAPair(number(2), number(3))
	case "send":
		send(number(2), number(3), number(4), number(5))
	case "capture":
		capture(os.Args[2], number(3))
	}
}
