package stream_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

func TestTopologyStreams(t *testing.T) {
	all := topology(t)
	want := []jetstream.StreamConfig{
		{
			Name: "VTQ_JOBS", Subjects: []string{"vtq.job.>"}, Retention: jetstream.WorkQueuePolicy, Storage: jetstream.FileStorage,
			Replicas: 1, MaxMsgsPerSubject: 1, Discard: jetstream.DiscardNew, DiscardNewPerSubject: true,
			MaxMsgs: 1_000_000, MaxBytes: 1 << 30, MaxMsgSize: wire.MaxJob + 2048,
		},
		{
			Name: "VTQ_URGENT", Subjects: []string{"vtq.urgent.>"}, Retention: jetstream.WorkQueuePolicy, Storage: jetstream.FileStorage,
			Replicas: 1, MaxMsgsPerSubject: 1, Discard: jetstream.DiscardNew, DiscardNewPerSubject: true,
			MaxMsgs: 10_000, MaxBytes: 64 << 20, MaxMsgSize: 194 << 10, MaxAge: 15 * time.Minute,
		},
		{
			Name: "VTQ_VERDICTS", Subjects: []string{"vtq.verdict.>", "vtq.alias.>"}, Storage: jetstream.FileStorage,
			Replicas: 1, MaxMsgsPerSubject: 1, AllowDirect: true, MaxAge: 30 * 24 * time.Hour, Compression: jetstream.S2Compression,
			MaxBytes: 4 << 30, MaxMsgSize: wire.MaxVerdict + 2048, Duplicates: 10 * time.Minute,
		},
		{
			Name: "VTQ_DEADLETTERS", Subjects: []string{
				"vtq.dead.>", "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.VTQ_JOBS.>",
				"$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.VTQ_URGENT.>", "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.VTQ_VERDICTS.>",
			}, Storage: jetstream.FileStorage,
			Replicas: 1, AllowDirect: true, MaxAge: 90 * 24 * time.Hour, MaxBytes: 1 << 30, Duplicates: 10 * time.Minute,
		},
		{
			Name: "VTQ_QUOTA", Subjects: []string{"vtq.quota.>"}, Storage: jetstream.FileStorage,
			Replicas: 1, MaxMsgsPerSubject: 1, Discard: jetstream.DiscardNew, DiscardNewPerSubject: true, AllowMsgTTL: true,
			AllowDirect: true, MaxBytes: 64 << 20, MaxMsgSize: 1024, Duplicates: 100 * time.Millisecond,
		},
		{
			Name: "VTQ_SPEND", Subjects: []string{"vtq.spend.>"}, Storage: jetstream.FileStorage,
			Replicas: 1, MaxMsgsPerSubject: 1, AllowMsgCounter: true, AllowDirect: true, MaxAge: 400 * 24 * time.Hour,
			MaxBytes: 128 << 20, MaxMsgSize: 1024,
		},
		{
			Name: "VTQ_WRITTEN", Subjects: []string{"vtq.written.>"}, Storage: jetstream.FileStorage,
			Replicas: 1, MaxMsgsPerSubject: 1, AllowDirect: true, MaxBytes: 13 << 27, MaxMsgSize: 66 << 10,
			Duplicates: 100 * time.Millisecond,
		},
		{
			Name: "KV_vtq_state", Subjects: []string{"$KV.vtq_state.>"}, Storage: jetstream.FileStorage,
			Replicas: 1, MaxMsgsPerSubject: 1, Discard: jetstream.DiscardNew, AllowDirect: true, DenyDelete: true, MaxBytes: 64 << 20,
		},
	}
	for i, s := range all.Streams {
		if s.Description == "" {
			t.Errorf("stream %s has no description", s.Name)
		}
		all.Streams[i].Description = ""
	}
	if diff := cmp.Diff(want, all.Streams); diff != "" {
		t.Errorf("streams: -want +got\n%s", diff)
	}
}

// TestTopologyFitsADisk holds the sum of all bounds to what the documentation of the package promises.
func TestTopologyFitsADisk(t *testing.T) {
	all := topology(t)
	var sum int64
	for _, s := range all.Streams {
		sum += s.MaxBytes
	}
	if sum <= 0 || sum > 8<<30 {
		t.Errorf("the streams may hold %d bytes, want up to 8 GiB", sum)
	}
}

