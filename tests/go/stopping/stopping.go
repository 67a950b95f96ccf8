// Package stopping ends a server by SIGINT or SIGTERM.
package stopping

import (
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
)

// Signals returns a descriptor that can be read once SIGINT or SIGTERM has come, which do nothing else from then on.
func Signals() (int, error) {
	var ends [2]int
	if err := syscall.Pipe2(ends[:], syscall.O_NONBLOCK|syscall.O_CLOEXEC); err != nil {
		return -1, os.NewSyscallError("pipe2", err)
	}
	came := make(chan os.Signal, 1)
	signal.Notify(came, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		for range came {
			syscall.Write(ends[1], []byte{0})
		}
	}()
	return ends[0], nil
}

// Receiver tells whether SIGINT or SIGTERM has come to a program in which a UDP socket waits for datagrams, and nothing
// but them: one from a socket that is connected to this one ends the wait.
type Receiver struct {
	stopped atomic.Bool
	waker   int
}

// NewReceiver has the two signals do nothing else from then on.
func NewReceiver(fd int) (*Receiver, error) {
	own, err := syscall.Getsockname(fd)
	if err != nil {
		return nil, os.NewSyscallError("getsockname", err)
	}
	family := syscall.AF_INET
	if _, is6 := own.(*syscall.SockaddrInet6); is6 {
		family = syscall.AF_INET6
	}
	const kind = syscall.SOCK_DGRAM | syscall.SOCK_NONBLOCK | syscall.SOCK_CLOEXEC
	waker, err := syscall.Socket(family, kind, syscall.IPPROTO_UDP)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	if err = syscall.Connect(waker, own); err != nil {
		syscall.Close(waker)
		return nil, os.NewSyscallError("connect", err)
	}
	r := &Receiver{waker: waker}
	came := make(chan os.Signal, 1)
	signal.Notify(came, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		number := <-came
		r.stopped.Store(true)
		syscall.Write(waker, []byte{byte(number.(syscall.Signal))})
	}()
	return r, nil
}

// Stopped tells whether a signal has come.
func (r *Receiver) Stopped() bool { return r.stopped.Load() }

// Close closes the socket that ends the wait.
func (r *Receiver) Close() { syscall.Close(r.waker) }
