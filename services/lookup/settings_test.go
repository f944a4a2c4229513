package lookup_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"vtq.internal/services/lookup"
	"vtq.internal/shared/config"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
)

// values gives all counters and gauges, and the sums of histograms, by name and labels.
func values(t *testing.T, registry *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatalf("gathering metrics: %v", err)
	}
	all := map[string]float64{}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			var name strings.Builder
			name.WriteString(family.GetName())
			for _, label := range metric.GetLabel() {
				name.WriteString("{" + label.GetValue() + "}")
			}
			all[name.String()] = metric.GetCounter().GetValue() + metric.GetGauge().GetValue() + metric.GetHistogram().GetSampleSum()
		}
	}
	return all
}

// counted gives the values that are not zero.
func (r *run) counted() map[string]float64 {
	r.l.Helper()
	all := values(r.l.T, r.registry)
	maps.DeleteFunc(all, func(_ string, value float64) bool { return value == 0 })
	return all
}

func TestEveryMetricStartsAtZero(t *testing.T) {
	inLab(t, func(l *lab) {
		nc := l.server.Connect()
		defer nc.Close()
		o := l.options(nc)
		if _, err := lookup.New(o); err != nil {
			l.Fatalf("New = %v", err)
		}
		var got []string
		for name, value := range values(l.T, o.Registerer.(*prometheus.Registry)) {
			if value != 0 {
				l.Errorf("%s = %v before anything happened, want 0", name, value)
			}
			got = append(got, name)
		}
		want := []string{
			"vtq_breaker_open{virustotal}", "vtq_credentials_denied{virustotal}{lookup}", "vtq_fleet_trouble_total",
			"vtq_dead_letters_total{exhausted}{lookup}", "vtq_dead_letters_total{refused}{lookup}", "vtq_dead_letters_total{unreadable}{lookup}",
			"vtq_message_age_seconds{lookup}", "vtq_message_duration_seconds{lookup}", "vtq_redeliveries_total{lookup}",
			"vtq_permits_total{granted}{virustotal}", "vtq_permits_total{held}{virustotal}", "vtq_permits_total{spent}{virustotal}",
			"vtq_provider_request_duration_seconds{virustotal}",
			"vtq_lookup_answers_total{alias}", "vtq_lookup_answers_total{hit}", "vtq_lookup_answers_total{miss}",
			"vtq_lookup_settled_total{denied}{nak}", "vtq_lookup_settled_total{gone}{ack}",
			"vtq_lookup_settled_total{interrupted}{nak}", "vtq_lookup_settled_total{none}{ack}",
			"vtq_lookup_settled_total{permanent}{term}", "vtq_lookup_settled_total{quota}{nak}",
			"vtq_lookup_settled_total{transient}{lost}", "vtq_lookup_settled_total{transient}{nak}",
			"vtq_lookup_settled_total{unknown}{nak}",
			"vtq_permit_wait_seconds", "vtq_permits_void_total{virustotal}", "vtq_quota_refused_total{virustotal}",
		}
		for _, kind := range indicator.Kinds() {
			want = append(want, fmt.Sprintf("vtq_provider_requests_total{none}{%s}{virustotal}", kind))
			for _, f := range fault.Kinds() {
				want = append(want, fmt.Sprintf("vtq_provider_requests_total{%s}{%s}{virustotal}", f, kind))
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			l.Errorf("metrics (-want +got):\n%s", diff)
		}
	})
}

func TestConfig(t *testing.T) {
	cases := map[string]struct {
		env  string
		want string // Empty for no complaint.
	}{
		"nothing set":       {"", ""},
		"one at a time":     {"VTQ_LOOKUP_CONCURRENCY=1", ""},
		"the most":          {"VTQ_LOOKUP_CONCURRENCY=64", ""},
		"none":              {"VTQ_LOOKUP_CONCURRENCY=0", "VTQ_LOOKUP_CONCURRENCY: wants 1 to 64 (got 0)"},
		"too many":          {"VTQ_LOOKUP_CONCURRENCY=65", "VTQ_LOOKUP_CONCURRENCY: wants 1 to 64 (got 65)"},
		"a large reserve":   {"VTQ_URGENT_RESERVE=0.9", ""},
		"all reserved":      {"VTQ_URGENT_RESERVE=0.95", "VTQ_URGENT_RESERVE: wants 0 to 0.9 (got 0.95)"},
		"a share of none":   {"VTQ_SHARE_FRESH=0", "VTQ_SHARE_FRESH: wants 0.01 to 1 (got 0)"},
		"more than the day": {"VTQ_SHARE_REFRESH=1.5", "VTQ_SHARE_REFRESH: wants 0.01 to 1 (got 1.5)"},
		"less than none":    {"VTQ_SHARE_URGENT=-1", "VTQ_SHARE_URGENT: wants 0.01 to 1 (got -1)"},
		"a second ask":      {"VTQ_URL_OTHER_SCHEME=true", ""},
		"neither or nor":    {"VTQ_URL_OTHER_SCHEME=maybe", "VTQ_URL_OTHER_SCHEME: wants true or false"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var got lookup.Config
			err := config.Load([]string{c.env}, &got)
			switch {
			case c.want == "" && err != nil:
				t.Errorf("Load(%s) = %v, want no complaint", c.env, err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("Load(%s) = %v, want %q", c.env, err, c.want)
			}
		})
	}
}

func TestNewWantsWhatItNeeds(t *testing.T) {
	inLab(t, func(l *lab) {
		nc := l.server.Connect()
		defer nc.Close()
		cases := map[string]func(*lookup.Options){
			"no NATS":              func(o *lookup.Options) { o.NATS = nil },
			"no provider":          func(o *lookup.Options) { o.Providers = nil },
			"nobody who looks":     func(o *lookup.Options) { o.Providers[0].Looker = nil },
			"no account":           func(o *lookup.Options) { o.Providers[0].Account = "" },
			"no registerer":        func(o *lookup.Options) { o.Registerer = nil },
			"no name":              func(o *lookup.Options) { o.Providers[0].Name = "" },
			"a name of two tokens": func(o *lookup.Options) { o.Providers[0].Name = "virus.total" },
			"no route":             func(o *lookup.Options) { o.Routes = nil },
		}
		for name, spoil := range cases {
			o := l.options(nc)
			spoil(&o)
			if _, err := lookup.New(o); err == nil {
				l.Errorf("New with %s = nil, want an error", name)
			}
		}
		o := l.options(nc)
		if _, err := lookup.New(o); err != nil {
			l.Errorf("New = %v", err)
		}
		if _, err := lookup.New(o); err == nil {
			l.Error("New twice on one registry = nil, want an error")
		}
	})
}
