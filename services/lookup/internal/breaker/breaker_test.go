package breaker_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"vtq.internal/services/lookup/internal/breaker"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

func TestWhatOpens(t *testing.T) {
	transient, denied := of(fault.Transient), of(fault.Denied)
	cases := map[string]struct {
		answers []error
		open    bool
	}{
		"nothing":                         {nil, false},
		"successes":                       {times(100, nil), false},
		"four failures":                   {times(4, transient), false},
		"five failures":                   {times(5, transient), true},
		"a success between":               {slices.Concat(times(4, transient), times(1, nil), times(4, transient)), false},
		"unclassified failures":           {times(5, errors.New("what?")), true},
		"a refused key":                   {times(1, denied), true},
		"a refused key after others":      {slices.Concat(times(2, transient), times(1, denied)), true},
		"bad items":                       {times(100, of(fault.Permanent)), false},
		"a bad item is an answer":         {slices.Concat(times(4, transient), times(1, of(fault.Permanent)), times(4, transient)), false},
		"so is one that is gone":          {slices.Concat(times(4, transient), times(1, of(fault.Gone)), times(4, transient)), false},
		"quota":                           {times(100, of(fault.Quota)), false},
		"interruptions":                   {times(100, of(fault.Interrupted)), false},
		"canceled, unclassified":          {times(100, context.Canceled), false},
		"failures with quota between":     {slices.Concat(times(4, transient), times(9, of(fault.Quota)), times(1, transient)), true},
		"failures with stops between":     {slices.Concat(times(4, transient), times(9, of(fault.Interrupted)), times(1, transient)), true},
		"wrapped, as callers wrap":        {times(1, fmt.Errorf("asking: %w", denied)), true},
		"a deadline, which is a failure":  {times(5, context.DeadlineExceeded), true},
		"a refused key, and it was alone": {slices.Concat(times(3, nil), times(1, denied)), true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				w := l.join()
				for i, answer := range c.answers {
					if asked, err := w.ask(answer); !asked || !errors.Is(err, answer) {
						l.Fatalf("question %d: asked %v, %v, want the provider's own %v", i, asked, err, answer)
					}
				}
				if w.Open() != c.open {
					l.Errorf("Open() = %v, want %v", w.Open(), c.open)
				}
			})
		})
	}
}

// TestProbesComeFartherApart is about a public key: a hundredth of its day are five requests.
func TestProbesComeFartherApart(t *testing.T) {
	cases := map[string]struct {
		perDay int
		want   []time.Duration
	}{
		"500 a day":    {500, []time.Duration{10 * time.Second, 61 * time.Second, 375 * time.Second, 2300 * time.Second, 14099 * time.Second}},
		"no limit":     {0, []time.Duration{10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second, 160 * time.Second, 5 * time.Minute, 5 * time.Minute}},
		"10,000 a day": {10_000, []time.Duration{10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second, 160 * time.Second, 320 * time.Second, 640 * time.Second, 1004 * time.Second, 1004 * time.Second}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				l.perDay = c.perDay
				w := l.join()
				w.open()
				for i, want := range c.want {
					if got := w.probes(of(fault.Transient)).Truncate(time.Second); got != want {
						l.Errorf("probe %d came after %v, want %v", i+1, got, want)
					}
				}
				w.probes(nil)
				if asked, err := w.ask(nil); !asked || err != nil || w.Open() {
					l.Errorf("asked %v, %v, then open %v, want a probe that closes", asked, err, w.Open())
				}
				w.open()
				if got := w.probes(nil); got != 10*time.Second {
					l.Errorf("the first probe of the next outage came after %v, want 10s", got)
				}
			})
		})
	}
}

func TestADayOfOutageCostsAHundredthOfItsBudget(t *testing.T) {
	for _, perDay := range []int{0, 1, 99, 100, 500, 1000, 1500, 2800, 2900, 5000, 10_000, 30_000, 100_000, 1_000_000} {
		inLab(t, func(l *lab) {
			l.perDay = perDay
			w := l.join()
			w.open()
			probes := w.day(func() error { return of(fault.Transient) })
			most := max(1, perDay/100)
			if perDay == 0 {
				most = 288 + 6
			}
			if probes > most || probes == 0 {
				l.Errorf("%d a day: %d probes in a day, want 1 to %d", perDay, probes, most)
			}
		})
	}
}

