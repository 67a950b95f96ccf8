// Package stopping ends a server by SIGINT or SIGTERM.
package stopping

import (
	"os"
	"os/signal"
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
