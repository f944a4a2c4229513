package virustotal

import (
	"net/http"

	"vtq.internal/shared/simulator/spoil"
)

// A Fault spoils one answer; the functions below make those of this service that were seen in the wild, beside the usual ones of
// package spoil.
//
// Faults strike behind the limits: a request that fails has been counted, which is what a careful client must assume.
// Refusals (401, 403, 405, 429) come through unspoilt.
type Fault = spoil.Fault

// ErrorBody is an answer in the shape of the service's errors.
func ErrorBody(status int, code, message string) *Fault {
	return &Fault{Status: status, Body: (&Server{}).fail(status, code, message).Body}
}

// Transient is 503 TransientError.
func Transient() *Fault {
	return ErrorBody(http.StatusServiceUnavailable, "TransientError", "Transient server error. Retry might work.")
}

// DeadlineExceeded is 504 DeadlineExceededError.
func DeadlineExceeded() *Fault {
	return ErrorBody(http.StatusGatewayTimeout, "DeadlineExceededError", "The operation took too long to complete.")
}

// TooManyRequests is 429 TooManyRequestsError. What brings it about is not known; the limits give QuotaExceededError.
func TooManyRequests() *Fault {
	return ErrorBody(http.StatusTooManyRequests, "TooManyRequestsError", "Too many requests.")
}

// BadGateway is 502 with the front end's HTML.
func BadGateway() *Fault {
	return &Fault{
		Status: http.StatusBadGateway, ContentType: "text/html; charset=UTF-8",
		Body: []byte("<!DOCTYPE html><html><title>Error 502 (Server Error)!!1</title><p>That's an error.</html>\n"),
	}
}