func TestTopologyConsumers(t *testing.T) {
	all, err := stream.NewTopology(stream.Options{Routes: []string{"a", "b"}, VerdictAge: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	consumer := func(name, filter string, wait time.Duration, pending int) jetstream.ConsumerConfig {
		return jetstream.ConsumerConfig{
			Durable: name, FilterSubject: filter, DeliverPolicy: jetstream.DeliverAllPolicy,
			AckPolicy: jetstream.AckExplicitPolicy, AckWait: wait, MaxDeliver: -1, MaxAckPending: pending,
		}
	}
	want := []stream.Consumer{
		{Stream: "VTQ_VERDICTS", Config: consumer("writer", "vtq.verdict.>", time.Minute, 1000)},
		{Stream: "VTQ_URGENT", Config: consumer("lookup-urgent-a", "vtq.urgent.a.>", 30*time.Second, 8192)},
		{Stream: "VTQ_JOBS", Config: consumer("lookup-fresh-a", "vtq.job.fresh.a.>", 30*time.Second, 8192)},
		{Stream: "VTQ_JOBS", Config: consumer("lookup-refresh-a", "vtq.job.refresh.a.>", 30*time.Second, 8192)},
		{Stream: "VTQ_URGENT", Config: consumer("lookup-urgent-b", "vtq.urgent.b.>", 30*time.Second, 8192)},
		{Stream: "VTQ_JOBS", Config: consumer("lookup-fresh-b", "vtq.job.fresh.b.>", 30*time.Second, 8192)},
		{Stream: "VTQ_JOBS", Config: consumer("lookup-refresh-b", "vtq.job.refresh.b.>", 30*time.Second, 8192)},
	}
	for i := range all.Consumers {
		all.Consumers[i].Config.Description = ""
	}
	if diff := cmp.Diff(want, all.Consumers); diff != "" {
		t.Errorf("consumers: -want +got\n%s", diff)
	}
}

// TestTopologyReplicas holds everything that is stored to one number of copies.
func TestTopologyReplicas(t *testing.T) {
	for given, want := range map[int]int{0: 1, 1: 1, 3: 3, 5: 5} {
		o := options()
		o.Replicas = given
		all, err := stream.NewTopology(o)
		if err != nil {
			t.Errorf("NewTopology with %d replicas: %v", given, err)
		}
		for _, s := range all.Streams {
			if s.Replicas != want {
				t.Errorf("%d replicas give stream %s %d", given, s.Name, s.Replicas)
			}
		}
	}
}

func TestNewTopologyComplains(t *testing.T) {
	const age = 10 * time.Minute
	cases := map[string]struct {
		options stream.Options
		want    []string
	}{
		"least age":      {stream.Options{Routes: []string{"a"}, VerdictAge: age}, nil},
		"even replicas":  {stream.Options{Replicas: 2, Routes: []string{"a"}, VerdictAge: age}, []string{"replicas: must be 1, 3 or 5 (got 2)"}},
		"no route":       {stream.Options{VerdictAge: age}, []string{"routes: at least one"}},
		"route, not one": {stream.Options{Routes: []string{"a", "b.c"}, VerdictAge: age}, []string{`route "b.c"`}},
		"age too short":  {stream.Options{Routes: []string{"a"}, VerdictAge: age - 1}, []string{"verdict age: must be at least 10m0s"}},
		"all at once": {
			stream.Options{Replicas: -1, Routes: []string{"", "A"}},
			[]string{"replicas", `route ""`, `route "A"`, "verdict age"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := stream.NewTopology(c.options)
			if (err != nil) != (c.want != nil) {
				t.Fatalf("NewTopology(%+v) = %v, want complaints %q", c.options, err, c.want)
			}
			if err != nil && len(strings.Split(err.Error(), "\n")) != len(c.want) {
				t.Errorf("NewTopology(%+v) = %v, want %d lines", c.options, err, len(c.want))
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("NewTopology(%+v) = %v, which lacks %q", c.options, err, want)
				}
			}
		})
	}
}
