// Command run runs a program in namespaces of its own: its users, processes, mounts, host name, and a network with nothing
// in it.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"pysyscall/failures"
)

const (
	namespaces = syscall.CLONE_NEWUSER | syscall.CLONE_NEWPID | syscall.CLONE_NEWNS | syscall.CLONE_NEWUTS |
		syscall.CLONE_NEWIPC | syscall.CLONE_NEWNET
	place = "/proc" // where the program sees a proc of its own in the end
)

// start starts this program once more, in the namespaces.
func start(root, hostname string, command []string) (int, error) {
	argv := append([]string{"run", "--inside", "--root", root, "--hostname", hostname, "--"}, command...)
	pid, err := syscall.ForkExec("/proc/self/exe", argv, &syscall.ProcAttr{
		Env:   syscall.Environ(),
		Files: []uintptr{0, 1, 2},
		Sys: &syscall.SysProcAttr{
			Cloneflags:  namespaces,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
			Pdeathsig:   syscall.SIGKILL,
		},
	})
	return pid, os.NewSyscallError("fork_exec", err)
}

// makeRoot takes a directory, with all that is mounted below it, for the root, and mounts a proc of the new processes.
func makeRoot(root string) error {
	type step struct {
		call string
		err  func() error
	}
	steps := []step{{"mount", func() error { return syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, "") }}}
	source := root
	if root == "/" {
		root = place + "/root"
		steps = append(steps,
			step{"mount", func() error { return syscall.Mount("root", place, "tmpfs", 0, "") }},
			step{"mkdir", func() error { return syscall.Mkdir(root, 0o755) }})
	}
	steps = append(steps,
		step{"mount", func() error { return syscall.Mount(source, root, "", syscall.MS_BIND|syscall.MS_REC, "") }},
		step{"chdir", func() error { return syscall.Chdir(root) }},
		step{"pivot_root", func() error { return syscall.PivotRoot(".", ".") }}, // the old root lies on top of the new one
		step{"unmount", func() error { return syscall.Unmount(".", syscall.MNT_DETACH) }},
		step{"chdir", func() error { return syscall.Chdir("/") }},
		step{"mount", func() error {
			return syscall.Mount("proc", "/proc", "proc", syscall.MS_NOSUID|syscall.MS_NODEV|syscall.MS_NOEXEC, "")
		}})
	for _, s := range steps {
		if err := s.err(); err != nil {
			return os.NewSyscallError(s.call, err)
		}
	}
	return nil
}

// become is the new process's part.
func become(root, hostname string, command []string) error {
	if err := syscall.Sethostname([]byte(hostname)); err != nil {
		return os.NewSyscallError("sethostname", err)
	}
	if err := makeRoot(root); err != nil {
		return err
	}
	program, err := exec.LookPath(command[0])
	if err != nil {
		return fmt.Errorf("%s: no such program", command[0])
	}
	return os.NewSyscallError("exec", syscall.Exec(program, command, syscall.Environ()))
}

// ended waits for a process: its exit status, or 128 and the signal that ended it.
func ended(pid int) (int, error) {
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(pid, &status, 0, nil); err != nil {
		return 0, os.NewSyscallError("wait4", err)
	}
	if status.Signaled() {
		return 128 + int(status.Signal()), nil
	}
	return status.ExitStatus(), nil
}

func main() {
	root := flag.String("root", "/", "its root directory")
	hostname := flag.String("hostname", "container", "its host's name")
	inside := flag.Bool("inside", false, "")
	flag.Parse()
	if flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "the following arguments are required: COMMAND")
		os.Exit(2)
	}
	if *inside {
		failures.Exit(failures.Text(become(*root, *hostname, flag.Args())))
	}
	pid, err := start(*root, *hostname, flag.Args())
	if err != nil {
		failures.Exit(failures.Text(err))
	}
	status, err := ended(pid)
	if err != nil {
		failures.Exit(failures.Text(err))
	}
	os.Exit(status)
}
