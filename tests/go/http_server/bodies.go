package main

import (
	"bytes"
	"fmt"
	"strconv"

	"pysyscall/httpmessages"
)

const (
	maxChunkLine  = 4096
	maxTrailers   = 8 << 10
	maxExtensions = 16 << 10 // of all chunks of a body
)

type chunkState int

const (
	chunkSize chunkState = iota
	chunkData
	chunkEnd
	trailers
	ended
)

// body is what follows a request's head: of a length that is known, or in chunks, whose extensions and trailers are
// dropped.
//
// The lines of chunks end with CRLF and nothing else: who takes LF for an end where another does not sees another body.
type body struct {
	chunked    bool
	left       int // of the body, or of the chunk
	room       int // for content in chunks that has not come yet
	extensions int
	trailers   int
	state      chunkState
}

func newBody(r *httpmessages.Request) body {
	return body{chunked: r.Chunked, left: r.Length, room: maxBody, extensions: maxExtensions, trailers: maxTrailers}
}

func (b *body) ended() bool {
	if b.chunked {
		return b.state == ended
	}
	return b.left == 0
}

// take hands what of the data is content to a function, and returns what comes behind it, or waits for more.
func (b *body) take(data []byte, content func([]byte)) ([]byte, *httpmessages.Refused) {
	if !b.chunked {
		return b.takePart(data, content), nil
	}
	for b.state != ended {
		if b.state == chunkData {
			if data = b.takePart(data, content); b.left > 0 {
				break
			}
			b.state = chunkEnd
			continue
		}
		limit, why := maxChunkLine, "a chunk does not begin with its size on a line"
		switch b.state {
		case chunkEnd:
			limit, why = 2, "a chunk is longer than it says"
		case trailers:
			limit, why = b.trailers, "the trailers are not lines, or too long"
		}
		line, found, refused := firstLine(data, limit, why)
		if !found {
			return data, refused
		}
		switch b.state {
		case chunkEnd:
			b.state = chunkSize
		case chunkSize:
			refused = b.begin(line)
		case trailers:
			refused = b.end(line)
		}
		if refused != nil {
			return data, refused
		}
		data = data[len(line)+2:]
	}
	return data, nil
}

func (b *body) takePart(data []byte, content func([]byte)) []byte {
	part := data[:min(b.left, len(data))]
	b.left -= len(part)
	content(part)
	return data[len(part):]
}

// begin reads a chunk's first line.
func (b *body) begin(line []byte) *httpmessages.Refused {
	digits, _, found := bytes.Cut(line, []byte(";"))
	if found {
		digits = bytes.TrimRight(digits, " \t")
	}
	for _, c := range digits {
		if !('0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f') {
			digits = nil
		}
	}
	if len(digits) == 0 {
		return &httpmessages.Refused{Why: "a chunk does not begin with its size on a line", Status: 400}
	}
	if digits = bytes.TrimLeft(digits, "0"); len(digits) <= 15 {
		size, _ := strconv.ParseUint("0"+string(digits), 16, 64)
		b.left = int(size)
	} else {
		b.left = maxBody + 1
	}
	if b.room -= b.left; b.room < 0 {
		return &httpmessages.Refused{Why: fmt.Sprintf("the body is longer than %d bytes", maxBody), Status: 413}
	}
	if b.extensions -= max(0, len(line)-16); b.extensions < 0 {
		return &httpmessages.Refused{
			Why: fmt.Sprintf("the extensions of the chunks are longer than %d bytes", maxExtensions), Status: 400}
	}
	if b.state = chunkData; b.left == 0 {
		b.state = trailers
	}
	return nil
}

// end reads a line behind the last chunk.
func (b *body) end(line []byte) *httpmessages.Refused {
	if len(line) == 0 {
		b.state = ended
		return nil
	}
	if _, err := httpmessages.ReadFields(line, nil); err != nil {
		return err.(*httpmessages.Refused)
	}
	b.trailers -= len(line) + 2
	return nil
}

// firstLine is the line that the data begins with, without its CRLF, if its end has come.
func firstLine(data []byte, limit int, why string) (line []byte, found bool, refused *httpmessages.Refused) {
	end := bytes.IndexByte(data[:min(limit, len(data))], '\n')
	if end < 0 && len(data) < limit {
		return nil, false, nil
	}
	if end > 0 && data[end-1] == '\r' {
		line, found = data[:end-1], true
		for _, c := range line {
			found = found && (c >= ' ' || c == '\t') && c != 0x7f
		}
	}
	if !found {
		return nil, false, &httpmessages.Refused{Why: why, Status: 400}
	}
	return line, true, nil
}
