package threatq

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"
)

// maxBody bounds a request body: 500 items of consume with 16 attributes of 1 KiB come to 8 MiB, and the vendor's own SDK
// sends no larger batches.
const maxBody = 16 << 20

// A call is one request with all that its answer needs.
type call struct {
	s    *Server
	r    *http.Request
	body []byte
	now  time.Time
	who  string // the source tied to the credentials
}

// serve is the way of every request: count, fail, wait, authenticate, answer.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, e endpoint) {
	defer s.count(e)()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		problem(http.StatusRequestEntityTooLarge, "The request is too large.").send(w)
		return
	}
	if err != nil {
		panic(http.ErrAbortHandler) // the client went away while it was talking
	}
	f := s.fault(r, body)
	if wait(r.Context(), s.Latency+f.Stall) != nil {
		panic(http.ErrAbortHandler) // the client went away while it was waiting
	}
	var out reply
	if f.serves() {
		out = s.answer(r, body, e)
	}
	f.deliver(w, r, out)
}

// fault asks the hook, which finds the body unread whatever it does with it.
func (s *Server) fault(r *http.Request, body []byte) Fault {
	if s.Fail == nil {
		return Fault{}
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if f := s.Fail(r); f != nil {
		return *f
	}
	return Fault{}
}

// answer carries out the request. One lock around it all keeps every request atomic, as a database transaction would.
func (s *Server) answer(r *http.Request, body []byte, e endpoint) reply {
	defer s.lock()()
	c := &call{s: s, r: r, body: body, now: s.now()}
	if e.open {
		return e.answer(c)
	}
	who, ok := s.keyring.open(r.Header.Get("Authorization"), c.now)
	if !ok {
		return unauthorized()
	}
	c.who = who
	return e.answer(c)
}

// number reads a path segment; anything that is no number is the id of nothing.
func (c *call) number(name string) int64 {
	n, err := strconv.ParseInt(c.r.PathValue(name), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// wait lets d pass, or returns early with the reason for which ctx ended.
func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
