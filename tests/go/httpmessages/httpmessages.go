// Package httpmessages reads the heads of HTTP/1.1 requests and responses, strictly, as RFC 9112 has them.
//
// It takes the place of the article's parseRequest, which panics on a line with too few words. Strict where a message
// that two programs read differently does harm; lenient where the RFC is: a line may end with LF alone.
package httpmessages

import (
	"bytes"
	"fmt"
	"net/netip"
	"net/textproto"
	"regexp"
	"slices"
	"strings"
)

const maxFields = 100 // of a request; an answer's are bounded by its bytes

var (
	fold = regexp.MustCompile(`\r?\n[ \t]+`)
	// How a path begins, and a whole URL.
	target = regexp.MustCompile(`^(/|[A-Za-z][A-Za-z0-9+.\-]*://[^/?#])`)
	// RFC 3986's host, and a port: a name or an IPv4 address, or an IPv6 address in brackets.
	host = regexp.MustCompile(
		`^(?:(?:[!$&'()*+,\-.;=_~0-9A-Za-z]|%[0-9A-Fa-f]{2})*|\[([0-9A-Fa-f.:]*:[0-9A-Fa-f.:]*)\])(?::[0-9]*)?$`)
)

// Refused is a message that cannot be taken, with the status that answers a request.
type Refused struct {
	Why    string
	Status int
}

func (r *Refused) Error() string { return r.Why }

func refuse(why string) error { return &Refused{why, 400} }

// Field is a line of a head. It points into the head.
type Field struct{ Name, Value []byte }

// Request is the article's request, without its body. It points into the head that it was read from, and is to be used
// anew for the next.
type Request struct {
	Method, URI, Proto []byte
	Fields             []Field
	Length             int
	Chunked            bool
	KeepAlive          bool
	ExpectsContinue    bool
	Body               []byte // as much of it as the log shows
}

// EndOfHead is where the bytes after the first empty line begin, or -1.
func EndOfHead(b []byte) int {
	for at := 0; ; {
		line := bytes.IndexByte(b[at:], '\n')
		if line < 0 {
			return -1
		}
		switch at += line + 1; {
		case bytes.HasPrefix(b[at:], []byte("\n")):
			return at + 1
		case bytes.HasPrefix(b[at:], []byte("\r\n")):
			return at + 2
		}
	}
}

// Read takes a request's head apart.
func (r *Request) Read(head []byte) error {
	if !isClean(head) {
		return refuse("a control character, or a CR without LF")
	}
	line, rest := nextLine(head)
	words := bytes.Split(line, []byte(" "))
	if len(words) != 3 || !isToken(words[0]) || !isTarget(words[1]) || !isVersion(words[2]) {
		return refuse("the request line is not METHOD TARGET VERSION")
	}
	r.Method, r.URI, r.Proto = words[0], words[1], words[2]
	if r.Proto[5] != '1' {
		return &Refused{"this is a server for HTTP/1.1", 505}
	}
	if bytes.Count(bytes.TrimRight(rest, "\r\n"), []byte("\n"))+1 > maxFields {
		return &Refused{fmt.Sprintf("more than %d header fields", maxFields), 431}
	}
	var err error
	if r.Fields, err = ReadFields(rest, r.Fields[:0]); err != nil {
		return err
	}
	r.Body = nil
	old := string(r.Proto) == "HTTP/1.0"
	if !hostIsFine(r.Fields, old) {
		return refuse("a request has one Host field, which names one host")
	}
	if err = r.readFraming(old); err != nil {
		return err
	}
	r.KeepAlive = !HasToken(r.Fields, "Connection", "close") && (!old || HasToken(r.Fields, "Connection", "keep-alive"))
	if err = r.readExpectation(old); err != nil {
		return err
	}
	switch string(r.Method) {
	case "GET", "HEAD", "POST":
	default:
		return &Refused{"the methods known are GET, HEAD and POST", 501}
	}
	if r.URI[0] != '/' && !target.Match(r.URI) {
		return refuse("the target is neither a path nor a whole URL")
	}
	return nil
}

func (r *Request) readExpectation(old bool) error {
	r.ExpectsContinue = false
	if old { // HTTP/1.0 does not know them
		return nil
	}
	for _, f := range r.Fields {
		if Is(f.Name, "Expect") {
			if r.ExpectsContinue || !strings.EqualFold(string(f.Value), "100-continue") {
				return &Refused{"the only expectation known is 100-continue", 417}
			}
			r.ExpectsContinue = true
		}
	}
	return nil
}

// String is how Go prints a pointer to the original's struct.
func (r *Request) String() string {
	type request struct {
		method string
		header textproto.MIMEHeader
		body   []byte
		uri    string
		proto  string
	}
	header := textproto.MIMEHeader{}
	for _, f := range r.Fields {
		name := textproto.CanonicalMIMEHeaderKey(string(f.Name))
		header[name] = append(header[name], string(f.Value))
	}
	return fmt.Sprint(&request{string(r.Method), header, r.Body, string(r.URI), string(r.Proto)})
}

