package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
)

// Errors of the decoders.
var (
	// ErrNewer means that the message was written by a later version: keep it for a later reader.
	ErrNewer = errors.New("message of a newer schema version")
	// ErrTooLarge means that a message is above its bound.
	ErrTooLarge = errors.New("message above its bound")
	// ErrUnreadable means that the bytes are no message of ours.
	ErrUnreadable = errors.New("unreadable message")
	// ErrIncomplete means that a field without which nothing can be done is missing.
	ErrIncomplete = errors.New("incomplete message")
)

// EncodeJob writes a job. The error is ErrTooLarge.
func EncodeJob(job Job) ([]byte, error) {
	job.Schema = Schema
	return encode(job, MaxJob)
}

// DecodeJob reads a job. Errors are permanent faults, but ErrNewer, which is transient.
func DecodeJob(body []byte) (Job, error) {
	var job Job
	if err := decode(body, MaxJob, &job); err != nil {
		return Job{}, fmt.Errorf("decoding a job: %w", err)
	}
	if job.Object.Value == "" || !known(job.Object.Kind) || job.Indicator.ID < 0 {
		return Job{}, fmt.Errorf("decoding a job: %w", fault.New(fault.Permanent, ErrIncomplete))
	}
	return job, nil
}

// EncodeVerdict writes a verdict. The error is ErrTooLarge.
func EncodeVerdict(verdict Verdict) ([]byte, error) {
	verdict.Schema = Schema
	return encode(verdict, MaxVerdict)
}

// DecodeVerdict reads a verdict. Errors are as those of DecodeJob.
func DecodeVerdict(body []byte) (Verdict, error) {
	var verdict Verdict
	if err := decode(body, MaxVerdict, &verdict); err != nil {
		return Verdict{}, fmt.Errorf("decoding a verdict: %w", err)
	}
	if verdict.Verdict.Provider == "" || verdict.Verdict.Asked.IsZero() || !known(verdict.Object.Kind) || verdict.Indicator.ID < 0 {
		return Verdict{}, fmt.Errorf("decoding a verdict: %w", fault.New(fault.Permanent, ErrIncomplete))
	}
	return verdict, nil
}

// EncodeAlias writes an alias.
func EncodeAlias(alias Alias) ([]byte, error) {
	alias.Schema = Schema
	return encode(alias, MaxJob)
}

// DecodeAlias reads an alias. Errors are as those of DecodeJob.
func DecodeAlias(body []byte) (Alias, error) {
	var alias Alias
	if err := decode(body, MaxJob, &alias); err != nil {
		return Alias{}, fmt.Errorf("decoding an alias: %w", err)
	}
	if _, err := indicator.ParseKey(string(alias.Key)); err != nil {
		return Alias{}, fmt.Errorf("decoding an alias: %w", fault.New(fault.Permanent, ErrIncomplete))
	}
	return alias, nil
}

func known(kind indicator.Kind) bool {
	switch kind {
	case indicator.File, indicator.URL, indicator.Domain, indicator.IP:
		return true
	}
	return false
}

// encode writes JSON on one line, with the characters of a URL as they are.
func encode(message any, limit int) ([]byte, error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(message); err != nil {
		return nil, fmt.Errorf("encoding a message: %w", fault.New(fault.Permanent, err))
	}
	body := bytes.TrimSuffix(buffer.Bytes(), []byte("\n"))
	if len(body) > limit {
		return nil, fmt.Errorf("encoding a message: %w",
			fault.New(fault.Permanent, fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, len(body), limit)))
	}
	return body, nil
}

func decode(body []byte, limit int, message any) error {
	if len(body) > limit {
		return fault.New(fault.Permanent, fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, len(body), limit))
	}
	var version struct {
		Schema int `json:"schema"`
	}
	if err := json.Unmarshal(body, &version); err != nil {
		return fault.New(fault.Permanent, discreet(err))
	}
	if version.Schema > Schema {
		return fault.New(fault.Transient, fmt.Errorf("%w: %d, this reader knows %d", ErrNewer, version.Schema, Schema))
	}
	if version.Schema < 1 {
		return fault.New(fault.Permanent, fmt.Errorf("%w: no schema version", ErrIncomplete))
	}
	if err := json.Unmarshal(body, message); err != nil {
		return fault.New(fault.Permanent, discreet(err))
	}
	return nil
}

// discreet says what is wrong with a body and nothing of what is in it: encoding/json quotes the numbers and dates that it
// cannot read, in full.
func discreet(err error) error {
	var syntax *json.SyntaxError
	var mismatch *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return unreadableError(fmt.Sprintf("no JSON at byte %d", syntax.Offset))
	case errors.As(err, &mismatch) && mismatch.Field == "":
		return unreadableError("no JSON object")
	case errors.As(err, &mismatch):
		return unreadableError(fmt.Sprintf("field %q is no %s", mismatch.Field, mismatch.Type))
	}
	return unreadableError("a date is not in RFC 3339")
}

// unreadableError says what is wrong with a body.
type unreadableError string

// Error implements error.
func (e unreadableError) Error() string { return string(e) }

// Is tells errors.Is that it is an ErrUnreadable.
func (e unreadableError) Is(target error) bool { return target == ErrUnreadable }
