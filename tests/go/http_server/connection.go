package main

import (
	"bytes"
	"fmt"
	"os"
	"syscall"
	"time"

	"pysyscall/httpmessages"
	"pysyscall/netsocket"
)

const (
	pageHead      = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 20\r\n"
	pageBody      = "<h1>hello world</h1>"
	continueReply = "HTTP/1.1 100 Continue\r\n\r\n"

	maxHead     = 32 << 10
	maxBody     = 1 << 20
	maxUnsent   = 64 << 10 // answers to pipelined requests: a client that takes none gets no more of them
	loggedBody  = 1024
	slowestBody = 16 << 10 // bytes a second
	linger      = 2 * time.Second
)

var reasons = map[int]string{
	400: "Bad Request",
	408: "Request Timeout",
	413: "Content Too Large",
	414: "URI Too Long",
	417: "Expectation Failed",
	431: "Request Header Fields Too Large",
	501: "Not Implemented",
	505: "HTTP Version Not Supported",
}

type state int

const (
	idle state = iota
	inHead
	inBody
	sending
	lingering
)

// room is one for all connections: what is not answered at once is copied out of it.
var room [64 << 10]byte

type settings struct {
	log            func(...any)
	idleTimeout    time.Duration // between requests, and for a client to take its answers
	requestTimeout time.Duration // from a request's first byte to the end of its head, and for its body to begin
	second         int64
	date           string // of this second
}

// tick makes another date for another second.
func (s *settings) tick(now time.Time) {
	if second := now.Unix(); second != s.second {
		s.second = second
		s.date = now.UTC().Format("Date: Mon, 02 Jan 2006 15:04:05 GMT\r\n")
	}
}

// connection is what a client has sent and is not answered, what it has not taken yet, and until when we wait for it: a
// small state machine that knows HTTP, and nothing of the loop that drives it.
type connection struct {
	socket   netsocket.Socket
	settings *settings
	interest uint32 // what epoll is told to wait for, if it is told anything yet
	deadline time.Time

	state    state
	received []byte // the connection's own, or the room
	kept     []byte // the connection's own, to be used anew
	request  httpmessages.Request
	waiting  bool // for the rest of the request's body
	body     body
	reply    []byte // what `unsent` is the rest of, to be used anew
	unsent   []byte
	closing  bool
	refused  bool
}

// proceed does all that needs no waiting. It returns what to wait for then: EPOLLIN, EPOLLOUT, or 0 at the end.
func (c *connection) proceed(now time.Time) (uint32, error) {
	if c.state != sending {
		n, err := syscall.Read(c.socket.Fd, room[:])
		if err == syscall.EAGAIN {
			return syscall.EPOLLIN, nil
		}
		if err != nil {
			return 0, os.NewSyscallError("read", err)
		}
		if n == 0 {
			return 0, nil
		}
		if c.state == lingering {
			return syscall.EPOLLIN, nil
		}
		if c.state == inBody {
			c.deadline = c.deadline.Add(time.Duration(n) * time.Second / slowestBody)
		}
		if len(c.received) == 0 {
			c.received = room[:n]
		} else {
			c.received = append(c.received, room[:n]...)
		}
	}
	interest, err := c.work(now)
	// The room is the next connection's.
	c.kept = append(c.kept[:0], c.received...)
	c.received = c.kept
	return interest, err
}

// expire does what the deadline asks for, and returns as proceed does.
func (c *connection) expire(now time.Time) (uint32, error) {
	if c.state != inHead && c.state != inBody {
		return 0, nil
	}
	c.reply = c.refusal(c.reply[:0], &httpmessages.Refused{Why: "the request took too long", Status: 408})
	c.unsent = c.reply
	return c.work(now)
}

// work sends and answers by turns, until there is something to wait for.
func (c *connection) work(now time.Time) (uint32, error) {
	answered := false
	for {
		if len(c.unsent) > 0 {
			n, err := syscall.Write(c.socket.Fd, c.unsent)
			if err != nil && err != syscall.EAGAIN {
				return 0, os.NewSyscallError("write", err)
			}
			if c.unsent = c.unsent[max(n, 0):]; len(c.unsent) > 0 {
				return c.wait(sending, now, c.settings.idleTimeout, false), nil
			}
			answered = true
		}
		if c.closing {
			return c.end(now)
		}
		c.reply = c.answers(c.reply[:0])
		if c.unsent = c.reply; len(c.unsent) == 0 {
			break
		}
	}
	switch {
	case c.waiting:
		return c.wait(inBody, now, c.settings.requestTimeout, answered), nil
	case len(c.received) > 0 && string(c.received) != "\r":
		return c.wait(inHead, now, c.settings.requestTimeout, answered), nil
	}
	return c.wait(idle, now, c.settings.idleTimeout, answered), nil
}

// wait sets the deadline, unless it is the same that is still awaited: a byte now and then does not put it off.
func (c *connection) wait(next state, now time.Time, timeout time.Duration, anew bool) uint32 {
	if anew || next != c.state {
		c.state = next
		c.deadline = now.Add(timeout)
	}
	if next == sending {
		return syscall.EPOLLOUT
	}
	return syscall.EPOLLIN
}

