package replay

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"vtq.internal/shared/indicator"
	"vtq.internal/shared/lifecycle"
	"vtq.internal/shared/provider"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

const (
	// inFlight bounds the publishes under way: enough to hide a round trip, far below the server's limits.
	inFlight = 32
	// fullWait is how long a full stream is left alone before the next try: work is done at the pace of a quota.
	fullWait = 5 * time.Second
)

// Jobs asks providers again about what they answered before. All fields are required but InternalSuffixes and OtherScheme.
type Jobs struct {
	Replayer *Replayer
	Policy   verdict.Policy
	Refresh  verdict.Refresh
	// Routes are those of the kinds.
	Routes provider.Table
	// InternalSuffixes are domains of the house, which are never asked about.
	InternalSuffixes []string
	// OtherScheme says that the workers ask about a URL whose scheme was a guess under both.
	OtherScheme bool
}

// Name is what a replay of jobs is called, by the time at which it was asked for: one name for all jobs of a Publish, in their headers
// (wire.HeaderReplay) and on the verdicts that come of them.
//
// It has milliseconds: two people may be at it in one second.
func Name(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z07:00") }

// A Plan is what a selection comes to.
type Plan struct {
	Jobs     int // How many would be published, those included that are pending already.
	Objects  int // Of how many different objects: two indicators can share one.
	Requests int // What they cost at most. Hashes of one file, and answers that came meanwhile, make it less.
	Left     int // Verdicts that the selection does not take, or whose provider is not asked about their kind any more.

	Asked map[string]int // Requests by the provider that is asked first.

	Odd      int // Verdicts that cannot be read, or do not say what was asked about.
	Internal int // Verdicts about what must not be asked about any more.
	Outdated int // Verdicts about what an indicator was before its value changed.
}

// A Tally is how far Publish has come.
type Tally struct {
	Published int
	Pending   int  // A job for the same indicator was waiting already.
	Full      bool // The stream takes no more for the time being.
}

// Plan counts. It tells how many verdicts of how many it has read, now and then, and holds some 100 bytes for
// each object.
func (j *Jobs) Plan(ctx context.Context, s Selection, tell func(done, total int)) (Plan, error) {
	type question struct {
		route string
		key   indicator.Key
	}
	p := Plan{Asked: map[string]int{}}
	objects, asked := map[indicator.Key]struct{}{}, map[question]struct{}{}
	err := j.each(ctx, s, tell, func(e errand, fate fate) error {
		switch fate {
		case left:
			p.Left++
		case odd:
			p.Odd++
		case internal:
			p.Internal++
		case outdated:
			p.Outdated++
		case taken:
			p.Jobs++
			key := question{e.route.Name, e.job.Object.Key()}
			if _, known := asked[key]; known {
				return nil
			}
			asked[key] = struct{}{}
			objects[key.key] = struct{}{}
			requests := 1
			if e.job.Other != nil && j.OtherScheme {
				requests++
			}
			p.Requests += requests
			p.Asked[e.route.Providers[0]] += requests
		}
		return nil
	})
	p.Objects = len(objects)
	return p, err
}

// Publish publishes the jobs of a selection, and tells after every few how far it is. While the stream is full it waits. When ctx ends
// the error is its cause: some are published and some are not.
func (j *Jobs) Publish(ctx context.Context, s Selection, at time.Time, tell func(Tally)) (Tally, error) {
	var t Tally
	var chunk []errand
	flush := func() error {
		err := j.put(ctx, chunk, at, &t, tell)
		chunk = chunk[:0]
		return err
	}
	err := j.each(ctx, s, func(int, int) {}, func(e errand, fate fate) error {
		if fate != taken {
			return nil
		}
		if chunk = append(chunk, e); len(chunk) < inFlight {
			return nil
		}
		return flush()
	})
	if err == nil {
		err = flush()
	}
	return t, err
}

// An errand is a job with the route that it goes on.
type errand struct {
	job   wire.Job
	route provider.Route
}

// A fate is what a selection makes of a verdict.
type fate int

const (
	left fate = iota
	taken
	odd
	internal
	outdated
)

// each goes from verdict to verdict.
func (j *Jobs) each(ctx context.Context, s Selection, tell func(done, total int), act func(errand, fate) error) error {
	total, all, err := j.Replayer.each(ctx, s.Since)
	if err != nil {
		return err
	}
	done, began := 0, now()
	for known, err := range all {
		if err != nil {
			return err
		}
		for _, k := range known {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err := act(j.judge(s, k, began)); err != nil {
				return err
			}
		}
		if done += len(known); len(known) > 0 {
			tell(done, total)
		}
	}
	return nil
}

// judge makes a job of a verdict, if the selection takes it.
func (j *Jobs) judge(s Selection, k known, began time.Time) (errand, fate) {
	switch {
	case k.err != nil:
		return errand{}, odd
	case k.at.ID == 0: // Nobody in ThreatQ asked.
		return errand{}, left
	}
	job, ok := again(k)
	route, routed := j.route(job.Object.Kind, k.at.Provider)
	answer := k.verdict.Verdict
	class := j.Policy.Classify(answer)
	fresh := !s.IgnoreFresh && began.Before(j.Refresh.Due(class, answer.Asked, k.at.Key))
	switch {
	case !ok:
		return errand{}, odd
	case !routed || fresh || !s.takes(answer, job.Object.Kind, class):
		return errand{}, left
	case k.outdated:
		return errand{}, outdated
	case job.Object.Public(j.InternalSuffixes) != nil:
		return errand{}, internal
	}
	return errand{job, route}, taken
}

// route is the first route of a kind that a provider is on.
func (j *Jobs) route(kind indicator.Kind, name string) (provider.Route, bool) {
	for _, route := range j.Routes.Of(kind) {
		if slices.Contains(route.Providers, name) {
			return route, true
		}
	}
	return provider.Route{}, false
}

// put publishes a few jobs side by side, and those again that the stream had no room for.
func (j *Jobs) put(ctx context.Context, jobs []errand, at time.Time, t *Tally, tell func(Tally)) error {
	for len(jobs) > 0 {
		waiting, err := j.publish(ctx, jobs, at, t)
		if err != nil {
			return err
		}
		t.Full = len(waiting) > 0
		tell(*t)
		if jobs = waiting; t.Full && !lifecycle.Sleep(ctx, fullWait) {
			return context.Cause(ctx)
		}
	}
	return nil
}

// publish tries each job once, and returns those for which there was no room.
func (j *Jobs) publish(ctx context.Context, jobs []errand, at time.Time, t *Tally) (waiting []errand, _ error) {
	stored, errs := make([]bool, len(jobs)), make([]error, len(jobs))
	var all sync.WaitGroup
	for i, job := range jobs {
		all.Go(func() { stored[i], errs[i] = j.one(ctx, job, at) })
	}
	all.Wait()
	var broken []error
	for i, err := range errs {
		switch {
		case errors.Is(err, stream.ErrFull):
			waiting = append(waiting, jobs[i])
		case err != nil:
			broken = append(broken, err)
		case stored[i]:
			t.Published++
		default:
			t.Pending++
		}
	}
	if ctx.Err() != nil && len(broken) > 0 {
		return nil, context.Cause(ctx)
	}
	if len(broken) > 0 {
		return nil, broken[0] // They have one cause: the server.
	}
	return waiting, nil
}

func (j *Jobs) one(ctx context.Context, e errand, at time.Time) (stored bool, err error) {
	body, err := wire.EncodeJob(e.job)
	if err != nil {
		return false, err
	}
	address := wire.JobAddress{Lane: wire.Refresh, Route: e.route.Name, Key: e.job.Object.Key(), ID: e.job.Indicator.ID}
	header := nats.Header{}
	wire.PutReplay(header, Name(at))
	return stream.Resubmit(ctx, j.Replayer.js, address, header, body)
}
