package producer_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"vtq.internal/services/producer"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
	simulator "vtq.internal/shared/simulator/threatq"
)

// counters gives all counters and gauges, by name and label.
func counters(t *testing.T, registry *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatalf("gathering metrics: %v", err)
	}
	all := map[string]float64{}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			name := family.GetName()
			if labels := metric.GetLabel(); len(labels) > 0 { // The last tells them apart: the first of two is always ThreatQ.
				name += "{" + labels[len(labels)-1].GetValue() + "}"
			}
			all[name] = metric.GetCounter().GetValue() + metric.GetGauge().GetValue()
		}
	}
	return all
}

// counted gives the counters that are not zero.
func (r *run) counted() map[string]float64 {
	r.l.Helper()
	all := counters(r.l.T, r.registry)
	maps.DeleteFunc(all, func(name string, value float64) bool { return value == 0 || strings.HasSuffix(name, "_seconds") })
	return all
}

func TestEveryCounterStartsAtZero(t *testing.T) {
	inLab(t, func(l *lab) {
		o := l.options()
		if _, err := producer.New(o); err != nil {
			l.Fatalf("New = %v", err)
		}
		var got []string
		for name, value := range counters(l.T, o.Registerer.(*prometheus.Registry)) {
			if value != 0 && name != "vtq_sweep_interval_seconds" {
				l.Errorf("%s = %v before anything happened, want 0", name, value)
			}
			got = append(got, name)
		}
		want := []string{
			"vtq_credentials_denied{producer}", "vtq_cursor_timestamp_seconds", "vtq_sweep_interval_seconds", "vtq_sweep_last_success_timestamp_seconds",
			"vtq_indicators_published_total{fresh}", "vtq_indicators_published_total{refresh}",
			"vtq_walks_total{poll}", "vtq_walks_total{sweep}",
		}
		reasons := []string{"tlp", "status", "fresh", "pending", "dead", "unreadable"}
		for _, reason := range indicator.Reasons() {
			reasons = append(reasons, string(reason))
		}
		for _, kind := range fault.Kinds() {
			want = append(want, "vtq_walks_interrupted_total{"+kind.String()+"}")
		}
		for _, reason := range reasons {
			want = append(want, "vtq_indicators_skipped_total{"+reason+"}")
		}
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			l.Errorf("counters (-want +got):\n%s", diff)
		}
	})
}

// TestTheGaugesTellHowFarTheSelectionWasRead has them right for a producer that has just begun as well: it goes by what is stored.
func TestTheGaugesTellHowFarTheSelectionWasRead(t *testing.T) {
	const swept, read = "vtq_sweep_last_success_timestamp_seconds", "vtq_cursor_timestamp_seconds"
	inLab(t, func(l *lab) {
		updated := time.Now().Add(-time.Hour).UTC().Truncate(time.Second)
		l.addAt("quiet-harbor.com", updated)
		began := time.Now()
		r := l.start()
		r.walked(1)
		first := counters(l.T, r.registry)
		if got := first[swept]; got < float64(began.Unix()) || got > float64(time.Now().Unix())+1 {
			l.Errorf("%s = %v after a sweep that began at %v", swept, got, began.Unix())
		}
		if got := first[read]; got != float64(updated.Unix()) {
			l.Errorf("%s = %v, want %v, the only update", read, got, updated.Unix())
		}
		r.stop()
		l.sleep(time.Hour)
		r = l.start()
		l.sleep(time.Second)
		again := counters(l.T, r.registry)
		if again[swept] != first[swept] || again[read] != first[read] {
			l.Errorf("%v and %v after a restart, want %v and %v as before", again[swept], again[read], first[swept], first[read])
		}
		if got := again["vtq_sweep_interval_seconds"]; got != settings().Sweep.Seconds() {
			l.Errorf("vtq_sweep_interval_seconds = %v, want %v", got, settings().Sweep.Seconds())
		}
		r.stop()
	})
}

// TestAFirstSweepThatDoesNotEndIsLateFromItsBeginning has a ThreatQ that breaks off each sweep: that is told by when the first began, which
// a restart does not move.
func TestAFirstSweepThatDoesNotEndIsLateFromItsBeginning(t *testing.T) {
	const swept = "vtq_sweep_last_success_timestamp_seconds"
	inLab(t, func(l *lab) {
		l.add(25)
		l.onPage(func(n int, _ string, _ *http.Request) *simulator.Fault {
			if n > 1 {
				return simulator.InternalError()
			}
			return nil
		})
		r := l.start()
		l.sleep(time.Hour)
		first := counters(l.T, r.registry)[swept]
		r.stop()
		r = l.start()
		l.sleep(time.Hour)
		if got := counters(l.T, r.registry)[swept]; got != first || time.Since(time.Unix(int64(got), 0)) < 2*time.Hour-time.Minute {
			l.Errorf("%s = %v after a restart, want %v, when the first sweep began", swept, got, first)
		}
		r.stop()
	})
}