// TestAPageThatComesAndGoes must not spend the day: each time it is back a request may probe, and each fails.
func TestAPageThatComesAndGoes(t *testing.T) {
	inLab(t, func(l *lab) {
		l.perDay, l.known = 500, true
		asked := 0
		l.free = func(context.Context) error {
			if asked++; asked%2 == 0 {
				return of(fault.Transient)
			}
			return nil
		}
		w := l.join()
		w.open()
		if probes := w.day(func() error { return of(fault.Transient) }); probes > 5 || probes < 2 {
			l.Errorf("%d probes in a day, want 2 to 5, a hundredth of 500", probes)
		}
	})
}

// TestAPageThatIsSilentForEver keeps requests away, but for a few a day: it may be silent for reasons of its own.
func TestAPageThatIsSilentForEver(t *testing.T) {
	for perDay, most := range map[int]int{500: 4, 100: 1, 100_000: 4, 0: 4} {
		inLab(t, func(l *lab) {
			l.perDay, l.known = perDay, true
			l.free = func(context.Context) error { return of(fault.Denied) }
			w := l.join()
			w.open()
			if probes := w.day(func() error { return of(fault.Transient) }); probes > most || probes == 0 {
				l.Errorf("%d a day: %d probes in a day, want 1 to %d", perDay, probes, most)
			}
			if w.probes(nil); w.Open() {
				l.Errorf("%d a day: open after a probe that succeeded", perDay)
			}
		})
	}
}

// TestAFlappingProvider opens again and again: what its probes cost is bounded by the day, not by the outage.
func TestAFlappingProvider(t *testing.T) {
	inLab(t, func(l *lab) {
		l.perDay = 500
		w := l.join()
		failed, ends := 0, time.Now().Add(24*time.Hour)
		for time.Now().Before(ends) {
			w.open()
			for range 2 { // One fails, one succeeds.
				w.probesFor(func() error {
					if failed%2 == 0 && time.Now().Before(ends) {
						failed++
						return of(fault.Transient)
					}
					failed += failed % 2
					return nil
				})
			}
		}
		if failed = (failed + 1) / 2; failed > 5 || failed == 0 {
			l.Errorf("%d probes failed in a day, want 1 to 5", failed)
		}
	})
}

// TestTheFleetKnows has one worker meet the outage, and the others hear of it before they ask, one that starts later included.
func TestTheFleetKnows(t *testing.T) {
	inLab(t, func(l *lab) {
		one, other := l.join(), l.join()
		if asked, _ := other.ask(nil); !asked {
			l.Fatal("nobody was asked by a closed breaker")
		}
		one.open()
		if asked, err := other.ask(nil); asked || !errors.Is(err, breaker.ErrOpen) {
			l.Errorf("asked %v, %v beside a worker that met the outage, want ErrOpen", asked, err)
		}
		late := l.join()
		if asked, err := late.ask(nil); asked || !errors.Is(err, breaker.ErrOpen) {
			l.Errorf("asked %v, %v by a worker that has just started, want ErrOpen", asked, err)
		}
		if l.pauses != 1 {
			l.Errorf("the consumers were paused %d times, want once", l.pauses)
		}
		if got := late.probes(nil); got > 10*time.Second {
			l.Errorf("the one that has just started probes after %v, want its turn within 10s", got)
		}
		for name, w := range map[string]worker{"one": one, "other": other} {
			if got := w.probes(nil); got > 5*time.Second {
				l.Errorf("worker %s asks again %v behind the end, want 5s at most", name, got)
			}
		}
		if got, want := l.heard(), "[transient transient transient over over over]"; got != want {
			l.Errorf("told %v, want %v", got, want)
		}
	})
}

func TestOneProbesAndTheOthersWait(t *testing.T) {
	cases := map[string]struct {
		answer error
		behind time.Duration // How long the others wait behind the end of the probe.
	}{
		"it succeeds":               {nil, 0},
		"it fails":                  {of(fault.Transient), 20 * time.Second},
		"the key is refused":        {of(fault.Denied), 20 * time.Second},
		"it says nothing: quota":    {of(fault.Quota), 0},
		"it says nothing: stopping": {of(fault.Interrupted), 0},
		"the item was bad":          {of(fault.Permanent), 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				w, other := l.join(), l.join()
				w.open()
				const probe = time.Minute
				entered := make(chan struct{})
				go func() {
					pass, err := w.Enter(l.Context())
					if err != nil {
						l.Errorf("Enter = %v", err)
						return
					}
					close(entered)
					_, _ = pass.Do(l.Context(), func() (verdict.Verdict, error) { pass.Spent(); l.sleep(probe); return verdict.Verdict{}, c.answer })
				}()
				<-entered
				for _, someone := range []worker{w, other} {
					if asked, err := someone.ask(nil); asked || !errors.Is(err, breaker.ErrOpen) {
						l.Errorf("asked %v, %v beside a probe, want ErrOpen", asked, err)
					}
				}
				got := other.probes(nil)
				if want := probe + c.behind; got < want || got > want+5*time.Second {
					l.Errorf("the others waited %v, want %v and a look", got, want)
				}
			})
		})
	}
}

