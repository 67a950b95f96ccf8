// Command watch tells what happens to the files of a directory and of all below it.
package main

import (
	"errors"
	"fmt"
	"os"
	"path"
	"sort"
	"strings"
	"syscall"
	"unsafe"

	"pysyscall/arguments"
	"pysyscall/directory"
	"pysyscall/failures"
	"pysyscall/stopping"
	"pysyscall/waiting"
)

const (
	come   = syscall.IN_CREATE | syscall.IN_MOVED_TO
	gone   = syscall.IN_DELETE | syscall.IN_MOVED_FROM
	events = come | gone | syscall.IN_CLOSE_WRITE | syscall.IN_ATTRIB
)

// tree is a directory and all below it: the watches, and the paths that are known to be there.
type tree struct {
	fd          int
	root        string
	directories map[int]string  // by watch
	known       map[string]bool // whether it is a directory
}

// begin watches all that is there by now.
func (t *tree) begin() error {
	if err := t.watch(t.root); err != nil {
		return err
	}
	return t.look(t.root, false)
}

func (t *tree) watch(directory string) error {
	wd, err := syscall.InotifyAddWatch(t.fd, directory, events|syscall.IN_ONLYDIR)
	if err == nil {
		t.directories[wd] = directory
	}
	return os.NewSyscallError("inotify_add_watch", err)
}

// look tells of what is in a watched directory by now.
func (t *tree) look(watched string, told bool) error {
	names, err := directory.Names(watched)
	if err != nil {
		return err
	}
	sort.Strings(names)
	for _, name := range names {
		if err := t.come(watched+"/"+name, told); err != nil {
			return err
		}
	}
	return nil
}

// come tells of a path that is there, if it is new.
func (t *tree) come(path string, told bool) error {
	var st syscall.Stat_t
	err := os.NewSyscallError("lstat", syscall.Lstat(path, &st))
	if _, known := t.known[path]; err == nil && !known {
		isDirectory := st.Mode&syscall.S_IFMT == syscall.S_IFDIR
		t.known[path] = isDirectory
		if isDirectory {
			err = t.watch(path)
		}
		if told { // and no earlier: nothing is missed of a directory that has been told of
			fmt.Println("created", path)
		}
		if isDirectory && err == nil {
			err = t.look(path, told)
		}
	}
	if errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.ENOTDIR) {
		return nil // it has gone since, and an event says so
	}
	return err
}

// gone tells of a path that is there no more, and nothing below it.
func (t *tree) gone(path string) {
	if t.known[path] {
		for wd, watched := range t.directories {
			if strings.HasPrefix(watched+"/", path+"/") {
				delete(t.directories, wd)
				syscall.InotifyRmWatch(t.fd, uint32(wd)) // fails where with the directory the watch has gone as well
			}
		}
		for below := range t.known {
			if strings.HasPrefix(below, path+"/") {
				delete(t.known, below)
			}
		}
	}
	delete(t.known, path)
	fmt.Println("deleted", path)
}

// lookAgain tells what has changed without an event.
func (t *tree) lookAgain() error {
	before := t.known
	t.known, t.directories = map[string]bool{}, map[int]string{}
	if err := t.begin(); err != nil {
		return err
	}
	tell("deleted", before, t.known)
	tell("created", t.known, before)
	return nil
}

func tell(word string, these, butNot map[string]bool) {
	var paths []string
	for path := range these {
		if _, there := butNot[path]; !there {
			paths = append(paths, path)
		}
	}
	sort.Strings(paths)
	for _, path := range paths {
		fmt.Println(word, path)
	}
}

// happened tells of an event; false where the root itself has gone.
func (t *tree) happened(wd int32, mask uint32, name string) (bool, error) {
	watched, known := t.directories[int(wd)]
	switch path := watched + "/" + name; {
	case mask&syscall.IN_Q_OVERFLOW != 0:
		fmt.Fprintln(os.Stderr, "events were lost: looking at everything again")
		return true, t.lookAgain()
	case mask&syscall.IN_IGNORED != 0:
		delete(t.directories, int(wd))
		return watched != t.root, nil
	case !known || name == "":
	case mask&come != 0:
		return true, t.come(path, true)
	case mask&gone != 0:
		t.gone(path)
	default:
		fmt.Println("changed", path)
	}
	return true, nil
}

func (t *tree) serve(stop int) error {
	buffer := make([]byte, 65536)
	for {
		readable, err := waiting.ReadableBeforeStop(t.fd, stop)
		if err != nil || !readable {
			return err
		}
		n, err := syscall.Read(t.fd, buffer)
		if err != nil {
			return os.NewSyscallError("read", err)
		}
		for rest := buffer[:n]; len(rest) > 0; {
			event := (*syscall.InotifyEvent)(unsafe.Pointer(&rest[0]))
			name := strings.TrimRight(string(rest[syscall.SizeofInotifyEvent:][:event.Len]), "\x00")
			rest = rest[syscall.SizeofInotifyEvent+int(event.Len):]
			there, err := t.happened(event.Wd, event.Mask, name)
			if err != nil {
				return err
			}
			if !there {
				fmt.Fprintln(os.Stderr, "the directory has gone")
				return nil
			}
		}
	}
}

func main() {
	watched := append(arguments.Parse(1), ".")[0]
	stop, err := stopping.Signals()
	if err != nil {
		failures.Exit(failures.Text(err))
	}
	fd, err := syscall.InotifyInit1(syscall.IN_CLOEXEC)
	if err != nil {
		failures.Exit(failures.Text(os.NewSyscallError("inotify_init1", err)))
	}
	t := &tree{fd, path.Clean(watched), map[int]string{}, map[string]bool{}}
	if err := t.begin(); err != nil {
		failures.Exit(failures.Text(err))
	}
	fmt.Fprintf(os.Stderr, "watching %s...\n", watched)
	if err := t.serve(stop); err != nil {
		failures.Exit(failures.Text(err))
	}
}
