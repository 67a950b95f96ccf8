// Command http_server is the article's HTTP server: one page for everybody, over socket, bind, listen, accept, read and
// write. Where the original serves one client at a time and closes none, this one serves many at once on one epoll loop.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"net/netip"
	"os"
	"syscall"
	"time"

	"pysyscall/arguments"
	"pysyscall/failures"
	"pysyscall/netsocket"
	"pysyscall/printable"
	"pysyscall/stopping"
)

const (
	acceptedAtOnce = 128 // before clients that are connected have their turn again
	eventsAtOnce   = 256
)

// server is an epoll instance, the listening socket, and a connection for each client.
type server struct {
	listener    netsocket.Socket
	stop        int
	settings    *settings
	connections []*connection // by descriptor
	accepted    []*connection // room to be used anew
	connected   int
	listening   bool
	tick        time.Duration
	epoll       int
}

func newServer(listener netsocket.Socket, stop int, settings *settings) (*server, error) {
	epoll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	// Deadlines are looked at so often, all of them: cheaper than to keep them in order at each request.
	tick := max(10*time.Millisecond, min(time.Second, settings.idleTimeout/4, settings.requestTimeout/4))
	return &server{listener: listener, stop: stop, settings: settings, tick: tick, epoll: epoll}, nil
}

// serve serves until stop can be read.
func (s *server) serve() error {
	if err := s.watch(syscall.EPOLL_CTL_ADD, s.stop, syscall.EPOLLIN); err != nil {
		return err
	}
	var events [eventsAtOnce]syscall.EpollEvent
	s.listen()
	nextTick := time.Now().Add(s.tick)
	for {
		timeout := -1
		if s.connected > 0 || !s.listening {
			timeout = int(s.tick.Milliseconds())
		}
		n, err := syscall.EpollWait(s.epoll, events[:], timeout)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			log.Print(os.NewSyscallError("epoll_wait", err))
			time.Sleep(10 * time.Millisecond)
			continue
		}
		now := time.Now()
		s.settings.tick(now)
		for _, event := range events[:n] {
			switch fd := int(event.Fd); {
			case fd < len(s.connections) && s.connections[fd] != nil:
				c := s.connections[fd]
				interest, err := c.proceed(now)
				s.goOn(c, interest, err)
			case fd == s.listener.Fd:
				s.accept(now)
			default:
				return nil
			}
		}
		if now.After(nextTick) {
			nextTick = now.Add(s.tick)
			s.expire(now)
			s.listen()
		}
	}
}

func (s *server) watch(op, fd int, interest uint32) error {
	event := syscall.EpollEvent{Events: interest, Fd: int32(fd)}
	return os.NewSyscallError("epoll_ctl", syscall.EpollCtl(s.epoll, op, fd, &event))
}

// listen takes connections, again.
func (s *server) listen() {
	if !s.listening {
		s.listening = s.watch(syscall.EPOLL_CTL_ADD, s.listener.Fd, syscall.EPOLLIN) == nil
	}
}

// accept takes the connections that wait, and then serves each: its request has mostly come by then.
func (s *server) accept(now time.Time) {
	accepted := s.accepted[:0]
	for range acceptedAtOnce {
		socket, err := s.listener.Accept()
		if errors.Is(err, syscall.EAGAIN) {
			break
		}
		if errors.Is(err, syscall.ECONNABORTED) {
			continue
		}
		if err != nil {
			// No descriptor left, or no memory. epoll would report the listener without end, so it is left out until a
			// connection has closed or a moment has passed.
			log.Print(err)
			s.listening = s.watch(syscall.EPOLL_CTL_DEL, s.listener.Fd, 0) != nil
			break
		}
		s.settings.log("incoming connection")
		for len(s.connections) <= socket.Fd {
			s.connections = append(s.connections, nil)
		}
		s.connected++
		c := &connection{socket: socket, settings: s.settings, deadline: now.Add(s.settings.idleTimeout)}
		s.connections[socket.Fd] = c
		accepted = append(accepted, c)
	}
	for _, c := range accepted {
		interest, err := c.proceed(now)
		s.goOn(c, interest, err)
	}
	s.accepted = accepted
}

// goOn waits for what a connection now waits for, or closes it.
func (s *server) goOn(c *connection, interest uint32, err error) {
	if err == nil && interest != 0 {
		if interest == c.interest {
			return
		}
		op := syscall.EPOLL_CTL_MOD
		if c.interest == 0 {
			op = syscall.EPOLL_CTL_ADD
		}
		if err = s.watch(op, c.socket.Fd, interest); err == nil {
			c.interest = interest
			return
		}
	}
	if err != nil {
		s.settings.log(err)
	}
	s.connections[c.socket.Fd] = nil
	s.connected--
	c.socket.Close()
	s.listen()
}

func (s *server) expire(now time.Time) {
	for _, c := range s.connections {
		if c != nil && !c.deadline.After(now) {
			interest, err := c.expire(now)
			s.goOn(c, interest, err)
		}
	}
}

func (s *server) close() {
	for _, c := range s.connections {
		if c != nil {
			c.socket.Close()
		}
	}
	syscall.Close(s.epoll)
	s.listener.Close()
}

func main() {
	ipAddr := flag.String("ip-addr", "127.0.0.1", "listen on this address")
	port := arguments.Port(8080, "listen on this port, 0 for a free one")
	quiet := flag.Bool("quiet", false, "log the address, and then only what goes wrong here")
	idleTimeout := arguments.Seconds("idle-timeout", 60, "how long a connection may have no request, or leave its answer unread")
	requestTimeout := arguments.Seconds("request-timeout", 10, "how long a request may take from its first byte to the end of its head")
	arguments.Parse(0)
	ip, err := netip.ParseAddr(*ipAddr)
	if err != nil || ip.Zone() != "" {
		arguments.Refuse(*ipAddr + " is no IP address")
	}
	listener, err := netsocket.Listen(ip, *port)
	if err != nil {
		failures.Exit(failures.Text(err))
	}
	stop, err := stopping.Signals()
	if err != nil {
		failures.Exit(failures.Text(err))
	}
	settings := &settings{idleTimeout: *idleTimeout, requestTimeout: *requestTimeout}
	settings.log = func(values ...any) { log.Print(printable.Text(fmt.Sprint(values...))) }
	if *quiet {
		settings.log = func(...any) {}
	}
	server, err := newServer(listener, stop, settings)
	if err != nil {
		failures.Exit(failures.Text(err))
	}
	defer server.close()
	// Accepted sockets inherit it: no answer waits for the one before it to be acknowledged.
	if err := syscall.SetsockoptInt(listener.Fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1); err != nil {
		failures.Exit(failures.Text(os.NewSyscallError("setsockopt", err)))
	}
	address, err := netsocket.AddrPort(listener.Fd)
	if err != nil {
		failures.Exit(failures.Text(err))
	}
	log.Printf("http addr: http://%s", address)
	if err := server.serve(); err != nil {
		log.Print(err)
	}
}
