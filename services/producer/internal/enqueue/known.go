package enqueue

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/indicator"
	"vtq.internal/shared/provider"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

// stage is where jobs die: the name under which the lookup stage writes its dead letters.
const stage = "lookup"

// A question is a job on one route.
type question struct {
	job   wire.Job
	route provider.Route
}

// questions puts every job on each route of its kind.
func (q *Queue) questions(jobs []wire.Job) []question {
	all := make([]question, 0, len(jobs))
	for _, job := range jobs {
		for _, route := range q.Routes.Of(job.Object.Kind) {
			all = append(all, question{job, route})
		}
	}
	return all
}

func (o question) subject(lane wire.Lane) wire.JobAddress {
	return wire.JobAddress{Lane: lane, Route: o.route.Name, Key: o.job.Object.Key(), ID: o.job.Indicator.ID}
}

// death is the subject of its dead letter, which is the same from either lane.
func (o question) death() string { return wire.DeadSubject(stage, o.subject(wire.Fresh).Subject()) }

// An answer is what counts of a verdict here: when it was given, and until when it is fresh.
type answer struct {
	asked, due time.Time
}

// A memory is what is known about the jobs of a page.
type memory struct {
	answers map[string]answer    // By the subject of the verdict.
	deaths  map[string]time.Time // By the subject of the dead letter.
}

// of gives the newest answer from any provider of a question's route, and when its job died last; zero times for neither.
func (m memory) of(o question) (newest answer, died time.Time) {
	for _, name := range o.route.Providers {
		if a := m.answers[verdictSubject(o, name)]; a.asked.After(newest.asked) {
			newest = a
		}
	}
	return newest, m.deaths[o.death()]
}

func verdictSubject(o question, provider string) string {
	return wire.VerdictAddress{Provider: provider, Key: o.job.Object.Key(), ID: o.job.Indicator.ID}.Subject()
}

// known reads the verdicts for questions from all providers of their routes, and their dead letters.
func (q *Queue) known(ctx context.Context, all []question) (memory, error) {
	m := memory{answers: make(map[string]answer, len(all)), deaths: map[string]time.Time{}}
	verdicts, letters := map[string]bool{}, make([]string, 0, len(all))
	for _, o := range all {
		for _, name := range o.route.Providers {
			verdicts[verdictSubject(o, name)] = true // Two routes may share a provider.
		}
		letters = append(letters, o.death())
	}
	for message, err := range stream.Latest(ctx, q.JS, stream.Verdicts, slices.Collect(maps.Keys(verdicts))) {
		if err != nil {
			return m, fmt.Errorf("reading what is known: %w", err)
		}
		q.learn(m, message)
	}
	for message, err := range stream.Latest(ctx, q.JS, stream.DeadLetters, letters) {
		if err != nil {
			return m, fmt.Errorf("reading what died: %w", err)
		}
		m.deaths[message.Subject] = message.Time
	}
	return m, nil
}

// learn takes one verdict into account. What cannot be read counts as not there: the job is asked again.
func (q *Queue) learn(m memory, message *jetstream.RawStreamMsg) {
	at, err := wire.ParseVerdictSubject(message.Subject)
	if err != nil {
		return
	}
	v, err := wire.DecodeVerdict(message.Data)
	if err != nil {
		return
	}
	m.answers[message.Subject] = answer{asked: v.Verdict.Asked, due: q.Refresh.Due(q.Policy.Classify(v.Verdict), v.Verdict.Asked, at.Key)}
}

// rests tells that a job died after whatever answer there is, and that it is too early to try again.
func (q *Queue) rests(a answer, died time.Time, key indicator.Key, now time.Time) bool {
	return died.After(a.asked) && now.Before(q.Refresh.Due(verdict.ClassNotFound, died, key))
}
