package ledger_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"vtq.internal/services/writer/internal/ledger"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// elsewhere checks that an error gives the message back, for so long.
func (l *lab) elsewhere(what string, err error, wait time.Duration) {
	l.Helper()
	if !errors.Is(err, ledger.ErrElsewhere) || fault.KindOf(err) != fault.Quota || fault.RetryAfter(err) != wait {
		l.Errorf("%s = %v of kind %v after %v, want %v after %v", what, err, fault.KindOf(err), fault.RetryAfter(err), ledger.ErrElsewhere, wait)
	}
}

// TestAClaimKeepsOthersAway for its life, and not a moment longer.
func TestAClaimKeepsOthersAway(t *testing.T) {
	const life = 40 * time.Second
	inLab(t, func(l *lab) {
		first, second := l.open(), l.open()
		l.must(first.Claim(l.Context(), l.entry(first)))
		e := l.entry(second)
		l.elsewhere("Elsewhere", second.Elsewhere(e), life)
		l.elsewhere("Claim", second.Claim(l.Context(), e), life)
		l.sleep(life - time.Millisecond)
		l.elsewhere("Claim at the last moment", second.Claim(l.Context(), e), time.Millisecond)
		l.sleep(time.Millisecond)
		if err := second.Elsewhere(e); err != nil {
			l.Errorf("Elsewhere after the end of the claim = %v, want nil", err)
		}
		l.must(second.Claim(l.Context(), e))
	})
}

// TestAClaimThatNobodyCanHaveMade is by a clock that is ahead: it keeps nobody away.
func TestAClaimThatNobodyCanHaveMade(t *testing.T) {
	for ahead, kept := range map[time.Duration]bool{80 * time.Second: true, 80*time.Second + time.Millisecond: false, 9000 * time.Hour: false} {
		inLab(t, func(l *lab) {
			body, err := wire.EncodeWritten(wire.Written{WrittenHead: wire.WrittenHead{
				Claim: &wire.Claim{By: "somebody", Until: time.Now().Add(ahead)},
			}})
			l.must(err)
			opened := l.open()
			l.put(wire.WrittenSubject(id), body)
			if err := opened.Claim(l.Context(), l.entry(opened)); (err != nil) != kept {
				l.Errorf("Claim = %v where another ends in %v, want an error: %t", err, ahead, kept)
			}
		})
	}
}

// TestAClaimIsHeld for as long as its writer works.
func TestAClaimIsHeld(t *testing.T) {
	inLab(t, func(l *lab) {
		first, second := l.open(), l.open()
		e := l.entry(first)
		l.must(first.Claim(l.Context(), e))
		held, release := first.Hold(l.Context(), e)
		for range 30 {
			l.sleep(time.Minute)
			if err := second.Claim(l.Context(), l.entry(second)); !errors.Is(err, ledger.ErrElsewhere) || held.Err() != nil {
				l.Fatalf("Claim by another = %v, and the work ended with %v; want %v and no end", err, context.Cause(held), ledger.ErrElsewhere)
			}
		}
		release()
		release()
		l.must(first.Keep(l.Context(), e, provider, verdict(5), rows()))
	})
}

// TestWorkEndsBeforeItsClaim when that cannot be renewed, and at once when another writer has it.
func TestWorkEndsBeforeItsClaim(t *testing.T) {
	cases := map[string]struct {
		change   func(l *lab)
		min, max time.Duration
		want     error
	}{
		"the ledger is gone": {func(l *lab) { l.must(l.js.DeleteStream(l.Context(), stream.Written)) }, 20 * time.Second, 31 * time.Second, ledger.ErrStore},
		"another has it":     {func(l *lab) { l.put(wire.WrittenSubject(id), []byte("x")) }, 10 * time.Second, 11 * time.Second, ledger.ErrElsewhere},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				opened := l.open()
				e := l.entry(opened)
				l.must(opened.Claim(l.Context(), e))
				began := time.Now()
				held, release := opened.Hold(l.Context(), e)
				defer release()
				c.change(l)
				<-held.Done()
				if took := time.Since(began); took < c.min || took > c.max || !errors.Is(context.Cause(held), c.want) {
					l.Errorf("the work ended after %v with %v, want %v after %v to %v", took, context.Cause(held), c.want, c.min, c.max)
				}
			})
		})
	}
}

// TestAWriterIsNotKeptFromItsOwn has a message come again to the writer that has failed on it.
func TestAWriterIsNotKeptFromItsOwn(t *testing.T) {
	inLab(t, func(l *lab) {
		opened := l.open()
		l.must(opened.Claim(l.Context(), l.entry(opened)))
		l.must(opened.Claim(l.Context(), l.entry(opened)))
	})
}

// TestWhoComesSecondLoses has two writers read the same entry, before either changes it.
func TestWhoComesSecondLoses(t *testing.T) {
	changes := map[string]func(l *lab, by *ledger.Ledger, e *ledger.Entry) error{
		"Claim": func(l *lab, by *ledger.Ledger, e *ledger.Entry) error { return by.Claim(l.Context(), e) },
		"Keep": func(l *lab, by *ledger.Ledger, e *ledger.Entry) error {
			return by.Keep(l.Context(), e, provider, verdict(9), nil)
		},
		"Release": func(l *lab, by *ledger.Ledger, e *ledger.Entry) error { return by.Release(l.Context(), e) },
	}
	for name, second := range changes {
		for before := range 2 { // With an entry, and without.
			inLab(t, func(l *lab) {
				one, other := l.open(), l.open()
				if before > 0 {
					l.must(one.Keep(l.Context(), l.entry(one), provider, verdict(5), rows()))
				}
				mine, theirs := l.entry(one), l.entry(other)
				l.must(one.Claim(l.Context(), mine))
				l.elsewhere(name, second(l, other, theirs), 0)
				l.must(one.Keep(l.Context(), mine, provider, verdict(7), rows()))
				l.elsewhere(name+" after all was kept", second(l, other, theirs), 0)
			})
		}
	}
}

// TestDoubtEndsWhateverStandsThere has a writer that lost its claim while it wrote, and another that believes to have one.
func TestDoubtEndsWhateverStandsThere(t *testing.T) {
	inLab(t, func(l *lab) {
		one, other := l.open(), l.open()
		mine := l.entry(one)
		l.must(one.Claim(l.Context(), mine))
		l.sleep(time.Hour)
		theirs := l.entry(other)
		l.must(other.Claim(l.Context(), theirs))
		l.elsewhere("Keep", one.Keep(l.Context(), mine, provider, verdict(5), rows()), 0)
		l.must(one.Doubt(l.Context(), mine, false))
		l.elsewhere("Keep by the other", other.Keep(l.Context(), theirs, provider, verdict(7), rows()), 0)
		if err := other.Elsewhere(l.entry(other)); err != nil {
			l.Errorf("Elsewhere = %v after doubt, want nobody there", err)
		}
	})
}

// TestDoubtAboutNothing has an entry that is not there any more.
func TestDoubtAboutNothing(t *testing.T) {
	inLab(t, func(l *lab) {
		opened := l.open()
		if err := opened.Doubt(l.Context(), l.entry(opened), false); err != nil {
			l.Errorf("Doubt = %v, want nil", err)
		}
		if e := l.entry(opened); e.Newest(provider) != (wire.WrittenVerdict{}) {
			l.Error("doubt made an entry, want none")
		}
	})
}
