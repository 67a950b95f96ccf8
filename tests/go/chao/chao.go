// Package chao is the protocol of the article: frames of four letters and a message, on the wire with no IP beneath.
//
// By default a frame is the original's to the byte: CHAO and the message stand where Ethernet's header would. With an
// Ethertype they stand behind a real Ethernet header, which also crosses a switch.
package chao

import (
	"bytes"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"pysyscall/failures"
	"pysyscall/waiting"
)

var (
	magic     = []byte("CHAO")
	Greeting  = []byte("Hello, custom chao protocol!")
	Broadcast = []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
)

const lookAgain = 200 * time.Millisecond

const (
	defaultEthertype = 0x88B5 // the first of IEEE 802's two for experiments
	header           = 14     // Ethernet's: destination, source, Ethertype
	leastOnTheWire   = 60     // Ethernet cards fill up shorter frames with zeros
	tag              = 0x8100 // 802.1Q's

	// Of linux/if_packet.h what package syscall lacks.
	packetAuxdata = 8
	auxdataSize   = 20
	vlanValid     = 1 << 4
	vlanTpidValid = 1 << 6
)

// Socket is a packet socket, bound to one interface, for messages in CHAO frames. Short and Foreign count the frames
// ignored: those without room for CHAO, and those of others.
type Socket struct {
	Fd             int
	Short, Foreign int

	HasBeenUp bool

	ethertype       int
	address         []byte
	loops           bool
	name            *syscall.SockaddrLinklayer
	buffer, control []byte
}

var (
	errPermission = errors.New(
		"socket failed: a packet socket needs the capability CAP_NET_RAW: use sudo, or give it to this program (sudo" +
			" setcap cap_net_raw+ep PROGRAM), or try CHAO in a private network: python3 -m tests.compare chao")
	errShortRead = errors.New("recvfrom failed: an address of another family")
)

// Open makes the socket; without an Ethertype (0) its frames are the original's.
func Open(interfaceName string, ethertype int) (*Socket, error) {
	protocol := htons(syscall.ETH_P_ALL)
	fd, err := syscall.Socket(syscall.AF_PACKET, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, int(protocol))
	if err == syscall.EPERM {
		return nil, errPermission
	}
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	if err := syscall.SetsockoptInt(fd, syscall.SOL_PACKET, packetAuxdata, 1); err != nil {
		syscall.Close(fd)
		return nil, os.NewSyscallError("setsockopt", err)
	}
	ifi, err := net.InterfaceByName(interfaceName)
	if err != nil {
		syscall.Close(fd)
		return nil, noInterface(interfaceName, err)
	}
	s := &Socket{Fd: fd, ethertype: ethertype, address: make([]byte, 6), buffer: make([]byte, 65535), control: make([]byte, 256)}
	s.HasBeenUp = ifi.Flags&net.FlagUp != 0
	copy(s.address, ifi.HardwareAddr)
	s.loops = ifi.Flags&net.FlagLoopback != 0
	s.name = &syscall.SockaddrLinklayer{Protocol: protocol, Ifindex: ifi.Index, Halen: uint8(len(s.address))}
	copy(s.name.Addr[:], s.address)
	if err := syscall.Bind(fd, s.name); err != nil {
		syscall.Close(fd)
		return nil, os.NewSyscallError("bind", err)
	}
	return s, nil
}

func noInterface(name string, err error) error {
	found, errAll := net.Interfaces()
	if errAll != nil {
		return err
	}
	names := []string{}
	for _, ifi := range found {
		names = append(names, ifi.Name)
	}
	return fmt.Errorf("interfaceByName failed: there is no interface %s, but %s", name, strings.Join(names, ", "))
}

