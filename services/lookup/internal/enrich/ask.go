package enrich

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/recall"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

// ask gets one answer. A job stays here, in hand, for as long as it is not its own fault that there is none: while the provider is
// down or refuses the key, when it says that the quota is spent, and while the memory cannot be read. Nothing is counted against the
// job meanwhile.
func (e *Enricher) ask(ctx, working context.Context, t Ticket, object indicator.Object, report *Report) (answer, error) {
	release, err := e.lane(t.Lane).single(ctx, e.Singles)
	if err != nil {
		return answer{}, fault.New(fault.Interrupted, err)
	}
	defer release()
	y := try{path: &e.lane(t.Lane).path, turn: &turn{}, report: report}
	defer y.path.leave(y.turn)
	for {
		if err := e.admit(ctx, Want{Lane: t.Lane, Units: 1}, t.Elsewhere, &y); err != nil {
			return answer{}, err
		}
		v, found, err := e.Memory.Find(working, object, t.Job.After)
		if err != nil || found != recall.Miss {
			y.giveBack(working)
			if err != nil { // It is waited for without them.
				v, found, err = e.find(ctx, working, t, object)
			}
			if err == nil && found == recall.Miss {
				continue
			}
			report.Cache = found
			return answer{object: object, verdict: v}, err
		}
		a, asked, err := e.request(working, t, object, y)
		if !e.again(working, asked, err) {
			return a, err
		}
		if t.Elsewhere && asked && !errors.Is(err, errVoid) {
			return a, fault.New(fault.Quota, fmt.Errorf("%w: %w", ErrElsewhere, err))
		}
	}
}

// admit waits until the provider may be asked, and for the permit. Where somebody waits, nobody is waited for.
func (e *Enricher) admit(ctx context.Context, want Want, elsewhere bool, y *try) (err error) {
	began := time.Now()
	defer func() { y.report.PermitWait += time.Since(began) }()
	if want.Lane != wire.Urgent {
		if err := y.path.enter(ctx, y.turn); err != nil {
			return fault.New(fault.Interrupted, err)
		}
	}
	if elsewhere {
		want.Patience = e.QuotaWait
		if y.pass, err = e.Guard.Try(ctx); err != nil {
			return fault.New(fault.Quota, fmt.Errorf("%w: %w", ErrElsewhere, err))
		}
	} else if y.pass, err = e.Guard.Enter(ctx); err != nil {
		return fault.New(fault.Interrupted, err)
	}
	if y.permit, err = e.Budget.Take(ctx, want); err != nil {
		y.pass.Leave(context.WithoutCancel(ctx))
	}
	return err
}

// request sends one request, and stores what it brought: from then on everybody finds it in memory. Whoever wants the same meanwhile
// takes part in it. It tells whether this job's own request was asked; else its permit and pass are given back.
func (e *Enricher) request(ctx context.Context, t Ticket, object indicator.Object, y try) (a answer, asked bool, err error) {
	mine := false
	result, err, _ := e.flying.Do(string(object.Key()), func() (any, error) {
		mine = true
		v, err := y.pass.Do(ctx, func() (verdict.Verdict, error) {
			asked = true
			return e.look(ctx, object, y)
		})
		if err != nil {
			return answer{}, err
		}
		return e.remember(ctx, t, answer{object: object, verdict: v, paid: true})
	})
	if !asked || errors.Is(err, errVoid) { // Nobody may ask now, or somebody else did, or nothing went out.
		y.giveBack(ctx)
	}
	a, _ = result.(answer)
	if !mine {
		a, err = e.join(ctx, t, a, err)
	}
	return a, asked, err
}

// join takes part in an answer that somebody else has paid for. Where it could not be stored, as when that one had to leave, it is
// stored now: it must not be paid for twice.
func (e *Enricher) join(ctx context.Context, t Ticket, a answer, err error) (answer, error) {
	a.paid, a.stored = false, false
	if errors.Is(err, errUnstored) {
		return e.remember(ctx, t, a)
	}
	return a, err
}

// again tells whether a job that has no answer asks again, without being given back. What was asked by somebody else counts only where
// it is about the object; an answer that could not be stored is there, and nobody asks for it again, whatever the provider's state.
func (e *Enricher) again(ctx context.Context, asked bool, err error) bool {
	kind := fault.KindOf(err)
	switch {
	case err == nil, errors.Is(err, errUnstored), kind == fault.Permanent, kind == fault.Gone:
		return false
	case !asked, errors.Is(err, errVoid):
		return true
	}
	return e.stays(ctx, err)
}

// stays tells whether a job is asked again without being given back.
func (e *Enricher) stays(ctx context.Context, err error) bool {
	switch fault.KindOf(err) {
	case fault.Quota:
		e.Budget.Refused(ctx, cmp.Or(fault.RetryAfter(err), e.QuotaWait))
		return true
	case fault.Denied:
		return true
	case fault.Transient, fault.Unknown:
		return e.Guard.Open()
	case fault.Permanent, fault.Gone, fault.Interrupted:
	}
	return false
}
