package ledger

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"vtq.internal/shared/threatq"
	"vtq.internal/shared/wire"
)

// An Entry is what the ledger says about one indicator. It belongs to one goroutine at a time.
type Entry struct {
	id       int64
	sequence uint64 // Where it stands in the stream; 0 for nowhere.
	present  uint64 // The epoch in which it was read.
	unheard  bool   // It was never heard of the indicator, as far as the ledger's certificate says.
	bare     bool   // That is believed.

	body       []byte // All of it, as it stands there.
	read       bool   // What follows is made of it.
	head       wire.WrittenHead
	unreadable error
}

// told is the entry without its rows, decoded when it is first asked for. One that cannot be read, since something else has written it,
// is as good as none, but for its place.
func (e *Entry) told() wire.WrittenHead {
	if !e.read && e.sequence > 0 {
		var err error
		if e.head, err = wire.DecodeWrittenHead(e.body); errors.Is(err, wire.ErrNewer) {
			e.unreadable = lost("reading", err)
		}
	}
	e.read = true
	return e.head
}

// Unreadable is why nothing may be done by this entry: a later version has written it. The error is ErrStore.
func (e *Entry) Unreadable() error {
	e.told()
	return e.unreadable
}

// Newest is the newest verdict of a provider that was written, in whatever epoch; the zero value for none.
func (e *Entry) Newest(provider string) wire.WrittenVerdict { return e.told().Verdicts[provider] }

// Bare tells of an indicator that was never written, so that no row of ours can stand there.
func (e *Entry) Bare() bool { return e.bare && e.sequence == 0 }

// Absent tells of an indicator that the ledger has no entry of: it was never written, or long ago.
func (e *Entry) Absent() bool { return e.sequence == 0 }

// elsewhere tells until when another writer has the indicator; the zero time for no such writer.
func (e *Entry) elsewhere(by string, now time.Time) time.Time {
	c := e.told().Claim
	// No claim is made for longer than claimLife: one that ends much later was made by a clock that nobody can go by.
	if c == nil || c.By == by || !now.Before(c.Until) || c.Until.Sub(now) > 2*claimLife {
		return time.Time{}
	}
	return c.Until
}

// another stands for any source that is not ours. No source is called so: names have no control characters.
const another = "\x00another"

// Written tells whether the very verdict of a revision was written last of its provider, in that manner, and nothing has become unknown
// since. A replay asks it of every verdict, so that the answer is mostly read off the first bytes.
func (l *Ledger) Written(e *Entry, provider string, revision wire.Revision, manner string) bool {
	if bytes.HasPrefix(e.body, l.beginning(e, provider, revision, manner)) {
		return true
	}
	last, ok := e.told().Verdicts[provider]
	return ok && last.Revision == revision && last.Manner == manner && l.knows(e)
}

// beginning is how an entry begins that says so, when it knows of no other provider: with rows that are known, and so without a claim.
func (l *Ledger) beginning(e *Entry, provider string, revision wire.Revision, manner string) []byte {
	return fmt.Appendf(nil, `{"schema":%d,"epoch":%d,"settings":%q,"verdicts":{%q:{"revision":{"created":%d,"seq":%d},"manner":%q`,
		wire.Schema, e.present, l.settings, provider, revision.Created, revision.Sequence, manner)
}

// knows tells whether the rows of an entry are those that stand on the indicator.
func (l *Ledger) knows(e *Entry) bool {
	head := e.told()
	return head.Claim == nil && head.Epoch == e.present && head.Settings == l.settings
}

// Rows are the rows that stand on the indicator under our names, as ThreatQ would tell them, and whether that is known.
func (l *Ledger) Rows(e *Entry) ([]threatq.Row, bool) {
	if !l.knows(e) {
		return nil, false
	}
	written, err := wire.DecodeWritten(e.body)
	if err != nil {
		return nil, false
	}
	rows := make([]threatq.Row, len(written.Rows))
	for i, r := range written.Rows {
		rows[i] = threatq.Row{ID: r.ID, Name: r.Name, Value: r.Value, Sources: l.sourcesOf(r)}
	}
	return rows, true
}

func (l *Ledger) sourcesOf(row wire.WrittenRow) []string {
	ours := append([]string{cmp.Or(row.Source, l.sources[0])}, row.More...)
	switch row.Whose {
	case wire.Ours:
		return ours
	case wire.Shared:
		return append(ours, another)
	case wire.Untold:
		return nil
	case wire.Others:
	}
	return []string{another}
}

// own is the other way round: it says of a row whose it is.
func (l *Ledger) own(row *wire.WrittenRow, sources []string) {
	if sources == nil {
		row.Whose = wire.Untold
		return
	}
	ours := slices.DeleteFunc(slices.Clone(l.sources), func(own string) bool { return !among(sources, own) })
	foreign := slices.ContainsFunc(sources, func(source string) bool { return !among(l.sources, source) })
	switch {
	case len(ours) == 0:
		row.Whose = wire.Others
		return
	case foreign:
		row.Whose = wire.Shared
	}
	if row.More = ours[1:]; ours[0] != l.sources[0] {
		row.Source = ours[0]
	}
}

// among finds a source as ThreatQ does, without regard to case.
func among(sources []string, wanted string) bool {
	return slices.ContainsFunc(sources, func(source string) bool { return strings.EqualFold(source, wanted) })
}
