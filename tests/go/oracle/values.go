package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net"
	"syscall"
)

func errno(input json.RawMessage) (any, error) {
	e := syscall.Errno(read[struct{ Number int }](input).Number)
	return map[string]any{
		"text":        e.Error(),
		"temporary":   e.Temporary(),
		"timeout":     e.Timeout(),
		"permission":  e.Is(fs.ErrPermission),
		"exist":       e.Is(fs.ErrExist),
		"not_exist":   e.Is(fs.ErrNotExist),
		"unsupported": e.Is(errors.ErrUnsupported),
	}, nil
}

func signal(input json.RawMessage) (any, error) {
	return syscall.Signal(read[struct{ Number int }](input).Number).String(), nil
}

func times(input json.RawMessage) (any, error) {
	given := read[struct{ Sec, Fraction int64 }](input)
	ts := syscall.Timespec{Sec: given.Sec, Nsec: given.Fraction}
	tv := syscall.Timeval{Sec: given.Sec, Usec: given.Fraction}
	tsSec, tsNsec := ts.Unix()
	tvSec, tvNsec := tv.Unix()
	return map[string]any{
		"timespec": []int64{ts.Nano(), tsSec, tsNsec},
		"timeval":  []int64{tv.Nano(), tvSec, tvNsec},
	}, nil
}

func nsec(input json.RawMessage) (any, error) {
	given := read[struct{ Nsec int64 }](input).Nsec
	ts, tv := syscall.NsecToTimespec(given), syscall.NsecToTimeval(given)
	return map[string]any{
		"timespec": []int64{ts.Sec, ts.Nsec, syscall.TimespecToNsec(ts)},
		"timeval":  []int64{tv.Sec, tv.Usec, syscall.TimevalToNsec(tv)},
	}, nil
}

func parseIP(input json.RawMessage) (any, error) {
	if ip := net.ParseIP(read[struct{ Text string }](input).Text); ip != nil {
		return octets(ip), nil
	}
	return nil, errors.New("no address")
}

func splitHostPort(input json.RawMessage) (any, error) {
	host, port, err := net.SplitHostPort(read[struct{ Text string }](input).Text)
	return []string{host, port}, err
}
