package main

import (
	"encoding/json"
	"reflect"
	"syscall"
)

type field struct {
	Name   string  `json:"name"`
	Offset uintptr `json:"offset"`
	Size   uintptr `json:"size"`
	Signed bool    `json:"signed"`
}

type layout struct {
	Size   uintptr `json:"size"`
	Fields []field `json:"fields"`
}

// structures are the C structures of the areas that pysyscall has.
var structures = []any{
	syscall.Cmsghdr{},
	syscall.Dirent{},
	syscall.EpollEvent{},
	syscall.FdSet{},
	syscall.Flock_t{},
	syscall.Fsid{},
	syscall.ICMPv6Filter{},
	syscall.IPMreq{},
	syscall.IPMreqn{},
	syscall.IPv6MTUInfo{},
	syscall.IPv6Mreq{},
	syscall.IfAddrmsg{},
	syscall.IfInfomsg{},
	syscall.Inet4Pktinfo{},
	syscall.Inet6Pktinfo{},
	syscall.InotifyEvent{},
	syscall.Iovec{},
	syscall.Linger{},
	syscall.Msghdr{},
	syscall.NlAttr{},
	syscall.NlMsgerr{},
	syscall.NlMsghdr{},
	syscall.PtraceRegs{},
	syscall.RawSockaddr{},
	syscall.RawSockaddrAny{},
	syscall.RawSockaddrInet4{},
	syscall.RawSockaddrInet6{},
	syscall.RawSockaddrLinklayer{},
	syscall.RawSockaddrNetlink{},
	syscall.RawSockaddrUnix{},
	syscall.Rlimit{},
	syscall.RtAttr{},
	syscall.RtGenmsg{},
	syscall.RtMsg{},
	syscall.RtNexthop{},
	syscall.Rusage{},
	syscall.SockFilter{},
	syscall.SockFprog{},
	syscall.Stat_t{},
	syscall.Statfs_t{},
	syscall.Sysinfo_t{},
	syscall.TCPInfo{},
	syscall.Termios{},
	syscall.Timespec{},
	syscall.Timeval{},
	syscall.Timex{},
	syscall.Tms{},
	syscall.Ucred{},
	syscall.Ustat_t{},
	syscall.Utimbuf{},
	syscall.Utsname{},
}

func layouts(json.RawMessage) (any, error) {
	found := map[string]layout{}
	for _, structure := range structures {
		kind := reflect.TypeOf(structure)
		described := layout{Size: kind.Size()}
		for i := range kind.NumField() {
			member := kind.Field(i)
			signed := member.Type.Kind() >= reflect.Int && member.Type.Kind() <= reflect.Int64
			described.Fields = append(described.Fields, field{member.Name, member.Offset, member.Type.Size(), signed})
		}
		found[kind.Name()] = described
	}
	return found, nil
}
