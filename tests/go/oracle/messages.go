package main

import (
	"encoding/json"
	"syscall"
)

type message struct {
	Level int32  `json:"level"`
	Type  int32  `json:"type"`
	Data  octets `json:"data"`
}

func (m message) control() *syscall.SocketControlMessage {
	header := syscall.Cmsghdr{Level: m.Level, Type: m.Type}
	header.SetLen(syscall.CmsgLen(len(m.Data)))
	return &syscall.SocketControlMessage{Header: header, Data: m.Data}
}

func cmsgLengths(input json.RawMessage) (any, error) {
	size := read[struct{ Size int }](input).Size
	return []int{syscall.CmsgLen(size), syscall.CmsgSpace(size)}, nil
}

func unixRights(input json.RawMessage) (any, error) {
	return octets(syscall.UnixRights(read[struct{ Fds []int }](input).Fds...)), nil
}

func unixCredentials(input json.RawMessage) (any, error) {
	ucred := read[struct{ Ucred syscall.Ucred }](input).Ucred
	return octets(syscall.UnixCredentials(&ucred)), nil
}

func controlMessages(input json.RawMessage) (any, error) {
	parsed, err := syscall.ParseSocketControlMessage(read[struct{ Raw octets }](input).Raw)
	if err != nil {
		return nil, err
	}
	messages := []any{}
	for _, m := range parsed {
		messages = append(messages, []any{m.Header.Len, m.Header.Level, m.Header.Type, octets(m.Data)})
	}
	return messages, nil
}

func rights(input json.RawMessage) (any, error) {
	return syscall.ParseUnixRights(read[message](input).control())
}

func credentials(input json.RawMessage) (any, error) {
	ucred, err := syscall.ParseUnixCredentials(read[message](input).control())
	if err != nil {
		return nil, err
	}
	return []any{ucred.Pid, ucred.Uid, ucred.Gid}, nil
}

func netlinkMessages(input json.RawMessage) (any, error) {
	parsed, err := syscall.ParseNetlinkMessage(read[struct{ Raw octets }](input).Raw)
	if err != nil {
		return nil, err
	}
	messages := []any{}
	for _, m := range parsed {
		h := m.Header
		messages = append(messages, []any{h.Len, h.Type, h.Flags, h.Seq, h.Pid, octets(m.Data)})
	}
	return messages, nil
}

func routeAttributes(input json.RawMessage) (any, error) {
	given := read[struct {
		Type uint16
		Data octets
	}](input)
	header := syscall.NlMsghdr{Len: uint32(syscall.NLMSG_HDRLEN + len(given.Data)), Type: given.Type}
	parsed, err := syscall.ParseNetlinkRouteAttr(&syscall.NetlinkMessage{Header: header, Data: given.Data})
	if err != nil {
		return nil, err
	}
	attributes := []any{}
	for _, a := range parsed {
		attributes = append(attributes, []any{a.Attr.Len, a.Attr.Type, octets(a.Value)})
	}
	return attributes, nil
}

type instruction struct{ Code, K, Jt, Jf int }

func lsfStatement(input json.RawMessage) (any, error) {
	given := read[instruction](input)
	made := syscall.LsfStmt(given.Code, given.K)
	return []any{made.Code, made.Jt, made.Jf, made.K}, nil
}

func lsfJump(input json.RawMessage) (any, error) {
	given := read[instruction](input)
	made := syscall.LsfJump(given.Code, given.K, given.Jt, given.Jf)
	return []any{made.Code, made.Jt, made.Jf, made.K}, nil
}