// Filter has the kernel keep frames without CHAO from this socket.
func (s *Socket) Filter() error {
	const load, equal, word, half = syscall.BPF_LD | syscall.BPF_ABS, syscall.BPF_JMP | syscall.BPF_JEQ, 4, 2
	prefix, offset := magic, 0
	if s.ethertype != 0 {
		prefix = append([]byte{byte(s.ethertype >> 8), byte(s.ethertype)}, magic...)
		offset = header - 2
	}
	program := []syscall.SockFilter{}
	compare := func(size, width int) {
		value := 0
		for _, b := range prefix[:size] {
			value = value<<8 | int(b)
		}
		program = append(program, *syscall.LsfStmt(load|width, offset), *syscall.LsfJump(equal, value, 0, 0))
		prefix, offset = prefix[size:], offset+size
	}
	for len(prefix) >= word {
		compare(word, syscall.BPF_W)
	}
	if len(prefix) >= half {
		compare(half, syscall.BPF_H)
	}
	for i := 1; i < len(program); i += 2 {
		program[i].Jf = uint8(len(program) - i) // over the acceptance
	}
	program = append(program, *syscall.LsfStmt(syscall.BPF_RET, 0xFFFFFFFF), *syscall.LsfStmt(syscall.BPF_RET, 0))
	return os.NewSyscallError("setsockopt", syscall.AttachLsf(s.Fd, program))
}

func (s *Socket) Close() { syscall.Close(s.Fd) }

// Send sends a message; the destination, a hardware address, counts only where there is an Ethertype.
func (s *Socket) Send(message, destination []byte) error {
	var frame []byte
	if s.ethertype != 0 {
		frame = append(frame, destination...)
		frame = append(frame, s.address...)
		frame = append(frame, byte(s.ethertype>>8), byte(s.ethertype))
	}
	frame = append(append(frame, magic...), message...)
	return os.NewSyscallError("sendto", syscall.Sendto(s.Fd, frame, 0, s.name))
}

// Receive returns the message in the next frame, and its sender's hardware address or nothing; nil where there is none
// for us.
func (s *Socket) Receive() (message, source []byte, err error) {
	n, controllen, _, from, err := syscall.Recvmsg(s.Fd, s.buffer, s.control, syscall.MSG_DONTWAIT)
	if err == syscall.EAGAIN {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, os.NewSyscallError("recvmsg", err)
	}
	sender, ok := from.(*syscall.SockaddrLinklayer)
	if !ok {
		return nil, nil, errShortRead
	}
	if sender.Ifindex != s.name.Ifindex {
		return nil, nil, nil // it came before bind
	}
	if s.loops && sender.Pkttype != syscall.PACKET_OUTGOING {
		// What leaves a loopback interface comes back to it. The kernel spares a socket its own frames only as they
		// leave: a server that took what comes back would answer its own answers for ever.
		return nil, nil, nil
	}
	// What looks like a VLAN tag the kernel has taken out, of frames without Ethernet's header too.
	frame, start := wholeFrame(s.buffer[:n], s.control[:controllen]), 0
	if s.ethertype != 0 && isPriorityTagged(frame) {
		frame = append(frame[:12:12], frame[16:]...)
	}
	if s.ethertype != 0 {
		start = header
		if len(frame) < header || int(frame[12])<<8|int(frame[13]) != s.ethertype || !s.isForUs(frame[:6]) {
			s.Foreign++
			return nil, nil, nil
		}
		source = frame[6:12]
	}
	if len(frame) < start+len(magic) {
		s.Short++
		return nil, nil, nil
	}
	if !bytes.HasPrefix(frame[start:], magic) {
		s.Foreign++
		return nil, nil, nil
	}
	message = frame[start+len(magic):]
	if len(frame) == leastOnTheWire {
		message = bytes.TrimRight(message, "\x00")
	}
	return message, source, nil
}

// wholeFrame is a frame with the VLAN tag that the kernel took out, and tells of in control data.
func wholeFrame(frame, control []byte) []byte {
	messages, err := syscall.ParseSocketControlMessage(control)
	if err != nil {
		return frame
	}
	for _, m := range messages {
		if m.Header.Level != syscall.SOL_PACKET || m.Header.Type != packetAuxdata || len(m.Data) < auxdataSize {
			continue
		}
		status := binary.NativeEndian.Uint32(m.Data)
		tci, tpid := binary.NativeEndian.Uint16(m.Data[16:]), binary.NativeEndian.Uint16(m.Data[18:])
		if status&vlanValid == 0 {
			return frame
		}
		if status&vlanTpidValid == 0 {
			tpid = tag
		}
		whole := append([]byte{}, frame[:12]...)
		whole = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(whole, tpid), tci)
		return append(whole, frame[12:]...)
	}
	return frame
}

