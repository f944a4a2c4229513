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
)

// A lab is a breaker in a bubble, with what it told.
type lab struct {
	*testing.T
	*breaker.Breaker
	told []string
}

func inLab(t *testing.T, f func(l *lab)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		t.Helper()
		l := &lab{T: t}
		l.Breaker = breaker.New("test", func(open bool, cause error) {
			l.told = append(l.told, fmt.Sprintf("%v %v", open, cause))
		})
		f(l)
	})
}

func of(kind fault.Kind) error { return fault.New(kind, errors.New(kind.String())) }

func times(n int, err error) []error { return slices.Repeat([]error{err}, n) }

// ask asks once, and tells whether anybody was asked.
func (l *lab) ask(answer error) (asked bool, err error) {
	_, err = l.Do(func() (verdict.Verdict, error) {
		asked = true
		return verdict.Verdict{}, answer
	})
	return asked, err
}

// open makes the breaker open.
func (l *lab) open() {
	l.Helper()
	for range 5 {
		if asked, err := l.ask(of(fault.Transient)); !asked || fault.KindOf(err) != fault.Transient {
			l.Fatalf("asked %v, %v, want the provider's failure", asked, err)
		}
	}
	if !l.Open() {
		l.Fatal("closed after five failures in a row")
	}
}

// waits tells how long nobody may ask.
func (l *lab) waits() time.Duration {
	l.Helper()
	began := time.Now()
	if err := l.Wait(l.Context()); err != nil {
		l.Fatalf("Wait = %v", err)
	}
	return time.Since(began)
}

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
				for i, answer := range c.answers {
					if asked, err := l.ask(answer); !asked || !errors.Is(err, answer) {
						l.Fatalf("question %d: asked %v, %v, want the provider's own %v", i, asked, err, answer)
					}
				}
				if l.Open() != c.open {
					l.Errorf("Open() = %v, want %v", l.Open(), c.open)
				}
			})
		})
	}
}

func TestProbesComeFartherApart(t *testing.T) {
	inLab(t, func(l *lab) {
		l.open()
		for i, seconds := range []int{10, 20, 40, 80, 160, 300, 300} {
			want := time.Duration(seconds) * time.Second
			if got := l.waits(); got != want {
				l.Errorf("probe %d came after %v, want %v", i+1, got, want)
			}
			if asked, err := l.ask(of(fault.Transient)); !asked || !l.Open() {
				l.Errorf("probe %d: asked %v, %v, then open %v, want a probe that opens again", i+1, asked, err, l.Open())
			}
		}
		l.waits()
		if asked, err := l.ask(nil); !asked || err != nil || l.Open() || l.waits() != 0 {
			l.Errorf("asked %v, %v, then open %v, want a probe that closes", asked, err, l.Open())
		}
		l.open()
		if got := l.waits(); got != 10*time.Second {
			l.Errorf("the first probe of the next outage came after %v, want 10s", got)
		}
	})
}

func TestADayOfOutageCostsFewProbes(t *testing.T) {
	inLab(t, func(l *lab) {
		l.open()
		probes := 0
		for end := time.Now().Add(24 * time.Hour); time.Now().Before(end); l.waits() {
			if asked, _ := l.ask(of(fault.Transient)); asked {
				probes++
			}
		}
		if probes > 288+5 {
			l.Errorf("%d probes in a day, want one in five minutes and the first few", probes)
		}
	})
}

// TestWhoStoodInAQueueDoesNotProbe is about those who passed Wait before it opened, and come for their answer later.
func TestWhoStoodInAQueueDoesNotProbe(t *testing.T) {
	inLab(t, func(l *lab) {
		l.open()
		for _, later := range []time.Duration{0, time.Nanosecond, 6 * time.Second, 4*time.Second - time.Nanosecond - 1} {
			time.Sleep(later)
			asked, err := l.ask(nil)
			if asked || !errors.Is(err, breaker.ErrOpen) || fault.KindOf(err) != fault.Quota {
				l.Errorf("asked %v, %v before it was time, want ErrOpen of kind quota", asked, err)
			}
		}
		time.Sleep(time.Nanosecond)
		if asked, err := l.ask(nil); !asked || err != nil {
			l.Errorf("asked %v, %v when it was time, want a probe", asked, err)
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
				l.open()
				l.waits()
				const probe = 30 * time.Minute // Far longer than any client waits.
				go func() {
					_, _ = l.Do(func() (verdict.Verdict, error) { time.Sleep(probe); return verdict.Verdict{}, c.answer })
				}()
				synctest.Wait()
				if asked, err := l.ask(nil); asked || !errors.Is(err, breaker.ErrOpen) {
					l.Errorf("asked %v, %v beside a probe, want ErrOpen", asked, err)
				}
				if got := l.waits(); got != probe+c.behind {
					l.Errorf("the others waited %v, want %v", got, probe+c.behind)
				}
				if asked, err := l.ask(nil); !asked || err != nil || l.Open() {
					l.Errorf("asked %v, %v after the probe, want an answer that closes", asked, err)
				}
			})
		})
	}
}

func TestAProbeThatPanics(t *testing.T) {
	inLab(t, func(l *lab) {
		l.open()
		l.waits()
		func() {
			defer func() {
				if recover() == nil {
					l.Error("the panic was swallowed")
				}
			}()
			_, _ = l.Do(func() (verdict.Verdict, error) { panic("bad map") })
		}()
		if got := l.waits(); got != 20*time.Second {
			l.Errorf("the next probe came after %v, want 20s: a panic is a failure", got)
		}
	})
}

// TestAnswersOfBefore come when the breaker has opened since they were asked for: they say nothing of now.
func TestAnswersOfBefore(t *testing.T) {
	inLab(t, func(l *lab) {
		for _, answer := range []error{nil, of(fault.Transient)} {
			go func() {
				_, _ = l.Do(func() (verdict.Verdict, error) { time.Sleep(time.Minute); return verdict.Verdict{}, answer })
			}()
		}
		synctest.Wait()
		l.open()
		time.Sleep(time.Minute)
		synctest.Wait()
		if !l.Open() || l.waits() != 0 {
			l.Error("an answer of before closed the breaker, or moved its probe")
		}
	})
}

func TestWaitEndsWithTheContext(t *testing.T) {
	errStop := errors.New("told to stop")
	inLab(t, func(l *lab) {
		ctx, stop := context.WithCancelCause(l.Context())
		if err := l.Wait(ctx); err != nil {
			l.Errorf("Wait of a closed breaker = %v, want nil", err)
		}
		l.open()
		began := time.Now()
		time.AfterFunc(time.Second, func() { stop(errStop) })
		if err := l.Wait(ctx); !errors.Is(err, errStop) || time.Since(began) != time.Second {
			l.Errorf("Wait = %v after %v, want the cause of the end after 1s", err, time.Since(began))
		}
		l.waits()
		if _, err := l.ask(nil); err != nil {
			l.Errorf("the probe = %v", err)
		}
		if err := l.Wait(ctx); !errors.Is(err, errStop) {
			l.Errorf("Wait of a closed breaker after the end = %v, want its cause", err)
		}
	})
}

func TestWhatIsTold(t *testing.T) {
	inLab(t, func(l *lab) {
		l.open()
		l.waits()
		_, _ = l.ask(of(fault.Denied))
		l.waits()
		_, _ = l.ask(of(fault.Quota))
		_, _ = l.ask(nil)
		_, _ = l.ask(nil)
		want := []string{"true transient", "true denied", "false <nil>"}
		if !slices.Equal(l.told, want) {
			l.Errorf("told %q, want %q", l.told, want)
		}
	})
}
