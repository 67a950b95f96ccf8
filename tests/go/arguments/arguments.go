// Package arguments reads a program's command line as Python's argparse does: options before, between and behind the
// positional arguments, and numbers in their bounds, or a clear refusal.
package arguments

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"time"
)

// Parse reads the options that package flag knows of, and returns the positional arguments, at most so many.
func Parse(most int) (positional []string) {
	for rest := os.Args[1:]; ; {
		flag.CommandLine.Parse(rest)
		rest = flag.Args()
		if len(rest) == 0 {
			return positional
		}
		if len(positional) == most {
			Refuse("unrecognized arguments: " + rest[0])
		}
		positional, rest = append(positional, rest[0]), rest[1:]
	}
}

// Refuse ends the program as package flag does.
func Refuse(why string) {
	fmt.Fprintln(os.Stderr, why)
	os.Exit(2)
}

type seconds time.Duration

// Seconds is a time: not negative, nor beyond a day.
func Seconds(name string, value float64, usage string) *time.Duration {
	held := time.Duration(value * float64(time.Second))
	flag.Var((*seconds)(&held), name, usage)
	return &held
}

func (s *seconds) String() string { return Format(time.Duration(*s)) }

func (s *seconds) Set(text string) error {
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || !(0 <= value && value <= 86400) { // NaN is not either
		return fmt.Errorf("%q is not between 0 and 86400 seconds", text)
	}
	*s = seconds(value * float64(time.Second))
	return nil
}

// Format writes a time as it was given: 5, 0.25.
func Format(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'g', 6, 64) }

type port int

// Port is a port's number.
func Port(value int, usage string) *int {
	held := value
	flag.Var((*port)(&held), "port", usage)
	return &held
}

func (p *port) String() string { return strconv.Itoa(int(*p)) }

func (p *port) Set(text string) error {
	value, err := strconv.Atoi(text)
	if err != nil || value < 0 || value > 65535 {
		return fmt.Errorf("%q is not between 0 and 65535", text)
	}
	*p = port(value)
	return nil
}
