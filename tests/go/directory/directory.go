// Package directory reads directories.
package directory

import (
	"os"
	"syscall"
)

// Names are the names in a directory.
func Names(path string) (names []string, err error) {
	fd, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_DIRECTORY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("open", err)
	}
	defer syscall.Close(fd)
	buffer := make([]byte, 32768)
	for {
		n, err := syscall.Getdents(fd, buffer)
		if err != nil || n == 0 {
			return names, os.NewSyscallError("getdents", err)
		}
		_, _, names = syscall.ParseDirent(buffer[:n], -1, names)
	}
}
