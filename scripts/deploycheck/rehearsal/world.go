package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"vtq.internal/shared/simulator/dataset"
	"vtq.internal/shared/simulator/threatq"
	"vtq.internal/shared/simulator/virustotal"
)

// verdictName is the attribute that every answer has.
const verdictName = "VirusTotal Verdict"

// apiPath is where VirusTotal's API lies.
const apiPath = "/api/v3"

// A World is ThreatQ and VirusTotal as the simulators have them, on loopback ports.
type World struct {
	ThreatQ    *threatq.Server
	VirusTotal *virustotal.Server
	Calls      *Calls
	items      []dataset.Item
	ids        []int64 // Of items, as far as they have arrived.
	servers    []*http.Server
}

// NewWorld has items that have not arrived in ThreatQ yet. VirusTotal allows perDay requests a day; 0 is any number.
func NewWorld(items []dataset.Item, perDay int) (*World, error) {
	w := &World{
		ThreatQ: &threatq.Server{}, Calls: NewCalls(), items: items,
		VirusTotal: &virustotal.Server{
			Keys:       map[string]virustotal.Key{virustotal.DefaultKey: {Limits: virustotal.Limits{Day: perDay}}},
			Latency:    20 * time.Millisecond,
			Synthesize: dataset.Synthesize,
		},
	}
	for _, item := range items {
		if item.Object != "" {
			w.Calls.Know(strings.ToLower(item.Value), item.Object)
		}
		if item.Report == nil {
			continue
		}
		if err := w.VirusTotal.AddReport(item.Report); err != nil {
			return nil, fmt.Errorf("filling the simulated VirusTotal: %w", err)
		}
	}
	return w, nil
}

// Items gives n items: the demonstration's, in an order that mixes its kinds, and files beyond them.
func Items(n int) []dataset.Item {
	demo := dataset.Demo()
	const step = 37 // Has no divisor in common with the 200 of the demonstration.
	items := make([]dataset.Item, 0, n)
	for i := range min(n, len(demo)) {
		items = append(items, demo[i*step%len(demo)])
	}
	return slices.AppendSeq(items, beyond(n-len(items)))
}

func beyond(n int) iter.Seq[dataset.Item] { return dataset.Many(max(0, n)) }

// Objects is of how many different objects items are, where they may be asked about.
func Objects(items []dataset.Item) int {
	all := map[string]bool{}
	for _, item := range items {
		all[item.Object] = true
	}
	delete(all, "")
	return len(all)
}

// Arrive puts the next n items into ThreatQ, as created now.
func (w *World) Arrive(n int) {
	for _, item := range w.items[len(w.ids):min(len(w.ids)+n, len(w.items))] {
		in := threatq.Indicator{Type: item.Type, Value: item.Value, KeepScheme: true, Status: item.Status}
		for _, s := range item.Sources {
			in.Sources = append(in.Sources, threatq.Source{Name: s.Name, TLP: s.TLP})
		}
		for _, a := range item.Attributes {
			in.Attributes = append(in.Attributes, threatq.Attribute{Name: a.Name, Value: a.Value})
		}
		w.ids = append(w.ids, w.ThreatQ.AddIndicator(in))
	}
}

// Rows are the attributes of all indicators, whoever put them there.
func (w *World) Rows() Rows {
	all := Rows{}
	for in := range w.ThreatQ.Indicators() {
		rows := []string{}
		for _, row := range in.Attributes {
			rows = append(rows, row.Name+" = "+row.Value)
		}
		slices.Sort(rows)
		all[in.ID] = rows
	}
	return all
}

// Unanswered is nil when every item has arrived and bears the verdict that the data wants, once, and no other item bears one.
func (w *World) Unanswered() error {
	if len(w.ids) < len(w.items) {
		return fmt.Errorf("%d of %d indicators have arrived: %w", len(w.ids), len(w.items), errNotYet)
	}
	rows := w.Rows()
	var all []error
	for i, item := range w.items {
		var got, want []string
		for _, row := range rows[w.ids[i]] {
			if verdict, ok := strings.CutPrefix(row, verdictName+" = "); ok {
				got = append(got, verdict)
			}
		}
		if item.Class != "" {
			want = []string{string(item.Class)}
		}
		if !slices.Equal(got, want) {
			all = append(all, fmt.Errorf("the verdict on indicator %d (%s) is %q, want %q", w.ids[i], item.Note, got, want))
		}
	}
	return errors.Join(all...)
}

// Serve opens a loopback port for a simulator, until the world closes.
func (w *World) Serve(ctx context.Context, handler http.Handler) (url string, err error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return "", fmt.Errorf("serving a simulator: %w", err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	w.servers = append(w.servers, server)
	go func() { _ = server.Serve(listener) }() // Until it is closed.
	return "http://" + listener.Addr().String(), nil
}

// Close closes all ports.
func (w *World) Close() {
	for _, server := range w.servers {
		_ = server.Close() // Nobody is left to be answered.
	}
}