// ReadStatus takes a response's head apart, whose lines may go on in the next (RFC 9112, 5.2).
func ReadStatus(head []byte) (status int, fields []Field, err error) {
	if head = fold.ReplaceAll(head, []byte(" ")); !isClean(head) {
		return 0, nil, refuse("a control character, or a CR without LF")
	}
	line, rest := nextLine(head)
	if len(line) < 12 || string(line[:7]) != "HTTP/1." || !isDigit(line[7]) || line[8] != ' ' ||
		line[9] == '0' || !isDigit(line[9]) || !isDigit(line[10]) || !isDigit(line[11]) || len(line) > 12 && line[12] != ' ' {
		return 0, nil, refuse("the answer does not begin with an HTTP/1.1 status line")
	}
	fields, err = ReadFields(rest, nil)
	return int(line[9]-'0')*100 + int(line[10]-'0')*10 + int(line[11]-'0'), fields, err
}

// ReadFields appends the fields that these lines are.
func ReadFields(lines []byte, fields []Field) ([]Field, error) {
	lines = bytes.TrimRight(lines, "\r\n")
	for len(lines) > 0 {
		var line []byte
		line, lines = nextLine(lines)
		name, value, colon := bytes.Cut(line, []byte(":"))
		// Whitespace before the colon, and a line that begins with it to go on with the one before, end here too.
		if !colon || !isToken(name) {
			return nil, refuse("a header line is not NAME: VALUE")
		}
		fields = append(fields, Field{name, bytes.Trim(value, " \t")})
	}
	return fields, nil
}

// nextLine is the first line without its end, and what comes behind it.
func nextLine(b []byte) (line, rest []byte) {
	line, rest, _ = bytes.Cut(b, []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r")), rest
}

// Is is whether a field has this name.
func Is(name []byte, wanted string) bool {
	return len(name) == len(wanted) && strings.EqualFold(string(name), wanted)
}

// HasToken is whether a word is in a field's comma-separated list.
func HasToken(fields []Field, name, word string) bool {
	for _, f := range fields {
		if Is(f.Name, name) {
			for value := range bytes.SplitSeq(f.Value, []byte(",")) {
				if Is(bytes.Trim(value, " \t"), word) {
					return true
				}
			}
		}
	}
	return false
}

func hostIsFine(fields []Field, optional bool) bool {
	seen := 0
	for _, f := range fields {
		if Is(f.Name, "Host") {
			seen++
			if !isName(f.Value) && !isHost(f.Value) {
				return false
			}
		}
	}
	return seen == 1 || seen == 0 && optional
}

func isHost(value []byte) bool {
	found := host.FindSubmatch(value)
	if found != nil && len(found[1]) > 0 {
		_, err := netip.ParseAddr(string(found[1]))
		return err == nil
	}
	return found != nil
}

// isName is whether no more than a look is needed, as mostly.
func isName(value []byte) bool {
	for _, c := range value {
		if !isAlphanumeric(c) && c != '.' && c != '-' {
			return false
		}
	}
	return true
}

// readFraming reads how long a request's body is, or that it comes in chunks: RFC 9112, 6.3.
func (r *Request) readFraming(old bool) error {
	given, coded := 0, false
	r.Length, r.Chunked = 0, false
	for _, f := range r.Fields {
		switch {
		case Is(f.Name, "Content-Length"):
			given++
			r.Length = ContentLength(f.Value)
		case Is(f.Name, "Transfer-Encoding"):
			coded = true
		}
	}
	switch {
	case !coded && (given > 1 || r.Length < 0):
		return refuse("Content-Length is not one number")
	case !coded:
		return nil
	// What another reads otherwise, and could find a second request in.
	case given > 0:
		return refuse("Transfer-Encoding and Content-Length exclude each other")
	case old:
		return refuse("HTTP/1.0 has no Transfer-Encoding")
	}
	codings := Codings(r.Fields)
	switch {
	case len(codings) == 1 && codings[0] == "chunked":
		r.Chunked = true
		return nil
	case len(codings) == 0 || slices.Contains(codings[:len(codings)-1], "chunked"):
		return refuse("the last transfer coding is chunked, and no other is")
	}
	return &Refused{"the only transfer coding known is chunked", 501}
}

// Codings are the transfer codings of a message, in the order in which they were applied.
func Codings(fields []Field) (codings []string) {
	for _, f := range fields {
		if Is(f.Name, "Transfer-Encoding") {
			for value := range bytes.SplitSeq(f.Value, []byte(",")) {
				if value = bytes.Trim(value, " \t"); len(value) > 0 {
					coding := string(value)
					if Is(value, "chunked") {
						coding = "chunked"
					}
					codings = append(codings, coding)
				}
			}
		}
	}
	return codings
}

// ContentLength is the number, or -1 where this is none, or one beyond 64 bits.
func ContentLength(value []byte) (length int) {
	if len(value) == 0 || len(value) > 18 {
		return -1
	}
	for _, c := range value {
		if !isDigit(c) {
			return -1
		}
		length = length*10 + int(c-'0')
	}
	return length
}

func isClean(head []byte) bool {
	for i, c := range head {
		if c < ' ' && c != '\t' && c != '\n' && (c != '\r' || i+1 < len(head) && head[i+1] != '\n') || c == 0x7f {
			return false
		}
	}
	return true
}

func isToken(word []byte) bool {
	for _, c := range word {
		if !isAlphanumeric(c) && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return len(word) > 0
}

func isTarget(word []byte) bool {
	for _, c := range word {
		if c <= ' ' || c == 0x7f {
			return false
		}
	}
	return len(word) > 0
}

func isVersion(word []byte) bool {
	return len(word) == 8 && string(word[:5]) == "HTTP/" && isDigit(word[5]) && word[6] == '.' && isDigit(word[7])
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isAlphanumeric(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'z' }
