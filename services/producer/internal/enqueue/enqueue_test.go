package enqueue_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/producer/internal/enqueue"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/provider"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

func TestWhatWasNeverAskedIsFresh(t *testing.T) {
	inLab(t, func(l *lab) {
		all := jobs(1, 2)
		if diff := cmp.Diff(enqueue.Tally{Fresh: 2}, l.put(all)); diff != "" {
			l.Errorf("tally (-want +got):\n%s", diff)
		}
		want := all[0]
		want.Schema = 1
		got, ok := l.stored(all[0], wire.Fresh)
		if diff := cmp.Diff(want, got); !ok || diff != "" {
			l.Errorf("job 1 in the lane fresh: %v (-want +got):\n%s", ok, diff)
		}
	})
}

func TestAPendingJobStaysOne(t *testing.T) {
	inLab(t, func(l *lab) {
		l.put(jobs(1, 2))
		twice := append(jobs(1, 3), job(3)) // And one of them twice on one page.
		if diff := cmp.Diff(enqueue.Tally{Fresh: 1, Pending: 2}, l.put(twice)); diff != "" {
			l.Errorf("tally of a second walk (-want +got):\n%s", diff)
		}
		if n := l.stream(stream.Jobs).CachedInfo().State.Msgs; n != 3 {
			l.Errorf("%d jobs wait, want 3", n)
		}
	})
}

func TestWhatIsKnown(t *testing.T) {
	type act func(l *lab, j wire.Job)
	answer := func(provider string, age time.Duration, malicious int) act {
		return func(l *lab, j wire.Job) { l.answer(j, provider, age, malicious) }
	}
	garbage := func(body string) act {
		return func(l *lab, j wire.Job) { l.store(verdictSubject(j, "virustotal"), []byte(body)) }
	}
	fresh, refresh, current := enqueue.Tally{Fresh: 1}, enqueue.Tally{Refresh: 1}, enqueue.Tally{Current: 1}
	cases := map[string]struct {
		before []act
		want   enqueue.Tally
		after  time.Duration // The age of the answer that the job refuses; 0 for none.
	}{
		"a fresh verdict":                {[]act{answer("virustotal", 7*day-time.Minute, 9)}, current, 0},
		"one that has just grown old":    {[]act{answer("virustotal", 7*day, 9)}, refresh, 7 * day},
		"a clean one of that age":        {[]act{answer("virustotal", 7*day, 0)}, current, 0},
		"an old clean one":               {[]act{answer("virustotal", 31*day, 0)}, refresh, 31 * day},
		"fresh, from the second choice":  {[]act{answer("other", day, 9)}, current, 0},
		"two, the newer one fresh":       {[]act{answer("virustotal", 60*day, 9), answer("other", day, 9)}, current, 0},
		"two, the other way round":       {[]act{answer("virustotal", day, 9), answer("other", 60*day, 9)}, current, 0},
		"two, and both old":              {[]act{answer("virustotal", 50*day, 9), answer("other", 60*day, 9)}, refresh, 50 * day},
		"from a provider off the route":  {[]act{answer("stranger", day, 9)}, fresh, 0},
		"an unreadable verdict":          {[]act{garbage("no JSON")}, fresh, 0},
		"a verdict of a newer schema":    {[]act{garbage(`{"schema":2}`)}, fresh, 0},
		"unreadable, and an old one":     {[]act{garbage("no JSON"), answer("other", 60*day, 9)}, refresh, 60 * day},
		"of another indicator":           {[]act{func(l *lab, _ wire.Job) { l.answer(job(2), "virustotal", day, 9) }}, fresh, 0},
		"of another id, the same object": {[]act{func(l *lab, j wire.Job) { j.Indicator.ID = 2; l.answer(j, "virustotal", day, 9) }}, fresh, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				for _, act := range c.before {
					act(l, job(1))
				}
				asked := time.Now().Add(-c.after).UTC()
				if diff := cmp.Diff(c.want, l.put(jobs(1))); diff != "" {
					l.Errorf("tally (-want +got):\n%s", diff)
				}
				stored, ok := l.stored(job(1), wire.Refresh)
				if ok != (c.want == refresh) || ok && !stored.After.Equal(asked) {
					l.Errorf("in the lane refresh: %v, after %v, want %v", ok, stored.After, asked)
				}
			})
		})
	}
}

