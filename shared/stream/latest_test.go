package stream_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/stream"
)

// latest reads all there is: bodies by subject, and how often the loop was told of an error.
func (l *lab) latest(ctx context.Context, subjects []string) (bodies map[string]string, errs []error) {
	bodies = map[string]string{}
	for message, err := range stream.Latest(ctx, l.js, stream.Verdicts, subjects) {
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if _, twice := bodies[message.Subject]; twice {
			l.Errorf("Latest yields %s twice", message.Subject)
		}
		bodies[message.Subject] = string(message.Data)
	}
	return bodies, errs
}

func subjects(ids []int) []string {
	all := make([]string, len(ids))
	for i, id := range ids {
		all[i] = verdictSubject(id)
	}
	return all
}

func TestLatest(t *testing.T) {
	cases := map[string]struct{ stored, asked []int }{
		"nothing asked":      {to(3), nil},
		"nothing there":      {nil, to(3)},
		"one":                {to(3), []int{2}},
		"hits and misses":    {[]int{1, 3, 5}, to(6)},
		"at the bound":       {to(1000), to(1000)},
		"one over the bound": {to(1001), to(1001)},
		"2,500, every other": {evens(2500), to(2500)},
		"a chunk of misses":  {[]int{2500}, to(2500)},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				l.publish(c.stored, verdictSubject)
				want := map[string]string{}
				for _, id := range c.asked {
					if slices.Contains(c.stored, id) {
						want[verdictSubject(id)] = string(body(id))
					}
				}
				got, errs := l.latest(l.Context(), subjects(c.asked))
				if diff := cmp.Diff(want, got); diff != "" || errs != nil {
					l.Errorf("Latest: errors %v, -want +got\n%s", errs, diff)
				}
			})
		})
	}
}

func evens(n int) []int { return slices.DeleteFunc(to(n), func(id int) bool { return id%2 == 1 }) }

func TestLatestIsTheNewest(t *testing.T) {
	inLab(t, func(l *lab) {
		for _, text := range []string{"old", "new"} {
			if _, err := l.js.Publish(l.Context(), verdictSubject(1), []byte(text)); err != nil {
				l.Fatal(err)
			}
		}
		if got, errs := l.latest(l.Context(), subjects(to(1))); got[verdictSubject(1)] != "new" || errs != nil {
			l.Errorf("Latest = %q, %v, want the new one", got, errs)
		}
	})
}

func TestLatestStopsWhenToldTo(t *testing.T) {
	inLab(t, func(l *lab) {
		l.publish(to(1500), verdictSubject)
		for _, most := range []int{1, 1000, 1001} {
			n := 0
			for _, err := range stream.Latest(l.Context(), l.js, stream.Verdicts, subjects(to(1500))) {
				if err != nil {
					l.Fatal(err)
				}
				if n++; n == most {
					break
				}
			}
			if n != most {
				l.Errorf("after a break at %d Latest yielded %d", most, n)
			}
		}
	})
}

// TestLatestTellsWhenItCouldNotAsk has each trouble told once, and never taken for "nothing there".
func TestLatestTellsWhenItCouldNotAsk(t *testing.T) {
	cases := map[string]func(l *lab) error{
		"no stream": func(l *lab) error { return l.js.DeleteStream(l.Context(), stream.Verdicts) },
		"no server": func(l *lab) error { l.server.Stop(); return nil },
	}
	for name, lose := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				l.publish(to(2000), verdictSubject)
				if err := lose(l); err != nil {
					l.Fatal(err)
				}
				began := time.Now()
				if got, errs := l.latest(l.Context(), subjects(to(2000))); len(errs) != 1 || len(got) > 0 {
					l.Errorf("Latest yields %d messages, %v, want one error", len(got), errs)
				}
				if took := time.Since(began); took > 10*time.Second {
					l.Errorf("Latest took %v", took)
				}
			})
		})
	}
}

func TestLatestEndsWithItsContext(t *testing.T) {
	errOurs := errors.New("our own reason")
	cases := map[string]struct {
		end  func(context.Context) (context.Context, context.CancelFunc)
		want error
	}{
		"canceled": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancelCause(ctx)
			cancel(errOurs)
			return ctx, func() {}
		}, errOurs},
		"deadline": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Second)
		}, context.DeadlineExceeded},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				l.server.Stop() // What ends it cannot be the answer.
				l.sleep(time.Second)
				ctx, cancel := c.end(l.Context())
				defer cancel()
				if got, errs := l.latest(ctx, subjects(to(2000))); len(errs) != 1 || !errors.Is(errs[0], c.want) || len(got) > 0 {
					l.Errorf("Latest yields %d messages, %v, want %v alone", len(got), errs, c.want)
				}
			})
		})
	}
}
