package lookup_test

import (
	"net/http"
	"testing"
	"time"

	simulator "vtq.internal/shared/simulator/virustotal"
	"vtq.internal/shared/stream"
)

// failsFor lets the provider fail for a while from now on. It comes before the first request.
func (l *lab) failsFor(d time.Duration, fault *simulator.Fault) {
	until := time.Now().Add(d)
	l.vt.Fail = func(*http.Request) *simulator.Fault {
		if time.Now().Before(until) {
			return fault
		}
		return nil
	}
}

func TestAHiccup(t *testing.T) {
	inLab(t, func(l *lab) {
		l.failsFor(time.Second, simulator.BadGateway())
		l.pushSites(3)
		r := l.start()
		l.drained(time.Minute)
		r.stop()
		l.answered(3)
		if got := l.vt.Requests().Total(); got != 6 {
			l.Errorf("%d requests, want two for each job", got)
		}
		if n := l.logs.count(`"outcome":"transient"`, `"settle":"nak"`, `"level":"warn"`); n != 3 {
			l.Errorf("%d lines of a job that comes again, want 3:\n%s", n, l.logs.text())
		}
	})
}

func TestTheProviderIsDownForHours(t *testing.T) {
	cases := map[string]struct {
		quota  int
		fault  *simulator.Fault
		outage time.Duration
	}{
		"503, a public quota":                {4, simulator.Transient(), 4 * time.Hour},
		"a front end's page, a public quota": {4, simulator.BadGateway(), time.Hour},
		"no answer, no quota":                {0, simulator.ConnectionReset(), time.Hour},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				const jobs = 30
				l.quota = c.quota
				l.failsFor(c.outage, c.fault)
				l.pushSites(jobs)
				r := l.start()
				l.sleep(c.outage - time.Second)
				inFlight := 3 // Without a quota four were asked about at once, and the fifth failure opened.
				if got, most := l.vt.Requests().Total(), 5+inFlight+6+int(c.outage/(5*time.Minute)); got < 10 || got > most {
					l.Errorf("%d requests in %v of outage, want five, a few, and one in five minutes: %d", got, c.outage, most)
				}
				if n := l.messages(stream.Jobs); n != jobs {
					l.Errorf("%d jobs wait in the outage, want %d", n, jobs)
				}
				if open := r.counted()["vtq_breaker_open"]; open != 1 {
					l.Errorf("vtq_breaker_open = %v in the outage, want 1", open)
				}
				l.drained(20 * time.Minute)
				l.answered(jobs)
				if open := r.counted()["vtq_breaker_open"]; open != 0 {
					l.Errorf("vtq_breaker_open = %v afterwards, want 0", open)
				}
				r.stop()
				if n := l.logs.count(`"outcome":"transient"`); n > 8 {
					l.Errorf("%d deliveries were counted against jobs, want those before it opened at most", n)
				}
			})
		})
	}
}

func TestAHangingProvider(t *testing.T) {
	inLab(t, func(l *lab) {
		l.failsFor(time.Hour, simulator.SlowBody(time.Minute)) // The client gives up after 20 s.
		l.pushSites(10)
		r := l.start()
		l.drained(90 * time.Minute)
		r.stop()
		l.answered(10)
	})
}

func TestTheKeyIsRefusedForAWhile(t *testing.T) {
	refused := simulator.ErrorBody(http.StatusUnauthorized, "WrongCredentialsError", "Wrong API key: "+simulator.DefaultKey)
	refused.Uncounted = true
	inLab(t, func(l *lab) {
		l.quota = 60
		l.failsFor(time.Hour, refused)
		l.pushSites(10)
		r := l.start()
		l.sleep(time.Hour - time.Second)
		if got := l.vt.Requests().Total(); got > 25 {
			l.Errorf("%d requests with a refused key in an hour, want a probe in five minutes", got)
		}
		if l.logs.count(`"level":"error"`, "provider not asked for now", "denied") == 0 {
			l.Errorf("the log does not say it loudly:\n%s", l.logs.text())
		}
		if n := l.logs.count(simulator.DefaultKey); n > 0 {
			l.Error("the log repeats the key")
		}
		l.drained(6 * time.Minute)
		r.stop()
		l.answered(10)
		if n := l.logs.count(`"settle":"nak"`); n > 0 {
			l.Errorf("%d jobs were given back, want all to stay in hand", n)
		}
	})
}

// TestTooManyRequests lets a worker that knows no limit meet one.
func TestTooManyRequests(t *testing.T) {
	inLab(t, func(l *lab) {
		l.vt.Keys = map[string]simulator.Key{simulator.DefaultKey: {Limits: simulator.PublicLimits()}}
		l.pushSites(12)
		r := l.start()
		l.drained(15 * time.Minute)
		r.stop()
		l.answered(12)
		if rejected := l.vt.Requests().Outcome(simulator.Rejected); rejected == 0 || rejected > 12 {
			l.Errorf("%d requests were rejected, want some, and not one a second", rejected)
		}
		if n := l.logs.count(`"settle":"nak"`); n > 0 {
			l.Errorf("%d jobs were given back, want all to stay in hand", n)
		}
	})
}

func TestATimeToComeBackIsObeyed(t *testing.T) {
	inLab(t, func(l *lab) {
		l.vt.Keys = map[string]simulator.Key{simulator.DefaultKey: {Limits: simulator.Limits{Day: 2}}}
		l.vt.RetryAfter = simulator.RetryAfterSeconds
		l.vt.Now = func() time.Time { return time.Now().Add(23 * time.Hour) } // A bubble begins at midnight.
		l.pushSites(4)
		r := l.start()
		l.drained(3 * time.Hour)
		r.stop()
		l.answered(4)
		if rejected := l.vt.Requests().Outcome(simulator.Rejected); rejected > 4 {
			l.Errorf("%d requests were rejected, want none but those under way", rejected)
		}
	})
}
