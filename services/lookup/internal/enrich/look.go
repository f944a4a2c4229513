package enrich

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/rest"
	"vtq.internal/shared/verdict"
)

// errVoid means that a permit became too old before its request was written. It says nothing about the provider, so it is of a
// kind that the breaker leaves out.
var errVoid = fault.New(fault.Quota, errors.New("the permit became void before the request was written"))

// A try is one request, with what pays for it.
type try struct {
	pass   Pass
	permit Permit
	path   *path
	turn   *turn
	report *Report
}

// giveBack gives back what was not used.
func (y try) giveBack(ctx context.Context) {
	y.permit.Release()
	y.pass.Leave(ctx)
}

// What has become of a request.
const (
	waiting int32 = iota // For a connection.
	written              // Or about to be: it is paid for.
	void                 // Given up for the age of its permit.
)

// look asks once, if a connection stands before the permit is too old. Else it gives up waiting with the permit's last moment, and
// not the connection: net/http goes on making it, and keeps it for whoever asks next (Transport.getConn, since a dial does not end
// with its request). So a provider that is slow to reach is reached with the next permit. What comes to stand in that very moment is
// closed under the request, so that nothing goes out.
func (e *Enricher) look(ctx context.Context, object indicator.Object, y try) (v verdict.Verdict, err error) {
	err = e.send(ctx, y, object.Kind, func(ctx context.Context) error {
		v, err = e.Provider.Look(ctx, object)
		return err
	})
	if err != nil && !errors.Is(err, errVoid) {
		err = fmt.Errorf("asking %s about a %s: %w", e.Name, object.Kind, err)
	}
	return v, err
}

// send is look for any request, which is about objects of one kind.
func (e *Enricher) send(ctx context.Context, y try, kind indicator.Kind, ask func(context.Context) error) error {
	left := y.permit.Left()
	if left <= 0 { // Whose fault this is, it is not the path's.
		e.voided()
		return errVoid
	}
	var state atomic.Int32
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	deadline := time.AfterFunc(left, func() {
		if state.CompareAndSwap(waiting, void) {
			cancel(errVoid)
		}
	})
	defer deadline.Stop()
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		if y.permit.Void() {
			state.CompareAndSwap(waiting, void)
		}
		if !state.CompareAndSwap(waiting, written) {
			_ = info.Conn.Close() // So that the write fails; there is nothing to lose in it.
			return
		}
		y.pass.Spent()
		e.stands()
	}})
	traced = rest.WithNotice(traced, func(wait time.Duration) { e.Budget.Hold(ctx, wait) })
	began := time.Now()
	err := ask(traced)
	took := time.Since(began)
	y.report.Asked += took
	switch state.Load() {
	case void:
		e.voided()
		if err = y.path.missed(y.turn); !errors.Is(err, errVoid) {
			y.permit.Release()
		}
	case written:
		y.report.Requests++
		e.asked(kind, took, err)
	case waiting:
		y.permit.Release() // No connection came about, and nothing went out.
	}
	return err
}

func (e *Enricher) voided() {
	if e.VoidFunc != nil {
		e.VoidFunc()
	}
}

func (e *Enricher) asked(kind indicator.Kind, took time.Duration, err error) {
	if e.AskedFunc != nil {
		e.AskedFunc(kind, took, err)
	}
}
