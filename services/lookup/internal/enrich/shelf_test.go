package enrich_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

// file is one file under its three names, as the provider tells them.
func file(n int) (names []indicator.Object, v verdict.Verdict) {
	digits := fmt.Sprintf("%08x", n)
	v = known(indicator.Object{})
	v.Facts.MD5, v.Facts.SHA1, v.Facts.SHA256 = strings.Repeat(digits, 4), strings.Repeat(digits, 5), strings.Repeat(digits, 8)
	for _, value := range []string{v.Facts.MD5, v.Facts.SHA1, v.Facts.SHA256} {
		names = append(names, indicator.Object{Kind: indicator.File, Value: value})
	}
	return names, v
}

// TestTheHashesOfAFileAreNotAskedSideBySide lets one worker hold all names of some files at once: each file costs one request.
func TestTheHashesOfAFileAreNotAskedSideBySide(t *testing.T) {
	inLab(t, func(l *lab) {
		const files = 5
		answers := map[string]verdict.Verdict{}
		var all []indicator.Object
		for n := range files {
			names, v := file(n + 1)
			for _, name := range names {
				answers[name.Value] = v
			}
			all = append(all, names...)
		}
		l.lookFunc = func(_ context.Context, o indicator.Object) (verdict.Verdict, error) {
			l.sleep(100 * time.Millisecond)
			return answers[o.Value], nil
		}
		var working sync.WaitGroup
		for i, object := range all {
			working.Go(func() {
				if _, err := l.answer(ticket(int64(i+1), object)); err != nil {
					l.Errorf("answering job %d: %v", i+1, err)
				}
			})
		}
		working.Wait()
		if got := strings.Count(l.did(), "ask "); got != files {
			l.Errorf("%d files under three names each cost %d requests:\n%s", files, got, l.did())
		}
		for i, object := range all {
			if v, ok := l.verdict(int64(i+1), object); !ok || !v.Verdict.Found {
				l.Errorf("indicator %d has no verdict", i+1)
			}
		}
	})
}

// TestOneSortOfHashIsAskedSideBySide proves that only different sorts wait for each other.
func TestOneSortOfHashIsAskedSideBySide(t *testing.T) {
	inLab(t, func(l *lab) {
		l.lookFunc = func(context.Context, indicator.Object) (verdict.Verdict, error) {
			l.sleep(time.Second)
			return known(indicator.Object{}), nil
		}
		began := time.Now()
		var working sync.WaitGroup
		for n := range 4 {
			names, _ := file(n + 1)
			working.Go(func() {
				if _, err := l.answer(ticket(int64(n+1), names[2])); err != nil {
					l.Errorf("answering job %d: %v", n+1, err)
				}
			})
		}
		working.Wait()
		if took := time.Since(began); took > 1500*time.Millisecond {
			l.Errorf("four SHA-256 took %v, want the second of one", took)
		}
	})
}

// TestWhoWaitedTogetherGoesTogether puts six hashes of one sort behind one of another.
func TestWhoWaitedTogetherGoesTogether(t *testing.T) {
	inLab(t, func(l *lab) {
		l.lookFunc = func(context.Context, indicator.Object) (verdict.Verdict, error) {
			l.sleep(time.Second)
			return known(indicator.Object{}), nil
		}
		began := time.Now()
		var working sync.WaitGroup
		ask := func(id int64, object indicator.Object) {
			working.Go(func() {
				if _, err := l.answer(ticket(id, object)); err != nil {
					l.Errorf("answering job %d: %v", id, err)
				}
			})
		}
		first, _ := file(1)
		ask(1, first[0])
		l.sleep(time.Millisecond)
		for n := range 6 {
			names, _ := file(n + 2)
			ask(int64(n+2), names[2])
		}
		working.Wait()
		if took := time.Since(began); took > 2500*time.Millisecond {
			l.Errorf("seven jobs of two sorts took %v, want the two seconds of two", took)
		}
	})
}

func TestWaitingForAnotherSortEndsWithTheFirstContext(t *testing.T) {
	inLab(t, func(l *lab) {
		names, v := file(1)
		l.lookFunc = func(context.Context, indicator.Object) (verdict.Verdict, error) {
			l.sleep(time.Minute)
			return v, nil
		}
		var working sync.WaitGroup
		working.Go(func() {
			if _, err := l.answer(ticket(1, names[0])); err != nil {
				l.Errorf("answering the first: %v", err)
			}
		})
		l.sleep(time.Second)
		ctx, cancel := context.WithTimeout(l.Context(), time.Second)
		defer cancel()
		if _, err := l.enricher.Answer(ctx, l.Context(), ticket(2, names[1])); fault.KindOf(err) != fault.Interrupted {
			l.Errorf("Answer = %v, want an interruption", err)
		}
		working.Wait()
	})
}

// TestLanesDoNotWaitForEachOthersHashes keeps a refresh job at the budget, behind fresh jobs of other sorts, of which the budget knows
// also while they wait for each other.
func TestLanesDoNotWaitForEachOthersHashes(t *testing.T) {
	inLab(t, func(l *lab) {
		l.lookFunc = func(context.Context, indicator.Object) (verdict.Verdict, error) {
			l.sleep(500 * time.Millisecond)
			return known(indicator.Object{}), nil
		}
		names, _ := file(1)
		fresh, _ := file(2)
		l.behind = wire.Refresh
		var working sync.WaitGroup
		working.Go(func() {
			old := ticket(1, names[0])
			old.Lane = wire.Refresh
			if _, err := l.answer(old); err != nil {
				l.Errorf("answering the refresh job: %v", err)
			}
		})
		l.sleep(time.Second)
		began := time.Now()
		for id, object := range fresh[1:] {
			working.Go(func() {
				if _, err := l.answer(ticket(int64(id+2), object)); err != nil || time.Since(began) > 2*time.Second {
					l.Errorf("answering fresh job %d: %v after %v, want it at once", id+2, err, time.Since(began))
				}
			})
		}
		for after, want := range map[time.Duration]int{250 * time.Millisecond: 1, 30 * time.Minute: 0} {
			working.Go(func() {
				l.sleep(after)
				l.mu.Lock()
				defer l.mu.Unlock()
				if got := l.expected[wire.Fresh]; got != want {
					l.Errorf("the budget expects %d fresh jobs after %v, want %d", got, after, want)
				}
			})
		}
		working.Wait()
	})
}