// TestTheFreePageComesFirst spends nothing while it does not answer, and asks it often.
func TestTheFreePageComesFirst(t *testing.T) {
	inLab(t, func(l *lab) {
		outage, asked := 4*time.Hour, 0
		end := time.Now().Add(outage)
		l.known, l.perDay = true, 500
		l.free = func(context.Context) error {
			asked++
			if time.Now().Before(end) {
				return of(fault.Transient)
			}
			return nil
		}
		w := l.join()
		w.open()
		took := w.probes(nil)
		if most := outage + 15*time.Second; took < outage || took > most {
			l.Errorf("the first request came after %v, want one behind the outage, within 15s", took)
		}
		if most := int(outage/(15*time.Second)) + 2; asked > most || asked < most/2 {
			l.Errorf("the free page was asked %d times, want one in 15s: up to %d", asked, most)
		}
		if w.Open() || l.state.Outage != nil {
			l.Errorf("the state is %+v after the probe, want none", l.state)
		}
	})
}

func TestWhatTheFreePageSays(t *testing.T) {
	cases := map[string]struct {
		answer error
		known  bool
		asked  bool // The job itself is asked behind it.
	}{
		"it answers":                      {nil, true, true},
		"its own quota":                   {of(fault.Quota), true, true},
		"it has moved, but answers":       {of(fault.Permanent), true, true},
		"nothing":                         {of(fault.Transient), true, false},
		"the key is refused":              {of(fault.Denied), true, false},
		"nonsense":                        {errors.New("what?"), true, false},
		"nothing, as ever":                {of(fault.Transient), false, true},
		"the key is refused, as ever":     {of(fault.Denied), false, true},
		"it answers for the first time":   {nil, false, true},
		"we are stopping, but we are not": {of(fault.Interrupted), true, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				l.known = c.known
				l.free = func(context.Context) error { return c.answer }
				w := l.join()
				w.open()
				l.sleep(10 * time.Second)
				if asked, err := w.ask(nil); asked != c.asked {
					l.Errorf("asked %v, %v, want %v", asked, err, c.asked)
				}
			})
		})
	}
}

// TestAPageThatNeverAnswered is asked all the same, as it costs nothing, and ends the outage when it comes to life.
func TestAPageThatNeverAnswered(t *testing.T) {
	inLab(t, func(l *lab) {
		l.perDay = 500
		end := time.Now().Add(3 * time.Hour)
		answer := func() error {
			if time.Now().Before(end) {
				return of(fault.Transient)
			}
			return nil
		}
		l.free = func(context.Context) error { return answer() }
		w := l.join()
		w.open()
		requests := 0
		for ; w.Open(); requests++ {
			w.probesFor(answer)
		}
		if behind := time.Since(end); behind > 15*time.Second || requests != 5 {
			l.Errorf("%d requests until the end of the outage, seen %v behind it, want four at their own pace and the last within 15s", requests, behind)
		}
	})
}

// TestAPageThatAnswersWhileLookupsFail has requests probe at their own pace.
func TestAPageThatAnswersWhileLookupsFail(t *testing.T) {
	inLab(t, func(l *lab) {
		l.perDay, l.known = 500, true
		l.free = func(context.Context) error { return nil }
		w := l.join()
		w.open()
		for i, want := range []time.Duration{10 * time.Second, 61 * time.Second, 375 * time.Second} {
			if got := w.probes(of(fault.Transient)).Truncate(time.Second); got != want {
				l.Errorf("probe %d came after %v, want %v", i+1, got, want)
			}
		}
	})
}

// TestAProbeThatNeverWentOut costs nothing and is made again soon.
func TestAProbeThatNeverWentOut(t *testing.T) {
	inLab(t, func(l *lab) {
		l.perDay = 500
		w := l.join()
		w.open()
		for i, want := range []time.Duration{10 * time.Second, 15 * time.Second, 15 * time.Second, 15 * time.Second} {
			began := time.Now()
			pass, err := w.Enter(l.Context())
			if err != nil {
				l.Fatal(err)
			}
			if got := time.Since(began).Round(time.Millisecond); got != want {
				l.Errorf("probe %d came after %v, want %v", i+1, got, want)
			}
			_, _ = pass.Do(l.Context(), func() (verdict.Verdict, error) { return verdict.Verdict{}, of(fault.Transient) })
		}
		if got := l.state.Probes.Spent; got != 0 {
			l.Errorf("%d probes were counted, want none", got)
		}
	})
}

