package writer_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"vtq.internal/services/writer"
	simulator "vtq.internal/shared/simulator/threatq"
	"vtq.internal/shared/stream"
)

// values gives all counters and gauges, and how much histograms have seen, by name and labels.
func values(t *testing.T, registry *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatalf("gathering metrics: %v", err)
	}
	all := map[string]float64{}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			name := []string{family.GetName()}
			for _, label := range metric.GetLabel() {
				name = append(name, label.GetValue())
			}
			all[strings.Join(name, " ")] = metric.GetCounter().GetValue() + metric.GetGauge().GetValue() + metric.GetHistogram().GetSampleSum()
		}
	}
	return all
}

// value gives one of them.
func (r *run) value(name ...string) float64 {
	r.l.Helper()
	return values(r.l.T, r.registry)[strings.Join(name, " ")]
}

func TestEveryMetricStartsAtZero(t *testing.T) {
	inLab(t, func(l *lab) {
		o := l.options()
		if _, err := writer.New(o); err != nil {
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
			"vtq_attribute_rows_total created", "vtq_attribute_rows_total deleted",
			"vtq_attribute_rows_total unchanged", "vtq_attribute_rows_total updated",
			"vtq_batch_items", "vtq_credentials_denied threatq writer", "vtq_dead_letters_total exhausted writer",
			"vtq_dead_letters_total refused writer", "vtq_dead_letters_total unreadable writer", "vtq_message_age_seconds writer",
			"vtq_message_duration_seconds writer", "vtq_redeliveries_total writer", "vtq_threatq_down", "vtq_verdicts_used_ratio",
			"vtq_writer_bulk_total alone", "vtq_writer_bulk_total misplaced", "vtq_writer_bulk_total written",
			"vtq_writer_ledger_total elsewhere", "vtq_writer_ledger_total mended", "vtq_writer_ledger_total read",
			"vtq_writer_ledger_total stale", "vtq_writer_ledger_total unmended",
			"vtq_writer_settled_total denied nak", "vtq_writer_settled_total gone ack", "vtq_writer_settled_total interrupted nak",
			"vtq_writer_settled_total none ack", "vtq_writer_settled_total permanent term", "vtq_writer_settled_total quota nak",
			"vtq_writer_settled_total transient lost", "vtq_writer_settled_total transient nak", "vtq_writer_settled_total unknown nak",
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			l.Errorf("metrics (-want +got):\n%s", diff)
		}
	})
}

func TestMetricsCountWhatIsDone(t *testing.T) {
	inLab(t, func(l *lab) {
		id := l.add(1)[0]
		r := l.start()
		for _, v := range []int{14, 9, 9} {
			l.answer(id, found(v, strings.Repeat("x", v-9)))
			l.settled(time.Minute)
		}
		l.answer(0, found(1))
		l.settled(time.Minute)
		r.stop()
		want := map[string]float64{
			"vtq_attribute_rows_total created": 4, "vtq_attribute_rows_total updated": 2,
			"vtq_attribute_rows_total deleted": 1, "vtq_attribute_rows_total unchanged": 4,
			"vtq_writer_settled_total none ack": 4, "vtq_batch_items": 4, "vtq_writer_ledger_total read": 2,
		}
		got := values(l.T, r.registry)
		for name, value := range got {
			if value == 0 || name == "vtq_verdicts_used_ratio" || strings.HasPrefix(name, "vtq_message_") {
				delete(got, name)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			l.Errorf("metrics (-want +got):\n%s", diff)
		}
	})
}

func TestTwoWritersDoNotShareARegistry(t *testing.T) {
	inLab(t, func(l *lab) {
		o := l.options()
		if _, err := writer.New(o); err != nil {
			l.Fatalf("New = %v", err)
		}
		if _, err := writer.New(o); err == nil {
			l.Error("New = nil with a registry that another writer has, want an error")
		}
	})
}

// TestAReplayIsNotLate puts verdicts back that are a day old: nobody has waited that long, whichever writer takes them, and whether or
// not it gives them back once.
func TestAReplayIsNotLate(t *testing.T) {
	const age = "vtq_message_age_seconds writer"
	back := func(l *lab) { l.notedUpTo(3); l.raise(2); l.replay() }
	refuse := func(l *lab) { l.fail(times(1, simulator.EndpointAttributes, simulator.InternalError())) }
	cases := map[string]struct {
		do    func(l *lab) *run
		least float64 // The sum of ages, in seconds.
	}{
		"of a writer that waits": {func(l *lab) *run {
			r := l.start()
			l.sleep(time.Minute)
			back(l)
			return r
		}, 0},
		"of a writer that begins": {func(l *lab) *run { back(l); return l.start() }, 0},
		"given back by a writer that begins": {func(l *lab) *run {
			refuse(l)
			back(l)
			return l.start()
		}, 0},
		"given back by a writer at work": {func(l *lab) *run {
			r := l.start()
			l.answer(l.add(1)[0], found(14))
			l.settled(time.Minute)
			refuse(l)
			back(l)
			return r
		}, 0},
		"that nobody noted, of a writer that begins": {func(l *lab) *run { l.replay(); return l.start() }, 3 * day.Seconds()},
		"with one behind that was not written before": {func(l *lab) *run {
			l.answer(l.add(1)[0], found(14))
			l.sleep(time.Hour)
			back(l)
			return l.start()
		}, time.Hour.Seconds()},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				for _, id := range l.add(3) {
					l.answer(id, found(14))
				}
				l.drain()
				l.sleep(day)
				r := c.do(l)
				l.settled(time.Hour)
				l.answer(l.add(1)[0], found(14))
				l.settled(time.Minute)
				r.stop()
				if got := r.value(age); got < c.least || got > c.least+60 {
					l.Errorf("the sum of ages is %v s, want %v s and that of the one that is new", got, c.least)
				}
			})
		})
	}
}

