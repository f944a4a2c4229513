package scaling_test

import (
	"testing"

	"vtq.internal/services/lookup"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/provider"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// backlog is enough for some replicas of the target below, and far from enough for a stream's bound.
const backlog, target = 1000, 250

// held starts a worker that never gets an answer, on a backlog: what is in hand stays in hand.
func held(l *lab, quota lookup.Quota) *worker {
	l.Helper()
	vt := l.provide(provider.VirusTotal, quota)
	vt.held.Store(true)
	w := l.work(vt)
	l.push(wire.Fresh, provider.VirusTotal, backlog)
	l.until("jobs in hand", func() bool { _, hand := l.lag(stream.Jobs, "lookup-fresh-virustotal"); return hand == 4 })
	w.scrape()
	return w
}

// TestReplicasFollowTheBacklog as long as there is a budget for it.
func TestReplicasFollowTheBacklog(t *testing.T) {
	l := newLab(t).setUp(provider.VirusTotal, both)
	idle := l.scaled("lookup", sized(target, 4))
	l.want(idle, 1, "without jobs and without a lookup")
	held(l, lookup.Quota{Day: 100_000})
	l.want(l.scaled("lookup", sized(target, 4)), 4, "with 1,000 jobs for 250 each")
	l.want(l.scaled("lookup", sized(target+100, 4)), 3, "with 1,000 jobs for 350 each")
	l.want(l.scaled("lookup", sized(target, 2)), 2, "with as many as there may be")
	l.want(l.scaled("lookup"), 1, "with as many jobs as one does")
	l.want(l.scaled("lookup", sized(backlog-1, 4)), 2, "with 996 jobs that wait and 4 in hand")
	for before, push := range []func(){
		func() { l.push(wire.Urgent, provider.VirusTotal, 10) },
		func() { l.push(wire.Refresh, provider.VirusTotal, 10) },
		func() { l.push(wire.Fresh, both, 10) },
		func() { l.push(wire.Urgent, both, 10) },
		func() { l.push(wire.Refresh, both, 10) },
	} {
		keda := l.scaled("lookup", sized((backlog+10*before)/10, 99)) // Ten, until there are more jobs.
		l.want(keda, 10, "before jobs of another lane or route")
		push()
		l.want(keda, 11, "with jobs of another lane or route")
	}
}

// TestReplicasFollowTheBacklogWithoutLimits has no series of a quota.
func TestReplicasFollowTheBacklogWithoutLimits(t *testing.T) {
	l := newLab(t).setUp(provider.VirusTotal, both)
	w := held(l, lookup.Quota{Requests: 1000})
	if got := w.tells(`vtq_quota_remaining{window!="minute"}`); got != -1 {
		t.Fatalf("%v requests are left of days and months, want nothing told", got)
	}
	l.want(l.scaled("lookup", sized(target, 4)), 4, "with a limit of the minute alone")
	l.prometheus.Forget("vtq-lookup-1")
	l.want(l.scaled("lookup", sized(target, 4)), 1, "with no lookup that tells anything")
}

// TestASmallBudgetWantsFewReplicas although the backlog is large: what is left of month and day decides.
func TestASmallBudgetWantsFewReplicas(t *testing.T) {
	for name, c := range map[string]struct {
		quota lookup.Quota
		want  int
	}{
		"day":           {lookup.Quota{Day: 500, Month: 9000}, 2},
		"month":         {lookup.Quota{Day: 5000, Month: 500}, 2},
		"day and month": {lookup.Quota{Day: 700, Month: 500}, 2},
		"both suffice":  {lookup.Quota{Day: 5000, Month: 5000}, 4},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t).setUp(provider.VirusTotal, both)
			held(l, c.quota)
			l.want(l.scaled("lookup", sized(target, 4)), c.want, "with 1,000 jobs")
		})
	}
}

// spend starts a worker and has it ask about so much of a backlog as the day allows. What is kept for urgent jobs is left, unless it is the
// day's last hour.
func spend(l *lab, route string, services ...*service) *worker {
	l.Helper()
	w := l.work(services...)
	l.push(wire.Fresh, route, backlog)
	l.until("the day's end", func() bool {
		w.scrape()
		return w.tells(`vtq_permits_total{provider="virustotal",decision="spent"}`) > 0
	})
	return w
}

