package rest_test

import (
	"testing"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/rest"
)

// TestKindOfEveryStatus spells the table out once more, status by status, so that neither can drift.
func TestKindOfEveryStatus(t *testing.T) {
	want := map[int]fault.Kind{
		401: fault.Denied, 402: fault.Denied, 403: fault.Denied, 407: fault.Denied,
		404: fault.Unknown,
		408: fault.Transient, 421: fault.Transient, 424: fault.Transient, 425: fault.Transient,
		429: fault.Quota,
	}
	ranges := []struct {
		from, to int
		kind     fault.Kind
	}{
		{100, 199, fault.Transient},
		{200, 299, fault.Unknown},
		{300, 399, fault.Denied},
		{400, 499, fault.Permanent},
		{500, 599, fault.Transient},
	}
	for _, r := range ranges {
		for status := r.from; status <= r.to; status++ {
			kind, special := want[status]
			if !special {
				kind = r.kind
			}
			if got := rest.Kind(status); got != kind {
				t.Errorf("Kind(%d) = %v, want %v", status, got, kind)
			}
		}
	}
	for _, status := range []int{-1, 0, 99, 600, 999} {
		if got := rest.Kind(status); got != fault.Transient {
			t.Errorf("Kind(%d) = %v, want transient: it is no status", status, got)
		}
	}
}
