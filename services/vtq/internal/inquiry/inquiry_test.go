package inquiry_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/services/vtq/internal/inquiry"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

func TestWhatIsKnownCostsNothing(t *testing.T) {
	inLab(t, func(l *lab) {
		l.said(domain(), 9, time.Now().Add(-day))
		for name, ask := range map[string]func() inquiry.Answer{
			"Ask":    func() inquiry.Answer { all, _ := l.ask(time.Minute, "quiet-harbor[.]com"); return all[0] },
			"Recall": func() inquiry.Answer { return l.inquirer.Recall(l.Context(), []string{"quiet-harbor[.]com"})[0] },
		} {
			got := ask()
			want := inquiry.Answer{
				Value: "quiet-harbor[.]com", Type: indicator.TypeFQDN, Object: domain(), Cached: true,
				Verdict: answer(domain(), 9, time.Now().Add(-day)).Verdict,
			}
			if diff := cmp.Diff(want, got); diff != "" {
				l.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
	})
}

func TestWorkersAreAskedForTheRest(t *testing.T) {
	inLab(t, func(l *lab) {
		defer l.worker()()
		got, took := l.ask(time.Minute, "Quiet-Harbor.com")
		if a := got[0]; a.Err != nil || a.Cached || a.Object != domain() || a.Verdict.Counts.Of(verdict.Malicious) != 9 {
			l.Errorf("Ask = %+v, want the worker's answer", a)
		}
		if took < time.Second || took > 2*time.Second {
			l.Errorf("it took %v, want the second that the worker needs", took)
		}
		want := wire.Job{
			Schema: wire.Schema, Created: time.Now().Add(-took).UTC(), Object: domain(),
			Indicator: indicator.Indicator{Type: indicator.TypeFQDN, Value: "Quiet-Harbor.com"},
		}
		if diff := cmp.Diff([]wire.Job{want}, l.jobs); diff != "" {
			l.Errorf("jobs (-want +got):\n%s", diff)
		}
		if again, took := l.ask(time.Minute, "quiet-harbor.com"); !again[0].Cached || took >= time.Second || len(l.jobs) != 1 {
			l.Errorf("asked again = %+v after %v and %d jobs, want it from memory", again[0], took, len(l.jobs))
		}
	})
}

func TestNotFoundIsAnAnswer(t *testing.T) {
	inLab(t, func(l *lab) {
		defer l.work(func(job wire.Job) { l.said(job.Object, -1, time.Now()) })()
		if got, _ := l.ask(time.Minute, "quiet-harbor.com"); got[0].Err != nil || got[0].Verdict.Found || got[0].Cached {
			l.Errorf("Ask = %+v, want an answer that it is not found", got[0])
		}
	})
}

func TestRefusedValuesStopNoOthers(t *testing.T) {
	inLab(t, func(l *lab) {
		defer l.worker()()
		values := []string{"10.1.2.3", "quiet-harbor.com", "", "a.corp.example.com", "http://ann:pw@quiet-harbor.com/", "abcdef0123456789abcdef"}
		want := []indicator.Reason{
			indicator.PrivateAddress, "", indicator.Empty, indicator.InternalName, indicator.URLCredentials, indicator.BadHash,
		}
		got, _ := l.ask(time.Minute, values...)
		for i, a := range got {
			reason, _ := indicator.ReasonOf(a.Err)
			if reason != want[i] || a.Value != values[i] {
				l.Errorf("Ask(%q) = %+v, want the reason %q", values[i], a, want[i])
			}
		}
		if len(l.jobs) != 1 || got[1].Err != nil {
			l.Errorf("%d jobs, %v; want one that is answered", len(l.jobs), got[1].Err)
		}
	})
}

func TestOneObjectIsOneQuestion(t *testing.T) {
	inLab(t, func(l *lab) {
		defer l.worker()()
		values := []string{"quiet-harbor.com/a", "http://quiet-harbor.com/a", "hxxp://QUIET-HARBOR[.]com/a", "quiet-harbor.com/a"}
		got, _ := l.ask(time.Minute, values...)
		for i, a := range got {
			if a.Err != nil || a.Value != values[i] || a.Object != got[0].Object {
				l.Errorf("Ask(%q) = %+v, want the answer about %v", values[i], a, got[0].Object)
			}
		}
		if len(l.jobs) != 1 {
			l.Errorf("%d jobs for one object, want 1", len(l.jobs))
		}
	})
}

func TestManyAreAskedSideBySide(t *testing.T) {
	inLab(t, func(l *lab) {
		var mu sync.Mutex
		now, most := 0, 0
		count := func(n int) {
			mu.Lock()
			defer mu.Unlock()
			now += n
			most = max(most, now)
		}
		defer l.work(func(job wire.Job) {
			count(1)
			l.sleep(time.Second)
			count(-1)
			l.said(job.Object, 9, time.Now())
		})()
		got, took := l.ask(time.Minute, sites(80)...)
		for _, a := range got {
			if a.Err != nil {
				l.Errorf("Ask(%q) = %v", a.Value, a.Err)
			}
		}
		if most != 32 || took < 3*time.Second || took > 5*time.Second {
			l.Errorf("80 questions in %v, %d at a time; want 32 at a time, and three rounds", took, most)
		}
	})
}

func TestATwinThatIsKnownServes(t *testing.T) {
	http := indicator.Object{Kind: indicator.URL, Value: "http://quiet-harbor.com/a"}
	https := indicator.Object{Kind: indicator.URL, Value: "https://quiet-harbor.com/a"}
	cases := map[string]struct {
		value  string
		here   int // Engines; -1 when it is not found.
		object indicator.Object
	}{
		"a guess that is not found":   {"quiet-harbor.com/a", -1, https},
		"a guess that is found":       {"quiet-harbor.com/a", 2, http},
		"no guess, and not found":     {"http://quiet-harbor.com/a", -1, http},
		"the twin by its own address": {"https://quiet-harbor.com/a", -1, https},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				defer l.work(func(job wire.Job) {
					if job.Other != nil {
						l.Errorf("the job bears %v, want no other scheme", *job.Other)
					}
					l.said(job.Object, c.here, time.Now())
				})()
				l.said(https, 9, time.Now().Add(-time.Hour))
				for range 2 { // From the worker, and from memory.
					if got, _ := l.ask(time.Minute, c.value); got[0].Err != nil || got[0].Object != c.object {
						l.Errorf("Ask = %+v, want an answer about %v", got[0], c.object)
					}
				}
			})
		})
	}
}

func TestRecallAsksNobody(t *testing.T) {
	inLab(t, func(l *lab) {
		defer l.worker()()
		l.said(domain(), -1, time.Now().Add(-day)) // Too old.
		got := l.inquirer.Recall(l.Context(), []string{"quiet-harbor.com", "10.1.2.3"})
		if !errors.Is(got[0].Err, inquiry.ErrNotKnown) {
			l.Errorf("Recall = %v, want ErrNotKnown", got[0].Err)
		}
		if reason, _ := indicator.ReasonOf(got[1].Err); reason != indicator.PrivateAddress {
			l.Errorf("Recall of a private address = %v", got[1].Err)
		}
		l.sleep(time.Minute)
		if len(l.jobs) != 0 {
			l.Errorf("%d jobs, want none", len(l.jobs))
		}
	})
}
