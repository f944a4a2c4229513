package check_test

import (
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/vtq/internal/check"
	"vtq.internal/services/vtq/internal/embedded"
	"vtq.internal/services/vtq/internal/simulation"
	"vtq.internal/shared/stream"
)

// administrator changes a server by hand.
func administrator(t *testing.T, server *embedded.Server) jetstream.JetStream {
	t.Helper()
	nc, err := server.Connect()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

// bound narrows a stream.
func bound(t *testing.T, js jetstream.JetStream, name string, change func(*jetstream.StreamConfig)) {
	t.Helper()
	found, err := js.Stream(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	config := found.CachedInfo().Config
	change(&config)
	if _, err := js.UpdateStream(t.Context(), config); err != nil {
		t.Fatal(err)
	}
}

// store stores messages of 1,000 bytes.
func store(t *testing.T, js jetstream.JetStream, n int, subject string) {
	t.Helper()
	for i := range n {
		if _, err := js.Publish(t.Context(), subject+strings.Repeat("0", i), []byte(strings.Repeat("x", 1000))); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRoom fills streams to and above the share of which somebody should know.
func TestRoom(t *testing.T) {
	messages := func(n int64) func(*jetstream.StreamConfig) {
		return func(c *jetstream.StreamConfig) { c.MaxMsgs = n }
	}
	cases := map[string]struct {
		stream, subject string
		change          func(*jetstream.StreamConfig)
		messages        int
		want            string // "" for room enough.
	}{
		"jobs, to the share":       {stream.Jobs, "vtq.job.", messages(10), 8, ""},
		"jobs, above the share":    {stream.Jobs, "vtq.job.", messages(10), 9, "90 % of 10 messages -> when it is full the producer waits"},
		"urgent jobs":              {stream.Urgent, "vtq.urgent.", messages(1), 1, "100 % of 1 messages -> when it is full vtq lookup is refused"},
		"verdicts, by their bytes": {stream.Verdicts, "vtq.verdict.", func(c *jetstream.StreamConfig) { c.MaxBytes = 10_000 }, 9, "of 10000 bytes -> when it is full the oldest answers are forgotten"},
		"dead letters":             {stream.DeadLetters, "vtq.dead.", func(c *jetstream.StreamConfig) { c.MaxBytes, c.MaxMsgs = 10_000, 9 }, 9, "100 % of 9 messages -> when it is full the oldest dead letters are lost"},
		"a quota":                  {stream.Quota, "vtq.quota.", messages(1), 1, "takes nothing more"},
		"the state":                {"KV_" + stream.State, "$KV.vtq_state.", messages(1), 1, "100 % of 1 messages"},
		"no bound at all":          {stream.Jobs, "vtq.job.", func(c *jetstream.StreamConfig) { c.MaxMsgs, c.MaxBytes = -1, -1 }, 9, ""},
	}
	env := world(t, simulation.Synthetic())
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			server, env := runningServer(t, env)
			setUp(t, server, env)
			js := administrator(t, server)
			bound(t, js, c.stream, c.change)
			store(t, js, c.messages, c.subject+"x")
			var notes []string
			for result := range check.All(t.Context(), env) {
				if result.Check == "room" {
					notes = append(notes, result.Found+" -> "+result.Mend)
				}
				if result.Check == "room" && (result.State != check.Note || !strings.Contains(result.Tried, c.stream)) {
					t.Errorf("result %+v, want a note about %s", result, c.stream)
				}
			}
			if c.want == "" && notes != nil || c.want != "" && (len(notes) != 1 || !strings.Contains(notes[0], c.want)) {
				t.Errorf("notes %q, want %q", notes, c.want)
			}
		})
	}
}

// TestDriftIsReported changes by hand what the pipeline stands on.
func TestDriftIsReported(t *testing.T) {
	server, env := runningServer(t, world(t, simulation.Synthetic()))
	setUp(t, server, env)
	js := administrator(t, server)
	bound(t, js, stream.Verdicts, func(c *jetstream.StreamConfig) { c.MaxBytes = 1 << 20 })
	bound(t, js, stream.DeadLetters, func(c *jetstream.StreamConfig) { c.Subjects = c.Subjects[:1] })
	writer, err := js.Consumer(t.Context(), stream.Verdicts, stream.Writer)
	if err != nil {
		t.Fatal(err)
	}
	config := writer.CachedInfo().Config
	config.MaxDeliver = 2
	if _, err := js.UpdateConsumer(t.Context(), stream.Verdicts, config); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"stream VTQ_VERDICTS: max bytes is 1048576, should be",
		"stream VTQ_DEADLETTERS: subjects is [vtq.dead.>], should be [vtq.dead.> $JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.VTQ_JOBS.>",
		"consumer VTQ_VERDICTS/writer: max deliver is 2, should be -1",
	} {
		expect(t, env, but("NATS", expectation{"NATS", check.OK, "connected"}, expectation{"streams", check.Note, want})...)
	}
	if err := js.DeleteStream(t.Context(), stream.Urgent); err != nil {
		t.Fatal(err)
	}
	expect(t, env, but("NATS", expectation{"NATS", check.OK, "connected"}, expectation{"streams", check.Note, "stream VTQ_URGENT: nats: API error: code=404"})...)
	setUp(t, server, env)
	expect(t, env, but("NATS", expectation{"NATS", check.OK, "connected"}, expectation{"streams", check.OK, "as they should be"})...)
}
