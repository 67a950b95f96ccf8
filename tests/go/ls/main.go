// Command ls lists directories, as `ls -l` does: type and permissions, links, owner, size, time, name.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"sort"
	"strings"
	"syscall"
	"time"

	"pysyscall/arguments"
	"pysyscall/directory"
	"pysyscall/failures"
)

var types = map[uint32]byte{
	syscall.S_IFREG:  '-',
	syscall.S_IFDIR:  'd',
	syscall.S_IFLNK:  'l',
	syscall.S_IFIFO:  'p',
	syscall.S_IFSOCK: 's',
	syscall.S_IFCHR:  'c',
	syscall.S_IFBLK:  'b',
}

// modeText is "drwxr-xr-x": the type, and what owner, group and others may do.
func modeText(mode uint32) string {
	kind, known := types[mode&syscall.S_IFMT]
	if !known {
		kind = '?'
	}
	text := []byte{kind}
	for _, part := range []struct {
		shift   int
		special uint32
		letters string
	}{{6, syscall.S_ISUID, "sS"}, {3, syscall.S_ISGID, "sS"}, {0, syscall.S_ISVTX, "tT"}} {
		bits := mode >> part.shift & 7
		execute := "x-"
		if mode&part.special != 0 {
			execute = part.letters
		}
		for i, letters := range []string{"r-", "w-", execute} {
			if bits&(4>>i) != 0 {
				text = append(text, letters[0])
			} else {
				text = append(text, letters[1])
			}
		}
	}
	return string(text)
}

// line is what is known of a file, and the name that it is shown by.
func line(path, name string) (string, error) {
	var st syscall.Stat_t
	if err := syscall.Lstat(path, &st); err != nil {
		return "", os.NewSyscallError("lstat", err)
	}
	kind := st.Mode & syscall.S_IFMT
	size := fmt.Sprint(st.Size)
	if kind == syscall.S_IFCHR || kind == syscall.S_IFBLK {
		size = fmt.Sprintf("%d, %d", st.Rdev>>8&0xfff, st.Rdev&0xff|st.Rdev>>12&0xfff00)
	}
	more := " "
	if kind == syscall.S_IFLNK {
		target := make([]byte, 4096)
		n, err := syscall.Readlink(path, target)
		if err != nil {
			return "", os.NewSyscallError("readlink", err)
		}
		name += " -> " + string(target[:n])
	} else if n, err := syscall.Listxattr(path, nil); err == nil && n > 0 {
		more = "+"
	}
	moment := time.Unix(st.Mtim.Sec, 0).UTC().Format(time.DateTime)
	return fmt.Sprintf("%s%s %3d %5d %5d %10s %s %s", modeText(st.Mode), more, st.Nlink, st.Uid, st.Gid, size, moment, name), nil
}

func show(path string, hidden bool) error {
	var st syscall.Stat_t
	if err := syscall.Lstat(path, &st); err != nil {
		return os.NewSyscallError("lstat", err)
	}
	if st.Mode&syscall.S_IFMT != syscall.S_IFDIR {
		shown, err := line(path, path)
		if err == nil {
			fmt.Println(shown)
		}
		return err
	}
	names, err := directory.Names(path)
	if err != nil {
		return err
	}
	sort.Strings(names)
	for _, name := range names {
		if !hidden && strings.HasPrefix(name, ".") {
			continue
		}
		shown, err := line(path+"/"+name, name)
		if errors.Is(err, syscall.ENOENT) {
			continue // it has gone since
		}
		if err != nil {
			return err
		}
		fmt.Println(shown)
	}
	return nil
}

func main() {
	hidden := flag.Bool("all", false, "names that begin with a dot too")
	paths := arguments.Parse(1000)
	if len(paths) == 0 {
		paths = []string{"."}
	}
	status := 0
	for _, path := range paths {
		if len(paths) > 1 {
			fmt.Printf("%s:\n", path)
		}
		if err := show(path, *hidden); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %s\n", path, failures.Text(err))
			status = 1
		}
	}
	os.Exit(status)
}
