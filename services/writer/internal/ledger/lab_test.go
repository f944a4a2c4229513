package ledger_test

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/writer/internal/ledger"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/testkit"
	"vtq.internal/shared/threatq"
	"vtq.internal/shared/wire"
)

const (
	us       = "VirusTotal"
	provider = "virustotal"
	manner   = "0a1b"
	id       = int64(7)
)

// A lab is a server with an empty ledger, in a bubble.
type lab struct {
	*testing.T
	nc *nats.Conn
	js jetstream.JetStream
}

func inLab(t *testing.T, f func(l *lab)) {
	t.Helper()
	testkit.Bubble(t, func(t *testing.T, s *testkit.Server) {
		t.Helper()
		nc := s.Connect()
		defer nc.Close()
		js, err := jetstream.New(nc)
		if err != nil {
			t.Fatal(err)
		}
		all, err := stream.NewTopology(stream.Options{Routes: []string{provider}, VerdictAge: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		if err := stream.Ensure(t.Context(), js, all); err != nil {
			t.Fatal(err)
		}
		f(&lab{T: t, nc: nc, js: js})
	})
}

// open opens the ledger as another writer does each time.
func (l *lab) open() *ledger.Ledger { return l.openWith("settings") }

func (l *lab) openWith(settings string) *ledger.Ledger {
	l.Helper()
	opened, err := ledger.Open(l.Context(), ledger.Config{JetStream: l.js, Sources: []string{us, "Second"}, Settings: settings})
	if err != nil {
		l.Fatalf("Open = %v", err)
	}
	return opened
}

// entry reads one entry.
func (l *lab) entry(from *ledger.Ledger) *ledger.Entry {
	l.Helper()
	page, err := from.Read(l.Context(), []int64{id})
	if err != nil {
		l.Fatalf("Read = %v", err)
	}
	return page[id]
}

// must fails the test when something went wrong that the test is not about.
func (l *lab) must(err error) {
	l.Helper()
	if err != nil {
		l.Fatalf("error = %v, want nil", err)
	}
}

// sleep lets virtual time pass.
func (l *lab) sleep(d time.Duration) { time.Sleep(d) }

// put publishes anything under a subject of the ledger.
func (l *lab) put(subject string, body []byte) {
	l.Helper()
	_, err := l.js.Publish(l.Context(), subject, body)
	l.must(err)
}

func (l *lab) raise(epoch uint64) {
	l.Helper()
	state, err := l.js.KeyValue(l.Context(), stream.State)
	l.must(err)
	body, err := wire.EncodeEpoch(epoch)
	l.must(err)
	_, err = state.Put(l.Context(), wire.EpochKey, body)
	l.must(err)
}

// body is what the stream has under the indicator.
func (l *lab) body() []byte {
	l.Helper()
	written, err := l.js.Stream(l.Context(), stream.Written)
	l.must(err)
	message, err := written.GetLastMsgForSubject(l.Context(), wire.WrittenSubject(id))
	l.must(err)
	return message.Data
}

// rev is a revision of one stream.
func rev(sequence uint64) wire.Revision { return wire.RevisionOf(testkit.Epoch(), sequence) }

// verdict is one that was written.
func verdict(sequence uint64) wire.WrittenVerdict {
	return wire.WrittenVerdict{Revision: rev(sequence), Manner: manner}
}

// rows are one of each sort, as ThreatQ tells them.
func rows() []threatq.Row {
	return []threatq.Row{
		{ID: 1, Name: "VT Verdict", Value: "Malicious", Sources: []string{"VIRUSTOTAL"}},
		{ID: 2, Name: "VT Tags", Value: "a", Sources: []string{"Analyst", us}},
		{ID: 3, Name: "VT Tags", Value: "b", Sources: []string{"Feed"}},
		{ID: 4, Name: "VT Link", Value: "c"},
		{ID: 5, Name: "VT Title", Value: "d", Sources: []string{}},
	}
}
