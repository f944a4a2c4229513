package wire

import (
	"fmt"
	"time"
)

// VerdictID is the message id of the verdict that a job led to. It is the same however often the job is delivered, and
// differs between two streams of the same name, whose sequences both begin at one.
func VerdictID(streamCreated time.Time, sequence uint64, provider string) string {
	return fmt.Sprintf("v-%d-%d-%s", streamCreated.UnixNano(), sequence, provider)
}

// DeadID is the message id of a dead letter: one for each message of a stream that died at a stage.
func DeadID(stage, stream string, streamCreated time.Time, sequence uint64) string {
	return fmt.Sprintf("d-%s-%s-%d-%d", stage, stream, streamCreated.UnixNano(), sequence)
}

// Headers of a dead letter.
const (
	HeaderStage    = "Vtq-Stage"    // The stage at which the message died.
	HeaderReason   = "Vtq-Reason"   // Why, for a person.
	HeaderKind     = "Vtq-Fault"    // The kind of fault.
	HeaderAttempts = "Vtq-Attempts" // How often it was delivered.
	HeaderSubject  = "Vtq-Subject"  // Where it came from.
	HeaderFirst    = "Vtq-First"    // When it was first stored, RFC 3339.
	HeaderLast     = "Vtq-Last"     // When it died, RFC 3339.
)
