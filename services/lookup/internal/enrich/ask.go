package enrich

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"vtq.internal/services/lookup/internal/recall"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
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
			return verdict.Verdict{}, fault.New(fault.Interrupted, err)
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
			return e.look(working, object, report)
		})
		switch {
		case !asked:
			permit.Release() // Nobody may ask now.
		case !e.stays(err):
			return v, err
		}
	}
}

// stays tells whether a job is asked again without being given back.
func (e *Enricher) stays(err error) bool {
	switch fault.KindOf(err) {
	case fault.Quota:
		e.Budget.Hold(cmp.Or(fault.RetryAfter(err), quotaWait))
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
		return nil, err
	}
	return e.Budget.Take(ctx, lane)
}

func (e *Enricher) look(ctx context.Context, object indicator.Object, report *Report) (verdict.Verdict, error) {
	began := time.Now()
	v, err := e.Provider.Look(ctx, object)
	report.Asked += time.Since(began)
	report.Requests++
	if err != nil {
		return v, fmt.Errorf("asking %s about a %s: %w", e.Name, object.Kind, err)
	}
	return v, nil
}
