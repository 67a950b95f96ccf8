package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"pysyscall/httpmessages"
	"pysyscall/printable"
)

const (
	maxHead      = 64 << 10 // of trailers too
	maxChunkLine = 4096
)

// stream is an answer in pieces of any size, read to its end: by Content-Length, by chunks, or until the server closes.
type stream struct {
	receive func() ([]byte, error) // what has arrived, and nothing at the end
	held    []byte
}

// copy writes the answer to a GET: its head as it came, then its body, out of its chunks where it came in chunks.
func (s *stream) copy(to io.Writer) error {
	var fields []httpmessages.Field
	var answerHead []byte
	status := 100
	for status < 200 { // 1xx announce an answer
		found, err := s.until(httpmessages.EndOfHead, maxHead)
		if err != nil {
			return err
		}
		answerHead = bytes.Clone(found)
		if status, fields, err = httpmessages.ReadStatus(answerHead); err != nil {
			return err
		}
		if status == 101 {
			break
		}
	}
	if _, err := to.Write(shown(answerHead)); err != nil {
		return err
	}
	lengths := map[int]bool{}
	for _, f := range fields {
		if httpmessages.Is(f.Name, "Content-Length") {
			for value := range bytes.SplitSeq(f.Value, []byte(",")) {
				lengths[httpmessages.ContentLength(bytes.Trim(value, " \t"))] = true
			}
		}
	}
	codings := httpmessages.Codings(fields)
	switch {
	case status == 101:
		return errors.New("the server switches to another protocol (101), which nobody has asked for")
	case status == 204 || status == 304:
		return nil
	case len(codings) == 1 && codings[0] == "chunked":
		return s.chunks(to)
	case len(codings) > 0:
		return fmt.Errorf("the body is coded as %s, which nobody has asked for; the only transfer coding known is chunked",
			printable.Text(strings.Join(codings, ", ")))
	case len(lengths) == 0:
		return s.rest(to)
	case len(lengths) > 1 || lengths[-1]:
		return errors.New("Content-Length is not one number")
	}
	for length := range lengths {
		return s.exactly(to, length)
	}
	return nil
}

// shown is a head as it came, but for the control characters of C1, which a terminal obeys, and which no server needs.
func shown(head []byte) []byte {
	var made []byte
	for len(head) > 0 {
		r, size := utf8.DecodeRune(head)
		switch {
		case r == utf8.RuneError && size == 1:
			if r = rune(head[0]); r >= 0xa0 {
				made = append(made, head[0])
				break
			}
			fallthrough
		case 0x80 <= r && r < 0xa0:
			made = fmt.Appendf(made, `\x%02x`, r)
		default:
			made = append(made, head[:size]...)
		}
		head = head[size:]
	}
	return made
}

// more adds what has arrived to what is held; whether anything has.
func (s *stream) more() (bool, error) {
	piece, err := s.receive()
	s.held = append(s.held, piece...)
	return len(piece) > 0, err
}

// until takes what comes before the place that end finds.
func (s *stream) until(end func([]byte) int, limit int) ([]byte, error) {
	for {
		if at := end(s.held); at >= 0 {
			taken := s.held[:at]
			s.held = s.held[at:]
			return taken, nil
		}
		if len(s.held) >= limit {
			return nil, fmt.Errorf("a head or a line is longer than %d bytes", limit)
		}
		any, err := s.more()
		switch {
		case err != nil:
			return nil, err
		case !any && len(s.held) > 0:
			return nil, errors.New("the connection ended before a whole answer")
		case !any:
			return nil, errors.New("no answer came")
		}
	}
}

func (s *stream) exactly(to io.Writer, length int) error {
	for left := length; left > 0; {
		if len(s.held) == 0 {
			any, err := s.more()
			if err != nil {
				return err
			}
			if !any {
				return fmt.Errorf("the connection ended %d bytes before the end of %d", left, length)
			}
		}
		piece := s.held[:min(left, len(s.held))]
		if _, err := to.Write(piece); err != nil {
			return err
		}
		left -= len(piece)
		if s.held = s.held[len(piece):]; len(s.held) == 0 {
			s.held = nil
		}
	}
	return nil
}

func (s *stream) rest(to io.Writer) error {
	for {
		if _, err := to.Write(s.held); err != nil {
			return err
		}
		s.held = s.held[:0]
		if any, err := s.more(); err != nil || !any {
			return err
		}
	}
}

// chunks writes a body out of its chunks; the trailers are dropped.
func (s *stream) chunks(to io.Writer) error {
	for {
		line, err := s.until(endOfLine, maxChunkLine)
		if err != nil {
			return err
		}
		digits, _, _ := bytes.Cut(line, []byte(";"))
		size, err := strconv.ParseUint(string(bytes.TrimRight(digits, "\r\n\t ")), 16, 60)
		if err != nil {
			return errors.New("a chunk does not begin with its size")
		}
		if size == 0 {
			break
		}
		if err := s.exactly(to, int(size)); err != nil {
			return err
		}
		if line, err = s.until(endOfLine, 2); err != nil {
			return err
		}
		if !isEmpty(line) {
			return errors.New("a chunk is longer than it says")
		}
	}
	for limit := maxHead; ; {
		line, err := s.until(endOfLine, limit)
		if err != nil || isEmpty(line) {
			return err
		}
		limit -= len(line)
	}
}

func endOfLine(b []byte) int {
	if at := bytes.IndexByte(b, '\n'); at >= 0 {
		return at + 1
	}
	return -1
}

func isEmpty(line []byte) bool { return string(line) == "\r\n" || string(line) == "\n" }
