package wire_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"vtq.internal/shared/wire"
)

func FuzzDecodeAlias(f *testing.F) {
	fuzzDecode(f, decodeAlias, func(m any) ([]byte, error) { return wire.EncodeAlias(m.(wire.Alias)) })
}

func FuzzDecodeState(f *testing.F) {
	fuzzDecode(f, decodeState, func(m any) ([]byte, error) { return wire.EncodeState(m.(wire.ProviderState)) })
}

// FuzzDecodeWrittenHead holds the short reading of an entry to the long one: what both accept they read alike, and the short one
// refuses nothing that the long one accepts.
func FuzzDecodeWrittenHead(f *testing.F) {
	seedGoldens(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		whole, err := wire.DecodeWritten(body)
		head, headErr := wire.DecodeWrittenHead(body)
		if headErr != nil {
			checkDecodeError(t, body, headErr)
			if head.Schema != 0 || err == nil {
				t.Errorf("DecodeWrittenHead(%q) = %+v, %v; DecodeWritten = %+v, %v", body, head, headErr, whole, err)
			}
			return
		}
		if diff := cmp.Diff(whole.WrittenHead, head); err == nil && diff != "" {
			t.Errorf("DecodeWrittenHead(%q) (-whole +head):\n%s", body, diff)
		}
	})
}

// decodeErrors is every text that a decoder may give: what is wrong, by our own names, and nothing of what was read.
func decodeErrors() *regexp.Regexp {
	return regexp.MustCompile(`^decoding (a job|a verdict|an alias|a provider's state|an entry of the ledger|the ledger's epoch): (` +
		`no JSON at byte \d+|no JSON object|field "[a-z0-9_.]+" is no [a-zA-Z0-9_.\[\]*]+|a date is not in RFC 3339|` +
		`incomplete message(: no schema version)?|` +
		`message above its bound: \d+ bytes, at most \d+|message of a newer schema version: \d+, this reader knows \d+)$`)
}

func FuzzLetterHeaders(f *testing.F) {
	full := map[string][]string{}
	death().Put(full)
	f.Add(full[wire.HeaderStage][0], full[wire.HeaderReason][0], full[wire.HeaderAttempts][0], full[wire.HeaderFirst][0],
		full[wire.HeaderSubject][0], "1", "2026-03-01T10:30:15Z lookup permanent after 20: x")
	f.Add("", strings.Repeat("ä", 501), "-1", "9999-12-31T23:59:59-23:59", "\x1b[31m", "2147483648", strings.Repeat("\u202eé\n", 99))
	f.Add("a\x00", "\xff\xfe", "+7", "0000-01-01T00:00:00+23:59", "a b", " 1", "\n\n\n\n\n\n\n")
	f.Add("", "", "", "", "", "1", "é"+strings.Repeat("x", 117)+" é") // Cut behind the space.
	f.Fuzz(func(t *testing.T, stage, reason, attempts, at, subject, redriven, history string) {
		header := map[string][]string{
			wire.HeaderStage: {stage}, wire.HeaderReason: {reason}, wire.HeaderKind: {stage}, wire.HeaderAttempts: {attempts},
			wire.HeaderFirst: {at}, wire.HeaderLast: {at}, wire.HeaderSubject: {subject}, wire.HeaderRedriven: {redriven},
			wire.HeaderHistory: strings.Split(history, "\n"),
		}
		d := wire.ParseDeath(header)
		checkShown(t, "stage", d.Stage, 63)
		checkShown(t, "kind", d.Kind, 63)
		checkShown(t, "subject", d.Subject, 256)
		checkShown(t, "reason", d.Reason, wire.MaxReason)
		if d.Attempts < 0 {
			t.Errorf("%q gives %d attempts", attempts, d.Attempts)
		}
		if _, err := json.Marshal([]time.Time{d.First.UTC(), d.Last.UTC()}); err != nil {
			t.Errorf("%q gives a time that cannot be printed: %v", at, err)
		}
		again := map[string][]string{}
		d.Put(again)
		if diff := cmp.Diff(d, wire.ParseDeath(again), cmpopts.EquateApproxTime(time.Second)); diff != "" {
			t.Errorf("%+v through its headers (-want +got):\n%s", d, diff)
		}
		checkHistory(t, wire.HistoryOf(header))
		checkHistory(t, wire.HistoryOf(header).Redrive(d))
	})
}

// checkShown holds a text to what may be printed for a person.
func checkShown(t *testing.T, what, text string, limit int) {
	t.Helper()
	if !utf8.ValidString(text) || utf8.RuneCountInString(text) > limit || strings.ContainsFunc(text, unicode.IsControl) {
		t.Errorf("the %s is unclean, or has more than %d characters: %q", what, limit, text)
	}
}

// checkHistory holds a history to what fits beside a message: all of its lines, with the name of the header, in 1 KiB.
func checkHistory(t *testing.T, h wire.History) {
	t.Helper()
	header := map[string][]string{}
	h.Put(header)
	total := 0
	for _, line := range header[wire.HeaderHistory] {
		checkShown(t, "history", line, 120)
		total += len(line) + len(wire.HeaderHistory+": \r\n")
	}
	if len(h.Deaths) > 5 || total > 700 || h.Redriven < 0 {
		t.Errorf("a history of %d lines, %d bytes, redriven %d times", len(h.Deaths), total, h.Redriven)
	}
	if diff := cmp.Diff(h, wire.HistoryOf(header), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("a history through its headers (-want +got):\n%s", diff)
	}
}

func FuzzParseDeadID(f *testing.F) {
	for _, seed := range []string{
		"", "d-lookup-VTQ_JOBS-1772357415000000001-88", "d-a-b-VTQ_VERDICTS-0-0", "d----", "d-a-b-+1-2", "d-a-b--1-2", "v-VTQ_JOBS-1-2-x",
		"d-a-b-9223372036854775808-1", "d-a-b-1-18446744073709551616",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, id string) {
		o, ok := wire.ParseDeadID(id)
		if !ok {
			if o != (wire.Origin{}) {
				t.Errorf("ParseDeadID(%q) = %+v of no dead letter", id, o)
			}
			return
		}
		if len(o.Stream) > len(id) || strings.Contains(o.Stream, "-") {
			t.Errorf("ParseDeadID(%q) names the stream %q", id, o.Stream)
		}
		if o.Created.UnixNano() < 0 {
			return // Before 1970 the minus sign reads as a separator; no stream is that old.
		}
		if again, ok := wire.ParseDeadID(wire.DeadID("stage", o.Stream, o.Created, o.Sequence)); !ok || again != o {
			t.Errorf("ParseDeadID(%q) = %+v, and through DeadID %+v", id, o, again)
		}
	})
}
