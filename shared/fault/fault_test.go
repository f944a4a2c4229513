package fault_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"vtq.internal/shared/fault"
)

var errBoom = errors.New("boom")

func TestKindOf(t *testing.T) {
	cases := map[string]struct {
		err  error
		want fault.Kind
	}{
		"nobody classified it":       {errBoom, fault.Unknown},
		"nil":                        {nil, fault.Unknown},
		"classified":                 {fault.New(fault.Gone, errBoom), fault.Gone},
		"classified and wrapped":     {fmt.Errorf("reading a page: %w", fault.New(fault.Denied, errBoom)), fault.Denied},
		"outermost classification":   {fault.New(fault.Permanent, fault.New(fault.Transient, errBoom)), fault.Permanent},
		"a bare cancellation":        {fmt.Errorf("asking: %w", context.Canceled), fault.Interrupted},
		"a bare deadline":            {fmt.Errorf("asking: %w", context.DeadlineExceeded), fault.Transient},
		"a classified cancellation":  {fault.New(fault.Transient, context.Canceled), fault.Transient},
		"joined with a plain error":  {errors.Join(errBoom, fault.New(fault.Quota, errBoom)), fault.Quota},
		"classified through a chain": {fmt.Errorf("a: %w", fmt.Errorf("b: %w", fault.New(fault.Interrupted, errBoom))), fault.Interrupted},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := fault.KindOf(c.err); got != c.want {
				t.Errorf("KindOf(%v) = %v, want %v", c.err, got, c.want)
			}
		})
	}
}

func TestNilStaysNil(t *testing.T) {
	if err := fault.New(fault.Denied, nil); err != nil {
		t.Errorf("New(Denied, nil) = %v, want nil", err)
	}
}

func TestRetryAfter(t *testing.T) {
	err := fmt.Errorf("asking: %w", fault.After(fault.Quota, 42*time.Second, errBoom))
	if got := fault.RetryAfter(err); got != 42*time.Second {
		t.Errorf("RetryAfter = %v, want 42s", got)
	}
	if got := fault.RetryAfter(errBoom); got != 0 {
		t.Errorf("RetryAfter of an unclassified error = %v, want 0", got)
	}
	if !errors.Is(err, errBoom) || err.Error() != "asking: boom" {
		t.Errorf("the fault hides its cause: %v", err)
	}
}

func TestNamesAreClosedAndDistinct(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range fault.Kinds() {
		if seen[k.String()] {
			t.Errorf("two kinds are called %q", k)
		}
		seen[k.String()] = true
	}
	if len(seen) != int(fault.Gone)+1 {
		t.Errorf("Kinds lists %d of %d kinds", len(seen), int(fault.Gone)+1)
	}
	if got := fault.Kind(99).String(); got != "unknown" {
		t.Errorf("Kind(99) = %q, want unknown", got)
	}
}
