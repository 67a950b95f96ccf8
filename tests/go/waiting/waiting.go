// Package waiting waits for descriptors with select.
//
// Go stops its goroutines by signals of its own, each of which ends a select: it is then begun anew.
package waiting

import (
	"os"
	"syscall"
	"time"
	"unsafe"
)

const bits = 8 * int(unsafe.Sizeof(syscall.FdSet{}.Bits[0]))

func set(fds *syscall.FdSet, fd int) { fds.Bits[fd/bits] |= 1 << (fd % bits) }

func isSet(fds *syscall.FdSet, fd int) bool { return fds.Bits[fd/bits]&(1<<(fd%bits)) != 0 }

// ReadableBeforeStop waits until fd can be read, or, which is false, stop.
func ReadableBeforeStop(fd, stop int) (bool, error) {
	for {
		var fds syscall.FdSet
		set(&fds, fd)
		set(&fds, stop)
		_, err := syscall.Select(max(fd, stop)+1, &fds, nil, nil, nil)
		switch err {
		case nil:
			return !isSet(&fds, stop), nil
		case syscall.EINTR:
		default:
			return false, os.NewSyscallError("select", err)
		}
	}
}

// ReadableBefore waits until fd can be read, or, which is false, the deadline has come.
func ReadableBefore(deadline time.Time, fd int) (bool, error) { return before(deadline, fd, false) }

// WritableBefore waits until fd can be written, or, which is false, the deadline has come.
func WritableBefore(deadline time.Time, fd int) (bool, error) { return before(deadline, fd, true) }

func before(deadline time.Time, fd int, writable bool) (bool, error) {
	for {
		left := time.Until(deadline)
		if left < time.Microsecond {
			return false, nil // also under a flood, which would make every further select say yes
		}
		var fds syscall.FdSet
		set(&fds, fd)
		r, w := &fds, (*syscall.FdSet)(nil)
		if writable {
			r, w = w, r
		}
		timeout := syscall.NsecToTimeval(left.Nanoseconds())
		n, err := syscall.Select(fd+1, r, w, nil, &timeout)
		switch err {
		case nil:
			return n > 0, nil
		case syscall.EINTR:
		default:
			return false, os.NewSyscallError("select", err)
		}
	}
}