func TestAPassGivenBack(t *testing.T) {
	inLab(t, func(l *lab) {
		w, other := l.join(), l.join()
		w.open()
		pass, err := w.Enter(l.Context())
		if err != nil {
			l.Fatal(err)
		}
		pass.Leave(l.Context())
		pass.Leave(l.Context())
		if got := other.probes(nil); got > 5*time.Second {
			l.Errorf("another probes %v after a pass was given back, want within a look", got)
		}
	})
}

// TestTheProberDies leaves its claim behind: another has it when it ends.
func TestTheProberDies(t *testing.T) {
	inLab(t, func(l *lab) {
		w, other := l.join(), l.join()
		w.open()
		if _, err := w.Enter(l.Context()); err != nil {
			l.Fatal(err)
		}
		if got := other.probes(nil); got < 2*time.Minute || got > 2*time.Minute+5*time.Second {
			l.Errorf("another probes after %v, want two minutes", got)
		}
	})
}

// TestAPermitThatTakesTooLong comes when the claim of its probe has ended: somebody else has claimed it, and one asks.
func TestAPermitThatTakesTooLong(t *testing.T) {
	inLab(t, func(l *lab) {
		w, other := l.join(), l.join()
		w.open()
		late, err := w.Enter(l.Context())
		if err != nil {
			l.Fatal(err)
		}
		_, _ = other.ask(nil)                 // It hears of the outage,
		pass, err := other.Enter(l.Context()) // and claims the probe two minutes later.
		if err != nil {
			l.Fatal(err)
		}
		ask := func() (verdict.Verdict, error) {
			l.Error("asked with a claim that has ended")
			return verdict.Verdict{}, nil
		}
		if _, err := late.Do(l.Context(), ask); !errors.Is(err, breaker.ErrOpen) {
			l.Errorf("Do with a claim that has ended = %v, want ErrOpen", err)
		}
		if asked, err := w.ask(nil); asked || !errors.Is(err, breaker.ErrOpen) {
			l.Errorf("asked %v, %v: the late one has given back a claim that was not its own", asked, err)
		}
		pass.Leave(l.Context())
	})
}

// TestTheFirstReadFails and is repeated: an idle worker has nothing else to learn from.
func TestTheFirstReadFails(t *testing.T) {
	inLab(t, func(l *lab) {
		l.join().open()
		l.cut(true)
		late := l.join()
		l.sleep(20 * time.Second)
		l.cut(false)
		l.sleep(6 * time.Second)
		if !late.Open() {
			l.Error("a worker whose first read failed does not know of the outage")
		}
	})
}

// TestAPauseThatIsOver is not looked after any more.
func TestAPauseThatIsOver(t *testing.T) {
	inLab(t, func(l *lab) {
		l.set(func(s *wire.ProviderState) {
			s.Operator = &wire.Pause{Since: time.Now(), Until: time.Now().Add(time.Hour)}
		})
		l.join()
		l.sleep(2 * time.Hour)
		synctest.Wait()
		if most := int(time.Hour/(5*time.Second)) + 3; l.reads > most {
			l.Errorf("the state was read %d times in two hours, want one in five seconds of the pause: %d", l.reads, most)
		}
	})
}

// TestAnAnswerFromBeforeTheEnd fails when the outage is over: it opens no new one.
func TestAnAnswerFromBeforeTheEnd(t *testing.T) {
	inLab(t, func(l *lab) {
		w := l.join()
		for range 4 {
			_, _ = w.ask(of(fault.Transient))
		}
		go func() {
			pass, err := w.Enter(l.Context())
			if err != nil {
				l.Errorf("Enter = %v", err)
				return
			}
			_, _ = pass.Do(l.Context(), func() (verdict.Verdict, error) {
				l.sleep(30 * time.Second)
				return verdict.Verdict{}, of(fault.Transient)
			})
		}()
		synctest.Wait()
		_, _ = w.ask(of(fault.Transient))
		w.probes(nil)
		l.sleep(time.Minute)
		if w.Open() || l.heard() != "[transient over]" {
			l.Errorf("open %v, told %v, want one outage that is over", w.Open(), l.heard())
		}
	})
}

