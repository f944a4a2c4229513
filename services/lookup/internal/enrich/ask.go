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
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

// quotaWait is how long nobody asks after a 429 that names no time, as all that were recorded do: a minute window has passed then.
const quotaWait = time.Minute

// ask gets one answer. A job stays here, in hand, for as long as it is not its own fault that there is none: while the provider is
// down or refuses the key, and when it says that the quota is spent. Nothing is counted against the job meanwhile.
func (e *Enricher) ask(ctx, working context.Context, t Ticket, object indicator.Object, report *Report) (verdict.Verdict, error) {
	for {
		permit, err := e.permit(ctx, t.Lane, report)
		if err != nil {
			return verdict.Verdict{}, err
		}
		v, found, err := e.Memory.Find(working, object, t.Job.After)
		if err != nil || found != recall.Miss {
			permit.Release()
			report.Cache = found
			return v, err
		}
		asked := false
		v, err = e.Guard.Do(func() (verdict.Verdict, error) {
			asked = true
			return e.look(working, object, permit, report)
		})
		switch {
		case !asked, errors.Is(err, errVoid):
			permit.Release() // Nobody may ask now, or nothing was asked.
		case !e.stays(working, err):
			return v, err
		}
	}
}

// stays tells whether a job is asked again without being given back.
func (e *Enricher) stays(ctx context.Context, err error) bool {
	switch fault.KindOf(err) {
	case fault.Quota:
		e.Budget.Hold(ctx, cmp.Or(fault.RetryAfter(err), quotaWait))
		return true
	case fault.Denied:
		return true
	case fault.Transient, fault.Unknown:
		return err != nil && e.Guard.Open()
	case fault.Permanent, fault.Gone, fault.Interrupted:
	}
	return false
}

func (e *Enricher) permit(ctx context.Context, lane wire.Lane, report *Report) (Permit, error) {
	began := time.Now()
	defer func() { report.PermitWait += time.Since(began) }()
	if err := e.Guard.Wait(ctx); err != nil {
		return nil, fault.New(fault.Interrupted, err)
	}
	return e.Budget.Take(ctx, lane)
}

// errVoid means that a permit became too old before its request was written. It says nothing about the provider, so it is of a
// kind that the breaker leaves out.
var errVoid = fault.New(fault.Quota, errors.New("the permit became void before the request was written"))

// look asks once. The permit is looked at when a connection stands, immediately before the request is written to it: making one may
// take longer than a permit lives. The connection is closed under a request that is not paid for, and nothing goes out.
func (e *Enricher) look(ctx context.Context, object indicator.Object, permit Permit, report *Report) (verdict.Verdict, error) {
	var void, sent atomic.Bool
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		if permit.Void() {
			void.Store(true)
			_ = info.Conn.Close() // So that the write fails; there is nothing to lose in it.
			return
		}
		sent.Store(true)
	}})
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
