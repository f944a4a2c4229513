package replay_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/vtq/internal/replay"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/testkit"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

const (
	route = "virustotal"
	day   = 24 * time.Hour
)

// A lab is a server with the whole topology, in a bubble.
type lab struct {
	*testing.T
	server *testkit.Server
	js     jetstream.JetStream
	replay *replay.Replayer
}

// inLab runs f in a bubble; changes are made to the topology before it is set up.
func inLab(t *testing.T, f func(l *lab), changes ...func(*stream.Topology)) {
	t.Helper()
	testkit.Bubble(t, func(t *testing.T, s *testkit.Server) {
		nc := s.Connect()
		defer nc.Close()
		l := &lab{T: t, server: s}
		l.js = must(jetstream.New(nc))(t)
		topology := must(stream.NewTopology(stream.Options{Routes: []string{route}, VerdictAge: 60 * day}))(t)
		for _, change := range changes {
			change(&topology)
		}
		if err := stream.Ensure(t.Context(), l.js, topology); err != nil {
			t.Fatal(err)
		}
		l.replay = must(replay.Open(t.Context(), l.js))(t)
		f(l)
	})
}

// must gives a value, or ends the test.
func must[V any](v V, err error) func(*testing.T) V {
	return func(t *testing.T) V {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// pass lets virtual time pass.
func (l *lab) pass(d time.Duration) { time.Sleep(d) }

// site is the object of an indicator.
func site(id int64) indicator.Object {
	return indicator.Object{Kind: indicator.Domain, Value: fmt.Sprintf("site-%d.com", id)}
}

// answer is the verdict on an indicator, given now. So many engines speak against it.
func answer(id int64, malicious int) wire.Verdict {
	object := site(id)
	return wire.Verdict{
		Indicator: indicator.Indicator{ID: id, Type: indicator.TypeFQDN, Value: object.Value}, Object: object,
		Verdict: verdict.Verdict{
			Provider: route, Found: true, Asked: time.Now().UTC(), Counts: verdict.Counts{verdict.Malicious: malicious, verdict.Harmless: 60},
		},
	}
}

// store publishes a verdict where it belongs.
func (l *lab) store(v wire.Verdict) {
	l.Helper()
	at := wire.VerdictAddress{Provider: route, Key: v.Object.Key(), ID: v.Indicator.ID}
	l.put(at.Subject(), must(wire.EncodeVerdict(v))(l.T))
}

func (l *lab) put(subject string, body []byte) {
	l.Helper()
	must(l.js.Publish(l.Context(), subject, body))(l.T)
}

// alias stores what is no verdict among the verdicts.
func (l *lab) alias(id int64) {
	l.Helper()
	l.put(wire.AliasSubject(route, site(id).Key()), []byte(`{"schema":1}`))
}

// verdicts stores some, a second apart.
func (l *lab) verdicts(n int) {
	l.Helper()
	for id := range int64(n) {
		l.store(answer(id+1, 0))
		l.pass(time.Second)
	}
}

// info is where the writer's consumer stands.
func (l *lab) info() *jetstream.ConsumerInfo {
	l.Helper()
	return must(l.js.Consumer(l.Context(), stream.Verdicts, stream.Writer))(l.T).CachedInfo()
}

func (l *lab) stream() jetstream.Stream {
	l.Helper()
	return must(l.js.Stream(l.Context(), stream.Verdicts))(l.T)
}

// state is the bucket of the notes and the epoch.
func (l *lab) state() jetstream.KeyValue {
	l.Helper()
	return must(l.js.KeyValue(l.Context(), stream.State))(l.T)
}

func (l *lab) epoch() uint64 {
	l.Helper()
	entry, err := l.state().Get(l.Context(), wire.EpochKey)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return wire.FirstEpoch
	}
	return must(wire.DecodeEpoch(must(entry, err)(l.T).Value()))(l.T)
}

// ledger puts something into the ledger.
func (l *lab) ledger() { l.put(wire.WrittenSubject(1), []byte(`{"schema":1,"epoch":1}`)) }

// A writer takes verdicts and settles each after a while, as the stage does.
type writer struct {
	mu   sync.Mutex
	seen []uint64
	stop func()
}

// write starts a writer. With a pace it takes so long for each verdict.
func (l *lab) write(pace time.Duration) *writer {
	l.Helper()
	w := &writer{}
	w.stop = l.take(stream.Verdicts, stream.Writer, func(message jetstream.Msg) {
		time.Sleep(pace)
		if meta, err := message.Metadata(); err == nil && message.DoubleAck(l.Context()) == nil {
			w.saw(meta.Sequence.Stream)
		}
	})
	return w
}

// take has messages of a consumer worked on, one after the other, until stop is called.
func (l *lab) take(from, name string, work func(jetstream.Msg)) (stop func()) {
	l.Helper()
	consumer := must(l.js.Consumer(l.Context(), from, name))(l.T)
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-end:
				return
			default:
			}
			message, err := consumer.Next(jetstream.FetchMaxWait(time.Second))
			if err != nil {
				time.Sleep(time.Second) // Nothing there, or no server.
				continue
			}
			work(message)
		}
	}()
	return func() { close(end); <-ended }
}

func (w *writer) saw(sequence uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen = append(w.seen, sequence)
}

// end stops a writer and tells what it has written, in order.
func (w *writer) end() []uint64 {
	w.stop()
	return w.seen
}

// idle waits until everything is written.
func (l *lab) idle() {
	l.Helper()
	for range 100_000 {
		if info := l.info(); info.NumPending == 0 && info.NumAckPending == 0 {
			return
		}
		l.pass(time.Second)
	}
	l.Fatal("the writer does not come to an end")
}

// written stores so many verdicts and has them written once.
func (l *lab) written(n int) {
	l.Helper()
	l.verdicts(n)
	w := l.write(0)
	l.idle()
	w.end()
	l.ledger()
}

func (l *lab) begin(start replay.Start, o replay.Options) replay.Record {
	l.Helper()
	return must(l.replay.Begin(l.Context(), start, o))(l.T)
}

// follow follows a replay to its end.
func (l *lab) follow(record replay.Record) replay.Record {
	l.Helper()
	return must(l.replay.Follow(l.Context(), record, func(replay.Progress) {}))(l.T)
}

// sequences are those from one to another.
func sequences(from, to uint64) (all []uint64) {
	for n := from; n <= to; n++ {
		all = append(all, n)
	}
	return all
}

func (l *lab) wrote(w *writer, want []uint64) {
	l.Helper()
	if got := w.end(); !slices.Equal(got, want) {
		l.Errorf("the writer wrote %v, want %v", got, want)
	}
}

// workOff takes jobs in the lane refresh, each after a while, and answers them.
func (l *lab) workOff(pace time.Duration) (stop func()) {
	l.Helper()
	return l.take(stream.Jobs, stream.LookupConsumer(wire.Refresh, route), func(message jetstream.Msg) {
		time.Sleep(pace)
		if job, err := wire.DecodeJob(message.Data()); err == nil {
			l.store(answer(job.Indicator.ID, 0))
		}
		_ = message.DoubleAck(l.Context())
	})
}
