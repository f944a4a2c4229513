package wire

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"vtq.internal/shared/fault"
)

// AllWritten covers the writer's ledger.
const AllWritten = "vtq.written.>"

// MaxWritten bounds an entry of the ledger, in bytes. Some fifteen attributes make 1 to 2 KiB; all twenty-nine at their bounds of
// 2,048 runes would make 250, and are not worth it: what is not kept costs one read of ThreatQ.
const MaxWritten = 64 << 10

// maxEpoch bounds the body of an epoch, in bytes: two numbers.
const maxEpoch = 1 << 10

// A Revision says which of two verdicts is the newer one: the later in its stream, and of two streams of the same name, whose
// sequences both begin at one, that in the stream which was created later.
type Revision struct {
	Created  int64  `json:"created"` // When the stream was created, in nanoseconds since 1970.
	Sequence uint64 `json:"seq"`
}

// RevisionOf is the revision of the message with a sequence, in a stream created at a time.
func RevisionOf(created time.Time, sequence uint64) Revision {
	return Revision{Created: created.UnixNano(), Sequence: sequence}
}

// Compare is negative when r is older than other, zero when both are the same.
func (r Revision) Compare(other Revision) int {
	return cmp.Or(cmp.Compare(r.Created, other.Created), cmp.Compare(r.Sequence, other.Sequence))
}

// Written is the ledger's entry about one indicator: what the writer knows of its rows in ThreatQ.
type Written struct {
	WrittenHead

	// Rows are all rows that stand under the names that are ours to write.
	Rows []WrittenRow `json:"rows,omitempty"`
}

// A WrittenHead is an entry without its rows, which is all that a verdict needs that was written already.
type WrittenHead struct {
	Schema int `json:"schema"`
	// Epoch is the epoch of the ledger in which the rows were known; 0 when they are not known. Rows of another epoch than the
	// present one say nothing.
	Epoch uint64 `json:"epoch"`
	// Settings stands for the settings under which the rows were looked at: under others, other rows would have been ours.
	Settings string `json:"settings,omitempty"`
	// Verdicts are those that were written last, by provider.
	Verdicts map[string]WrittenVerdict `json:"verdicts,omitempty"`
	// Claim is set while a writer changes the rows.
	Claim *Claim `json:"claim,omitempty"`
}

// A WrittenVerdict is the newest verdict of a provider that was written.
type WrittenVerdict struct {
	Revision Revision `json:"revision"`
	// Manner stands for how a verdict was made into attributes: by other settings or a later version the same verdict may come to
	// others.
	Manner string `json:"manner,omitempty"`
	// Score is the one that it was worth, when that was seen to.
	Score *int `json:"score,omitempty"`
	// Asking is for what the indicator was asked about; zero in entries of versions that did not keep it.
	Asking Asking `json:"asking,omitzero"`
}

// Outdoes tells that it is newer than another verdict of its provider on its indicator. Newer is what is about a later value of the
// indicator, and of two about the same value, or where nobody knows, the later in the stream.
func (v WrittenVerdict) Outdoes(asking Asking, revision Revision) bool {
	switch {
	case asking.Outdated(v.Asking):
		return true
	case v.Asking.Outdated(asking):
		return false
	}
	return revision.Compare(v.Revision) < 0
}

// A WrittenRow is an attribute row in ThreatQ.
type WrittenRow struct {
	ID    int64  `json:"id"`
	Name  string `json:"name"`
	Value string `json:"value"`
	Whose Whose  `json:"whose,omitempty"`
	// Source is ours on the row, where it is another than the one that most rows bear: of several providers each may have its own.
	Source string `json:"source,omitempty"`
	// More are further sources of ours on the row: two providers have said the same under one name.
	More []string `json:"more,omitempty"`
}

// Whose says whose word a row is.
type Whose string

// The owners of a row.
const (
	Ours   Whose = ""       // Ours alone, to change and to delete.
	Shared Whose = "shared" // Ours, and somebody else's too.
	Others Whose = "others" // Not ours.
	Untold Whose = "untold" // ThreatQ does not tell the sources of rows.
)

// A Claim keeps other writers from an indicator until a time.
type Claim struct {
	By    string    `json:"by"` // Which writer: a random word of its process.
	Until time.Time `json:"until"`
}

// WrittenSubject is where the entry of an indicator stands. That of indicator 0 tells of the ledger itself.
func WrittenSubject(id int64) string { return "vtq.written." + strconv.FormatInt(id, 10) }

// ParseWrittenSubject reads the indicator's id. Errors are ErrSubject.
func ParseWrittenSubject(subject string) (int64, error) {
	tokens, err := split(subject, "vtq.written.", 1)
	if err != nil {
		return 0, err
	}
	id, err := strconv.ParseInt(tokens[0], 10, 64)
	if err != nil || id < 0 || strconv.FormatInt(id, 10) != tokens[0] {
		return 0, fmt.Errorf("%w: %q", ErrSubject, subject)
	}
	return id, nil
}

// EncodeWritten writes an entry. The error is ErrTooLarge.
func EncodeWritten(written Written) ([]byte, error) {
	written.Schema = Schema
	return encode(written, MaxWritten)
}

// DecodeWritten reads an entry. Errors are as those of DecodeJob.
func DecodeWritten(body []byte) (Written, error) {
	var written Written
	if err := decodeWritten(body, &written, &written.WrittenHead); err != nil {
		return Written{}, err
	}
	return written, nil
}

// DecodeWrittenHead reads an entry without its rows, in half the time. Errors are as those of DecodeJob.
func DecodeWrittenHead(body []byte) (WrittenHead, error) {
	var head WrittenHead
	err := decodeWritten(body, &head, &head)
	return head, err
}

// decodeWritten reads an entry, or some of it. A replay reads one for each verdict, so that the body is parsed once, and looked at again
// only when something is wrong with it.
func decodeWritten(body []byte, into any, head *WrittenHead) error {
	err := error(nil)
	if len(body) > MaxWritten || json.Unmarshal(body, into) != nil || head.Schema != Schema {
		err = decode(body, MaxWritten, into)
	}
	if err == nil && head.Claim != nil && head.Claim.By == "" {
		err = fault.New(fault.Permanent, ErrIncomplete)
	}
	if err != nil {
		*head = WrittenHead{}
		return fmt.Errorf("decoding an entry of the ledger: %w", err)
	}
	return nil
}

// EpochKey is where the ledger's epoch stands in the state bucket. While nothing stands there, it is FirstEpoch.
const EpochKey = "ledger.epoch"

// FirstEpoch is the epoch in which a ledger begins. To raise it makes all rows unknown and keeps the revisions: a verdict that was
// written is written again when it comes again, after one look at what stands in ThreatQ.
const FirstEpoch = 1

// epoch is the body under EpochKey.
type epoch struct {
	Schema int    `json:"schema"`
	Epoch  uint64 `json:"epoch"`
}

// EncodeEpoch writes an epoch.
func EncodeEpoch(number uint64) ([]byte, error) {
	return encode(epoch{Schema: Schema, Epoch: number}, maxEpoch)
}

// DecodeEpoch reads an epoch. Errors are as those of DecodeJob.
func DecodeEpoch(body []byte) (uint64, error) {
	var e epoch
	if err := decode(body, maxEpoch, &e); err != nil {
		return 0, fmt.Errorf("decoding the ledger's epoch: %w", err)
	}
	if e.Epoch < FirstEpoch {
		return 0, fmt.Errorf("decoding the ledger's epoch: %w", fault.New(fault.Permanent, ErrIncomplete))
	}
	return e.Epoch, nil
}
