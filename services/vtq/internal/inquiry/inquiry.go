package inquiry

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/indicator"
	"vtq.internal/shared/provider"
	"vtq.internal/shared/recall"
	"vtq.internal/shared/verdict"
)

// atOnce bounds the questions that one asker has open: as many as eight workers take at a time, by default. More would not be
// answered sooner, would stand before other people's, and would be paid for after the asker has left.
const atOnce = 32

// Errors of an Answer, beside [indicator.Refusal].
var (
	// ErrNotKnown means that memory has no fresh answer, and nobody was asked.
	ErrNotKnown = errors.New("no fresh answer is known")
	// ErrNoAnswer means that none came before the context ended. It may come later: asking again finds it.
	ErrNoAnswer = errors.New("no answer came in time")
	// ErrGivenUp means that a worker could not answer and never will. It wraps the reason, cleaned.
	ErrGivenUp = errors.New("the question was given up")
)

// An Inquirer asks about values. All fields but InternalSuffixes are required.
type Inquirer struct {
	NATS *nats.Conn
	JS   jetstream.JetStream
	// Memory is where answers are looked for first, of every provider on the route of a value's kind.
	Memory recall.Memory
	// Routes are those of the kinds. Of several for one kind the first is asked.
	Routes provider.Table
	// InternalSuffixes are the domains of the house, as [indicator.ParseSuffix] accepts them: nobody is asked about them.
	InternalSuffixes []string
}

// An Answer is what is known about one value, or why nothing is.
type Answer struct {
	Value string // As it was given.
	// Type is the ThreatQ type that the value was taken for; "" where none fits.
	Type string
	// Object is what the answer is about; the zero value when the value was refused.
	Object  indicator.Object
	Verdict verdict.Verdict
	// Cached tells that the answer cost no request.
	Cached bool
	// Err is an [*indicator.Refusal], ErrNotKnown, ErrNoAnswer or ErrGivenUp; nil with a verdict.
	Err error
}

// Ask answers values, in their order: from memory, else from the workers, until ctx ends. Values that stand for one object are one
// question. The caller bounds how many values there are; no more than 32 questions are open at a time.
func (q *Inquirer) Ask(ctx context.Context, values []string) []Answer {
	return q.about(values, func(all []*question) {
		all = q.remembered(ctx, all)
		each(all, func(one *question) { q.ask(ctx, one) })
	})
}

// Recall answers values from memory alone, in their order. Nobody is asked.
func (q *Inquirer) Recall(ctx context.Context, values []string) []Answer {
	return q.about(values, func(all []*question) {
		for _, one := range q.remembered(ctx, all) {
			one.lacks(ErrNotKnown)
		}
	})
}

// about makes questions of values, has them settled, and gives each value the answer to its question.
func (q *Inquirer) about(values []string, settle func([]*question)) []Answer {
	questions := make([]*question, len(values))
	same := map[identity]*question{}
	var open []*question
	for i, value := range values {
		one := q.read(value)
		questions[i] = one
		if one.done {
			continue
		}
		if first, ok := same[one.identity()]; ok {
			questions[i] = first
			continue
		}
		same[one.identity()] = one
		open = append(open, one)
	}
	settle(open)
	answers := make([]Answer, len(values))
	for i, one := range questions {
		answers[i] = one.answer(values[i])
	}
	return answers
}

// remembered settles what memory can, and gives what is left.
func (q *Inquirer) remembered(ctx context.Context, all []*question) (left []*question) {
	each(all, func(one *question) { q.known(ctx, one) })
	for _, one := range all {
		if !one.done {
			left = append(left, one)
		}
	}
	return left
}

// each handles questions side by side, atOnce at a time, and returns when all are handled.
func each(all []*question, handle func(*question)) {
	slots := make(chan struct{}, atOnce)
	var working sync.WaitGroup
	for _, one := range all {
		slots <- struct{}{}
		working.Go(func() {
			defer func() { <-slots }()
			handle(one)
		})
	}
	working.Wait()
}

// A question is one object that is asked about.
type question struct {
	value  string // As it was given first.
	typ    string
	parsed indicator.Parsed
	route  provider.Route

	done    bool // With a verdict, or an error that is final.
	object  indicator.Object
	verdict verdict.Verdict
	cached  bool
	err     error // While it is not done: what went wrong last.
}

// An identity is what two values share that are one question: the object, and whether its scheme was a guess. Those that differ in
// the guess alone are answered by one job.
type identity struct {
	object  indicator.Object
	guessed bool
}

func (one *question) identity() identity {
	return identity{one.parsed.Object, one.parsed.Other != nil}
}

// read makes a question of a value, which is done when it may not leave the house.
func (q *Inquirer) read(value string) *question {
	one := &question{value: value}
	one.typ, one.parsed, one.err = indicator.Guess(value)
	if one.err == nil {
		one.err = one.parsed.Object.Public(q.InternalSuffixes)
	}
	if one.err == nil {
		one.route, one.err = q.route(one.parsed.Object.Kind)
	}
	one.done = one.err != nil
	return one
}

func (q *Inquirer) route(kind indicator.Kind) (provider.Route, error) {
	routes := q.Routes.Of(kind)
	if len(routes) == 0 {
		return provider.Route{}, &indicator.Refusal{Reason: indicator.UnsupportedType, Detail: "no configured provider answers this kind"}
	}
	return routes[0], nil
}

// answered settles a question with a verdict about an object.
func (one *question) answered(object indicator.Object, v verdict.Verdict, cached bool) {
	one.done, one.object, one.verdict, one.cached, one.err = true, object, v, cached, nil
}

// suffers keeps what went wrong last. That the time is up is known without it, and would hide why.
func (one *question) suffers(ctx context.Context, err error) {
	if ctx.Err() == nil {
		one.err = err
	}
}

// lacks settles a question without an answer. What went wrong last is told, too.
func (one *question) lacks(why error) {
	if one.err != nil {
		why = fmt.Errorf("%w: %w", why, one.err)
	}
	one.done, one.object, one.err = true, one.parsed.Object, why
}

// answer gives the answer to one value of those that the question stands for.
func (one *question) answer(value string) Answer {
	return Answer{Value: value, Type: one.typ, Object: one.object, Verdict: one.verdict, Cached: one.cached, Err: one.err}
}
