package inquiry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"vtq.internal/shared/indicator"
	"vtq.internal/shared/recall"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

const (
	// recheck is how often memory is looked into while an answer is waited for, for a message that did not come through: two small
	// reads for each open question.
	recheck = 10 * time.Second
	// lastLook bounds the look into memory when the time is up.
	lastLook = 2 * time.Second
	// skew is how far the clocks of a worker and of the asker may differ before an answer of now passes for one from memory. It also
	// covers that the time of an answer is cut to the second.
	skew = time.Minute
	// heardMost bounds the messages that wait to be read for one question: the answers to a few askers' jobs at once. One that finds
	// no room is dropped, and found in memory.
	heardMost = 8
	// maxReason bounds why a worker gave up, in runes: a line or two on a screen.
	maxReason = 300
	// lookupStage is under whose name jobs die.
	lookupStage = "lookup"
)

func (one *question) key() indicator.Key { return one.parsed.Object.Key() }

// known settles a question from memory, and tells whether it could.
func (q *Inquirer) known(ctx context.Context, one *question) bool {
	v, found, err := q.find(ctx, one, one.parsed.Object)
	if err != nil {
		one.suffers(ctx, err)
		return false
	}
	if found != recall.Miss {
		q.settle(ctx, one, v, true)
	}
	return one.done
}

// find looks for an answer of any provider on the route, in its order.
func (q *Inquirer) find(ctx context.Context, one *question, object indicator.Object) (v verdict.Verdict, found string, err error) {
	memory := q.Memory
	for _, memory.Provider = range one.route.Providers {
		if v, found, err = memory.Find(ctx, object, time.Time{}); err != nil || found != recall.Miss {
			break
		}
	}
	return v, found, err
}

// settle answers with a verdict or, when the provider has no such URL and its scheme was a guess, with what is known about the same URL
// under the other one.
func (q *Inquirer) settle(ctx context.Context, one *question, v verdict.Verdict, cached bool) {
	one.answered(one.parsed.Object, v, cached)
	if other := one.parsed.Other; !v.Found && other != nil {
		if twin, found, err := q.find(ctx, one, *other); err == nil && found != recall.Miss && twin.Found {
			one.answered(*other, twin, true)
		}
	}
}

// ask publishes a question, and waits until it is answered, is given up, or ctx ends.
func (q *Inquirer) ask(ctx context.Context, one *question) {
	if ctx.Err() != nil {
		one.lacks(ErrNoAnswer)
		return
	}
	messages, stop, err := q.listen(one)
	if err != nil {
		one.err = err
		one.lacks(ErrNoAnswer)
		return
	}
	defer stop()
	for asked := false; !q.known(ctx, one); {
		if !asked {
			err := q.publish(ctx, one)
			asked = err == nil
			one.suffers(ctx, err)
		}
		if !q.wait(ctx, one, messages) {
			return
		}
	}
}

// wait waits for something to happen, and tells whether the question is still open.
func (q *Inquirer) wait(ctx context.Context, one *question, messages <-chan *nats.Msg) bool {
	again := time.NewTimer(recheck)
	defer again.Stop()
	select {
	case m := <-messages:
		q.heard(ctx, one, m)
	case <-again.C:
	case <-ctx.Done():
		look, done := context.WithTimeout(context.WithoutCancel(ctx), lastLook)
		defer done()
		if !q.known(look, one) {
			one.lacks(ErrNoAnswer)
		}
	}
	return !one.done
}

// listen subscribes to what ends a question: its verdict, or the dead letter of its job. The subscriptions stand before anything that
// this connection sends later is read.
func (q *Inquirer) listen(one *question) (messages chan *nats.Msg, stop func(), err error) {
	messages = make(chan *nats.Msg, heardMost)
	var all []*nats.Subscription
	stop = func() {
		for _, s := range all {
			_ = s.Unsubscribe() // Gone with the connection, else.
		}
	}
	for _, subject := range append(answerSubjects(one), deathSubject(one)) {
		s, err := q.NATS.ChanSubscribe(subject, messages)
		if err != nil {
			stop()
			return nil, nil, fmt.Errorf("waiting for an answer: %w", err)
		}
		all = append(all, s)
	}
	return messages, stop, nil
}

func (one *question) jobAddress() wire.JobAddress {
	return wire.JobAddress{Lane: wire.Urgent, Route: one.route.Name, Key: one.key()}
}

func answerSubjects(one *question) []string {
	var all []string
	for _, name := range one.route.Providers {
		all = append(all, wire.VerdictAddress{Provider: name, Key: one.key()}.Subject())
	}
	return all
}

func deathSubject(one *question) string {
	return wire.DeadSubject(lookupStage, one.jobAddress().Subject())
}

// publish hands a question to the workers. One that somebody else has asked and that is pending is as good as this one. It takes as
// long as until it is tried again, at most: what is on its way while a server goes away gets no answer.
func (q *Inquirer) publish(ctx context.Context, one *question) error {
	ctx, cancel := context.WithTimeout(ctx, recheck)
	defer cancel()
	body, err := wire.EncodeJob(wire.Job{
		Created:   time.Now().UTC(),
		Indicator: indicator.Indicator{Type: one.typ, Value: one.value},
		Object:    one.parsed.Object,
	})
	if err != nil {
		return err
	}
	_, err = stream.PublishUnlessPending(ctx, q.JS, one.jobAddress(), body)
	return err
}

// heard settles a question with a message, if it does.
func (q *Inquirer) heard(ctx context.Context, one *question, m *nats.Msg) {
	if m.Subject == deathSubject(one) {
		one.err = errors.New(verdict.Clean(m.Header.Get(wire.HeaderReason), maxReason))
		one.lacks(ErrGivenUp)
		return
	}
	message, err := wire.DecodeVerdict(m.Data)
	switch {
	case err != nil:
		one.err = err
	case message.Object.Key() == one.key():
		q.settle(ctx, one, message.Verdict, message.Verdict.Asked.Before(time.Now().Add(-skew)))
	}
}
