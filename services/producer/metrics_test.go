package producer_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"vtq.internal/services/producer"
	"vtq.internal/shared/indicator"
)

// counters gives all counters by name and label.
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
			if labels := metric.GetLabel(); len(labels) == 1 { // None has more.
				name += "{" + labels[0].GetValue() + "}"
			}
			all[name] = metric.GetCounter().GetValue()
		}
	}
	return all
}

// counted gives the counters that are not zero.
func (r *run) counted() map[string]float64 {
	r.l.Helper()
	all := counters(r.l.T, r.registry)
	maps.DeleteFunc(all, func(_ string, value float64) bool { return value == 0 })
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
			if value != 0 {
				l.Errorf("%s = %v before anything happened, want 0", name, value)
			}
			got = append(got, name)
		}
		want := []string{
			"vtq_indicators_published_total{fresh}", "vtq_indicators_published_total{refresh}",
			"vtq_walks_total{poll}", "vtq_walks_total{sweep}",
		}
		reasons := []string{"tlp", "status", "fresh", "pending", "dead", "unreadable"}
		for _, reason := range indicator.Reasons() {
			reasons = append(reasons, string(reason))
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
