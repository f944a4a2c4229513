package deadletter_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/vtq/internal/deadletter"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/testkit"
	"vtq.internal/shared/wire"
)

func TestShow(t *testing.T) {
	inLab(t, func(l *lab) {
		stored := time.Now().UTC()
		l.publish(job(7), body(7))
		l.pass(time.Hour)
		l.bury("lookup", l.takeJob(), "InvalidArgumentError")
		got, err := l.box.Show(l.Context(), 1)
		if err != nil {
			l.Fatalf("Show(1) = %v", err)
		}
		want := deadletter.Letter{
			ID: 1, Died: stored.Add(time.Hour), Body: []byte(body(7)),
			Death: wire.Death{
				Stage: "lookup", Kind: "permanent", Reason: "InvalidArgumentError", Attempts: 1, Subject: job(7),
				First: stored, Last: stored.Add(time.Hour),
			},
			Origin: wire.Origin{Stream: stream.Jobs, Created: l.stream(stream.Jobs).CachedInfo().Created, Sequence: 1},
		}
		ignored := []cmp.Option{cmpopts.IgnoreUnexported(deadletter.Letter{}), cmpopts.IgnoreFields(deadletter.Letter{}, "Header")}
		if diff := cmp.Diff(want, got, append(ignored, cmpopts.EquateApproxTime(time.Second))...); diff != "" {
			l.Errorf("Show(1) (-want +got):\n%s", diff)
		}
		if k, id, ok := got.Address(); k != key(7) || id != 7 || !ok || got.Waits() {
			l.Errorf("Address = %q, %d, %v; want that of the job, which does not wait any more", k, id, ok)
		}
		for name := range got.Header {
			if strings.HasPrefix(name, "Nats-") {
				l.Errorf("the letter shows header %s, which is the server's", name)
			}
		}
		for _, id := range []uint64{0, 2, 1 << 63} {
			if _, err := l.box.Show(l.Context(), id); !errors.Is(err, deadletter.ErrNotFound) {
				l.Errorf("Show(%d) = %v, want ErrNotFound", id, err)
			}
		}
	})
}

func TestList(t *testing.T) {
	inLab(t, func(l *lab) {
		l.dieJob(1, "no JSON at byte 3")                 // 1
		l.dieVerdict(2, "tried 20 times, at last: 500")  // 2
		l.dieJob(3, "InvalidArgumentError")              // 3
		l.publish(wire.DeadSubject("x", "nothing"), "?") // 4: not by a stage of ours.
		l.pass(time.Hour)
		now := time.Now()
		l.dieJob(5, "no json at all") // 5
		if err := l.stream(stream.DeadLetters).DeleteMsg(l.Context(), 3); err != nil {
			l.Fatal(err)
		}
		cases := map[string]struct {
			filter deadletter.Filter
			want   []uint64
		}{
			"everything":            {deadletter.Filter{}, []uint64{1, 2, 4, 5}},
			"a stage":               {deadletter.Filter{Stage: "lookup"}, []uint64{1, 5}},
			"half a stage's name":   {deadletter.Filter{Stage: "look"}, nil},
			"a reason, in capitals": {deadletter.Filter{Reason: "NO Json"}, []uint64{1, 5}},
			"a kind of fault":       {deadletter.Filter{Fault: "permanent"}, []uint64{1, 2, 5}},
			"no such kind":          {deadletter.Filter{Fault: "quota"}, nil},
			"before":                {deadletter.Filter{Before: now}, []uint64{1, 2, 4}},
			"at that time or after": {deadletter.Filter{After: now}, []uint64{5}},
			"all of it":             {deadletter.Filter{Stage: "lookup", Reason: "json", Fault: "permanent", Before: now}, []uint64{1}},
			"by number":             {deadletter.Filter{IDs: []uint64{5, 2}}, []uint64{5, 2}},
			"by number and stage":   {deadletter.Filter{IDs: []uint64{5, 2}, Stage: "writer"}, []uint64{2}},
		}
		for name, c := range cases {
			var got []uint64
			for _, letter := range l.list(c.filter) {
				got = append(got, letter.ID)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				l.Errorf("%s: List(%+v) (-want +got):\n%s", name, c.filter, diff)
			}
		}
	})
}

