// Package spoil makes an honest HTTP answer the wrong one: another status, a body that is cut, slow or huge, a connection that ends
// without a word. The simulators of providers decide when, and what it costs; what an answer looks like then is decided here.
package spoil

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"time"

	"vtq.internal/shared/lifecycle"
)

// An Answer is what is to be sent.
type Answer struct {
	Status int
	Header http.Header // Beside what every answer of the simulator bears.
	Body   []byte
}

// A Fault spoils one answer. Its zero value changes nothing; the functions below make those that any service can have.
type Fault struct {
	Status      int    // Instead of the honest one. 0 keeps it.
	ContentType string // Instead of the honest one. Empty keeps it.
	Body        []byte // Instead of the honest one. nil keeps it; an empty body is not nil.
	Truncate    bool   // Send the first half of the body, as if it were all.
	// Padding puts this many spaces in front of the body, so that whoever wants the JSON must read them all. They are made
	// up on the way and need no memory here.
	Padding int64
	Slow    time.Duration // Spread the body over this time, in slowPieces pieces.
	Reset   bool          // Close the connection without an answer.
	// Uncounted strikes in front of all that a simulator checks: the request costs nothing, and there is no honest answer to keep.
	Uncounted bool
}

const (
	// slowPieces is how often a slow body stutters: often enough that a timeout for a single read does not end it.
	slowPieces = 10
	// blankBytes is how many spaces of the padding are written at a time: what net/http would copy at a time.
	blankBytes = 32 << 10
)

// Empty is 200 with nothing in it.
func Empty() *Fault { return &Fault{Status: http.StatusOK, Body: []byte{}} }

// Truncated is the honest answer cut in half, at a length that HTTP finds nothing wrong with.
func Truncated() *Fault { return &Fault{Truncate: true} }

// SlowBody is the honest answer, its headers at once and its body over d.
func SlowBody(d time.Duration) *Fault { return &Fault{Slow: d} }

// HugeBody is the honest answer behind n spaces: valid JSON of any size.
func HugeBody(n int64) *Fault { return &Fault{Padding: n} }

// WrongContentType is the honest answer declared to be text.
func WrongContentType() *Fault { return &Fault{ContentType: "text/plain; charset=utf-8"} }

// ConnectionReset is no answer at all.
func ConnectionReset() *Fault { return &Fault{Reset: true} }

// Cuts tells whether the fault, if there is one, leaves the request without an answer.
func (f *Fault) Cuts() bool { return f != nil && f.Reset }

// Spoil makes the honest answer the wrong one, and leaves the honest one as it is.
func (f *Fault) Spoil(honest Answer) Answer {
	spoilt := Answer{Status: honest.Status, Header: honest.Header.Clone(), Body: honest.Body}
	if spoilt.Header == nil {
		spoilt.Header = http.Header{}
	}
	if f.Status != 0 {
		spoilt.Status = f.Status
	}
	if f.ContentType != "" {
		spoilt.Header.Set("Content-Type", f.ContentType)
	}
	if f.Body != nil {
		spoilt.Body = f.Body
	}
	if f.Truncate {
		spoilt.Body = spoilt.Body[:len(spoilt.Body)/2]
	}
	return spoilt
}

// Send writes the status and the body of a spoilt answer, whose headers stand in w already. It never compresses: what is wrong with
// the answer must be what the fault says.
func (f *Fault) Send(w http.ResponseWriter, r *http.Request, spoilt Answer) {
	w.Header().Set("Content-Length", strconv.FormatInt(f.Padding+int64(len(spoilt.Body)), 10))
	w.WriteHeader(spoilt.Status)
	if !pad(r.Context(), w, f.Padding) {
		return
	}
	if f.Slow <= 0 {
		_, _ = w.Write(spoilt.Body) // A client that has gone needs no answer.
		return
	}
	f.stutter(w, r, spoilt.Body)
}

// pad sends n spaces, and tells whether the client stayed for them.
func pad(ctx context.Context, w http.ResponseWriter, n int64) bool {
	blank := bytes.Repeat([]byte(" "), blankBytes)
	for n > 0 {
		piece := blank[:min(n, int64(len(blank)))]
		if _, err := w.Write(piece); err != nil || ctx.Err() != nil {
			return false
		}
		n -= int64(len(piece))
	}
	return true
}

// stutter sends a body piece by piece, the headers before the first wait.
func (f *Fault) stutter(w http.ResponseWriter, r *http.Request, body []byte) {
	control := http.NewResponseController(w)
	for i := range slowPieces {
		_ = control.Flush() // Headers first; a writer that cannot flush sends all at the end.
		if !lifecycle.Sleep(r.Context(), f.Slow/slowPieces) {
			return
		}
		from, to := len(body)*i/slowPieces, len(body)*(i+1)/slowPieces
		if _, err := w.Write(body[from:to]); err != nil {
			return
		}
	}
}
