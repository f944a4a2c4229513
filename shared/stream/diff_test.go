package stream_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/stream"
	"vtq.internal/shared/testkit"
)

// TestDiffReports wants of the server what it does not have, one thing at a time.
func TestDiffReports(t *testing.T) {
	jobs := func(f func(*jetstream.StreamConfig)) func(*stream.Topology) {
		return func(t *stream.Topology) { f(&t.Streams[0]) }
	}
	verdicts := func(f func(*jetstream.StreamConfig)) func(*stream.Topology) {
		return func(t *stream.Topology) { f(&t.Streams[2]) }
	}
	writer := func(f func(*jetstream.ConsumerConfig)) func(*stream.Topology) {
		return func(t *stream.Topology) { f(&t.Consumers[0].Config) }
	}
	state := func(f func(*jetstream.StreamConfig)) func(*stream.Topology) {
		return func(t *stream.Topology) { f(&t.Streams[7]) }
	}
	const j, v, w, b = "stream VTQ_JOBS: ", "stream VTQ_VERDICTS: ", "consumer VTQ_VERDICTS/writer: ", "stream KV_vtq_state: "
	cases := map[string]func(*stream.Topology){
		j + "subjects is [vtq.job.>], should be [a b]":           jobs(func(c *jetstream.StreamConfig) { c.Subjects = []string{"a", "b"} }),
		j + "retention is WorkQueue, should be Limits":           jobs(func(c *jetstream.StreamConfig) { c.Retention = jetstream.LimitsPolicy }),
		j + "storage is File, should be Memory":                  jobs(func(c *jetstream.StreamConfig) { c.Storage = jetstream.MemoryStorage }),
		j + "replicas is 1, should be 3":                         jobs(func(c *jetstream.StreamConfig) { c.Replicas = 3 }),
		j + "messages per subject is 1, should be -1":            jobs(func(c *jetstream.StreamConfig) { c.MaxMsgsPerSubject = 0 }),
		j + "discard is DiscardNew, should be DiscardOld":        jobs(func(c *jetstream.StreamConfig) { c.Discard = jetstream.DiscardOld }),
		j + "discard per subject is true, should be false":       jobs(func(c *jetstream.StreamConfig) { c.DiscardNewPerSubject = false }),
		j + "max messages is 1000000, should be 5":               jobs(func(c *jetstream.StreamConfig) { c.MaxMsgs = 5 }),
		j + "max bytes is 1073741824, should be 5":               jobs(func(c *jetstream.StreamConfig) { c.MaxBytes = 5 }),
		j + "max message size is 198656, should be 5":            jobs(func(c *jetstream.StreamConfig) { c.MaxMsgSize = 5 }),
		v + "compression is S2, should be None":                  verdicts(func(c *jetstream.StreamConfig) { c.Compression = jetstream.NoCompression }),
		v + "max age is 720h0m0s, should be 1h0m0s":              verdicts(func(c *jetstream.StreamConfig) { c.MaxAge = time.Hour }),
		v + "duplicate window is 10m0s, should be 1m0s":          verdicts(func(c *jetstream.StreamConfig) { c.Duplicates = time.Minute }),
		v + "direct get is true, should be false":                verdicts(func(c *jetstream.StreamConfig) { c.AllowDirect = false }),
		w + "filter is vtq.verdict.>, should be a":               writer(func(c *jetstream.ConsumerConfig) { c.FilterSubject = "a" }),
		w + "deliver policy is all, should be new":               writer(func(c *jetstream.ConsumerConfig) { c.DeliverPolicy = jetstream.DeliverNewPolicy }),
		w + "ack policy is AckExplicit, should be AckAll":        writer(func(c *jetstream.ConsumerConfig) { c.AckPolicy = jetstream.AckAllPolicy }),
		w + "ack wait is 1m0s, should be 1s":                     writer(func(c *jetstream.ConsumerConfig) { c.AckWait = time.Second }),
		w + "back-off is [], should be [1s 2s]":                  writer(func(c *jetstream.ConsumerConfig) { c.BackOff = []time.Duration{time.Second, 2 * time.Second} }),
		w + "max deliver is -1, should be 5":                     writer(func(c *jetstream.ConsumerConfig) { c.MaxDeliver = 5 }),
		w + "max ack pending is 1000, should be 5":               writer(func(c *jetstream.ConsumerConfig) { c.MaxAckPending = 5 }),
		b + "messages per subject is 1, should be 5":             state(func(c *jetstream.StreamConfig) { c.MaxMsgsPerSubject = 5 }),
		b + "max bytes is 67108864, should be 5":                 state(func(c *jetstream.StreamConfig) { c.MaxBytes = 5 }),
		b + "rollup is false, should be true":                    state(func(c *jetstream.StreamConfig) { c.AllowRollup = true }),
		b + "deny delete is true, should be false":               state(func(c *jetstream.StreamConfig) { c.DenyDelete = false }),
		"stream OTHER: nats: API error: code=404":                jobs(func(c *jetstream.StreamConfig) { c.Name = "OTHER" }),
		"consumer VTQ_VERDICTS/other: nats: API error: code=404": writer(func(c *jetstream.ConsumerConfig) { c.Durable = "other" }),
		"": func(t *stream.Topology) { t.Streams[0].Description = "Another." },
	}
	inLab(t, func(l *lab) {
		for want, change := range cases {
			wanted := topology(l.T)
			change(&wanted)
			err := stream.Diff(l.Context(), l.js, wanted)
			switch {
			case want == "" && err != nil:
				l.Errorf("Diff = %v, want nil", err)
			case want != "" && !isOneDifference(err):
				l.Errorf("Differences(%v) is not one, known", err)
			case want != "" && (err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n")):
				l.Errorf("Diff = %v, want %q alone", err, want)
			}
		}
	})
}

// TestDiffReportsAll asks an empty server.
func TestDiffReportsAll(t *testing.T) {
	testkit.Bubble(t, func(t *testing.T, s *testkit.Server) {
		nc := s.Connect()
		defer nc.Close()
		js, err := jetstream.New(nc)
		if err != nil {
			t.Fatal(err)
		}
		err = stream.Diff(t.Context(), js, topology(t))
		if err == nil {
			t.Fatal("Diff of an empty server = nil")
		}
		var names []string
		for line := range strings.Lines(err.Error()) {
			name, _, _ := strings.Cut(line, ":")
			names = append(names, name)
		}
		want := []string{
			"stream VTQ_JOBS", "stream VTQ_URGENT", "stream VTQ_VERDICTS", "stream VTQ_DEADLETTERS", "stream VTQ_QUOTA", "stream VTQ_SPEND", "stream VTQ_WRITTEN", "stream KV_vtq_state", "consumer VTQ_VERDICTS/writer",
			"consumer VTQ_URGENT/lookup-urgent-virustotal", "consumer VTQ_JOBS/lookup-fresh-virustotal", "consumer VTQ_JOBS/lookup-refresh-virustotal",
		}
		if diff := cmp.Diff(want, names); diff != "" {
			t.Errorf("Diff of an empty server: -want +got\n%s", diff)
		}
	})
}

func isOneDifference(err error) bool {
	n, known := stream.Differences(err)
	return n == 1 && known
}