// end closes at once, or lets a client that may still be sending read the last answer first.
//
// To close a socket while something arrives resets the connection, and the answer may be lost with it.
func (c *connection) end(now time.Time) (uint32, error) {
	if len(c.received) == 0 && !c.refused {
		return 0, nil
	}
	c.received = nil
	if err := syscall.Shutdown(c.socket.Fd, syscall.SHUT_WR); err != nil {
		return 0, os.NewSyscallError("shutdown", err)
	}
	return c.wait(lingering, now, linger, false), nil
}

// answers appends the answers to all requests received, or to as many as may wait to be sent.
func (c *connection) answers(answers []byte) []byte {
	for len(c.received) > 0 && !c.closing && len(answers) < maxUnsent {
		before := len(answers)
		answer, refused := c.answer(answers)
		if refused != nil {
			return c.refusal(answers, refused)
		}
		if answers = answer; len(answers) == before {
			break
		}
	}
	return answers
}

// answer appends the answer to the next request; nothing, where it has not arrived in full.
func (c *connection) answer(answers []byte) ([]byte, *httpmessages.Refused) {
	if !c.waiting {
		found, refused := c.nextRequest()
		if !found {
			return answers, refused
		}
		if c.request.ExpectsContinue && !c.body.ended() && len(c.received) == 0 {
			c.keepRequest()
			return append(answers, continueReply...), nil
		}
	}
	if !c.body.ended() {
		rest, refused := c.body.take(c.received, func(part []byte) {
			c.request.Body = append(c.request.Body, part[:min(len(part), loggedBody-len(c.request.Body))]...)
		})
		if refused != nil {
			c.keepRequest()
			return answers, refused
		}
		if c.received = rest; !c.body.ended() {
			c.keepRequest()
			return answers, nil
		}
	}
	c.waiting = false
	return c.page(answers), nil
}

// keepRequest copies the request out of the room, for the time until its body is here.
func (c *connection) keepRequest() {
	if c.waiting {
		return
	}
	c.waiting = true
	r := &c.request
	r.Method, r.URI, r.Proto = bytes.Clone(r.Method), bytes.Clone(r.URI), bytes.Clone(r.Proto)
	for i, f := range r.Fields {
		r.Fields[i] = httpmessages.Field{Name: bytes.Clone(f.Name), Value: bytes.Clone(f.Value)}
	}
}

// nextRequest reads the next request, if its head has arrived in full.
func (c *connection) nextRequest() (bool, *httpmessages.Refused) {
	for bytes.HasPrefix(c.received, []byte("\n")) || bytes.HasPrefix(c.received, []byte("\r\n")) {
		c.received = c.received[bytes.IndexByte(c.received, '\n')+1:] // RFC 9112, 2.2: empty lines may precede a request
	}
	if len(c.received) == 0 || string(c.received) == "\r" {
		return false, nil
	}
	end := httpmessages.EndOfHead(c.received[:min(len(c.received), maxHead)])
	if end < 0 {
		switch {
		case len(c.received) >= maxHead && bytes.IndexByte(c.received[:maxHead], '\n') < 0 &&
			bytes.IndexByte(c.received[:maxHead], ' ') >= 0:
			return false, &httpmessages.Refused{Why: fmt.Sprintf("the request line is longer than %d bytes", maxHead), Status: 414}
		case len(c.received) >= maxHead:
			return false, &httpmessages.Refused{Why: fmt.Sprintf("the head is longer than %d bytes", maxHead), Status: 431}
		case c.received[0] < ' ':
			return false, &httpmessages.Refused{Why: "this is not HTTP; TLS, perhaps", Status: 400}
		}
		return false, nil
	}
	c.settings.log("reading request")
	if err := c.request.Read(c.received[:end]); err != nil {
		return false, err.(*httpmessages.Refused)
	}
	if c.request.Length > maxBody {
		return false, &httpmessages.Refused{Why: fmt.Sprintf("the body is longer than %d bytes", maxBody), Status: 413}
	}
	c.received = c.received[end:]
	c.body = newBody(&c.request)
	return true, nil
}

// page appends the original's answer; RFC 9110 (6.6.1, 7.6.1) also wants the date, and whether the connection ends.
func (c *connection) page(answers []byte) []byte {
	c.settings.log("request: ", &c.request)
	c.settings.log("writing response")
	c.closing = !c.request.KeepAlive
	answers = append(append(answers, pageHead...), c.settings.date...)
	switch {
	case c.closing:
		answers = append(answers, "Connection: close\r\n"...)
	case string(c.request.Proto) == "HTTP/1.0":
		answers = append(answers, "Connection: keep-alive\r\n"...)
	}
	answers = append(answers, "\r\n"...)
	if string(c.request.Method) != "HEAD" {
		answers = append(answers, pageBody...)
	}
	return answers
}

// refusal appends an error's answer, after which the connection ends: nobody knows where the next request would begin.
func (c *connection) refusal(answers []byte, refused *httpmessages.Refused) []byte {
	status := fmt.Sprintf("%d %s", refused.Status, reasons[refused.Status])
	c.settings.log("refused: ", status, ": ", refused)
	c.closing, c.refused = true, true
	shown := fmt.Sprintf("%s: %s\n", status, refused.Why)
	answers = fmt.Appendf(answers, "HTTP/1.1 %s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n"+
		"%sConnection: close\r\n\r\n", status, len(shown), c.settings.date)
	method := c.request.Method
	if !c.waiting {
		method = nil
		if words := bytes.Fields(c.received[:min(5, len(c.received))]); len(words) > 0 {
			method = words[0]
		}
	}
	if string(method) == "HEAD" {
		return answers
	}
	return append(answers, shown...)
}
