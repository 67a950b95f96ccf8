// Command chao_server answers CHAO frames: the server of the article's "Implementing a custom protocol".
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"time"

	"pysyscall/arguments"
	"pysyscall/chao"
	"pysyscall/failures"
	"pysyscall/stopping"
	"pysyscall/waiting"
)

// restraint ends the endless: two servers on one wire take each other's answers for requests.
//
// Nothing in the original's frame tells the two apart, as its client sends the very words that its server answers. So
// after a thousand of these in a row a server is silent, until nobody has sent one for a second.
type restraint struct {
	inARow int
	last   time.Time
}

const (
	limit = 1000
	pause = time.Second
)

func (r *restraint) allows(request []byte, now time.Time) bool {
	if !bytes.Equal(request, chao.Greeting) {
		return true
	}
	if now.Sub(r.last) < pause {
		r.inARow++
	} else {
		r.inARow = 1
	}
	r.last = now
	if r.inARow == limit+1 {
		fmt.Fprintln(os.Stderr, "another server answers the answers of this one, which is silent now")
	}
	return r.inARow <= limit
}

func serve(socket *chao.Socket, stop int) error {
	var restrained restraint
	for {
		readable, err := waiting.ReadableBeforeStop(socket.Fd, stop)
		if err != nil || !readable {
			return err
		}
		request, sender, err := socket.Receive()
		if err != nil {
			if err = socket.WaitUntilUp(stop, err); err != nil {
				return err
			}
			continue
		}
		if request == nil || !restrained.allows(request, time.Now()) {
			continue
		}
		fmt.Printf("received request: %s\n", request)
		if err := socket.Send(chao.Greeting, sender); err != nil {
			fmt.Fprintln(os.Stderr, failures.Text(err))
		}
	}
}

func main() {
	interfaceName, ethertype := chao.Options()
	allFrames := flag.Bool("all-frames", false, "wake for every frame, and so count all that are ignored")
	arguments.Parse(0)
	socket := chao.OpenOrExit(*interfaceName, *ethertype)
	stop, err := stopping.Signals()
	if err == nil && !*allFrames {
		err = socket.Filter()
	}
	if err != nil {
		failures.Exit(failures.Text(err))
	}
	fmt.Fprintf(os.Stderr, "CHAO server is listening on %s...\n", *interfaceName)
	err = serve(socket, stop)
	fmt.Fprintln(os.Stderr, socket.Ignored())
	socket.Close()
	if err != nil {
		failures.Exit(failures.Text(err))
	}
}
