package vtq_test

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"

	"vtq.internal/shared/testkit"
)

// A mortal stands for the process of a pipeline: it has all its sockets, to NATS and to both services, and takes them with it when it
// dies. Until then it can be frozen, as by a kill that is still on its way: nothing goes out and nothing comes in any more.
type mortal struct {
	server *testkit.Server
	tap    func(publication) ending // Asked of every message before it goes out to NATS; nil lets all through.
	frozen atomic.Bool

	mu   sync.Mutex
	dead bool
	open map[*socket]bool // Whether it goes to NATS.
}

// A publication is a message on its way to NATS.
type publication struct {
	subject string
	body    []byte
}

// An ending says what becomes of a process at a message or a request.
type ending int

const (
	lives      ending = iota
	diesBefore        // It never reaches the other side.
	diesAfter         // It does, and the answer never comes back.
)

func newMortal(server *testkit.Server, tap func(publication) ending) *mortal {
	return &mortal{server: server, tap: tap, open: map[*socket]bool{}}
}

// freeze is all that happens at the moment of death: everything else can be done later.
func (p *mortal) freeze() { p.frozen.Store(true) }

// kill closes all sockets; there are none afterwards. It can be called twice.
func (p *mortal) kill() {
	p.freeze()
	p.mu.Lock()
	p.dead = true
	p.mu.Unlock()
	p.close(func(bool) bool { return true })
}

// cut closes the connections to NATS. The process may open new ones.
func (p *mortal) cut() { p.close(func(nats bool) bool { return nats }) }

func (p *mortal) close(which func(nats bool) bool) {
	p.mu.Lock()
	var all []*socket
	for s, nats := range p.open {
		if which(nats) {
			all = append(all, s)
		}
	}
	p.mu.Unlock()
	for _, s := range all {
		_ = s.Close() // Of a pipe.
	}
}

// InProcessConn opens a connection to NATS.
func (p *mortal) InProcessConn() (net.Conn, error) {
	conn, err := p.server.InProcessConn()
	if err != nil {
		return nil, err
	}
	return p.own(conn, true)
}

// transport is the way to a simulator by the process's own connections.
func (p *mortal) transport(shared *http.Transport) *http.Transport {
	return &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := shared.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return p.own(conn, false)
	}}
}

func (p *mortal) own(conn net.Conn, nats bool) (net.Conn, error) {
	s := &socket{Conn: conn, process: p, nats: nats, closed: make(chan struct{})}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead {
		_ = conn.Close() // Of a pipe.
		return nil, net.ErrClosed
	}
	p.open[s] = nats
	return s, nil
}

// A socket is one connection of a process. It belongs to one writer at a time.
type socket struct {
	net.Conn
	process *mortal
	nats    bool
	sent    []byte // The beginning of a command whose end is still to come.
	once    sync.Once
	closed  chan struct{}
}

// Read implements net.Conn.
func (s *socket) Read(b []byte) (int, error) {
	n, err := s.Conn.Read(b)
	if s.process.frozen.Load() {
		<-s.closed
		return 0, net.ErrClosed
	}
	return n, err
}

// Write implements net.Conn. What a frozen process writes is lost.
func (s *socket) Write(b []byte) (int, error) {
	if s.process.frozen.Load() {
		return len(b), nil
	}
	out := b
	if s.nats && s.process.tap != nil {
		out = s.pass(b)
	}
	if len(out) == 0 {
		return len(b), nil
	}
	if _, err := s.Conn.Write(out); err != nil {
		return 0, err
	}
	return len(b), nil
}

// pass gives what may go out by now. It freezes the process at the message at which it dies.
func (s *socket) pass(b []byte) (out []byte) {
	s.sent = append(s.sent, b...)
	for {
		command, message := command(s.sent)
		if command == 0 {
			return out
		}
		what := lives
		if message != nil {
			what = s.process.tap(*message)
		}
		if what != lives {
			s.process.freeze()
		}
		if what == diesBefore {
			return out
		}
		out, s.sent = append(out, s.sent[:command]...), s.sent[command:]
		if what == diesAfter {
			return out
		}
	}
}

// Close implements net.Conn.
func (s *socket) Close() error {
	s.once.Do(func() { close(s.closed) })
	s.process.mu.Lock()
	delete(s.process.open, s)
	s.process.mu.Unlock()
	return s.Conn.Close()
}

// command measures the first command of what a client of NATS sends, and reads it when it is a message: PUB subject [reply] size, or
// HPUB subject [reply] size-of-headers size-of-all, and that many bytes behind the line. No length means that its end is to come.
func command(sent []byte) (length int, message *publication) {
	const end = "\r\n"
	line, body, whole := bytes.Cut(sent, []byte(end))
	if !whole {
		return 0, nil
	}
	length = len(line) + len(end)
	fields := bytes.Fields(line)
	if len(fields) < 3 {
		return length, nil
	}
	number := func(fromEnd int) int {
		n, err := strconv.Atoi(string(fields[len(fields)-fromEnd]))
		if err != nil {
			panic("not a command of the NATS protocol: " + string(line))
		}
		return n
	}
	headers := 0
	switch string(fields[0]) {
	case "PUB":
	case "HPUB":
		headers = number(2)
	default:
		return length, nil
	}
	size := number(1)
	if len(body) < size+len(end) {
		return 0, nil
	}
	return length + size + len(end), &publication{subject: string(fields[1]), body: body[headers:size]}
}
