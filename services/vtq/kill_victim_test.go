package vtq_test

import (
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A trap kills a process with SIGKILL at the n-th event of a step: before it, when the event has been seen and reached nobody, or after
// it, when it has taken effect and the process has not heard so.
type trap struct {
	step  step
	after bool
	nth   int
}

func (t trap) String() string {
	when := "before"
	if t.after {
		when = "after"
	}
	return fmt.Sprintf("%s %s %d", when, t.step, t.nth)
}

// A fate is what becomes of an event.
type fate int

const (
	pass     fate = iota // It goes on, and its answer comes back.
	drop                 // The process is dead: it goes nowhere.
	withhold             // It goes on, and the process has to die when the answer comes.
)

// A victim is a stage in a process of its own, which is started again on what it left behind. All that it says to the world goes
// through a tap and a front, which know what it does.
type victim struct {
	*kept
	stage string
	steps []step
	env   []string
	died  func() // Called with each kill, before the process can be started again.

	connected chan struct{} // Has room for one: a process has reached the NATS server.
	again     atomic.Int64  // Messages that were not delivered to it for the first time.

	ways []*way
	age  atomic.Int64 // Processes that have been killed: what came from an earlier one is not the present one's. It changes under mu.

	mu     sync.Mutex
	set    *trap
	sprung chan struct{}
}

// present is the age of the process that runs, or is about to.
func (v *victim) present() int { return int(v.age.Load()) }

// lay sets a trap. What it returns is closed when the trap has killed.
func (v *victim) lay(t trap) (sprung <-chan struct{}) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.set, v.sprung = &t, make(chan struct{})
	return v.sprung
}

// lift takes the trap away, and tells whether there was still one.
func (v *victim) lift() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	was := v.set != nil
	v.set = nil
	return was
}

// begin tells what becomes of an event of a process of some age. One that goes on is noted, before anything else can happen.
func (v *victim) begin(age int, s step, note func()) fate {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case age != v.present():
		return drop // It is dead already.
	case v.set == nil || s == "" || v.set.step != s || v.set.nth <= 0:
		note()
		return pass
	}
	v.set.nth--
	switch {
	case v.set.nth > 0:
		note()
		return pass
	case v.set.after:
		note()
		return withhold
	}
	v.die()
	return drop
}

// end ends an event whose answer is there. One that was refused has taken no effect, and the trap waits for the next.
func (v *victim) end(age int, refused bool) fate {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case age != v.present():
		return drop
	case v.set == nil:
		return pass // The trap was lifted meanwhile.
	case refused:
		v.set.nth = 1
		return pass
	}
	v.die()
	return drop
}

// strike kills the process at whatever it does.
func (v *victim) strike() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.set = nil
	v.die()
}

// die belongs to whoever holds the lock.
func (v *victim) die() {
	select {
	case <-v.connected: // Of the process that dies.
	default:
	}
	for before, _ := v.ends(); ; runtime.Gosched() { // It may have started this very moment.
		v.kill()
		if now, _ := v.ends(); now > before {
			break
		}
	}
	for _, w := range v.ways {
		w.drain()
	}
	v.age.Add(1)
	v.died()
	if v.set != nil {
		v.set = nil
		close(v.sprung)
	}
}

// reached notes that a process has reached the server, unless it is dead already.
func (v *victim) reached(age int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if age != v.present() {
		return
	}
	select {
	case v.connected <- struct{}{}:
	default: // Nobody has asked since it last did.
	}
}

// drainPatience bounds the wait for a port to take the calls before one: each takes microseconds.
const drainPatience = 10 * time.Second

// A way is one of the ports under which a victim finds the world.
type way struct {
	net.Listener
	v *victim

	mu    sync.Mutex
	last  string        // The address of who calls to see how far the port has come,
	heard chan struct{} // which is closed then.
}

// way opens a port for a victim.
func (v *victim) way(t *testing.T) *way {
	w := &way{Listener: listen(t), v: v}
	v.ways = append(v.ways, w)
	return w
}

// Accept notes the age of the process that has called.
func (w *way) Accept() (net.Conn, error) {
	for {
		conn, err := w.Listener.Accept()
		if err != nil {
			return nil, err
		}
		age := w.v.present()
		w.mu.Lock()
		ours := conn.RemoteAddr().String() == w.last
		if ours {
			close(w.heard)
			w.last = ""
		}
		w.mu.Unlock()
		if !ours {
			return called{conn, age}, nil
		}
		_ = conn.Close()
	}
}

// drain waits until every call is taken that was there before it: one that a dead process has left behind would else be taken for the
// next one's. Calls are taken in their order.
func (w *way) drain() {
	w.mu.Lock()
	conn, err := net.Dial("tcp", w.Addr().String())
	if err != nil { // The port is closed, with the test.
		w.mu.Unlock()
		return
	}
	defer func() { _ = conn.Close() }()
	heard := make(chan struct{})
	w.last, w.heard = conn.LocalAddr().String(), heard
	w.mu.Unlock()
	select {
	case <-heard:
	case <-time.After(drainPatience): // It is being closed.
	}
}

// called is a connection with the age of the process that made it.
type called struct {
	net.Conn
	age int
}

// ageKey is where a request finds the age of the process that made it.
type ageKey struct{}

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

// prepare makes a victim, with a tap and fronts of both simulators before it, and does not start its process yet.
func (m *mill) prepare(s stageSteps) *victim {
	m.t.Helper()
	v := &victim{stage: s.stage, steps: s.steps, connected: make(chan struct{}, 1), died: func() {}}
	if s.stage == "lookup" {
		v.died = m.calls.killed
	}
	v.env = slices.Concat(m.env, []string{
		"NATS_URL=nats://" + m.tap(v), "THREATQ_URL=http://" + m.front(v, m.tq, stepOfThreatQ),
		"VT_BASE_URL=http://" + m.front(v, m.vt, stepOfProvider) + "/api/v3", "VT_PROVIDER=virustotal",
	})
	m.victims = append(m.victims, v)
	return v
}

// start starts the process of a victim.
func (m *mill) start(v *victim) {
	m.t.Helper()
	v.mu.Lock() // Until then nothing that it does is an event.
	defer v.mu.Unlock()
	v.kept = keep(m.t, 0, m.log(v.stage), v.env, filepath.Join(m.mills.dir, "vtq-"+v.stage))
}

// log is where a stage writes its lines.
func (m *mill) log(stage string) string { return filepath.Join(m.logs, stage+".log") }

// killed waits for a trap to kill, and for the next process to reach the server.
func (v *victim) killed(sprung <-chan struct{}, patience time.Duration) error {
	select {
	case <-sprung:
	case <-time.After(patience):
		return fmt.Errorf("waiting for the %s to be killed: its step never came", v.stage)
	}
	return v.back(patience)
}

// back waits for the process to reach the server again.
func (v *victim) back(patience time.Duration) error {
	select {
	case <-v.connected:
		return nil
	case <-time.After(patience):
		return fmt.Errorf("waiting for the %s to come back: it does not reach NATS", v.stage)
	}
}

// ageOf is the age of the process that made a request.
func ageOf(r *http.Request) int {
	age, _ := r.Context().Value(ageKey{}).(int)
	return age
}