func TestAFullStreamIsWaitedFor(t *testing.T) {
	inLab(t, func(l *lab) {
		l.drain(time.Hour)
		l.drain(2 * time.Hour)
		began := time.Now()
		if diff := cmp.Diff(enqueue.Tally{Fresh: 7}, l.put(jobs(1, 2, 3, 4, 5, 6, 7))); diff != "" {
			l.Errorf("tally (-want +got):\n%s", diff)
		}
		if took := time.Since(began); took < 2*time.Hour || took > 2*time.Hour+10*time.Second {
			l.Errorf("Put took %v, want until there was room", took)
		}
		if l.full != 1 {
			l.Errorf("OnFull was called %d times, want once for the page", l.full)
		}
		l.put(jobs(8, 9)) // There is room.
		l.drain(time.Minute)
		l.put(jobs(10))
		if l.full != 2 {
			l.Errorf("OnFull was called %d times for three pages, two of which waited; want 2", l.full)
		}
	}, bounded(3))
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	errStop := errors.New("told to stop")
	inLab(t, func(l *lab) {
		ctx, stop := context.WithCancelCause(l.Context())
		time.AfterFunc(time.Hour, func() { stop(errStop) })
		if _, err := l.queue.Put(ctx, jobs(1, 2, 3), time.Now()); !errors.Is(err, errStop) {
			l.Errorf("Put = %v, want the cause of the end", err)
		}
		if _, err := l.queue.Put(ctx, jobs(1), time.Now()); !errors.Is(err, errStop) {
			l.Errorf("Put = %v after the end, want its cause", err)
		}
	}, bounded(1))
}

func TestALargePage(t *testing.T) {
	inLab(t, func(l *lab) {
		all := make([]wire.Job, 2500) // More than a batched read takes, twice over.
		for i := range all {
			all[i] = job(int64(i + 1))
			if i%2 == 0 {
				l.answer(all[i], "virustotal", time.Duration(i%4)*30*day, 9)
			}
		}
		if diff := cmp.Diff(enqueue.Tally{Fresh: 1250, Refresh: 625, Current: 625}, l.put(all)); diff != "" {
			l.Errorf("tally (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(enqueue.Tally{Pending: 1875, Current: 625}, l.put(all)); diff != "" {
			l.Errorf("tally of a second walk (-want +got):\n%s", diff)
		}
	})
}

func TestNothingToPut(t *testing.T) {
	inLab(t, func(l *lab) {
		if diff := cmp.Diff(enqueue.Tally{}, l.put(nil)); diff != "" {
			l.Errorf("tally (-want +got):\n%s", diff)
		}
	})
}

func TestAnUnroutedKindGoesNowhere(t *testing.T) {
	inLab(t, func(l *lab) {
		l.queue.Routes = provider.NewTable(map[indicator.Kind][]string{indicator.File: {"virustotal"}}, provider.First)
		if diff := cmp.Diff(enqueue.Tally{}, l.put(jobs(1))); diff != "" {
			l.Errorf("tally of a domain, where files alone are asked about (-want +got):\n%s", diff)
		}
	})
}

// TestEveryRouteHasItsJob asks all providers about a name, one of which has answered.
func TestEveryRouteHasItsJob(t *testing.T) {
	inLab(t, func(l *lab) {
		l.queue.Routes = provider.NewTable(map[indicator.Kind][]string{indicator.Domain: {"virustotal", "other"}}, provider.All)
		l.answer(job(1), "other", time.Hour, 0)
		l.answer(job(2), "virustotal", 40*day, 0)
		if diff := cmp.Diff(enqueue.Tally{Fresh: 2, Refresh: 1, Current: 1}, l.put(jobs(1, 2))); diff != "" {
			l.Errorf("tally (-want +got):\n%s", diff)
		}
		for name, want := range map[string]int{"virustotal": 2, "other": 1} {
			consumer, err := l.js.Stream(l.Context(), stream.Jobs)
			if err != nil {
				l.Fatal(err)
			}
			info, err := consumer.Info(l.Context(), jetstream.WithSubjectFilter("vtq.job.*."+name+".>"))
			if err != nil {
				l.Fatal(err)
			}
			if got := len(info.State.Subjects); got != want {
				l.Errorf("%d jobs are on route %s, want %d", got, name, want)
			}
		}
	})
}
