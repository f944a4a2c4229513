package reversinglabs

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"time"
)

// A Fault spoils one answer. Its zero value changes nothing; the functions below make the usual ones.
//
// Faults strike behind the gates. What the service bills is a 200, so an answer that a fault makes another status is free, and
// one that is a 200 on the way (cut, slow, lost with its connection) has been billed. Refusals (401, 403, 405, 429) come
// through unspoilt.
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
	// Uncounted strikes in front of all gates: the request costs nothing, and there is no honest answer to keep.
	Uncounted bool
}

// slowPieces is how often a slow body stutters: often enough that a timeout for a single read does not end it.
const slowPieces = 10

// Text is an error of the native APIs: a status and a line that is not to be understood.
func Text(status int, line string) *Fault {
	return &Fault{Status: status, ContentType: "text/plain; charset=utf-8", Body: []byte(line + "\n")}
}

// Unavailable is 503.
func Unavailable() *Fault { return Text(http.StatusServiceUnavailable, "Service unavailable") }

// InternalError is 500.
func InternalError() *Fault { return Text(http.StatusInternalServerError, "Internal server error") }

// Empty is 200 with nothing in it.
func Empty() *Fault { return &Fault{Status: http.StatusOK, Body: []byte{}} }

// Truncated is the honest answer cut in half, at a length that HTTP finds nothing wrong with.
func Truncated() *Fault { return &Fault{Truncate: true} }

// SlowBody is the honest answer, its headers at once and its body over d.
func SlowBody(d time.Duration) *Fault { return &Fault{Slow: d} }

// HugeBody is the honest answer behind n spaces: valid JSON of any size.
func HugeBody(n int64) *Fault { return &Fault{Padding: n} }

// ConnectionReset is no answer at all.
func ConnectionReset() *Fault { return &Fault{Reset: true} }

func (f *Fault) cuts() bool { return f != nil && f.Reset }

// frees tells whether the fault makes an answer something that is not billed.
func (f *Fault) frees() bool { return f != nil && f.Status != 0 && f.Status != http.StatusOK }

// spoil makes the honest answer the wrong one.
func (f *Fault) spoil(honest response) response {
	spoilt := response{Status: honest.Status, Header: honest.Header.Clone(), Body: honest.Body}
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

// send writes a spoilt answer.
func (f *Fault) send(w http.ResponseWriter, r *http.Request, answer response) {
	w.Header().Set("Content-Length", strconv.FormatInt(f.Padding+int64(len(answer.Body)), 10))
	w.WriteHeader(answer.Status)
	if !pad(r.Context(), w, f.Padding) {
		return
	}
	if f.Slow <= 0 {
		_, _ = w.Write(answer.Body) // A client that has gone needs no answer.
		return
	}
	f.stutter(w, r, answer.Body)
}

// pad sends n spaces, and tells whether the client stayed for them.
func pad(ctx context.Context, w http.ResponseWriter, n int64) bool {
	blank := bytes.Repeat([]byte(" "), 32<<10)
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
		if !wait(r.Context(), f.Slow/slowPieces) {
			return
		}
		from, to := len(body)*i/slowPieces, len(body)*(i+1)/slowPieces
		if _, err := w.Write(body[from:to]); err != nil {
			return
		}
	}
}
