package ledger_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/services/writer/internal/ledger"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/testkit"
	"vtq.internal/shared/threatq"
	"vtq.internal/shared/wire"
)

func TestNothingIsKnownOfAnIndicatorWithoutAnEntry(t *testing.T) {
	inLab(t, func(l *lab) {
		opened := l.open()
		e := l.entry(opened)
		if rows, told := opened.Rows(e); told || rows != nil {
			l.Errorf("Rows = %v, %t, want nothing", rows, told)
		}
		if got := e.Newest(provider); got.Revision != (wire.Revision{}) || opened.Written(e, provider, got.Revision, "") {
			l.Errorf("Newest = %v, want none", got)
		}
		if page, err := opened.Read(l.Context(), nil); len(page) != 0 || err != nil {
			l.Errorf("Read of nobody = %v, %v, want nothing", page, err)
		}
	})
}

// TestWhatIsKeptIsKnown has another writer read what one has kept.
func TestWhatIsKeptIsKnown(t *testing.T) {
	inLab(t, func(l *lab) {
		first, second := l.open(), l.open()
		e := l.entry(first)
		l.must(first.Claim(l.Context(), e))
		l.must(first.Keep(l.Context(), e, provider, verdict(5), rows()))
		for name, e := range map[string]*ledger.Entry{"to who kept it": e, "to another": l.entry(second)} {
			got, told := second.Rows(e)
			if !told {
				l.Fatalf("%s: Rows are not known", name)
			}
			want := rows()
			if diff := cmp.Diff(len(want), len(got)); diff != "" {
				l.Fatalf("%s: rows (-want +got):\n%s", name, diff)
			}
			for i, row := range got {
				ours := slices.Contains(row.Sources, us)
				if row.ID != want[i].ID || row.Name != want[i].Name || row.Value != want[i].Value ||
					ours != (i < 2) || (row.Sources == nil) != (i == 3) || (len(row.Sources) == 1) != (i != 1 && i != 3) {
					l.Errorf("%s: row %d is %+v, want the like of %+v", name, i, row, want[i])
				}
			}
			if diff := cmp.Diff(verdict(5), e.Newest(provider)); diff != "" {
				l.Errorf("%s: the newest verdict (-want +got):\n%s", name, diff)
			}
		}
	})
}

// TestWhetherAVerdictWasWritten has the very same words in each case but one.
func TestWhetherAVerdictWasWritten(t *testing.T) {
	score := 9
	scored := verdict(5)
	scored.Score = &score
	cases := map[string]struct {
		kept     map[string]wire.WrittenVerdict
		of       string
		revision wire.Revision
		manner   string
		want     bool
	}{
		"that very one":              {map[string]wire.WrittenVerdict{provider: verdict(5)}, provider, rev(5), manner, true},
		"one with a score":           {map[string]wire.WrittenVerdict{provider: scored}, provider, rev(5), manner, true},
		"of two providers":           {map[string]wire.WrittenVerdict{provider: verdict(5), "another": verdict(9)}, provider, rev(5), manner, true},
		"an older one":               {map[string]wire.WrittenVerdict{provider: verdict(5)}, provider, rev(4), manner, false},
		"a newer one":                {map[string]wire.WrittenVerdict{provider: verdict(5)}, provider, rev(50), manner, false},
		"of another stream":          {map[string]wire.WrittenVerdict{provider: verdict(5)}, provider, wire.Revision{Created: 1, Sequence: 5}, manner, false},
		"of another provider":        {map[string]wire.WrittenVerdict{provider: verdict(5)}, "another", rev(5), manner, false},
		"in another manner":          {map[string]wire.WrittenVerdict{provider: verdict(5)}, provider, rev(5), manner + "2", false},
		"in a manner cut short":      {map[string]wire.WrittenVerdict{provider: verdict(5)}, provider, rev(5), manner[:2], false},
		"of a provider's namesake":   {map[string]wire.WrittenVerdict{provider + "2": verdict(5)}, provider, rev(5), manner, false},
		"one of which nothing stays": {nil, provider, rev(5), manner, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				opened := l.open()
				e := l.entry(opened)
				for of, v := range c.kept {
					l.must(opened.Keep(l.Context(), e, of, v, rows()))
				}
				if got := opened.Written(l.entry(opened), c.of, c.revision, c.manner); got != c.want {
					l.Errorf("Written(%s, %v, %s) = %t, want %t", c.of, c.revision, c.manner, got, c.want)
				}
			})
		})
	}
}

