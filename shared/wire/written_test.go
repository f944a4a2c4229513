package wire_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/wire"
)

func TestWrittenSubject(t *testing.T) {
	for _, id := range []int64{0, 1, 88123, 1<<63 - 1} {
		subject := wire.WrittenSubject(id)
		if got, err := wire.ParseWrittenSubject(subject); got != id || err != nil {
			t.Errorf("ParseWrittenSubject(%q) = %d, %v, want %d", subject, got, err, id)
		}
	}
	for _, subject := range []string{"", "vtq.written", "vtq.written.", "vtq.written.-1", "vtq.written.01", "vtq.written.1.2", "vtq.job.1", "vtq.written.a"} {
		if _, err := wire.ParseWrittenSubject(subject); !errors.Is(err, wire.ErrSubject) {
			t.Errorf("ParseWrittenSubject(%q) = %v, want %v", subject, err, wire.ErrSubject)
		}
	}
}

func TestRevisionsHaveAnOrder(t *testing.T) {
	first, second := time.Unix(10, 0), time.Unix(10, 1)
	inOrder := []wire.Revision{{}, wire.RevisionOf(first, 1), wire.RevisionOf(first, 9), wire.RevisionOf(second, 1)}
	for i, a := range inOrder {
		for j, b := range inOrder {
			if got := a.Compare(b); (got < 0) != (i < j) || (got == 0) != (i == j) {
				t.Errorf("%v.Compare(%v) = %d, want the sign of %d", a, b, got, i-j)
			}
		}
	}
}

func TestAnEntryHasABound(t *testing.T) {
	entry := func(n int) wire.Written {
		return wire.Written{Rows: []wire.WrittenRow{{ID: 1, Name: "a", Value: strings.Repeat("x", n)}}}
	}
	empty, err := wire.EncodeWritten(entry(0))
	if err != nil {
		t.Fatalf("EncodeWritten of nearly nothing = %v", err)
	}
	room := wire.MaxWritten - len(empty)
	if body, err := wire.EncodeWritten(entry(room)); err != nil || len(body) != wire.MaxWritten {
		t.Errorf("EncodeWritten at the bound = %d bytes, %v, want %d", len(body), err, wire.MaxWritten)
	}
	if _, err := wire.EncodeWritten(entry(room + 1)); !errors.Is(err, wire.ErrTooLarge) {
		t.Errorf("EncodeWritten over the bound = %v, want %v", err, wire.ErrTooLarge)
	}
}

// TestTheHeadOfAnEntry is all of it but the rows.
func TestTheHeadOfAnEntry(t *testing.T) {
	whole := fullWritten()
	body, err := wire.EncodeWritten(whole)
	if err != nil {
		t.Fatal(err)
	}
	got, err := wire.DecodeWrittenHead(body)
	if diff := cmp.Diff(whole.WrittenHead, got); diff != "" || err != nil {
		t.Errorf("DecodeWrittenHead = %v (-want +got):\n%s", err, diff)
	}
	for name, body := range map[string]string{
		"cut": string(body[:len(body)/2]), "no schema": `{"epoch":1}`, "a claim of nobody": `{"schema":1,"claim":{}}`,
		"too long": `{"schema":1,"x":"` + strings.Repeat("x", wire.MaxWritten) + `"}`,
	} {
		if got, err := wire.DecodeWrittenHead([]byte(body)); fault.KindOf(err) != fault.Permanent || got.Schema != 0 {
			t.Errorf("%s: DecodeWrittenHead = %+v, %v, want nothing and a permanent fault", name, got, err)
		}
	}
	if _, err := wire.DecodeWrittenHead([]byte(`{"schema":2,"epoch":"x"}`)); !errors.Is(err, wire.ErrNewer) {
		t.Errorf("DecodeWrittenHead of a later version = %v, want %v", err, wire.ErrNewer)
	}
}

func FuzzDecodeWritten(f *testing.F) {
	fuzzDecode(f, decodeWritten, func(m any) ([]byte, error) { return wire.EncodeWritten(m.(wire.Written)) })
}

func FuzzDecodeEpoch(f *testing.F) {
	fuzzDecode(f, decodeEpoch, func(m any) ([]byte, error) { return wire.EncodeEpoch(m.(uint64)) })
}

// TestAnAskingIsOutdated only by a later one about another object.
func TestAnAskingIsOutdated(t *testing.T) {
	early, late := time.Unix(10, 0), time.Unix(11, 0)
	about := func(object string, at time.Time) wire.Asking {
		return wire.Asking{Key: indicator.Key(object), Created: at}
	}
	cases := map[string]struct {
		it, by wire.Asking
		want   bool
	}{
		"by a later value":           {about("a", early), about("b", late), true},
		"by an earlier value":        {about("a", late), about("b", early), false},
		"by one of the same second":  {about("a", early), about("b", early), false},
		"by the same value":          {about("a", early), about("a", late), false},
		"of a version that is older": {about("a", time.Time{}), about("b", late), false},
		"by such a one":              {about("a", early), wire.Asking{}, false},
	}
	for name, c := range cases {
		if got := c.it.Outdated(c.by); got != c.want {
			t.Errorf("%s: %+v.Outdated(%+v) = %t, want %t", name, c.it, c.by, got, c.want)
		}
	}
	v := wire.Verdict{JobCreated: early}
	if got := v.Asking(wire.VerdictAddress{Provider: "p", Key: "a", ID: 1}); got != about("a", early) {
		t.Errorf("Asking = %+v, want the key of its address and the time of its job", got)
	}
}

// TestAnAskingIsNotAfter the message that tells of it.
func TestAnAskingIsNotAfter(t *testing.T) {
	early, late := time.Unix(10, 0).UTC(), time.Unix(11, 0).UTC()
	for name, c := range map[string]struct{ created, stored, want time.Time }{
		"before it":    {early, late, early},
		"just then":    {late, late, late},
		"after it":     {late, early, early},
		"nobody knows": {time.Time{}, early, time.Time{}},
	} {
		if got := (wire.Asking{Key: "a", Created: c.created}).NotAfter(c.stored); got != (wire.Asking{Key: "a", Created: c.want}) {
			t.Errorf("%s: NotAfter(%v) of %v = %+v, want %v", name, c.stored, c.created, got, c.want)
		}
	}
}
