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
	got, err := stream.PublishUnlessPending(l.Context(), l.js, jobSubject(id), body(id))
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
		publish := func(subject string, body []byte) error {
			stored, err := stream.PublishUnlessPending(l.Context(), l.js, subject, body)
			if stored || err == nil || errors.Is(err, stream.ErrFull) || !strings.HasPrefix(err.Error(), "publishing a job: ") {
				l.Errorf("PublishUnlessPending(%s) = %v, %v, want an error of publishing a job", subject, stored, err)
			}
			return err
		}
		_ = publish(verdictSubject(1), body(1)) // Not a subject of the job stream.
		_ = publish(jobSubject(1), make([]byte, wire.MaxJob+1024))
		if err := l.js.DeleteStream(l.Context(), stream.Jobs); err != nil {
			l.Fatal(err)
		}
		_ = publish(jobSubject(1), body(1))
	})
}

// TestPublishUnlessPendingAtTheBound stores the largest job that package wire lets through.
func TestPublishUnlessPendingAtTheBound(t *testing.T) {
	inLab(t, func(l *lab) {
		stored, err := stream.PublishUnlessPending(l.Context(), l.js, jobSubject(1), bytes.Repeat([]byte("x"), wire.MaxJob))
		if !stored || err != nil {
			l.Errorf("PublishUnlessPending(largest job) = %v, %v, want it stored", stored, err)
		}
	})
}
