package logging_test

import (
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vtq.internal/shared/logging"
)

func TestFold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fold := logging.Fold{Interval: 10 * time.Second}
		steps := []struct {
			wait    time.Duration
			key     string
			repeats int
			ok      bool
		}{
			{0, "a", 0, true},
			{0, "a", 0, false},
			{0, "b", 0, true}, // Another key is another warning.
			{10*time.Second - 1, "a", 0, false},
			{1, "a", 2, true}, // The interval has passed to the nanosecond.
			{0, "a", 0, false},
			{time.Hour, "a", 1, true},
			{time.Hour, "a", 0, true},
			{0, "", 0, true},
			{0, "", 0, false},
		}
		for i, s := range steps {
			time.Sleep(s.wait)
			if repeats, ok := fold.Allow(s.key); repeats != s.repeats || ok != s.ok {
				t.Errorf("step %d: Allow(%q) = %d, %v, want %d, %v", i, s.key, repeats, ok, s.repeats, s.ok)
			}
		}
	})
}

func TestFoldDefaultsToAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fold logging.Fold
		fold.Allow("a")
		time.Sleep(time.Minute - time.Nanosecond)
		if _, ok := fold.Allow("a"); ok {
			t.Error("a line passes within the minute")
		}
		time.Sleep(time.Nanosecond)
		if repeats, ok := fold.Allow("a"); !ok || repeats != 1 {
			t.Errorf("after the minute: Allow = %d, %v, want 1, true", repeats, ok)
		}
	})
}

func TestFoldForgetsTheOldestKey(t *testing.T) {
	const most = 256
	synctest.Test(t, func(t *testing.T) {
		fold := logging.Fold{Interval: time.Hour}
		for i := range most {
			fold.Allow(strconv.Itoa(i))
			time.Sleep(time.Second)
		}
		if _, ok := fold.Allow("0"); ok {
			t.Errorf("with %d keys the first is forgotten already", most)
		}
		fold.Allow("one more")
		if repeats, ok := fold.Allow("0"); !ok || repeats != 0 {
			t.Errorf("Allow of a forgotten key = %d, %v, want 0, true", repeats, ok)
		}
		for _, key := range []string{"2", "255", "one more"} {
			if _, ok := fold.Allow(key); ok {
				t.Errorf("key %q is forgotten, though younger", key)
			}
		}
	})
}

func TestFoldCountsFromManyGoroutines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fold logging.Fold
		fold.Allow("a")
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() { fold.Allow("a") })
		}
		wg.Wait()
		time.Sleep(time.Minute)
		if repeats, ok := fold.Allow("a"); !ok || repeats != 50 {
			t.Errorf("Allow = %d, %v, want 50, true", repeats, ok)
		}
	})
}
