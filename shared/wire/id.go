package wire

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// An Origin is where a message stands, or stood.
type Origin struct {
	Stream   string
	Created  time.Time // When the stream was: another life of a stream of that name counts anew.
	Sequence uint64
}

// VerdictID is the message id of the verdict that a job led to. It is the same however often the job is delivered.
func VerdictID(job Origin, provider string) string {
	return fmt.Sprintf("v-%s-%d-%d-%s", job.Stream, job.Created.UnixNano(), job.Sequence, provider)
}

// DeadID is the message id of a dead letter: one for each message of a stream that died at a stage. Where that is not enough the name
// of the stage bears a further token.
func DeadID(stage, stream string, streamCreated time.Time, sequence uint64) string {
	return fmt.Sprintf("d-%s-%s-%d-%d", stage, stream, streamCreated.UnixNano(), sequence)
}

// ParseDeadID reads which message an id of DeadID is about; ok is false of any other id.
func ParseDeadID(id string) (o Origin, ok bool) {
	tokens := strings.Split(id, "-") // A stage may bear hyphens, the name of a stream does not.
	n := len(tokens)
	if n < 5 || tokens[0] != "d" {
		return Origin{}, false
	}
	created, err := strconv.ParseInt(tokens[n-2], 10, 64)
	if err != nil {
		return Origin{}, false
	}
	sequence, err := strconv.ParseUint(tokens[n-1], 10, 64)
	if err != nil {
		return Origin{}, false
	}
	return Origin{Stream: tokens[n-3], Created: time.Unix(0, created), Sequence: sequence}, true
}

// RedriveID is the message id under which what a dead letter holds is stored again: the same however often one letter is redriven.
// The letter is named by its place in the stream of dead letters.
func RedriveID(lettersCreated time.Time, sequence uint64) string {
	return fmt.Sprintf("r-%d-%d", lettersCreated.UnixNano(), sequence)
}
