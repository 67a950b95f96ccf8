package main

import (
	"encoding/json"
	"fmt"
	"syscall"
	"unsafe"
)

// What package syscall itself uses on the way to the kernel and back, and does not export.

//go:linkname encodeInet4 syscall.(*SockaddrInet4).sockaddr
func encodeInet4(*syscall.SockaddrInet4) (unsafe.Pointer, uint32, error)

//go:linkname encodeInet6 syscall.(*SockaddrInet6).sockaddr
func encodeInet6(*syscall.SockaddrInet6) (unsafe.Pointer, uint32, error)

//go:linkname encodeUnix syscall.(*SockaddrUnix).sockaddr
func encodeUnix(*syscall.SockaddrUnix) (unsafe.Pointer, uint32, error)

//go:linkname encodeLinklayer syscall.(*SockaddrLinklayer).sockaddr
func encodeLinklayer(*syscall.SockaddrLinklayer) (unsafe.Pointer, uint32, error)

//go:linkname encodeNetlink syscall.(*SockaddrNetlink).sockaddr
func encodeNetlink(*syscall.SockaddrNetlink) (unsafe.Pointer, uint32, error)

//go:linkname anyToSockaddr syscall.anyToSockaddr
func anyToSockaddr(*syscall.RawSockaddrAny) (syscall.Sockaddr, error)

// fields are those of every family's address together, under pysyscall's names.
type fields struct {
	Kind     string `json:"kind"`
	Port     int    `json:"port"`
	Addr     octets `json:"addr"`
	ZoneId   uint32 `json:"zone_id"`
	Name     octets `json:"name"`
	Protocol uint16 `json:"protocol"`
	Ifindex  int    `json:"ifindex"`
	Hatype   uint16 `json:"hatype"`
	Pkttype  uint8  `json:"pkttype"`
	Halen    uint8  `json:"halen"`
	Pid      uint32 `json:"pid"`
	Groups   uint32 `json:"groups"`
}

func addressEncoded(input json.RawMessage) (any, error) {
	given := read[fields](input)
	var start unsafe.Pointer
	var length uint32
	var err error
	switch given.Kind {
	case "SockaddrInet4":
		sa := &syscall.SockaddrInet4{Port: given.Port, Addr: [4]byte(given.Addr)}
		start, length, err = encodeInet4(sa)
	case "SockaddrInet6":
		sa := &syscall.SockaddrInet6{Port: given.Port, ZoneId: given.ZoneId, Addr: [16]byte(given.Addr)}
		start, length, err = encodeInet6(sa)
	case "SockaddrUnix":
		start, length, err = encodeUnix(&syscall.SockaddrUnix{Name: string(given.Name)})
	case "SockaddrLinklayer":
		sa := &syscall.SockaddrLinklayer{
			Protocol: given.Protocol,
			Ifindex:  given.Ifindex,
			Hatype:   given.Hatype,
			Pkttype:  given.Pkttype,
			Halen:    given.Halen,
		}
		copy(sa.Addr[:], given.Addr)
		start, length, err = encodeLinklayer(sa)
	case "SockaddrNetlink":
		start, length, err = encodeNetlink(&syscall.SockaddrNetlink{Pid: given.Pid, Groups: given.Groups})
	default:
		return nil, fmt.Errorf("no address %q", given.Kind)
	}
	if err != nil {
		return nil, err
	}
	return octets(unsafe.Slice((*byte)(start), length)), nil
}

func addressDecoded(input json.RawMessage) (any, error) {
	var storage struct {
		address syscall.RawSockaddrAny
		_       [64]byte
	}
	raw := read[struct{ Raw octets }](input).Raw
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&storage)), unsafe.Sizeof(storage)), raw)
	found, err := anyToSockaddr(&storage.address)
	if err != nil {
		return nil, err
	}
	switch sa := found.(type) {
	case *syscall.SockaddrInet4:
		return fields{Kind: "SockaddrInet4", Port: sa.Port, Addr: sa.Addr[:]}, nil
	case *syscall.SockaddrInet6:
		return fields{Kind: "SockaddrInet6", Port: sa.Port, ZoneId: sa.ZoneId, Addr: sa.Addr[:]}, nil
	case *syscall.SockaddrUnix:
		return fields{Kind: "SockaddrUnix", Name: octets(sa.Name)}, nil
	case *syscall.SockaddrLinklayer:
		return fields{
			Kind:     "SockaddrLinklayer",
			Protocol: sa.Protocol,
			Ifindex:  sa.Ifindex,
			Hatype:   sa.Hatype,
			Pkttype:  sa.Pkttype,
			Halen:    sa.Halen,
			Addr:     sa.Addr[:],
		}, nil
	case *syscall.SockaddrNetlink:
		return fields{Kind: "SockaddrNetlink", Pid: sa.Pid, Groups: sa.Groups}, nil
	}
	return nil, fmt.Errorf("what is a %T?", found)
}
