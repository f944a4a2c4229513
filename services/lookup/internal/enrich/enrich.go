package enrich

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/singleflight"

	"vtq.internal/services/lookup/internal/recall"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

// A Looker answers what a provider knows about an object.
type Looker interface {
	Look(ctx context.Context, object indicator.Object) (verdict.Verdict, error)
}

// A Permit pays for one request.
type Permit interface {
	Release() // Gives it back, unused.
}

// A Budget gives permits.
type Budget interface {
	Take(ctx context.Context, lane wire.Lane) (Permit, error)
	Hold(d time.Duration) // Gives none for a while.
}

// A Guard keeps requests from a provider that is down.
type Guard interface {
	Wait(ctx context.Context) error
	Do(ask func() (verdict.Verdict, error)) (verdict.Verdict, error)
	Open() bool
}

// An Enricher answers jobs through one provider.
type Enricher struct {
	JS       jetstream.JetStream
	Memory   *recall.Memory
	Budget   Budget
	Guard    Guard
	Provider Looker
	Name     string // The provider's name in subjects.
	// OtherScheme allows a second request, under the other scheme, for a URL whose scheme was a guess and which the provider
	// does not know under the first.
	OtherScheme bool

	asking singleflight.Group
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

// Answer answers a job and publishes the verdict. It waits until ctx ends, and works until working does.
func (e *Enricher) Answer(ctx, working context.Context, t Ticket) (Report, error) {
	var report Report
	if err := public(t.Job); err != nil {
		return report, fault.New(fault.Permanent, fmt.Errorf("a job that may not leave the house: %w", err))
	}
	v, found, err := e.Memory.Find(working, t.Job.Object, t.Job.After)
	report.Cache = found
	if found == recall.Miss && err == nil {
		v, err = e.fetch(ctx, working, t, &report)
	}
	if err != nil {
		return report, err
	}
	if report.Cache == recall.Miss {
		err = e.publishAliases(working, t, v)
	}
	if err == nil {
		err = e.publish(working, t, v)
	}
	return report, err
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

// fetch asks the provider, together with all others who ask about the object now.
func (e *Enricher) fetch(ctx, working context.Context, t Ticket, report *Report) (verdict.Verdict, error) {
	mine := false
	result, err, _ := e.asking.Do(string(t.Job.Object.Key())+t.Job.After.String(), func() (any, error) {
		mine = true
		return e.pay(ctx, working, t, report)
	})
	if !mine && err == nil {
		report.Cache = recall.Hit
	}
	v, _ := result.(verdict.Verdict)
	return v, err
}

// pay asks about the object, and about the same URL under its other scheme where that is worth a request.
func (e *Enricher) pay(ctx, working context.Context, t Ticket, report *Report) (verdict.Verdict, error) {
	v, err := e.ask(ctx, working, t, t.Job.Object, report)
	if err != nil || v.Found || t.Job.Other == nil || !e.OtherScheme {
		return v, err
	}
	other, err := e.ask(ctx, working, t, *t.Job.Other, report)
	if err != nil || !other.Found {
		return v, err
	}
	return other, nil
}

// publishAliases lets the other names of an object lead to the answer that is about to be published. An answer from memory has its
// aliases already: to turn them to this job would make them lead nowhere for a moment, and cost somebody a request.
func (e *Enricher) publishAliases(ctx context.Context, t Ticket, v verdict.Verdict) error {
	alias, err := wire.EncodeAlias(wire.Alias{Key: t.Job.Object.Key()})
	if err != nil {
		return err
	}
	for _, other := range v.Aliases(t.Job.Object) {
		if _, err := e.JS.Publish(ctx, wire.AliasSubject(e.Name, other.Key()), alias,
			jetstream.WithExpectStream(stream.Verdicts)); err != nil {
			return fmt.Errorf("publishing an alias: %w", fault.New(fault.Transient, err))
		}
	}
	return nil
}

// publish stores the answer under the job's own indicator.
func (e *Enricher) publish(ctx context.Context, t Ticket, v verdict.Verdict) error {
	body, err := wire.EncodeVerdict(wire.Verdict{Indicator: t.Job.Indicator, Object: t.Job.Object, Verdict: v})
	if err != nil {
		return err
	}
	at := wire.VerdictAddress{Provider: e.Name, Key: t.Job.Object.Key(), ID: t.Job.Indicator.ID}
	if _, err := e.JS.Publish(ctx, at.Subject(), body,
		jetstream.WithMsgID(t.ID), jetstream.WithExpectStream(stream.Verdicts)); err != nil {
		return fmt.Errorf("publishing a verdict: %w", fault.New(fault.Transient, err))
	}
	return nil
}
