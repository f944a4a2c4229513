package enrich

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/recall"
	"vtq.internal/shared/rest"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

// ask gets one answer. A job stays here, in hand, for as long as it is not its own fault that there is none: while the provider is
// down or refuses the key, and when it says that the quota is spent. Nothing is counted against the job meanwhile.
func (e *Enricher) ask(ctx, working context.Context, t Ticket, object indicator.Object, report *Report) (answer, error) {
	for {
		pass, permit, err := e.admit(ctx, t.Lane, report)
		if err != nil {
			return answer{}, err
		}
		v, found, err := e.Memory.Find(working, object, t.Job.After)
		if err != nil || found != recall.Miss {
			permit.Release()
			pass.Leave(working)
			report.Cache = found
			return answer{object: object, verdict: v}, err
		}
		a, asked, err := e.request(working, t, object, pass, permit, report)
		switch {
		case !asked, errors.Is(err, errVoid):
			permit.Release() // Nobody may ask now, or somebody else did, or nothing went out.
			pass.Leave(working)
		case !e.stays(working, err):
			return a, err
		}
		if err == nil {
			return a, nil
		}
	}
}

// admit waits until the provider may be asked, and for the permit.
func (e *Enricher) admit(ctx context.Context, lane wire.Lane, report *Report) (Pass, Permit, error) {
	began := time.Now()
	defer func() { report.PermitWait += time.Since(began) }()
	pass, err := e.Guard.Enter(ctx)
	if err != nil {
		return nil, nil, fault.New(fault.Interrupted, err)
	}
	permit, err := e.Budget.Take(ctx, lane)
	if err != nil {
		pass.Leave(context.WithoutCancel(ctx))
		return nil, nil, err
	}
	return pass, permit, nil
}

// request sends one request, and stores what it brought: from then on everybody finds it in memory. Whoever wants the same meanwhile
// takes part in it. It tells whether this job's own permit and pass were used.
func (e *Enricher) request(ctx context.Context, t Ticket, object indicator.Object, pass Pass, permit Permit, report *Report,
) (a answer, asked bool, err error) {
	result, err, _ := e.flying.Do(string(object.Key()), func() (any, error) {
		v, err := pass.Do(ctx, func() (verdict.Verdict, error) {
			asked = true
			return e.look(ctx, object, pass, permit, report)
		})
		if err != nil {
			return answer{}, err
		}
		return e.remember(ctx, t, answer{object: object, verdict: v, paid: true})
	})
	a, _ = result.(answer)
	if !asked { // Somebody else's.
		a.paid, a.stored = false, false
	}
	return a, asked, err
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
		return err != nil && e.Guard.Open()
	case fault.Permanent, fault.Gone, fault.Interrupted:
	}
	return false
}

// errVoid means that a permit became too old before its request was written. It says nothing about the provider, so it is of a
// kind that the breaker leaves out.
var errVoid = fault.New(fault.Quota, errors.New("the permit became void before the request was written"))

// look asks once. The permit is looked at when a connection stands, immediately before the request is written to it: making one may
// take longer than a permit lives. The connection is closed under a request that is not paid for, and nothing goes out.
func (e *Enricher) look(ctx context.Context, object indicator.Object, pass Pass, permit Permit, report *Report,
) (verdict.Verdict, error) {
	var void, sent atomic.Bool
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		if permit.Void() {
			void.Store(true)
			_ = info.Conn.Close() // So that the write fails; there is nothing to lose in it.
			return
		}
		sent.Store(true)
		pass.Spent()
	}})
	traced = rest.WithNotice(traced, func(wait time.Duration) { e.Budget.Hold(ctx, wait) })
	began := time.Now()
	v, err := e.Provider.Look(traced, object)
	report.Asked += time.Since(began)
	if void.Load() {
		return verdict.Verdict{}, errVoid
	}
	if err != nil && !sent.Load() {
		permit.Release() // No connection came about, and nothing went out.
		return v, fmt.Errorf("asking %s about a %s: %w", e.Name, object.Kind, err)
	}
	report.Requests++
	if err != nil {
		return v, fmt.Errorf("asking %s about a %s: %w", e.Name, object.Kind, err)
	}
	return v, nil
}