// TestASpentDayAddsNoReplicas with 600 jobs that wait, and were put back. What is kept of the day for urgent jobs is no budget of theirs.
func TestASpentDayAddsNoReplicas(t *testing.T) {
	l := newLab(t).setUp(provider.VirusTotal, both)
	w := spend(l, provider.VirusTotal, l.provide(provider.VirusTotal, lookup.Quota{Day: 400}))
	w.scrape()
	if got := w.tells(`vtq_quota_remaining{window="day"}`); got != 0 {
		t.Fatalf("%v requests are left of the day for the backlog, want none", got)
	}
	waiting, hand := l.lag(stream.Jobs, "lookup-fresh-virustotal")
	if lag := int(waiting) + hand; lag < backlog-400 {
		t.Fatalf("%d jobs wait, want 600 or more", lag)
	}
	l.want(l.scaled("lookup", sized(4, 9)), 1, "with 600 jobs and a day that is spent")
}

// TestTheOtherProvidersBudgetCounts for the route that both are on.
func TestTheOtherProvidersBudgetCounts(t *testing.T) {
	l := newLab(t).setUp(provider.VirusTotal, both)
	rl := l.provide(provider.ReversingLabs, lookup.Quota{Month: 30})
	rl.held.Store(true)
	rl.Kinds = []indicator.Kind{indicator.File}
	w := spend(l, both, l.provide(provider.VirusTotal, lookup.Quota{Day: 100}), rl)
	l.until("jobs at the other provider", func() bool {
		w.scrape()
		return w.tells(`vtq_quota_remaining{provider="reversinglabs"}`) == 26
	})
	l.want(l.scaled("lookup", sized(10, 9)), 3, "with 26 requests left of the other provider")
	l.want(l.scaled("lookup", sized(26, 9)), 1, "with as many left as one does")
}

// TestAnOutageAddsNoReplicas has the breaker open, and the consumer paused: jobs wait, and nobody may ask.
func TestAnOutageAddsNoReplicas(t *testing.T) {
	l := newLab(t).setUp(provider.VirusTotal, both)
	vt := l.provide(provider.VirusTotal, lookup.Quota{})
	vt.down.Store(true)
	w := l.work(vt)
	l.push(wire.Fresh, provider.VirusTotal, backlog)
	l.until("an open breaker", func() bool { w.scrape(); return w.tells("vtq_breaker_open") == 1 })
	l.want(l.scaled("lookup", sized(target, 4)), 1, "while the provider does not answer")
}

// TestWritersFollowTheVerdicts up to the two that the streams are made for.
func TestWritersFollowTheVerdicts(t *testing.T) {
	l := newLab(t).setUp(provider.VirusTotal, both)
	writer := l.scaled("writer")
	l.want(writer, 1, "without verdicts")
	js := l.jetStream("lookup")
	publish := func(from, n int) {
		t.Helper()
		for id := from; id < from+n; id++ {
			object := indicator.Object{Kind: indicator.File, Value: "00000000000000000000000000000000"}
			at := wire.VerdictAddress{Provider: provider.VirusTotal, Key: object.Key(), ID: int64(id)}
			if _, err := js.PublishAsync(at.Subject(), []byte("{}")); err != nil {
				t.Fatal(err)
			}
		}
		<-js.PublishAsyncComplete()
	}
	publish(1, stream.MaxBatch)
	l.want(writer, 1, "with a batch of verdicts")
	publish(stream.MaxBatch+1, 4*stream.MaxBatch)
	l.want(writer, 2, "with five batches")
	publish(5*stream.MaxBatch+1, 4*stream.MaxBatch)
	l.want(writer, 2, "with nine, and no more than two")
}

// TestNobodyAnswers has KEDA fall back after it asked in vain four times, and come back at once.
func TestNobodyAnswers(t *testing.T) {
	l := newLab(t)
	l.setUp(provider.VirusTotal)
	lookups, writers := l.scaled("lookup"), l.scaled("writer")
	for n := range 3 {
		if got, err := lookups.Replicas(t.Context()); err == nil {
			t.Errorf("Replicas() = %d the %d. time without the consumers of a route, want an error", got, n+1)
		}
	}
	l.want(lookups, 2, "the fourth time without the consumers of a route")
	l.setUp(provider.VirusTotal, both)
	l.want(lookups, 1, "with the consumers")
	l.server.Shutdown()
	for range 3 {
		if got, err := lookups.Replicas(t.Context()); err == nil {
			t.Errorf("Replicas() = %d soon after an answer, want an error", got)
		}
		if got, err := writers.Replicas(t.Context()); err == nil {
			t.Errorf("Replicas() = %d without a server, want an error", got)
		}
	}
	l.want(writers, 1, "after four times without a server")
}
