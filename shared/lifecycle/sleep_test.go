package lifecycle_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"vtq.internal/shared/lifecycle"
)

func TestSleep(t *testing.T) {
	cases := map[string]struct {
		sleep, timeout time.Duration
		want           bool
	}{
		"to the end":      {time.Hour, 2 * time.Hour, true},
		"cut short":       {2 * time.Hour, time.Hour, false},
		"nothing to wait": {0, time.Hour, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), c.timeout)
				defer cancel()
				began := time.Now()
				if got := lifecycle.Sleep(ctx, c.sleep); got != c.want {
					t.Errorf("Sleep(%v) = %v, want %v", c.sleep, got, c.want)
				}
				if took, want := time.Since(began), min(c.sleep, c.timeout); took != want {
					t.Errorf("Sleep(%v) took %v, want %v", c.sleep, took, want)
				}
			})
		})
	}
}
