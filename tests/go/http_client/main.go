// Command http_client gets a page and prints the answer: the article's "Using syscall.Socket to request a web page".
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"pysyscall/arguments"
	"pysyscall/failures"
	"pysyscall/netsocket"
	"pysyscall/waiting"
)

// failed begins as the original's sentence, and goes on with the reason.
func failed(words string, err error) error {
	var call *os.SyscallError
	if errors.As(err, &call) {
		err = call.Err
	}
	return fmt.Errorf("%s: %w", words, err)
}

// page is http://HOST[:PORT][/PATH][?QUERY]: where to connect to, and the request to send there.
type page struct {
	host    string
	port    int
	request string
}

var schemed = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.\-]*://`)

func parsePage(text string) (page, error) {
	if strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return page{}, errors.New("a URL holds no spaces or control characters")
	}
	if !schemed.MatchString(text) {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return page{}, err
	case u.Scheme == "https":
		return page{}, errors.New("https needs TLS, which this program does not speak; it speaks http")
	case u.Scheme != "http" || u.Hostname() == "" || u.User != nil:
		return page{}, errors.New("a URL is http://HOST[:PORT][/PATH][?QUERY] here")
	}
	host, shown, port := u.Hostname(), u.Hostname(), 80
	if strings.Contains(host, ":") {
		address, _, _ := strings.Cut(host, "%")
		shown = "[" + address + "]"
	}
	if u.Port() != "" {
		if port, err = strconv.Atoi(u.Port()); err != nil || port > 65535 {
			return page{}, fmt.Errorf("no port is %s", u.Port())
		}
	}
	if port != 80 {
		shown += ":" + strconv.Itoa(port)
	}
	// The original's bytes: no Connection: close is needed by who reads the length.
	return page{host, port, fmt.Sprintf("GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", u.RequestURI(), shown)}, nil
}

func resolve(host string, deadline time.Time) ([]netip.Addr, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{ip}, nil
	}
	ctx, cancel := context.WithDeadline(context.Background(), deadline)
	defer cancel()
	return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
}

func connect(ip netip.Addr, port int, deadline time.Time) (netsocket.Socket, error) {
	sa, family := netsocket.Sockaddr(ip.Unmap(), port)
	s, err := netsocket.New(family)
	if err != nil {
		return s, failed("socket creation failed", err)
	}
	if err = syscall.Connect(s.Fd, sa); err == syscall.EINPROGRESS {
		if err = wait(waiting.WritableBefore(deadline, s.Fd)); err == nil {
			var number int
			if number, err = syscall.GetsockoptInt(s.Fd, syscall.SOL_SOCKET, syscall.SO_ERROR); number != 0 {
				err = syscall.Errno(number)
			}
		}
	}
	if err != nil {
		s.Close()
		return s, failed("connection failed", err)
	}
	return s, nil
}

// connectToAny connects to the first address that lets us, each given its share of the time that is left.
func connectToAny(addresses []netip.Addr, port int, deadline time.Time) (s netsocket.Socket, err error) {
	for i, ip := range addresses {
		now := time.Now()
		share := deadline.Sub(now) / time.Duration(len(addresses)-i)
		if s, err = connect(ip, port, now.Add(share)); err == nil {
			return s, nil
		}
	}
	return s, err
}

func wait(ready bool, err error) error {
	if err == nil && !ready {
		return syscall.ETIMEDOUT
	}
	return err
}

func write(s netsocket.Socket, request []byte, deadline time.Time) error {
	for len(request) > 0 {
		if err := wait(waiting.WritableBefore(deadline, s.Fd)); err != nil {
			return err
		}
		n, err := s.Write(request)
		if err != nil && !errors.Is(err, syscall.EAGAIN) {
			return err
		}
		request = request[n:]
	}
	return nil
}

// get writes the answer out as it comes, head first.
func get(p page, timeout time.Duration) error {
	deadline := time.Now().Add(timeout)
	addresses, err := resolve(p.host, deadline)
	if err != nil {
		return failed("address resolution failed", err)
	}
	s, err := connectToAny(addresses, p.port, deadline)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := write(s, []byte(p.request), deadline); err != nil {
		return failed("write failed", err)
	}
	room := make([]byte, 65536)
	answer := stream{receive: func() ([]byte, error) {
		for {
			if err := wait(waiting.ReadableBefore(deadline, s.Fd)); err != nil {
				return nil, err
			}
			n, err := s.Read(room)
			if !errors.Is(err, syscall.EAGAIN) {
				return room[:n], err
			}
		}
	}}
	if err := answer.copy(os.Stdout); err != nil {
		return failed("read failed", err)
	}
	return nil
}

func main() {
	timeout := arguments.Seconds("timeout", 10, "how long all of it may take")
	given := append(arguments.Parse(1), "http://bing.com/")
	p, err := parsePage(given[0])
	if err != nil {
		failures.Exit(failed("address resolution failed", err).Error())
	}
	if err := get(p, *timeout); err != nil {
		failures.Exit(err.Error())
	}
	fmt.Println() // the original's Println
}
