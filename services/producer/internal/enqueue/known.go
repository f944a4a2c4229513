package enqueue

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/indicator"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

// stage is where jobs die: the name under which the lookup stage writes its dead letters.
const stage = "lookup"

// An address names an indicator and what is asked for it.
type address struct {
	key indicator.Key
	id  int64
}

func addressOf(job wire.Job) address { return address{job.Object.Key(), job.Indicator.ID} }

// An answer is what counts of a verdict here: when it was given, and until when it is fresh.
type answer struct {
	asked, due time.Time
	dead       time.Time // When the job died last; zero if it did not.
}

// known reads the newest verdict for each job from any provider of its route, and its dead letter.
func (q *Queue) known(ctx context.Context, jobs []wire.Job) (map[address]answer, error) {
	var subjects []string
	for _, job := range jobs {
		_, providers := q.Route(job.Object.Kind)
		for _, provider := range providers {
			at := wire.VerdictAddress{Provider: provider, Key: job.Object.Key(), ID: job.Indicator.ID}
			subjects = append(subjects, at.Subject())
		}
	}
	known := make(map[address]answer, len(jobs))
	for message, err := range stream.Latest(ctx, q.JS, stream.Verdicts, subjects) {
		if err != nil {
			return nil, fmt.Errorf("reading what is known: %w", err)
		}
		q.learn(known, message)
	}
	return known, q.bury(ctx, jobs, known)
}

// bury reads which jobs died.
func (q *Queue) bury(ctx context.Context, jobs []wire.Job, known map[address]answer) error {
	letters := make(map[string]address, len(jobs))
	for _, job := range jobs {
		letters[wire.DeadSubject(stage, q.address(job, wire.Fresh).Subject())] = addressOf(job) // The same from either lane.
	}
	for message, err := range stream.Latest(ctx, q.JS, stream.DeadLetters, slices.Collect(maps.Keys(letters))) {
		if err != nil {
			return fmt.Errorf("reading what died: %w", err)
		}
		at := letters[message.Subject]
		a := known[at]
		a.dead = message.Time
		known[at] = a
	}
	return nil
}

// learn takes one verdict into account. What cannot be read counts as not there: the job is asked again.
func (q *Queue) learn(known map[address]answer, message *jetstream.RawStreamMsg) {
	at, err := wire.ParseVerdictSubject(message.Subject)
	if err != nil {
		return
	}
	v, err := wire.DecodeVerdict(message.Data)
	if err != nil {
		return
	}
	a := answer{asked: v.Verdict.Asked, due: q.Refresh.Due(q.Policy.Classify(v.Verdict), v.Verdict.Asked, at.Key)}
	if old, ok := known[address{at.Key, at.ID}]; !ok || a.asked.After(old.asked) {
		known[address{at.Key, at.ID}] = a
	}
}

// rests tells that a job died after whatever answer there is, and that it is too early to try again.
func (q *Queue) rests(a answer, key indicator.Key, now time.Time) bool {
	return a.dead.After(a.asked) && now.Before(q.Refresh.Due(verdict.ClassNotFound, a.dead, key))
}
