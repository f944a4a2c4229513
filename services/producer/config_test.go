package producer_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"vtq.internal/services/producer"
	"vtq.internal/services/producer/internal/admit"
	"vtq.internal/shared/config"
	"vtq.internal/shared/provider"
)

func TestTheDefaultsAreValid(t *testing.T) {
	var c producer.Config
	if err := config.Load(nil, &c); err != nil {
		t.Fatalf("Load of nothing = %v", err)
	}
	if c.PageSize != 1000 || c.MaxTLP != admit.Amber || c.DefaultTLP != admit.Clear || len(c.SkipStatuses) != 1 {
		t.Errorf("defaults %+v, want those of the documentation", c)
	}
}

func TestConfigComplaints(t *testing.T) {
	file := t.TempDir() + "/selection.txt"
	if err := os.WriteFile(file, []byte("4711\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		env  string
		want string // Empty for none.
	}{
		"a selection file":            {"THREATQ_SELECTION_FILE=" + file, ""},
		"a file that is not there":    {"THREATQ_SELECTION_FILE=" + file + ".txt", "THREATQ_SELECTION_FILE: "},
		"two selections":              {"THREATQ_COLLECTION=Hot\nTHREATQ_SELECTION_FILE=" + file, "THREATQ_SELECTION_FILE: wants to stand alone"},
		"the smallest page":           {"THREATQ_PAGE_SIZE=1", ""},
		"no page":                     {"THREATQ_PAGE_SIZE=0", "THREATQ_PAGE_SIZE: wants 1 to 1000 (got 0)"},
		"too large a page":            {"THREATQ_PAGE_SIZE=1001", "THREATQ_PAGE_SIZE: wants 1 to 1000 (got 1001)"},
		"the shortest poll":           {"VTQ_POLL=1s", ""},
		"too short a poll":            {"VTQ_POLL=999ms", "VTQ_POLL: wants 1s to 744h0m0s (got 999ms)"},
		"no overlap":                  {"VTQ_OVERLAP=0s", ""},
		"an overlap into the future":  {"VTQ_OVERLAP=-1s", "VTQ_OVERLAP: wants 0s to 744h0m0s (got -1s)"},
		"the longest sweep":           {"VTQ_SWEEP=744h", ""},
		"too long a sweep":            {"VTQ_SWEEP=745h", "VTQ_SWEEP: wants 1s to 744h0m0s (got 745h0m0s)"},
		"the highest ceiling":         {"VTQ_MAX_TLP=amber+strict", ""},
		"red as the ceiling":          {"VTQ_MAX_TLP=RED", "VTQ_MAX_TLP: wants CLEAR, GREEN, AMBER or AMBER+STRICT (got RED)"},
		"a ceiling that nobody knows": {"VTQ_MAX_TLP=purple", `VTQ_MAX_TLP: wants CLEAR, GREEN, AMBER, AMBER+STRICT or RED (got "purple")`},
		"red by default":              {"VTQ_DEFAULT_TLP=tlp:red", ""},
		"an internal suffix":          {"VTQ_INTERNAL_SUFFIXES=corp.example-bank.com, *.intra.example-bank.com", ""},
		"no suffix":                   {"VTQ_INTERNAL_SUFFIXES=corp.example-bank.com,10.0.0.0/8", "VTQ_INTERNAL_SUFFIXES: "},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var got producer.Config
			err := config.Load(strings.Split(c.env, "\n"), &got)
			switch {
			case c.want == "" && err != nil:
				t.Errorf("Load(%s) = %v, want no complaint", c.env, err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("Load(%s) = %v, want %q", c.env, err, c.want)
			}
		})
	}
}

func TestAllComplaintsComeAtOnce(t *testing.T) {
	err := producer.Config{PageSize: -1, Poll: time.Hour, MaxTLP: admit.Red, InternalSuffixes: []string{"?"}}.Validate()
	for _, name := range []string{"THREATQ_PAGE_SIZE", "VTQ_SWEEP", "VTQ_MAX_TLP", "VTQ_INTERNAL_SUFFIXES"} {
		if !strings.Contains(fmt.Sprint(err), name) {
			t.Errorf("Validate() = %v, want a complaint about %s", err, name)
		}
	}
}

func TestNewWantsWhatItNeeds(t *testing.T) {
	inLab(t, func(l *lab) {
		cases := map[string]func(*producer.Options){
			"no NATS":       func(o *producer.Options) { o.NATS = nil },
			"no ThreatQ":    func(o *producer.Options) { o.ThreatQ = nil },
			"no route":      func(o *producer.Options) { o.Routes = provider.Table{} },
			"no registerer": func(o *producer.Options) { o.Registerer = nil },
		}
		for name, spoil := range cases {
			o := l.options()
			spoil(&o)
			if _, err := producer.New(o); err == nil {
				l.Errorf("New with %s = nil, want an error", name)
			}
		}
		o := l.options()
		if err := o.Registerer.Register(prometheus.NewCounter(prometheus.CounterOpts{Name: "vtq_walks_total", Help: "Somebody else's."})); err != nil {
			l.Fatal(err)
		}
		if _, err := producer.New(o); err == nil {
			l.Error("New beside a counter of the same name = nil, want an error")
		}
	})
}
