package vtq_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"

	"vtq.internal/shared/wire"
)

// maxTapped bounds a message that goes through a tap, in bytes: what a NATS server takes by default.
const maxTapped = 1 << 20

// errDead ends the connection of a process that was killed.
var errDead = errors.New("the process is dead")

// tap listens in a NATS server's place, and passes on what it knows of the protocol: the connection of a victim. It tells where.
func (m *mill) tap(v *victim) (address string) {
	m.t.Helper()
	listener := v.way(m.t)
	var open sync.WaitGroup
	open.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return // Closed, with the test.
			}
			open.Go(func() { m.tapped(v, conn.(called)) })
		}
	})
	m.t.Cleanup(func() { _ = listener.Close(); open.Wait() })
	return listener.Addr().String()
}

// A tapped connection is one process's.
type tapped struct {
	m       *mill
	v       *victim
	age     int
	process net.Conn
	server  net.Conn

	mu       sync.Mutex
	awaited  string            // The reply subject of the event that is to be the last.
	verdicts map[string]string // Subjects of verdicts that are not stored yet, by their reply subjects.
}

// tapped passes on what both sides say until one of them has gone, and then what the server has still to read.
func (m *mill) tapped(v *victim, process called) {
	defer func() { _ = process.Close() }()
	server, err := net.Dial("tcp", m.mills.address)
	if err != nil {
		return // The process finds its connection closed.
	}
	defer func() { _ = server.Close() }()
	v.reached(process.age)
	c := &tapped{m: m, v: v, age: process.age, process: process, server: server, verdicts: map[string]string{}}
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		if err := c.answers(); err != nil {
			_ = process.Close()
			_, _ = io.Copy(io.Discard, server) // So that nothing which was passed on is lost with the answer to it.
		}
	}()
	_ = c.says() // Its end is the process's, or the server's.
	_ = server.(*net.TCPConn).CloseWrite()
	<-answered
}

// A frame is one operation of the protocol: a line and, for a message, its body.
type frame struct {
	raw     []byte
	subject string
	reply   string
	body    []byte
}

// verbs tells how many of the last words of a line are sizes, of those that messages follow.
func verbs(line string) int {
	switch verb, _, _ := strings.Cut(line, " "); verb {
	case "PUB", "MSG":
		return 1
	case "HPUB", "HMSG":
		return 2
	}
	return 0
}

func readFrame(r *bufio.Reader) (frame, error) {
	line, err := r.ReadBytes('\n')
	f := frame{raw: line}
	sizes := verbs(string(line))
	if err != nil || sizes == 0 {
		return f, err
	}
	words := strings.Fields(string(line))
	if len(words) < 2+sizes {
		return f, fmt.Errorf("reading %q: too few words", line)
	}
	size, err := strconv.Atoi(words[len(words)-1])
	if err != nil || size < 0 || size > maxTapped {
		return f, fmt.Errorf("reading %q: no size", line)
	}
	header := 0
	if sizes == 2 {
		header, _ = strconv.Atoi(words[len(words)-2]) // Not beyond the size, which is checked next.
	}
	f.raw = slices.Grow(line, size+len("\r\n"))[:len(line)+size+len("\r\n")]
	message := f.raw[len(line):]
	if _, err := io.ReadFull(r, message); err != nil || header < 0 || header > size {
		return f, fmt.Errorf("reading a message: %w", errors.Join(err, io.ErrUnexpectedEOF))
	}
	f.subject, f.body = words[1], message[header:size]
	first := 2 // A subscriber is told the number of its subscription too.
	if words[0] == "MSG" || words[0] == "HMSG" {
		first = 3
	}
	if len(words) > first+sizes {
		f.reply = words[first]
	}
	return f, nil
}

// relay passes frames on, as they are let.
func relay(from io.Reader, to io.Writer, let func(frame) error) error {
	in, out := bufio.NewReaderSize(from, 64<<10), bufio.NewWriterSize(to, 64<<10)
	for {
		f, err := readFrame(in)
		if err != nil {
			return err
		}
		if err := let(f); err != nil {
			return errors.Join(err, out.Flush())
		}
		if _, err := out.Write(f.raw); err != nil {
			return err
		}
		if in.Buffered() > 0 {
			continue
		}
		if err := out.Flush(); err != nil {
			return err
		}
	}
}

// says passes on what the process says.
func (c *tapped) says() error {
	return relay(c.process, c.server, func(f frame) error {
		s := stepOfPublish(f.subject, f.body)
		c.mu.Lock()
		defer c.mu.Unlock()
		switch c.v.begin(c.age, s, func() {}) {
		case drop:
			return errDead
		case withhold:
			c.awaited = f.reply
		case pass:
		}
		if s == verdictPublish {
			c.verdicts[f.reply] = f.subject
		}
		return nil
	})
}

// answers passes on what the server says.
func (c *tapped) answers() error {
	return relay(c.server, c.process, func(f frame) error {
		if redelivered(f.reply) {
			c.v.again.Add(1)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		refused := bytes.Contains(f.body, []byte(`"error"`))
		if subject, ok := c.verdicts[f.subject]; ok && !refused {
			delete(c.verdicts, f.subject)
			c.stored(subject)
		}
		if f.subject == "" || f.subject != c.awaited {
			return nil
		}
		if c.awaited = ""; c.v.end(c.age, refused) == drop {
			return errDead
		}
		return nil
	})
}

// stored notes that an answer which was paid for cannot be lost any more.
func (c *tapped) stored(subject string) {
	if at, err := wire.ParseVerdictSubject(subject); err == nil {
		c.m.calls.stored(at.Key)
	}
}

// redelivered tells by a message's reply subject, $JS.ACK.<stream>.<consumer>.<deliveries>.<4 more>, whether it came before. Later
// servers put a domain and an account in front of the stream.
func redelivered(reply string) bool {
	if !strings.HasPrefix(reply, "$JS.ACK.") {
		return false
	}
	tokens, at := strings.Split(reply, "."), 4
	if len(tokens) > 9 {
		at = 6
	}
	return len(tokens) > at && tokens[at] != "1"
}
