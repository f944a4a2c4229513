package rehearsal

import (
	"bytes"
	"context"
	"maps"
	"net/http"
	"path"
	"strings"

	"vtq.internal/shared/simulator/virustotal"
)

// A desk is one port of a simulator, for one life. What it does there is known: the next deed can be its last.
type desk struct {
	life      *Life
	simulator http.Handler
	// deed tells whether a request is what the stage is for.
	deed func(*http.Request) bool
	note func(*http.Request)
}

// Desk opens the port at which a life of a stage finds the service that it works with, and tells the variable of its address: VirusTotal
// for a lookup, ThreatQ for the others.
func (w *World) Desk(ctx context.Context, stage, name string) (life *Life, variable, url string, err error) {
	d := &desk{life: w.Calls.Begin(name), simulator: w.ThreatQ, deed: reads, note: func(*http.Request) {}}
	variable = "THREATQ_URL"
	switch stage {
	case "lookup":
		d.simulator, d.deed, variable = w.VirusTotal, asks, "VT_BASE_URL"
		d.note = func(r *http.Request) { w.Calls.Ask(d.life, path.Base(r.URL.Path)) }
	case "writer":
		d.deed = writes
	}
	url, err = w.Serve(ctx, d)
	if stage == "lookup" {
		url += apiPath
	}
	return d.life, variable, url, err
}

// asks tells whether a request is about an object, as VirusTotal counts it.
func asks(r *http.Request) bool {
	return virustotal.Endpoint(path.Base(path.Dir(r.URL.Path))).Looks()
}

// reads tells whether a request is for a page of indicators.
func reads(r *http.Request) bool { return r.URL.Path == "/api/indicators/query" }

// writes tells whether a request makes or changes rows.
func writes(r *http.Request) bool {
	return r.Method != http.MethodGet && strings.Contains(r.URL.Path, "/attributes")
}

// ServeHTTP lets the simulator answer. The answer to a last deed is kept back: it has taken effect, and whoever did it never hears so.
func (d *desk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !d.deed(r) {
		d.simulator.ServeHTTP(w, r)
		return
	}
	d.note(r)
	answer := &kept{header: http.Header{}, status: http.StatusOK}
	d.simulator.ServeHTTP(answer, r)
	if d.life.last() {
		<-r.Context().Done() // It is killed now.
		panic(http.ErrAbortHandler)
	}
	maps.Copy(w.Header(), answer.header)
	w.WriteHeader(answer.status)
	_, _ = w.Write(answer.body.Bytes()) // Whoever is gone does not matter.
}

// A kept answer has not been sent.
type kept struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header is the answer's.
func (k *kept) Header() http.Header { return k.header }

// WriteHeader keeps the status.
func (k *kept) WriteHeader(status int) { k.status = status }

// Write keeps a part of the body.
func (k *kept) Write(p []byte) (int, error) { return k.body.Write(p) }
