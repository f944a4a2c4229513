package threatq

import (
	"errors"
	"fmt"
	"net/http"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/rest"
)

var (
	// ErrTooLarge tells that an answer exceeds its bound. Of a Page, ask for half as many indicators.
	ErrTooLarge = rest.ErrTooLarge
	// ErrNoCollection tells that a data collection is unknown, ambiguous, or without a query. Its kind is Denied.
	ErrNoCollection = errors.New("no such data collection")
	// ErrNoRow tells that an attribute row that was to be changed is not there. ThreatQ answers the same when the indicator is gone,
	// so its kind is Transient: read the indicator's rows anew, which tells the two apart.
	ErrNoRow = errors.New("no such attribute row")
	// ErrTooMany tells that an indicator has more attribute rows than MaxRows. Its kind is Permanent.
	ErrTooMany = errors.New("too many attribute rows")
	// ErrNoBulk tells that indicators cannot be written in bulk: the instance has no such path, the account may not use it, or its answer
	// says nothing that could be understood. Its kind is Denied.
	ErrNoBulk = errors.New("no writing in bulk")
	// ErrMisplaced tells that a bulk write reached another indicator than it was for: the one that was meant is gone, and ThreatQ has made
	// another or found one. Its kind is Transient: what became of the one that was meant is to be asked.
	ErrMisplaced = errors.New("a bulk write reached another indicator")
	// ErrHidden tells that ThreatQ answered success and said nothing, which is how it hides what the account's role may not see. Its
	// kind is Denied.
	ErrHidden = errors.New("ThreatQ answered without data")
)

// errHidden is ErrHidden with the way to mend it.
func errHidden(what string) error {
	return fault.New(fault.Denied, fmt.Errorf("%w: the account's role probably may not see %s; reading takes the role Read Only, "+
		"writing Primary Contributor or more", ErrHidden, what))
}

// statusError keeps the status of a refusal beside what it means, for the few decisions that turn on it.
type statusError struct {
	status int
	err    error
}

func (e *statusError) Error() string { return e.err.Error() }
func (e *statusError) Unwrap() error { return e.err }

// statusOf gives the status that ThreatQ refused with, 0 when err is no refusal.
func statusOf(err error) int {
	if refused, ok := errors.AsType[*statusError](err); ok {
		return refused.status
	}
	return 0
}

// unsupported tells the status with which older versions answer a relation that they do not know.
func unsupported(err error) bool { return statusOf(err) == http.StatusInternalServerError }

// hints that end the message of a refusal.
const (
	hintAgain  = "a token from a fresh login was refused as well; was the account or the OAuth client disabled?"
	hintRole   = "the account's role may not do this; writing takes Primary Contributor or more"
	hintServer = "if it lasts, ThreatQ does not support what was asked for: it answers so to unknown filters, fields and relations"
	hintGone   = "ThreatQ has it no more, or the account may not see it"
	hintURL    = "this is not where ThreatQ's API answers; check THREATQ_URL"
	hintLogin  = "the login was refused; check "
)