// TestAReplayIsReadOffTheFirstBytes, also of what says for what the indicator was asked about: an entry is cut behind them, so that nothing
// else of it could be read.
func TestAReplayIsReadOffTheFirstBytes(t *testing.T) {
	inLab(t, func(l *lab) {
		opened, asked := l.open(), verdict(5)
		asked.Asking = wire.Asking{Key: "0123456789abcdef0123456789abcdef", Created: testkit.Epoch()}
		l.must(opened.Keep(l.Context(), l.entry(opened), provider, asked, rows()))
		if diff := cmp.Diff(asked, l.entry(opened).Newest(provider)); diff != "" {
			l.Errorf("the newest verdict (-want +got):\n%s", diff)
		}
		begins, _, ok := bytes.Cut(l.body(), []byte(`"asking"`))
		if !ok {
			l.Fatalf("the entry tells nothing of what was asked: %s", begins)
		}
		l.put(wire.WrittenSubject(id), begins)
		cutEntry := l.entry(opened)
		if !opened.Written(cutEntry, provider, rev(5), manner) || opened.Written(cutEntry, provider, rev(4), manner) {
			l.Error("Written does not tell by the first bytes alone")
		}
	})
}

// TestAnEntryIsReadAgain by a writer that holds an older reading of it.
func TestAnEntryIsReadAgain(t *testing.T) {
	inLab(t, func(l *lab) {
		one, other := l.open(), l.open()
		e := l.entry(one)
		now, err := one.Again(l.Context(), e)
		if l.must(err); !now.Absent() || now.Bare() {
			l.Error("Again tells of an entry where none is, or of an indicator that is bare")
		}
		l.must(other.Keep(l.Context(), l.entry(other), provider, verdict(5), rows()))
		now, err = one.Again(l.Context(), e)
		l.must(err)
		if _, told := one.Rows(now); !told || now.Newest(provider).Revision != rev(5) {
			l.Errorf("Again = %v with rows %t, want what was kept", now.Newest(provider), told)
		}
		l.must(one.Claim(l.Context(), now))
	})
}

// TestWhatMakesRowsUnknown keeps rows and then does what makes them unknown. The revision stays.
func TestWhatMakesRowsUnknown(t *testing.T) {
	cases := map[string]func(l *lab, opened *ledger.Ledger, e *ledger.Entry) *ledger.Ledger{
		"a claim": func(l *lab, opened *ledger.Ledger, e *ledger.Entry) *ledger.Ledger {
			l.must(opened.Claim(l.Context(), e))
			return opened
		},
		"a claim that was released": func(l *lab, opened *ledger.Ledger, e *ledger.Entry) *ledger.Ledger {
			l.must(opened.Claim(l.Context(), e))
			l.must(opened.Release(l.Context(), e))
			return opened
		},
		"doubt": func(l *lab, opened *ledger.Ledger, e *ledger.Entry) *ledger.Ledger {
			l.must(opened.Doubt(l.Context(), e, false))
			return opened
		},
		"a new epoch": func(l *lab, opened *ledger.Ledger, _ *ledger.Entry) *ledger.Ledger {
			l.raise(2)
			return opened
		},
		"other settings": func(l *lab, _ *ledger.Ledger, _ *ledger.Entry) *ledger.Ledger { return l.openWith("others") },
		"a verdict that was refused": func(l *lab, opened *ledger.Ledger, e *ledger.Entry) *ledger.Ledger {
			l.must(opened.KeepUnknown(l.Context(), e, provider, verdict(5)))
			return opened
		},
		"too many of them": func(l *lab, opened *ledger.Ledger, e *ledger.Entry) *ledger.Ledger {
			long := []threatq.Row{{ID: 1, Name: "VT Tags", Value: strings.Repeat("x", wire.MaxWritten)}}
			l.must(opened.Keep(l.Context(), e, provider, verdict(5), long))
			return opened
		},
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				opened := l.open()
				e := l.entry(opened)
				l.must(opened.Keep(l.Context(), e, provider, verdict(5), rows()))
				opened = change(l, opened, e)
				after := l.entry(opened)
				if _, told := opened.Rows(after); told || opened.Written(after, provider, rev(5), manner) {
					l.Error("the rows are known, want them unknown")
				}
				if got := after.Newest(provider).Revision; got != rev(5) || after.Bare() {
					l.Errorf("the revision is %v, and the indicator bare: %t; want %v of one that was written", got, after.Bare(), rev(5))
				}
			})
		})
	}
}

