package enrich

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/singleflight"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/recall"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

// A Looker answers what a provider knows about an object.
type Looker interface {
	Look(ctx context.Context, object indicator.Object) (verdict.Verdict, error)
}

// A Permit pays for one request.
type Permit interface {
	Void() bool // It is too old: nothing may be written any more.
	Release()   // Gives it back, unused.
}

// A Budget gives permits.
type Budget interface {
	Take(ctx context.Context, lane wire.Lane) (Permit, error)
	Hold(ctx context.Context, d time.Duration)    // Gives none, to anybody, for a while.
	Refused(ctx context.Context, d time.Duration) // The same: a request that had a permit was refused all the same.
}

// A Guard keeps requests from a provider that is down.
type Guard interface {
	Enter(ctx context.Context) (Pass, error) // Waits until somebody may ask.
	Open() bool                              // Nobody asks, but for a probe.
}

// A Pass lets one request be asked, and is told what came of it.
type Pass interface {
	Do(ctx context.Context, ask func() (verdict.Verdict, error)) (verdict.Verdict, error)
	Spent()                    // The request goes out.
	Leave(ctx context.Context) // Gives it back, unused.
}

// An Enricher answers jobs through one provider.
type Enricher struct {
	JS       jetstream.JetStream
	Memory   *recall.Memory
	Budget   Budget
	Guard    Guard
	Provider Looker
	Name     string // The provider's name in subjects.
	// QuotaWait is how long nobody asks after a 429 that names no time, as all that were recorded do: until the window has passed.
	QuotaWait time.Duration
	// OtherScheme allows a second request, under the other scheme, for a URL whose scheme was a guess and which the provider
	// does not know under the first.
	OtherScheme bool

	asking singleflight.Group // Jobs that wait for a permit, or ask.
	flying singleflight.Group // Requests under way.
	files  shelf
}

// A Report tells how a job was answered, for the log line of its message.
type Report struct {
	Cache      string        // recall.Hit, recall.Alias or recall.Miss.
	PermitWait time.Duration // How long the job waited for permits.
	Asked      time.Duration // How long the provider took.
	Requests   int           // How many requests it was asked.
}

// A Ticket is a job with what its delivery says.
type Ticket struct {
	Job  wire.Job
	Lane wire.Lane
	ID   string // The message id of the verdict.
}

// An answer is what is known about an object.
type answer struct {
	object  indicator.Object
	verdict verdict.Verdict
	paid    bool // This job asked the provider for it.
	stored  bool // It stands under this job's indicator already.
}

// Answer answers a job and publishes the verdict. It waits until ctx ends, and works until working does.
func (e *Enricher) Answer(ctx, working context.Context, t Ticket) (Report, error) {
	var report Report
	if err := public(t.Job); err != nil {
		return report, fault.New(fault.Permanent, fmt.Errorf("a job that may not leave the house: %w", err))
	}
	if t.Lane != wire.Urgent { // Somebody waits: a request too many is the lesser evil.
		leave, err := e.files.enter(ctx, t.Job.Object)
		if err != nil {
			return report, fault.New(fault.Interrupted, err)
		}
		defer leave()
	}
	a, err := e.resolve(ctx, working, t, &report)
	if err != nil || a.stored {
		return report, err
	}
	return report, e.publish(working, t, t.Job.Indicator.ID, t.Job.Object.Key(), a)
}

// public refuses what the producer would not have let out: a message can be forged, or older than a rule.
func public(job wire.Job) error {
	if job.Other != nil {
		if err := job.Other.Public(nil); err != nil {
			return err
		}
	}
	return job.Object.Public(nil)
}

// resolve finds out about the object or, where its scheme was a guess and the provider does not know it so, about the same URL under
// the other scheme. Two objects have two answers, and each is kept under its own key: nobody who asks about one gets the other's, and
// what was paid for is not lost when the second request fails.
func (e *Enricher) resolve(ctx, working context.Context, t Ticket, report *Report) (answer, error) {
	first, err := e.about(ctx, working, t, t.Job.Object, report)
	if err != nil || first.stored || first.verdict.Found || !e.hasOther(t.Job) {
		return first, err
	}
	if !first.paid {
		if err := e.keep(working, t, first); err != nil {
			return first, err
		}
	}
	second, err := e.about(ctx, working, t, *t.Job.Other, report)
	if err != nil || !second.verdict.Found {
		return first, err
	}
	return second, nil
}

func (e *Enricher) hasOther(job wire.Job) bool { return e.OtherScheme && job.Other != nil }

// about finds out about one object: from memory, else from the provider, together with all others who ask about it now. Somebody who
// waits does not stand in line with the backlog, not even for the same object.
func (e *Enricher) about(ctx, working context.Context, t Ticket, object indicator.Object, report *Report) (answer, error) {
	v, found, err := e.Memory.Find(working, object, t.Job.After)
	report.Cache = found
	if err != nil || found != recall.Miss {
		return answer{object: object, verdict: v}, err
	}
	mine := false
	line := fmt.Sprint(object.Key(), t.Job.After, t.Lane == wire.Urgent)
	result, err, _ := e.asking.Do(line, func() (any, error) {
		mine = true
		return e.ask(ctx, working, t, object, report)
	})
	a, _ := result.(answer)
	if !mine {
		a.paid, a.stored = false, false
	}
	if !a.paid && report.Cache == recall.Miss && err == nil {
		report.Cache = recall.Hit // Of somebody else's request.
	}
	return a, err
}

// remember stores what was paid for, so that everybody finds it: aliases first. It stands under the job's own indicator already, unless
// the same URL under its other scheme may turn out to be the answer.
func (e *Enricher) remember(ctx context.Context, t Ticket, a answer) (answer, error) {
	if err := e.publishAliases(ctx, a); err != nil {
		return a, err
	}
	if a.object != t.Job.Object || !a.verdict.Found && e.hasOther(t.Job) {
		return a, e.keep(ctx, t, a)
	}
	a.stored = true
	return a, e.publish(ctx, t, t.Job.Indicator.ID, t.Job.Object.Key(), a)
}

// keep stores an answer under its own key, for whoever asks about that object: under the job's indicator an answer about another
// object is going to stand. Nobody in ThreatQ asked for it.
func (e *Enricher) keep(ctx context.Context, t Ticket, a answer) error {
	t.ID, t.Job.Indicator = t.ID+"-"+string(a.object.Key()), indicator.Indicator{}
	return e.publish(ctx, t, 0, a.object.Key(), a)
}
