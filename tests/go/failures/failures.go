// Package failures is how the programs say that a system call failed.
package failures

import (
	"errors"
	"fmt"
	"os"
)

// Text is "bind failed: address already in use" of an error that os.NewSyscallError made.
func Text(err error) string {
	var failed *os.SyscallError
	if errors.As(err, &failed) {
		return fmt.Sprintf("%s failed: %v", failed.Syscall, failed.Err)
	}
	return err.Error()
}

// Exit ends the program with a sentence, and status 1.
func Exit(sentence string) {
	fmt.Fprintln(os.Stderr, sentence)
	os.Exit(1)
}
