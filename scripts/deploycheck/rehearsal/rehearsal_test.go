package rehearsal_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"vtq.internal/scripts/deploycheck/rehearsal"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/testkit/trespass"
)

// patience bounds the wait for a fact: what a killed writer had in hand comes again after a minute, and the machine may be busy.
const patience = 5 * time.Minute

// TestRehearsal plays a cluster's life: it is installed, works, loses processes and a server, is rolled from end to end while it works,
// and is tempted in the end. ThreatQ must not show any of it.
func TestRehearsal(t *testing.T) {
	if os.Getenv("REHEARSE") == "" {
		t.Skip("builds and runs a dozen processes for two minutes: set REHEARSE=1")
	}
	p := newPlay(t, size(t))
	want := p.undisturbed()

	p.cluster()
	p.install()
	p.world.Arrive(p.third)
	p.hire("producer", 2)
	p.hire("lookup", 4)
	p.hire("writer", 2)
	p.helmTest()

	p.whenAsked(10, "kill -9 of a lookup", p.kill("lookup", 0, nil))
	p.whenAsked(15, "kill -9 of a writer", p.kill("writer", 0, nil))
	p.whenAsked(20, "more indicators, and kill -9 of a producer", p.kill("producer", 0, func() { p.world.Arrive(p.third) }))
	p.whenAsked(30, "kill -9 of another lookup", p.kill("lookup", 1, nil))
	p.whenAsked(35, "the last indicators, and kill -9 of the server that leads the jobs", func(ctx context.Context) error {
		p.world.Arrive(len(p.items))
		return p.killLeader(ctx, stream.Jobs)
	})
	p.whenAsked(45, "a rollout of every stage", func(ctx context.Context) error {
		for _, stage := range rehearsal.Stages() {
			if err := p.fleet.Roll(ctx, stage); err != nil {
				return err
			}
		}
		return nil
	})
	p.whenAsked(55, "a rollout of the servers", p.rollServers)
	p.finish(want)
	p.tempt(trespass.All())
	if err := p.fleet.Dismiss(); err != nil {
		t.Error(err)
	}
	t.Logf("the rehearsal took %v\n%s", time.Since(p.began).Round(time.Second), p.table())
}

// size is how many indicators there are.
func size(t *testing.T) int {
	t.Helper()
	text := os.Getenv("REHEARSE_INDICATORS")
	if text == "" {
		return 200
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 100 {
		t.Fatalf("REHEARSE_INDICATORS=%s: want a number of 100 or more, so that there is work to disturb", text)
	}
	return n
}

// whenAsked does something as soon as the provider has been asked about this many percent of the objects.
func (p *play) whenAsked(percent int, what string, do func(context.Context) error) {
	p.t.Helper()
	after := p.objects * percent / 100
	p.await(p.t.Context(), what+", its moment", func(context.Context) error {
		if err := p.yard.Sound(); err != nil {
			return err
		}
		if n := p.world.VirusTotal.Lookups(); n < after {
			return fmt.Errorf("%d of %d requests", n, after)
		}
		return nil
	})
	at, begin := p.world.VirusTotal.Lookups(), time.Now()
	if err := do(p.t.Context()); err != nil {
		p.fatal("%s: %v", what, err)
	}
	p.t.Logf("%5.1f s: %s, at request %d of %d; took %.1f s, until request %d", begin.Sub(p.began).Seconds(), what, at, p.objects,
		time.Since(begin).Seconds(), p.world.VirusTotal.Lookups())
}

// kill is a kill of a replica.
func (p *play) kill(stage string, i int, bring func()) func(context.Context) error {
	return func(ctx context.Context) error { return p.fleet.Kill(ctx, stage, i, bring) }
}
