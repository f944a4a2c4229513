package threatq

import (
	"fmt"

	"vtq.internal/shared/fault"
)

// An ItemsError tells which of several attributes were not created, and why. The others were.
type ItemsError struct{ Items []ItemError }

// An ItemError is one attribute that was not created.
type ItemError struct {
	// Index is its place among the attributes that were sent.
	Index int
	// Err is classified: Permanent when ThreatQ refused this one, Transient when it did not say what became of it.
	Err error
}

// Error names the first failure and counts the others.
func (e *ItemsError) Error() string {
	text := fmt.Sprintf("attribute %d: %v", e.Items[0].Index, e.Items[0].Err)
	if n := len(e.Items) - 1; n > 0 {
		text += fmt.Sprintf(" (and %d more)", n)
	}
	return text
}

// Unwrap gives the failures to errors.Is and errors.As.
func (e *ItemsError) Unwrap() []error {
	all := make([]error, len(e.Items))
	for i, item := range e.Items {
		all[i] = item.Err
	}
	return all
}

// itemsError is nil without failures. The whole is worth another try as soon as one of the items is.
func itemsError(items []ItemError) error {
	if len(items) == 0 {
		return nil
	}
	kind := fault.Permanent
	for _, item := range items {
		if fault.KindOf(item.Err) != fault.Permanent {
			kind = fault.Transient
		}
	}
	return fault.New(kind, &ItemsError{Items: items})
}
