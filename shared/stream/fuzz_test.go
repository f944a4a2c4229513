package stream_test

import (
	"errors"
	"strings"
	"testing"

	"vtq.internal/shared/stream"
)

// FuzzParseSilence holds the reading of advisories to its bounds: what is accepted names the message that its subject names, and what
// is refused is ErrAdvisory and repeats nothing of the body.
func FuzzParseSilence(f *testing.F) {
	const prefix = "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES."
	const body = `{"type":"io.nats.jetstream.advisory.v1.max_deliver","id":"x","timestamp":"2026-03-01T09:30:15.5Z",` +
		`"stream":"VTQ_JOBS","consumer":"c","stream_seq":7,"deliveries":2}`
	f.Add(prefix+"VTQ_JOBS.c", body)
	f.Add(prefix+"VTQ_JOBS.c", body[:len(body)-1])
	f.Add(prefix+".", `{"stream_seq":1,"deliveries":18446744073709551615}`)
	f.Add("vtq.dead.lookup.unknown.unknown.unknown", body)
	f.Add(prefix+"\xff.c", `{"stream":"\ufffd","consumer":"c","stream_seq":1}`)
	f.Add(prefix+"a.b", `{"stream":"a","consumer":"b","stream_seq":1,"timestamp":"9999-12-31T23:59:59-23:59"}`)
	f.Fuzz(func(t *testing.T, subject, body string) {
		s, err := stream.ParseSilence(subject, []byte(body))
		if err != nil {
			if !errors.Is(err, stream.ErrAdvisory) || s != (stream.Silence{}) || len(err.Error()) > 1<<10 {
				t.Errorf("ParseSilence(%q, %q) = %+v, %v", subject, body, s, err)
			}
			return
		}
		if prefix+s.Stream+"."+s.Consumer != subject || s.Sequence == 0 || s.Deliveries < 0 || s.Deliveries > 1<<30 {
			t.Errorf("ParseSilence(%q, %q) = %+v", subject, body, s)
		}
		if len(body) > 4<<10 || !strings.HasPrefix(stream.AdvisoriesOf(s.Stream), prefix) {
			t.Errorf("ParseSilence takes %d bytes", len(body))
		}
	})
}
