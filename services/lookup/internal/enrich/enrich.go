package enrich

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/singleflight"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/logging"
	"vtq.internal/shared/recall"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

// An Enricher answers jobs through one provider.
type Enricher struct {
	JS       jetstream.JetStream
	Memory   *recall.Memory
	Budget   Budget
	Guard    Guard
	Provider Looker
	Name     string // The provider's name in subjects.
	// Many answers about up to Most files in one request, for those that nobody waits for. Optional.
	Many ManyLooker
	Most int
	// Singles bounds how many of a lane are asked about by themselves at a time: more jobs may be in hand, for the sake of Many. Defaults
	// to all.
	Singles int
	// QuotaWait is how long nobody asks after a 429 that names no time, as all that were recorded do: until the window has passed.
	QuotaWait time.Duration
	// OtherScheme allows a second request, under the other scheme, for a URL whose scheme was a guess and which the provider
	// does not know under the first.
	OtherScheme bool
	// VoidFunc hears of each permit that became void before its request could be written. It is called from any goroutine. Optional.
	VoidFunc func()
	// AskedFunc hears of each request that went out: about which kind of object, how long it took, and its fault. It is called from any
	// goroutine. Optional.
	AskedFunc func(kind indicator.Kind, took time.Duration, err error)
	// TroubleFunc hears of a memory that cannot be read or written: jobs stay in hand meanwhile. It hears one error a minute at most,
	// from any goroutine. Optional.
	TroubleFunc func(error)

	asking                 singleflight.Group // Jobs of a lane that wait for a permit, or ask.
	flying                 singleflight.Group // Requests under way, with the storing of what they bring.
	urgent, fresh, refresh lane
	fewer                  fewer
	told                   logging.Fold // Of trouble, which all jobs in hand have at once: once a minute.
}

// A Report tells how a job was answered, for the log line of its message.
type Report struct {
	Cache      string        // recall.Hit, recall.Alias or recall.Miss.
	PermitWait time.Duration // How long the job waited for permits.
	Asked      time.Duration // How long the provider took.
	Requests   int           // How many requests it was asked.
}

// Plus adds what was done for the same job before. How it was answered is told by the last.
func (r Report) Plus(last Report) Report {
	last.PermitWait += r.PermitWait
	last.Asked += r.Asked
	last.Requests += r.Requests
	return last
}

// A Ticket is a job with what its delivery says.
type Ticket struct {
	Job  wire.Job
	Lane wire.Lane
	ID   string // The message id of the verdict.
	// Replay names the replay that the job came by; empty for none.
	Replay string
	// Elsewhere tells that another provider could answer the job. Then it does not wait for this one to come back: Answer gives
	// ErrElsewhere while the provider is out of reach, or wants to be left alone for long.
	Elsewhere bool
}

// ErrElsewhere means that a job is better off with another provider. Nothing is counted against it.
var ErrElsewhere = errors.New("the provider cannot be asked now")

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
		leave, err := e.enter(ctx, t)
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

// Recall answers a job if the provider has answered it before, and tells whether it did. It is for jobs that several providers could
// answer: none of them is asked what another has said.
func (e *Enricher) Recall(ctx, working context.Context, t Ticket) (report Report, answered bool, err error) {
	v, found, err := e.find(ctx, working, t, t.Job.Object)
	if err != nil || found == recall.Miss {
		return report, false, err
	}
	if !v.Found && e.hasOther(t.Job) {
		return report, false, nil // The same URL under its other scheme may be known.
	}
	report.Cache = found
	return report, true, e.publish(working, t, t.Job.Indicator.ID, t.Job.Object.Key(), answer{object: t.Job.Object, verdict: v})
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

// about finds out about one object: from memory, else from the provider, together with all others of the lane who ask about it now.
// Lanes do not wait for each other, not even for the same object: what one has no budget for, another may have.
func (e *Enricher) about(ctx, working context.Context, t Ticket, object indicator.Object, report *Report) (answer, error) {
	v, found, err := e.find(ctx, working, t, object)
	report.Cache = found
	if err != nil || found != recall.Miss {
		return answer{object: object, verdict: v}, err
	}
	mine := false
	line := fmt.Sprint(object.Key(), t.Job.After, t.Lane, t.Elsewhere)
	result, err, _ := e.asking.Do(line, func() (any, error) {
		mine = true
		if e.Many != nil && object.Kind == indicator.File && t.Lane != wire.Urgent {
			return e.askTogether(ctx, working, t, object, report)
		}
		return e.ask(ctx, working, t, object, report)
	})
	a, _ := result.(answer)
	if !mine {
		a, err = e.join(working, t, a, err)
	}
	if !a.paid && report.Cache == recall.Miss && err == nil {
		report.Cache = recall.Hit // Of somebody else's request.
	}
	return a, err
}
