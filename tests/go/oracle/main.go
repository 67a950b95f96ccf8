// Command oracle answers what Go's package syscall, and what programs take from package net, make of given inputs.
//
// Each line of the standard input is a question: {"ask": NAME, ...}. Each line of the standard output is the answer to
// the question of that line: {"answer": ...}, {"errno": NUMBER}, {"error": TEXT} or {"panic": TEXT}.
package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"runtime/debug"
	"syscall"
)

type question func(input json.RawMessage) (any, error)

var questions = map[string]question{
	"encode":            addressEncoded,
	"decode":            addressDecoded,
	"cmsg":              cmsgLengths,
	"unix_rights":       unixRights,
	"unix_credentials":  unixCredentials,
	"parse_control":     controlMessages,
	"parse_rights":      rights,
	"parse_credentials": credentials,
	"parse_netlink":     netlinkMessages,
	"parse_attributes":  routeAttributes,
	"lsf_stmt":          lsfStatement,
	"lsf_jump":          lsfJump,
	"errno":             errno,
	"signal":            signal,
	"times":             times,
	"nsec":              nsec,
	"parse_ip":          parseIP,
	"split_host_port":   splitHostPort,
	"parse_dirent":      direntsParsed,
	"stat":              status,
	"statfs":            fileSystem,
	"faccessat":         accessible,
	"c_string":          cString,
	"refusal":           refused,
	"layouts":           layouts,
	"limits":            limits,
	"process_errors":    processErrors,
	"start":             start,
	"wait_statuses":     waitStatuses,
}

// octets are bytes, in JSON as hexadecimal digits.
type octets []byte

func (o octets) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, o), nil }

func (o *octets) UnmarshalText(text []byte) (err error) {
	*o, err = hex.AppendDecode(nil, text)
	return err
}

// read takes the question's input apart; a question that cannot be read is the asker's mistake, not an answer.
func read[T any](input json.RawMessage) (given T) {
	if err := json.Unmarshal(input, &given); err != nil {
		log.Fatalf("%s: %v", input, err)
	}
	return given
}

func answer(line []byte) (reply map[string]any) {
	asked := read[struct{ Ask string }](line)
	ask, known := questions[asked.Ask]
	if !known {
		log.Fatalf("what is %q?", asked.Ask)
	}
	defer func() {
		if reason := recover(); reason != nil {
			reply = map[string]any{"panic": fmt.Sprint(reason)}
		}
	}()
	found, err := ask(line)
	var number syscall.Errno
	switch {
	case errors.As(err, &number):
		return map[string]any{"errno": int(number)}
	case err != nil:
		return map[string]any{"error": err.Error()}
	}
	return map[string]any{"answer": found}
}

func main() {
	log.SetFlags(0)
	debug.SetPanicOnFault(true)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	replies := bufio.NewWriter(os.Stdout)
	encoder := json.NewEncoder(replies)
	for lines.Scan() {
		if err := encoder.Encode(answer(lines.Bytes())); err != nil {
			log.Fatal(err)
		}
	}
	if err := errors.Join(lines.Err(), replies.Flush()); err != nil {
		log.Fatal(err)
	}
}
