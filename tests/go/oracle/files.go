package main

import (
	"encoding/json"
	"syscall"
)

func direntsParsed(input json.RawMessage) (any, error) {
	q := read[struct {
		Raw octets
		Max int
	}](input)
	consumed, count, names := syscall.ParseDirent(q.Raw, q.Max, nil)
	found := []octets{}
	for _, name := range names {
		found = append(found, octets(name))
	}
	return []any{consumed, count, found}, nil
}

func status(input json.RawMessage) (any, error) {
	q := read[struct {
		Path octets
		Call string
	}](input)
	var st syscall.Stat_t
	var err error
	switch path := string(q.Path); q.Call {
	case "stat":
		err = syscall.Stat(path, &st)
	case "lstat":
		err = syscall.Lstat(path, &st)
	default:
		var fd int
		if fd, err = syscall.Open(path, syscall.O_RDONLY|syscall.O_NONBLOCK, 0); err == nil {
			err = syscall.Fstat(fd, &st)
			syscall.Close(fd)
		}
	}
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"dev": st.Dev, "ino": st.Ino, "nlink": st.Nlink, "mode": st.Mode, "uid": st.Uid, "gid": st.Gid, "rdev": st.Rdev,
		"size": st.Size, "blksize": st.Blksize, "blocks": st.Blocks,
		"mtim": []any{st.Mtim.Sec, st.Mtim.Nsec}, "ctim": []any{st.Ctim.Sec, st.Ctim.Nsec},
	}, nil
}

func fileSystem(input json.RawMessage) (any, error) {
	q := read[struct{ Path octets }](input)
	var st syscall.Statfs_t
	if err := syscall.Statfs(string(q.Path), &st); err != nil {
		return nil, err
	}
	// What is free changes from one moment to the next.
	return map[string]any{
		"type": st.Type, "bsize": st.Bsize, "blocks": st.Blocks, "namelen": st.Namelen, "frsize": st.Frsize,
		"flags": st.Flags, "fsid": st.Fsid.X__val,
	}, nil
}

func accessible(input json.RawMessage) (any, error) {
	q := read[struct {
		Path  octets
		Mode  uint32
		Flags int
	}](input)
	return "yes", syscall.Faccessat(-100, string(q.Path), q.Mode, q.Flags)
}

func cString(input json.RawMessage) (any, error) {
	q := read[struct{ Text octets }](input)
	raw, err := syscall.ByteSliceFromString(string(q.Text))
	return octets(raw), err
}

// refusals are calls with input that cannot be.
var refusals = map[string]func() error{
	"open none":          func() error { _, err := syscall.Open("/no/such", syscall.O_RDONLY, 0); return err },
	"open directory":     func() error { _, err := syscall.Open("/", syscall.O_WRONLY, 0); return err },
	"open nul":           func() error { _, err := syscall.Open("a\x00b", syscall.O_RDONLY, 0); return err },
	"openat no fd":       func() error { _, err := syscall.Openat(-1, "x", syscall.O_RDONLY, 0); return err },
	"access mode":        func() error { return syscall.Access("/", 8) },
	"faccessat flags":    func() error { return syscall.Faccessat(-100, "/", 0, 1) },
	"fchmodat flags":     func() error { return syscall.Fchmodat(-100, "/dev/null", 0o666, 1) },
	"truncate negative":  func() error { return syscall.Truncate("/no/such", -1) },
	"ftruncate no fd":    func() error { return syscall.Ftruncate(-1, 0) },
	"fallocate length":   func() error { return syscall.Fallocate(0, 0, 0, -1) },
	"seek no fd":         func() error { _, err := syscall.Seek(-1, 0, 0); return err },
	"seek whence":        func() error { _, err := syscall.Seek(0, 0, 99); return err },
	"readlink file":      func() error { _, err := syscall.Readlink("/", make([]byte, 9)); return err },
	"readlink empty":     func() error { _, err := syscall.Readlink("/proc/self/exe", nil); return err },
	"link none":          func() error { return syscall.Link("/no/such", "/no/other") },
	"rename none":        func() error { return syscall.Rename("/no/such", "/no/other") },
	"rmdir file":         func() error { return syscall.Rmdir("/dev/null") },
	"unlink none":        func() error { return syscall.Unlink("/no/such") },
	"mkdir exists":       func() error { return syscall.Mkdir("/", 0o700) },
	"chdir file":         func() error { return syscall.Chdir("/dev/null") },
	"fchdir no fd":       func() error { return syscall.Fchdir(-1) },
	"getcwd short":       func() error { _, err := syscall.Getcwd(make([]byte, 1)); return err },
	"getdents no fd":     func() error { _, err := syscall.Getdents(-1, make([]byte, 99)); return err },
	"getxattr name":      func() error { _, err := syscall.Getxattr("/", "nonsense", nil); return err },
	"flock how":          func() error { return syscall.Flock(0, 0) },
	"inotify flags":      func() error { _, err := syscall.InotifyInit1(1); return err },
	"inotify watch":      func() error { _, err := syscall.InotifyAddWatch(0, "/", 0); return err },
	"inotify rm":         func() error { _, err := syscall.InotifyRmWatch(0, 1); return err },
	"stat none":          func() error { return syscall.Stat("/no/such", &syscall.Stat_t{}) },
	"fstat no fd":        func() error { return syscall.Fstat(-1, &syscall.Stat_t{}) },
	"statfs none":        func() error { return syscall.Statfs("/no/such", &syscall.Statfs_t{}) },
	"ustat none":         func() error { return syscall.Ustat(0, &syscall.Ustat_t{}) },
	"utimes one":         func() error { return syscall.Utimes("/", make([]syscall.Timeval, 1)) },
	"utimes microsecond": func() error { return syscall.Utimes("/dev/null", []syscall.Timeval{{}, {Usec: 1000000}}) },
	"utimes none":        func() error { return syscall.Utimes("/no/such", make([]syscall.Timeval, 2)) },
	"nanosleep negative": func() error { return syscall.Nanosleep(&syscall.Timespec{Sec: -1}, nil) },
	"settimeofday":       func() error { return syscall.Settimeofday(&syscall.Timeval{Usec: 2000000}) },
	"mmap length":        func() error { _, err := syscall.Mmap(-1, 0, 0, 3, 0x22); return err },
	"mmap offset":        func() error { _, err := syscall.Mmap(-1, 1, 4096, 3, 0x22); return err },
	"mmap no fd":         func() error { _, err := syscall.Mmap(-1, 0, 4096, 3, 1); return err },
	"mlockall flags":     func() error { return syscall.Mlockall(0) },
	"unmount none":       func() error { return syscall.Unmount("/no/such", 0) },
	"mount type":         func() error { return syscall.Mount("x", "/no/such", "tmpfs", 0, "") },
	"chroot none":        func() error { return syscall.Chroot("/no/such") },
	"reboot command":     func() error { return syscall.Reboot(12345) },
	"klogctl type":       func() error { _, err := syscall.Klogctl(999, nil); return err },
	"setenv empty":       func() error { return syscall.Setenv("", "x") },
	"setenv equals":      func() error { return syscall.Setenv("a=b", "x") },
	"setenv nul":         func() error { return syscall.Setenv("a", "\x00") },
	"string nul":         func() error { _, err := syscall.ByteSliceFromString("\x00"); return err },
}

func refused(input json.RawMessage) (any, error) {
	q := read[struct{ Call string }](input)
	if q.Call == "" {
		names := []string{}
		for name := range refusals {
			names = append(names, name)
		}
		return names, nil
	}
	return "done", refusals[q.Call]()
}
