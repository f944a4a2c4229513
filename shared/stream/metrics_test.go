package stream_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// measured gives what a meter has counted, and the sums of its histograms, of what is not zero.
func measured(t *testing.T, registry *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]float64{}
	for _, family := range families {
		for _, series := range family.GetMetric() {
			name := strings.TrimPrefix(family.GetName(), "vtq_")
			if labels := series.GetLabel(); len(labels) > 1 {
				name += " " + labels[0].GetValue()
			}
			if value := series.GetCounter().GetValue() + series.GetHistogram().GetSampleSum(); value != 0 {
				all[name] = value
			}
		}
	}
	return all
}

// TestMeterMeasuresWhatIsSettled works for five seconds on a job that waited for an hour, in all ways in which that can end.
func TestMeterMeasuresWhatIsSettled(t *testing.T) {
	permanent := func(err error) error { return fault.New(fault.Permanent, err) }
	_, unreadable := wire.DecodeJob([]byte("not a message"))
	_, incomplete := wire.DecodeJob([]byte(`{"schema":1}`))
	cases := map[string]struct {
		err      error
		replayed bool
		want     map[string]float64
	}{
		"done":                   {nil, false, map[string]float64{"message_age_seconds": 3605}},
		"gone":                   {fault.New(fault.Gone, errWork), false, map[string]float64{"message_age_seconds": 3605}},
		"put back for a replay":  {nil, true, map[string]float64{}},
		"comes again":            {fault.New(fault.Transient, errWork), false, map[string]float64{}},
		"refused":                {permanent(errWork), false, map[string]float64{"message_age_seconds": 3605, "dead_letters_total refused": 1}},
		"tried too often":        {stream.Exhaust(errWork), false, map[string]float64{"message_age_seconds": 3605, "dead_letters_total exhausted": 1}},
		"no message of ours":     {unreadable, false, map[string]float64{"message_age_seconds": 3605, "dead_letters_total unreadable": 1}},
		"a message with gaps":    {incomplete, false, map[string]float64{"message_age_seconds": 3605, "dead_letters_total unreadable": 1}},
		"refused by the last of": {fmt.Errorf("all: %w", permanent(wire.ErrTooLarge)), false, map[string]float64{"message_age_seconds": 3605, "dead_letters_total unreadable": 1}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				registry := prometheus.NewPedanticRegistry()
				meter, err := stream.NewMeter(registry, "lookup")
				if err != nil {
					l.Fatal(err)
				}
				l.publish(to(1), jobSubject)
				l.sleep(time.Hour)
				message, began := l.take(l.jobs()), time.Now()
				l.sleep(5 * time.Second)
				meter.Settled(message, l.settler(stream.Jobs).Settle(l.Context(), message, c.err), began, c.replayed)
				c.want["message_duration_seconds"] = 5
				if diff := cmp.Diff(c.want, measured(l.T, registry)); diff != "" {
					l.Errorf("measured (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestMeterCountsWhatCameAgain(t *testing.T) {
	inLab(t, func(l *lab) {
		registry := prometheus.NewPedanticRegistry()
		meter, err := stream.NewMeter(registry, "lookup")
		if err != nil {
			l.Fatal(err)
		}
		l.publish(to(1), jobSubject)
		for _, err := range []error{fault.New(fault.Transient, errWork), nil} {
			message := l.take(l.jobs())
			meter.Settled(message, l.settler(stream.Jobs).Settle(l.Context(), message, err), time.Now(), false)
		}
		if got := measured(l.T, registry)["redeliveries_total"]; got != 1 {
			l.Errorf("vtq_redeliveries_total = %v after a second delivery, want 1", got)
		}
	})
}

// TestMetersOfTwoStagesShareARegistry, as in one process for all of them; two of one stage do not.
func TestMetersOfTwoStagesShareARegistry(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	for _, stage := range []string{"lookup", "writer"} {
		if _, err := stream.NewMeter(registry, stage); err != nil {
			t.Errorf("NewMeter(%s) = %v beside another stage, want nil", stage, err)
		}
	}
	if _, err := stream.NewMeter(registry, "writer"); err == nil {
		t.Error("NewMeter(writer) = nil a second time, want an error")
	}
}

// TestExhaustKeepsWhatHappened, for whoever reads the dead letter.
func TestExhaustKeepsWhatHappened(t *testing.T) {
	err := stream.Exhaust(fmt.Errorf("tried 20 times, at last: %w", errWork))
	if !errors.Is(err, stream.ErrExhausted) || !errors.Is(err, errWork) || fault.KindOf(err) != fault.Permanent {
		t.Errorf("Exhaust = %v of kind %v, want a permanent one that is both", err, fault.KindOf(err))
	}
	if got, want := err.Error(), "tried 20 times, at last: the work failed"; got != want {
		t.Errorf("Exhaust says %q, want %q", got, want)
	}
}
