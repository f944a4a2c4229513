package reversinglabs

import (
	"net/http"

	"vtq.internal/shared/simulator/spoil"
)

// A Fault spoils one answer; the functions below make those of this service, beside the usual ones of package spoil.
//
// Faults strike behind the gates. What the service bills is a 200, so an answer that a fault makes another status is free, and
// one that is a 200 on the way (cut, slow, lost with its connection) has been billed. Refusals (401, 403, 405, 429) come
// through unspoilt.
type Fault = spoil.Fault

// Text is an error of the native APIs: a status and a line that is not to be understood.
func Text(status int, line string) *Fault {
	return &Fault{Status: status, ContentType: "text/plain; charset=utf-8", Body: []byte(line + "\n")}
}

// Unavailable is 503.
func Unavailable() *Fault { return Text(http.StatusServiceUnavailable, "Service unavailable") }

// InternalError is 500.
func InternalError() *Fault { return Text(http.StatusInternalServerError, "Internal server error") }

// frees tells whether the fault makes an answer something that is not billed.
func frees(f *Fault) bool { return f != nil && f.Status != 0 && f.Status != http.StatusOK }
