package lookup_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/lookup"
	"vtq.internal/shared/fleet"
	"vtq.internal/shared/provider"
	"vtq.internal/shared/simulator/spoil"
	simulator "vtq.internal/shared/simulator/virustotal"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
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
		"no answer, no quota":                {0, spoil.ConnectionReset(), time.Hour},
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
				if open := r.counted()["vtq_breaker_open{virustotal}"]; open != 1 {
					l.Errorf("vtq_breaker_open = %v in the outage, want 1", open)
				}
				l.drained(20 * time.Minute)
				l.answered(jobs)
				if open := r.counted()["vtq_breaker_open{virustotal}"]; open != 0 {
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
		l.failsFor(time.Hour, spoil.SlowBody(time.Minute)) // The client gives up after 20 s.
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
		if l.logs.count(`"level":"error"`, "provider refuses the API key", "denied") == 0 {
			l.Errorf("the log does not say it loudly:\n%s", l.logs.text())
		}
		if n := l.logs.count(simulator.DefaultKey); n > 0 {
			l.Error("the log repeats the key")
		}
		const denied = "vtq_credentials_denied{virustotal}{lookup}"
		if got := r.counted(); got[denied] != 1 || got["vtq_breaker_open{virustotal}"] != 1 {
			l.Errorf("%s = %v while the key is refused, want 1, and an open breaker", denied, got[denied])
		}
		l.drained(6 * time.Minute)
		if got := r.counted(); got[denied] != 0 || got["vtq_breaker_open{virustotal}"] != 0 {
			l.Errorf("%s = %v when the key works again, want 0, and a closed breaker", denied, got[denied])
		}
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

// TestTooManyRequestsInSpiteOfAPermit tells both figures, since one of them is wrong: somebody else uses the key.
func TestTooManyRequestsInSpiteOfAPermit(t *testing.T) {
	inLab(t, func(l *lab) {
		l.vt.Keys = map[string]simulator.Key{simulator.DefaultKey: {Limits: simulator.PublicLimits()}}
		l.public = true
		r := l.start()
		l.sleep(10 * time.Minute) // Away from midnight, when nothing is compared.
		l.spendByHand(3)
		l.pushSites(4)
		l.drained(15 * time.Minute)
		r.stop()
		l.answered(4)
		if refused := r.counted()["vtq_quota_refused_total{virustotal}"]; refused < 1 || refused > 3 {
			t.Errorf("vtq_quota_refused_total = %v, want 1 to 3", refused)
		}
		if n := l.logs.count(`"level":"warn"`, "though our count left room", `"counted_day":`, `"provider_day":`); n < 1 || n > 2 {
			t.Errorf("%d warnings name both figures, want one a minute at most:\n%s", n, l.logs.text())
		}
	})
}

// TestAnAnswerSaysThatNothingRemains before it comes to a 429.
func TestAnAnswerSaysThatNothingRemains(t *testing.T) {
	inLab(t, func(l *lab) {
		l.vt.Keys = map[string]simulator.Key{simulator.DefaultKey: {Limits: simulator.PublicLimits()}}
		l.vt.RateHeaders = true
		l.spendByHand(2)
		l.quota = 600 // Far from true.
		l.config.Concurrency = 1
		l.pushSites(10)
		r := l.start()
		l.drained(10 * time.Minute)
		r.stop()
		l.answered(10)
		if rejected := l.vt.Requests().Outcome(simulator.Rejected); rejected > 0 {
			t.Errorf("%d requests were rejected, want none", rejected)
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

// TestAFleetInAnOutage lets three workers share a public key, whose page of quotas is down with the rest. One of them starts anew in the
// middle, as if it had been moved.
func TestAFleetInAnOutage(t *testing.T) {
	refused := simulator.ErrorBody(http.StatusUnauthorized, "WrongCredentialsError", "Wrong API key: "+simulator.DefaultKey)
	refused.Uncounted = true
	cases := map[string]struct {
		fault  *simulator.Fault
		page   bool // The page of quotas is there.
		outage time.Duration
		late   time.Duration // How long behind its end there is full speed: without a page one interval between probes.
	}{
		"down, with a page":           {simulator.Transient(), true, 4 * time.Hour, 30 * time.Second},
		"down, without a page":        {simulator.Transient(), false, 40 * time.Minute, time.Hour},
		"key revoked, with a page":    {refused, true, 40 * time.Minute, 30 * time.Second},
		"key revoked, without a page": {refused, false, 4 * time.Hour, time.Hour},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				const before = 10 * time.Minute
				outage := c.outage
				l.public, l.pageless = true, !c.page
				l.pushSites(200)
				began := time.Now()
				down := func() bool { return time.Since(began) >= before && time.Since(began) < before+outage }
				l.vt.Fail = func(*http.Request) *simulator.Fault {
					if down() {
						return c.fault
					}
					return nil
				}
				workers := []*run{l.start(), l.start(), l.start()}
				l.sleep(before)
				asked := l.vt.Lookups()
				l.sleep(outage / 2)
				workers[0].stop()
				workers[0] = l.start()
				l.sleep(outage/2 - time.Second)
				trip := 5 * len(workers) // Each may meet it by itself, before it hears of it.
				if got := l.vt.Lookups() - asked; got > trip+5 {
					t.Errorf("%d requests in the outage, want %d until it is known and five probes at most, a hundredth of the day", got, trip)
				}
				answered := l.messages(stream.Verdicts)
				l.sleep(time.Second + c.late)
				l.sleep(time.Minute)
				if got := l.messages(stream.Verdicts) - answered; got < 3 {
					t.Errorf("%d answers in the minute behind the end of the outage, want full speed: 4, or 3 by where the minute begins", got)
				}
				for _, w := range workers {
					w.stop()
				}
				if dead := l.messages(stream.DeadLetters); dead > 0 {
					t.Errorf("%d dead letters, want none", dead)
				}
				if got := l.vt.Requests().Outcome(simulator.Rejected); got > 0 {
					t.Errorf("%d requests were refused for the quota, want none", got)
				}
			})
		})
	}
}

// TestConsumersArePaused in an outage, for all workers: nobody takes a job that could not be asked about.
func TestConsumersArePaused(t *testing.T) {
	inLab(t, func(l *lab) {
		l.failsFor(time.Hour, simulator.Transient())
		l.public = true
		l.pushSites(100)
		r := l.start()
		l.sleep(10 * time.Minute)
		for _, lane := range wire.Lanes() {
			consumer, err := l.js.Consumer(l.Context(), stream.LaneStream(lane), stream.LookupConsumer(lane, provider.VirusTotal))
			if err != nil {
				t.Fatal(err)
			}
			if !consumer.CachedInfo().Paused {
				t.Errorf("the consumer of lane %s is not paused", lane)
			}
		}
		l.sleep(51 * time.Minute)
		consumer, err := l.js.Consumer(l.Context(), stream.Jobs, stream.LookupConsumer(wire.Fresh, provider.VirusTotal))
		if err != nil {
			t.Fatal(err)
		}
		if consumer.CachedInfo().Paused {
			t.Errorf("the consumer is still paused behind the outage, for %v", consumer.CachedInfo().PauseRemaining)
		}
		r.stop()
	})
}

// TestASpentDayPausesTheLane, and a raised limit ends that with the next start.
func TestASpentDayPausesTheLane(t *testing.T) {
	inLab(t, func(l *lab) {
		l.limits = lookup.Quota{Day: 5}
		l.pushSites(12)
		r := l.start()
		l.sleep(10 * time.Minute)
		if got := l.vt.Lookups(); got != 5 {
			t.Errorf("%d requests, want the 5 of the day", got)
		}
		consumer := func() *jetstream.ConsumerInfo {
			c, err := l.js.Consumer(l.Context(), stream.Jobs, stream.LookupConsumer(wire.Fresh, provider.VirusTotal))
			if err != nil {
				t.Fatal(err)
			}
			return c.CachedInfo()
		}
		if info := consumer(); !info.Paused || info.PauseRemaining < 23*time.Hour {
			t.Errorf("the consumer is paused %v for %v, want until midnight", info.Paused, info.PauseRemaining)
		}
		r.stop()
		l.limits = lookup.Quota{Day: 20}
		r = l.start()
		l.drained(30 * time.Minute)
		r.stop()
		l.answered(12)
		if consumer().Paused {
			t.Error("the consumer is paused though the day has some left")
		}
	})
}

// TestALimitThatIsRaisedInARollingRestart: an old worker meets its old limit behind the new one's start, and pauses the lane once more.
func TestALimitThatIsRaisedInARollingRestart(t *testing.T) {
	inLab(t, func(l *lab) {
		l.vt.Latency = 10 * time.Second // So that there is something left for the old one to meet.
		l.limits = lookup.Quota{Day: 5}
		l.pushSites(18)
		old := l.start()
		l.sleep(time.Minute)
		l.limits = lookup.Quota{Day: 100}
		l.config.Concurrency = 1
		raised := l.start()
		l.sleep(20 * time.Second)
		workers, err := fleet.Open(l.Context(), l.js, wire.Account{Provider: provider.VirusTotal, Name: "main"}, []fleet.Route{{Name: provider.VirusTotal}}, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		if err := workers.Spend(l.Context(), wire.Fresh, 20*time.Hour); err != nil { // As the old one does.
			t.Fatal(err)
		}
		old.stop()
		l.drained(30 * time.Minute)
		raised.stop()
		l.answered(18)
	})
}
