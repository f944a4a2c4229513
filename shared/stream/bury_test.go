package stream_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// letters reads all dead letters.
func (l *lab) letters() []*jetstream.RawStreamMsg {
	l.Helper()
	dead, err := l.js.Stream(l.Context(), stream.DeadLetters)
	if err != nil {
		l.Fatal(err)
	}
	var all []*jetstream.RawStreamMsg
	for seq := uint64(1); seq <= dead.CachedInfo().State.LastSeq; seq++ {
		letter, err := dead.GetMsg(l.Context(), seq)
		if err != nil {
			l.Fatal(err)
		}
		all = append(all, letter)
	}
	return all
}

func TestDeadLetter(t *testing.T) {
	inLab(t, func(l *lab) {
		stored := time.Now()
		l.publish(to(1), jobSubject)
		l.sleep(time.Hour)
		message := l.take(l.jobs())
		cause := fault.New(fault.Permanent, errors.New("a reason\r\nNats-Msg-Id: "+strings.Repeat("long ", 200)))
		if got := l.settler(stream.Jobs).Settle(l.Context(), message, cause); got.Settle != "term" {
			l.Fatalf("Settle = %+v, want it terminated", got)
		}
		l.gone()
		letters := l.letters()
		if len(letters) != 1 {
			l.Fatalf("%d dead letters, want 1", len(letters))
		}
		letter := letters[0]
		if want := wire.DeadSubject("lookup", jobSubject(1)); letter.Subject != want || !bytes.Equal(letter.Data, body(1)) {
			l.Errorf("the dead letter is %q at %s, want the whole job at %s", letter.Data, letter.Subject, want)
		}
		reason := letter.Header.Get(wire.HeaderReason)
		if !strings.HasPrefix(reason, "a reason") || strings.ContainsAny(reason, "\r\n") || len([]rune(reason)) != 500 {
			l.Errorf("the reason is %q, want one line of 500 characters", reason)
		}
		letter.Header.Del(wire.HeaderReason)
		id := letter.Header.Get(jetstream.MsgIDHeader)
		if !strings.HasPrefix(id, "d-lookup-VTQ_JOBS-") || !strings.HasSuffix(id, "-1") {
			l.Errorf("the dead letter's id is %q, want the stage, the stream and the sequence", id)
		}
		want := map[string]string{
			wire.HeaderStage: "lookup", wire.HeaderKind: "permanent", wire.HeaderAttempts: "1", wire.HeaderSubject: jobSubject(1),
			wire.HeaderFirst: stored.UTC().Format(time.RFC3339), wire.HeaderLast: stored.Add(time.Hour).UTC().Format(time.RFC3339),
		}
		got := map[string]string{}
		for name := range want {
			got[name] = letter.Header.Get(name)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			l.Errorf("headers of the dead letter: -want +got\n%s", diff)
		}
	})
}

// TestDeadLetterOfAVerdict buries what a Limits stream keeps: the verdict stays readable, and is not delivered again.
func TestDeadLetterOfAVerdict(t *testing.T) {
	inLab(t, func(l *lab) {
		l.publish(to(1), verdictSubject)
		message := l.take(l.verdicts())
		if got := l.settler(stream.Verdicts).Settle(l.Context(), message, fault.New(fault.Permanent, errWork)); got.Settle != "term" {
			l.Fatalf("Settle = %+v, want it terminated", got)
		}
		ctx, cancel := context.WithTimeout(l.Context(), 5*stream.WriterAckWait)
		defer cancel()
		if err := l.loop(ctx, l.verdicts(), func(jetstream.Msg) { l.Error("a dead verdict came again") }); err != nil {
			l.Fatal(err)
		}
		if n := l.stored(stream.Verdicts); n != 1 {
			l.Errorf("%d verdicts are left, want 1", n)
		}
		if letters := l.letters(); len(letters) != 1 || letters[0].Subject != wire.DeadSubject("lookup", verdictSubject(1)) {
			l.Errorf("dead letters %v, want one of the verdict", letters)
		}
	})
}

// TestDeadLetterAtTheBound buries the largest message there is.
func TestDeadLetterAtTheBound(t *testing.T) {
	inLab(t, func(l *lab) {
		large := bytes.Repeat([]byte("x"), wire.MaxVerdict)
		if _, err := l.js.Publish(l.Context(), verdictSubject(1), large, jetstream.WithMsgID(verdictSubject(1))); err != nil {
			l.Fatal(err)
		}
		message := l.take(l.verdicts())
		if got := l.settler(stream.Verdicts).Settle(l.Context(), message, fault.New(fault.Permanent, errWork)); got.Settle != "term" {
			l.Errorf("Settle = %+v, want it terminated", got)
		}
	})
}

// A crashing is a message whose worker dies between the dead letter and the end of the message.
type crashing struct{ jetstream.Msg }

var errCrash = errors.New("killed")

func (crashing) TermWithReason(string) error { return errCrash }

func TestDeadLetterOnceAfterACrash(t *testing.T) {
	inLab(t, func(l *lab) {
		l.publish(to(1), jobSubject)
		settler, cause := l.settler(stream.Jobs), fault.New(fault.Permanent, errWork)
		got := settler.Settle(l.Context(), crashing{l.take(l.jobs())}, cause)
		if got.Settle != "lost" || got.Kind != fault.Transient || !errors.Is(got.Err, errCrash) || !errors.Is(got.Err, errWork) {
			l.Errorf("Settle = %+v, want it lost, with both reasons", got)
		}
		if got = settler.Settle(l.Context(), l.take(l.jobs()), cause); got.Settle != "term" {
			l.Errorf("the second Settle = %+v, want it terminated", got)
		}
		l.gone()
		if n := len(l.letters()); n != 1 {
			l.Errorf("%d dead letters, want 1", n)
		}
	})
}