// TestAnAccidentIsNotLate puts verdicts back without a note, which a writer sees that has seen them before.
func TestAnAccidentIsNotLate(t *testing.T) {
	const age, again = "vtq_message_age_seconds writer", "vtq_writer_settled_total none ack"
	inLab(t, func(l *lab) {
		r := l.start()
		for _, id := range l.add(3) {
			l.answer(id, found(14))
		}
		l.settled(time.Minute)
		l.sleep(day)
		before := r.value(age)
		l.replay()
		l.settled(time.Minute)
		l.answer(l.add(1)[0], found(14))
		l.settled(time.Minute)
		r.stop()
		if got := r.value(again); got != 7 {
			l.Errorf("%v verdicts were settled, want four and three of them again", got)
		}
		if got := r.value(age) - before; got <= 0 || got > 60 {
			l.Errorf("the sum of ages has grown by %v s, want that of the one that is new", got)
		}
	})
}

// TestAReplayOfAnothersIsNotLate gives a writer verdicts for the first time that are newer than all it had, and that another has written.
func TestAReplayOfAnothersIsNotLate(t *testing.T) {
	const age = "vtq_message_age_seconds writer"
	cases := map[string]struct {
		age         time.Duration
		floor       uint64
		least, most float64 // The sum of ages, in seconds.
	}{
		"a day old":            {day, 6, 0, 30},
		"as old as is suspect": {time.Minute, 6, 0, 30},
		"not quite as old":     {59 * time.Second, 6, 3 * 59, 3*59 + 2},
		"written in part":      {day, 5, day.Seconds(), day.Seconds() + 30},
		"an outage":            {day, 3, 3 * day.Seconds(), 3*day.Seconds() + 30},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				r := l.start()
				for _, id := range l.add(3) {
					l.answer(id, found(14))
				}
				l.settled(time.Minute)
				before := r.value(age)
				if _, err := l.js.PauseConsumer(l.Context(), stream.Verdicts, stream.Writer, time.Now().Add(2*day)); err != nil {
					l.Fatalf("pausing the consumer: %v", err)
				}
				for _, id := range l.add(3) {
					l.answer(id, found(14))
				}
				l.sleep(c.age)
				l.notedUpTo(c.floor)
				if _, err := l.js.ResumeConsumer(l.Context(), stream.Verdicts, stream.Writer); err != nil {
					l.Fatalf("resuming the consumer: %v", err)
				}
				l.settled(time.Minute)
				r.stop()
				if got := r.value(age) - before; got < c.least || got > c.most {
					l.Errorf("the sum of ages is %v s, want %v to %v s", got, c.least, c.most)
				}
			})
		})
	}
}