// TestAReadThatIsBehind does not end an outage that this worker has just told of.
func TestAReadThatIsBehind(t *testing.T) {
	inLab(t, func(l *lab) {
		w := l.join()
		w.open()
		l.set(func(s *wire.ProviderState) { s.Outage, s.Revision = nil, 0 }) // As a follower tells.
		if asked, err := w.ask(nil); asked || !errors.Is(err, breaker.ErrOpen) {
			l.Errorf("asked %v, %v by an older state than the worker's own, want ErrOpen", asked, err)
		}
		l.sleep(11 * time.Second) // It is not behind: the bucket was made anew.
		if got := w.probes(nil); got > 5*time.Second {
			l.Errorf("asked %v later, want the state as it is read by now", got)
		}
	})
}

func TestAProbeThatPanics(t *testing.T) {
	inLab(t, func(l *lab) {
		w := l.join()
		w.open()
		pass, err := w.Enter(l.Context())
		if err != nil {
			l.Fatal(err)
		}
		func() {
			defer func() {
				if recover() == nil {
					l.Error("the panic was swallowed")
				}
			}()
			_, _ = pass.Do(l.Context(), func() (verdict.Verdict, error) { panic("bad map") })
		}()
		if got := w.probes(nil); got > 5*time.Second {
			l.Errorf("the next probe came after %v, want at once: a panic is ours", got)
		}
	})
}

// TestAnswersOfBefore come when the breaker has opened since they were asked for: they say nothing of now.
func TestAnswersOfBefore(t *testing.T) {
	inLab(t, func(l *lab) {
		w := l.join()
		for _, answer := range []error{nil, of(fault.Transient)} {
			go func() {
				pass, err := w.Enter(l.Context())
				if err != nil {
					l.Errorf("Enter = %v", err)
					return
				}
				_, _ = pass.Do(l.Context(), func() (verdict.Verdict, error) { l.sleep(5 * time.Second); return verdict.Verdict{}, answer })
			}()
		}
		synctest.Wait()
		w.open()
		l.sleep(5 * time.Second)
		synctest.Wait()
		if !w.Open() {
			l.Error("an answer of before closed the breaker")
		}
		if got := w.probes(nil); got != 5*time.Second {
			l.Errorf("the probe came %v later, want 5s: an answer of before does not move it", got)
		}
	})
}

func TestEnterEndsWithTheContext(t *testing.T) {
	errStop := errors.New("told to stop")
	inLab(t, func(l *lab) {
		w := l.join()
		ctx, stop := context.WithCancelCause(l.Context())
		if _, err := w.Enter(ctx); err != nil {
			l.Errorf("Enter of a closed breaker = %v, want nil", err)
		}
		w.open()
		began := time.Now()
		time.AfterFunc(time.Second, func() { stop(errStop) })
		if _, err := w.Enter(ctx); !errors.Is(err, errStop) || time.Since(began) != time.Second {
			l.Errorf("Enter = %v after %v, want the cause of the end after 1s", err, time.Since(began))
		}
	})
}

// TestAPersonPauses lets nobody ask, not even as a probe.
func TestAPersonPauses(t *testing.T) {
	inLab(t, func(l *lab) {
		w := l.join()
		w.open()
		l.set(func(s *wire.ProviderState) {
			s.Operator = &wire.Pause{Since: time.Now(), Until: time.Now().Add(time.Hour)}
		})
		if got := w.probes(nil); got < time.Hour || got > time.Hour+5*time.Second {
			l.Errorf("asked after %v, want the end of the pause", got)
		}
		l.set(func(s *wire.ProviderState) {
			s.Operator = &wire.Pause{Since: time.Now(), Until: time.Now().Add(time.Hour)}
		})
		if asked, err := w.ask(nil); asked || !errors.Is(err, breaker.ErrOpen) {
			l.Errorf("asked %v, %v in a pause that has just begun, want ErrOpen", asked, err)
		}
	})
}

// TestWithoutTheFleet goes by the worker's own breaker for as long as the state cannot be reached.
func TestWithoutTheFleet(t *testing.T) {
	inLab(t, func(l *lab) {
		w := l.join()
		l.cut(true)
		if asked, err := w.ask(nil); !asked || err != nil {
			l.Errorf("asked %v, %v without the state, want an answer", asked, err)
		}
		w.open()
		if asked, err := w.ask(nil); asked || !errors.Is(err, breaker.ErrOpen) {
			l.Errorf("asked %v, %v, want the worker's own breaker to hold", asked, err)
		}
		if got := w.probes(of(fault.Transient)); got != 10*time.Second {
			l.Errorf("its own probe came after %v, want 10s", got)
		}
		if l.trouble == 0 {
			l.Error("nobody was told that the state cannot be reached")
		}
		l.cut(false) // Nobody else has met the outage.
		if got := w.probes(nil); got > 5*time.Second {
			l.Errorf("asked %v after the state was back, which knows of no outage", got)
		}
	})
}
