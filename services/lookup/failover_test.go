package lookup_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/lookup"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/provider"
	simulator "vtq.internal/shared/simulator/virustotal"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/testkit"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/virustotal"
	"vtq.internal/shared/wire"
)

// second is the provider that is asked when the first cannot be.
const second = provider.ReversingLabs

// A pair is a lab with a second provider, and a route on which both are, the lab's own first.
type pair struct {
	*lab
	route provider.Route
	other *simulator.Server
	run   *run

	patient *patient
}

// patient is the first provider, with a time after which it wants to be asked again, if any.
type patient struct {
	client  *virustotal.Client
	left    atomic.Int64
	refused atomic.Int64
}

func (p *patient) Look(ctx context.Context, object indicator.Object) (verdict.Verdict, error) {
	if left := time.Duration(p.left.Load()); left > 0 {
		p.refused.Add(1)
		return verdict.Verdict{}, fault.After(fault.Quota, left, errors.New("later"))
	}
	return p.client.Look(ctx, object)
}

func inPair(t *testing.T, quota lookup.Quota, f func(p *pair)) {
	t.Helper()
	inLab(t, func(l *lab) {
		other := &simulator.Server{Keys: map[string]simulator.Key{simulator.DefaultKey: {}}, Latency: 100 * time.Millisecond}
		transport, stop := testkit.Serve(t, other)
		defer stop()
		client, err := virustotal.New(virustotal.Config{
			BaseURL: "http://reversinglabs.test/api/v3", APIKey: simulator.DefaultKey, Tool: "vtq/test", Transport: transport,
		})
		if err != nil {
			t.Fatal(err)
		}
		p := &pair{lab: l, route: provider.RouteOf(provider.VirusTotal, second), other: other, patient: &patient{client: l.client()}}
		p.setUp()
		l.limits = quota
		l.more = func(o *lookup.Options) {
			o.Providers[0].Looker = p.patient
			o.Providers = append(o.Providers, lookup.Provider{Name: second, Looker: client, Account: "main"})
			o.Routes = []provider.Route{p.route}
		}
		p.run = l.start()
		defer func() { p.run.stop() }() // Whichever runs by then.
		f(p)
	})
}

// setUp creates the consumers of the route.
func (p *pair) setUp() {
	p.Helper()
	all, err := stream.NewTopology(stream.Options{Routes: []string{p.route.Name, provider.VirusTotal}, VerdictAge: 60 * day})
	if err != nil {
		p.Fatal(err)
	}
	if err := stream.Ensure(p.Context(), p.js, all); err != nil {
		p.Fatal(err)
	}
}

// ask asks about names from one number to another, for indicators of the same numbers.
func (p *pair) ask(from, to int) {
	p.Helper()
	for n := from; n <= to; n++ {
		body, err := wire.EncodeJob(wire.Job{
			Created: time.Now().UTC(), Indicator: indicator.Indicator{ID: int64(n), Type: "FQDN", Value: site(n).Value}, Object: site(n),
		})
		if err != nil {
			p.Fatal(err)
		}
		p.store(wire.JobAddress{Lane: wire.Fresh, Route: p.route.Name, Key: site(n).Key(), ID: int64(n)}.Subject(), body)
	}
}

// by counts who has answered the names from one number to another, each of which has to have one answer.
func (p *pair) by(from, to int) map[string]int {
	p.Helper()
	got := map[string]int{}
	for n := from; n <= to; n++ {
		answers := 0
		for _, name := range p.route.Providers {
			at := wire.VerdictAddress{Provider: name, Key: site(n).Key(), ID: int64(n)}
			if _, err := p.stream(stream.Verdicts).GetLastMsgForSubject(p.Context(), at.Subject()); err == nil {
				got[name]++
				answers++
			}
		}
		if answers != 1 {
			p.Errorf("name %d has %d answers, want one", n, answers)
		}
	}
	return got
}

func (p *pair) wantBy(from, to int, want string) {
	p.Helper()
	if got := p.by(from, to); got[want] != to-from+1 {
		p.Errorf("names %d to %d were answered by %v, want all by %s", from, to, got, want)
	}
}

// asked are the requests that both have had.
func (p *pair) asked() int { return p.vt.Lookups() + p.other.Lookups() }

func TestADaySpentFailsOver(t *testing.T) {
	inPair(t, lookup.Quota{Requests: 60, Day: 20}, func(p *pair) {
		p.ask(1, 50)
		p.drained(time.Hour)
		if got := p.by(1, 50); got[provider.VirusTotal] != 20 || got[second] != 30 {
			p.Errorf("answers by %v, want 20 of the first, and the rest of the second", got)
		}
		if p.asked() != 50 {
			p.Errorf("%d requests, want 50: nothing is asked twice", p.asked())
		}
		if paused := p.consumer().CachedInfo().Paused; paused {
			p.Error("the route is paused, though somebody answers")
		}
		p.sleep(24 * time.Hour)
		p.ask(51, 60)
		p.drained(time.Hour)
		p.wantBy(51, 60, provider.VirusTotal)
		p.ask(1, 5) // As after a redelivery.
		p.drained(time.Hour)
		if p.asked() != 60 {
			p.Errorf("%d requests, want 60: who has answered is not asked again, nor anybody else", p.asked())
		}
		want := map[string]float64{`vtq_lookup_failovers_total{virustotal}{reversinglabs}`: 1, `vtq_lookup_failovers_total{reversinglabs}{virustotal}`: 1}
		for name, n := range want {
			if got := p.run.counted()[name]; got != n {
				p.Errorf("%s = %v, want %v", name, got, n)
			}
		}
		if log := p.logs.text(); strings.Count(log, "jobs go to another provider") != 2 {
			p.Errorf("the log does not tell of both changes:\n%s", log)
		}
	})
}

