package deadletter_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/vtq/internal/deadletter"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// limited has had its deliveries limited by hand.
func limited(t *stream.Topology) {
	for i := range t.Consumers {
		t.Consumers[i].Config.MaxDeliver = 2
	}
}

// silence takes a message as often as it comes, and never settles it.
func (l *lab) silence(from, consumer, subject string) {
	l.Helper()
	l.publish(subject, body(1))
	c := must(l.js.Consumer(l.Context(), from, consumer))(l.T)
	before := l.stored(stream.DeadLetters)
	for range 2 {
		must(c.Next(jetstream.FetchMaxWait(time.Hour)))(l.T)
	}
	// The server notices when somebody asks for more after the last AckWait.
	if _, err := c.Next(jetstream.FetchMaxWait(10 * time.Minute)); err == nil {
		l.Fatal("the message came a third time")
	}
	if got := l.stored(stream.DeadLetters); got != before+1 {
		l.Fatalf("%d dead letters, want %d: the server's note among them", got, before+1)
	}
}

func TestWhatIsDeliveredNoMore(t *testing.T) {
	fresh := stream.LookupConsumer(wire.Fresh, route)
	cases := map[string]struct {
		stream, consumer, subject, stage string
		left                             int // In its stream, after a drop.
	}{
		"a job":         {stream.Jobs, fresh, job(1), "lookup", 0},
		"an urgent job": {stream.Urgent, stream.LookupConsumer(wire.Urgent, route), urgent(1), "lookup", 0},
		"a verdict":     {stream.Verdicts, stream.Writer, verdict(1), "writer", 1},
	}
	for name, c := range cases {
		t.Run(name+" is redriven", func(t *testing.T) {
			inLab(t, func(l *lab) {
				l.silence(c.stream, c.consumer, c.subject)
				got := l.list(deadletter.Filter{Fault: deadletter.Silent, Stage: c.stage, Reason: c.consumer})
				if len(got) != 1 || !got[0].Waits() || got[0].Death.Subject != c.subject || got[0].Death.Attempts != 2 || string(got[0].Body) != body(1) {
					l.Fatalf("List = %+v, want the message that waits", got)
				}
				l.redrive()
				if n := l.stored(stream.DeadLetters); n != 0 {
					l.Errorf("%d letters are left, want none", n)
				}
				again := l.take(c.stream, c.consumer)
				h := wire.HistoryOf(again.Headers())
				if again.Subject() != c.subject || string(again.Data()) != body(1) || h.Redriven != 1 || !strings.Contains(h.Deaths[0], "silent after 2") {
					l.Errorf("again = %q at %s, history %+v", again.Data(), again.Subject(), h)
				}
			}, limited)
		})
		t.Run(name+" is dropped", func(t *testing.T) {
			inLab(t, func(l *lab) {
				l.silence(c.stream, c.consumer, c.subject)
				if err := l.box.Drop(l.Context(), deadletter.Filter{}, fates{}.tell); err != nil {
					l.Fatal(err)
				}
				if n := l.stored(stream.DeadLetters); n != 0 || l.stored(c.stream) != c.left {
					l.Errorf("%d letters and %d messages are left, want none and %d", n, l.stored(c.stream), c.left)
				}
			}, limited)
		})
	}
}

// TestANoteAboutNothing is left when somebody settled the message after all.
func TestANoteAboutNothing(t *testing.T) {
	inLab(t, func(l *lab) {
		l.silence(stream.Jobs, stream.LookupConsumer(wire.Fresh, route), job(1))
		l.purge(stream.Jobs)
		if got := l.list(deadletter.Filter{})[0]; got.Waits() || !strings.Contains(got.Death.Reason, "not in VTQ_JOBS any more") {
			l.Errorf("the letter is %+v, want it to say that the message is gone", got)
		}
		if diff := cmp.Diff(fates{1: deadletter.Gone}, l.redrive()); diff != "" || l.stored(stream.DeadLetters) != 0 {
			l.Errorf("%d letters are left, want none; fates (-want +got):\n%s", l.stored(stream.DeadLetters), diff)
		}
	}, limited)
}

// A mortal is killed before it publishes or deletes for the n-th time.
type mortal struct {
	jetstream.JetStream
	left *int
}

type mortalStream struct {
	jetstream.Stream
	left *int
}

func (m mortal) dies() bool       { *m.left--; return *m.left < 0 }
func (m mortalStream) dies() bool { *m.left--; return *m.left < 0 }

func (m mortal) Stream(ctx context.Context, name string) (jetstream.Stream, error) {
	s, err := m.JetStream.Stream(ctx, name)
	return mortalStream{s, m.left}, err
}

func (m mortal) PublishMsg(ctx context.Context, message *nats.Msg, options ...jetstream.PublishOpt) (*jetstream.PubAck, error) {
	if m.dies() {
		return nil, errKilled
	}
	return m.JetStream.PublishMsg(ctx, message, options...)
}

func (m mortalStream) DeleteMsg(ctx context.Context, sequence uint64) error {
	if m.dies() {
		return errKilled
	}
	return m.Stream.DeleteMsg(ctx, sequence)
}

// TestNoCrashLosesWhatWasSilent kills the redrive of a silent job before each of its steps, and redrives again, at once and when the
// server has forgotten the message ids.
func TestNoCrashLosesWhatWasSilent(t *testing.T) {
	for steps := range 6 { // Bury, free, forget the note, publish, delete the letter; and none.
		for _, later := range []time.Duration{0, time.Hour} {
			inLab(t, func(l *lab) {
				l.silence(stream.Jobs, stream.LookupConsumer(wire.Fresh, route), job(1))
				box := must(deadletter.Open(l.Context(), mortal{l.js, &steps}))(l.T)
				killed := steps < 5
				if err := box.Redrive(l.Context(), deadletter.Filter{}, fates{}.tell); errors.Is(err, errKilled) != killed || !killed && err != nil {
					l.Fatalf("Redrive = %v, want it killed: %v", err, killed)
				}
				l.pass(later)
				l.redrive()
				l.redrive() // What the first found behind its end.
				if got := l.at(stream.Jobs, job(1)); got == nil || string(got.Data) != body(1) || l.stored(stream.DeadLetters) != 0 {
					l.Errorf("%v after a crash: the job is %+v, and %d letters are left", later, got, l.stored(stream.DeadLetters))
				}
			}, limited)
		}
	}
}