// isPriorityTagged tells whether a frame has an 802.1Q tag with a priority alone: VLAN 0 is none.
func isPriorityTagged(frame []byte) bool {
	return len(frame) >= 16 && binary.BigEndian.Uint16(frame[12:]) == tag && binary.BigEndian.Uint16(frame[14:])&0xfff == 0
}

// WaitUntilUp says that the interface is down, where an error says so, and waits until it is up, or stop can be read.
//
// The socket then receives again by itself. The error is returned where it is another, or the interface is gone: the
// kernel has no word for that once it is down.
func (s *Socket) WaitUntilUp(stop int, failed error) error {
	if !s.HasBeenUp || !errors.Is(failed, syscall.ENETDOWN) {
		return failed
	}
	up, there := s.isUp()
	if there && !up {
		fmt.Fprintln(os.Stderr, "the interface is down; it is listened to again when it is up")
	}
	for there && !up {
		stopped, err := waiting.ReadableBefore(time.Now().Add(lookAgain), stop)
		if err != nil || stopped {
			return err
		}
		up, there = s.isUp()
	}
	if !there {
		return failed
	}
	return nil
}

func (s *Socket) isUp() (up, there bool) {
	name, err := syscall.Getsockname(s.Fd)
	own, ok := name.(*syscall.SockaddrLinklayer)
	if err != nil || !ok || own.Ifindex <= 0 {
		return false, false
	}
	ifi, err := net.InterfaceByIndex(own.Ifindex)
	return err == nil && ifi.Flags&net.FlagUp != 0, err == nil
}

func (s *Socket) isForUs(destination []byte) bool {
	return bytes.Equal(destination, s.address) || bytes.Equal(destination, Broadcast)
}

// Ignored says how many frames were ignored, and why.
func (s *Socket) Ignored() string {
	total, frames := s.Short+s.Foreign, "frames"
	if total == 1 {
		frames = "frame"
	}
	return fmt.Sprintf("ignored %d %s: %d too short for CHAO, %d of others", total, frames, s.Short, s.Foreign)
}

// Options are what server and client have in common on their command lines.
func Options() (interfaceName *string, ethertype *int) {
	// Package flag takes --ethertype=NUMBER only; argparse, and people, write --ethertype NUMBER too.
	for i := 1; i+1 < len(os.Args); i++ {
		if strings.TrimLeft(os.Args[i], "-") == "ethertype" && !strings.HasPrefix(os.Args[i+1], "-") {
			os.Args = append(append(os.Args[:i:i], os.Args[i]+"="+os.Args[i+1]), os.Args[i+2:]...)
		}
	}
	held := 0
	flag.Var((*ethertypeValue)(&held), "ethertype", "put each frame behind an Ethernet header with this Ethertype")
	return flag.String("interface", "eth0", "the network interface"), &held
}

// OpenOrExit makes the socket that the command line asks for, or ends the program with a sentence that says why not.
func OpenOrExit(interfaceName string, ethertype int) *Socket {
	s, err := Open(interfaceName, ethertype)
	if err != nil {
		failures.Exit(failures.Text(err))
	}
	return s
}

type ethertypeValue int

func (e *ethertypeValue) String() string { return strconv.Itoa(int(*e)) }

func (e *ethertypeValue) IsBoolFlag() bool { return true }

func (e *ethertypeValue) Set(text string) error {
	if text == "true" { // the option alone
		*e = defaultEthertype
		return nil
	}
	value, err := strconv.ParseInt(text, 0, 32)
	if err != nil || value < 0x600 || value > 0xffff { // what is less is a frame's length
		return fmt.Errorf("%q is not between 0x600 and 0xffff", text)
	}
	*e = ethertypeValue(value)
	return nil
}

func htons(i uint16) uint16 {
	return binary.NativeEndian.Uint16([]byte{byte(i >> 8), byte(i)})
}