func (p *pair) consumer() jetstream.Consumer {
	p.Helper()
	c, err := p.js.Consumer(p.Context(), stream.Jobs, stream.LookupConsumer(wire.Fresh, p.route.Name))
	if err != nil {
		p.Fatal(err)
	}
	return c
}

func TestAnOutageFailsOver(t *testing.T) {
	faults := map[string]simulator.Fault{
		"down":     *simulator.ErrorBody(http.StatusServiceUnavailable, "TransientError", "later"),
		"key gone": *simulator.ErrorBody(http.StatusUnauthorized, "WrongCredentialsError", "wrong key"),
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			inPair(t, lookup.Quota{}, func(p *pair) {
				p.vt.Fail = func(*http.Request) *simulator.Fault { return &fault }
				p.ask(1, 30)
				p.drained(time.Hour)
				p.wantBy(1, 30, second)
				if n := p.messages(stream.DeadLetters); n != 0 {
					p.Errorf("%d dead letters", n)
				}
				p.vt.Fail = nil
				p.sleep(2 * time.Hour)
				p.ask(31, 31) // Which probes.
				p.drained(time.Hour)
				p.ask(32, 50)
				p.drained(time.Hour)
				p.wantBy(32, 50, provider.VirusTotal)
			})
		})
	}
}

// TestBothAreOut has the route paused until the first of the two comes back.
func TestBothAreOut(t *testing.T) {
	inPair(t, lookup.Quota{}, func(p *pair) {
		down := func(*http.Request) *simulator.Fault { return simulator.Transient() }
		p.vt.Fail, p.other.Fail = down, down
		p.ask(1, 20)
		p.sleep(30 * time.Minute)
		if !p.consumer().CachedInfo().Paused {
			p.Error("the route is not paused, though nobody answers")
		}
		p.other.Fail = nil
		p.drained(4 * time.Hour)
		p.wantBy(1, 20, second)
		if n := p.messages(stream.DeadLetters); n != 0 {
			p.Errorf("%d dead letters", n)
		}
	})
}

// TestALongHoldFailsOver has the first provider say when it wants to be asked again, hours away.
func TestALongHoldFailsOver(t *testing.T) {
	inPair(t, lookup.Quota{}, func(p *pair) {
		p.patient.left.Store(int64(3 * time.Hour))
		p.ask(1, 10)
		p.drained(time.Minute)
		p.wantBy(1, 10, second)
		before := p.patient.refused.Load()
		p.ask(11, 20)
		p.drained(time.Minute)
		p.wantBy(11, 20, second)
		if after := p.patient.refused.Load(); before == 0 || after != before {
			p.Errorf("%d requests were refused before the hold, %d during it; want some, and none", before, after-before)
		}
		p.patient.left.Store(0)
		p.sleep(3*time.Hour + time.Minute)
		p.ask(21, 30)
		p.drained(time.Minute)
		p.wantBy(21, 30, provider.VirusTotal)
	})
}

// TestJobsOfAFormerRouteAreAnswered leaves jobs on the route that the settings had before.
func TestJobsOfAFormerRouteAreAnswered(t *testing.T) {
	inPair(t, lookup.Quota{}, func(p *pair) {
		p.pushSites(3)
		p.drained(time.Minute)
		p.answered(3)
	})
}

// TestAKindThatADeskDoesNotAnswer has the second provider answer files alone: names on its route wait for the first, and where there is no
// first they stay, and are no dead letters.
func TestAKindThatADeskDoesNotAnswer(t *testing.T) {
	inPair(t, lookup.Quota{Requests: 60, Day: 5}, func(p *pair) {
		p.run.stop()
		p.more = func(o *lookup.Options) {
			o.Providers = append(o.Providers, lookup.Provider{
				Name: second, Looker: p.patient, Account: "main", Kinds: []indicator.Kind{indicator.File},
			})
			o.Routes = []provider.Route{p.route}
		}
		p.run = p.start()
		p.ask(1, 10)
		p.sleep(6 * time.Hour)
		if n := p.messages(stream.Jobs); n != 5 || p.messages(stream.DeadLetters) != 0 {
			p.Errorf("%d jobs wait and %d are dead, want the five beyond the day, and none", n, p.messages(stream.DeadLetters))
		}
		p.sleep(24 * time.Hour)
		p.wantBy(1, 10, provider.VirusTotal)
	})
}
