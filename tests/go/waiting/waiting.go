// Package waiting waits for descriptors with poll.
//
// Go stops its goroutines by signals of its own, each of which ends a poll: it is then begun anew.
package waiting

import (
	"os"
	"syscall"
	"time"
	"unsafe"
)

// pollFd is struct pollfd.
type pollFd struct {
	fd              int32
	events, revents int16
}

const (
	in  = 0x1 // POLLIN
	out = 0x4 // POLLOUT
)

// poll is ppoll without a signal mask, which every port has; nil waits for ever.
func poll(fds []pollFd, timeout *syscall.Timespec) (int, error) {
	first, length := uintptr(unsafe.Pointer(&fds[0])), uintptr(len(fds))
	n, _, errno := syscall.Syscall6(syscall.SYS_PPOLL, first, length, uintptr(unsafe.Pointer(timeout)), 0, 0, 0)
	if errno != 0 {
		return -1, errno
	}
	return int(n), nil
}

// ReadableBeforeStop waits until fd can be read, or, which is false, stop.
func ReadableBeforeStop(fd, stop int) (bool, error) {
	for {
		fds := []pollFd{{fd: int32(fd), events: in}, {fd: int32(stop), events: in}}
		_, err := poll(fds, nil)
		switch err {
		case nil:
			return fds[1].revents == 0, nil
		case syscall.EINTR:
		default:
			return false, os.NewSyscallError("poll", err)
		}
	}
}

// ReadableBefore waits until fd can be read, or, which is false, the deadline has come.
func ReadableBefore(deadline time.Time, fd int) (bool, error) { return before(deadline, fd, in) }

// WritableBefore waits until fd can be written, or, which is false, the deadline has come.
func WritableBefore(deadline time.Time, fd int) (bool, error) { return before(deadline, fd, out) }

func before(deadline time.Time, fd int, events int16) (bool, error) {
	for {
		left := time.Until(deadline)
		if left <= 0 {
			return false, nil // also under a flood, which would make every further poll say yes
		}
		timeout := syscall.NsecToTimespec(left.Nanoseconds())
		n, err := poll([]pollFd{{fd: int32(fd), events: events}}, &timeout)
		switch err {
		case nil:
			return n > 0, nil
		case syscall.EINTR:
		default:
			return false, os.NewSyscallError("poll", err)
		}
	}
}
