package replay_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/services/vtq/internal/replay"
	"vtq.internal/shared/config"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/provider"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/testkit"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

// jobs asks again, with ages of 7 and 30 days.
func (l *lab) jobs() *replay.Jobs {
	return &replay.Jobs{
		Replayer: l.replay, Policy: verdict.DefaultPolicy(), Routes: provider.Only(provider.VirusTotal),
		Refresh: verdict.Refresh{Malicious: 7 * day, Clean: 30 * day, NotFound: 7 * day},
	}
}

func (l *lab) plan(j *replay.Jobs, s replay.Selection) replay.Plan {
	l.Helper()
	return must(j.Plan(l.Context(), s, func(int, int) {}))(l.T)
}

func (l *lab) publish(j *replay.Jobs, s replay.Selection) replay.Tally {
	l.Helper()
	return must(j.Publish(l.Context(), s, time.Now(), func(replay.Tally) {}))(l.T)
}

// pending lists the indicators whose jobs wait, in order.
func (l *lab) pending() (all []int64) {
	l.Helper()
	queue := must(l.js.Stream(l.Context(), stream.Jobs))(l.T)
	for n := uint64(1); n <= queue.CachedInfo().State.LastSeq; n++ {
		if message, err := queue.GetMsg(l.Context(), n); err == nil {
			all = append(all, must(wire.DecodeJob(message.Data))(l.T).Indicator.ID)
		}
	}
	slices.Sort(all)
	return all
}

// aged is an answer that was given so long ago.
func aged(id int64, malicious int, age time.Duration) wire.Verdict {
	v := answer(id, malicious)
	v.Verdict.Asked = v.Verdict.Asked.Add(-age)
	return v
}

