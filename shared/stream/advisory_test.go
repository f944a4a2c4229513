package stream_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// TestSilenceIsTold limits the deliveries of a consumer by hand: the server's note about what it delivers no more is a dead letter.
func TestSilenceIsTold(t *testing.T) {
	name := stream.LookupConsumer(wire.Fresh, route)
	inLab(t, func(l *lab) {
		config := l.jobs().CachedInfo().Config
		config.MaxDeliver = 2
		consumer, err := l.js.UpdateConsumer(l.Context(), stream.Jobs, config)
		if err != nil {
			l.Fatal(err)
		}
		l.publish(to(1), jobSubject)
		for range 2 {
			l.take(consumer)
		}
		if _, err := consumer.Next(jetstream.FetchMaxWait(time.Hour)); err == nil {
			l.Fatal("the job came a third time")
		}
		letters := l.letters()
		if len(letters) != 1 {
			l.Fatalf("%d dead letters, want the server's note", len(letters))
		}
		got, err := stream.ParseSilence(letters[0].Subject, letters[0].Data)
		if err != nil || got.Since.IsZero() || time.Since(got.Since) > time.Hour {
			l.Errorf("ParseSilence = %+v, %v; want the time at which it was noticed", got, err)
		}
		got.Since = time.Time{}
		want := stream.Silence{Stream: stream.Jobs, Consumer: name, Sequence: 1, Deliveries: 2}
		if diff := cmp.Diff(want, got); diff != "" {
			l.Errorf("ParseSilence (-want +got):\n%s", diff)
		}
	})
}

func TestParseSilenceRefuses(t *testing.T) {
	const subject = "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.VTQ_JOBS.c"
	good := `{"stream":"VTQ_JOBS","consumer":"c","stream_seq":7,"deliveries":%d}`
	if got, err := stream.ParseSilence(subject, fmt.Appendf(nil, good, uint64(1<<63))); err != nil || got.Deliveries != 1<<30 {
		t.Errorf("ParseSilence of the most deliveries = %+v, %v", got, err)
	}
	cases := map[string]struct{ subject, body string }{
		"a letter":          {wire.DeadSubject("lookup", jobSubject(1)), fmt.Sprintf(good, 2)},
		"no JSON":           {subject, "no"},
		"no sequence":       {subject, `{"stream":"VTQ_JOBS","consumer":"c"}`},
		"another stream":    {subject, `{"stream":"OTHER","consumer":"c","stream_seq":7}`},
		"another consumer":  {subject, `{"stream":"VTQ_JOBS","consumer":"d","stream_seq":7}`},
		"another advisory":  {"$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.VTQ_JOBS.c", fmt.Sprintf(good, 2)},
		"larger than it is": {subject, fmt.Sprintf(good, 2) + strings.Repeat(" ", 4096)},
	}
	for name, c := range cases {
		if got, err := stream.ParseSilence(c.subject, []byte(c.body)); !errors.Is(err, stream.ErrAdvisory) {
			t.Errorf("%s: ParseSilence(%q) = %+v, %v; want ErrAdvisory", name, c.subject, got, err)
		}
	}
}