// TestAnEpochNeverGoesBack has a bucket that tells an earlier one, as a follower may.
func TestAnEpochNeverGoesBack(t *testing.T) {
	inLab(t, func(l *lab) {
		opened := l.open()
		l.raise(3)
		e := l.entry(opened)
		l.must(opened.Keep(l.Context(), e, provider, verdict(5), rows()))
		l.raise(2)
		if _, told := opened.Rows(l.entry(opened)); !told {
			l.Error("rows of epoch 3 are unknown when 2 is told after it, want them known")
		}
	})
}

func TestEntriesThatCannotBeRead(t *testing.T) {
	cases := map[string]struct {
		body  string
		waits bool
	}{
		"garbage":            {"<html>", false},
		"of a later version": {`{"schema":2,"rows":"x"}`, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				opened := l.open()
				l.put(wire.WrittenSubject(id), []byte(c.body))
				e := l.entry(opened)
				if err := e.Unreadable(); (err != nil) != c.waits || c.waits && !errors.Is(err, ledger.ErrStore) {
					l.Errorf("Unreadable = %v, want an error: %t", err, c.waits)
				}
				if _, told := opened.Rows(e); told || e.Bare() {
					l.Error("something is known, want nothing")
				}
				if !c.waits {
					l.must(opened.Claim(l.Context(), e)) // In its place.
				}
			})
		})
	}
}

// TestALedgerThatDoesNotAnswer has its stream taken away.
func TestALedgerThatDoesNotAnswer(t *testing.T) {
	inLab(t, func(l *lab) {
		opened := l.open()
		e := l.entry(opened)
		l.must(l.js.DeleteStream(l.Context(), stream.Written))
		_, err := opened.Read(l.Context(), []int64{id})
		for what, err := range map[string]error{
			"Read": err, "Claim": opened.Claim(l.Context(), e), "Keep": opened.Keep(l.Context(), e, provider, verdict(1), nil),
			"Release": opened.Release(l.Context(), e), "Doubt": opened.Doubt(l.Context(), e, false), "Begin": opened.Begin(l.Context()),
		} {
			if !errors.Is(err, ledger.ErrStore) || fault.KindOf(err) != fault.Transient {
				l.Errorf("%s = %v, want %v, transient", what, err, ledger.ErrStore)
			}
		}
		if got := opened.NewestRow(l.Context()); got != 0 {
			l.Errorf("NewestRow = %d, want 0", got)
		}
		if _, err := ledger.Open(l.Context(), ledger.Config{JetStream: l.js}); err == nil {
			l.Error("Open without a stream = nil, want an error")
		}
	})
}

func TestTheNewestRow(t *testing.T) {
	inLab(t, func(l *lab) {
		opened := l.open()
		if got := opened.NewestRow(l.Context()); got != 0 {
			l.Errorf("NewestRow of an empty ledger = %d, want 0", got)
		}
		e := l.entry(opened)
		l.must(opened.Keep(l.Context(), e, provider, verdict(5), rows()))
		if got := l.open().NewestRow(l.Context()); got != 5 {
			l.Errorf("NewestRow = %d, want 5", got)
		}
		l.must(opened.Keep(l.Context(), e, provider, verdict(6), rows()[:2]))
		if got := l.open().NewestRow(l.Context()); got != 2 {
			l.Errorf("NewestRow = %d after an entry with older rows, want 2: the last entry tells", got)
		}
		l.must(opened.Claim(l.Context(), e))
		if got := l.open().NewestRow(l.Context()); got != 0 {
			l.Errorf("NewestRow = %d after an entry without rows, want 0", got)
		}
	})
}

func TestReadHasABound(t *testing.T) {
	inLab(t, func(l *lab) {
		opened := l.open()
		l.nc.Close()
		began := time.Now()
		if _, err := opened.Read(l.Context(), []int64{id}); !errors.Is(err, ledger.ErrStore) {
			l.Errorf("Read without a connection = %v, want %v", err, ledger.ErrStore)
		}
		if took := time.Since(began); took > 15*time.Second {
			l.Errorf("Read without a connection took %v, want at most 15 s", took)
		}
	})
}
