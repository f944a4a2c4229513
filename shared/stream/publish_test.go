package stream_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// put publishes a job and checks what becomes of it.
func (l *lab) put(id int, stored bool, want error) {
	l.Helper()
	got, err := stream.PublishUnlessPending(l.Context(), l.js, jobAddress(id), body(id))
	if got != stored || !errors.Is(err, want) || (err != nil) != (want != nil) {
		l.Errorf("PublishUnlessPending(job %d) = %v, %v, want %v, %v", id, got, err, stored, want)
	}
}

func TestPublishUnlessPending(t *testing.T) {
	inLab(t, func(l *lab) {
		l.put(1, true, nil)
		l.put(1, false, nil)
		l.put(2, true, nil)
		message := l.take(l.jobs())
		l.put(1, false, nil) // In hand is pending too.
		if err := message.DoubleAck(l.Context()); err != nil {
			l.Fatal(err)
		}
		l.put(1, true, nil)
		if n := l.stored(stream.Jobs); n != 2 {
			l.Errorf("%d jobs are stored, want 2", n)
		}
	})
}

// TestPublishUnlessPendingFull fills streams that hold two messages.
func TestPublishUnlessPendingFull(t *testing.T) {
	two := topology(t)
	cases := map[string]func(){
		"by count": func() { two.Streams[0].MaxMsgs = 2 },
		"by bytes": func() { two.Streams[0].MaxBytes = 300 },
	}
	for name, shrink := range cases {
		t.Run(name, func(t *testing.T) {
			two = topology(t)
			shrink()
			inLab(t, func(l *lab) {
				l.ensure(two)
				l.put(1, true, nil)
				l.put(2, true, nil)
				l.put(3, false, stream.ErrFull)
				if err := l.take(l.jobs()).DoubleAck(l.Context()); err != nil {
					l.Fatal(err)
				}
				l.put(3, true, nil)
			})
		})
	}
}

func TestPublishUnlessPendingFails(t *testing.T) {
	inLab(t, func(l *lab) {
		publish := func(at wire.JobAddress, body []byte) {
			stored, err := stream.PublishUnlessPending(l.Context(), l.js, at, body)
			if stored || err == nil || errors.Is(err, stream.ErrFull) || !strings.HasPrefix(err.Error(), "publishing a job: ") {
				l.Errorf("PublishUnlessPending(%s) = %v, %v, want an error of publishing a job", at.Subject(), stored, err)
			}
		}
		publish(wire.JobAddress{Lane: wire.Fresh, Route: "with space", Key: key(1), ID: 1}, body(1))
		publish(jobAddress(1), make([]byte, wire.MaxJob+2048))
		if err := l.js.DeleteStream(l.Context(), stream.Jobs); err != nil {
			l.Fatal(err)
		}
		publish(jobAddress(1), body(1))
	})
}

// TestPublishUrgently has room for an urgent job when the backlog has none.
func TestPublishUrgently(t *testing.T) {
	full := topology(t)
	full.Streams[0].MaxMsgs = 1
	inLab(t, func(l *lab) {
		l.ensure(full)
		l.put(1, true, nil)
		l.put(2, false, stream.ErrFull)
		at := wire.JobAddress{Lane: wire.Urgent, Route: route, Key: key(1)}
		for _, want := range []bool{true, false} {
			if stored, err := stream.PublishUnlessPending(l.Context(), l.js, at, body(1)); stored != want || err != nil {
				l.Errorf("PublishUnlessPending(urgent) = %v, %v, want %v", stored, err, want)
			}
		}
		consumer := l.consumer(stream.Urgent, stream.LookupConsumer(wire.Urgent, route))
		if got := l.take(consumer).Subject(); got != at.Subject() {
			l.Errorf("the consumer of the lane urgent gives %q, want %q", got, at.Subject())
		}
	})
}

// TestPublishUnlessPendingAtTheBound stores the largest job that package wire lets through.
func TestPublishUnlessPendingAtTheBound(t *testing.T) {
	inLab(t, func(l *lab) {
		stored, err := stream.PublishUnlessPending(l.Context(), l.js, jobAddress(1), bytes.Repeat([]byte("x"), wire.MaxJob))
		if !stored || err != nil {
			l.Errorf("PublishUnlessPending(largest job) = %v, %v, want it stored", stored, err)
		}
	})
}
