package vtq_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"vtq.internal/shared/indicator"
)

// front serves a simulator to a victim, and tells where.
func (m *mill) front(v *victim, simulator http.Handler, stepOf func(*http.Request) step) (address string) {
	m.t.Helper()
	listener := v.way(m.t)
	server := &http.Server{
		ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0),
		ConnContext: func(ctx context.Context, conn net.Conn) context.Context {
			return context.WithValue(ctx, ageKey{}, conn.(called).age)
		},
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			at := stepOf(r)
			fate := v.begin(ageOf(r), at, func() {
				if at == providerCall {
					m.calls.ask(path.Base(r.URL.Path))
				}
			})
			if fate == drop {
				panic(http.ErrAbortHandler)
			}
			answer := httptest.NewRecorder()
			simulator.ServeHTTP(answer, r)
			if fate == withhold && v.end(ageOf(r), answer.Code >= http.StatusInternalServerError) == drop {
				panic(http.ErrAbortHandler)
			}
			maps.Copy(w.Header(), answer.Header())
			w.WriteHeader(answer.Code)
			_, _ = w.Write(answer.Body.Bytes()) // Whoever is gone does not matter.
		}),
	}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) }) // Until it is closed.
	m.t.Cleanup(func() { _ = server.Close(); serving.Wait() })
	return listener.Addr().String()
}

// calls counts the requests to the provider, by the object that they are about. A call is in flight until its answer is stored; one
// that was in flight when its process was killed may be repeated, once.
type calls struct {
	mu      sync.Mutex
	objects map[indicator.Key]string // What requests say, by what verdicts say.
	asked   map[string]int
	flying  map[string]bool
	allowed map[string]int
}

func newCalls() *calls {
	return &calls{objects: map[indicator.Key]string{}, asked: map[string]int{}, flying: map[string]bool{}, allowed: map[string]int{}}
}

func (c *calls) know(object indicator.Object) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.objects[object.Key()] = object.Value
}

// ask counts a request.
func (c *calls) ask(object string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked[object]++
	c.flying[object] = true
}

func (c *calls) stored(key indicator.Key) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.flying, c.objects[key])
}

// killed notes what was in flight.
func (c *calls) killed() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for object := range c.flying {
		c.allowed[object]++
	}
	clear(c.flying)
}

// repeated tells which objects were asked about more than once, and how often they may have been.
func (c *calls) repeated() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var text strings.Builder
	for _, object := range slices.Sorted(maps.Keys(c.asked)) {
		if n := c.asked[object]; n > 1 {
			fmt.Fprintf(&text, "%s: %d requests, at most %d\n", object, n, 1+c.allowed[object])
		}
	}
	return text.String()
}

// A count is what the calls come to.
type count struct{ all, again, allowed, over int }

// count counts what was repeated, what may have been, and what was repeated more often than that.
func (c *calls) count() (n count) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for object, asked := range c.asked {
		n.all += asked
		n.again += asked - 1
		n.over += max(0, asked-1-c.allowed[object])
	}
	for _, allowed := range c.allowed {
		n.allowed += allowed
	}
	return n
}
