package lookup_test

import (
	"testing"
	"time"

	"vtq.internal/shared/provider"
	simulator "vtq.internal/shared/simulator/virustotal"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

func TestStoppingGivesWaitingJobsBackAtOnce(t *testing.T) {
	inLab(t, func(l *lab) {
		l.quota = 1
		l.pushSites(6)
		r := l.start()
		l.sleep(10 * time.Second) // One is answered, four wait for a permit.
		if took := r.stop(); took > time.Second {
			l.Errorf("stopping took %v, want at once: nothing is under way", took)
		}
		if n := l.logs.count(`"outcome":"interrupted"`, `"settle":"nak"`, `"level":"info"`); n != 4 {
			l.Errorf("%d jobs were given back, want 4:\n%s", n, l.logs.text())
		}
		l.quota = 0
		r = l.start()
		l.drained(5 * time.Second) // Far less than an AckWait.
		r.stop()
		l.answered(6)
		if got := l.vt.Lookups(); got != 6 {
			l.Errorf("%d requests, want 6", got)
		}
	})
}

func TestStoppingWithARequestUnderWay(t *testing.T) {
	cases := map[string]struct {
		latency  time.Duration
		took     time.Duration
		requests int
	}{
		"within the grace": {15 * time.Second, 10 * time.Second, 1},
		"beyond it":        {time.Minute, grace, 2},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				l.vt.Latency = c.latency
				l.timeout = 2 * time.Minute
				l.push(1, site(1))
				r := l.start()
				l.sleep(5 * time.Second)
				if took := r.stop(); took < c.took || took > c.took+time.Second {
					l.Errorf("stopping took %v, want %v", took, c.took)
				}
				r = l.start()
				l.drained(2 * time.Minute)
				r.stop()
				l.answered(1)
				if got := l.vt.Lookups(); got != c.requests {
					l.Errorf("%d requests, want %d", got, c.requests)
				}
			})
		})
	}
}

func TestStoppingInAnOutage(t *testing.T) {
	inLab(t, func(l *lab) {
		l.failsFor(time.Hour, simulator.Transient())
		l.pushSites(8)
		r := l.start()
		l.sleep(20 * time.Minute)
		if took := r.stop(); took > time.Second {
			l.Errorf("stopping took %v, want at once", took)
		}
		if n := l.messages(stream.Jobs); n != 8 {
			l.Errorf("%d jobs are left, want all", n)
		}
		l.sleep(time.Hour)
		r = l.start()
		l.drained(time.Minute)
		if took := r.stop(); took > time.Second {
			l.Errorf("stopping an idle worker took %v, want at once", took)
		}
		l.answered(8)
	})
}

func TestACrashBeforeTheAnswerCostsOneMoreRequest(t *testing.T) {
	inLab(t, func(l *lab) {
		l.vt.Latency = 10 * time.Second
		l.push(1, site(1))
		r := l.start()
		l.sleep(5 * time.Second)
		r.crash()
		r = l.start()
		l.drained(2 * time.Minute)
		r.stop()
		l.answered(1)
		if got := l.vt.Lookups(); got != 2 {
			l.Errorf("%d requests, want 2", got)
		}
	})
}

func TestACrashBehindTheVerdictCostsNone(t *testing.T) {
	inLab(t, func(l *lab) {
		l.push(1, site(1))
		r := l.start()
		l.drained(time.Minute)
		r.stop()
		l.push(1, site(1)) // As if its ack had never come.
		r = l.start()
		l.drained(time.Minute)
		r.stop()
		l.answered(1)
		if got := l.vt.Lookups(); got != 1 {
			l.Errorf("%d requests, want 1", got)
		}
	})
}

func TestCrashesLoseNothing(t *testing.T) {
	inLab(t, func(l *lab) {
		const jobs, crashes = 40, 10
		l.pushSites(jobs)
		for i := range crashes {
			r := l.start()
			l.sleep(time.Duration(30+70*i%190) * time.Millisecond)
			r.crash()
		}
		r := l.start()
		l.drained(5 * time.Minute)
		r.stop()
		l.answered(jobs)
		if got := l.vt.Lookups(); got > jobs+4*crashes {
			l.Errorf("%d requests for %d jobs, want at most one more for each that was under way at a crash", got, jobs)
		}
	})
}

func TestAConsumerThatIsDeleted(t *testing.T) {
	inLab(t, func(l *lab) {
		l.quota = 1
		l.pushSites(3)
		r := l.start()
		l.sleep(10 * time.Second) // Two jobs wait for a permit.
		if err := l.js.DeleteConsumer(l.Context(), stream.Jobs, stream.LookupConsumer(wire.Refresh, provider.VirusTotal)); err != nil {
			l.Fatalf("deleting a consumer: %v", err)
		}
		began := time.Now()
		if err := <-r.ended; err == nil {
			l.Error("Run = nil without its consumer, want an error")
		}
		if took := time.Since(began); took > time.Minute {
			l.Errorf("Run returned after %v, want the jobs in hand to be given back", took)
		}
		r.nc.Close()
	})
}

func TestAConsumerThatIsMissing(t *testing.T) {
	inLab(t, func(l *lab) {
		if err := l.js.DeleteConsumer(l.Context(), stream.Jobs, stream.LookupConsumer(wire.Refresh, provider.VirusTotal)); err != nil {
			l.Fatalf("deleting a consumer: %v", err)
		}
		l.pushSites(3)
		r := l.start()
		if err := <-r.ended; err == nil {
			l.Error("Run = nil without its consumer, want an error")
		}
		l.sleep(time.Minute)
		if got := l.vt.Lookups(); got > 0 {
			l.Errorf("%d requests by a worker that did not start", got)
		}
		r.nc.Close()
	})
}
