package producer_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	simulator "vtq.internal/shared/simulator/threatq"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

func TestASweepPublishesEverythingOnce(t *testing.T) {
	inLab(t, func(l *lab) {
		ids := l.add(34) // Three pages and some.
		l.tq.AddIndicator(simulator.Indicator{Type: "FQDN", Value: "printer.local"})
		l.tq.AddIndicator(simulator.Indicator{Type: "CVE", Value: "CVE-2024-12345"})
		l.tq.AddIndicator(simulator.Indicator{Type: "FQDN", Value: "judged.com", Status: "Whitelisted"})
		l.tq.AddIndicator(simulator.Indicator{Type: "FQDN", Value: "secret.com", Sources: []simulator.Source{{Name: "CERT", TLP: "RED"}}})
		r := l.start()
		r.walked(1)
		r.stop()
		if diff := cmp.Diff(ids, l.jobs(wire.Fresh)); diff != "" {
			l.Errorf("jobs (-want +got):\n%s", diff)
		}
		if got := l.published(); got != len(ids) {
			l.Errorf("%d jobs were published, want %d", got, len(ids))
		}
		want := map[string]float64{
			"vtq_indicators_published_total{fresh}": 34, "vtq_walks_total{sweep}": 1,
			"vtq_indicators_skipped_total{internal_name}": 1, "vtq_indicators_skipped_total{unsupported_type}": 1,
			"vtq_indicators_skipped_total{status}": 1, "vtq_indicators_skipped_total{tlp}": 1,
		}
		if diff := cmp.Diff(want, r.counted()); diff != "" {
			l.Errorf("counters that are not zero (-want +got):\n%s", diff)
		}
	})
}

func TestAnEmptyLibrary(t *testing.T) {
	inLab(t, func(l *lab) {
		r := l.start()
		r.walked(3)
		ids := l.add(1)
		r.walked(r.Walks() + 2)
		r.stop()
		if diff := cmp.Diff(ids, l.jobs(wire.Fresh)); diff != "" {
			l.Errorf("jobs of what came later (-want +got):\n%s", diff)
		}
	})
}

func TestPollsPublishNothingTwice(t *testing.T) {
	cases := map[string]func(l *lab){
		"while the jobs wait":        func(*lab) {},
		"when they were answered":    (*lab).answerAll,
		"when their verdict is lost": func(l *lab) { l.answerAll(); l.purge(stream.Verdicts) },
	}
	for name, meanwhile := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				l.add(25)
				r := l.start()
				r.walked(1)
				l.sleep(10 * time.Minute) // Now even the overlap has been read for good.
				meanwhile(l)
				r.walked(r.Walks() + 3)
				r.stop()
				if got := l.published(); got != 25 {
					l.Errorf("%d jobs were published after more polls, want 25", got)
				}
			})
		})
	}
}

func TestWhatIsUpdatedIsSeenByAPoll(t *testing.T) {
	inLab(t, func(l *lab) {
		judged := l.tq.AddIndicator(simulator.Indicator{Type: "FQDN", Value: "judged.com", Status: "Whitelisted"})
		l.add(3)
		r := l.start()
		r.walked(1)
		l.answerAll()
		l.sleep(time.Hour)
		l.tq.SetStatus(judged, "Active")
		touched := l.add(1)[0]
		l.until(2*time.Minute, func() bool { return len(l.jobs(wire.Fresh)) == 2 })
		l.answerAll()
		l.tq.Touch(touched) // As our own writer does with every attribute.
		l.tq.AddAttribute(touched, simulator.Attribute{Name: "VirusTotal Verdict", Value: "Malicious"})
		l.sleep(10 * time.Minute)
		r.stop()
		if got := l.published(); got != 5 {
			l.Errorf("%d jobs were published, want 5: three at first, two that were updated", got)
		}
	})
}

func TestWhatTheIndexShowsLate(t *testing.T) {
	cases := map[string]struct {
		late  time.Duration // Behind the newest that was seen.
		found time.Duration // At most so long after it shows.
		poll  bool          // By a poll, not a sweep.
	}{
		"within the overlap": {4 * time.Minute, 2 * time.Minute, true},
		"far behind it":      {time.Hour, 31 * time.Minute, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				l.config.Sweep = 30 * time.Minute
				l.add(3)
				r := l.start()
				r.walked(2)
				id := l.addAt("late.com", time.Now().Add(-c.late))
				shown := time.Now()
				l.until(c.found, func() bool { return len(l.jobs(wire.Fresh)) == 4 })
				if bySweep := time.Since(shown) > 20*time.Minute; bySweep == c.poll {
					l.Errorf("indicator %d was found %v after it showed", id, time.Since(shown))
				}
				r.stop()
			})
		})
	}
}

func TestALaggingIndex(t *testing.T) {
	inLab(t, func(l *lab) {
		l.tq.IndexLag = 3 * time.Minute
		l.config.Overlap = 4 * time.Minute
		r := l.start()
		for range 20 { // More often than it lags: something newer is always on its way.
			l.add(1)
			l.sleep(47 * time.Second)
		}
		l.sleep(5 * time.Minute)
		r.stop()
		if got := l.published(); got != 20 {
			l.Errorf("%d jobs were published, want 20", got)
		}
	})
}

func TestOneRowOfTheFarFutureDoesNotEndThePolling(t *testing.T) {
	inLab(t, func(l *lab) {
		l.addAt("tomorrow.com", time.Now().AddDate(99, 0, 0))
		r := l.start()
		r.walked(1)
		l.add(2)
		l.until(2*time.Minute, func() bool { return len(l.jobs(wire.Fresh)) == 3 })
		l.sleep(time.Hour)
		l.add(1)
		l.until(2*time.Minute, func() bool { return len(l.jobs(wire.Fresh)) == 4 })
		r.stop()
	})
}

func TestASweepFindsWhatGrewOld(t *testing.T) {
	inLab(t, func(l *lab) {
		ids := l.add(12)
		l.config.Sweep = 40 * time.Minute
		o := l.options()
		o.Refresh.NotFound = 20 * time.Minute
		r := l.startWith(o)
		r.walked(1)
		l.answerAll()
		l.until(time.Hour, func() bool { return len(l.jobs(wire.Refresh)) == len(ids) })
		r.stop()
		if diff := cmp.Diff(ids, l.jobs(wire.Refresh)); diff != "" {
			l.Errorf("jobs in the lane refresh (-want +got):\n%s", diff)
		}
		if got := l.jobs(wire.Fresh); len(got) > 0 {
			l.Errorf("jobs %d in the lane fresh, want none", got)
		}
	})
}

func TestASweepIsNotRepeatedAtARestart(t *testing.T) {
	inLab(t, func(l *lab) {
		l.add(25)
		l.sweepOnce()
		asked := l.tq.Counts()[simulator.EndpointQuery]
		l.sleep(time.Hour)
		r := l.start()
		r.walked(1)
		r.stop()
		if got := l.tq.Counts()[simulator.EndpointQuery] - asked; got > 4 {
			l.Errorf("%d pages were read after the restart, want those of a poll", got)
		}
		if got := r.counted()["vtq_walks_total{poll}"]; got != 1 {
			l.Errorf("%v polls after the restart, want 1", got)
		}
	})
}