// TestDeadLetterLosesNothing has nowhere to bury: the message comes again until there is.
func TestDeadLetterLosesNothing(t *testing.T) {
	inLab(t, func(l *lab) {
		l.publish(to(1), jobSubject)
		if err := l.js.DeleteStream(l.Context(), stream.DeadLetters); err != nil {
			l.Fatal(err)
		}
		settler, cause := l.settler(stream.Jobs), fault.New(fault.Permanent, errWork)
		for n := 1; n <= stream.MaxAttempts+5; n++ {
			message, taken := l.take(l.jobs()), time.Now()
			if stream.Delivery(message) != n {
				l.Fatalf("delivery %d, want %d", stream.Delivery(message), n)
			}
			if got := settler.Settle(l.Context(), message, cause); got.Settle != "lost" {
				l.Fatalf("Settle without dead letters = %+v, want it lost", got)
			}
			if took := time.Since(taken); took > 15*time.Second {
				l.Fatalf("Settle without dead letters took %v", took)
			}
		}
		l.ensure(topology(l.T))
		if got := settler.Settle(l.Context(), l.take(l.jobs()), cause); got.Settle != "term" {
			l.Errorf("Settle = %+v, want it terminated", got)
		}
		l.gone()
		if n := len(l.letters()); n != 1 {
			l.Errorf("%d dead letters, want 1", n)
		}
	})
}

// TestDeadLetterWithoutMetadata cannot tell which message it buries.
func TestDeadLetterWithoutMetadata(t *testing.T) {
	errBroken := errors.New("no metadata")
	settler := stream.NewSettler(nil, "lookup", time.Time{})
	got := settler.Settle(t.Context(), delivered{err: errBroken}, fault.New(fault.Permanent, errWork))
	if got.Settle != "lost" || !errors.Is(got.Err, errBroken) || !errors.Is(got.Err, errWork) {
		t.Errorf("Settle = %+v, want it lost, with both reasons", got)
	}
}

// TestAMessageDiesAgain at once, when its letter was dealt with and it is replayed; each death has one letter, however often a crash
// repeats its burial.
func TestAMessageDiesAgain(t *testing.T) {
	inLab(t, func(l *lab) {
		l.publish(to(1), verdictSubject)
		verdicts, err := l.js.Stream(l.Context(), stream.Verdicts)
		if err != nil {
			l.Fatal(err)
		}
		dead, err := l.js.Stream(l.Context(), stream.DeadLetters)
		if err != nil {
			l.Fatal(err)
		}
		settler, cause := l.settler(stream.Verdicts), fault.New(fault.Permanent, errWork)
		for death := 1; death <= 3; death++ {
			l.replayed()
			settler.Settle(l.Context(), crashing{l.take(l.verdicts())}, cause)
			l.sleep(stream.WriterAckWait)
			if got := settler.Settle(l.Context(), l.take(l.verdicts()), cause); got.Settle != "term" {
				l.Fatalf("Settle = %+v at death %d, want it terminated", got, death)
			}
			info, err := dead.Info(l.Context())
			if err != nil || info.State.Msgs != 1 || info.State.LastSeq != uint64(death) {
				l.Fatalf("after death %d there are %d letters up to %d, want 1", death, info.State.Msgs, info.State.LastSeq)
			}
			letter, err := dead.GetMsg(l.Context(), info.State.LastSeq)
			if err != nil {
				l.Fatal(err)
			}
			origin, ok := wire.ParseDeadID(letter.Header.Get(jetstream.MsgIDHeader))
			if want := verdicts.CachedInfo().Created; !ok || origin.Stream != stream.Verdicts || !origin.Created.Equal(want) || origin.Sequence != 1 {
				l.Errorf("the letter of death %d is about %+v, want the verdict", death, origin)
			}
			if err := dead.DeleteMsg(l.Context(), info.State.LastSeq); err != nil {
				l.Fatal(err)
			}
		}
	})
}

// replayed has all verdicts come again.
func (l *lab) replayed() {
	l.Helper()
	if _, err := l.js.ResetConsumerToSequence(l.Context(), stream.Verdicts, stream.Writer, 1); err != nil {
		l.Fatal(err)
	}
}

// TestLettersThatVanish are taken away as fast as they are written: the message comes again.
func TestLettersThatVanish(t *testing.T) {
	inLab(t, func(l *lab) {
		l.publish(to(1), jobSubject)
		settler := stream.NewSettler(&vanishing{JetStream: l.js}, "lookup", time.Now())
		got := settler.Settle(l.Context(), l.take(l.jobs()), fault.New(fault.Permanent, errWork))
		if got.Settle != "lost" || !errors.Is(got.Err, errWork) || !strings.Contains(got.Err.Error(), "taken away") {
			l.Errorf("Settle = %+v, want it lost", got)
		}
	})
}

// A vanishing server takes every letter for one that was there before, and keeps none.
type vanishing struct{ jetstream.JetStream }

func (v *vanishing) PublishMsg(context.Context, *nats.Msg, ...jetstream.PublishOpt) (*jetstream.PubAck, error) {
	return &jetstream.PubAck{Stream: stream.DeadLetters, Sequence: 7, Duplicate: true}, nil
}
