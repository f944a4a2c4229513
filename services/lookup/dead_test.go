package lookup_test

import (
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/indicator"
	"vtq.internal/shared/provider"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

func TestWhatDies(t *testing.T) {
	cases := map[string]struct {
		object indicator.Object
		body   string // In place of the job's own.
		reason string
		asked  int
	}{
		"no JSON":             {site(1), "gone to the dogs", "no JSON", 0},
		"no object":           {site(1), `{"schema":1}`, "incomplete message", 0},
		"an item that is bad": {indicator.Object{Kind: indicator.Domain, Value: "xpressco.za"}, "", "InvalidArgumentError", 1},
		"a private address":   {indicator.Object{Kind: indicator.IP, Value: "10.1.2.3"}, "", "may not leave the house", 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				r := l.start()
				if c.body != "" {
					l.store(subject(7, c.object), []byte(c.body))
				} else {
					l.push(7, c.object)
				}
				l.push(8, site(2)) // A neighbour.
				l.drained(time.Minute)
				r.stop()
				letter := l.letter(7, c.object)
				if c.body != "" && string(letter.Data) != c.body {
					l.Errorf("the letter holds %q, want the message whole", letter.Data)
				}
				header := letter.Header
				if header.Get(wire.HeaderKind) != "permanent" || header.Get(wire.HeaderAttempts) != "1" ||
					header.Get(wire.HeaderSubject) != subject(7, c.object) || !strings.Contains(header.Get(wire.HeaderReason), c.reason) {
					l.Errorf("the letter's header is %v, want the reason %q", header, c.reason)
				}
				if strings.Contains(header.Get(wire.HeaderReason), c.object.Value) {
					l.Errorf("the reason repeats the value: %s", header.Get(wire.HeaderReason))
				}
				if _, ok := l.verdict(8, site(2)); !ok {
					l.Error("no verdict for the neighbour")
				}
				if got := l.vt.Lookups() - 1; got != c.asked {
					l.Errorf("the provider was asked %d times about it, want %d", got, c.asked)
				}
			})
		})
	}
}

func TestAMessageOfTheFutureWaits(t *testing.T) {
	inLab(t, func(l *lab) {
		r := l.start()
		l.store(subject(7, site(1)), []byte(`{"schema":2}`))
		l.sleep(time.Minute)
		r.stop()
		if l.messages(stream.Jobs) != 1 || l.messages(stream.DeadLetters) != 0 {
			l.Errorf("a message of a newer schema did not wait:\n%s", l.logs.text())
		}
	})
}

func TestTooManyDeliveries(t *testing.T) {
	cases := map[string]struct {
		before int // Deliveries, before the worker's.
		dead   bool
	}{
		"the last one":      {stream.MaxAttempts - 1, false},
		"one that is over":  {stream.MaxAttempts, true},
		"far over":          {stream.MaxAttempts + 5, true},
		"an ordinary retry": {1, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				l.push(7, site(1))
				l.giveBack(c.before)
				r := l.start()
				l.drained(time.Minute)
				r.stop()
				if dead := l.messages(stream.DeadLetters) > 0; dead != c.dead {
					l.Errorf("dead after %d deliveries: %v, want %v", c.before+1, dead, c.dead)
				}
				if asked := l.vt.Lookups() > 0; asked == c.dead {
					l.Errorf("asked about after %d deliveries: %v", c.before+1, asked)
				}
			})
		})
	}
}

// giveBack takes the only job so many times and gives it back at once.
func (l *lab) giveBack(times int) {
	l.Helper()
	consumer, err := l.js.Consumer(l.Context(), stream.Jobs, stream.LookupConsumer(wire.Fresh, provider.VirusTotal))
	if err != nil {
		l.Fatalf("opening the consumer: %v", err)
	}
	for range times {
		message, err := consumer.Next(jetstream.FetchMaxWait(time.Minute))
		if err != nil {
			l.Fatalf("taking the job: %v", err)
		}
		if err := message.Nak(); err != nil {
			l.Fatalf("giving it back: %v", err)
		}
	}
}
