package main

import (
	"encoding/json"
	"io"
	"os"
	"syscall"
)

// waitStatus is what a WaitStatus says.
type waitStatus struct {
	Exited, Signaled, Stopped, Continued, CoreDump bool
	ExitStatus, Signal, StopSignal, TrapCause      int
}

// waitStatuses tells of all statuses from one number up to another.
func waitStatuses(input json.RawMessage) (any, error) {
	given := read[struct{ First, Last uint32 }](input)
	var found []waitStatus
	for number := given.First; number < given.Last; number++ {
		w := syscall.WaitStatus(number)
		found = append(found, waitStatus{
			w.Exited(), w.Signaled(), w.Stopped(), w.Continued(), w.CoreDump(),
			w.ExitStatus(), int(w.Signal()), int(w.StopSignal()), w.TrapCause(),
		})
	}
	return found, nil
}

// start begins a process with the attributes of the question, and tells what it printed and how it ended.
func start(input json.RawMessage) (any, error) {
	given := read[struct {
		Argv0 string
		Argv  []string
		Files []string
		Attr  syscall.ProcAttr
	}](input)
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	null, err := os.Open(os.DevNull)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	for _, file := range given.Files {
		number := map[string]uintptr{"null": null.Fd(), "pipe": writer.Fd(), "closed": ^uintptr(0), "bad": 777}[file]
		given.Attr.Files = append(given.Attr.Files, number)
	}
	pid, err := syscall.ForkExec(given.Argv0, given.Argv, &given.Attr)
	writer.Close()
	if err != nil {
		return nil, err
	}
	said, err := io.ReadAll(reader)
	if err != nil {
		return nil, err
	}
	var ended syscall.WaitStatus
	if _, err := syscall.Wait4(pid, &ended, 0, nil); err != nil {
		return nil, err
	}
	return map[string]any{"pid": pid, "said": octets(said), "status": int(ended)}, nil
}

func limits(input json.RawMessage) (any, error) {
	found := map[int][]uint64{}
	for resource := range 16 {
		var limit syscall.Rlimit
		if resource != syscall.RLIMIT_NOFILE { // which Go raises for itself
			if err := syscall.Getrlimit(resource, &limit); err != nil {
				return nil, err
			}
			found[resource] = []uint64{limit.Cur, limit.Max}
		}
	}
	return found, nil
}

// processErrors are the error numbers of calls with arguments that no kernel takes.
func processErrors(json.RawMessage) (any, error) {
	var limit syscall.Rlimit
	var usage syscall.Rusage
	var regs syscall.PtraceRegs
	self := syscall.Getpid()
	_, pgid := syscall.Getpgid(1<<31 - 1)
	_, priority := syscall.Getpriority(77, 0)
	_, nobody := syscall.Getpriority(syscall.PRIO_PROCESS, 1<<31-1)
	_, wait := syscall.Wait4(1<<31-1, nil, 0, nil)
	_, options := syscall.Wait4(-1, nil, 0x70000000, nil)
	_, peek := syscall.PtracePeekData(self, 8, make([]byte, 8))
	_, poke := syscall.PtracePokeData(self, 8, make([]byte, 8))
	_, message := syscall.PtraceGetEventMsg(self)
	errors := []error{
		pgid, priority, nobody, wait, options, peek, poke, message,
		syscall.Getrlimit(1000, &limit),
		syscall.Setrlimit(1000, &limit),
		syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{Cur: 2, Max: 1}),
		syscall.Getrusage(77, &usage),
		syscall.Kill(1<<31-1, 0),
		syscall.Kill(self, 1000),
		syscall.Tgkill(0, 0, 0),
		syscall.Tgkill(self, 1<<31-1, 0),
		syscall.Setpgid(1<<31-1, 0),
		syscall.Setpgid(0, -5),
		syscall.Setpriority(77, 0, 0),
		syscall.PtraceAttach(1<<31 - 1),
		syscall.PtraceAttach(self),
		syscall.PtraceDetach(self),
		syscall.PtraceCont(self, 0),
		syscall.PtraceSyscall(self, 0),
		syscall.PtraceSingleStep(self),
		syscall.PtraceSetOptions(self, 0),
		syscall.PtraceGetRegs(self, &regs),
		syscall.PtraceSetRegs(self, &regs),
		syscall.Exec("/nowhere", []string{"x"}, nil),
		syscall.Exec("/etc/passwd", []string{"x"}, nil),
		syscall.Unshare(1),
	}
	var numbers []int
	for _, err := range errors {
		number, _ := err.(syscall.Errno)
		numbers = append(numbers, int(number))
	}
	return numbers, nil
}
