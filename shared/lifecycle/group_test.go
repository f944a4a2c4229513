package lifecycle_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vtq.internal/shared/lifecycle"
)

var (
	errBoom = errors.New("boom")
	errBang = errors.New("bang")
)

// until waits for the end of ctx and returns what f makes of its cause.
func until(f func(cause error) error) func(context.Context) error {
	return func(ctx context.Context) error {
		<-ctx.Done()
		return f(context.Cause(ctx))
	}
}

// after returns err when d has passed.
func after(d time.Duration, err error) func(context.Context) error {
	return func(context.Context) error {
		time.Sleep(d)
		return err
	}
}

func silent(error) error     { return nil }
func echo(cause error) error { return cause }

// sliceError is an error that cannot be compared.
type sliceError []string

func (s sliceError) Error() string { return strings.Join(s, ", ") }

func TestGroupErrors(t *testing.T) {
	type components map[string]func(context.Context) error
	second := after(time.Second, errBoom)
	cases := map[string]struct {
		components components
		want       string // Lines in the order of return; "" for nil.
	}{
		"none":                     {nil, ""},
		"one ends":                 {components{"a": after(time.Second, nil)}, ""},
		"one fails":                {components{"a": second}, "a: boom"},
		"the others are stopped":   {components{"a": second, "b": until(silent), "c": until(silent)}, "a: boom"},
		"stopped by an end":        {components{"a": after(time.Second, nil), "b": until(silent)}, ""},
		"cause handed back":        {components{"a": second, "b": until(echo)}, "a: boom"},
		"cause wrapped":            {components{"a": second, "b": until(func(err error) error { return fmt.Errorf("pulling: %w", err) })}, "a: boom"},
		"cancellation handed back": {components{"a": second, "b": until(func(error) error { return context.Canceled })}, "a: boom"},
		"end of the grace":         {components{"a": second, "b": until(func(error) error { return fmt.Errorf("%w: grace", lifecycle.ErrShutdown) })}, "a: boom"},
		"failing on the way out":   {components{"a": second, "b": until(func(error) error { return errBang })}, "a: boom\nb: bang"},
		"both in one":              {components{"a": second, "b": until(func(err error) error { return errors.Join(err, errBang) })}, "a: boom\nb: shutting down: a: boom\nbang"},
		"echoes joined":            {components{"a": second, "b": until(func(err error) error { return errors.Join(err, context.Canceled) })}, "a: boom"},
		"not comparable":           {components{"a": after(time.Second, sliceError{"x", "y"}), "b": until(func(error) error { return sliceError{"z"} })}, "a: x, y\nb: z"},
		"canceled by itself":       {components{"a": after(time.Second, context.Canceled)}, "a: context canceled"},
		"failing at once":          {components{"a": after(0, errBoom), "b": until(silent)}, "a: boom"},
		"slow to stop":             {components{"a": second, "b": after(time.Hour, nil)}, "a: boom"},
		"panic":                    {components{"a": explode, "b": until(silent)}, "a: panic: bad map"},
		"goroutine exited":         {components{"a": func(context.Context) error { runtime.Goexit(); return nil }, "b": until(silent)}, "a: the goroutine exited"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var group lifecycle.Group
				for name, run := range c.components {
					group.Add(name, run)
				}
				err := group.Run(t.Context())
				if got := fmt.Sprint(err); err == nil && c.want != "" || err != nil && got != c.want {
					t.Errorf("Run() = %v, want %v", got, c.want)
				}
			})
		})
	}
}

func TestGroupWaitsForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var group lifecycle.Group
		group.Add("intake", after(time.Second, errBoom))
		group.Add("writer", until(func(error) error { time.Sleep(time.Minute); return nil }))
		err := group.Run(t.Context())
		if took := time.Since(start); took != 61*time.Second {
			t.Errorf("Run returned after %v, want 1m1s", took)
		}
		if !errors.Is(err, errBoom) {
			t.Errorf("Run() = %v, which does not wrap the component's error", err)
		}
	})
}

func TestGroupCause(t *testing.T) {
	errParent := errors.New("the parent's reason")
	cases := map[string]struct {
		first error // Of the component that returns after a second.
		stop  bool  // Whether the parent's context ends before that.
		want  string
	}{
		"failure":    {errBoom, false, "shutting down: intake: boom"},
		"end":        {nil, false, "shutting down: intake has ended"},
		"the parent": {errBoom, true, "the parent's reason"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				if c.stop {
					cancel(errParent)
				}
				var cause error
				var group lifecycle.Group
				group.Add("intake", after(time.Second, c.first))
				group.Add("writer", until(func(err error) error { cause = err; return nil }))
				_ = group.Run(ctx)
				if cause.Error() != c.want || errors.Is(cause, lifecycle.ErrShutdown) == c.stop {
					t.Errorf("cause = %v, want %v", cause, c.want)
				}
				if c.first != nil && !c.stop && !errors.Is(cause, c.first) {
					t.Errorf("cause = %v, which does not wrap the component's error", cause)
				}
			})
		})
	}
}

func TestGroupEndsWithItsParent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var group lifecycle.Group
		group.Add("intake", until(echo))
		group.Add("writer", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		if err := group.Run(ctx); err != nil {
			t.Errorf("Run() = %v, want nil: to be stopped is no failure", err)
		}
	})
}

func TestGroupPanicKeepsItsStack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var group lifecycle.Group
		group.Add("intake", explode)
		err := group.Run(t.Context())
		panicked, ok := errors.AsType[*lifecycle.PanicError](err)
		if !ok || panicked.Value != any("bad map") {
			t.Fatalf("Run() = %v, want a PanicError with the value", err)
		}
		if !strings.Contains(string(panicked.Stack), "explode") {
			t.Errorf("the stack does not show the culprit:\n%s", panicked.Stack)
		}
	})
}

func explode(context.Context) error { panic("bad map") }
