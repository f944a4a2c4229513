package vtq_test

import (
	"context"
	"testing"
	"time"

	"vtq.internal/shared/indicator"
	"vtq.internal/shared/simulator/dataset"
	"vtq.internal/shared/verdict"
)

// outage is for how long NATS is away in these tests: longer than any AckWait, and than anybody waits for an answer.
const outage = 10 * time.Minute

// TestAnOutageOfNATSHeals stops the server in the middle of the work and starts it again on what it has stored. The pipeline is not
// touched, and goes on.
func TestAnOutageOfNATSHeals(t *testing.T) {
	want := undisturbed(t, nil)
	cases := map[string]struct {
		from demise // Nobody dies of it.
		harm func(*morgue)
	}{
		"in a walk":             {demise{"a page is read", 3, lives}, (*morgue).restartNATS},
		"while jobs come in":    {demise{"a job is published", 4, lives}, (*morgue).restartNATS},
		"while a permit is got": {demise{"a slot is taken", 3, lives}, (*morgue).restartNATS},
		"in a lookup":           {demise{"the provider is asked", 3, lives}, (*morgue).restartNATS},
		"in a write":            {demise{"ThreatQ is written", 2, lives}, (*morgue).restartNATS},
		"before the ledger":     {demise{"an entry of the ledger is kept", 3, lives}, (*morgue).restartNATS},
		"again and again":       {demise{"the provider is asked", 1, lives}, (*morgue).flapNATS},
		"connections are cut":   {demise{"a job is published", 1, lives}, (*morgue).cutOff},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inMorgue(t, func(m *morgue) {
				m.arm(c.from)
				r := m.startIn(m.process)
				r.settle(1) // There is nothing yet: all stages are at work before the harm comes.
				m.fill()
				<-m.reached
				c.harm(m)
				r.settle(r.walks() + 1)
				r.stop()
				m.endsAs(want)
			}, nil)
		})
	}
}

// TestAnOutageOfNATSAtIdleIsNotNoticed has nothing to do before it, and something afterwards.
func TestAnOutageOfNATSAtIdleIsNotNoticed(t *testing.T) {
	inMorgue(t, func(m *morgue) {
		m.arm(demise{})
		m.fill()
		r := m.startIn(m.process)
		r.settle(1)
		lookups, writes := m.vt.Lookups(), m.tq.Writes()
		m.restartNATS()
		m.pass(outage)
		if got := m.vt.Lookups() - lookups; got != 0 {
			t.Errorf("the outage cost %d requests to the provider, want 0", got)
		}
		if got := m.tq.Writes() - writes; got != 0 {
			t.Errorf("the outage cost %d writes to ThreatQ, want 0", got)
		}
		site := dataset.Recipe{Kind: indicator.Domain, Object: "after-the-outage.com", Class: verdict.ClassMalicious}
		id := m.add(dataset.Item{Type: "FQDN", Value: site.Object, Report: dataset.Report(site)})[0]
		r.settle(r.walks() + 2) // A walk may be under way that has passed it.
		r.stop()
		if got := m.attributes(id)["Verdict"]; got != string(verdict.ClassMalicious) {
			t.Errorf("an indicator that came after the outage has verdict %q, want %q", got, verdict.ClassMalicious)
		}
		m.spentWell()
	}, nil)
}

// restartNATS has the server away for a while.
func (m *morgue) restartNATS() { m.away(outage) }

func (m *morgue) away(d time.Duration) {
	m.server.Stop()
	m.bury()
	m.pass(d)
	m.server.Start()
}

// flapNATS has the server come and go.
func (m *morgue) flapNATS() {
	for began := time.Now(); time.Since(began) < outage; m.pass(11 * time.Second) {
		m.away(17 * time.Second)
	}
}

// cutOff cuts the connections again and again, under a server that is well.
func (m *morgue) cutOff() {
	for began := time.Now(); time.Since(began) < outage; m.pass(7 * time.Second) {
		m.process.cut()
		m.bury()
	}
}

// walks tells how many walks have ended, as soon as the pipeline has found the server again.
func (r *run) walks() int {
	r.w.t.Helper()
	var last error
	for began := time.Now(); time.Since(began) < time.Minute; r.w.pass(time.Second) {
		p, err := r.Progress(context.Background())
		if err == nil {
			return p.Walks
		}
		last = err
	}
	r.w.t.Fatalf("the pipeline does not find the server again: %v", last)
	return 0
}
