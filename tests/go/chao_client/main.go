// Command chao_client sends a CHAO frame and prints the answer: the client of the article's "Implementing a custom
// protocol".
package main

import (
	"bytes"
	"flag"
	"fmt"
	"net"
	"os"
	"time"

	"pysyscall/arguments"
	"pysyscall/chao"
	"pysyscall/failures"
	"pysyscall/waiting"
)

// ask returns the answer, or nil after so long without one.
func ask(socket *chao.Socket, message, destination []byte, timeout time.Duration) ([]byte, error) {
	if err := socket.Send(message, destination); err != nil {
		return nil, err
	}
	deadline := time.Now().Add(timeout)
	for {
		readable, err := waiting.ReadableBefore(deadline, socket.Fd)
		if err != nil || !readable {
			return nil, err
		}
		response, sender, err := socket.Receive()
		if err != nil {
			return nil, err
		}
		if response == nil {
			continue
		}
		if sender == nil || bytes.Equal(destination, sender) || bytes.Equal(destination, chao.Broadcast) {
			return response, nil
		}
		socket.Foreign++
	}
}

func main() {
	interfaceName, ethertype := chao.Options()
	destination := net.HardwareAddr(chao.Broadcast)
	flag.Func("destination", "the server's hardware address, where there is an Ethertype", func(text string) (err error) {
		if destination, err = net.ParseMAC(text); err == nil && len(destination) != 6 {
			err = fmt.Errorf("%q is not six bytes such as 02:00:00:00:00:01", text)
		}
		return err
	})
	message := flag.String("message", string(chao.Greeting), "what to send")
	timeout := arguments.Seconds("timeout", 5, "how long to wait for the answer")
	arguments.Parse(0)
	if *ethertype == 0 {
		if !bytes.Equal(destination, chao.Broadcast) {
			arguments.Refuse("--destination needs --ethertype: the original's frame has no room for an address")
		}
		if len(*message) < 10 {
			arguments.Refuse("a message of under 10 bytes needs --ethertype: the kernel sends no frame of under 14")
		}
	}
	socket := chao.OpenOrExit(*interfaceName, *ethertype)
	response, err := ask(socket, []byte(*message), destination, *timeout)
	if socket.Close(); err != nil {
		failures.Exit(failures.Text(err))
	}
	if socket.Short+socket.Foreign > 0 {
		fmt.Fprintln(os.Stderr, socket.Ignored())
	}
	if response == nil {
		failures.Exit(fmt.Sprintf("no answer on %s in %s seconds", *interfaceName, arguments.Format(*timeout)))
	}
	fmt.Println("received response:", string(response))
}