func TestListOfNothing(t *testing.T) {
	inLab(t, func(l *lab) {
		if got := l.list(deadletter.Filter{}); got != nil {
			l.Errorf("List without letters = %v", got)
		}
		l.dieJob(1, "bad")
		if err := l.stream(stream.DeadLetters).Purge(l.Context()); err != nil {
			l.Fatal(err)
		}
		if got := l.list(deadletter.Filter{}); got != nil {
			l.Errorf("List of a purged stream = %v", got)
		}
	})
}

// TestListGoesOnAfterAMissingOne asks for numbers of which one is not there.
func TestListGoesOnAfterAMissingOne(t *testing.T) {
	inLab(t, func(l *lab) {
		l.dieJob(1, "bad")
		var seen []uint64
		missing := 0
		for letter, err := range l.box.List(l.Context(), deadletter.Filter{IDs: []uint64{9, 1}}) {
			if errors.Is(err, deadletter.ErrNotFound) {
				missing++
				continue
			}
			seen = append(seen, letter.ID)
		}
		if missing != 1 || !cmp.Equal(seen, []uint64{1}) {
			l.Errorf("List of 9 and 1: %d missing and %v, want one missing and [1]", missing, seen)
		}
	})
}

// TestListEndsWithAnError has no stream any more.
func TestListEndsWithAnError(t *testing.T) {
	inLab(t, func(l *lab) {
		if err := l.js.DeleteStream(l.Context(), stream.DeadLetters); err != nil {
			l.Fatal(err)
		}
		n := 0
		for _, err := range l.box.List(l.Context(), deadletter.Filter{}) {
			if n++; err == nil {
				l.Error("List without a stream yields no error")
			}
		}
		if n != 1 {
			l.Errorf("List without a stream yields %d times, want one error", n)
		}
	})
}

func TestOpenWithoutAPipeline(t *testing.T) {
	testkit.Bubble(t, func(t *testing.T, s *testkit.Server) {
		nc := s.Connect()
		defer nc.Close()
		if _, err := deadletter.Open(t.Context(), must(jetstream.New(nc))(t)); !errors.Is(err, jetstream.ErrStreamNotFound) {
			t.Errorf("Open = %v, want ErrStreamNotFound", err)
		}
	})
}

// TestAHostileLetter was published by somebody else.
func TestAHostileLetter(t *testing.T) {
	inLab(t, func(l *lab) {
		letter := nats.NewMsg(wire.DeadSubject("lookup", job(1)))
		letter.Header = header(
			wire.HeaderStage, "look\x1bup", wire.HeaderReason, "\x1b[31m"+strings.Repeat("x", 9000), wire.HeaderAttempts, "-5",
			wire.HeaderFirst, "yesterday", wire.HeaderSubject, strings.Repeat("s", 9000), jetstream.MsgIDHeader, "d-x",
		)
		must(l.js.PublishMsg(l.Context(), letter))(l.T)
		got := l.list(deadletter.Filter{})[0]
		if got.Death.Stage != "lookup" || got.Death.Attempts != 0 || !got.Death.First.IsZero() || got.Origin.Stream != "" ||
			len(got.Death.Reason) > 4*wire.MaxReason || len(got.Death.Subject) > 4*256 || strings.Contains(got.Death.Reason, "\x1b") {
			l.Errorf("the letter reads as %+v", got.Death)
		}
		if _, _, ok := got.Address(); ok {
			l.Error("the letter has an address")
		}
		if diff := cmp.Diff(fates{1: deadletter.Kept}, l.redrive()); diff != "" {
			l.Errorf("fates (-want +got):\n%s", diff)
		}
		if n := l.stored(stream.DeadLetters); n != 1 {
			l.Errorf("%d letters are left, want the one that nobody can place", n)
		}
	})
}
