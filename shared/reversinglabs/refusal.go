package reversinglabs

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"time"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/rest"
)

// Errors of a batch that say how to go on.
var (
	// ErrTooMany tells that a batch holds too many hashes: ask for its halves. It is Permanent, and never told of a single hash.
	ErrTooMany = errors.New("too many hashes in one request")
	// ErrSingly tells that asking together does not settle it: ask with Look, one by one. It is Transient, so that whoever does not
	// know it loses nothing.
	ErrSingly = errors.New("the hashes must be asked for one by one")
	// ErrMixed tells that a batch holds hashes of several types, and was not sent: group them by HashType. It is Permanent.
	ErrMixed = errors.New("hashes of several types in one request")
)

// RatePause is the wait after a 429 of the rate limit, which the vendor states in requests per second (400 for TCA-0103).
const RatePause = time.Second

// refusal classifies an answer to a request with so many hashes that is no success. Bodies of errors are not documented, so the status
// decides, except where the vendor says what to read.
func refusal(response rest.Response, hashes int) error {
	switch status := response.Status; {
	case status == http.StatusNotFound:
		// Many unknown files are a 200 without them, so there is no such path.
		return response.FaultOf(fault.Transient, "not the service's own answer; check the provider's base URL")
	case status == http.StatusForbidden:
		return response.FaultOf(fault.Denied, "no right to TCA-0103, or the quota is used up: an older connector of the vendor takes a 403 for that")
	case status == http.StatusTooManyRequests:
		return exceeded(response)
	case status == http.StatusRequestEntityTooLarge && hashes > 1:
		return fmt.Errorf("%w: %w", response.FaultOf(fault.Permanent, ""), ErrTooMany)
	case status == http.StatusBadRequest && hashes > 1:
		return fmt.Errorf("%w: %w", response.FaultOf(fault.Transient, ""), ErrSingly)
	}
	return response.Fault("")
}

// exceeded tells the two limits apart. The vendor's connector definition has it that the rate limit says "Rate limit exceeded"; without
// it the contract's quota is used up, which begins anew at 00:00 UTC, that of the month on some such midnight. A wait that the
// service names holds; it is not documented to name one.
func exceeded(response rest.Response) error {
	detail, wait := "the quota is used up", untilMidnight(response.Now())
	if bytes.Contains(bytes.ToLower(response.Body), []byte("rate limit exceeded")) {
		detail, wait = "the rate limit", RatePause
	}
	if named := response.RetryAfter(); named > 0 {
		wait = named
	}
	return fault.After(fault.Quota, wait, response.FaultOf(fault.Quota, detail))
}

// untilMidnight is the time to the next 00:00 UTC, at most a day.
func untilMidnight(now time.Time) time.Duration {
	const day = 24 * time.Hour
	return now.Truncate(day).Add(day).Sub(now) // Of the zero time on, which is midnight UTC.
}