// TestSelections has, given eleven days ago: 1 and 2 malicious and 3 clean; a minute later, and given one day ago: 4 malicious and 5
// clean; and what nobody asks about.
func TestSelections(t *testing.T) {
	ago := func(d time.Duration) time.Time { return testkit.Epoch().Add(-d) }
	cases := map[string]struct {
		selection replay.Selection
		want      []int64
	}{
		"past their age":     {replay.Selection{}, []int64{1, 2}},
		"all":                {replay.Selection{IgnoreFresh: true}, []int64{1, 2, 3, 4, 5}},
		"given before":       {replay.Selection{IgnoreFresh: true, Before: ago(10 * day)}, []int64{1, 2, 3}},
		"published since":    {replay.Selection{IgnoreFresh: true, Since: ago(-time.Minute)}, []int64{4, 5}},
		"published too late": {replay.Selection{IgnoreFresh: true, Since: ago(-time.Hour)}, nil},
		"of a class": {
			replay.Selection{IgnoreFresh: true, Classes: []verdict.Class{verdict.ClassHarmless, verdict.ClassNotFound}}, []int64{3, 5},
		},
		"of a kind": {replay.Selection{Kinds: []indicator.Kind{indicator.File, indicator.IP}, IgnoreFresh: true}, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				l.store(aged(1, 9, 11*day))
				l.store(aged(2, 9, 11*day))
				l.store(aged(3, 0, 11*day))
				nobody := answer(6, 9)
				nobody.Indicator = indicator.Indicator{}
				l.store(nobody)
				l.alias(1)
				l.pass(time.Minute)
				l.store(aged(4, 9, day))
				l.store(aged(5, 0, day))
				s := c.selection
				plan := l.plan(l.jobs(), s)
				if plan.Jobs != len(c.want) || plan.Objects != len(c.want) || plan.Requests != len(c.want) || plan.Odd > 0 {
					l.Errorf("Plan = %+v, want %d jobs", plan, len(c.want))
				}
				if waits := l.pending(); len(waits) > 0 {
					l.Errorf("to plan published %v", waits)
				}
				tally := l.publish(l.jobs(), s)
				if diff := cmp.Diff(replay.Tally{Published: len(c.want)}, tally); diff != "" {
					l.Errorf("Publish (-want +got):\n%s", diff)
				}
				if got := l.pending(); !slices.Equal(got, c.want) {
					l.Errorf("jobs of %v wait, want %v", got, c.want)
				}
				if diff := cmp.Diff(replay.Tally{Pending: len(c.want)}, l.publish(l.jobs(), s)); diff != "" {
					l.Errorf("a second Publish (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestAJobAskedForAgain(t *testing.T) {
	inLab(t, func(l *lab) {
		known := aged(7, 9, 10*day)
		l.store(known)
		at := time.Now()
		must(l.jobs().Publish(l.Context(), replay.Selection{}, at, func(replay.Tally) {}))(l.T)
		queue := must(l.js.Stream(l.Context(), stream.Jobs))(l.T)
		address := wire.JobAddress{Lane: wire.Refresh, Route: route, Key: known.Object.Key(), ID: 7}
		message := must(queue.GetLastMsgForSubject(l.Context(), address.Subject()))(l.T)
		want := wire.Job{Schema: 1, Created: known.Verdict.Asked, Indicator: known.Indicator, Object: known.Object, After: known.Verdict.Asked}
		if diff := cmp.Diff(want, must(wire.DecodeJob(message.Data))(l.T)); diff != "" {
			l.Errorf("the job (-want +got):\n%s", diff)
		}
		if got, want := message.Header.Get("Vtq-Replay"), "2080-01-01T00:00:00.000Z"; got != want || replay.Name(at) != want {
			l.Errorf("the job tells of replay %q, which is called %q, want %q", got, replay.Name(at), want)
		}
	})
}

// TestAJobIsAsOldAsWhatIsKnown: a verdict about what an indicator was must not look newer than one about what it is.
func TestAJobIsAsOldAsWhatIsKnown(t *testing.T) {
	inLab(t, func(l *lab) {
		known := aged(7, 9, 10*day)
		known.JobCreated = known.Verdict.Asked.Add(-day)
		l.store(known)
		l.publish(l.jobs(), replay.Selection{})
		queue := must(l.js.Stream(l.Context(), stream.Jobs))(l.T)
		if got := must(wire.DecodeJob(must(queue.GetMsg(l.Context(), 1))(l.T).Data))(l.T).Created; !got.Equal(known.JobCreated) {
			l.Errorf("the job is of %v, want %v, as that of the verdict", got, known.JobCreated)
		}
	})
}

// TestAJobIsNoYoungerThanItsVerdict, whatever a producer's clock has said.
func TestAJobIsNoYoungerThanItsVerdict(t *testing.T) {
	inLab(t, func(l *lab) {
		known := aged(7, 9, 10*day)
		known.JobCreated = time.Now().Add(10 * day)
		l.store(known)
		l.pass(day)
		l.publish(l.jobs(), replay.Selection{})
		queue := must(l.js.Stream(l.Context(), stream.Jobs))(l.T)
		if got := must(wire.DecodeJob(must(queue.GetMsg(l.Context(), 1))(l.T).Data))(l.T).Created; got.After(time.Now().Add(-day)) {
			l.Errorf("the job is of %v, want the time at which its verdict was stored", got)
		}
	})
}

// TestAGuessedScheme has an answer about the URL under the scheme that was not guessed, which stands under the key of the one that was.
func TestAGuessedScheme(t *testing.T) {
	inLab(t, func(l *lab) {
		guess := must(indicator.Parse(indicator.TypeURL, "guessed.com/x", ""))(l.T)
		known := answer(1, 9)
		known.Indicator = indicator.Indicator{ID: 1, Type: indicator.TypeURL, Value: "guessed.com/x"}
		known.Object = *guess.Other
		l.put(wire.VerdictAddress{Provider: route, Key: guess.Object.Key(), ID: 1}.Subject(), must(wire.EncodeVerdict(known))(l.T))
		both := l.jobs()
		both.OtherScheme = true
		for requests, j := range map[int]*replay.Jobs{1: l.jobs(), 2: both} {
			if got := l.plan(j, replay.Selection{IgnoreFresh: true}); got.Jobs != 1 || got.Objects != 1 || got.Requests != requests {
				l.Errorf("Plan = %+v, want %d requests for one object", got, requests)
			}
		}
		l.publish(both, replay.Selection{IgnoreFresh: true})
		queue := must(l.js.Stream(l.Context(), stream.Jobs))(l.T)
		job := must(wire.DecodeJob(must(queue.GetMsg(l.Context(), 1))(l.T).Data))(l.T)
		if diff := cmp.Diff(guess, indicator.Parsed{Object: job.Object, Other: job.Other}); diff != "" {
			l.Errorf("the job's objects (-want +got):\n%s", diff)
		}
	})
}

// TestVerdictsNobodyAsksAbout are hostile, or about what is nobody's business any more.
func TestVerdictsNobodyAsksAbout(t *testing.T) {
	inLab(t, func(l *lab) {
		at := func(id int64) string {
			return wire.VerdictAddress{Provider: route, Key: site(1).Key(), ID: id}.Subject()
		}
		l.put(at(1), []byte("no JSON"))
		l.put(at(2), []byte(`{"schema":99}`))
		l.put(at(3), must(wire.EncodeVerdict(answer(1, 0)))(l.T)) // Of another indicator.
		l.put(at(5), must(wire.EncodeVerdict(answer(5, 0)))(l.T)) // About another object.
		l.put("vtq.verdict.nonsense", nil)
		l.store(answer(8, 0))
		shared := answer(9, 0)
		shared.Object = site(8)
		l.store(shared)
		l.store(answer(10, 0))
		j := l.jobs()
		j.InternalSuffixes = []string{"site-10.com"}
		want := replay.Plan{Jobs: 2, Objects: 1, Requests: 1, Asked: map[string]int{"virustotal": 1}, Odd: 5, Internal: 1}
		if diff := cmp.Diff(want, l.plan(j, replay.Selection{IgnoreFresh: true})); diff != "" {
			l.Errorf("Plan (-want +got):\n%s", diff)
		}
	})
}

// TestMoreThanAPage has jobs that are worked off, and answered, while others are published. None is asked for twice.
func TestMoreThanAPage(t *testing.T) {
	const n = 600
	inLab(t, func(l *lab) {
		for id := range int64(n) {
			l.store(answer(id+1, 0))
		}
		l.alias(1)
		var told []int
		plan := must(l.jobs().Plan(l.Context(), replay.Selection{IgnoreFresh: true}, func(done, total int) {
			if told = append(told, done); total != n {
				l.Errorf("told of %d verdicts, want %d", total, n)
			}
		}))(l.T)
		if plan.Jobs != n || !slices.Equal(told, []int{250, 500, 600}) {
			l.Errorf("Plan = %+v, told at %v", plan, told)
		}
		stop := l.workOff(time.Second)
		defer stop()
		if got := l.publish(l.jobs(), replay.Selection{IgnoreFresh: true}); got.Published != n || got.Pending > 0 {
			l.Errorf("Publish = %+v, want %d published", got, n)
		}
	}, bounded(20))
}

// bounded lets so many jobs wait.
func bounded(jobs int64) func(*stream.Topology) {
	return func(topology *stream.Topology) {
		for i := range topology.Streams {
			if topology.Streams[i].Name == stream.Jobs {
				topology.Streams[i].MaxMsgs = jobs
			}
		}
	}
}

func TestAFullStreamIsWaitedFor(t *testing.T) {
	errTired := errors.New("tired")
	inLab(t, func(l *lab) {
		l.verdicts(70)
		ctx, cancel := context.WithTimeoutCause(l.Context(), time.Hour, errTired)
		defer cancel()
		full := false
		got, err := l.jobs().Publish(ctx, replay.Selection{IgnoreFresh: true}, time.Now(), func(t replay.Tally) { full = t.Full })
		if !errors.Is(err, errTired) || got.Published != 50 || !full {
			l.Errorf("Publish = %+v, full %t, %v; want 50 published, and the cause of the end", got, full, err)
		}
		stop := l.workOff(0)
		defer stop()
		before := time.Now().Add(-time.Hour) // Asked about since are those that were published.
		got = l.publish(l.jobs(), replay.Selection{IgnoreFresh: true, Before: before})
		if got.Published+got.Pending < 20 || got.Published+got.Pending > 70 || got.Full {
			l.Errorf("a second Publish = %+v", got)
		}
		for len(l.pending()) > 0 {
			l.pass(time.Minute)
		}
		if got := l.plan(l.jobs(), replay.Selection{IgnoreFresh: true, Before: before}); got.Jobs != 0 {
			l.Errorf("Plan = %+v, want all asked about", got)
		}
	}, bounded(50))
}

func TestPublishEndsWithItsContext(t *testing.T) {
	inLab(t, func(l *lab) {
		l.verdicts(3)
		ctx, cancel := context.WithCancel(l.Context())
		cancel()
		if got, err := l.jobs().Publish(ctx, replay.Selection{IgnoreFresh: true}, time.Now(), func(replay.Tally) {}); err == nil || got.Published > 0 {
			l.Errorf("Publish = %+v, %v; want nothing, and an error", got, err)
		}
	})
}

func TestDays(t *testing.T) {
	public := config.Limits{Minute: 4, Day: 500, Month: 15_500, Window: time.Minute}
	cases := map[string]struct {
		requests int
		limits   config.Limits
		want     int
	}{
		"nothing":                {0, public, 0},
		"one":                    {1, public, 1},
		"a day":                  {500, public, 1},
		"a day and one":          {501, public, 2},
		"no limit":               {1_000_000, config.Limits{Window: time.Minute}, 0},
		"a minute's limit alone": {5761, config.Limits{Minute: 4, Window: time.Minute}, 2},
		"of another window":      {25, config.Limits{Minute: 1, Window: time.Hour}, 2},
		"the month is narrower":  {100, config.Limits{Day: 500, Month: 310}, 10},
	}
	for name, c := range cases {
		if got := replay.Days(c.requests, c.limits); got != c.want {
			t.Errorf("%s: Days(%d, %+v) = %d, want %d", name, c.requests, c.limits, got, c.want)
		}
	}
}
